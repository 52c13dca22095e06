"""Stage 2 of 5. Turns the marks of a body into securities.

In: a normalised `Post` with marks. Out: the same with `securities`, in order of first mention.
Drops nothing. Counts `securities/unknown_market`: marks whose market no table knows; they keep their secid.
"""

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from crawler.items import EVIDENCE, Mark, Post, Security
from crawler.securities import kind, symbol


class SecuritiesPipeline:
    """Stage 2 of 5: marks to securities."""

    def __init__(self, stats: StatsCollector) -> None:
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage."""
        return cls(crawler.stats)

    def process_item(self, item: Any) -> Any:
        """Fill the securities of a `Post`; other items pass."""
        if isinstance(item, Post):
            item.securities = securities(item.body.marks)
            unknown = sum(security.symbol is None for security in item.securities)
            if unknown:
                self.stats.inc_value("securities/unknown_market", unknown)
        return item


def securities(marks: list[Mark]) -> list[Security]:
    """Gather marks by security, in order of first mention. A chart is evidence but no mention."""
    gathered: dict[str, list[Mark]] = {}
    for mark in marks:
        gathered.setdefault(mark.secid, []).append(mark)
    return [_security(secid, places) for secid, places in gathered.items()]


def _security(secid: str, places: list[Mark]) -> Security:
    market, code = secid.split(".", 1)
    seen = {mark.evidence for mark in places} | {"keyword" for mark in places if mark.automatic}
    return Security(
        secid=secid,
        symbol=symbol(secid),
        code=code,
        market=int(market),
        kind=kind(secid),
        # Tables mark the code itself too; that is no name.
        name=next((mark.name for mark in places if mark.name and mark.name != code), None),
        mentions=sum(mark.evidence in {"link", "keyword"} for mark in places),
        evidence=tuple(evidence for evidence in EVIDENCE if evidence in seen),
    )
