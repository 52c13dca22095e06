"""How readings of one article become one document: pure, no clock, no database.

A reading is one form of the article seen at one time. Title, text, html, images and links are one block from
one form, the best one; everything else is taken field by field from the best form that has it, lists are
united. Each form's latest words beside the block are kept in `forms`, so that the document is a function of
what was read, in whatever order and from however many processes it arrived.

A revision is the same form saying something else (`content_hash`); moving to a better form is completion.
What a document said before goes to `post_revisions`, first.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from crawler.items import EVIDENCE, FORMS, Post

HASH_VERSION = 1
SCHEMA_VERSION = 1

Document = dict[str, Any]

BLOCK = ("title", "text", "html", "images", "links", "content_hash", "text_hash", "hash_version")
"""The fields that always come from one form together."""

_SINGLE = ("digest", "media", "author", "editor", "category", "share_url", "origin_url")
_PUBLISHED = ("published_at", "published_min", "published_max", "published_raw", "published_from")
_TIMES = ("origin", "share", "source", "list", "page", "page-8h", "serial")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one form of an article said at one time, in the store's shape."""

    post: str
    form: str
    at: datetime
    block: Document
    said: Document
    url: str | None

    @property
    def hash(self) -> str:
        """The `content_hash` of its wording."""
        return str(self.block["content_hash"])


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge."""

    document: Document
    """The document as it should be stored, but for the stamps."""

    history: list[Document]
    """Rows of `post_revisions` to be there before the document is written."""

    changed: bool
    """Whether the document says anything it did not say before."""

    revised: bool
    """Whether it is one revision further."""


def milliseconds(at: datetime) -> datetime:
    """Cut a time to what BSON keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def reading(post: Post) -> Reading:
    """Put a normalised `Post` into the store's shape."""
    body = post.body
    block: Document = {
        "title": post.title,
        "text": body.text,
        "html": body.html,
        "images": [asdict(image) for image in body.images],
        "links": [asdict(link) for link in body.links],
        "content_hash": post.content_hash,
        "text_hash": post.text_hash,
        "hash_version": HASH_VERSION,
    }
    said: Document = {
        "digest": post.digest,
        "published_at": post.published_at,
        "published_min": post.published_min,
        "published_max": post.published_max,
        "published_raw": post.published_raw,
        "published_from": post.published_from,
        "media": asdict(post.media) if post.media else None,
        "author": post.author,
        "editor": body.editor,
        "category": post.category,
        "tags": list(post.tags),
        "share_url": post.share_url,
        "origin_url": post.origin_url,
        "securities": [{**asdict(security), "evidence": list(security.evidence)} for security in post.securities],
    }
    on_site = post.form.split("-")[0] in {"page", "source"}
    return Reading(post.post, post.form, milliseconds(post.fetched_at), block, said, post.url if on_site else None)


def rewords(stored: Document | None, read: Reading) -> bool:
    """Tell whether a reading's wording differs from the stored one: then history must be read to merge it."""
    return stored is not None and stored["content_hash"] != read.hash


def merge(stored: Document | None, history: list[Document], read: Reading) -> Merged:
    """Merge a reading into the stored document (None: a new post), given the post's rows of history."""
    forms = dict(stored["forms"]) if stored else {}
    before = forms.get(read.form)
    newest = before is None or read.at >= before["read_at"]
    forms[read.form] = _entry(before, read, newest=newest)
    best = min(forms, key=FORMS.index)
    takes_block = read.form == best and newest
    rows: list[Document] = []
    if stored and rewords(stored, read):
        if takes_block:
            rows = [_row(stored, min(stored["forms"], key=FORMS.index), stored["forms"])]
        elif before is None or before["hash"] != read.hash:
            rows = [_row({"_id": read.post, **read.block}, read.form, {read.form: {"at": read.at}})]
    rows = [row for row in rows if row["_id"] not in {known["_id"] for known in history}]
    block = read.block if takes_block or stored is None else {name: stored[name] for name in BLOCK}
    current = _row({"_id": read.post, **block}, best, forms)
    revision, changed_at = _revisions([*history, *rows, current])
    document = {"_id": read.post, **block, **_united(forms), "revision": revision, "changed_at": changed_at}
    document |= _sightings(stored, read)
    document["main_symbols"] = _main_symbols(document)
    changed = stored is None or any(stored.get(name) != value for name, value in document.items())
    return Merged(document, rows, changed=changed, revised=stored is not None and revision > stored["revision"])


