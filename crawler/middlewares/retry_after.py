"""Retries that wait: as long as Retry-After says, else a moment.

From: responses and failures of requests. Gives: Scrapy's retries, which by themselves never wait; on 429 and 503
with Retry-After the host held for that time, its other requests too, other hosts not; else a back-off of this
request alone. Refuses: a wait above RETRY_AFTER_MAX, which ends the request at once (counted in
`retry_after/too_long`; the breaker then leaves the host alone that long).

Settings: RETRY_AFTER_MAX (s), RETRY_BACKOFF (s, doubled for each further try), and Scrapy's RETRY_*. Stands in the
place of Scrapy's RetryMiddleware, which must be switched off.
"""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, cast

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.settings import BaseSettings

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


class RetryAfterMiddleware(RetryMiddleware):
    """Downloader middleware, see above."""

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self.longest = settings.getfloat("RETRY_AFTER_MAX", 60)
        self.back_off = settings.getfloat("RETRY_BACKOFF", 0.5)

    # Scrapy awaits what a middleware's methods return when it can be awaited; its types know plain methods only.
    async def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Give the request to be tried again, once the time has come, or the response as it is."""
        seconds = asked_wait(response, datetime.now(UTC))
        if seconds is None:
            if response.status in self.retry_http_codes:
                await self._wait_a_moment(request)
        elif seconds > self.longest:
            self.crawler.stats.inc_value("retry_after/too_long")
            return response
        else:
            cast("PoliteDownloader", self.crawler.engine.downloader).hold(request, seconds)
            self.crawler.stats.inc_value("retry_after/held")
        return super().process_response(request, response)

    async def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        """Give the request to be tried again, or None for a failure that is final."""
        if isinstance(exception, self.exceptions_to_retry):
            await self._wait_a_moment(request)
        return super().process_exception(request, exception)

    async def _wait_a_moment(self, request: Request) -> None:
        tries = request.meta.get("retry_times", 0)
        if tries < self.max_retry_times and not request.meta.get("dont_retry"):
            await asyncio.sleep(self.back_off * 2**tries)
