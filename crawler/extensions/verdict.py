"""Judges a run and keeps its books: a green run means complete (rule 6).

From the stats of the crawl, before Scrapy says `finished`; crawler/extensions/judge.py judges them. Gives the
`finish_reason`, the document in `runs` and the stat `run/ok`, which decides the exit code of `scrapy crawl`.
"""

import asyncio
import platform
import resource
import sys
import time
from collections import Counter
from dataclasses import replace
from importlib.metadata import version
from typing import Any, Self

from pymongo.errors import PyMongoError
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.httpobj import urlparse_cached

from crawler.extensions.grouping import OUTDATED, group
from crawler.extensions.judge import JUDGES, PRICE_PAGES, Limits, Verdict, filled, judge
from crawler.items import Post
from crawler.urls import post_place
from store import queries, runs
from store.connection import MongoUnavailableError
from store.schema import Database
from store.serials import decide_by_serial
from store.spool import SpoolError, run_line

SIGN_OF_LIFE_SECONDS = 60.0
MISSING_SHOWN = 100
"""URLs of missing posts kept per category; a broken run of thousands needs no more to be understood."""

_COUNTS = (
    *("listed", "known", "fetched", "scraped", "rejected", "duplicate", "inserted", "updated", "unchanged"),
    *("revised", "spooled", "grouped", "sought", "withdrawn"),
)
_PRICE_COUNTS = tuple(
    page + part for page in PRICE_PAGES for part in ("", "_rejected", "_inserted", "_updated", "_unchanged")
)


