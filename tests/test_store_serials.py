"""Times by serial number: decided where five neighbours agree, kept until a form knows better, else left alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from crawler.items import Post
from pipelines.normalise import normalised
from store import serials
from store.connection import Store
from store.serials import NEAR, decide_by_serial, decided
from store.writer import PostWriter
from tests.articles import article

DAY = datetime(2021, 12, 8, tzinfo=UTC)
LATER = datetime(2022, 3, 1, tzinfo=UTC)
"""When all posts here are read: no time of theirs lies in the future then."""


def utc(clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes)


# --- the decision ------------------------------------------------------------------------------------------

EXACT = [
    (serial, utc(clock))
    for serial, clock in ((10, "2:00"), (20, "2:10"), (30, "2:30"), (40, "3:00"), (50, "3:10"))
]
"""Median 2:30."""


@pytest.mark.parametrize(
    ("possible", "at"),
    [
        (("2:46", "10:46"), "2:46"),  # S - 8 h
        (("-6:00", "2:00"), "2:00"),  # S
        (("3:44", "11:44"), "3:44"),  # 74 minutes away
        (("3:45", "11:45"), None),
        (("-5:15", "1:16"), "1:16"),
        (("-5:15", "1:15"), None),
        (("6:00", "14:00"), None),  # neither
        (("2:00", "3:00"), None),  # both, as no two candidates of a real post are
    ],
)
def test_the_one_time_near_the_median_is_taken(possible: tuple[str, str], at: str | None) -> None:
    bounds = [utc(clock) for clock in possible]
    assert decided(33, bounds, EXACT) == (utc(at) if at else None)


def test_fewer_than_five_neighbours_decide_nothing() -> None:
    assert decided(33, [utc("2:46"), utc("10:46")], EXACT[:4]) is None
    assert decided(33, [utc("2:46"), utc("10:46")], []) is None


def test_only_the_nearest_five_count() -> None:
    far = [(serial, utc("20:00")) for serial in (100, 101, 102, 103, 104, 105)]
    assert decided(33, [utc("2:46"), utc("10:46")], EXACT + far) == utc("2:46")
    assert decided(103, [utc("12:00"), utc("20:00")], EXACT + far) == utc("20:00")
    assert decided(1, [utc("2:46"), utc("10:46")], EXACT + far) == utc("2:46")


def test_the_limit_is_the_measured_one() -> None:
    assert timedelta(minutes=74) == NEAR


# --- the posts ---------------------------------------------------------------------------------------------


def post(serial: int, printed: str, day: str = "20211208", prefix: str = "", **fields: Any) -> Post:
    """Give an early post of the rolling news (with the prefix NW: of a medium, whose time is exact)."""
    name = f"{prefix}{day}22{serial:08d}"
    return article("正文。", name=name, published_raw=printed, fetched_at=LATER, **fields)


NEIGHBOURS = [post(serial, f"2021-12-08 10:{serial}:00", prefix="NW") for serial in (10, 20, 30, 40, 50)]
UNDECIDED = "NW202112082200000033"


def run(place: tuple[str, str], *steps: list[Post] | None) -> list[int]:
    """Write posts, or, at None, decide; give how many each decision decided."""

    async def scenario() -> list[int]:
        store = Store(*place, Path())
        base = await store.open()
        counts = []
        for number, step in enumerate(steps):
            if step is None:
                counts.append(await decide_by_serial(base, f"run {number}", "finews"))
            else:
                await write(store, step, f"run {number}")
        await store.close()
        return counts

    return asyncio.run(scenario())


async def write(store: Store, posts: list[Post], run_id: str) -> None:
    writer = PostWriter(store, run_id, "finews")
    writer.start()
    await asyncio.gather(*(writer.write(one) for one in posts))
    await writer.stop()


def stored(place: tuple[str, str], post_id: str = UNDECIDED) -> dict[str, Any]:
    uri, name = place
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        document = client[name].posts.find_one({"_id": post_id})
        assert document
        return document


def times(document: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(document[f"published_{what}"] for what in ("at", "min", "max", "from", "raw"))


def test_a_run_decides_what_its_neighbours_tell_once(database: tuple[str, str]) -> None:
    undecided = post(33, "2021-12-08 18:46:00")
    run(database, NEIGHBOURS, [undecided])
    before = stored(database)
    assert times(before) == (None, utc("2:46"), utc("10:46"), "page", "2021-12-08 18:46:00")
    assert run(database, None, None) == [1, 0]
    after = stored(database)
    assert times(after) == (utc("2:46"), utc("2:46"), utc("2:46"), "serial", "2021-12-08 18:46:00")
    assert (after["etag"], after["run_id"], after["first_run_id"]) == (before["etag"] + 1, "run 0", "run 1")
    assert after["updated_at"] >= before["updated_at"]
    changed = {name for name in after if after[name] != before[name]} - {"updated_at"}
    assert changed == {"published_at", "published_max", "published_from", "run_id", "etag"}  # min was right


def test_a_decision_outlives_readings_and_yields_to_knowledge(database: tuple[str, str]) -> None:
    undecided, reworded = post(33, "2021-12-08 18:46:00"), post(33, "2021-12-08 18:46:00", title="新标题")
    reworded.fetched_at = LATER + timedelta(days=1)
    exact = post(33, "2021-12-08 10:47:00", form="list")
    exact.fetched_at = LATER + timedelta(days=2)
    assert run(database, NEIGHBOURS, [undecided], None, [undecided]) == [1]
    decision = stored(database)
    assert run(database, [undecided], None) == [0]
    assert stored(database) == decision
    run(database, [reworded])
    assert (stored(database)["title"], stored(database)["published_from"]) == ("新标题", "serial")
    run(database, [exact])
    assert times(stored(database))[:4] == (utc("2:47"), utc("2:47"), utc("2:47"), "list")


def test_what_cannot_be_told_stays_as_it_is(database: tuple[str, str]) -> None:
    other_day = [post(serial, "2021-12-07 18:00:00", "20211207") for serial in range(10)]
    by_serial = [post(serial, "2021-12-08 18:46:00") for serial in (31, 33, 35)]
    far_off = post(90, "2021-12-08 23:46:00")
    zoned = post(33, "2021-12-10 18:46:00", "20211210")
    nothing_printed = post(34, "2021-12-08 18:46:00")
    nothing_printed.published_raw = nothing_printed.published_from = None
    nothing_printed.published_min = nothing_printed.published_max = None
    run(database, [*NEIGHBOURS[:4], *other_day, *by_serial, far_off, zoned, nothing_printed])
    assert run(database, None) == [0], "four neighbours are too few, and undecided ones are none"
    assert run(database, NEIGHBOURS[4:], None) == [3]
    assert times(stored(database, "NW202112082200000090")) == (
        None,
        utc("7:46"),
        utc("15:46"),
        "page",
        "2021-12-08 23:46:00",
    )
    assert times(stored(database, "NW202112082200000034")) == (None,) * 5
    assert times(stored(database, "NW202112072200000003"))[0] is None
    assert times(stored(database, "NW202112102200000033"))[3] == "page"


def test_only_early_rolling_news_is_decided(database: tuple[str, str]) -> None:
    # Read before both of their possible times, by a clock that was slow: nothing is known of these two either.
    of_a_medium = post(33, "2021-12-08 18:46:00", prefix="NW")
    of_a_later_day = post(33, "2021-12-10 18:46:00", "20211210")
    slow = DAY - timedelta(days=1)
    neighbours = [post(serial, f"2021-12-10 10:{serial}:00", "20211210") for serial in (10, 20, 30, 40, 50)]
    for one in (of_a_medium, of_a_later_day):
        one.fetched_at = slow
        normalised(one)
        assert one.published_at is None
    assert run(database, [*NEIGHBOURS, *neighbours, of_a_medium, of_a_later_day], None) == [0]


def test_decided_posts_are_no_neighbours(database: tuple[str, str]) -> None:
    close = [post(serial, "2021-12-08 18:46:00") for serial in (31, 33, 35, 37, 39)]
    apart = post(34, "2021-12-08 20:00:00")  # near the decided ones' time, not near the neighbours'
    assert run(database, [*NEIGHBOURS, *close], None, [apart], None) == [5, 0]


def test_a_post_changed_meanwhile_is_left_to_a_later_run(database: tuple[str, str]) -> None:
    async def scenario() -> None:
        store = Store(*database, Path())
        base = await store.open()
        await write(store, [post(33, "2021-12-08 18:46:00")], "one")
        read = await base.posts.find_one({"_id": UNDECIDED})
        assert read
        await write(store, [post(33, "2021-12-08 18:46:00", title="新标题")], "two")
        there = await base.posts.find_one({"_id": UNDECIDED})
        assert await serials._write(base, read, utc("2:46"), "three", "finews") == 0
        assert await base.posts.find_one({"_id": UNDECIDED}) == there
        await store.close()

    asyncio.run(scenario())
