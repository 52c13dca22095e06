"""The last stage: an item it passes on is stored; it ends a run whose posts cannot be stored any more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from scrapy.exceptions import CloseSpider

from crawler.items import Body
from pipelines import DuplicatePostError, NotKeptError, StoreRefusedError
from pipelines.mongo import MongoPipeline
from store import connection
from store.connection import MongoUnavailableError, Store
from store.spool import Spool
from store.writer import WriterEndedError
from tests.articles import NAME, article

Place = tuple[str, str]
NOBODY = "mongodb://%2Ftmp%2Fno-mongod-of-finews-listens-here.sock"


@dataclass
class Engine:
    """Hears how the run is to end."""

    reasons: list[str] = field(default_factory=list)

    async def close_spider_async(self, *, reason: str) -> None:
        self.reasons.append(reason)


@dataclass
class Stats:
    """Counts."""

    counts: dict[str, int] = field(default_factory=dict)

    def inc_value(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


@dataclass
class Spider:
    """What the stage needs of a spider."""

    store: Store
    name: str = "finews"
    run_id: str = "run"
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("finews"))


@dataclass
class Crawler:
    """What the stage needs of a crawler."""

    spider: Spider
    engine: Engine = field(default_factory=Engine)
    stats: Stats = field(default_factory=Stats)


def with_stage(place: Place, scenario: Callable[[MongoPipeline, Crawler], Awaitable[None]]) -> Crawler:
    """Run a scenario on an open stage."""
    crawler = Crawler(Spider(Store(*place, Path())))

    async def opened() -> None:
        stage = MongoPipeline(crawler)  # type: ignore[arg-type]
        await stage.open_spider()
        await scenario(stage, crawler)
        await crawler.spider.store.close()

    asyncio.run(opened())
    return crawler


def test_what_passes_is_stored_and_counted(database: Place) -> None:
    async def scenario(stage: MongoPipeline, crawler: Crawler) -> None:
        posts = await crawler.spider.store.open()
        first = article("旧。", 0)
        assert await stage.process_item(first) is first
        assert await posts.posts.count_documents({"_id": NAME, "run_id": "run"}) == 1
        revised = article("新。", 1)
        assert await stage.process_item(revised) is revised
        with pytest.raises(DuplicatePostError):
            await stage.process_item(article("新。", 2))
        refused = article("坏。", 3)
        refused.body.html = "\ud800"
        with pytest.raises(StoreRefusedError, match="UnicodeEncodeError"):
            await stage.process_item(refused)
        crawler.spider.run_id = "other"
        await stage.close_spider()
        await stage.open_spider()
        unchanged = article("新。", 4)
        assert await stage.process_item(unchanged) is unchanged
        other = Body("a", "b")
        assert await stage.process_item(other) is other
        await stage.close_spider()

    crawler = with_stage(database, scenario)
    assert crawler.stats.counts == {
        "posts/inserted": 1,
        "posts/updated": 1,
        "posts/revised": 1,
        "posts/unchanged": 1,
    }
    assert crawler.engine.reasons == []


def test_a_writer_that_failed_ends_the_run_once(database: Place) -> None:
    uri, name = database
    with MongoClient[dict[str, Any]](uri) as client:
        client[name].posts.insert_one({"_id": NAME})  # a document of somebody else's

    async def scenario(stage: MongoPipeline, _: Crawler) -> None:
        for _ in range(2):
            with pytest.raises(WriterEndedError):
                await stage.process_item(article())
        with pytest.raises(WriterEndedError):
            await stage.close_spider()

    assert with_stage(database, scenario).engine.reasons == ["too_many_errors"]


def test_a_run_whose_mongodb_will_never_do_does_not_begin() -> None:
    crawler = Crawler(Spider(Store("mongodb://user:hunter2@localhost:abc/", "finews", Path())))

    async def scenario() -> None:
        stage = MongoPipeline(crawler)  # type: ignore[arg-type]
        with pytest.raises(CloseSpider) as closed:
            await stage.open_spider()
        assert closed.value.reason == "mongo_unavailable"
        with pytest.raises(MongoUnavailableError):  # no post passes unkept
            await stage.process_item(article())
        await stage.close_spider()

    asyncio.run(scenario())


def test_without_mongodb_posts_pass_when_they_are_in_the_spool(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.1)
    spool = Spool(tmp_path, "run", "finews", 3_000)
    store = Store(NOBODY, "finews", Path(), outage_seconds=0, spool=spool)
    crawler = Crawler(Spider(store))

    async def scenario() -> None:
        stage = MongoPipeline(crawler)  # type: ignore[arg-type]
        await stage.open_spider()
        assert await stage.process_item(article())
        assert spool.path.read_bytes().count(b"\n") == 1
        for _ in range(2):
            with pytest.raises(NotKeptError, match="SPOOL_MAX_BYTES is 3,000"):
                await stage.process_item(article("长" * 900))
        await stage.close_spider()
        await store.close()

    asyncio.run(scenario())
    assert crawler.stats.counts == {"posts/spooled": 1}
    assert crawler.engine.reasons == ["mongo_unavailable"]
    (told,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "goes to the spool" in told.message
