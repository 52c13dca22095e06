"""What `scrapy replay` asks the collection `raw`: which pages stand behind which posts, and their bodies.

Gives fetches without their bodies, in the order in which they have to be read again; bodies are asked for when it
is their turn, so that memory stays flat.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from store.bulk import write_all
from store.raw import gave, unpacked
from store.readings import Document, Reading
from store.schema import Database

Wanted = dict[str, Any]
"""A query on one element of `raw.fetches`."""


def wanted_fetches(
    since: datetime | None, until: datetime | None, spider: str | None, host: str | None, reason: str | None
) -> Wanted:
    """Give the query for fetches of a span of time, a spider, a host, or rejected for a reason; None: any."""
    wanted: Wanted = {}
    span = {"$gte": since, "$lt": until}
    if since or until:
        wanted["at"] = {name: value for name, value in span.items() if value}
    if spider:
        wanted["spider"] = spider
    if host:
        wanted["url"] = {"$regex": rf"^https?://{host.replace('.', '[.]')}(:\d+)?(/|$)"}
    if reason:
        wanted["reason"] = reason
    return wanted


async def told(database: Database, wanted: Wanted, post: str | None = None) -> AsyncIterator[Document]:
    """Give each reading that was stored of wanted pages, post by post, oldest first.

    A page with one reading is a document: `_id` of the body, `fetch` with the one `gave`. Raises PyMongoError.
    """
    of_post = [{"$match": {"fetch.gave.post": post}}] if post else []
    async for found in await database.raw.aggregate(
        [
            {"$match": {"fetches.gave.post": post or {"$exists": True}}},
            *_fetches(wanted),
            {"$unwind": "$fetch.gave"},
            *of_post,
            {"$sort": {"fetch.gave.post": 1, "fetch.at": 1, "_id": 1}},
        ],
        allowDiskUse=True,
    ):
        yield found


async def unread(database: Database, wanted: Wanted) -> AsyncIterator[Document]:
    """Give each wanted page that was rejected, or something on it, oldest first: `_id` of the body, and `fetch`.

    Raises PyMongoError.
    """
    async for found in await database.raw.aggregate(
        [*_fetches({"reason": {"$ne": None}, **wanted}), {"$sort": {"fetch.at": 1, "_id": 1}}], allowDiskUse=True
    ):
        yield found


def _fetches(wanted: Wanted) -> list[Document]:
    return [
        {"$match": {"fetches": {"$elemMatch": wanted}} if wanted else {}},
        {"$project": {"fetch": "$fetches"}},
        {"$unwind": "$fetch"},
        {"$project": {"fetch.headers": 0}},
        {"$match": {f"fetch.{name}": value for name, value in wanted.items()}},
    ]


async def bodies(database: Database, ids: Iterable[str]) -> dict[str, bytes]:
    """Give bodies by hash, as they were fetched; one that has been removed meanwhile is not in it."""
    return {doc["_id"]: unpacked(doc) async for doc in database.raw.find({"_id": {"$in": list(ids)}}, {"body": 1})}


async def note_retold(database: Database, retold: Iterable[tuple[Document, Reading]]) -> None:
    """Note what pages, as `told` gives them, say now. Raises PyMongoError."""
    updates = []
    for page, read in retold:
        fetch = page["fetch"]
        filters: list[Mapping[str, Any]] = [
            {"fetch.run_id": fetch["run_id"], "fetch.at": fetch["at"]},
            {"gave.post": read.post, "gave.form": read.form},
        ]
        now = {"$set": {"fetches.$[fetch].gave.$[gave]": gave(read)}}
        updates.append(UpdateOne({"_id": page["_id"]}, now, array_filters=filters))
    await write_all(database.raw, updates)


async def note_read(database: Database, page: Document, reads: list[Reading], rejected: list[str]) -> None:
    """Note what was stored at last of a page, as `unread` gives it, and what of it still is not.

    Raises PyMongoError.
    """
    fetch = page["fetch"]
    left = {"reason": fetch["reason"] if rejected else None, "rejected": rejected}
    now = {
        "$push": {"fetches.$.gave": {"$each": [gave(read) for read in reads]}},
        "$set": {f"fetches.$.{name}": value for name, value in left.items()},
    }
    this = {"_id": page["_id"], "fetches": {"$elemMatch": {"run_id": fetch["run_id"], "at": fetch["at"]}}}
    await database.raw.update_one(this, now)
