"""Writing readings into `posts`: read, merge (store/merge.py), write back by compare-and-set on `etag`.

Whoever loses a race reads again and merges again, so any number of processes end in the same documents. History
and names are written before the post: a kill in between leaves rows that change nothing, and the reading is not
lost, since the post does not say yet that it is known.
Values go into documents as they are, never into expressions.
Refuses (RefusedError) a reading that MongoDB or BSON does not take, and never its neighbours.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bson import encode
from bson.errors import BSONError
from pymongo import InsertOne, ReplaceOne

from crawler.items import Post
from store.bulk import DUPLICATE_KEY, write_all
from store.merge import SCHEMA_VERSION, Merged, merge
from store.names import mentions, remember
from store.pending import pending_after
from store.readings import Document, Reading, milliseconds, reading
from store.retell import Retold, retell
from store.schema import Database
from store.sources import keep_sources
from store.withdrawn import withdrawn_at

MAX_DOCUMENT_BYTES = 8_000_000
"""Half of MongoDB's own limit, and far above any article; the longest real page has 60 KB."""

_LATER = ("duplicate_of", "duplicate_kind", "similarity")
"""Fields of a post that others than its readings decide; null at first."""


class RefusedError(Exception):
    """MongoDB or BSON refuses this one post."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a post."""

    kind: str
    """`inserted`, `updated`, `unchanged`, `duplicate` (unchanged, written before by this run), or `spooled`."""

    revised: bool


@dataclass(slots=True)
class Job:
    """A reading on its way, with the future its caller awaits."""

    read: Reading
    done: asyncio.Future[Outcome]
    attempted: Outcome | None = None
    """What an attempt without an answer, perhaps carried out all the same, was about to do."""

    def settle(self, outcome: Outcome) -> None:
        """Tell the caller, unless it has gone."""
        if not self.done.done():
            self.done.set_result(outcome)

    def fail(self, error: Exception) -> None:
        """Tell the caller what went wrong, unless it has gone."""
        if not self.done.done():
            self.done.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Change:
    """A document to be written."""

    job: Job
    before: Document | None
    merged: Merged
    document: Document


def storable(post: Post) -> Reading:
    """Give the reading of a normalised post. Raises RefusedError for values that BSON does not take."""
    try:
        read = reading(post)
    except UnicodeError as error:  # a source with half a character has no bytes
        raise RefusedError(f"{type(error).__name__}: {error}") from error
    _check_size({"block": read.block, "said": read.said, "urls": read.urls, "source": read.source_file})
    return read


def _check_size(document: Document) -> None:
    try:
        size = len(encode(document))
    except (BSONError, UnicodeError, OverflowError) as error:
        raise RefusedError(f"{type(error).__name__}: {str(error)[:500]}") from error
    if size > MAX_DOCUMENT_BYTES:
        raise RefusedError(f"{size:,} bytes, more than {MAX_DOCUMENT_BYTES:,}")


