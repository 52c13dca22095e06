"""Pages of posts as they were fetched: the collection `raw`, for `scrapy replay`.

One document per body, under its hash, with the last times it was fetched, and what was stored of it each time.
Written in batches, beside the posts and never in their way: what MongoDB does not take at once is lost, and
counted. The newest bodies stay, as many as `max_bytes` hold; whichever runs write at once, they agree on which
are too many.
"""

import asyncio
import hashlib
import zlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pymongo
from bson.binary import Binary
from pymongo import InsertOne, UpdateOne
from pymongo.errors import PyMongoError

from store.bulk import DUPLICATE_KEY, write_all
from store.connection import ANSWER_SECONDS, MongoUnavailableError, Store
from store.readings import Document, Reading, storable_text
from store.schema import Database

FETCHES_KEPT = 10
"""Times a body was fetched that are remembered, the last ones; a page read each hour says the same for days."""

MAX_WAITING_BYTES = 32 * 2**20
"""What waits to be written at most: some thousand pages, which a MongoDB that answers takes within a second."""

MAX_BODY_BYTES = 8_000_000
"""Of a compressed body: half of what a document may hold. The largest real page has 60 KB before compression."""

REMOVED_AT_ONCE = 10_000
"""Bodies removed at most, each time it is looked at; more go the next time."""

_FLUSH_SECONDS = 2.0
"""How long a page waits to be written; by then what it gave is mostly stored, too."""

_SHARE = 50
"""What may lie there too much for a while: one part in so many of `max_bytes`."""


@dataclass(eq=False, slots=True)
class Fetch:
    """One answer: a body, how it was come by, and what became of it."""

    body: bytes
    url: str
    status: int
    headers: list[tuple[str, str]]
    charset: str | None
    at: datetime
    """When it was fetched; the time of all readings of it."""

    read_as: dict[str, str]
    """Which parser reads it, and what the request knew: `kind`, `post`, `code`."""

    gave: list[Document] = field(default_factory=list)
    """The readings that were stored of it."""

    reason: str | None = None
    """Why the page, or something on it, was rejected: name of the exception. None: nothing was."""

    rejected: list[str] = field(default_factory=list)
    """The names of the posts that were; empty where the whole page was."""

    hash: str = ""
    """Of its body, once it has been written."""


def gave(read: Reading) -> Document:
    """Give what is remembered of a reading that was stored."""
    return {
        "post": read.post,
        "form": read.form,
        "hash": read.hash,
        "tags": read.said.get("tags", []),
        "category": read.said.get("category"),
        "reading": read.fingerprint,
    }


def unpacked(document: Document) -> bytes:
    """Give the body of a document of `raw`."""
    return zlib.decompress(document["body"])


def _packed(fetches: list[Fetch]) -> list[Document]:
    """Compress bodies, each once. It takes a third of a millisecond a page, so it is done in a thread."""
    documents = {}
    for fetch in fetches:
        fetch.hash = hashlib.sha256(fetch.body).hexdigest()
        if fetch.hash not in documents:
            body = zlib.compress(fetch.body)
            documents[fetch.hash] = {
                "_id": fetch.hash,
                "body": Binary(body),
                "length": len(fetch.body),
                "size": len(body),
                "last_at": fetch.at,
                "fetches": [],
            }
    return list(documents.values())


async def keep(database: Database, fetches: list[Fetch], run_id: str, spider: str) -> tuple[int, int]:
    """Store bodies that are not there yet, then when and where each was fetched.

    Gives how many of the fetches MongoDB took, and the bytes added. Raises PyMongoError.
    """
    packed = await asyncio.to_thread(_packed, fetches)
    known = {doc["_id"] async for doc in database.raw.find({"_id": {"$in": [doc["_id"] for doc in packed]}}, {})}
    new = [doc for doc in packed if doc["_id"] not in known and doc["size"] <= MAX_BODY_BYTES]
    failed = await write_all(database.raw, [InsertOne(doc) for doc in new])
    added = [doc for place, doc in enumerate(new) if place not in failed]
    there = known | {doc["_id"] for doc in added}
    # What another process has stored meanwhile fails, too.
    there |= {new[place]["_id"] for place, problem in failed.items() if problem["code"] == DUPLICATE_KEY}
    taken = [fetch for fetch in fetches if fetch.hash in there]
    refused = await write_all(database.raw, [_sighting(fetch, run_id, spider) for fetch in taken])
    return len(taken) - len(refused), sum(doc["size"] for doc in added)


