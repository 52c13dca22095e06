"""The site: home, rolling list, feed, category pages, every post not known to the store; its upstream and quotes.

Follows: `/`, `/emnews/`, `/feed.xml`; `/category/<slug>.html` of every category that headings, post URLs, feed
    terms, footers or stored posts name; the posts on them; the share and origin links of posts, also of stored
    ones whose upstream parts are missing; at the end posts that left the listings (crawler/spiders/unlisted.py)
    and push2's quotes of the securities that the stored posts link.
Leaves alone: everything else the pages link to.
Arguments: `site` (URL), `category` (slugs, comma-separated), `since`, `until` (`YYYY-MM-DD` as Beijing days, or
    `3d`, `12h`), `limit` (posts), `refresh` (re-read posts this young although stored; default `1d`),
    `full` (`1`: re-read all), `share` (how share links are followed: `api`, the default, `browser` or `off`),
    `quotes` (how quote links are followed: `batch`, the default, `page` or `off`).
Settings: CHROMIUM_PATH, COMPLETED_MAX_POSTS, FINEWS_SITE, MIRRORS, UNLISTED_MAX_POSTS.
Caveats: a category of two words lists nothing; its posts are reached from home and feed only.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawler.browser import find_browser
from crawler.items import Listing, Post
from crawler.pages.feed import parse_feed
from crawler.pages.home import parse_home
from crawler.pages.kinds import READ_AS
from crawler.pages.listing import parse_listing
from crawler.spiders.arguments import SiteArguments, possible_times
from crawler.spiders.listed import ListedSpider
from crawler.urls import SHARE_HOSTS, category_url, post_id, post_place
from store import queries

_PARSERS: dict[str, Callable[[str, str], Listing]] = {
    "home": parse_home,
    "rolling": parse_listing,
    "category": parse_listing,
    "feed": parse_feed,
}


class FinewsSpider(ListedSpider):
    """Crawl the site."""

    name = "finews"
    known_arguments: ClassVar[frozenset[str]] = frozenset(
        {"site", "category", "since", "until", "limit", "refresh", "full", "share", "quotes"}
    )

    judged_forms: ClassVar[frozenset[str]] = frozenset({"page", "page-rolling"})
    allowed_domains: list[str]

    @classmethod
    def understood(cls, arguments: dict[str, str], settings: BaseSettings) -> SiteArguments:
        """Read the arguments. Raises ArgumentError; BrowserMissingError where they need one."""
        given = SiteArguments.parse(arguments, settings["FINEWS_SITE"], datetime.now(UTC))
        if given.share == "browser" or given.quotes == "page":
            find_browser(settings["CHROMIUM_PATH"])
        return given

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider; the downloader paces the site it names."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        site = spider.given.site
        crawler.settings.set("FINEWS_SITE", site, "spider")
        site_host = urlsplit(site).hostname or ""
        spider.allowed_domains = [site_host, "eastmoney.com", *SHARE_HOSTS]
        crawler.signals.connect(spider.look_after, signal=signals.spider_idle)
        if spider.given.quotes != "off":
            crawler.signals.connect(spider.post_stored, signal=signals.item_scraped)
            crawler.signals.connect(spider.ask_quotes, signal=signals.spider_idle)
        return spider

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.categories: set[str] = set()
        self.asked = 0
        self.unquoted: set[str] = set()
        self.quoted: set[str] = set()

    async def start(self) -> AsyncIterator[Any]:
        """Ask for what is missing, for the seeds, and for the categories that stored posts stand in."""
        await self.recall_unlisted()
        if self.given.quotes != "off":
            self.unquoted.update(await self.store.ask(queries.unquoted, self.name) or [])
        async for post in self.incomplete():
            for request in self.upstream_requests(post["_id"], post["missing"], post["share_url"]):
                yield request
        slugs = self.given.only or await self.store.ask(queries.categories) or []
        if not self.given.only:
            for page, path in (("home", "/"), ("rolling", "/emnews/"), ("feed", "/feed.xml")):
                yield await self.listing_request(page, urljoin(self.given.site, path))
        async for request in self.category_requests(slugs):
            yield request

    async def category_requests(self, slugs: list[str]) -> AsyncIterator[Request]:
        """Ask for category pages, each once. A downcased slug waits for no verbatim one but yields to it."""
        for slug in slugs:
            wanted = not self.given.only or slug.lower() in {only.lower() for only in self.given.only}
            if wanted and slug not in self.categories | {known.lower() for known in self.categories}:
                self.categories.add(slug)
                yield await self.listing_request("category", category_url(self.given.site, slug))

    async def listing_request(self, page: str, url: str) -> Request:
        """Ask for a listing page, on the condition that it changed since it was last read."""
        self.listings_asked += 1
        request = Request(
            url,
            self.parse_listing,
            errback=self.failed,
            priority=10,
            meta={"page": page},
            cb_kwargs={"page": page, "asked": url},
        )
        last = await self.store.ask(queries.listing, url)
        for header, validator in (("If-None-Match", "etag"), ("If-Modified-Since", "last_modified")):
            if last and last["validators"][validator]:
                request.headers[header] = last["validators"][validator]
                request.meta["handle_httpstatus_list"] = [304]
        return request

    async def parse_listing(self, response: Response, page: str, asked: str) -> AsyncIterator[Any]:
        """Follow what a listing page lists, whether it was sent again or not (304)."""
        if response.status == 304:
            last = await self.store.ask(queries.listing, asked)
            if last is None:  # MongoDB has gone since we asked: what the page lists must be read again
                yield (await self.listing_request(page, asked)).replace(dont_filter=True)
                return
            listing = Listing(last["post_urls"], last["categories"])
        else:
            listing = _PARSERS[page](self.text_of(response), response.url)
            await self.remember(listing, response, asked)
        self.crawler.stats.inc_value(f"pages/{page}/read")
        self.crawler.stats.inc_value(f"pages/{page}/listed", len(listing.post_urls))
        async for request in self.category_requests(listing.categories):
            yield request
        async for request in self.post_requests(listing.post_urls):
            yield request
        self.listings_read += 1

    async def post_requests(self, urls: list[str]) -> AsyncIterator[Request]:
        """Ask for the posts of one listing that the store does not know, or that are young enough to change."""
        stats = self.crawler.stats
        stats.inc_value("posts/shown", len(set(urls) - self.shown))
        self.shown.update(urls)
        fresh = [url for url in urls if url not in self.listed and self.is_wanted(url)]
        self.listed |= dict.fromkeys(fresh, False)  # before the wait: another listing may show the same posts
        known = await self.store.ask(queries.known_posts, fresh) or {}
        for url in fresh:
            self.listed[url] = url in known
            stats.inc_value("posts/listed")
            if url in known and not self.is_refreshed(known[url]):
                stats.inc_value("posts/known")
            elif self.given.limit is not None and self.asked >= self.given.limit:
                stats.inc_value("posts/beyond_limit")
            else:
                self.asked += 1
                yield self.post_request(url)

    def post_request(self, url: str) -> Request:
        """Ask for the page of a post."""
        meta = {"page": "post", READ_AS: {"kind": "post"}}
        return Request(url, self.parse_post, errback=self.failed, meta=meta)

    def is_wanted(self, url: str) -> bool:
        """Tell whether a post may be of a wanted category and time, as far as its URL tells."""
        place = post_place(url)
        if place is None:
            return False
        slugs = {" ".join(slug.lower().split()) for slug in self.given.only}
        in_category = not self.given.only or place.archived or place.category in slugs
        in_window = place.day is None or place.rebuilt or self.given.window.may_hold_day(place.day)
        return in_category and in_window

    def is_refreshed(self, published_at: datetime | None) -> bool:
        """Tell whether a known post is read again."""
        return self.given.full or published_at is None or published_at >= self.given.refresh_from

    async def parse_post(self, response: Response) -> AsyncIterator[Any]:
        """Read a post, and learn its category's verbatim slug from its footer."""
        self.crawler.stats.inc_value("posts/fetched")
        (post,) = self.read_posts(response).posts
        self.crawler.stats.inc_value("pages/post/read")
        if post.category:
            async for request in self.category_requests([post.category]):
                yield request
        if self.is_in_window(post):
            self.crawler.stats.inc_value("posts/scraped")
            yield post
            linked = [form for form in ("share", "origin") if getattr(post, f"{form}_url")]
            for request in self.upstream_requests(post_id(post.name), linked, post.share_url):
                yield request
        else:
            self.crawler.stats.inc_value("posts/outside_window")

    def upstream_requests(self, post: str | None, forms: list[str], share_url: str | None) -> list[Request]:
        """Ask for the linked upstream forms of a post."""
        requests = []
        if post and "share" in forms and self.given.share != "off":
            requests += self.share_request(post, share_url, browser=self.given.share == "browser")
        if post and "origin" in forms:
            requests += self.origin_request(post)
        return requests

    def is_in_window(self, post: Post) -> bool:
        """Tell whether a post's time lies in the window; a time that may be shown 8 h late counts either way."""
        if post.published_raw is None:
            return True  # is_wanted has looked at its day
        return any(self.given.window.holds(at) for at in possible_times(post.published_raw))

    def post_stored(self, item: Any) -> None:
        """Note the securities of a post that is stored now."""
        if isinstance(item, Post):
            self.unquoted.update(security.secid for security in item.securities)

    def ask_quotes(self) -> None:
        """When all posts are stored, ask for the quotes of their securities. Raises DontCloseSpider."""
        secids = sorted(self.unquoted - self.quoted)
        if secids and self.crawler.engine and not self.store.away:  # prices are not worth spooling
            self.quoted.update(secids)
            by_page = self.given.quotes == "page"
            groups = ([secid] for secid in secids)
            for request in self.quote_page_requests(secids) if by_page else self.quote_requests(groups):
                self.crawler.engine.crawl(request)
            raise DontCloseSpider
