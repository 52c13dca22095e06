"""The collection `raw`: one document per body, what became of it, and never more than it may hold."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from scrapy.http import HtmlResponse

from crawler.extensions.raw import HEADERS_KEPT, headers
from store import raw
from store.connection import Store
from store.raw import FETCHES_KEPT, Fetch, RawWriter, expire, gave, keep, tell, unpacked
from store.readings import reading
from store.schema import Database
from tests.articles import article, minute

Place = tuple[str, str]
URL = "https://finews.withounder.com/emnews/2022/03/01/202203012299000001.html"


def fetch(body: bytes = b"<html>", at: int = 0, **more: object) -> Fetch:
    known = {"url": URL, "status": 200, "headers": [], "charset": "utf-8", "read_as": {"kind": "post"}}
    return Fetch(body=body, at=minute(at), **(known | more))  # type: ignore[arg-type]


def in_store(place: Place, scenario: Callable[[Store], Awaitable[None]]) -> None:
    async def opened() -> None:
        store = Store(*place, Path())
        await store.open()
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(opened())


async def all_of(database: Database) -> list[dict[str, object]]:
    return await database.raw.find().sort("last_at", 1).to_list()


def test_a_body_is_stored_once_with_the_last_times_it_was_fetched(database: Place) -> None:
    async def scenario(store: Store) -> None:
        page = b"<p>\xe6\xad\xa3\xe6\x96\x87</p>" * 100
        for at in range(FETCHES_KEPT + 2):
            took, added = await keep(store.database, [fetch(page, at), fetch(page, at)], "run", "finews")
            assert (took, added > 0) == (2, at == 0)
        (kept,) = await all_of(store.database)
        assert kept["_id"] == hashlib.sha256(page).hexdigest()
        assert unpacked(kept) == page
        assert (kept["length"], kept["last_at"]) == (len(page), minute(FETCHES_KEPT + 1))
        assert 0 < kept["size"] == len(kept["body"]) < len(page) / 10  # type: ignore[arg-type,operator]
        assert [one["at"] for one in kept["fetches"]] == [minute(at) for at in range(2, FETCHES_KEPT + 2)]  # type: ignore[attr-defined]

    in_store(database, scenario)


def test_what_became_of_a_page_is_noted_with_it_or_later(database: Place) -> None:
    read = reading(article("正文。", 1))
    told_at_once, told_later = fetch(b"one", reason="PageLayoutError"), fetch(b"two", 1)

    async def scenario(store: Store) -> None:
        await keep(store.database, [told_at_once, told_later], "run", "finews")
        told_later.gave.append(gave(read))
        await tell(store.database, [told_later], "another run")
        await tell(store.database, [told_later], "run")
        one, two = await all_of(store.database)
        assert [one["fetches"][0][name] for name in ("gave", "reason")] == [[], "PageLayoutError"]  # type: ignore[index]
        assert two["fetches"][0]["gave"] == [  # type: ignore[index]
            {
                "post": "NW202203012299000001",
                "form": "page",
                "hash": read.hash,
                "tags": ["示例日报新闻"],
                "category": "shiliribao",
                "reading": read.fingerprint,
            }
        ]

    in_store(database, scenario)


def test_the_newest_bodies_stay_whichever_runs_remove_at_once(database: Place) -> None:
    bodies = [hashlib.shake_256(b"%d" % number).digest(1_000) for number in range(40)]  # as good as incompressible

    async def scenario(store: Store) -> None:
        await keep(store.database, [fetch(body, at) for at, body in enumerate(bodies)], "run", "finews")
        await keep(store.database, [fetch(bodies[0], 100)], "run", "finews")  # read again: it is the newest now
        size = max(len(kept["body"]) for kept in await all_of(store.database))  # type: ignore[arg-type]
        assert await expire(store.database, 40 * size) == 0
        removed = await asyncio.gather(*(expire(store.database, 10 * size) for _ in range(4)))
        assert sum(removed) == 30
        assert [kept["last_at"] for kept in await all_of(store.database)] == [
            minute(at) for at in (*range(31, 40), 100)
        ]

    in_store(database, scenario)


def test_no_more_is_removed_at_once_than_a_run_can_wait_for(
    database: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "REMOVED_AT_ONCE", 3)

    async def scenario(store: Store) -> None:
        await keep(store.database, [fetch(b"%d" % at, at) for at in range(8)], "run", "finews")
        assert [await expire(store.database, 0) for _ in range(4)] == [3, 3, 2, 0]

    in_store(database, scenario)


def test_the_removal_reads_its_index_alone(database: Place) -> None:
    async def scenario(store: Store) -> None:
        await keep(store.database, [fetch(b"one")], "run", "finews")
        stages = [{"$sort": {"last_at": -1, "_id": -1}}, {"$project": {"last_at": 1, "size": 1}}]
        plan = await store.database.command(
            "explain", {"aggregate": "raw", "pipeline": stages, "cursor": {}}, verbosity="executionStats"
        )
        assert "'totalDocsExamined': 0" in str(plan)
        assert "'indexName': 'last_at'" in str(plan)

    in_store(database, scenario)


def test_what_mongodb_does_not_take_is_lost_and_counted(database: Place) -> None:
    async def scenario(store: Store) -> None:
        writer = RawWriter(store, "run", "finews", 10**6)
        writer.keep(fetch(b"kept"))
        writer.keep(fetch(b"x" * (raw.MAX_WAITING_BYTES + 1)))
        writer.keep(fetch(b"too large", 1, status="200"))
        await writer.close()
        assert (writer.kept, writer.lost) == (1, {"too_many_waiting": 1, "refused": 1})
        gone = RawWriter(store, "run", "finews", 10**6)
        gone.keep(fetch(b"one"))
        await store.close()
        await gone.close()
        assert (gone.kept, gone.lost) == (0, {"MongoUnavailableError": 1})

    in_store(database, scenario)


def test_headers_that_tell_secrets_are_not_kept() -> None:
    sent = {
        "Content-Type": "text/html",
        "Set-Cookie": ["a=1", "b=2"],
        "WWW-Authenticate": "Basic",
        "X": "y" * 5000,
    }
    kept = headers(HtmlResponse(URL, headers=sent))
    assert kept == [("Content-Type", "text/html"), ("X", "y" * 1000)]
    assert len(headers(HtmlResponse(URL, headers={f"X-{n}": "1" for n in range(90)}))) == HEADERS_KEPT
