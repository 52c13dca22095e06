"""Having groups computed anew on an operator's order: `scrapy dedupe`.

Every post to be done is marked first (`pending: recompute`), so that what is left stands in the store and whoever
is killed is gone on from. Crawls leave these marks alone. From a window of time, or none. Raises PyMongoError.
"""

from datetime import datetime

import pymongo

from store.pending import RECHECK, RECOMPUTE
from store.prepare import BUILD_SECONDS
from store.readings import Document
from store.schema import Database

IDS_AT_ONCE = 10_000
"""Posts named in one update: a command is a document of 16 MB at most."""


async def mark(database: Database, since: datetime | None = None, until: datetime | None = None) -> int:
    """Mark the posts that may have been published from `since` on and before `until`; give how many."""
    wanted: Document = {}
    if since:
        wanted["published_max"] = {"$gte": since}
    if until:
        wanted["published_min"] = {"$lt": until}
    with pymongo.timeout(BUILD_SECONDS):  # a million posts take a minute
        return await _mark(database, wanted)


async def mark_outdated(database: Database, version: str) -> int:
    """Mark the posts whose fingerprints are by other rules than these; give how many."""
    count, last = 0, ""
    while True:
        old = database.fingerprints.find({"_id": {"$gt": last}, "version": {"$ne": version}}, {"_id": 1})
        posts = [found["_id"] async for found in old.sort("_id").limit(IDS_AT_ONCE)]
        if not posts:
            return count
        count += await _mark(database, {"_id": {"$in": posts}})
        last = posts[-1]


async def _mark(database: Database, wanted: Document) -> int:
    # What has to be done for other reasons, and at once, stays what it is. (Null finds posts without the field.)
    found = {**wanted, "pending": {"$in": [None, RECHECK]}}
    marked = await database.posts.update_many(found, {"$set": {"pending": RECOMPUTE}, "$inc": {"etag": 1}})
    return marked.modified_count


async def unfinished(database: Database, arguments: dict[str, str]) -> bool:
    """Tell whether the last order with these arguments had marked all it was to do, and has not done it.

    One without arguments marks what is outdated, which tells itself.
    """
    if not arguments:
        return False
    last = await database.runs.find_one({"spider": "dedupe", "arguments": arguments}, sort=[("started_at", -1)])
    return last is not None and not last["ok"] and "marked" in last["counts"]
