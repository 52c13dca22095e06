"""The last stage: what of an answer is believed, row by row, and what becomes of the rest."""

import asyncio
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from bson import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Bar, Body, Prices, Quote
from pipelines import InvalidQuoteError
from pipelines.quotes import QuotesPipeline, bar_document, mention, quote_document
from store import connection
from store.connection import MongoUnavailableError, Store
from store.rejects import Rejects
from store.schema import BARS, QUOTES

AT = datetime(2022, 5, 31, 7, tzinfo=UTC)
DAY = date(2022, 5, 31)
READ = {"read_at": AT, "run_id": "run"}


def bar(**more: Any) -> Bar:
    known = {one.name: None for one in fields(Bar)}
    return Bar(**{**known, "secid": "1.600519", "day": DAY, "close": 1.5, **more})


# --- documents ---------------------------------------------------------------------------------------------


def test_a_quote_is_named_by_its_security_and_its_own_time() -> None:
    found = quote_document(Quote("116.00700", "腾讯控股", AT, last=456.8, volume=3))
    assert (found["_id"], found["at"]) == ("116.00700@2022-05-31T07:00:00Z", AT)
    assert (found["symbol"], found["last"], found["volume"], found["pe"]) == ("00700.HK", 456.8, 3, None)
    assert {*found, *READ} == {one.name for one in QUOTES.fields}
    precise = quote_document(Quote("999.X", None, AT + timedelta(microseconds=123_999)))
    assert (precise["_id"], precise["symbol"]) == ("999.X@2022-05-31T07:00:00.123Z", None)


def test_a_bar_is_named_by_its_security_and_its_day() -> None:
    found = bar_document(bar())
    assert (found["_id"], found["day"], found["symbol"], found["close"]) == (
        "1.600519/2022-05-31",
        "2022-05-31",
        "600519.SH",
        1.5,
    )
    assert {*found, *READ} == {one.name for one in BARS.fields}


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": None},
        {"last": float("nan")},
        {"change": float("-inf")},
        {"market_cap": float("inf")},
        {"volume": -1},
        {"volume": 2**63},
        {"status": -1},
    ],
)
def test_what_cannot_be_believed_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(InvalidQuoteError, match=f"^{name}: "):
        quote_document(Quote(**{"secid": "1.600519", "name": "贵州茅台", "at": AT, **wrong}))


def test_prices_below_zero_are_prices() -> None:
    assert quote_document(Quote("102.CL00Y", "原油", AT, last=-37.63))["last"] == -37.63
    assert bar_document(bar(low=-40.32))["low"] == -40.32
    with pytest.raises(InvalidQuoteError, match=r"^volume: '-5'"):
        bar_document(bar(volume=-5))


FLOATS = {one.name: st.none() | st.floats() for one in QUOTES.fields if "double" in one.types}
PLACES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5))])
TIMES = st.none() | st.datetimes(min_value=datetime(1992, 1, 1), timezones=PLACES)  # noqa: DTZ001 - `timezones` adds it


@given(st.none() | st.text(), TIMES, st.none() | st.integers(), st.fixed_dictionaries(FLOATS))
def test_any_quote_is_a_document_that_bson_holds_or_is_refused(
    name: str | None, at: datetime | None, volume: int | None, numbers: dict[str, float | None]
) -> None:
    quote = Quote("1.600519", name, at, volume=volume, **numbers)
    with suppress(InvalidQuoteError):
        found = quote_document(quote)
        kept = decode(encode(found))
        assert {one: kept[one] for one in numbers} == numbers
        assert found["_id"].endswith("Z")
        assert at is not None
        assert abs(found["at"] - at) < timedelta(milliseconds=1)
    assert encode({"name": mention(quote, Prices("u", AT)).name})


# --- the stage ---------------------------------------------------------------------------------------------


@dataclass
class Stats:
    """Counts."""

    counts: Counter[str] = field(default_factory=Counter)

    def inc_value(self, name: str, number: int) -> None:
        self.counts[name] += number


