"""Quotes of the securities that stored posts mention, and their daily bars.

Follows: push2's quotes of many securities at once; with `bars`, push2his's bars of each security that has a quote.
Leaves alone: pages of quotes, which show nothing without a browser.
Arguments: `symbols` (such as `600519.SH`, comma-separated; default: all securities that the store knows), `bars`
    (`day`: daily bars, too), `since` (first day of the bars, `YYYY-MM-DD` or `30d`; default: that of the last one
    stored, which may not have been over when it was read, else 30 days back).
Settings: MIRRORS, HOST_DROPS_MAX, RUN_MAX_ERROR_RATIO, RUN_MAX_REJECT_RATIO.
Caveats: a symbol of several markets (`NIO.US`) is asked for in all of them, unless the store knows in which it is;
    bars are not adjusted for dividends and splits.
"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawler.items import Prices
from crawler.pages.errors import PageLayoutError
from crawler.pages.payload import MissingPayloadError, PayloadError
from crawler.pages.quote import parse_klines
from crawler.securities import candidates
from crawler.spiders.arguments import BEIJING, QuoteArguments
from crawler.spiders.quoting import QuotingSpider
from crawler.urls import bars_url
from store.queries import known_secids
from store.quotes import known_securities, last_bar

FIRST_BARS = timedelta(days=30)
"""How far back the first bars of a security go; more is asked for with `since`."""


class QuotesSpider(QuotingSpider):
    """Ask for quotes and bars."""

    name = "quotes"
    allowed_domains: ClassVar[list[str]] = ["eastmoney.com"]
    known_arguments: ClassVar[frozenset[str]] = frozenset({"symbols", "bars", "since"})

    given: QuoteArguments

    @classmethod
    def understood(cls, arguments: dict[str, str], settings: BaseSettings) -> QuoteArguments:  # noqa: ARG003 - as the base class has it
        """Read the arguments. Raises ArgumentError."""
        return QuoteArguments.parse(arguments, datetime.now(UTC))

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the quotes of all that is wanted."""
        groups = await self.wanted()
        self.crawler.stats.set_value("prices/asked", len(groups))
        for request in self.quote_requests(groups):
            yield request

    async def wanted(self) -> list[list[str]]:
        """Give the secids that are wanted, in groups of which one will do."""
        if not self.given.symbols:
            return [[secid] for secid in await self.store.ask(known_securities) or []]
        groups = []
        for symbol in self.given.symbols:
            possible = candidates(symbol)
            groups.append(await self.store.ask(known_secids, possible) or possible)
        return groups

    async def parse_quotes(self, response: Response, groups: list[list[str]]) -> AsyncIterator[Any]:
        """Read quotes, and ask for the bars of each security that has one."""
        async for prices in super().parse_quotes(response, groups):
            yield prices
            if self.given.bars:
                for quote in prices.quotes:
                    yield await self.bars_request(quote.secid)

    async def bars_request(self, secid: str) -> Request:
        """Ask for the daily bars of a security."""
        since = self.given.since
        if since is None:
            last = await self.store.ask(last_bar, secid)
            since = date.fromisoformat(last) if last else datetime.now(BEIJING).date() - FIRST_BARS
        return self.price_request("bars", bars_url(secid, since), self.parse_bars, secid=secid)

    async def parse_bars(self, response: Response, secid: str) -> AsyncIterator[Any]:
        """Read the bars of a security."""
        try:
            bars = parse_klines(self.text_of(response), response.url)
            if any(bar.secid != secid for bar in bars):
                raise PayloadError(response.url, f"about {bars[0].secid}, not {secid}")
        except MissingPayloadError:
            self.judged(response, usable=True)
            self.unknown("bars", [secid])
            return
        except PageLayoutError as error:
            await self.unusable(error, response)
            return
        self.judged(response, usable=True)
        self.crawler.stats.inc_value("pages/bars/read")
        if bars:
            yield Prices(response.url, datetime.now(UTC), bars=bars)
