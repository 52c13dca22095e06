"""Securities and media: known by every name they are met with, in whatever order."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo.errors import OperationFailure

from crawler.items import Mark
from store.connection import Store
from store.names import MAX_NAMES, Mention, mentions, named, remember
from store.readings import reading
from tests.articles import article, minute

SECURITY = {"symbol": "601628.SH", "kind": "stock"}


def mention(name: str | None, at: datetime) -> Mention:
    return Mention("securities", "1.601628", SECURITY, name, at)


def after(*found: Mention) -> dict[str, Any]:
    document: dict[str, Any] | None = None
    for one in found:
        document = named(document, one)
    assert document is not None
    return document


def test_a_chart_has_no_name_until_a_mention_has() -> None:
    chart, named_later = mention(None, minute(0)), mention("中国人寿", minute(5))
    only_chart = {"_id": "1.601628", **SECURITY, "name": None, "named_at": None, "names": []}
    assert after(chart) == {**only_chart, "first_seen_at": minute(0)}
    known = {"name": "中国人寿", "named_at": minute(5), "names": ["中国人寿"], "first_seen_at": minute(0)}
    assert after(chart, named_later) == after(named_later, chart) == {"_id": "1.601628", **SECURITY, **known}


@given(
    st.lists(st.tuples(st.sampled_from(["甲", "乙", "*ST丙", None]), st.integers(0, 5)), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_any_order_gives_the_same(found: list[tuple[str | None, int]], order: Any) -> None:
    said = [mention(name, minute(at)) for name, at in found]
    shuffled = [*said, said[0]]
    order.shuffle(shuffled)
    document = after(*shuffled)
    assert document == after(*said)
    first = min(((at, name) for name, at in found if name), default=(None, None))
    assert document["name"] == first[1]
    assert document["names"] == sorted({name for name, _ in found if name})


def test_names_are_bounded_and_the_bound_knows_no_order() -> None:
    said = [mention(f"{number:03d}", minute(0)) for number in range(MAX_NAMES + 20)]
    assert (
        after(*said)["names"]
        == after(*reversed(said))["names"]
        == [f"{number:03d}" for number in range(MAX_NAMES)]
    )


def test_readings_name_their_securities_and_medium() -> None:
    marks = [Mark("1.601628", "", "chart"), Mark("1.601628", "中国人寿", "link"), Mark("999.X", "x" * 101, "link")]
    assert mentions(reading(article("正文。", 3, marks=marks))) == [
        Mention("securities", "1.601628", SECURITY, "中国人寿", minute(3)),
        Mention("securities", "999.X", {"symbol": None, "kind": "other"}, None, minute(3)),
        Mention("media", "shiliribao", {}, "示例日报", minute(3)),
    ]


def test_many_at_once_lose_no_name_and_what_is_known_is_not_written(database: tuple[str, str]) -> None:
    said = [mention(f"名{number}", minute(number % 7)) for number in range(24)]

    async def scenario() -> tuple[list[dict[str, Any]], int]:
        store = Store(*database, Path())
        base = await store.open()
        await asyncio.gather(*(remember(base, [one]) for one in said))
        await base.command("profile", 2)
        await remember(base, said)
        await base.command("profile", 0)
        writes = await base["system.profile"].count_documents({"op": {"$in": ["insert", "update"]}})
        found = await base.securities.find().to_list()
        await store.close()
        return found, writes

    assert asyncio.run(scenario()) == ([after(*said)], 0)


def test_a_name_that_mongodb_refuses_is_no_silent_loss(database: tuple[str, str]) -> None:
    async def scenario() -> None:
        store = Store(*database, Path())
        base = await store.open()
        with pytest.raises(OperationFailure, match="failed validation"):
            await remember(base, [Mention("securities", "1.1", {"symbol": 5, "kind": "stock"}, "甲", minute(0))])
        await store.close()

    asyncio.run(scenario())