@dataclass
class Engine:
    """Hears how the run is to end."""

    reasons: list[str] = field(default_factory=list)

    async def close_spider_async(self, *, reason: str) -> None:
        self.reasons.append(reason)


@dataclass
class Spider:
    """What the stage needs of a spider."""

    store: Store
    rejects: Rejects
    run_id: str = "run"


@dataclass
class Crawler:
    """What the stage needs of a crawler."""

    spider: Spider
    stats: Stats = field(default_factory=Stats)
    engine: Engine = field(default_factory=Engine)


def crawler_of(place: tuple[str, str]) -> Crawler:
    store = Store(*place, Path())
    return Crawler(Spider(store, Rejects(store, "run", "quotes")))


def test_one_bad_row_is_rejected_and_its_neighbours_are_stored(database: tuple[str, str]) -> None:
    async def scenario() -> None:
        crawler = crawler_of(database)
        base = await crawler.spider.store.open()
        stage = QuotesPipeline(crawler)  # type: ignore[arg-type]
        quotes = [
            Quote("1.600519", "贵州茅台", AT, last=1806.66),
            Quote("1.600036", "招商银行", None, last=48.7),
            Quote("1.601318", "中国平安", AT, last=5),  # an integer, which the validator refuses
        ]
        prices = Prices("https://push2.example/", AT, quotes, [bar(), bar(secid="1.600036", high=float("nan"))])
        assert await stage.process_item(prices) is prices
        other = Body("a", "b")
        assert await stage.process_item(other) is other
        assert crawler.stats.counts == {
            "prices/quotes": 3,
            "prices/quotes_inserted": 1,
            "prices/quotes_updated": 0,
            "prices/quotes_unchanged": 0,
            "prices/quotes_rejected": 2,
            "prices/bars": 2,
            "prices/bars_inserted": 1,
            "prices/bars_updated": 0,
            "prices/bars_unchanged": 0,
            "prices/bars_rejected": 1,
        }
        assert [doc["secid"] async for doc in base.quotes.find()] == ["1.600519"]
        assert [doc["_id"] async for doc in base.bars.find()] == ["1.600519/2022-05-31"]
        rejected = [doc async for doc in base.rejects.find().sort("_id")]
        assert [(doc["reason"], doc["detail"]) for doc in rejected if doc["reason"] == "InvalidQuoteError"] == [
            ("InvalidQuoteError", "at: 'None'"),
            ("InvalidQuoteError", "high: 'nan'"),
        ]
        (refused,) = [doc for doc in rejected if doc["reason"] == "StoreRefusedError"]
        assert json.loads(refused["raw"])["secid"] == "1.601318"
        assert {doc["stage"] for doc in rejected} == {"quotes"}
        # The names are true all the same.
        names = {doc["_id"]: doc["name"] async for doc in base.securities.find()}
        assert names == {"1.600519": "贵州茅台", "1.600036": "招商银行", "1.601318": "中国平安"}
        await crawler.spider.store.close()

    asyncio.run(scenario())


def test_a_name_too_long_for_one_is_none() -> None:
    prices = Prices("u", AT)
    assert mention(Quote("1.600519", "茅" * 100, AT), prices).name == "茅" * 100
    assert mention(Quote("1.600519", "茅" * 101, AT), prices).name is None
    assert mention(Quote("90.BK0493", None, AT), prices).fixed == {"symbol": "BK0493", "kind": "board"}


def test_without_mongodb_the_run_ends_once(database: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.1)

    async def scenario() -> list[str]:
        crawler = crawler_of(database)
        await crawler.spider.store.open()
        stage = QuotesPipeline(crawler)  # type: ignore[arg-type]
        await crawler.spider.store.database.client.close()
        for _ in range(2):
            with pytest.raises(MongoUnavailableError):
                await stage.process_item(Prices("u", AT, bars=[bar()]))
        await asyncio.sleep(0)
        return crawler.engine.reasons

    assert asyncio.run(scenario()) == ["mongo_unavailable"]
