"""Keeps pages of posts as they were fetched in the collection `raw`, and notes what became of each.

From Scrapy's signals: answers as spiders get them (decompressed, redirects followed, not parsed yet), the items
they gave that were stored or rejected, pages that could not be read. Only pages whose request names a parser
(meta READ_AS) are kept, with a good status and a body: what `scrapy replay` can read again.
Counts `raw/kept`, `raw/lost/<why>` (MongoDB did not take it at once), `raw/removed`. The books of a run do not
depend on it.
"""

from typing import Any, Self
from weakref import WeakKeyDictionary

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from crawler.items import Post
from crawler.pages.kinds import READ_AS
from crawler.signals import page_unread
from pipelines import DuplicatePostError
from store.connection import MongoUnavailableError
from store.raw import Fetch, RawWriter, gave
from store.readings import reading

SECRET = frozenset(
    {"set-cookie", "set-cookie2", "authorization", "authentication-info", "proxy-authenticate", "www-authenticate"}
)
"""Headers that are not kept: they tell who we are, or let somebody be us."""

HEADERS_KEPT, HEADER_CHARACTERS = 50, 1_000
"""How many headers are kept of an answer, and how much of each; real ones send twenty short ones."""


class RawExtension:
    """Hands pages to the writer as they come."""

    def __init__(self, crawler: Crawler, max_bytes: int) -> None:
        self.crawler = crawler
        self.max_bytes = max_bytes
        self.fetches: WeakKeyDictionary[Response, Fetch] = WeakKeyDictionary()
        self.writer: RawWriter | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension from RAW_MAX_BYTES and connect it. Raises NotConfigured without RAW_KEEP."""
        if not crawler.settings.getbool("RAW_KEEP"):
            raise NotConfigured("RAW_KEEP is off")
        extension = cls(crawler, crawler.settings.getint("RAW_MAX_BYTES"))
        for signal, receiver in (
            (signals.spider_opened, extension.spider_opened),
            (signals.response_received, extension.response_received),
            (signals.item_scraped, extension.item_scraped),
            (signals.item_dropped, extension.item_dropped),
            (signals.item_error, extension.item_error),
            (signals.spider_error, extension.spider_error),
            (page_unread, extension.page_unread),
        ):
            crawler.signals.connect(receiver, signal=signal)
        return extension

    def spider_opened(self, spider: Any) -> None:
        """Set up the writer, which ends with the run. A run without a store keeps nothing."""
        if spider.store.is_open:
            self.writer = RawWriter(spider.store, spider.run_id, spider.name, self.max_bytes)
            spider.endings.append(self.close)

    def response_received(self, request: Request, response: Response, spider: Any) -> None:
        """Keep a page of posts."""
        good = 200 <= response.status < 300 and response.body
        if self.writer and good and READ_AS in request.meta:
            fetch = Fetch(
                body=response.body,
                url=response.url,
                status=response.status,
                headers=headers(response),
                charset=response.encoding if isinstance(response, TextResponse) else None,
                at=spider.fetched_at(response),
                read_as=request.meta[READ_AS],
            )
            self.fetches[response] = fetch
            self.writer.keep(fetch)

    def fetch_of(self, item: Any, response: Response | None) -> Fetch | None:
        """Give the page that a post was read from; None for what is no post, or comes from no page."""
        return self.fetches.get(response) if isinstance(item, Post) and response else None

    def item_scraped(self, item: Any, response: Response | None) -> None:
        """Note a post that is stored."""
        if fetch := self.fetch_of(item, response):
            fetch.gave.append(gave(reading(item)))
            self.tell(fetch)

    def item_dropped(self, item: Any, response: Response | None, exception: BaseException) -> None:
        """Note a post that is rejected; one that said nothing new is stored."""
        if isinstance(exception, DuplicatePostError):
            self.item_scraped(item, response)
        else:
            self.reject(item, response, exception)

    def item_error(self, item: Any, response: Response | None, failure: Failure) -> None:
        """Note a post that a stage failed on; one that MongoDB's absence kept out was not rejected."""
        if not isinstance(failure.value, MongoUnavailableError):
            self.reject(item, response, failure.value)

    def reject(self, item: Any, response: Response | None, error: BaseException | None) -> None:
        """Note that something a page gave was rejected."""
        if fetch := self.fetch_of(item, response):
            fetch.reason = type(error).__name__
            fetch.rejected.append(item.name)
            self.tell(fetch)

    def spider_error(self, failure: Failure, response: Response) -> None:
        """Note a page that a callback failed on."""
        self.page_unread(response, failure.value)

    def page_unread(self, response: Response, error: BaseException | None) -> None:
        """Note a page that its parser could not read."""
        if fetch := self.fetches.get(response):
            fetch.reason = type(error).__name__
            self.tell(fetch)

    def tell(self, fetch: Fetch) -> None:
        """Let the writer know."""
        if self.writer:
            self.writer.tell(fetch)

    async def close(self) -> None:
        """Write what waits, and count."""
        if self.writer:
            await self.writer.close()
            stats = self.crawler.stats
            stats.set_value("raw/kept", self.writer.kept)
            stats.set_value("raw/removed", self.writer.removed)
            for why, count in self.writer.lost.items():
                stats.set_value(f"raw/lost/{why}", count)


def headers(response: Response) -> list[tuple[str, str]]:
    """Give the headers of an answer that are kept, in their order."""
    shown = [
        (name.decode("latin-1"), value.decode("latin-1")[:HEADER_CHARACTERS])
        for name, values in response.headers.items()
        for value in values
        if name.decode("latin-1").lower() not in SECRET
    ]
    return shown[:HEADERS_KEPT]
