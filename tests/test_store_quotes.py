"""Quotes and bars in a real MongoDB: each once, replaced where upstream says otherwise, through outages too."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from crawler.items import Bar, Quote
from pipelines.quotes import bar_document, quote_document
from store import connection, embedded
from store.connection import MongoUnavailableError, Store
from store.names import Mention
from store.quotes import Kept, PriceWriter, keep, known_securities, last_bar
from store.readings import Document
from store.schema import Database

Place = tuple[str, str]
_Result = TypeVar("_Result")

AT = datetime(2022, 5, 31, 7, tzinfo=UTC)
READ = datetime(2022, 5, 31, 7, 5, tzinfo=UTC)


def quote(code: str = "600519", last: float | None = 1806.66, run: str = "one", **more: Any) -> Document:
    read = {"read_at": READ + timedelta(days=run != "one"), "run_id": run}
    return quote_document(Quote(f"1.{code}", "贵州茅台", more.pop("at", AT), last=last, **more)) | read


def bar(secid: str, day: str, close: float = 1.5) -> Document:
    found = Bar(secid, date.fromisoformat(day), 1.0, close, 2.0, 0.5, 10, 15.0, 1.0, 2.0, 0.5, 0.1)
    return bar_document(found) | {"read_at": READ, "run_id": "one"}


def with_store(
    place: Place, scenario: Callable[[Store], Awaitable[_Result]], outage_seconds: float = 60
) -> _Result:
    """Run a scenario with an open store."""

    async def opened() -> _Result:
        store = Store(*place, Path(), outage_seconds)
        try:
            await store.open()
            return await scenario(store)
        finally:
            await store.close()

    return asyncio.run(opened())


def on(place: Place, scenario: Callable[[Database], Awaitable[_Result]]) -> _Result:
    """Run a scenario on the prepared database."""
    return with_store(place, lambda store: scenario(store.database))


async def stored(database: Database, collection: str = "quotes") -> list[Document]:
    return [document async for document in database[collection].find().sort("_id")]


# --- each once ---------------------------------------------------------------------------------------------


def test_the_same_quote_twice_is_one_document_as_first_read(database: Place) -> None:
    async def scenario(base: Database) -> None:
        assert await keep(base, "quotes", [quote()]) == Kept(inserted=1)
        assert await keep(base, "quotes", [quote(run="two")]) == Kept(unchanged=1)
        assert await stored(base) == [quote()]
        later = quote(run="two", at=AT + timedelta(seconds=3))
        assert await keep(base, "quotes", [quote(run="two"), later]) == Kept(inserted=1, unchanged=1)
        assert await stored(base) == [quote(), later]

    on(database, scenario)


def test_what_upstream_corrects_is_replaced_and_says_since_when(database: Place) -> None:
    async def scenario(base: Database) -> None:
        await keep(base, "quotes", [quote(), quote("600036")])
        corrected = quote(last=None, run="two", volume=3)
        assert await keep(base, "quotes", [corrected, quote("600036", run="two")]) == Kept(updated=1, unchanged=1)
        assert await stored(base) == [quote("600036"), corrected]

    on(database, scenario)


def test_of_two_documents_of_one_id_the_last_counts(database: Place) -> None:
    async def scenario(base: Database) -> None:
        assert await keep(base, "quotes", [quote(last=1.0), quote(last=2.0)]) == Kept(inserted=1)
        assert await stored(base) == [quote(last=2.0)]
        assert await keep(base, "quotes", []) == Kept()

    on(database, scenario)


def test_writers_at_once_end_in_one_document_each(database: Place) -> None:
    rows = [quote(f"{600000 + number}") for number in range(50)]

    async def scenario(base: Database) -> None:
        kept = await asyncio.gather(*(keep(base, "quotes", rows) for _ in range(8)))
        assert sum(one.inserted + one.updated + one.unchanged for one in kept) == 8 * 50
        assert [one for one in kept if one.refused] == []
        assert await stored(base) == rows

    on(database, scenario)


@pytest.mark.parametrize(
    "wrong", [{"last": 5}, {"last": float("nan")}, {"volume": -1}, {"volume": 1.5}, {"symbol": 1}, {"more": 1}]
)
def test_a_refused_document_does_not_hurt_its_neighbours(database: Place, wrong: dict[str, Any]) -> None:
    async def scenario(base: Database) -> None:
        bad = quote("600000") | wrong
        kept = await keep(base, "quotes", [quote("600036"), bad, quote()])
        assert (kept.inserted, kept.refused[0][0]["_id"], len(kept.refused)) == (2, bad["_id"], 1)
        assert kept.refused[0][1].startswith("121 Document failed validation")
        assert await stored(base) == [quote("600036"), quote()]

    on(database, scenario)


def test_a_bar_is_a_day(database: Place) -> None:
    async def scenario(base: Database) -> None:
        days = [bar("1.600519", "2022-05-30"), bar("1.600519", "2022-05-31")]
        assert await keep(base, "bars", days) == Kept(inserted=2)
        closed = bar("1.600519", "2022-05-31", close=1.75)
        assert await keep(base, "bars", [days[0], closed]) == Kept(updated=1, unchanged=1)
        assert await stored(base, "bars") == [days[0], closed]
        assert closed["_id"] == "1.600519/2022-05-31"

    on(database, scenario)


def test_the_last_bar_is_that_of_the_security_alone(database: Place) -> None:
    async def scenario(base: Database) -> None:
        rows = [("1.60051", "2022-06-03"), ("1.600519", "2022-05-30"), ("1.600519", "2022-05-31")]
        rows += [("1.6005190", "2022-06-01"), ("11.600519", "2022-06-02")]
        await keep(base, "bars", [bar(secid, day) for secid, day in rows])
        assert [await last_bar(base, secid) for secid in ("1.600519", "1.60051", "11.600519", "1.6")] == [
            "2022-05-31", "2022-06-03", "2022-06-02", None,
        ]  # fmt: skip

    on(database, scenario)


# --- names -------------------------------------------------------------------------------------------------


def named(secid: str, name: str | None, minutes: int = 0) -> Mention:
    fixed = {"symbol": "600519.SH", "kind": "stock"}
    return Mention("securities", secid, fixed, name, READ + timedelta(minutes=minutes))


def test_names_of_quotes_join_those_of_posts(database: Place) -> None:
    async def scenario(store: Store) -> None:
        prices, base = PriceWriter(store), store.database
        found = [named("1.600519", None), named("0.000858", "五粮液")]
        await prices.write("quotes", [quote()], found)
        assert (await stored(base, "securities"))[1]["name"] is None
        await prices.write(
            "quotes", [quote()], [named("1.600519", "贵州茅台", 1), named("0.000858", "五 粮 液", 1)]
        )
        wuliangye, maotai = await stored(base, "securities")
        assert (maotai["name"], maotai["names"], maotai["first_seen_at"]) == ("贵州茅台", ["贵州茅台"], READ)
        assert (wuliangye["name"], wuliangye["names"]) == ("五粮液", ["五 粮 液", "五粮液"])
        assert await known_securities(base) == ["0.000858", "1.600519"]

    with_store(database, scenario)


# --- outages -----------------------------------------------------------------------------------------------


def test_a_restart_of_mongodb_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="finews-mongo-") as name:
        directory = Path(name)

        async def scenario(store: Store) -> None:
            prices = PriceWriter(store)
            await prices.write("quotes", [quote()])
            os.kill(embedded.status(directory).pid or 0, signal.SIGKILL)
            writing = asyncio.gather(*(prices.write("quotes", [quote(f"60000{n}")]) for n in range(3)))
            await asyncio.to_thread(embedded.ensure_running, directory)
            assert [kept.inserted for kept in await writing] == [1, 1, 1]
            assert len(await stored(store.database)) == 4

            embedded.stop(directory)
            store.outage.seconds = 0
            with pytest.raises(MongoUnavailableError):
                await prices.write("quotes", [quote("600036")])

        monkeypatch.setattr(connection, "ANSWER_SECONDS", 1.0)
        try:
            with_store((embedded.ensure_running(directory), "quotes"), scenario)
        finally:
            embedded.stop(directory)


def test_what_no_waiting_mends_is_told_at_once(database: Place) -> None:
    async def scenario(store: Store) -> None:
        prices = PriceWriter(store)
        with pytest.raises(MongoUnavailableError, match="must not contain"):
            await asyncio.wait_for(prices.write("$quotes", [quote()]), connection.ANSWER_SECONDS)

    with_store(database, scenario, 3600)