def _sighting(fetch: Fetch, run_id: str, spider: str) -> UpdateOne:
    shown = {
        "at": fetch.at,
        "run_id": run_id,
        "spider": spider,
        "url": storable_text(fetch.url),
        "status": fetch.status,
        "headers": [{"name": name, "value": value} for name, value in fetch.headers],
        "charset": fetch.charset,
        "read_as": fetch.read_as,
        **_outcome(fetch),
    }
    once = {"_id": fetch.hash, "fetches": {"$not": {"$elemMatch": {"run_id": run_id, "at": fetch.at}}}}
    added = {"fetches": {"$each": [shown], "$slice": -FETCHES_KEPT}}
    return UpdateOne(once, {"$push": added, "$max": {"last_at": fetch.at}})


async def tell(database: Database, fetches: list[Fetch], run_id: str) -> None:
    """Store what became of pages that are kept already. Raises PyMongoError."""
    updates = [
        UpdateOne(
            {"_id": fetch.hash, "fetches": {"$elemMatch": {"run_id": run_id, "at": fetch.at}}},
            {"$set": {f"fetches.$.{name}": value for name, value in _outcome(fetch).items()}},
        )
        for fetch in fetches
    ]
    await write_all(database.raw, updates)


def _outcome(fetch: Fetch) -> Document:
    rejected = [storable_text(name) for name in fetch.rejected]
    return {"gave": fetch.gave, "reason": fetch.reason, "rejected": rejected}


async def expire(database: Database, max_bytes: int) -> int:
    """Remove bodies, those fetched last the longest ago first, until the rest fits; give how many.

    The newest that fit are found by adding them up from the newest on, so that two runs which remove at the same
    time remove the same ones. Raises PyMongoError.
    """
    newest_first: dict[str, Any] = {"last_at": -1, "_id": -1}
    adding = {"kept": {"$sum": "$size", "window": {"documents": ["unbounded", "current"]}}}
    found = await database.raw.aggregate(
        [
            {"$sort": newest_first},
            {"$project": {"last_at": 1, "size": 1}},
            {"$setWindowFields": {"sortBy": newest_first, "output": adding}},
            {"$match": {"kept": {"$gt": max_bytes}}},
            {"$limit": 1},
        ],
        allowDiskUse=True,
    )
    first = await anext(found, None)
    if first is None:
        return 0
    too_old = {"last_at": {"$lte": first["last_at"]}}
    oldest = database.raw.find(too_old, {"_id": 1}).sort("last_at", 1).limit(REMOVED_AT_ONCE)
    gone = await database.raw.delete_many({"_id": {"$in": [doc["_id"] async for doc in oldest]}, **too_old})
    return gone.deleted_count


class RawWriter:
    """Keeps the pages of one run."""

    def __init__(self, store: Store, run_id: str, spider: str, max_bytes: int) -> None:
        self.store = store
        self.run_id = run_id
        self.spider = spider
        self.max_bytes = max_bytes
        self.kept, self.removed = 0, 0
        self.lost: Counter[str] = Counter()
        """Pages that are not kept, by why."""

        self._waiting: list[Fetch] = []
        self._waiting_bytes = 0
        self._told: dict[Fetch, None] = {}
        self._added = 0
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def keep(self, fetch: Fetch) -> None:
        """Take a page; it is written soon. One too many is lost."""
        if self._waiting_bytes + len(fetch.body) > MAX_WAITING_BYTES:
            self.lost["too_many_waiting"] += 1
            return
        self._waiting.append(fetch)
        self._waiting_bytes += len(fetch.body)
        self._task = self._task or asyncio.create_task(self._work(), name="raw writer")

    def tell(self, fetch: Fetch) -> None:
        """Take note that there is news of a page; of one that still waits it is written with it."""
        if fetch.hash:
            self._told[fetch] = None

    async def close(self) -> None:
        """Write what waits, and remove what is too much. The store is still open."""
        self._ending.set()
        if self._task:
            await self._task

    async def _work(self) -> None:
        ending = False
        while not ending:
            with suppress(TimeoutError):
                ending = await asyncio.wait_for(self._ending.wait(), _FLUSH_SECONDS)
            await self._flush()
            if ending or self._added > self.max_bytes // _SHARE:
                await self._expire()

    async def _flush(self) -> None:
        fetches, told = self._waiting, list(self._told)
        self._waiting, self._waiting_bytes, self._told = [], 0, {}
        try:
            with pymongo.timeout(ANSWER_SECONDS):
                kept, added = await keep(self.store.database, fetches, self.run_id, self.spider)
                self.kept, self._added = self.kept + kept, self._added + added
                if kept < len(fetches):
                    self.lost["refused"] += len(fetches) - kept
                await tell(self.store.database, told, self.run_id)
        except (PyMongoError, MongoUnavailableError) as error:
            self.lost[type(error).__name__] += len(fetches)
        for fetch in fetches:
            fetch.body = b""

    async def _expire(self) -> None:
        self._added = 0
        with suppress(PyMongoError, MongoUnavailableError):  # then the next run removes it
            self.removed += await expire(self.store.database, self.max_bytes)
