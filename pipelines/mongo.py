"""Stage 4 of 5. Stores posts in MongoDB, merged with what other forms and runs said (store/).

In: a normalised `Post`. Out: the same, once MongoDB has acknowledged it: `item_scraped` means stored.
Drops (StoreRefusedError): a post that MongoDB or BSON refuses, and never its neighbours.
Counts `posts/inserted`, `posts/updated`, `posts/unchanged`, `posts/duplicate`, `posts/revised`.
Ends the run with `mongo_unavailable` when MongoDB is not there at the start, or away for longer than
MONGO_OUTAGE_SECONDS in all; with `too_many_errors` when the writer failed on something else. No post passes it
unstored.
"""

import asyncio
from typing import Any, Self, cast

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from crawler.items import Post
from pipelines import DuplicatePostError, StoreRefusedError
from store.connection import MongoUnavailableError, Store
from store.writer import Outcome, PostWriter, RefusedError, WriterEndedError


class MongoPipeline:
    """Stage 4 of 5: into MongoDB."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writer: PostWriter | None = None
        self.closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage; the spider brings the store and the run's id."""
        return cls(crawler)

    async def open_spider(self) -> None:
        """Connect. Raises CloseSpider where MongoDB cannot be reached."""
        spider = cast("Any", self.crawler.spider)
        store: Store = spider.store
        try:
            await store.open()
        except MongoUnavailableError as error:
            spider.logger.error("%s", error)  # noqa: TRY400 - the message says it all, a traceback would bury it
            raise CloseSpider("mongo_unavailable") from error
        self.writer = PostWriter(store, spider.run_id, spider.name)
        self.writer.start()

    async def process_item(self, item: Any) -> Any:
        """Store a `Post`; other items pass. Raises what PostWriter raises, a refusal as StoreRefusedError."""
        if not isinstance(item, Post):
            return item
        try:
            outcome = await self._written(item)
        except RefusedError as error:
            raise StoreRefusedError(str(error)) from error
        except MongoUnavailableError:
            self.give_up("mongo_unavailable")
            raise
        except WriterEndedError:
            self.give_up("too_many_errors")
            raise
        if outcome.kind == "duplicate":
            raise DuplicatePostError(item.post)
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
