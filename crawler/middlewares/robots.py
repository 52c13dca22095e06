"""robots.txt for every request.

From: requests. Gives: Scrapy's own robots.txt middleware, repaired. Refuses: what robots.txt forbids.

In Scrapy 2.19 all requests that arrive while robots.txt is on its way wait for one Deferred, and awaiting a
Deferred takes its value away: the fetching request and the first that waits get the rules, the others get none and
pass. With 16 requests at a time that is most of a small crawl.
And a silent host would keep its requests waiting for three time-outs of robots.txt before the first is counted.
"""

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

PATIENCE_SECONDS = 4
"""How long robots.txt may take. A host that has not answered by then is asked without."""


class RobotsMiddleware(RobotsTxtMiddleware):
    """Takes the place of `RobotsTxtMiddleware` (100)."""

    async def process_request(self, request: Request) -> None:  # type: ignore[override]  # without the old argument
        """Judge a request by its host's robots.txt; ask for that once, and not for long."""
        if urlparse_cached(request).path == "/robots.txt":
            request.meta.setdefault("download_timeout", PATIENCE_SECONDS)
            request.meta.setdefault("max_retry_times", 0)
        await super().process_request(request)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Give the rules of the request's host, once they are there; None when they could not be read."""
        await super().robot_parser(request)
        parser = self._parsers[urlparse_cached(request).netloc]
        return None if isinstance(parser, Deferred) else parser
