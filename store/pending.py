"""The field `pending` of a post: what is still to be done about its group (store/groups.py).

Whoever changes what groups depend on sets it in the same write, so that nothing is forgotten, whatever is killed;
whoever has done it clears it. Clearing compares `etag` and leaves it as it is: the post says nothing new.
"""

from collections.abc import Collection

from store.readings import Document
from store.schema import Database

CHANGED = "changed"
"""Its words, its time or its group changed; it is to be placed anew, and the posts after it told."""

RECHECK = "recheck"
"""A post before it changed; it is to be placed anew."""

RECOMPUTE = "recompute"
"""The same as `changed`, on an operator's order: `scrapy dedupe` takes these, crawls leave them alone."""

OF_CRAWLS = (CHANGED, RECHECK)
"""What every crawl does at its end."""

ALL = (CHANGED, RECHECK, RECOMPUTE)

GROUPED_BY = ("title", "text", "securities", "published_at", "published_min", "published_max")
"""What groups depend on: what is compared (pipelines/likeness), and the order of time."""


def pending_after(before: Document | None, document: Document) -> str | None:
    """Give `pending` of a document that replaces `before` (None: it is new)."""
    if before is None or any(before[name] != document[name] for name in GROUPED_BY):
        return CHANGED
    pending: str | None = before.get("pending", CHANGED)  # posts stored before there were groups have none
    return pending


async def recheck(database: Database, posts: Collection[str]) -> None:
    """Have posts placed anew. What is computed of them at this very moment is void: their `etag` moves."""
    if posts:
        # Constants alone in these expressions. A plain $set would turn `changed` into less.
        step = {"pending": {"$ifNull": ["$pending", RECHECK]}, "etag": {"$add": ["$etag", 1]}}
        await database.posts.update_many({"_id": {"$in": list(posts)}}, [{"$set": step}])


async def raise_to_changed(database: Database, post: Document) -> None:
    """Have a post fingerprinted anew as well, and those after it told; nothing if it was written since."""
    await database.posts.update_one({"_id": post["_id"], "etag": post["etag"]}, {"$set": {"pending": CHANGED}})


async def clear(database: Database, post: Document) -> bool:
    """Say that nothing is pending on a post any more, unless it was written since it was read."""
    done = await database.posts.update_one({"_id": post["_id"], "etag": post["etag"]}, {"$set": {"pending": None}})
    return done.matched_count == 1
