"""Writing posts: one writer task, a bounded queue, unordered bulk writes, one outage budget.

A caller awaits `write`, which returns when MongoDB has acknowledged the post (so Scrapy's `item_scraped` means
stored). A batch is read, merged (store/merge.py) and written back by compare-and-set on `etag`: whoever loses
a race reads again and merges again, so any number of processes end in the same documents.
Values go into documents as they are, never into expressions.
Raises RefusedError for one post that MongoDB or BSON refuses, MongoUnavailableError for all that is queued
once the outage budget of the run is spent.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bson import encode
from bson.errors import BSONError
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, ConnectionFailure

from crawler.items import Post
from store.connection import MongoUnavailableError
from store.merge import SCHEMA_VERSION, Document, Merged, Reading, merge, milliseconds, reading, rewords
from store.schema import Database

BATCH_SIZE = 100
"""Measured: bulk upserts of 100 do 9,600 documents a second, of 1 do 700; more than 500 gain nothing."""

BATCH_SECONDS = 0.25
"""How long a batch waits to fill."""

QUEUE_SIZE = 500
"""Posts waiting at most; then the crawl waits (back-pressure)."""

MAX_DOCUMENT_BYTES = 8_000_000
"""Half of MongoDB's limit, so that a document always has room for the names and links it gains later."""

_DUPLICATE_KEY = 11000
_FAILED_VALIDATION = 121
_RETRY_SECONDS = 0.5
_NEW = {"duplicate_of": None, "duplicate_kind": None, "similarity": None, "withdrawn_at": None}


class RefusedError(Exception):
    """MongoDB or BSON refuses this one post."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a post."""

    kind: str
    """`inserted`, `updated`, `unchanged`, or `duplicate` (unchanged, and written before by this run)."""

    revised: bool


@dataclass(slots=True)
class _Job:
    """A reading on its way, with the future its caller awaits."""

    read: Reading
    done: asyncio.Future[Outcome]
    outcome: Outcome | None = None
    """What an earlier, perhaps acknowledged attempt was about to do."""


