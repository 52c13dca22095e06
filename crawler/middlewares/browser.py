"""Opens pages in the browser whose request asks for it, and passes on what they fetch.

From: the document of a page, fetched like any other (robots.txt, pace, retries, redirects, MIRRORS), where the
request has `crawler.browser.WATCH` in its meta. Gives: the answer that the page itself fetches, as the response to
that request. Raises NoAnswerError; HostLeftAloneError where the host was left alone while the page waited for its
turn. A document with a bad status passes as it is. Stands at 80, outside of all that repeats or judges requests: a
page is opened once.

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

PAGES_AT_ONCE = 2
"""Two pages keep a host busy that may be asked once a second."""


class BrowserMiddleware:
    """Downloader middleware, see above."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.chromium: Chromium | None = None
        self.turns = asyncio.Semaphore(PAGES_AT_ONCE)

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
        async with self.turns:
            breaker = self.crawler.get_downloader_middleware(HostBreakerMiddleware)
            if breaker:
                breaker.process_request(request)
            answer = await self.browser().visit(request, response)
        answer.request = request
        return answer

    def browser(self) -> "Chromium":
        """Give the browser of this crawl."""
        if self.chromium is None:
            # scrapy-playwright may not be installed, and takes half a second to import.
            from crawler.chromium import Chromium  # noqa: PLC0415 - see above

            self.chromium = Chromium(self.crawler)
        return self.chromium

    async def engine_stopped(self) -> None:
        """Close the browser."""
        if self.chromium is not None:
            await self.chromium.close()
