"""The outage budget: waited out while it lasts, spent once however many wait, and final."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from pymongo.errors import AutoReconnect, CursorNotFound, OperationFailure, PyMongoError, WriteError

from store import outage
from store.outage import MongoUnavailableError, Outage


class Clock:
    """Time that passes only where MongoDB is tried."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    ticking = Clock()
    monkeypatch.setattr(outage, "time", ticking)
    monkeypatch.setattr(outage, "_RETRY_SECONDS", 0)
    return ticking


def failing(clock: Clock, times: int, error: PyMongoError, seconds: float = 1.0) -> Callable[[], Awaitable[str]]:
    """Give work that fails so many times, each after so many seconds, and is done then."""
    left = iter(range(times))

    async def work() -> str:
        if next(left, None) is None:
            return "done"
        await asyncio.sleep(0)  # others try meanwhile
        clock.now += seconds
        raise error

    return work


GONE = AutoReconnect("db1: refused (configured timeouts: connectTimeoutMS: 5000.0ms), Timeout: 5s")


def test_outages_are_waited_out_until_all_together_last_too_long(clock: Clock) -> None:
    async def scenario() -> None:
        budget = Outage(10)
        for _ in range(3):
            assert await budget.through(failing(clock, 3, GONE)) == "done"
            clock.now += 100  # it is well for a while
        with pytest.raises(MongoUnavailableError, match=r"^MongoDB, after 11 s of outages: db1: refused$"):
            await budget.through(failing(clock, 2, GONE))
        assert budget.away == "MongoDB, after 11 s of outages: db1: refused"
        untouched = failing(clock, 0, GONE)
        with pytest.raises(MongoUnavailableError, match="db1: refused"):
            await budget.through(untouched)

    asyncio.run(scenario())


def test_time_in_which_many_wait_counts_once(clock: Clock) -> None:
    async def scenario() -> None:
        budget = Outage(30)
        works = [failing(clock, 5, GONE, 0.4) for _ in range(10)]  # 20 s for all
        assert await asyncio.gather(*map(budget.through, works)) == ["done"] * 10
        assert await budget.through(failing(clock, 9, GONE)) == "done"
        assert budget.away is None

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "error", [OperationFailure("not authorized", 13), OperationFailure("no such command", 59)]
)
def test_what_no_waiting_mends_ends_it_at_once(clock: Clock, error: PyMongoError) -> None:
    async def scenario() -> None:
        budget = Outage(1000)
        with pytest.raises(MongoUnavailableError):
            await budget.through(failing(clock, 1, error))
        assert budget.away

    asyncio.run(scenario())


def test_a_question_that_a_restart_broke_off_is_asked_again(clock: Clock) -> None:
    async def scenario() -> None:
        budget = Outage(10)
        for error in (CursorNotFound("cursor id 7 not found", 43), OperationFailure("interrupted", 11601)):
            assert await budget.through(failing(clock, 1, error)) == "done"
        assert budget.away is None

    asyncio.run(scenario())


def test_a_document_that_is_refused_says_nothing_about_the_server(clock: Clock) -> None:
    async def scenario() -> None:
        budget = Outage(1000)
        with pytest.raises(WriteError):
            await budget.through(failing(clock, 1, WriteError("Document failed validation", 121)))
        assert budget.away is None
        assert await budget.through(failing(clock, 2, WriteError("no space", 14031))) == "done"

    asyncio.run(scenario())
