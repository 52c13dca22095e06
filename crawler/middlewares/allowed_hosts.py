"""Which hosts may be asked at all: the ones the spider names, at their usual ports.

From: every request, whoever makes it: spiders, redirects, robots.txt, pages in the browser. Gives: those that may
leave. Refuses (`HostNotAllowedError`, counted in `hosts/not_allowed`): a host that is neither in the spider's
`allowed_domains` nor under one of them, a port that is neither the scheme's own nor named by FINEWS_SITE or an
origin in MIRRORS. So no page and no redirect chooses a host, and none reaches the services behind other ports of
one. A spider without `allowed_domains` may ask every host, as in Scrapy; none of ours that asks hosts is so. Other
schemes than http and https reach no host: DOWNLOAD_HANDLERS has nothing for them.

Takes the place of Scrapy's OffsiteMiddleware, which lets pass what has `dont_filter` (robots.txt, its redirects)
and any port. Where names lead is looked at when they are resolved (`crawler.handlers`).
"""

import logging
from collections.abc import Set as AbstractSet
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from crawler.mirrors import OTHERS, Mirrors, split_origin

logger = logging.getLogger(__name__)


class HostNotAllowedError(IgnoreRequest):
    """The spider does not name this host, or not so: nothing was sent."""


class AllowedHostsMiddleware:
    """Downloader middleware, see above. Stands first: what may not be asked needs no robots.txt."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        mirrors = Mirrors.parse(crawler.settings.get("MIRRORS", {}))
        site = split_origin(crawler.settings.get("FINEWS_SITE", ""))
        self.named = {site[0] if site else "", *mirrors.rules} - {OTHERS}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware, as Scrapy asks for it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let a request pass, or raise `HostNotAllowedError`."""
        if not request.url.startswith(("http:", "https:")):
            return
        domains: list[str] = getattr(self.crawler.spider, "allowed_domains", [])
        if not is_allowed(request.url, domains, self.named):
            self.crawler.stats.inc_value("hosts/not_allowed")
            logger.warning("Not asked, since no spider names its host: %s", request.url)
            raise HostNotAllowedError(f"not a host to be asked: {request.url}")


def is_allowed(url: str, domains: list[str], named: AbstractSet[str]) -> bool:
    """Tell whether a URL is of one of `domains`, or of a host under one; by another port only if `named` has it.

    `named`: origins as `split_origin` gives them, those that the operator names.
    """
    split = split_origin(url)
    if split is None or "@" in url.partition("://")[2].partition("/")[0]:
        return False
    parts = urlsplit(split[0])
    host = (parts.hostname or "").rstrip(".")
    if domains and not any(host == domain or host.endswith(f".{domain}") for domain in domains):
        return False
    return split[0] in named or parts.port is None
