"""What every spider of the project brings with it: its run's id, the store, the site, the pace, the arguments."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Self, cast

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response, TextResponse
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.items import PostPage
from crawler.pages.errors import PageLayoutError
from crawler.pages.kinds import READ_AS, read_page
from crawler.pages.text import decoded
from crawler.signals import page_unread
from store.connection import Store
from store.readings import milliseconds
from store.rejects import Rejects
from store.runs import new_id
from store.spool import Spool


class StoreSpider(Spider):
    """A spider with a store. `run_id` names its document in `runs`."""

    known_arguments: ClassVar[frozenset[str]] = frozenset()
    """Names of the spider arguments it understands."""

    judged_forms: ClassVar[frozenset[str]] = frozenset()
    """Forms (crawler.items.FORMS) whose readings are held to RUN_MIN_FILL: those the spider is there for."""

    store: Store
    rejects: Rejects
    run_id: str
    arguments: dict[str, str]
    """As typed."""

    given: Any
    """As understood."""

    listed: dict[str, bool]
    """Pages of posts that the site's listings showed, and whether each was known before the run."""

    endings: list[Callable[[], Awaitable[None]]]
    """What others want done at the end of the run, while the store is still open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listed = {}
        self.endings = []
        self.fetched_last = datetime.min.replace(tzinfo=UTC)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider; arguments it does not know are reported, not refused. `_job` is scrapyd's."""
        arguments = {name: str(value) for name, value in kwargs.items()}
        spider = super().from_crawler(crawler, *args)
        settings = crawler.settings
        spider.arguments = arguments
        spider.run_id = new_id(cls.name)
        home, database = Path(settings["FINEWS_HOME"]), settings["MONGO_DATABASE"]
        spool = Spool(home / settings["SPOOL_DIR"], spider.run_id, database, settings.getint("SPOOL_MAX_BYTES"))
        spider.store = Store(
            settings["MONGO_URI"],
            database,
            home / settings["MONGO_EMBEDDED_DIR"],
            settings.getfloat("MONGO_OUTAGE_SECONDS"),
            spool,
        )
        spider.rejects = Rejects(spider.store, spider.run_id, cls.name)
        for name in sorted(arguments.keys() - cls.known_arguments - {"_job"}):
            spider.logger.warning("argument %s is not known to spider %s", name, cls.name)
        spider.given = cls.understood(arguments, settings)
        return spider

    @classmethod
    def understood(cls, arguments: dict[str, str], settings: BaseSettings) -> Any:  # noqa: ARG003 - for subclasses
        """Read the arguments as typed. Raises ArgumentError. `scrapy crawl` asks before it starts anything."""
        return arguments

    def sum_up(self) -> None:
        """Put into the stats what the judge of the run has to know; it may be asked several times."""

    async def finish(self) -> None:
        """Write what was kept for the end of the run; the store is still open, and all items are stored."""
        for ending in self.endings:
            await ending()

    def fetched_at(self, response: Response) -> datetime:
        """Give when a page was fetched: one time for all that is read of it, to the millisecond, and its alone.

        By that time `scrapy replay` finds what was stored of a page.
        """
        if "fetched_at" not in response.meta:
            after = self.fetched_last + timedelta(milliseconds=1)
            self.fetched_last = max(milliseconds(datetime.now(UTC)), after)
            response.meta["fetched_at"] = self.fetched_last
        return cast("datetime", response.meta["fetched_at"])

    def read_posts(self, response: Response) -> PostPage:
        """Parse a page of posts as its request says (meta READ_AS). Raises PageLayoutError."""
        try:
            text, fetched_at = self.text_of(response), self.fetched_at(response)
            return read_page(text, response.url, fetched_at, **response.meta[READ_AS])
        except PageLayoutError as error:
            self.crawler.signals.send_catch_log(page_unread, response=response, error=error)
            raise

    def text_of(self, response: Response) -> str:
        """Give the text of a page; raises PageLayoutError for an answer that is no text, or cannot be read."""
        if not response.body:
            return ""
        if not isinstance(response, TextResponse):
            raise PageLayoutError(response.url, "not a text")
        return decoded(response.body, response.encoding, response.url)

    async def failed(self, failure: Failure) -> None:
        """Errback of every request: count and keep a page that could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
        error = cast("BaseException", failure.value)
        answer = error.response if isinstance(error, HttpError) else None
        status = answer.status if answer else None
        reason = f"Http{status}" if status else type(error).__name__
        self.crawler.stats.inc_value(f"pages/{request.meta['page']}/failed/{reason}")
        if request.meta["page"] == "category" and status == HTTPStatus.NOT_FOUND:
            return  # slugs are inferred from tags and URLs; not each has a page
        self.logger.warning("%s %s: %s", request.meta["page"], request.url, status or error)
        raw = answer.text if isinstance(answer, TextResponse) else None
        await self.rejects.add("fetch", error, url=request.url, raw=raw)
