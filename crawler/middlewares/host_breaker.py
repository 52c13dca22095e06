"""Leave a host alone that keeps failing, or that asks for a longer wait than we grant.

From: what became of each request after its redirects and retries (this middleware stands at 90, outside of them).
Gives: after HOST_FAILURES_MAX failed requests to one host in a row, `HostLeftAloneError` for every further request
to it, at once, for the rest of the run; after a Retry-After above RETRY_AFTER_MAX the same, for that time.
Failed: no connection, time-out, 5xx, 403, 429. Any other response starts the count again. robots.txt does not
count. Answers that spiders judge (signal `answer_judged`) are counted apart: as many unusable ones in a row (block
pages with status 200, empty or meaningless JSON) end the same way.
`host/<host>/left_alone` is there when a host was left alone: the number of its requests not sent;
`host/<host>/left_alone_for` names its last failure, such as `Http429`.
"""

import logging
from collections import Counter
from datetime import UTC, datetime
from math import inf
from time import monotonic
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import load_object

from crawler.middlewares.retry_after import asked_wait
from crawler.signals import answer_judged

logger = logging.getLogger(__name__)


class HostLeftAloneError(IgnoreRequest):
    """The host failed too often, or asked to be left alone; this request was not sent."""


class HostBreakerMiddleware:
    """Downloader middleware, see above."""

    counted = "requests"

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.stats = crawler.stats
        self.failures_max = settings.getint("HOST_FAILURES_MAX", 5)
        self.longest_wait = settings.getfloat("RETRY_AFTER_MAX", 60)
        # What is worth a retry is what says that the host, not the request, is at fault.
        self.exceptions = tuple(load_object(name) for name in settings.getlist("RETRY_EXCEPTIONS"))
        self.failures: Counter[str] = Counter()
        self.unusable: Counter[str] = Counter()
        self.alone_until: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware, as Scrapy asks for it."""
        middleware = cls(crawler)
        crawler.signals.connect(middleware.answer_judged, signal=answer_judged)
        return middleware

    def process_request(self, request: Request) -> None:
        """Raise `HostLeftAloneError` when the host of this request is left alone now."""
        host = _host(request)
        if monotonic() < self.alone_until.get(host, 0):
            self.stats.inc_value(f"host/{host}/left_alone")
            raise HostLeftAloneError(f"{host} is left alone")

    def process_response(self, request: Request, response: Response) -> Response:
        """Count the response; it passes on as it is."""
        if not self._counts(request):
            return response
        host = _host(request)
        wait = asked_wait(response, datetime.now(UTC))
        if wait is not None and wait > self.longest_wait:
            self._leave_alone(host, monotonic() + wait, f"it asks for {wait:.0f} s")
        if response.status >= 500 or response.status in {403, 429}:
            self._count_failure(host, f"Http{response.status}")
        else:
            self.failures[host] = 0
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Count the failure; it passes on as it is."""
        if isinstance(exception, self.exceptions) and self._counts(request):
            self._count_failure(_host(request), type(exception).__name__)

    def answer_judged(self, response: Response, usable: bool) -> None:
        """Count what a spider says of an answer."""
        host = urlparse_cached(response).hostname or ""
        self.unusable[host] = 0 if usable else self.unusable[host] + 1
        if self.unusable[host] == self._limit(host):
            self._leave_alone(host, inf, f"{self.unusable[host]} answers in a row say nothing")

    def _counts(self, request: Request) -> bool:
        return not _is_robots(request)

    def _limit(self, _host: str) -> float:
        return self.failures_max

    def _count_failure(self, host: str, name: str) -> None:
        self.failures[host] += 1
        if self.failures[host] == self._limit(host):
            self.stats.set_value(f"host/{host}/left_alone_for", name)
            self._leave_alone(host, inf, f"{self.failures[host]} {self.counted} in a row failed")

    def _leave_alone(self, host: str, until: float, reason: str) -> None:
        self.alone_until[host] = max(until, self.alone_until.get(host, 0))
        self.stats.inc_value(f"host/{host}/left_alone", 0)
        logger.warning("Leaving %s alone: %s", host, reason)


class DropsMiddleware(HostBreakerMiddleware):
    """The same for the hosts of HOST_DROPS_MAX, where every try counts, those for robots.txt too.

    Stands inside of retries and of robots.txt, at 570: they send nothing more either.
    """

    counted = "tries"

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.limits = {host: int(most) for host, most in crawler.settings.getdict("HOST_DROPS_MAX").items()}

    def _counts(self, request: Request) -> bool:
        return _host(request) in self.limits

    def _limit(self, host: str) -> float:
        return self.limits.get(host, inf)


def _host(request: Request) -> str:
    return urlparse_cached(request).hostname or ""


def _is_robots(request: Request) -> bool:
    return urlparse_cached(request).path == "/robots.txt"
