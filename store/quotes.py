"""The collections `quotes` and `bars`: each document once, and again only where upstream says otherwise.

From plain documents whose `_id` says what they are (pipelines/quotes.py). The same quote read twice changes
nothing: `read_at` and `run_id` stay those of the reading that said so first. Any number of processes may write at
once.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from pymongo import DESCENDING, ReplaceOne

from store.bulk import DUPLICATE_KEY, write_all
from store.connection import Store
from store.names import Mention, remember
from store.readings import Document
from store.schema import Database

READING = ("read_at", "run_id")
"""Fields that tell of the reading, not of the price."""


@dataclass(slots=True)
class Kept:
    """What became of documents."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[Document, str]] = field(default_factory=list)
    """Those that MongoDB refuses, and why."""


class PriceWriter:
    """Writes quotes and bars of one run, one answer after the other."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._turn = asyncio.Lock()

    async def write(self, collection: str, documents: list[Document], found: Iterable[Mention] = ()) -> Kept:
        """Store documents and the names found with them, waiting out outages. Raises MongoUnavailableError."""
        names = list(found)
        async with self._turn:
            await self.store.reach(remember, names)
            return await self.store.reach(keep, collection, documents)


async def keep(database: Database, collection: str, documents: Iterable[Document]) -> Kept:
    """Write what is new or said otherwise; of two documents of one `_id` the last. Raises PyMongoError."""
    waiting = {document["_id"]: document for document in documents}
    kept = Kept()
    while waiting:
        waiting = await _attempt(database, collection, waiting, kept)
    return kept


async def _attempt(
    database: Database, collection: str, waiting: dict[str, Document], kept: Kept
) -> dict[str, Document]:
    """Read, compare and write once; give those that another process inserted meanwhile."""
    stored = {doc["_id"]: doc async for doc in database[collection].find({"_id": {"$in": list(waiting)}})}
    changed = [document for key, document in waiting.items() if _said(document) != _said(stored.get(key, {}))]
    writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in changed]
    failed = await write_all(database[collection], writes)
    again = {}
    for index, document in enumerate(changed):
        problem = failed.get(index)
        if problem is None and document["_id"] in stored:
            kept.updated += 1
        elif problem is None:
            kept.inserted += 1
        elif problem["code"] == DUPLICATE_KEY:
            again[document["_id"]] = document
        else:
            kept.refused.append((document, f"{problem['code']} {problem['errmsg'][:500]}"))
    kept.unchanged += len(waiting) - len(changed)
    return again


def _said(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in READING}


async def known_securities(database: Database) -> list[str]:
    """Give the secids of all securities that posts name, or that were quoted."""
    return [doc["_id"] async for doc in database.securities.find({}, {"_id": 1}).sort("_id")]


async def last_bar(database: Database, secid: str) -> str | None:
    """Give the day (`YYYY-MM-DD`) of the latest bar of a security; None where there is none."""
    # All `_id`s of its bars lie between "<secid>/" and "<secid>0", the character after "/".
    span = {"_id": {"$gte": f"{secid}/", "$lt": f"{secid}0"}}
    last = await database.bars.find_one(span, {"day": 1}, sort=[("_id", DESCENDING)])
    return str(last["day"]) if last else None
