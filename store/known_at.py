"""What was known of posts at a time T: the documents as they would stand had only readings up to T arrived.

    await known_at(database, {"_id": {"$in": ids}}, at)
    await known_at(database, {"published_at": {"$gte": day, "$lt": next_day}}, at)

A Jekyll source counts from its commit, or its publication, on: as `available_at` does, not from when it was read.
From `forms` of a post (who said what since when) and the wordings in the post and in `post_revisions`; two
queries, however many posts. For any order in which the readings came.

What it tells exactly: title, text, hashes, the form they come from, `revision`, `changed_at`, and each other field
whose present value was told by T. What it does not:
- `unsure` names the fields of which a form known at T has told something else since then: the former value is not
  kept, so these hold what other forms had told, or null (lists: nothing).
- html, images and links are those that came last with these words in that form; changes of markup alone leave no
  history. Where two forms said the same words, only the better one's are kept, and are given for either.
- Tags, categories and pages of earlier readings are not dated: `post_urls` is left out, tags are the last ones.
- A time decided by serial numbers is not dated: such a post has its bounds alone.
- `withdrawn_at` is told if it lies before T; a mark taken back since then is not remembered.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from store.forms import wordings
from store.merge import best_form, main_symbols, revisions, united
from store.readings import BLOCK, Document
from store.schema import Database

_NOT_DATED = ("post_url", "post_urls", "categories", "missing", "absent", "forms")


async def known_at(database: Database, wanted: Document, at: datetime) -> list[Document]:
    """Give what was known at `at` (aware) of the posts that match a query today, by `_id`; see above.

    Posts that became available later are left out. Raises PyMongoError.
    """
    posts = await database.posts.find({**wanted, "available_at": {"$lte": at}}).sort("_id", 1).to_list()
    changed = [post["_id"] for post in posts if _wording(post, at) != _wording(post, None)]
    rows: dict[str, list[Document]] = {}
    async for row in database.post_revisions.find({"post": {"$in": changed}, "by": "news"}).sort(
        [("post", 1), ("at", 1)]
    ):
        rows.setdefault(row["post"], []).append(row)
    found = (as_known(post, rows.get(post["_id"], ()), at) for post in posts)
    return [document for document in found if document is not None]


def as_known(post: Document, rows: Iterable[Document], at: datetime) -> Document | None:
    """Give a post as it was known at `at`; None if it was not. `rows`: all its rows of `post_revisions`."""
    said = _wording(post, at)
    if said is None:
        return None
    forms = {form: entry for form in post["forms"] if (entry := _entry(post["forms"][form], at))}
    revision, changed_at = revisions(forms)
    document = {
        "_id": post["_id"],
        **_block(post, rows, *said, at),
        **{name: value for name, value in united(forms, None).items() if name not in _NOT_DATED},
        "revision": revision,
        "changed_at": changed_at,
        "available_at": post["available_at"],
        "available_from": post["available_from"],
        "withdrawn_at": post["withdrawn_at"] if post["withdrawn_at"] and post["withdrawn_at"] <= at else None,
    }
    later = {name for form in forms for name, told in post["forms"][form]["said"].items() if told["at"] > at}
    return document | {"main_symbols": main_symbols(document), "unsure": sorted(later)}


def _wording(post: Document, at: datetime | None) -> tuple[str, str] | None:
    """Give the form a post's wording came from at a time (None: now), and its hash; None: nothing was known."""
    known = {
        form: [wording for since, wording in wordings(entry) if at is None or since <= at]
        for form, entry in post["forms"].items()
    }
    read = {form: said for form, said in known.items() if said}
    return (best_form(read), read[best_form(read)][-1]) if read else None


def _entry(entry: Document, at: datetime) -> Document | None:
    """Give what a form had said by a time; None: it had not been read."""
    said = [wording for wording in wordings(entry) if wording[0] <= at]
    if not said:
        return None
    *earlier, (since, content_hash) = said
    told = {name: told for name, told in entry["said"].items() if told["at"] <= at}
    return {
        "at": since,
        "hash": content_hash,
        "earlier": [{"at": before, "hash": wording} for before, wording in earlier],
        "said": {"securities": {"at": since, "value": []}, **told},
        "urls": [],
        "tags": [],
        "categories": [],
    }


def _block(post: Document, rows: Iterable[Document], form: str, content_hash: str, at: datetime) -> Document:
    """Give a wording of a form, from the post or from its history; else the same words of another form."""
    best = best_form(post["forms"])
    present: dict[str, Any] = {**post, "form": best, "at": post["forms"][best]["at"]}
    same = [kept for kept in (*rows, present) if kept["content_hash"] == content_hash]
    own = sorted((kept for kept in same if kept["form"] == form), key=lambda kept: kept["at"]) or same
    said_by_then = [kept for kept in own if kept["at"] <= at]
    kept = said_by_then[-1] if said_by_then else own[0]
    return {name: kept[name] for name in BLOCK}
