"""Keeps everything dropped or unreadable in the collection `rejects`, and counts it.

From Scrapy's signals: pages whose callback failed (stage `parse`), items that a pipeline dropped or failed on.
Counts `pages/<page>/unreadable/<exception>`, `posts/rejected`, `posts/rejected/<exception>`, `posts/duplicate`;
for items that are no posts, `prices/failed`.
Duplicates are no rejects.
"""

import asyncio
import json
from dataclasses import asdict, is_dataclass
from typing import Any, Self, cast

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from crawler.items import Post
from pipelines import DuplicatePostError
from store.connection import MongoUnavailableError
from store.rejects import Rejects


class RejectsExtension:
    """Writes what was rejected, as it happens."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writing: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension and connect it."""
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_error, signal=signals.spider_error)
        crawler.signals.connect(extension.item_dropped, signal=signals.item_dropped)
        crawler.signals.connect(extension.item_error, signal=signals.item_error)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    @property
    def rejects(self) -> Rejects:
        """The rejects of the running spider."""
        return cast("Rejects", cast("Any", self.crawler.spider).rejects)

    def spider_error(self, failure: Failure, response: Response | Failure) -> None:
        """Keep a page that a callback, or for a failed one the errback, could not deal with.

        The signal cannot wait, so a task writes it.
        """
        request = cast("Request", response.request)  # type: ignore[union-attr]  # Scrapy adds it to failures, too
        page, name = request.meta.get("page", "other"), type(failure.value).__name__
        self.crawler.stats.inc_value(f"pages/{page}/unreadable/{name}")
        raw = response.text if isinstance(response, TextResponse) else None
        url = response.url if isinstance(response, Response) else request.url
        keep = self.rejects.add("parse", cast("BaseException", failure.value), url=url, raw=raw)
        task = asyncio.ensure_future(keep)
        self.writing.add(task)
        task.add_done_callback(self.writing.discard)

    async def item_dropped(self, item: Any, exception: BaseException) -> None:
        """Keep an item that a stage dropped by name."""
        if isinstance(exception, DuplicatePostError):
            self.crawler.stats.inc_value("posts/duplicate")
        else:
            await self.keep_item(item, exception)

    async def item_error(self, item: Any, failure: Failure) -> None:
        """Keep an item that a stage failed on."""
        await self.keep_item(item, cast("BaseException", failure.value))

    async def keep_item(self, item: Any, error: BaseException) -> None:
        """Count and keep an item."""
        url, post = getattr(item, "source_path", None) or getattr(item, "url", None), getattr(item, "post", None)
        if isinstance(item, Post):
            self.crawler.stats.inc_value("posts/rejected")
            self.crawler.stats.inc_value(f"posts/rejected/{type(error).__name__}")
        else:
            self.crawler.stats.inc_value("prices/failed")
        if isinstance(error, MongoUnavailableError):
            return  # there is no place to keep it; the next run fetches it again
        raw = json.dumps(asdict(item), default=str, ensure_ascii=False) if is_dataclass(item) else str(item)  # type: ignore[arg-type]
        await self.rejects.add(_stage(error), error, url=url, post=post, raw=raw)

    async def spider_closed(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self.writing)


def _stage(error: BaseException) -> str:
    """Name the pipeline stage that raised, by the frames it passed."""
    frames = error.__traceback__
    stage = "pipeline"
    while frames is not None:
        module = frames.tb_frame.f_globals.get("__name__", "")
        stage = module.removeprefix("pipelines.") if module.startswith("pipelines.") else stage
        frames = frames.tb_next
    return stage
