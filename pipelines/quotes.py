"""Stage 5 of 5. Decides which quotes and bars can be believed, and stores them in MongoDB (store/quotes.py).

In: `Prices`, what one answer says. Out: the same, once MongoDB has acknowledged it; posts pass.
Rejects, one by one and never their neighbours: a quote without a time, a number that is none (InvalidQuoteError),
what MongoDB refuses (StoreRefusedError). Each is a document in `rejects`.
Counts `prices/quotes` = `prices/quotes_rejected` + `_inserted` + `_updated` + `_unchanged`; the same for `bars`.
Ends the run with `mongo_unavailable` when MongoDB is given up: prices are of the moment, and the next run has
newer ones.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC
from math import isfinite
from typing import Any, Self, TypeVar, cast

from scrapy.crawler import Crawler

from crawler.items import Bar, Prices, Quote
from crawler.securities import kind, symbol
from pipelines import InvalidQuoteError, StoreRefusedError
from store.connection import MongoUnavailableError
from store.names import MAX_CHARACTERS, Mention
from store.quotes import PriceWriter
from store.readings import Document, milliseconds, storable_text

_LARGEST_INT = 2**63 - 1
"""What BSON holds."""

Row = TypeVar("Row", Quote, Bar)


class QuotesPipeline:
    """Stage 5 of 5: quotes and bars into MongoDB."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writer: PriceWriter | None = None
        self.closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage; the spider brings the store, which the stage before opens."""
        return cls(crawler)

    @property
    def spider(self) -> Any:
        """The running spider, a StoreSpider."""
        return self.crawler.spider

    async def process_item(self, item: Any) -> Any:
        """Store the rows of `Prices`; other items pass. Raises MongoUnavailableError."""
        if not isinstance(item, Prices):
            return item
        mentions = [mention(quote, item) for quote in item.quotes]
        try:
            await self.keep(
                "quotes", item, await self.believed("quotes", item, item.quotes, quote_document), mentions
            )
            await self.keep("bars", item, await self.believed("bars", item, item.bars, bar_document), [])
        except MongoUnavailableError:
            if self.closing is None and self.crawler.engine:
                closing = self.crawler.engine.close_spider_async(reason="mongo_unavailable")
                self.closing = asyncio.ensure_future(closing)
            raise
        return item

    async def believed(
        self, name: str, prices: Prices, rows: list[Row], document: Callable[[Row], Document]
    ) -> list[Document]:
        """Give the documents of those rows that can be believed; reject the others."""
        self.count(name, len(rows))
        reading = {"read_at": milliseconds(prices.read_at), "run_id": self.spider.run_id}
        found = []
        for row in rows:
            try:
                found.append(document(row) | reading)
            except InvalidQuoteError as error:
                await self.reject(name, prices, error, asdict(row))
        return found

    async def keep(self, name: str, prices: Prices, documents: list[Document], mentions: list[Mention]) -> None:
        """Store documents in the collection of that name."""
        if self.writer is None:
            self.writer = PriceWriter(self.spider.store)
        kept = await self.writer.write(name, documents, mentions)
        self.count(f"{name}_inserted", kept.inserted)
        self.count(f"{name}_updated", kept.updated)
        self.count(f"{name}_unchanged", kept.unchanged)
        for document, problem in kept.refused:
            await self.reject(name, prices, StoreRefusedError(problem), document)

    async def reject(self, name: str, prices: Prices, error: Exception, row: Document) -> None:
        """Count and keep one row."""
        self.count(f"{name}_rejected", 1)
        raw = json.dumps(row, default=str, ensure_ascii=False)
        await self.spider.rejects.add("quotes", error, url=prices.url, raw=raw)

    def count(self, name: str, number: int) -> None:
        """Add to one of the counts of prices."""
        self.crawler.stats.inc_value(f"prices/{name}", number)


def quote_document(quote: Quote) -> Document:
    """Give the document of a quote, but for when it was read. Raises InvalidQuoteError."""
    if quote.at is None:
        raise InvalidQuoteError("at", None)
    at = milliseconds(quote.at.astimezone(UTC))
    written = at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")
    name = storable_text(quote.name) if quote.name else None
    values = _numbers(asdict(quote)) | {"at": at, "name": name, "symbol": symbol(quote.secid)}
    return {"_id": f"{quote.secid}@{written}", **values}


def bar_document(bar: Bar) -> Document:
    """Give the document of a bar, but for when it was read. Raises InvalidQuoteError."""
    day = bar.day.isoformat()
    return {"_id": f"{bar.secid}/{day}", **_numbers(asdict(bar)), "day": day, "symbol": symbol(bar.secid)}


def _numbers(row: Document) -> Document:
    """Give the row if each of its numbers is one, and one that BSON holds."""
    for name, value in row.items():
        if isinstance(value, float) and not isfinite(value):
            raise InvalidQuoteError(name, value)
        if isinstance(value, int) and not 0 <= value <= _LARGEST_INT:  # volumes and statuses; prices are floats
            raise InvalidQuoteError(name, value)
    return row


def mention(quote: Quote, prices: Prices) -> Mention:
    """Give what a quote says of its security: that there is one, and its name."""
    name = storable_text(quote.name) if quote.name and len(quote.name) <= MAX_CHARACTERS else None
    fixed = {"symbol": symbol(quote.secid), "kind": kind(quote.secid)}
    return Mention("securities", quote.secid, cast("Document", fixed), name, milliseconds(prices.read_at))
