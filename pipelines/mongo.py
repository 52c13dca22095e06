"""Stage 4 of 4. Stores posts in MongoDB, merged with what other forms and runs said (store/).

In: a normalised `Post`. Out: the same, once MongoDB has acknowledged it: `item_scraped` means stored.
Drops (StoreRefusedError): a post that MongoDB or BSON refuses, and never its neighbours.
Counts `posts/inserted`, `posts/updated`, `posts/unchanged`, `posts/duplicate`, `posts/revised`.
Ends the run with `mongo_unavailable` when MongoDB is not there at the start, or away for longer than
MONGO_OUTAGE_SECONDS in all.
"""

import asyncio
from typing import Any, Self, cast

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from crawler.items import Post
from pipelines import DuplicatePostError, StoreRefusedError
from store.connection import MongoUnavailableError, Store
from store.writer import PostWriter, RefusedError


class MongoPipeline:
    """Stage 4 of 4: into MongoDB."""

    def __init__(self, crawler: Crawler, outage_seconds: float) -> None:
        self.crawler = crawler
        self.outage_seconds = outage_seconds
        self.writer: PostWriter | None = None
        self.closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage from MONGO_OUTAGE_SECONDS; the spider brings the store and the run's id."""
        return cls(crawler, crawler.settings.getfloat("MONGO_OUTAGE_SECONDS"))

    async def open_spider(self) -> None:
        """Connect. Raises CloseSpider where MongoDB cannot be reached."""
        spider = cast("Any", self.crawler.spider)
        store: Store = spider.store
        try:
            database = await store.open()
        except MongoUnavailableError as error:
            spider.logger.error("%s", error)  # noqa: TRY400 - the message says it all, a traceback would bury it
            raise CloseSpider("mongo_unavailable") from error
        self.writer = PostWriter(database, spider.run_id, spider.name, self.outage_seconds)
        self.writer.start()

    async def process_item(self, item: Any) -> Any:
        """Store a `Post`; other items pass."""
        if not isinstance(item, Post) or self.writer is None:
            return item
        stats = self.crawler.stats
        try:
            outcome = await self.writer.write(item)
        except RefusedError as error:
            raise StoreRefusedError(str(error)) from error
        except MongoUnavailableError:
            self.give_up()
            raise
        if outcome.kind == "duplicate":
            raise DuplicatePostError(item.post)
        stats.inc_value(f"posts/{outcome.kind}")
        if outcome.revised:
            stats.inc_value("posts/revised")
        return item

    def give_up(self) -> None:
        """End the run, once: what is not stored will be fetched by the next one."""
        if self.closing is None and self.crawler.engine:
            ending = self.crawler.engine.close_spider_async(reason="mongo_unavailable")
            self.closing = asyncio.ensure_future(ending)

    async def close_spider(self) -> None:
        """Write what is queued."""
        if self.writer:
            await self.writer.stop()
