"""Pages of posts that left the site's listings, until it is known where they went: the collection `unlisted`.

A row is written before the listing that lacks the page is remembered, so no kill loses one. The spider asks for
the pages of rows that are due, and forgets those that are listed again, have moved to the archive, or are gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import InsertOne
from pymongo.errors import OperationFailure

from store.bulk import DUPLICATE_KEY, write_all
from store.queries import URLS_AT_ONCE
from store.readings import milliseconds
from store.schema import Database

AT_ONCE = 10_000
"""Rows that a run takes into memory at most, 2 MB; the rest wait for later runs."""

_SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A page that left the listings."""

    url: str
    """As last listed."""

    since: datetime
    """When a listing that had named it was first read without it."""

    asked_at: datetime | None = None
    """When it was last looked for. None: never."""


async def add(database: Database, urls: Iterable[str], since: datetime) -> None:
    """Note pages that a listing names no longer; those noted before stay as they are. Raises PyMongoError."""
    since = milliseconds(since)
    rows = [{"_id": url, "since": since, "asked_at": None, "next_at": since} for url in urls]
    failed = await write_all(database.unlisted, [InsertOne(row) for row in rows])
    for problem in failed.values():
        if problem["code"] != DUPLICATE_KEY:
            raise OperationFailure(problem["errmsg"], problem["code"])


async def due(database: Database, now: datetime) -> list[Unlisted]:
    """Give the pages to look for: those never looked for first, then those whose turn is longest ago."""
    rows = database.unlisted.find({"next_at": {"$lte": now}}).sort([("asked_at", 1), ("since", -1)]).limit(AT_ONCE)
    return [Unlisted(row["_id"], row["since"], row["asked_at"]) async for row in rows]


async def ask_again(database: Database, urls: Iterable[str], now: datetime, next_at: datetime) -> None:
    """Note that pages were looked for now, and are to be looked for again at `next_at`. Raises PyMongoError."""
    stamps = {"asked_at": milliseconds(now), "next_at": milliseconds(next_at)}
    await database.unlisted.update_many({"_id": {"$in": list(urls)}}, {"$set": stamps})


async def forget(database: Database, urls: Iterable[str]) -> None:
    """Drop pages of which it is known where they went. Raises PyMongoError."""
    listed = list(urls)
    for start in range(0, len(listed), URLS_AT_ONCE):
        await database.unlisted.delete_many({"_id": {"$in": listed[start : start + URLS_AT_ONCE]}})


def after_no_answer(since: datetime, now: datetime) -> datetime:
    """Give when to ask again where nothing was decided: at once in the first hours, then ever more rarely.

    An eighth of the time that it has been missing; a host that is down for months is not asked in every run.
    """
    pause = (now - since) / 8
    return now if pause < _SOON else now + pause


def after_alive(since: datetime, now: datetime, archived_at: datetime) -> datetime:
    """Give when to ask again for a page that is where it was, though not listed, or that is nowhere.

    Once the site has had the time to archive it (`archived_at`), then after as long again as it has been missing:
    a page that stays for years is asked for a dozen times.
    """
    return max(archived_at, now + max(timedelta(days=1), now - since))
