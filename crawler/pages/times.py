"""Times as upstream prints them: one reader for every way it does.

From a text or a number: `2022-02-07 11:51:03` (lists, GetNewsText), `2026/09/19 01:09:08` (articles' JSON),
`2026年08月27日 16:25` (article pages), `2026-10-01 00:37:09:681` (announcements), epoch seconds or milliseconds
(quotes). Gives aware UTC; what carries no zone is Beijing time, everywhere upstream.
Refuses anything else with ValueError.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from crawler.urls import NEWS_YEARS

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no daylight saving since 1991."""

_TO_THE_SECOND = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%Y-%m-%d %H:%M:%S:%f")
_TO_THE_MINUTE = ("%Y年%m月%d日 %H:%M", "%Y-%m-%d %H:%M")
# 10 digits are seconds from 2001 to 2286, 13 the same in milliseconds; fewer would be a price or a counter.
_EPOCH = re.compile(r"(?P<seconds>[1-9][0-9]{9})(?P<milliseconds>[0-9]{3})?")


def beijing(raw: str | int) -> datetime:
    """Read a time. Gives aware UTC, of the first second where only the minute is printed. Raises ValueError."""
    return printed(raw)[0]


def printed(raw: str | int) -> tuple[datetime, datetime]:
    """Read a time. Gives the first and the last second it may mean (aware UTC), equal but for bare minutes.

    Raises ValueError.
    """
    text = str(raw).strip()
    if epoch := _EPOCH.fullmatch(text):
        at = datetime.fromtimestamp(int(epoch["seconds"]), UTC)
        at += timedelta(milliseconds=int(epoch["milliseconds"] or 0))
        return at, at
    for layout in (*_TO_THE_SECOND, *_TO_THE_MINUTE):
        try:
            shown = datetime.strptime(text, layout).replace(tzinfo=BEIJING)
        except ValueError:
            continue
        if shown.year in NEWS_YEARS:
            at = shown.astimezone(UTC)
            return at, at + timedelta(seconds=0 if layout in _TO_THE_SECOND else 59)
    raise ValueError(f"not a time as upstream prints it: {text[:60]!r}")
