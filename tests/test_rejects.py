"""What the extension and the spiders keep of pages that failed, whichever of their methods did."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import TextResponse
from scrapy.settings import Settings
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.statscollectors import MemoryStatsCollector
from twisted.internet.error import TimeoutError as TimedOutError
from twisted.python.failure import Failure

from crawler.extensions.rejects import RejectsExtension
from crawler.spiders.finews import FinewsSpider
from store.spool import content_of

URL = "https://finews.withounder.com/category/Wind.html"


def kept(directory: Path, work: Callable[[Crawler], Awaitable[None]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do something in a crawl without MongoDB; give the reject that its spool holds, and the stats."""

    async def scenario() -> tuple[Path, dict[str, Any]]:
        settings = Settings()
        settings.setmodule("crawler.settings")
        settings.set("SPOOL_DIR", str(directory))
        crawler = Crawler(FinewsSpider, settings)
        crawler.stats = MemoryStatsCollector(crawler)
        crawler.spider = FinewsSpider.from_crawler(crawler)
        store = crawler.spider.store
        store.outage.away = "gone"
        await work(crawler)
        await store.close()
        return store.spool.path, crawler.stats.get_stats()

    path, stats = asyncio.run(scenario())
    return content_of(path.read_bytes())["body"], stats


def failed(error: Exception) -> Failure:
    """Give a failed fetch as Scrapy passes it on."""
    failure = Failure(error)
    failure.request = Request(URL, meta={"page": "category"})  # type: ignore[attr-defined]  # as Scrapy does
    return failure


def test_an_errback_that_fails_counts_as_its_page_and_is_kept(tmp_path: Path) -> None:
    async def work(crawler: Crawler) -> None:
        extension = RejectsExtension(crawler)
        extension.spider_error(Failure(KeyError("x")), failed(TimedOutError()))
        await extension.spider_closed()

    reject, stats = kept(tmp_path, work)
    assert stats["pages/category/unreadable/KeyError"] == 1
    assert (reject["stage"], reject["reason"], reject["url"]) == ("parse", "KeyError", URL)


def test_the_answer_of_a_refused_page_is_kept(tmp_path: Path) -> None:
    async def work(crawler: Crawler) -> None:
        answer = TextResponse(URL, 403, body=b"a captcha", encoding="utf-8")
        await FinewsSpider.failed(crawler.spider, failed(HttpError(answer)))  # type: ignore[arg-type]  # it is one

    reject, stats = kept(tmp_path, work)
    assert stats["pages/category/failed/Http403"] == 1
    assert (reject["stage"], reject["url"], reject["raw"]) == ("fetch", URL, "a captcha")
