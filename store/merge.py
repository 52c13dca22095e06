"""How readings of one article become one document: pure, no clock, no database.

Title, text, html, images and links are one block from one form, the best one; everything else is taken field by
field from the best form that told it, lists are united. What each form has said is kept in `forms`
(store/forms.py), so the document is a function of what was read, in whatever order and from however many
processes it arrived.

A revision is the same form saying something else (`content_hash`); moving to a better form is completion.
Wordings that are not, or no longer, the document's own are rows of `post_revisions`, written before the document.
A row left by a kill in between is harmless: revisions are counted in `forms` alone.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.items import EVIDENCE, FORMS
from store.forms import entry_after, wordings
from store.readings import BLOCK, PUBLISHED, WORDING, Document, Reading

SCHEMA_VERSION = 1

_UNCATEGORISED = re.compile(r"https?://[^/]+/[0-9]{4}/")
_SINGLE = ("digest", "media", "author", "editor", "category", "share_url", "origin_url")
_TIMES = ("origin", "share", "source", "list", "page", "page-8h")
"""What times rest on, best first. `serial` is none: no form says it (store/serials.py)."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge."""

    document: Document
    """The document as it should be stored, but for the stamps."""

    history: list[Document]
    """Rows of `post_revisions` to be there before the document is written."""

    disowned: list[str]
    """The `_id` of rows that are there, perhaps, and of which nobody ever said what they hold."""

    changed: bool
    """Whether the document says anything it did not say before."""

    revised: bool
    """Whether it is one revision further."""


def merge(stored: Document | None, read: Reading) -> Merged:
    """Merge a reading into the stored document (None: a new post)."""
    forms = dict(stored["forms"]) if stored else {}
    document = document_after(stored, read, forms | {read.form: entry_after(forms.get(read.form), read)})
    changed = says_more(stored, document)
    history = _history(stored, read, document) if changed else []
    return Merged(document, history, [], changed=changed, revised=is_revised(stored, document))


def document_after(stored: Document | None, read: Reading, forms: Document) -> Document:
    """Give the document after a reading, whose entry is in `forms` already."""
    block = read.block
    if stored and (read.form != best_form(forms) or forms[read.form]["block_hash"] != read.block_hash):
        block = {name: stored[name] for name in BLOCK}
    revision, changed_at = revisions(forms)
    first_seen = min(stored["first_seen_at"], read.read_at) if stored else read.read_at
    available = (
        min((stored["available_at"], stored["available_from"]), read.available) if stored else read.available
    )
    document = {
        "_id": read.post,
        **block,
        **united(forms, stored),
        "revision": revision,
        "changed_at": changed_at,
        "first_seen_at": first_seen,
        "available_at": available[0],
        "available_from": available[1],
    }
    document["main_symbols"] = main_symbols(document)
    return document


def says_more(stored: Document | None, document: Document) -> bool:
    """Tell whether a document says anything that the stored one does not."""
    return stored is None or any(stored.get(name) != value for name, value in document.items())


def is_revised(stored: Document | None, document: Document) -> bool:
    """Tell whether a document is a revision further than the stored one."""
    return stored is not None and document["revision"] > stored["revision"]


def best_form(forms: Iterable[str]) -> str:
    """Give the best of the forms that were read."""
    return min(forms, key=FORMS.index)


def _history(stored: Document | None, read: Reading, document: Document) -> list[Document]:
    """Give the row for the wording that the document no longer holds, or never held, if one is new here."""
    if stored and stored["content_hash"] != document["content_hash"]:
        form = best_form(stored["forms"])
        return [row(stored, form, stored["forms"][form]["at"], document)]
    is_new = (read.at, read.hash) in wordings(document["forms"][read.form])
    if is_new and read.hash != document["content_hash"]:
        return [row({"_id": read.post, **read.block}, read.form, read.at, document)]
    return []


def row(wording: Document, form: str, at: datetime, document: Document) -> Document:
    """Give the row of history for a wording, named so that writing it again changes nothing."""
    return {
        "_id": row_id(wording["_id"], at, form, wording["content_hash"]),
        "post": wording["_id"],
        "form": form,
        "at": at,
        "changed": [name for name in WORDING if wording[name] != document[name]],
        "by": "news",
        **{name: wording[name] for name in BLOCK},
    }


def row_id(post: str, at: datetime, form: str, wording: str) -> str:
    """Name a row of history."""
    return f"{post}/{int(at.timestamp() * 1000)}/{form}/{wording}"


def revisions(forms: Document) -> tuple[int, datetime | None]:
    """Count revisions along the time line; give the time of the last one (None: there was none).

    At each time the best form met so far counts: a better one completes, a worse one has been overtaken.
    """
    line = [(at, -FORMS.index(form), wording) for form, entry in forms.items() for at, wording in wordings(entry)]
    revision, changed_at = 1, None
    current: tuple[int, str] | None = None
    for at, rank, wording in sorted(line):
        if current is None or rank > current[0]:
            current = rank, wording
        elif rank == current[0] and wording != current[1]:
            current, revision, changed_at = (rank, wording), revision + 1, at
    return revision, changed_at


