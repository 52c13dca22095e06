"""The writer of a run: one task, a bounded queue, batches.

A caller awaits `write`, which returns when MongoDB has acknowledged the post (so Scrapy's `item_scraped` means
stored); while the queue is full, callers wait (back-pressure). Batches go through store/posts.py.
Once MongoDB is given up for the run (store/outage.py), all posts, queued and to come, go to the spool instead, and
`write` returns when they are on disk there.
Raises RefusedError for one post that MongoDB or BSON refuses; SpoolError for posts that the spool does not take
either; WriterEndedError for whatever else ended the task. Nobody is left waiting.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

from crawler.items import Post
from store.connection import MongoUnavailableError, Store
from store.posts import Job, Outcome, Posts, RefusedError, storable
from store.schema import Database
from store.spool import SpoolError, reading_line

__all__ = ["Outcome", "PostWriter", "RefusedError", "WriterEndedError"]

BATCH_SIZE = 100
"""Measured: bulk upserts of 100 do 9,600 documents a second, of 1 do 700; more than 500 gain nothing."""

BATCH_SECONDS = 0.25
"""How long a batch waits to fill."""

QUEUE_SIZE = 500
"""Posts waiting at most; then the crawl waits (back-pressure)."""

_Result = TypeVar("_Result")


class WriterEndedError(Exception):
    """The writer task does not run: not started, stopped, or ended by the error that is this one's cause."""


class PostWriter:
    """Writes the posts of one run."""

    def __init__(self, store: Store, run_id: str, spider: str) -> None:
        self.store = store
        self.run_id = run_id
        self.spider = spider
        self._queue: asyncio.Queue[Job] = asyncio.Queue(QUEUE_SIZE)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the writer task."""
        self._task = asyncio.create_task(self._work(), name="post writer")

    async def write(self, post: Post) -> Outcome:
        """Store a normalised post; return once it is acknowledged, or safe in the spool.

        A caller that gives up may have it stored.
        """
        job = Job(storable(post), asyncio.get_running_loop().create_future())
        await self._while_working(self._queue.put(job))
        return await self._while_working(job.done)

    async def stop(self) -> None:
        """Write what is queued, then end the task. Lasts no longer than what is left of the outage budget."""
        if self._task is None:
            return
        try:
            await self._while_working(self._queue.join())
        finally:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _while_working(self, awaited: Awaitable[_Result]) -> _Result:
        """Wait, but no longer than the task works: an error in it must be heard, not waited out for ever."""
        waiting = asyncio.ensure_future(awaited)
        try:
            if self._task is None:
                raise WriterEndedError("the writer has not been started")
            await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            cause = None if self._task.cancelled() else self._task.exception()
            raise WriterEndedError("the writer has ended") from cause
        finally:
            waiting.cancel()

    async def _work(self) -> None:
        while True:
            batch = await self._batch()
            try:
                await settle(self.store, self.run_id, self.spider, batch)
            except MongoUnavailableError:
                self._put_off([job for job in batch if not job.done.done()])
            for _ in batch:
                self._queue.task_done()

    async def _batch(self) -> list[Job]:
        batch = [await self._queue.get()]
        with suppress(TimeoutError):
            async with asyncio.timeout(BATCH_SECONDS):
                while len(batch) < BATCH_SIZE:
                    batch.append(await self._queue.get())
        return batch

    def _put_off(self, jobs: list[Job]) -> None:
        """Give a batch to the spool, or what there is room for. The crawl waits for the disk, for milliseconds."""
        try:
            self._spool(jobs)
        except SpoolError:
            for job in jobs:
                try:
                    self._spool([job])
                except SpoolError as error:
                    job.fail(error)

    def _spool(self, jobs: list[Job]) -> None:
        """Give some readings to the spool, all or none. Raises SpoolError."""
        self.store.put_off(*(reading_line(self.run_id, self.spider, job.read) for job in jobs))
        for job in jobs:
            job.settle(Outcome("spooled", revised=False))


async def settle(store: Store, run_id: str, spider: str, jobs: list[Job]) -> None:
    """Write readings in the name of a run until every job is settled. Raises MongoUnavailableError."""
    while waiting := [job for job in jobs if not job.done.done()]:
        await store.reach(_attempt, run_id, spider, waiting)


async def _attempt(database: Database, run_id: str, spider: str, jobs: list[Job]) -> None:
    await Posts(database, run_id, spider).attempt(jobs)
