"""Reading an article where it comes from: the share host's text, East Money's JSON, East Money's page.

Upstream is optional: a host that is down costs a warning, and `missing` in the stored post brings a later run
back. So every request here fails quietly, and what upstream does not have is remembered as `absent`.
A share page may be opened in a browser (`crawler.browser`), and is where its JSON alone makes no sense: once for
each post, and until its host is left alone.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.browser import WATCH, NoAnswerError, has_browser, watch
from crawler.items import Post
from crawler.pages.errors import PageLayoutError
from crawler.pages.kinds import READ_AS
from crawler.pages.payload import MissingPayloadError
from crawler.signals import answer_judged
from crawler.spiders.base import StoreSpider
from crawler.urls import article_json_url, article_url, share_code, share_text_url
from store import queries
from store.absent import mark_absent

PATIENCE_SECONDS = 4
"""Time-out of one try. Upstream is optional and answers within two seconds or not at all; with two tries and four
requests at a time, a silent host is found out in half a minute."""

GONE = frozenset({404, 410})
"""Statuses of what upstream does not have."""


class UpstreamSpider(StoreSpider):
    """A spider that completes posts from upstream."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.absences: set[tuple[str, str]] = set()

    async def finish(self) -> None:
        """Remember what upstream does not have: now, since a post may be asked for before it is stored."""
        await super().finish()
        for post, form in sorted(self.absences):
            await self.store.ask(mark_absent, post, form, self.run_id, self.name)

    async def incomplete(self) -> AsyncIterator[dict[str, Any]]:
        """Give stored posts whose upstream parts are still to be read: the newest, COMPLETED_MAX_POSTS of them."""
        last, left = None, self.settings.getint("COMPLETED_MAX_POSTS")
        while posts := await self.store.ask(queries.incomplete, last):
            for post in posts[:left]:
                yield post
            if len(posts) > left:
                self.crawler.stats.set_value("posts/completed_later", True)
                return
            last, left = posts[-1]["_id"], left - len(posts)

    def share_request(self, post: str, share_url: str | None, *, browser: bool = False) -> list[Request]:
        """Ask for the text behind a share link, or for its page; nothing where it names no article."""
        code, url = share_code(share_url or ""), share_text_url(share_url or "")
        if not share_url or not code or not url:
            return []
        address = share_url if browser else url
        request = self.upstream_request("share", post, address, self.parse_share, code, share_url=share_url)
        if not browser:
            return [request]
        request.meta[WATCH] = watch(urlsplit(url).path, id=code)
        return [request]

    def origin_request(self, post: str) -> list[Request]:
        """Ask for East Money's JSON of an article; nothing for a post that can have none."""
        url = article_json_url(post)
        return [self.upstream_request("origin", post, url, self.parse_article_json, post)] if url else []

    def upstream_request(
        self, page: str, post: str, url: str, callback: Any, code: str = "", **arguments: str
    ) -> Request:
        """Build a request upstream for a post, which is called `code` there; the site's own go first."""
        read_as = {"kind": page, "post": post, "code": code}
        return Request(
            url,
            callback,
            errback=self.failed_upstream,
            priority=-1,
            meta={"page": page, READ_AS: read_as, "download_timeout": PATIENCE_SECONDS, "max_retry_times": 1},
            cb_kwargs={"post": post, **arguments},
        )

    async def parse_share(self, response: Response, post: str, share_url: str) -> AsyncIterator[Any]:
        """Read the share host's text; where it makes no sense, see what the page gets to see."""
        try:
            (read,) = self.read_posts(response).posts
        except MissingPayloadError:
            self.absent(post, "share", response)
        except PageLayoutError as error:
            if WATCH in response.meta or not has_browser(self.settings["CHROMIUM_PATH"]):
                await self.unusable(error, response)
                return
            self.crawler.stats.inc_value("pages/share/second_tries")
            for request in self.share_request(post, share_url, browser=True):
                yield request.replace(priority=0)  # before other posts: it tells whether the host is of any use
        else:
            yield self.read_upstream(read, response)

    async def parse_article_json(self, response: Response, post: str) -> AsyncIterator[Any]:
        """Read East Money's JSON; where it does not tell the article, ask for the page."""
        try:
            (read,) = self.read_posts(response).posts
        except MissingPayloadError:
            self.judged(response, usable=True)
            yield self.article_request(post)
        except PageLayoutError as error:
            await self.unusable(error, response)
            yield self.article_request(post)
        else:
            yield self.read_upstream(read, response)

    def article_request(self, post: str) -> Request:
        """Ask for East Money's page of an article."""
        return self.upstream_request("article", post, article_url(post) or "", self.parse_article)

    async def parse_article(self, response: Response, post: str) -> AsyncIterator[Any]:
        """Read East Money's page."""
        try:
            (read,) = self.read_posts(response).posts
        except MissingPayloadError:
            self.absent(post, "origin", response)
        except PageLayoutError as error:
            await self.unusable(error, response)
        else:
            yield self.read_upstream(read, response)

    def read_upstream(self, read: Post, response: Response) -> Post:
        """Count a reading."""
        self.judged(response, usable=True)
        self.crawler.stats.inc_value(f"pages/{response.meta['page']}/read")
        self.crawler.stats.inc_value("posts/scraped")
        return read

    def absent(self, post: str, form: str, response: Response) -> None:
        """Note that upstream does not have a form of a post."""
        self.judged(response, usable=True)
        self.crawler.stats.inc_value(f"pages/{response.meta['page']}/absent")
        self.absences.add((post, form))

    async def unusable(self, error: PageLayoutError, response: Response) -> None:
        """Count and keep an answer that says nothing although its status was good."""
        self.judged(response, usable=False)
        self.crawler.stats.inc_value(f"pages/{response.meta['page']}/unreadable/{type(error).__name__}")
        self.logger.info("%s", error)
        raw = response.text if isinstance(response, TextResponse) else None
        await self.rejects.add("parse", error, url=response.url, raw=raw)

    def judged(self, response: Response, *, usable: bool) -> None:
        """Let the middlewares know whether a host answers sensibly."""
        self.crawler.signals.send_catch_log(answer_judged, response=response, usable=usable)

    def judge_page(self, failure: Failure) -> None:
        """Let a page that failed in the browser count against its host; its document was in order."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
        if WATCH in request.meta and isinstance(failure.value, (HttpError, NoAnswerError)):
            response = failure.value.response
            self.judged(response, usable=response.status in GONE)

    async def failed_upstream(self, failure: Failure) -> AsyncIterator[Any]:
        """Errback: count; ask for the page where the JSON cannot be had; a page that is gone is absent."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
        page, post = request.meta["page"], request.cb_kwargs["post"]
        response = failure.value.response if isinstance(failure.value, HttpError) else None
        if page == "article" and response is not None and response.status in GONE:
            self.absent(post, "origin", response)
            return
        reason = f"Http{response.status}" if response is not None else type(failure.value).__name__
        self.crawler.stats.inc_value(f"pages/{page}/failed/{reason}")
        self.judge_page(failure)
        if page == "origin":
            yield self.article_request(post)
