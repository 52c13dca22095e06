"""The collection `fingerprints`: by which posts that may tell the same news are found, whoever stored them.

A fingerprint is what a comparison (store/groups.py) makes of a post's words and time. Two posts are candidates if
they have a key in common, lie near in time, and were fingerprinted by the same rules. There is no cap on
candidates: with one, groups would depend on the order in which posts arrive.
"""

from datetime import timedelta

from pymongo import ReplaceOne
from pymongo.errors import OperationFailure

from store.bulk import DUPLICATE_KEY, write_all
from store.readings import Document
from store.schema import Database

WIDEST = timedelta(days=2)
"""No bounds of a time lie further apart: 8 hours where a zone is in doubt, a day where only a day is known."""


async def keep(database: Database, known: Document | None, fingerprint: Document) -> bool:
    """Store a fingerprint in place of the `known` one (None: there was none), read before the post was.

    False if another process was faster: what it knew of the post may be older, or newer. Raises PyMongoError.
    """
    etag = known["etag"] if known else 0
    document = {**fingerprint, "etag": etag + 1}
    replace = ReplaceOne({"_id": document["_id"], "etag": etag}, document, upsert=True)
    failed = await write_all(database.fingerprints, [replace])
    for problem in failed.values():
        if problem["code"] != DUPLICATE_KEY:
            raise OperationFailure(problem["errmsg"], problem["code"])
    return not failed


async def candidates(database: Database, fingerprint: Document, days: int) -> list[str]:
    """Give the posts whose fingerprints say that they may tell the same news as that of this one. Unordered."""
    if fingerprint["earliest"] is None or not fingerprint["keys"]:
        return []
    first, last = fingerprint["earliest"] - timedelta(days=days), fingerprint["latest"] + timedelta(days=days)
    alike = database.fingerprints.find(
        {
            "keys": {"$in": fingerprint["keys"]},
            "earliest": {"$gte": first - WIDEST, "$lte": last},
            "latest": {"$gte": first},
            "version": fingerprint["version"],
        },
        {"_id": 1},
    )
    return [found["_id"] async for found in alike if found["_id"] != fingerprint["_id"]]


async def outdated(database: Database, version: str) -> bool:
    """Tell whether there are fingerprints by other rules."""
    return any(known != version for known in await database.fingerprints.distinct("version"))
