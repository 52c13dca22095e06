"""Asking push2 for quotes: many securities in one request, one request at a time.

push2 bans by address, after a handful of hasty calls: so up to `BATCH` securities in a request, the tries of one
before the next, and nothing more after three tries in a row that failed (the setting HOST_DROPS_MAX and
`crawler.politeness` see to it). What it answers instead of quotes is never taken for "no quotes".
Pages of quotes have no figures of their own: opened in a browser, each asks push2 for the security it is about.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.browser import WATCH, watch
from crawler.items import Prices
from crawler.pages.errors import PageLayoutError
from crawler.pages.payload import MissingPayloadError
from crawler.pages.quote import parse_stock, parse_ulist
from crawler.spiders.upstream import GONE, PATIENCE_SECONDS, UpstreamSpider
from crawler.urls import quote_url, quotes_url

BATCH = 100
"""Securities in a request. Up to 300 were seen to be answered."""

_REFERER = "https://quote.eastmoney.com/"  # the pages that quote links lead to, which ask the same


def batches(groups: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    """Divide groups of secids into batches of up to `BATCH` secids, each group whole."""
    batch: list[list[str]] = []
    for group in groups:
        if sum(map(len, batch)) + len(group) > BATCH:
            yield batch
            batch = []
        batch.append(group)
    if batch:
        yield batch


class QuotingSpider(UpstreamSpider):
    """A spider that asks for quotes."""

    def quote_requests(self, groups: Iterable[list[str]]) -> Iterator[Request]:
        """Ask for quotes. The secids of a group may all stand for the same symbol: one of them will do."""
        for batch in batches(groups):
            url = quotes_url([secid for group in batch for secid in group])
            yield self.price_request("quotes", url, self.parse_quotes, groups=batch)

    def price_request(self, page: str, url: str, callback: Any, **arguments: Any) -> Request:
        """Build a request for quotes or bars."""
        return Request(
            url,
            callback,
            errback=self.failed_prices,
            headers={"Referer": _REFERER},
            priority=-1,
            meta={"page": page, "download_timeout": PATIENCE_SECONDS, "priority_adjust": 1},
            cb_kwargs=arguments,
        )

    def quote_page_requests(self, secids: Iterable[str]) -> Iterator[Request]:
        """Ask for the page that the quote link of each security leads to, for what it asks push2."""
        for secid in secids:
            request = self.price_request("quotes", quote_url(secid), self.parse_quote_page, secid=secid)
            request.meta[WATCH] = watch("/api/qt/stock/get", secid=secid, fields="f43")
            yield request

    async def parse_quote_page(self, response: Response, secid: str) -> AsyncIterator[Any]:
        """Read the quote that a page asked for."""
        try:
            quote = parse_stock(self.text_of(response), response.url)
        except MissingPayloadError:
            self.judged(response, usable=True)
            self.unknown("quotes", [secid])
        except PageLayoutError as error:
            await self.unusable(error, response)
        else:
            self.judged(response, usable=True)
            self.crawler.stats.inc_value("pages/quotes/read")
            yield Prices(response.url, datetime.now(UTC), quotes=[quote])

    async def parse_quotes(self, response: Response, groups: list[list[str]]) -> AsyncIterator[Any]:
        """Read quotes; note which securities push2 does not know."""
        try:
            quotes = parse_ulist(self.text_of(response), response.url)
        except MissingPayloadError:
            quotes = []
        except PageLayoutError as error:
            await self.unusable(error, response)
            return
        self.judged(response, usable=True)
        self.crawler.stats.inc_value("pages/quotes/read")
        found = {quote.secid for quote in quotes}
        self.unknown("quotes", [" or ".join(group) for group in groups if not found.intersection(group)])
        if quotes:
            yield Prices(response.url, datetime.now(UTC), quotes=quotes)

    def unknown(self, page: str, names: list[str]) -> None:
        """Note securities that upstream does not know."""
        stats = self.crawler.stats
        if names:
            stats.set_value(f"prices/unknown_{page}", stats.get_value(f"prices/unknown_{page}", []) + names)

    async def failed_prices(self, failure: Failure) -> None:
        """Errback: count, and keep what was sent and failed; there is no page of a security that is not known."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
        self.judge_page(failure)
        status = failure.value.response.status if isinstance(failure.value, HttpError) else None
        if WATCH in request.meta and status in GONE:
            self.unknown("quotes", [request.cb_kwargs["secid"]])
        elif isinstance(failure.value, IgnoreRequest) and status is None:
            self.crawler.stats.inc_value(f"pages/{request.meta['page']}/failed/{type(failure.value).__name__}")
        else:
            await self.failed(failure)