@dataclass(slots=True)
class PostWriter:
    """Writes the posts of one run."""

    database: Database
    run_id: str
    spider: str
    outage_seconds: float
    """How long MongoDB may be away, all outages of the run together."""

    _queue: asyncio.Queue[_Job] = field(default_factory=lambda: asyncio.Queue(QUEUE_SIZE))
    _task: asyncio.Task[None] | None = None
    _written: set[str] = field(default_factory=set)
    _outage_spent: float = 0.0

    def start(self) -> None:
        """Start the writer task."""
        self._task = asyncio.create_task(self._work(), name="post writer")

    async def write(self, post: Post) -> Outcome:
        """Store a post; return once it is acknowledged. Raises RefusedError, MongoUnavailableError."""
        job = _Job(reading(post), asyncio.get_running_loop().create_future())
        await self._queue.put(job)
        return await job.done

    async def stop(self) -> None:
        """Write what is queued, then end the task."""
        await self._queue.join()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            deadline = time.monotonic() + BATCH_SECONDS
            with contextlib.suppress(TimeoutError):
                while len(batch) < BATCH_SIZE:
                    async with asyncio.timeout(deadline - time.monotonic()):
                        batch.append(await self._queue.get())
            try:
                await self._store(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the callers must hear it, not wait forever
                for job in batch:
                    if not job.done.done():
                        job.done.set_exception(error)
            for _ in batch:
                self._queue.task_done()

    async def _store(self, batch: list[_Job]) -> None:
        """Write a batch until every job is done, waiting out outages within the budget."""
        waiting = batch
        while waiting:
            began = time.monotonic()
            try:
                waiting = await self._attempt(waiting)
            except ConnectionFailure as error:
                await asyncio.sleep(_RETRY_SECONDS)
                self._outage_spent += time.monotonic() - began
                if self._outage_spent > self.outage_seconds:
                    raise MongoUnavailableError(f"MongoDB has been away for {self._outage_spent:.0f} s") from error

    async def _attempt(self, jobs: list[_Job]) -> list[_Job]:
        """Read, merge and write once; return the jobs that lost a race and must be merged again."""
        posts = list(dict.fromkeys(job.read.post for job in jobs))
        stored = {doc["_id"]: doc async for doc in self.database.posts.find({"_id": {"$in": posts}})}
        reworded = [job.read.post for job in jobs if rewords(stored.get(job.read.post), job.read)]
        history: dict[str, list[Document]] = {}
        if reworded:
            async for row in self.database.post_revisions.find({"post": {"$in": reworded}}):
                history.setdefault(row["post"], []).append(row)
        # Of several readings of one post the first is written now, the rest after it.
        first: dict[str, _Job] = {}
        for job in jobs:
            first.setdefault(job.read.post, job)
        later = [job for job in jobs if first[job.read.post] is not job]
        merged = {post: merge(stored.get(post), history.get(post, []), job.read) for post, job in first.items()}
        lost = await self._write(first, merged, stored)
        return [*lost, *later]

    async def _write(
        self, jobs: dict[str, _Job], merged: dict[str, Merged], stored: dict[str, Document]
    ) -> list[_Job]:
        """Write history, then posts; settle every job but those that lost a race, which are returned."""
        now = milliseconds(datetime.now(UTC))
        documents: list[tuple[_Job, Document, int]] = []
        rows: list[Document] = []
        for post, job in jobs.items():
            result, before = merged[post], stored.get(post)
            if not result.changed:
                self._settle(job, Outcome("unchanged", revised=False))
                continue
            document = self._stamped(result.document, before, now)
            try:
                size = len(encode(document))
            except (BSONError, UnicodeError, OverflowError) as error:
                job.done.set_exception(RefusedError(f"{type(error).__name__}: {str(error)[:500]}"))
                continue
            if size > MAX_DOCUMENT_BYTES:
                job.done.set_exception(RefusedError(f"{size:,} bytes, more than {MAX_DOCUMENT_BYTES:,}"))
                continue
            job.outcome = job.outcome or Outcome("updated" if before else "inserted", revised=result.revised)
            rows += result.history
            documents.append((job, document, before["etag"] if before else 0))
        await self._write_names([document for _, document, _ in documents])
        if rows:
            await _insert_missing(self.database, "post_revisions", rows)
        return await self._replace(documents)

    def _stamped(self, document: Document, before: Document | None, now: datetime) -> Document:
        kept = {name: before[name] if before else None for name in _NEW}
        return {
            **document,
            **kept,
            "updated_at": now,
            "first_run_id": before["first_run_id"] if before else self.run_id,
            "run_id": self.run_id,
            "spider": self.spider,
            "schema_version": SCHEMA_VERSION,
            "etag": (before["etag"] if before else 0) + 1,
        }

    async def _replace(self, documents: list[tuple[_Job, Document, int]]) -> list[_Job]:
        """Replace each post where its etag is still the one read; return the jobs whose post was changed since."""
        if not documents:
            return []
        # An upsert whose etag no longer matches tries to insert, and fails on `_id`: a lost race shows as 11000.
        writes = [ReplaceOne({"_id": doc["_id"], "etag": etag}, doc, upsert=True) for _, doc, etag in documents]
        failed: dict[int, dict[str, Any]] = {}
        try:
            await self.database.posts.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            failed = {problem["index"]: problem for problem in error.details["writeErrors"]}
            if error.details["writeConcernErrors"]:
                raise
        lost = []
        for index, (job, document, _) in enumerate(documents):
            problem = failed.get(index)
            if problem is None:
                self._written.add(document["_id"])
                self._settle(job, job.outcome or Outcome("updated", revised=False))
            elif problem["code"] == _DUPLICATE_KEY:
                job.outcome = None
                lost.append(job)
            else:
                job.done.set_exception(RefusedError(f"{problem['code']} {problem['errmsg'][:500]}"))
        return lost

    def _settle(self, job: _Job, outcome: Outcome) -> None:
        if outcome.kind == "unchanged" and job.outcome:
            outcome = job.outcome  # an attempt cut off by an outage had been carried out after all
        if outcome.kind == "unchanged" and job.read.post in self._written:
            outcome = Outcome("duplicate", revised=False)
        if not job.done.done():
            job.done.set_result(outcome)

    async def _write_names(self, documents: list[Document]) -> None:
        """Make the securities and media of new documents known."""
        seen: dict[tuple[str, str], Document] = {}
        for document in documents:
            at = document["first_seen_at"]
            for security in document["securities"]:
                name = security["name"]
                only = {"symbol": security["symbol"], "kind": security["kind"], "name": name}
                seen[("securities", security["secid"])] = {**only, "names": [name] if name else [], "at": at}
            if medium := document["media"]:
                seen[("media", medium["slug"])] = {"name": medium["name"], "names": [medium["name"]], "at": at}
        for collection in ("securities", "media"):
            writes = [_name_upsert(key, entry) for (where, key), entry in seen.items() if where == collection]
            if writes:
                await self.database[collection].bulk_write(writes, ordered=False)


def _name_upsert(key: str, entry: Document) -> UpdateOne:
    only = {name: value for name, value in entry.items() if name not in ("names", "at")}
    return UpdateOne(
        {"_id": key},
        {
            "$setOnInsert": only,
            "$min": {"first_seen_at": entry["at"]},
            "$addToSet": {"names": {"$each": entry["names"]}},
        },
        upsert=True,
    )


async def _insert_missing(database: Database, collection: str, rows: list[Document]) -> None:
    """Insert rows whose `_id` says what is in them; those there already are left as they are."""
    try:
        await database[collection].bulk_write([InsertOne(row) for row in rows], ordered=False)
    except BulkWriteError as error:
        if any(problem["code"] != _DUPLICATE_KEY for problem in error.details["writeErrors"]):
            raise