class VerdictExtension:
    """Opens, keeps alive and closes the document of a run."""

    def __init__(self, crawler: Crawler, limits: Limits) -> None:
        self.crawler = crawler
        self.limits = limits
        self.requests: Counter[tuple[str, str]] = Counter()
        self.alive = create_looping_call(self.sign_of_life)
        self.telling: asyncio.Future[None] | None = None
        self.run: dict[str, Any] = {}
        self.begun = time.monotonic()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension from the settings RUN_*. Raises LimitsError."""
        extension = cls(crawler, Limits.of(crawler.settings))
        for signal, receiver in (
            (signals.spider_opened, extension.spider_opened),
            (signals.response_received, extension.response_received),
            (signals.item_scraped, extension.item_scraped),
            (signals.spider_idle, extension.spider_idle),
            (signals.spider_closed, extension.spider_closed),
        ):
            crawler.signals.connect(receiver, signal=signal)
        return extension

    @property
    def spider(self) -> Any:
        """The running spider, a StoreSpider."""
        return self.crawler.spider

    async def spider_opened(self) -> None:
        """Open the run's document. Scrapy opens a spider also when a pipeline has just given up."""
        spider = self.spider
        store = spider.store
        if not store.is_open and not store.away:
            return
        versions = {name: version(name) for name in ("scrapy", "pymongo")} | {"python": platform.python_version()}
        self.run = runs.new(spider.run_id, spider.name, spider.arguments, versions)
        await store.ask(runs.begin, self.run)
        if store.away:
            try:
                store.put_off(run_line(self.run), beyond_limit=True)
            except SpoolError as error:
                spider.logger.error("%s", error)  # noqa: TRY400 - the message says it all
                raise CloseSpider("mongo_unavailable") from error
        self.alive.start(SIGN_OF_LIFE_SECONDS, now=False)

    def sign_of_life(self) -> None:
        """Tell other runs that this one goes on. The loop that calls it cannot wait, so a task does."""
        self.telling = asyncio.ensure_future(self.spider.store.ask(runs.sign_of_life, self.spider.run_id))

    def response_received(self, request: Request) -> None:
        """Count an answer by host and kind of page."""
        if host := urlparse_cached(request).hostname:  # the steps of an import reach none
            self.requests[host, request.meta.get("page", "robots")] += 1

    def item_scraped(self, item: Any) -> None:
        """Count the fields of a reading that is stored now, of the forms that the spider is there for."""
        if isinstance(item, Post) and item.form in self.spider.judged_forms:
            for name in ("readings", *filled(item)):
                self.crawler.stats.inc_value(f"fill/{name}")

    def verdict(self) -> Verdict:
        """Judge the run as it stands. A run without MongoDB is no judge of the site, only a witness."""
        self.spider.sum_up()
        verdict = JUDGES.get(self.spider.name, judge)(self.crawler.stats.get_stats(), self.limits)
        if away := self.spider.store.away:
            failures, warnings = [away], [*verdict.failures, *verdict.warnings]
            verdict = replace(verdict, reason="mongo_unavailable", failures=failures, warnings=warnings)
        outdated = [OUTDATED] if self.crawler.stats.get_value("fingerprints/outdated") else []
        return replace(verdict, warnings=[*verdict.warnings, *self.spool_warnings(), *outdated])

    def spool_warnings(self) -> list[str]:
        """Tell what the spool of earlier runs held, and what found no place in this one's."""
        stats, lost = self.crawler.stats.get_stats(), self.spider.rejects.lost
        drained = [f"{count} {name[6:]}" for name, count in sorted(stats.items()) if name.startswith("spool/")]
        warnings = [f"from the spool of earlier runs: {', '.join(drained)}"] if drained else []
        return warnings + ([f"{lost} rejects could be kept nowhere"] if lost else [])

    def spider_idle(self) -> None:
        """Say why the run ends, before Scrapy says that it finished. Raises CloseSpider."""
        reason = self.verdict().reason
        if reason != "finished":
            raise CloseSpider(reason)

    async def spider_closed(self, reason: str) -> None:
        """Write the verdict and the books, and close the store."""
        store = self.spider.store
        figures = await self.figures(reason) if self.run else {}
        if self.alive.running:
            self.alive.stop()
        run = self.judged(reason, figures)
        try:
            if self.run:
                await store.reach(runs.write, run)
        except MongoUnavailableError:
            run = self.judged(reason, figures)  # it may be known just now
            self.put_off_end(run)
        except PyMongoError as error:
            self.fail(f"the end of the run could not be written: {error}")
        await store.close()
        said = ", ".join(f"{name} {count:,}" for name, count in run["counts"].items() if count)
        self.spider.logger.info("run %s: %s (%s)", self.spider.run_id, run["finish_reason"], said or "nothing")

    def judged(self, reason: str, figures: dict[str, Any]) -> dict[str, Any]:
        """Give the run's document with verdict and books; set the stats that the exit code comes from."""
        stats, verdict, away = self.crawler.stats, self.verdict(), self.spider.store.away
        if away and reason in {"finished", "limit"}:  # it went while the end was written
            reason = verdict.reason
        failures = verdict.failures if reason == verdict.reason else [reason, *([away] if away else [])]
        ok = reason in {"finished", "limit"} and not failures
        stats.set_value("run/ok", ok)
        stats.set_value("run/failures", failures)
        counts = {name: stats.get_value(f"posts/{name}", 0) for name in _COUNTS}
        counts |= {name: stats.get_value(f"prices/{name}", 0) for name in _PRICE_COUNTS}
        said = {"failures": failures, "warnings": verdict.warnings, "counts": counts}
        return runs.ended(self.run, {"finish_reason": reason, "ok": ok, **said, **figures})

    def put_off_end(self, run: dict[str, Any]) -> None:
        """Leave the end of a run to the next one, through the spool."""
        try:
            self.spider.store.put_off(run_line(run), beyond_limit=True)
        except SpoolError as error:
            self.fail(f"the end of the run could not be written: {error}")

    def fail(self, failure: str) -> None:
        """Say one more reason why the run is not ok; if its document tells no end, the next run closes it."""
        stats = self.crawler.stats
        stats.set_value("run/ok", False)
        stats.set_value("run/failures", [*stats.get_value("run/failures"), failure])

    async def figures(self, reason: str) -> dict[str, Any]:
        """Write what was kept for the end, and give the figures of the run."""
        stats, store = self.crawler.stats, self.spider.store
        await self.spider.finish()
        decided = await store.ask(decide_by_serial, self.spider.run_id, self.spider.name)
        stats.set_value("posts/decided_by_serial", decided or 0)
        if reason != "shutdown":  # somebody waits for it to end; the next run does it
            await group(self.crawler, self.spider)
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "requests": [
                {"host": host, "kind": kind, "count": count}
                for (host, kind), count in sorted(self.requests.items())
            ],
            # Without MongoDB nobody can tell what is stored.
            "coverage": await store.ask(coverage, self.spider.listed) or [],
            "bytes": stats.get_value("downloader/response_bytes", 0),
            "seconds": time.monotonic() - self.begun,  # the clock may be set meanwhile
            "peak_memory": kilobytes if sys.platform == "darwin" else kilobytes * 1024,
        }


async def coverage(database: Database, listed: dict[str, bool]) -> list[dict[str, Any]]:
    """Compare the posts that listings showed with what is stored now. `listed`: URL -> known before the run."""
    stored = await queries.known_posts(database, list(listed))
    by_category: dict[str, list[str]] = {}
    for url in listed:
        place = post_place(url)
        by_category.setdefault((place.category if place else None) or "", []).append(url)
    return [
        {
            "category": category,
            "listed": len(urls),
            "known": sum(listed[url] for url in urls),
            "stored": sum(url in stored for url in urls),
            "missing": [url for url in urls if url not in stored][:MISSING_SHOWN],
        }
        for category, urls in sorted(by_category.items())
    ]
