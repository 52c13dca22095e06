"""When a post was published, as far as it can be known: pure functions for the normalise stage.

The site shows posts stamped without a zone eight hours late, and nothing on a page tells them apart: both the
printed time S and S - 8 h may be true. Two facts can decide: no post is from the future of its reading, and
none was published before 00:00 Beijing of the day its id was created. Undecided is None with both as bounds.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from crawler.urls import NEWS_YEARS

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no daylight saving since 1991, before any of these posts."""

LAST_ZONELESS_DAY = date(2021, 12, 9)
"""Rolling news of later id days all carry a zone (facts: the site's history)."""

_LATE = timedelta(hours=8)
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Published:
    """A time of publication, or its bounds. Aware UTC."""

    at: datetime | None
    min: datetime | None
    max: datetime | None
    source: str | None


UNKNOWN = Published(None, None, None, None)


def beijing_time(raw: str) -> datetime:
    """Read `YYYY-MM-DD HH:MM:SS` as Beijing time, give UTC. Raises ValueError for anything else."""
    shown = datetime.strptime(raw, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    if shown.year not in NEWS_YEARS:
        raise ValueError(f"no year of news: {shown.year}")
    return shown.astimezone(UTC)


def exact(at: datetime, source: str) -> Published:
    """Give a time that is known exactly."""
    return Published(at, at, at, source)


def first_day(shown: datetime) -> date:
    """Give the earliest day (Beijing) that a time shown by the site may lie on."""
    return (shown - _LATE).astimezone(BEIJING).date()


def shown_on_page(shown: datetime, fetched_at: datetime, created: date | None, *, zoneless: bool) -> Published:
    """Decide what a time shown by the site means.

    `zoneless`: the post is of a kind and age that may lack a zone. `created`: the day of its id (Beijing),
    a lower bound. All times aware UTC.
    """
    latest = fetched_at + _CLOCK_SKEW
    if not zoneless and shown <= latest:
        return exact(shown, "page")
    earliest = datetime(created.year, created.month, created.day, tzinfo=BEIJING) if created else None
    possible = [at for at in (shown - _LATE, shown) if at <= latest and (earliest is None or at >= earliest)]
    if len(possible) == 1:
        return exact(possible[0], "page" if possible[0] == shown else "page-8h")
    return Published(None, shown - _LATE, shown, "page")
