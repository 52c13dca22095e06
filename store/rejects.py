"""What was dropped or could not be read: the collection `rejects`."""

from dataclasses import dataclass
from datetime import UTC, datetime

from store.connection import MongoUnavailableError, Store
from store.readings import Document, milliseconds, storable_text
from store.schema import Database
from store.spool import SpoolError, reject_line

RAW_CHARACTERS = 100_000
"""How much of a page or item is kept; the longest real page has 30,000."""

DETAIL_CHARACTERS = 2_000
"""How much of a message or URL is kept."""


@dataclass(slots=True)
class Rejects:
    """The rejects of one run."""

    store: Store
    run_id: str
    spider: str
    lost: int = 0
    """Those that could be kept nowhere: MongoDB was away, and the spool full."""

    _count: int = 0

    async def add(
        self,
        stage: str,
        error: BaseException,
        *,
        url: str | None = None,
        post: str | None = None,
        raw: str | None = None,
    ) -> None:
        """Keep one: where it was rejected, why, and what it was."""
        self._count += 1
        name = f"{self.run_id}/{self._count:06d}"
        document = reject_document(name, self.run_id, self.spider, stage, error, url=url, post=post, raw=raw)
        try:
            await self.store.reach(write_reject, document)
        except MongoUnavailableError:
            try:
                self.store.put_off(reject_line(document))
            except SpoolError:
                self.lost += 1


def reject_document(  # noqa: PLR0913 - the fields of one document
    name: str,
    run_id: str,
    spider: str,
    stage: str,
    error: BaseException,
    *,
    url: str | None = None,
    post: str | None = None,
    raw: str | None = None,
) -> Document:
    """Give the document of a reject, whatever its texts hold; `name` is its `_id`."""
    return {
        "_id": name,
        "run_id": run_id,
        "spider": spider,
        "stage": stage,
        "reason": type(error).__name__,
        "detail": storable_text(str(error)[:DETAIL_CHARACTERS]),
        "url": storable_text(url[:DETAIL_CHARACTERS]) if url else None,
        "post": storable_text(post) if post else None,
        "raw": storable_text(raw[:RAW_CHARACTERS]) if raw else None,
        "at": milliseconds(datetime.now(UTC)),
        "retried_by": None,
    }


async def write_reject(database: Database, document: Document) -> None:
    """Write a reject; the same again changes nothing, though its page was read meanwhile."""
    await database.rejects.update_one({"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True)


async def find_rejects(database: Database, wanted: Document, limit: int = 0) -> list[Document]:
    """Give the rejects whose fields equal those of `wanted`, newest first, without `raw`; 0: all."""
    found = database.rejects.find(wanted, {"raw": 0}).sort([("at", -1), ("_id", -1)]).limit(limit)
    return [reject async for reject in found]


async def rejected_urls(database: Database, run_id: str) -> set[str]:
    """Give the pages that a run rejected, wholly or in part."""
    return {
        reject["url"] async for reject in database.rejects.find({"run_id": run_id}, {"url": 1}) if reject["url"]
    }


async def mark_retried(database: Database, ids: list[str], run_id: str) -> int:
    """Note on rejects that a run read their pages again; give how many it is new to."""
    asked = {"_id": {"$in": ids}, "retried_by": None}
    return (await database.rejects.update_many(asked, {"$set": {"retried_by": run_id}})).modified_count


async def find_reject(database: Database, reject_id: str) -> Document | None:
    """Give one reject, whole."""
    return await database.rejects.find_one({"_id": reject_id})
