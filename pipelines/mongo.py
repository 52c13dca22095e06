"""Stage 4 of 5. Stores posts in MongoDB, merged with what other forms and runs said (store/).

In: a normalised `Post`. Out: the same, once MongoDB has acknowledged it, or, in an outage that outlasts
MONGO_OUTAGE_SECONDS, once it is on disk in the spool: `item_scraped` means that nothing can be lost any more.
Drops (StoreRefusedError) a post that MongoDB or BSON refuses, and never its neighbours; (NotKeptError) a post that
neither MongoDB nor the spool takes.
Counts `posts/inserted`, `posts/updated`, `posts/unchanged`, `posts/duplicate`, `posts/spooled`, `posts/revised`.
Before the crawl begins it writes what the spool holds of earlier runs (counts `spool/...`, see store/drain.py).
Ends the run with `mongo_unavailable` when MongoDB is set up so that it never will take anything, or the spool is
full; with `too_many_errors` when the writer failed on something else. No post passes it unkept.
"""

import asyncio
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from crawler.items import Post
from pipelines import DuplicatePostError, NotKeptError, StoreRefusedError
from store.connection import MongoUnavailableError, MongoUnusableError
from store.drain import drain
from store.spool import SpoolError
from store.writer import Outcome, PostWriter, RefusedError, WriterEndedError


class MongoPipeline:
    """Stage 4 of 5: into MongoDB."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writer: PostWriter | None = None
        self.closing: asyncio.Task[None] | None = None
        self.has_told = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage; the spider brings the store and the run's id."""
        return cls(crawler)

    @property
    def spider(self) -> Any:
        """The running spider, a StoreSpider."""
        return self.crawler.spider

    async def open_spider(self) -> None:
        """Connect, and drain the spool. Raises CloseSpider where MongoDB is not usable at all."""
        spider = self.spider
        try:
            await spider.store.open()
            await self.drain()
        except MongoUnusableError as error:
            spider.logger.error("%s", error)  # noqa: TRY400 - the message says it all, a traceback would bury it
            raise CloseSpider("mongo_unavailable") from error
        except MongoUnavailableError:
            self.tell()
        self.writer = PostWriter(spider.store, spider.run_id, spider.name)
        self.writer.start()

    async def drain(self) -> None:
        """Write what earlier runs could not. Raises MongoUnavailableError."""
        spider = self.spider
        if spider.store.spool is None:
            return
        counts = await drain(spider.store, spider.store.spool.directory, spider.run_id, spider.name)
        for name, count in counts.items():
            self.crawler.stats.set_value(f"spool/{name}", count)
        if counts:
            said = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
            spider.logger.info("The spool of earlier runs is drained: %s", said)

    def tell(self) -> None:
        """Tell the operator, once, that MongoDB is given up for this run."""
        if not self.has_told:
            self.has_told = True
            self.spider.logger.error(
                "%s. What this run reads from now on goes to the spool; the next run writes it to MongoDB.",
                self.spider.store.away,
            )

    async def process_item(self, item: Any) -> Any:
        """Store a `Post`; other items pass. Raises StoreRefusedError, NotKeptError, WriterEndedError."""
        if not isinstance(item, Post):
            return item
        try:
            outcome = await self._written(item)
        except RefusedError as error:
            raise StoreRefusedError(str(error)) from error
        except SpoolError as error:
            self.give_up("mongo_unavailable")
            raise NotKeptError(str(error)) from error
        except WriterEndedError:
            self.give_up("too_many_errors")
            raise
        if outcome.kind == "duplicate":
            raise DuplicatePostError(item.post)
        if outcome.kind == "spooled":
            self.tell()
        self.crawler.stats.inc_value(f"posts/{outcome.kind}")
        if outcome.revised:
            self.crawler.stats.inc_value("posts/revised")
        return item

    async def _written(self, post: Post) -> Outcome:
        if self.writer is None:
            raise MongoUnavailableError("the store was not opened")
        return await self.writer.write(post)

    def give_up(self, reason: str) -> None:
        """End the run, once: what is not stored will be fetched by the next one."""
        if self.closing is None and self.crawler.engine:
            self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))

    async def close_spider(self) -> None:
        """Write what is queued."""
        if self.writer:
            await self.writer.stop()
            if self.spider.store.away:
                self.tell()
