"""Marks of posts that are gone, and the pages still to be looked for: with a real MongoDB, and by property."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.urls import MAX_URL
from store import queries, unlisted
from store.connection import Store
from store.readings import reading
from store.unlisted import Unlisted, after_alive, after_no_answer
from store.withdrawn import mark_withdrawn, withdrawn_at
from store.writer import Outcome, PostWriter
from tests.articles import NAME, article, minute

Place = tuple[str, str]


def with_writer(place: Place, scenario: Callable[[Store, PostWriter], Awaitable[None]]) -> None:
    async def opened() -> None:
        store = Store(*place, Path())
        await store.open()
        writer = PostWriter(store, "r2", "finews")
        writer.start()
        await scenario(store, writer)
        await writer.stop()
        await store.close()

    asyncio.run(opened())


# --- marks -------------------------------------------------------------------------------------------------


def test_a_mark_is_set_where_nothing_was_written_since_and_a_later_reading_takes_it_back(database: Place) -> None:
    async def scenario(store: Store, writer: PostWriter) -> None:
        posts = store.database.posts
        await writer.write(article("正文。", 0))
        before = await posts.find_one({"_id": NAME}) or {}
        assert not await mark_withdrawn(store.database, NAME, before["etag"] - 1, "r3", "finews")
        assert await posts.find_one({"_id": NAME}) == before
        began = datetime.now(UTC) - timedelta(milliseconds=1)
        assert await mark_withdrawn(store.database, NAME, before["etag"], "r3", "finews")
        marked = await posts.find_one({"_id": NAME}) or {}
        at = marked["withdrawn_at"]
        assert began <= at <= datetime.now(UTC)
        assert marked == before | {"withdrawn_at": at, "updated_at": at, "run_id": "r3", "etag": 2}
        assert await queries.known_posts(store.database, [marked["post_url"]]) == {marked["post_url"]: None}
        assert await queries.known_ids(store.database, [NAME]) == {NAME: None}

        assert await writer.write(article("正文。", 1)) == Outcome("unchanged", revised=False)
        assert await posts.find_one({"_id": NAME}) == marked
        # A new fact of the past is kept, and takes nothing back.
        assert await writer.write(article("正文。", 1, author="某人")) == Outcome("updated", revised=False)
        assert (await posts.find_one({"_id": NAME}) or {})["withdrawn_at"] == at
        later = article("正文。", author="某人", fetched_at=at + timedelta(milliseconds=1))
        assert await writer.write(later) == Outcome("updated", revised=False)
        back = await posts.find_one({"_id": NAME}) or {}
        assert (back["withdrawn_at"], back["etag"], back["revision"]) == (None, 4, 1)
        assert await writer.write(later) == Outcome("duplicate", revised=False)

    with_writer(database, scenario)


def test_a_source_on_disk_does_not_tell_that_a_post_is_there() -> None:
    stored = {"withdrawn_at": minute(5)}
    for form, at in (("source", minute(5)), ("source-rolling", minute(5)), ("list", None), ("origin", None)):
        assert withdrawn_at(stored, reading(article("正文。", 9, form=form))) == at
    assert withdrawn_at(None, reading(article("正文。", 9))) is None


@given(st.data())
def test_the_latest_evidence_counts_in_any_order_of_arrival(data: st.DataObject) -> None:
    """A mark is made at its own time, so every reading made before it may arrive late, and none after it early."""
    times = data.draw(st.lists(st.integers(0, 9), unique=True, min_size=1))
    events = [(at, data.draw(st.booleans())) for at in times]
    marks = [at for at, is_mark in events if is_mark]
    last_mark, last_seen = max(marks, default=None), max((at for at, is_mark in events if not is_mark), default=-1)
    expected = minute(last_mark) if last_mark is not None and last_mark > last_seen else None
    arrived: list[tuple[int, bool]] = []
    waiting = sorted(events)
    while waiting:
        # A reading may wait for any length of time; a mark, and what was read after it, cannot overtake it.
        until = next((place for place, event in enumerate(waiting) if event[1]), len(waiting) - 1)
        arrived.append(waiting.pop(data.draw(st.integers(0, until))))
    stored: dict[str, Any] = {"withdrawn_at": None}
    for at, is_mark in arrived:
        stored["withdrawn_at"] = (
            minute(at) if is_mark else withdrawn_at(stored, reading(article("正文。", fetched_at=minute(at))))
        )
    assert stored["withdrawn_at"] == expected


def test_a_mark_and_readings_at_once_end_in_the_same_whichever_wins(database: Place) -> None:
    async def race(store: Store, writer: PostWriter, name: str) -> None:
        await writer.write(article("正文。", 0, name=name))
        news = article("新正文。", name=name, fetched_at=datetime.now(UTC))
        writing = asyncio.ensure_future(writer.write(news))
        await asyncio.sleep(0)
        marked = await mark_withdrawn(store.database, name, 1, "r3", "finews")
        await writing
        post = await store.database.posts.find_one({"_id": name}) or {}
        assert post["text"] == "新正文。"
        # The reading is older than the mark: where the mark came first it stands, else it was refused.
        assert (post["withdrawn_at"] is not None) is marked
        assert post["etag"] == (3 if marked else 2)

    async def scenario(store: Store, writer: PostWriter) -> None:
        await asyncio.gather(*(race(store, writer, f"NW2022030122{number:08d}") for number in range(150)))

    with_writer(database, scenario)


# --- pages still to be looked for ---------------------------------------------------------------------------


def test_addresses_as_long_as_they_may_be_fit_into_a_question(database: Place) -> None:
    urls = [f"https://e.com/2022/03/01/{number:05d}".ljust(MAX_URL, "x") for number in range(4_300)]

    async def scenario(store: Store, _writer: PostWriter) -> None:
        assert await queries.known_posts(store.database, urls) == {}
        assert await queries.posts_at(store.database, urls) == {}
        await unlisted.forget(store.database, urls)

    with_writer(database, scenario)


def test_pages_wait_for_their_turn_until_they_are_forgotten(database: Place) -> None:
    a, b, c = (f"https://e.com/{name}" for name in "abc")

    async def scenario(store: Store, _writer: PostWriter) -> None:
        base = store.database
        await unlisted.add(base, [a, b], minute(0))
        await unlisted.add(base, [b, c], minute(5))
        await unlisted.add(base, [], minute(5))
        assert await unlisted.due(base, minute(4)) == [Unlisted(a, minute(0)), Unlisted(b, minute(0))]
        assert [row.url for row in await unlisted.due(base, minute(5))] == [c, a, b]
        await unlisted.ask_again(base, [c], minute(6), minute(6))
        await unlisted.ask_again(base, [a], minute(7), minute(60))
        assert await unlisted.due(base, minute(8)) == [Unlisted(b, minute(0)), Unlisted(c, minute(5), minute(6))]
        assert [row.url for row in await unlisted.due(base, minute(60))] == [b, c, a]
        await unlisted.forget(base, [a, b, "https://e.com/none"])
        assert [row.url for row in await unlisted.due(base, minute(60))] == [c]

    with_writer(database, scenario)


@pytest.mark.parametrize(
    ("missing", "pause"), [(timedelta(), 0), (timedelta(hours=7), 0), (timedelta(hours=8), 1), (timedelta(8), 24)]
)
def test_what_was_not_decided_is_asked_again_at_once_then_ever_more_rarely(missing: timedelta, pause: int) -> None:
    assert after_no_answer(minute(0) - missing, minute(0)) == minute(60 * pause)


def test_a_page_that_stays_is_asked_for_a_dozen_times_in_ten_years() -> None:
    since, archived_at = minute(0), minute(0) + timedelta(days=4)
    assert after_alive(since, minute(1), archived_at) == archived_at
    asked = [minute(0)]
    while asked[-1] < since + timedelta(days=3650):
        asked.append(after_alive(since, asked[-1], archived_at))
    assert len(asked) == 12