def united(forms: Document, stored: Document | None) -> Document:
    """Give the fields that are taken from all forms, best first."""
    ranked = [forms[form] for form in sorted(forms, key=FORMS.index)]
    said = [{name: told["value"] for name, told in entry["said"].items()} for entry in ranked]
    urls = [url for entry in ranked for url in sorted(entry["urls"], key=_url_order)]
    tags = [tag for form in said for tag in form.get("tags", [])]
    categories = [form["category"] for form in said if "category" in form]
    securities = _securities(said)
    document = {name: _first(form.get(name) for form in said) for name in _SINGLE}
    return document | {
        **_published(said, stored),
        "body_from": best_form(forms).split("-")[0],
        "categories": _each_once(categories, *(entry["categories"] for entry in ranked)),
        "tags": _each_once(tags, *(entry["tags"] for entry in ranked)),
        "post_url": _first(urls),
        "post_urls": _each_once(urls),
        "securities": securities,
        "symbols": sorted({entry["symbol"] for entry in securities if entry["symbol"]}),
        "forms": forms,
        **_upstream(document, forms, stored),
    }


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _each_once(*lists: list[str]) -> list[str]:
    return list(dict.fromkeys(value for values in lists for value in values))


def _url_order(url: str) -> tuple[bool, bool, str]:
    # A post's dated page before its archived one; the one without a category is of a version that was mended.
    return "/old_post/" in url, bool(_UNCATEGORISED.match(url)), url


def _published(said: list[Document], stored: Document | None) -> Document:
    """Give the time of publication: exact before bounded before none, then by what it rests on."""
    told = [form["published"] for form in said if "published" in form]
    if not told:
        return dict.fromkeys(PUBLISHED)
    best: Document = min(told, key=_time_rank)
    if best["published_at"] is None and stored and stored["published_from"] == "serial":
        # Decided by the serial numbers around it, between these very bounds: it holds until a form knows better.
        bounds = best["published_min"], best["published_max"]
        if stored["published_raw"] == best["published_raw"] and stored["published_at"] in bounds:
            return {name: stored[name] for name in PUBLISHED}
    return _to_the_second(best, told)


def _to_the_second(time: Document, told: list[Document]) -> Document:
    """Sharpen a time that is printed to the minute by one of another form that lies within it."""
    first, last = time["published_min"], time["published_max"]
    if time["published_at"] is None or first == last:
        return time
    others = [other for other in told if other is not time]
    bounds = [other[name] for other in others for name in ("published_min", "published_max")]
    exact = next((at for at in bounds if first <= at <= last), None)
    return time | {"published_at": exact, "published_min": exact, "published_max": exact} if exact else time


def _time_rank(time: Document) -> tuple[bool, int]:
    return time["published_at"] is None, _TIMES.index(time["published_from"])


def _securities(said: list[Document]) -> list[Document]:
    """Unite the securities of all forms, in order of first mention in the best form that has each."""
    found: dict[str, Document] = {}
    for entry in (security for form in said for security in form["securities"]):
        known = found.setdefault(entry["secid"], dict(entry))
        evidence = {*known["evidence"], *entry["evidence"]}
        known["evidence"] = [kind for kind in EVIDENCE if kind in evidence]
        known["mentions"] = max(known["mentions"], entry["mentions"])
        known["name"] = known["name"] or entry["name"]
    return list(found.values())


def _upstream(document: Document, forms: Document, stored: Document | None) -> Document:
    """Name the upstream forms that are linked but not read yet, and those that upstream does not have."""
    linked = {"share": document["share_url"], "origin": document["origin_url"]}
    absent = [form for form in (stored["absent"] if stored else []) if form not in forms]
    missing = [form for form, url in linked.items() if url and form not in forms and form not in absent]
    return {"missing": missing, "absent": absent}


def main_symbols(document: Document) -> list[str]:
    """Give the symbols a post is about: charted, told by upstream, or named in title or digest."""
    headline = [document["title"], document["digest"] or ""]
    return sorted(
        {
            security["symbol"]
            for security in document["securities"]
            if security["symbol"]
            and (
                {"upstream", "chart"} & set(security["evidence"])
                or any(_is_named(security, words) for words in headline)
            )
        }
    )


def _is_named(security: Document, words: str) -> bool:
    """Tell whether words name a security: by name, by symbol, or by a code of at least five digits."""
    folded = unicodedata.normalize("NFKC", words).casefold()
    name = "".join(unicodedata.normalize("NFKC", security["name"] or "").casefold().split())
    if name and name in "".join(folded.split()):  # 万 科Ａ is 万科A
        return True
    # Shorter codes and those of letters are words as well: A shares, 601 people.
    code = security["code"] if re.fullmatch(r"\d{5,}", security["code"]) else security["symbol"]
    return bool(re.search(rf"(?<![0-9a-z.]){re.escape(code.casefold())}(?![0-9a-z])", folded))
