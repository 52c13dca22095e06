"""Two databases that should say the same: what differs between them, field by field.

Left out are the fields that tell who read something when (`TELLS_WHEN`), and rows of history for a wording that
the post has now: the forms of an article are read in any order, and such a row says that one form told the new
words before a better one did. They are harmless (store/merge.py), and two undisturbed crawls differ in them, too.
"""

from collections.abc import Iterator
from typing import Any

from pymongo.database import Database

Documents = Database[dict[str, Any]]

TELLS_WHEN = {
    "posts": (
        *("first_run_id", "run_id", "etag"),  # which runs wrote, and how often
        *("first_seen_at", "available_at", "changed_at", "updated_at"),
        *("at", "block_at"),  # in `forms`: since when each form says what it says
    ),
    "post_revisions": ("_id", "at"),  # `_id` holds the time
    "fingerprints": ("etag",),
    "securities": ("first_seen_at", "named_at"),
    "media": ("first_seen_at", "named_at"),
    "quotes": ("read_at", "run_id"),
    "bars": ("read_at", "run_id"),
    "listings": ("read_at",),
    "sources": (),
    "unlisted": ("since", "asked_at", "next_at"),
    "raw": ("last_at", "fetches"),
}
"""By collection, the fields that may differ, at any depth. `runs` and `rejects` tell of runs, not of posts."""


MAY_LACK = {"raw"}
"""Kept beside the posts and never in their way (store/raw.py): a kill takes the pages that wait to be written."""


def said(database: Documents, collection: str) -> dict[str, Any]:
    """Give what the documents of a collection say, by their identity."""
    if collection == "post_revisions":
        return _history(database)
    return {
        document["_id"]: _without(document, TELLS_WHEN[collection]) for document in database[collection].find()
    }


def _history(database: Documents) -> dict[str, Any]:
    present = {post["_id"]: post["content_hash"] for post in database.posts.find({}, {"content_hash": 1})}
    return {
        f"{row['post']} {row['form']} {row['content_hash']}": _without(row, TELLS_WHEN["post_revisions"])
        for row in database.post_revisions.find()
        if row["content_hash"] != present.get(row["post"])
    }


def _without(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {name: _without(inner, names) for name, inner in value.items() if name not in names}
    return [_without(inner, names) for inner in value] if isinstance(value, list) else value


def differences(here: Documents, there: Documents) -> Iterator[str]:
    """Say where what is stored `here` differs from `there`: documents, then fields."""
    for collection in TELLS_WHEN:
        ours, theirs = said(here, collection), said(there, collection)
        for key in sorted(ours.keys() - theirs.keys()):
            yield f"{collection} {key}: too much"
        for key in sorted(theirs.keys() - ours.keys()) if collection not in MAY_LACK else ():
            yield f"{collection} {key}: missing"
        for key in sorted(ours.keys() & theirs.keys()):
            for name, mine, other in _fields(ours[key], theirs[key]):
                yield f"{collection} {key}: {name} is {mine!r}, undisturbed {other!r}"


def _fields(here: Any, there: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(here, dict) and isinstance(there, dict):
        for inner in sorted(here.keys() | there.keys()):
            yield from _fields(here.get(inner), there.get(inner), f"{name}.{inner}".strip("."))
    elif here != there:
        yield name, here, there
