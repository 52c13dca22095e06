"""The collections `securities` and `media`: under which names posts mention them.

From readings that say something new. A document is a function of the readings, in whatever order and from however
many processes they come. Nothing is counted here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pymongo import ReplaceOne
from pymongo.errors import OperationFailure

from store.bulk import DUPLICATE_KEY, write_all
from store.readings import Document, Reading
from store.schema import Database

MAX_NAMES = 50
"""Of one security or medium; the first in sort order stay. Real ones have a handful."""

MAX_CHARACTERS = 100
"""A longer name is none; the longest medium's has 28."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A security or a medium as one reading names it."""

    collection: str
    key: str
    """Its `_id`."""

    fixed: Document
    """What does not depend on the reading."""

    name: str | None
    at: datetime


def mentions(read: Reading) -> list[Mention]:
    """Give the securities and the medium that a reading names."""
    found = []
    for security in read.said["securities"]:
        name = security["name"] if len(security["name"] or "") <= MAX_CHARACTERS else None
        fixed = {"symbol": security["symbol"], "kind": security["kind"]}
        found.append(Mention("securities", security["secid"], fixed, name, read.at))
    medium = read.said.get("media")
    if medium and len(medium["name"]) <= MAX_CHARACTERS:
        found.append(Mention("media", medium["slug"], {}, medium["name"], read.at))
    return found


def named(known: Document | None, mention: Mention) -> Document:
    """Give the document of a security or medium after one more mention (`known`; None: the first)."""
    first_seen = mention.at
    names = {mention.name} if mention.name else set()
    first_named = [(mention.at, mention.name)] if mention.name else []
    if known:
        names |= set(known["names"])
        first_seen = min(first_seen, known["first_seen_at"])
        first_named += [(known["named_at"], known["name"])] if known["name"] else []
    named_at, name = min(first_named, default=(None, None))
    return {
        "_id": mention.key,
        **mention.fixed,
        "name": name,
        "named_at": named_at,
        "names": sorted(names)[:MAX_NAMES],
        "first_seen_at": first_seen,
    }


async def remember(database: Database, found: Iterable[Mention]) -> None:
    """Make the names of readings known; what is known already is not written. Raises PyMongoError."""
    by_collection: dict[str, dict[str, list[Mention]]] = {}
    for mention in found:
        by_collection.setdefault(mention.collection, {}).setdefault(mention.key, []).append(mention)
    for collection, by_key in by_collection.items():
        waiting = by_key
        while waiting:
            waiting = await _attempt(database, collection, waiting)


async def _attempt(
    database: Database, collection: str, waiting: dict[str, list[Mention]]
) -> dict[str, list[Mention]]:
    """Read, add and write once; give those that another process changed meanwhile."""
    known = {doc["_id"]: doc async for doc in database[collection].find({"_id": {"$in": list(waiting)}})}
    after: dict[str, Document] = {}
    for key, found in waiting.items():
        for mention in found:
            after[key] = named(after.get(key, known.get(key)), mention)
    changed = [key for key in waiting if after[key] != known.get(key)]
    # Replaced only where it is still as it was read. One that is not so any more, or is there after all, has names
    # of its own; the attempt to insert it again fails on `_id`.
    failed = await write_all(
        database[collection],
        [ReplaceOne(known.get(key, {"_id": key, "names": None}), after[key], upsert=True) for key in changed],
    )
    for problem in failed.values():
        if problem["code"] != DUPLICATE_KEY:
            raise OperationFailure(problem["errmsg"], problem["code"])
    return {changed[index]: waiting[changed[index]] for index in failed}
