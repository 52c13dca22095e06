"""Opens pages in the browser whose request asks for it, and passes on what they fetch.

From: the document of a page, fetched like any other (robots.txt, pace, retries, redirects, MIRRORS), where the
request has `crawler.browser.WATCH` in its meta. Gives: the answer that the page itself fetches, as the response to
that request. Raises NoAnswerError; HostLeftAloneError where the host was left alone while the page waited for its
turn. A document with a bad status passes as it is. Stands at 80, outside of all that repeats or judges requests: a
page is opened once.

One page at a time: each asks its host for two answers at least, so more would not be faster at the pace of rule 7.
The browser starts with the first such page, and ends with the crawl. Setting: CHROMIUM_PATH.
"""

import asyncio
from typing import TYPE_CHECKING, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response

from crawler.browser import WATCH, NoAnswerError
from crawler.middlewares.host_breaker import HostBreakerMiddleware

if TYPE_CHECKING:
    from crawler.chromium import Chromium

PAGES_A_BROWSER = 50
"""After so many pages another browser is started, in a second: Playwright's driver grows by 0.3 MB with each."""


class BrowserMiddleware:
    """Downloader middleware, see above."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.chromium: Chromium | None = None
        self.turn = asyncio.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware, as Scrapy asks for it."""
        middleware = cls(crawler)
        crawler.signals.connect(middleware.engine_stopped, signal=signals.engine_stopped)
        return middleware

    async def process_response(self, request: Request, response: Response) -> Response:
        """Give the watched answer of the page that `response` is the document of."""
        if WATCH not in request.meta or response.status != 200:
            return response
        if not isinstance(response, HtmlResponse) or not response.body:
            raise NoAnswerError(response, "no page to open")
        async with self.turn:
            breaker = self.crawler.get_downloader_middleware(HostBreakerMiddleware)
            if breaker:
                breaker.process_request(request)
            answer = await (await self.browser()).visit(request, response)
        answer.request = request
        return answer

    async def browser(self) -> "Chromium":
        """Give the browser for the next page."""
        if self.chromium is not None and self.chromium.visits >= PAGES_A_BROWSER:
            await self.chromium.close()
            self.chromium = None
        if self.chromium is None:
            # scrapy-playwright may not be installed, and takes half a second to import.
            from crawler.chromium import Chromium  # noqa: PLC0415 - see above

            self.chromium = Chromium(self.crawler)
        return self.chromium

    async def engine_stopped(self) -> None:
        """Close the browser."""
        if self.chromium is not None:
            await self.chromium.close()