@dataclass(frozen=True, slots=True)
class Posts:
    """The posts of a database, as one run writes them."""

    database: Database
    run_id: str
    spider: str

    async def attempt(self, jobs: list[Job]) -> None:
        """Settle every job but those that have to be tried again: races lost, further readings of one post.

        Raises PyMongoError; what is not settled then may or may not be stored.
        """
        first: dict[str, Job] = {}
        for job in jobs:
            first.setdefault(job.read.post, job)
        stored = {doc["_id"]: doc async for doc in self.database.posts.find({"_id": {"$in": list(first)}})}
        now = milliseconds(datetime.now(UTC))
        changes = [change for post, job in first.items() if (change := self._change(job, stored.get(post), now))]
        changes = await self._write_history(changes)
        await remember(self.database, (mention for change in changes for mention in mentions(change.job.read)))
        await keep_sources(self.database, [change.job.read for change in changes])
        await self._replace(changes)

    async def retell(self, retold: Sequence[Retold]) -> tuple[Document | None, Merged]:
        """Store what the pages of one post say to a better parser, oldest first.

        Gives the document before, and what was written, if anything was (`changed`). Raises RefusedError;
        PyMongoError, and then all of it may be done again.
        """
        job = Job(retold[-1].read, asyncio.get_running_loop().create_future())
        while True:
            before = await self.database.posts.find_one({"_id": job.read.post})
            merged = retell(before, retold)
            if not merged.changed:
                return before, merged
            gone_at = withdrawn_at(before, max((one.read for one in retold), key=lambda read: read.at))
            merged.document["withdrawn_at"] = gone_at
            change = self._stamped(job, before, merged, milliseconds(datetime.now(UTC)))
            if change and await self._write_history([change]):
                await remember(self.database, (mention for one in retold for mention in mentions(one.read)))
                await self._replace([change])
            if job.done.done():
                job.done.result()
                return before, merged

    def _change(self, job: Job, before: Document | None, now: datetime) -> _Change | None:
        """Merge; settle a job that changes nothing, or whose document grows too large."""
        merged = merge(before, job.read)
        gone_at = withdrawn_at(before, job.read)
        if before and not merged.changed and gone_at == before["withdrawn_at"]:
            self._settle_unchanged(job, before)
            return None
        merged.document["withdrawn_at"] = gone_at
        return self._stamped(job, before, merged, now)

    def _stamped(self, job: Job, before: Document | None, merged: Merged, now: datetime) -> _Change | None:
        """Add the stamps to what the merged document says; settle a job whose document grows too large."""
        document = {
            **merged.document,
            **{name: before[name] if before else None for name in _LATER},
            "updated_at": now,
            "first_run_id": before["first_run_id"] if before else self.run_id,
            "run_id": self.run_id,
            "spider": self.spider,
            "schema_version": SCHEMA_VERSION,
            "etag": before["etag"] + 1 if before else 1,
            "pending": pending_after(before, merged.document),
        }
        try:
            _check_size(document)
        except RefusedError as error:
            job.fail(error)
            return None
        return _Change(job, before, merged, document)

    def _settle_unchanged(self, job: Job, before: Document) -> None:
        if job.attempted:
            # An attempt cut off by an outage; if the document is of this run, it had been carried out after all.
            run = before["first_run_id" if job.attempted.kind == "inserted" else "run_id"]
            if run == self.run_id:
                job.settle(job.attempted)
                return
        job.settle(Outcome("duplicate" if before["run_id"] == self.run_id else "unchanged", revised=False))

    async def _write_history(self, changes: list[_Change]) -> list[_Change]:
        """Write the rows of history; those there already are left as they are. Give the changes that go on."""
        disowned = [row for change in changes for row in change.merged.disowned]
        if disowned:
            marked = {"_id": {"$in": disowned}}
            await self.database.post_revisions.update_many(marked, {"$set": {"by": "parser"}})
        rows = [(change, row) for change in changes for row in change.merged.history]
        failed = await write_all(self.database.post_revisions, [InsertOne(row) for _, row in rows])
        refused = set()
        for index, problem in failed.items():
            if problem["code"] != DUPLICATE_KEY:
                job = rows[index][0].job
                job.fail(_refusal(problem))
                refused.add(job.read.post)
        return [change for change in changes if change.job.read.post not in refused]

    async def _replace(self, changes: list[_Change]) -> None:
        """Replace each post where its etag is still the one read."""
        for change in changes:
            kind = "updated" if change.before else "inserted"
            change.job.attempted = Outcome(kind, revised=change.merged.revised)
        # An upsert whose etag no longer matches tries to insert, and fails on `_id`: that is a lost race.
        writes = [
            ReplaceOne(
                {"_id": change.document["_id"], "etag": change.document["etag"] - 1}, change.document, upsert=True
            )
            for change in changes
        ]
        failed = await write_all(self.database.posts, writes)
        for index, change in enumerate(changes):
            problem, job = failed.get(index), change.job
            if problem is None and job.attempted:
                job.settle(job.attempted)
            elif problem and problem["code"] != DUPLICATE_KEY:
                job.fail(_refusal(problem))
            job.attempted = None


def _refusal(problem: Document) -> RefusedError:
    why = problem.get("errInfo", {}).get("details", "")
    return RefusedError(f"{problem['code']} {problem['errmsg'][:500]} {str(why)[:1000]}".rstrip())