def _entry(before: Document | None, read: Reading, *, newest: bool) -> Document:
    """Give what a form said last, after one more reading of it."""
    urls = sorted({*(before["urls"] if before else []), *([read.url] if read.url else [])}, key=_url_order)
    if before is None:
        return {"at": read.at, "hash": read.hash, "read_at": read.at, "urls": urls, "said": read.said}
    same_wording = before["hash"] == read.hash
    entry = {**before, "urls": urls}
    if same_wording:
        entry["at"] = min(before["at"], read.at)
    elif newest:
        entry |= {"at": read.at, "hash": read.hash}
    if newest and not (same_wording and before["said"] == read.said):
        entry |= {"read_at": read.at, "said": read.said}
    return entry


def _url_order(url: str) -> tuple[bool, str]:
    # A post's dated page before its archived one.
    return "/old_post/" in url, url


def _row(wording: Document, form: str, forms: Document) -> Document:
    """Give the row of history for a wording, named so that writing it again changes nothing."""
    at = forms[form]["at"]
    row = {name: wording[name] for name in BLOCK}
    stamp = int(at.timestamp() * 1000)
    return {
        "_id": f"{wording['_id']}/{stamp}/{form}/{wording['content_hash']}",
        "post": wording["_id"],
        "form": form,
        "at": at,
        **row,
    }


def _revisions(wordings: list[Document]) -> tuple[int, datetime | None]:
    """Count revisions along the time line; give the time of the last one (None: there was none)."""
    revision, changed_at, current = 1, None, None
    line = {row["_id"]: row for row in wordings}.values()
    for row in sorted(line, key=lambda row: (row["at"], -FORMS.index(row["form"]), row["content_hash"])):
        if current is None or FORMS.index(row["form"]) < FORMS.index(current["form"]):
            current = row
        elif row["form"] == current["form"] and row["content_hash"] != current["content_hash"]:
            current, revision, changed_at = row, revision + 1, row["at"]
    return revision, changed_at


def _sightings(stored: Document | None, read: Reading) -> Document:
    """Give the times that only ever move earlier."""
    first = min(stored["first_seen_at"], read.at) if stored else read.at
    return {"first_seen_at": first, "available_at": first, "available_from": "crawl"}


def _united(forms: Document) -> Document:
    """Give the fields that are taken from all forms, best first."""
    ranked = sorted(forms, key=FORMS.index)
    said = [forms[form]["said"] for form in ranked]
    urls = [url for form in ranked for url in forms[form]["urls"]]
    securities = _securities(said)
    categories = [entry["category"] for entry in said if entry["category"]]
    document = {name: _first(entry[name] for entry in said) for name in _SINGLE}
    times = min(said, key=_time_rank)
    document |= {name: times[name] for name in _PUBLISHED}
    return document | {
        "body_from": ranked[0].split("-")[0],
        "categories": list(dict.fromkeys(categories)),
        "tags": list(dict.fromkeys(tag for entry in said for tag in entry["tags"])),
        "post_url": _first(urls),
        "post_urls": urls,
        "securities": securities,
        "symbols": sorted({entry["symbol"] for entry in securities if entry["symbol"]}),
        "forms": forms,
        "missing": _missing(document, forms),
    }


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _time_rank(said: Document) -> tuple[bool, bool, int]:
    """Order times: exact before bounded before none, then by what they rest on."""
    source = said["published_from"]
    return said["published_at"] is None, source is None, _TIMES.index(source) if source else len(_TIMES)


def _securities(said: list[Document]) -> list[Document]:
    """Unite the securities of all forms, in order of first mention in the best form that has each."""
    united: dict[str, Document] = {}
    for entry in (security for form in said for security in form["securities"]):
        known = united.setdefault(entry["secid"], dict(entry))
        evidence = {*known["evidence"], *entry["evidence"]}
        known["evidence"] = [kind for kind in EVIDENCE if kind in evidence]
        known["mentions"] = max(known["mentions"], entry["mentions"])
        known["name"] = known["name"] or entry["name"]
    return list(united.values())


def _missing(document: Document, forms: Document) -> list[str]:
    """Name the upstream forms that are linked but not read yet."""
    linked = {"share": document["share_url"], "origin": document["origin_url"]}
    return [form for form, url in linked.items() if url and form not in forms]


def _main_symbols(document: Document) -> list[str]:
    """Give the symbols a post is about: charted, told by upstream, or named in title or digest."""
    headline = f"{document['title']}\n{document['digest'] or ''}"
    return sorted(
        {
            security["symbol"]
            for security in document["securities"]
            if security["symbol"]
            and (
                {"upstream", "chart"} & set(security["evidence"])
                or (security["name"] and security["name"] in headline)
            )
        }
    )
