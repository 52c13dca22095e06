"""Which day, month or year a word of a text means, given when the text was published.

@2021-12-8 -> 2021-12-8    @-12-8 -> 2021-12-8    @昨日 -> 2021-12-7    @周3 -> 2021-12-8    @今年 -> 2021--
"""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from pipelines.published import BEIJING

_TOLD = re.compile(r"@(\d*)-(\d*)-(\d*)")
_DAYS = {"@今日": 0, "@昨日": -1, "@前日": -2, "@明日": 1}
_MONTHS = {"@本月": 0, "@上月": -1, "@下月": 1}
_YEARS = {"@今年": 0, "@去年": -1, "@前年": -2, "@明年": 1}
_RELATIVE = {**_DAYS, **_MONTHS, **_YEARS}
_WEEKDAY = "@周"


class Day(NamedTuple):
    """What is known of a day."""

    year: int | None
    month: int | None
    day: int | None


UNKNOWN = Day(None, None, None)


def day(word: str, at: datetime | None) -> Day | None:
    """Give what a word says of a day; None for a word that is no day. `at`: aware, when the text was published.

    Without `at`, 今日 says nothing and 8日 has no month.
    """
    if told := _TOLD.fullmatch(word):
        year, month, number = (int(part) if part else None for part in told.groups())
        return Day(year, month, number)
    if at is None:
        return UNKNOWN if word in _RELATIVE or word.startswith(_WEEKDAY) else None
    here = at.astimezone(BEIJING)
    if word.startswith(_WEEKDAY):
        return _shifted(here, days=-((here.weekday() - "123456日".index(word[-1])) % 7))
    if word in _YEARS:
        return Day(here.year + _YEARS[word], None, None)
    if word in _MONTHS:
        year, month = divmod(here.year * 12 + here.month - 1 + _MONTHS[word], 12)
        return Day(year, month + 1, None)
    return _shifted(here, days=_DAYS[word]) if word in _DAYS else None


def _shifted(here: datetime, days: int) -> Day:
    meant = here + timedelta(days=days)
    return Day(meant.year, meant.month, meant.day)


def may_be_one(one: Day, other: Day) -> bool:
    """Tell whether two days may be one: nothing that both say differs."""
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))
