"""Posts that are gone: `withdrawn_at`, set by a check, taken back by the next reading (store/posts.py).

A check sets it only where the post is still as it was when the check began (`etag`), so a reading that says
something new meanwhile wins. A reading made after `withdrawn_at` takes it back, whenever it arrives and whether or
not it says anything new; one made before does not. So the outcome is that of the latest evidence, in any order of
arrival. Limit: a reading between the check and the mark that says nothing new is not written, as any such reading;
the post is read again when a listing shows it.
"""

from datetime import UTC, datetime

from store.readings import Document, Reading, milliseconds
from store.schema import Database


async def mark_withdrawn(database: Database, post: str, etag: int, run_id: str, spider: str) -> bool:
    """Mark a post as gone, if nothing was written since `etag`; say whether that is new. Raises PyMongoError."""
    now = milliseconds(datetime.now(UTC))
    stamps = {"withdrawn_at": now, "updated_at": now, "run_id": run_id, "spider": spider}
    as_it_was = {"_id": post, "etag": etag, "withdrawn_at": None}
    written = await database.posts.update_one(as_it_was, {"$set": stamps, "$inc": {"etag": 1}})
    return written.modified_count == 1


def withdrawn_at(stored: Document | None, read: Reading) -> datetime | None:
    """Give since when a post is gone, after one more reading (`stored` None: a new post).

    A source on somebody's disk does not tell that the post is still there; every other form does.
    """
    at: datetime | None = stored["withdrawn_at"] if stored else None
    seen = at is not None and read.at > at and not read.form.startswith("source")
    return None if seen else at
