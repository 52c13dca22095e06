"""East Money, the living upstream: columns, 7x24 flashes, the news of securities, and the articles behind them.

Follows: pages of lists until a whole page is known to the store, or older than `since`; the article behind each
    entry that the store does not know or that is young enough to change; missing parts of stored posts.
Leaves alone: Caifuhao's own pages (its posts are stored as the lists tell them), everything else.
Arguments: `columns` (numbers, comma-separated), `fast` (`1`: 7x24), `symbols` (such as `600519.SH`,
    comma-separated), `pages` (of each list at most; default 20), `since`, `until` (`YYYY-MM-DD` as Beijing days,
    or `3d`, `12h`), `limit` (articles), `refresh` (re-read articles this young although stored; default `1d`),
    `full` (`1`: re-read all). With no list named: the main columns and 7x24.
Settings: COMPLETED_MAX_POSTS, MIRRORS.
Caveats: lists are loosely in order of time; a flash without an article behind it is stored as the list tells it.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.items import Post, PostPage
from crawler.pages.errors import PageLayoutError
from crawler.pages.kinds import READ_AS
from crawler.securities import candidates
from crawler.spiders.arguments import UpstreamArguments
from crawler.spiders.upstream import UpstreamSpider
from crawler.urls import article_url, columns_url, fast_url, kuaixun_url, ticker_url
from store import queries


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a list."""

    kind: str
    """column, fast, kuaixun or ticker."""

    name: str
    """The column's number, the secid; empty for 7x24."""

    page: int = 1
    cursor: str = ""
    """What asks for this page, of 7x24."""

    def url(self) -> str:
        """Give its address."""
        match self.kind:
            case "column":
                return columns_url(self.name, self.page)
            case "ticker":
                return ticker_url(self.name, self.page)
            case "fast":
                return fast_url(self.cursor)
            case _:
                return kuaixun_url(self.page)

    def next(self, cursor: str | None) -> "Place | None":
        """Give the page after it; None where a list with a cursor names none."""
        if self.kind == "fast" and (not cursor or cursor == self.cursor):
            return None
        return Place(self.kind, self.name, self.page + 1, cursor or "")


class EastmoneySpider(UpstreamSpider):
    """Crawl East Money's lists."""

    name = "eastmoney"
    allowed_domains: ClassVar[list[str]] = ["eastmoney.com"]
    known_arguments: ClassVar[frozenset[str]] = frozenset(
        {"columns", "fast", "symbols", "pages", "since", "until", "limit", "refresh", "full"}
    )

    judged_forms: ClassVar[frozenset[str]] = frozenset({"origin"})

    given: UpstreamArguments

    # A page of a list is fifty items, and each waits for the batch it is written with.
    custom_settings = {"CONCURRENT_ITEMS": 50}  # noqa: RUF012 - Scrapy declares it as no class variable

    @classmethod
    def understood(cls, arguments: dict[str, str], settings: BaseSettings) -> UpstreamArguments:  # noqa: ARG003
        """Read the arguments. Raises ArgumentError."""
        return UpstreamArguments.parse(arguments, datetime.now(UTC))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows: set[tuple[str, str, str]] = set()
        self.shown: set[str] = set()
        self.asked: set[str] = set()

    async def start(self) -> AsyncIterator[Any]:
        """Ask for what is missing, and for the first page of each list."""
        async for post in self.incomplete():
            if "origin" in post["missing"]:
                for request in self.origin_request(post["_id"]):
                    yield request
        places = [Place("column", column) for column in self.given.columns]
        places += [Place("fast", "")] if self.given.fast else []
        for symbol in self.given.symbols:
            possible = candidates(symbol)
            known = await self.store.ask(queries.known_secids, possible)
            places += [Place("ticker", secid) for secid in known or possible]
        for place in places:
            yield self.list_request(place)

    def list_request(self, place: Place) -> Request:
        """Ask for a page of a list. 7x24 has an older interface to fall back on; the others must answer."""
        return Request(
            place.url(),
            self.parse_list,
            errback=self.failed_fast if place.kind == "fast" else self.failed,
            priority=1,
            meta={"page": "fast" if place.kind == "fast" else "list", READ_AS: {"kind": place.kind}},
            cb_kwargs={"place": place},
        )

    async def failed_fast(self, failure: Failure) -> AsyncIterator[Any]:
        """Errback of 7x24: count, and ask the older interface."""
        await self.failed(failure)
        yield self.list_request(Place("kuaixun", ""))

    async def parse_list(self, response: Response, place: Place) -> AsyncIterator[Any]:
        """Read a page of a list: its entries, the articles behind them, the next page."""
        try:
            read = self.read_posts(response)
        except PageLayoutError as error:
            await self.unusable(error, response)
            if place.kind == "fast":
                yield self.list_request(Place("kuaixun", ""))
            return
        self.judged(response, usable=True)
        self.crawler.stats.inc_value(f"pages/{response.meta['page']}/read")
        posts = list(self.rows_of(read, place))
        known = await self.store.ask(queries.known_ids, [post.name for post in posts]) or {}
        for post in posts:
            if self.is_wanted(post):
                for output in self.entry_outputs(post, known):
                    yield output
        following = place.next(read.cursor)
        if following and place.page < self.given.pages and self.goes_on(posts, known):
            yield self.list_request(following)

    def rows_of(self, read: PostPage, place: Place) -> Iterator[Post]:
        """Give the rows that no page of this list had before: of two about the same article the first counts."""
        for post in read.posts:
            row = (place.kind, place.name, post.name)
            if row not in self.rows:
                self.rows.add(row)
                yield post

    def entry_outputs(self, post: Post, known: dict[str, datetime | None]) -> list[Any]:
        """Give an entry's own words, and the request for its article where that is worth one."""
        stats, is_new = self.crawler.stats, post.name not in self.shown
        self.shown.add(post.name)
        stats.inc_value("posts/scraped")
        if is_new:
            stats.inc_value("posts/listed")
            stats.inc_value("posts/shown")
        url = article_url(post.name)
        if url is None or post.name in self.asked:
            return [post]
        if post.name in known and not self.is_refreshed(known[post.name]):
            stats.inc_value("posts/known", int(is_new))
            return [post]
        if self.given.limit is not None and len(self.asked) >= self.given.limit:
            stats.inc_value("posts/beyond_limit")
            return [post]
        self.asked.add(post.name)
        return [post, *self.origin_request(post.name)]

    def is_wanted(self, post: Post) -> bool:
        """Tell whether an entry is of a wanted time; one that prints none is."""
        return post.published_at is None or self.given.window.holds(post.published_at)

    def is_refreshed(self, published_at: datetime | None) -> bool:
        """Tell whether a known article is read again."""
        return self.given.full or published_at is None or published_at >= self.given.refresh_from

    def goes_on(self, posts: list[Post], known: dict[str, datetime | None]) -> bool:
        """Tell whether the next page of a list is worth reading: not all is known, nor all too old."""
        since = self.given.window.since
        times = [post.published_at for post in posts if post.published_at]
        too_old = since is not None and bool(times) and max(times) < since
        return bool(posts) and not too_old and any(post.name not in known for post in posts)
