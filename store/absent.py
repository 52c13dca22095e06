"""What upstream says it does not have: asked for once, not in every run.

A linked article that upstream has withdrawn, or a flash that never had a page, would stay `missing` for ever.
"""

from datetime import UTC, datetime

from store.readings import milliseconds
from store.schema import Database


async def mark_absent(database: Database, post: str, form: str, run_id: str, spider: str) -> bool:
    """Move a form of a post from `missing` to `absent`; tell whether it was missing. Raises PyMongoError.

    A post that is not stored yet is left alone: the next run asks again.
    """
    stamps = {"updated_at": milliseconds(datetime.now(UTC)), "run_id": run_id, "spider": spider}
    written = await database.posts.update_one(
        {"_id": post, "missing": form},
        {"$pull": {"missing": form}, "$addToSet": {"absent": form}, "$set": stamps, "$inc": {"etag": 1}},
    )
    return written.modified_count == 1
