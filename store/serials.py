"""Times of publication by serial number: the last resort for early rolling news, at the end of a run.

The site shows posts stamped without a zone 8 h late, so S and S - 8 h may be true. The digits after the day in an
article's code are a serial number of the whole of East Money. Measured on 46 real posts: the median time of the
5 nearest serials of the same day lies within 74 minutes of the truth, 7.5 as a rule; with fewer than 5 it errs.

From the posts of a database. Gives `published_from: serial` where exactly one of the two times is that near.
Leaves alone what it cannot tell: both bounds stay. Merging keeps a decision until a form knows better
(store/merge.py).
"""

import statistics
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from store.pending import CHANGED
from store.readings import Document, milliseconds
from store.schema import Database

NEIGHBOURS = 5
NEAR = timedelta(minutes=74)

_FIRST_DAY_WITH_ZONES = "NW20211210"
"""Rolling news of this id day and later all carry a zone."""


def decided(serial: int, possible: Sequence[datetime], exact: Sequence[tuple[int, datetime]]) -> datetime | None:
    """Give the one of the `possible` times of a post that agrees with its neighbours, or None.

    `exact`: serial and time of the posts of the same day whose time is known otherwise, in order of the serials.
    """
    place = bisect_left(exact, serial, key=lambda post: post[0])
    around = exact[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]
    nearest = sorted(around, key=lambda post: (abs(post[0] - serial), post[0]))[:NEIGHBOURS]
    if len(nearest) < NEIGHBOURS:
        return None
    median = statistics.median_low(at for _, at in nearest)
    agreeing = [at for at in possible if abs(at - median) <= NEAR]
    return agreeing[0] if len(agreeing) == 1 else None


async def decide_by_serial(database: Database, run_id: str, spider: str) -> int:
    """Decide what can be decided, in the name of a run; give how many posts were. Idempotent.

    A post that another process changes meanwhile is left to a later run. Raises PyMongoError.
    """
    undecided = await database.posts.find(
        {
            "_id": {"$gte": "NW", "$lt": _FIRST_DAY_WITH_ZONES},
            "published_at": None,
            "published_min": {"$ne": None},
            "forms.page-rolling": {"$exists": True},
        },
        {"published_min": 1, "published_max": 1, "etag": 1},
    ).to_list()
    by_day: dict[str, list[Document]] = {}
    for post in undecided:
        by_day.setdefault(_day(post["_id"]), []).append(post)
    count = 0
    for day, posts in by_day.items():
        exact = await _exact(database, day)
        for post in posts:
            at = decided(_serial(post["_id"]), (post["published_min"], post["published_max"]), exact)
            if at is not None:
                count += await _write(database, post, at, run_id, spider)
    return count


def _day(post: str) -> str:
    return post[:10]  # NW, year, month, day


def _serial(post: str) -> int:
    return int(post[10:])


async def _exact(database: Database, day: str) -> list[tuple[int, datetime]]:
    """Give serial and time of the posts of an id day whose time is known without their neighbours."""
    known = database.posts.find(
        {
            "_id": {"$gte": day, "$lt": f"{day}:"},  # the colon follows the digits
            "published_at": {"$ne": None},
            "published_from": {"$ne": "serial"},
        },
        {"published_at": 1},
    )
    return sorted([(_serial(post["_id"]), post["published_at"]) async for post in known])


async def _write(database: Database, post: Document, at: datetime, run_id: str, spider: str) -> int:
    decision = {"published_at": at, "published_min": at, "published_max": at, "published_from": "serial"}
    stamps = {"updated_at": milliseconds(datetime.now(UTC)), "run_id": run_id, "spider": spider}
    changes = {**decision, **stamps, "pending": CHANGED}
    written = await database.posts.update_one(
        {"_id": post["_id"], "etag": post["etag"]}, {"$set": changes, "$inc": {"etag": 1}}
    )
    return written.modified_count
