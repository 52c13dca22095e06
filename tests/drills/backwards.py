"""`python -m tests.drills.backwards crawl finews`: Scrapy on a machine whose clock is set back meanwhile.

By an hour, for good, when the crawl has looked at it so often that it is among its posts. What measures spans
(`time.monotonic`) goes on, as it does then.
"""

import datetime as dt
import sys
import time

LOOKS, STEP = 60, dt.timedelta(hours=-1)

_real, _now = dt.datetime, time.time
_looks = 0


class _AnyDatetime(type):
    """What other code made, such as BSON's decoder, is a datetime, too."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _real)


class SetBack(dt.datetime, metaclass=_AnyDatetime):
    """The class `datetime` of this process."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        """Give the time of the clock."""
        global _looks  # noqa: PLW0603 - there is one clock in a process
        _looks += 1
        return _real.fromtimestamp(clock(), tz)


def clock() -> float:
    """Give the seconds since 1970, by the clock that is set back."""
    return _now() + (STEP.total_seconds() if _looks > LOOKS else 0)


if __name__ == "__main__":
    dt.datetime = SetBack  # type: ignore[misc]  # before anybody imports it from there
    time.time = clock
    from scrapy.cmdline import execute

    execute(["scrapy", *sys.argv[1:]])
