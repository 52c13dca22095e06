"""Wait before a retry: as long as Retry-After says, else a moment.

From: responses and failures that Scrapy's RetryMiddleware (550), which never waits, is about to retry; this one
stands at 560 and sees them first. Gives: on 429 and 503 with Retry-After, the host held for that time, its other
requests too, other hosts not; else a back-off of this request alone. Refuses: a wait above RETRY_AFTER_MAX, which
ends the request at once (counted in `retry_after/too_long`; the breaker then leaves the host alone that long).

Settings: RETRY_AFTER_MAX (s), RETRY_BACKOFF (s, doubled for each further try), and Scrapy's RETRY_*.
"""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.misc import load_object

if TYPE_CHECKING:
    from crawler.downloader import PoliteDownloader

# The statuses for which RFC 9110 and RFC 6585 define what Retry-After means for the same request.
WAIT_STATUSES = frozenset({429, 503})


def asked_wait(response: Response, now: datetime) -> float | None:
    """Seconds (>= 0) that a 429 or 503 asks to wait by Retry-After, given as seconds or as an HTTP date.

    `now`: aware time of receipt, used when the server does not give its own time in `Date`. None when nothing
    was asked, or nothing that can be read.
    """
    value = _header(response, "Retry-After")
    if response.status not in WAIT_STATUSES or value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    until = _http_date(value)
    if until is None:
        return None
    sent = _http_date(_header(response, "Date") or "") or now
    return max(0.0, (until - sent).total_seconds())


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return None if value is None else value.decode("latin-1").strip()


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # An HTTP date is always in GMT; "-0000" makes it naive.
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


class RetryAfterMiddleware:
    """Downloader middleware, see above."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.longest = settings.getfloat("RETRY_AFTER_MAX", 60)
        self.back_off = settings.getfloat("RETRY_BACKOFF", 0.5)
        self.retry_times = settings.getint("RETRY_TIMES") if settings.getbool("RETRY_ENABLED") else 0
        self.statuses = {int(status) for status in settings.getlist("RETRY_HTTP_CODES")}
        self.exceptions = tuple(load_object(name) for name in settings.getlist("RETRY_EXCEPTIONS"))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware, as Scrapy asks for it."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Hold the host, or wait, or mark the request as not to be retried; the response passes on as it is."""
        seconds = asked_wait(response, datetime.now(UTC))
        if seconds is None:
            if response.status in self.statuses:
                await self._wait_a_moment(request)
        elif seconds > self.longest:
            request.meta["dont_retry"] = True
            self.crawler.stats.inc_value("retry_after/too_long")
        else:
            cast("PoliteDownloader", self.crawler.engine.downloader).hold(request, seconds)
            self.crawler.stats.inc_value("retry_after/held")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Wait a moment after a failure that will be retried."""
        if isinstance(exception, self.exceptions):
            await self._wait_a_moment(request)

    async def _wait_a_moment(self, request: Request) -> None:
        tries = request.meta.get("retry_times", 0)
        if tries < self.retry_times and not request.meta.get("dont_retry"):
            await asyncio.sleep(self.back_off * 2**tries)
