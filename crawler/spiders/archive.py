"""The same posts from the site's Jekyll sources on disk: the back-fill.

Follows: every source in a folder, a file, a .zip, a .tar.gz, a git repository, that the store does not know byte
    by byte; nothing leaves the machine.
Leaves alone: files that are no source by their name, such as README.md; share and origin links, which the next run
    of `finews` follows.
Arguments: `path` (where the sources are), `versions` (of a git repository: `newest`, the default, or `all`),
    `full` (`1`: read again what the store knows), `site` (URL).
Settings: FINEWS_SITE, RUN_MIN_POSTS, RUN_MAX_ERROR_RATIO, RUN_MAX_REJECT_RATIO.
Caveats: a folder or pack tells no time of its versions: those of one post count in the order of the generator's
    generations, right after the time of publication. In a checkout only what is committed is read.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawler.archives import ArchiveError, SourceFile, SourceFileError, Sources, Survey, open_archive
from crawler.items import Post
from crawler.pages.errors import PageLayoutError
from crawler.pages.source import parse_source, source_form
from crawler.spiders.arguments import ArchiveArguments
from crawler.spiders.base import StoreSpider
from crawler.urls import post_id, source_place
from store import queries
from store.readings import milliseconds, source_hash

BATCH_FILES = 200
BATCH_BYTES = 4 * 2**20
"""Read, asked for and handed on at once: real sources have 5 KB."""

LAST_FOLDER = 99
"""The place of a folder in its archive orders what nothing else does; there is room for so many places."""


class ArchiveSpider(StoreSpider):
    """Import sources."""

    name = "archive"
    known_arguments: ClassVar[frozenset[str]] = frozenset({"path", "versions", "full", "site"})

    given: ArchiveArguments

    custom_settings = {  # noqa: RUF012 - Scrapy declares it as no class variable
        # A batch of files is one response; the writer takes a hundred posts at a time, and the next wait for it.
        "CONCURRENT_ITEMS": 200,
        # Requests here only mark the steps of the import, so that Scrapy can end it between two of them.
        "DOWNLOAD_HANDLERS": {
            "data": "scrapy.core.downloader.handlers.datauri.DataURIDownloadHandler",
            **dict.fromkeys(("http", "https", "file", "ftp", "s3")),
        },
        "DOWNLOAD_SLOTS": {"": {"delay": 0, "concurrency": 1}},
    }

    @classmethod
    def understood(cls, arguments: dict[str, str], settings: BaseSettings) -> ArchiveArguments:
        """Read the arguments. Raises ArgumentError."""
        return ArchiveArguments.parse(arguments, settings["FINEWS_SITE"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.files: Sources | None = None
        self.folders: dict[str, int] = {}
        self.progress: tuple[int, int | None] = 0, None
        """Sources read so far, and how many there are (None: not counted yet)."""

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the first batch."""
        yield self.batch_request()

    def batch_request(self) -> Request:
        """Ask for the next batch: nothing is sent, but Scrapy asks for no more where a run is to end."""
        meta = {"page": "archive", "dont_obey_robotstxt": True}
        return Request("data:,", self.parse_batch, errback=self.failed, dont_filter=True, meta=meta)

    async def parse_batch(self, _response: Response) -> AsyncIterator[Any]:
        """Read a batch of files, and ask for the next."""
        stats = self.crawler.stats
        try:
            batch = await asyncio.to_thread(self.next_batch)
        except ArchiveError as error:
            stats.inc_value(f"pages/archive/failed/{type(error).__name__}")
            self.logger.error("%s", error)  # noqa: TRY400 - the message says it all
            await self.rejects.add("fetch", error, url=str(self.given.path))
            return
        wanted = await self.wanted(batch)
        stats.inc_value("posts/listed", len(batch))
        stats.inc_value("posts/known", len(batch) - len(wanted))
        posts = [post for file in wanted if (post := await self.read(file))]
        stats.inc_value("posts/scraped", len(posts))
        for post in sorted(posts, key=age):
            yield post
        self.progress = self.progress[0] + len(batch), self.progress[1]
        if batch and not self.store.away:  # the sources are safe where they are; the spool is for what may vanish
            yield self.batch_request()

    def next_batch(self) -> list[SourceFile]:
        """Read the next files; none at the end. It blocks, and runs in a thread. Raises ArchiveError."""
        if self.files is None:
            archive = open_archive(self.given.path, self.given.versions)
            self.prepare(archive.survey())
            self.files = archive.files()
        batch: list[SourceFile] = []
        size = 0
        while len(batch) < BATCH_FILES and size < BATCH_BYTES and (file := next(self.files, None)):
            batch.append(file)
            size += len(file.content)
        return batch

    def prepare(self, survey: Survey) -> None:
        """Learn what there is."""
        self.folders = {folder: place for place, folder in enumerate(sorted(survey.folders))}
        self.progress = 0, survey.count
        self.crawler.stats.set_value("archive/sources", survey.count)
        self.crawler.stats.set_value("archive/other_files", survey.others)
        self.logger.info("%s: %d sources, %d other files", self.given.path, survey.count, survey.others)

    def closed(self, _reason: str) -> None:
        """Let go of the archive, and of git."""
        if self.files:
            self.files.close()

    async def wanted(self, batch: list[SourceFile]) -> list[SourceFile]:
        """Give the files that the store does not know byte by byte."""
        if self.given.full:
            return batch
        keys = [stored_key(file) for file in batch]
        ids = sorted({key.partition("/")[2] for key in keys if key})
        known = await self.store.ask(queries.known_sources, ids) or {}
        return [file for file, key in zip(batch, keys, strict=True) if not is_known(file, known.get(key, {}))]

    async def read(self, file: SourceFile) -> Post | None:
        """Read a source; None, and a reject, where that cannot be done."""
        stats, now = self.crawler.stats, datetime.now(UTC)
        try:
            text = file.text
            stats.inc_value("posts/fetched")
            post = parse_source(text, file.path, self.given.site, now)
        except SourceFileError as error:
            stats.inc_value(f"pages/source/failed/{type(error).__name__}")
            await self.rejects.add("fetch", error, url=file.path)
            return None
        except PageLayoutError as error:
            stats.inc_value(f"pages/source/unreadable/{type(error).__name__}")
            await self.rejects.add("parse", error, url=file.path, raw=text)
            return None
        stats.inc_value("pages/source/read")
        post.committed_at = file.committed_at
        post.source_order += min(self.folders.get(file.folder, 0), LAST_FOLDER)
        return post


def age(post: Post) -> tuple[datetime, int]:
    """Give what orders the versions of a post. Oldest first, each is one row of history; else it may be two."""
    return post.committed_at or datetime.min.replace(tzinfo=UTC), post.source_order


def stored_key(file: SourceFile) -> str:
    """Give form and `_id` of a file's post; empty where its path does not tell."""
    place = source_place(file.path)
    post = post_id(place.name) if place else None
    return f"{source_form(place.name)}/{post}" if place and post else ""


def is_known(file: SourceFile, versions: dict[str, list[datetime | None]]) -> bool:
    """Tell whether the store was told this version, by this commit; `versions`: hash -> times of commit."""
    times = versions.get(source_hash(file.content), [])
    at = file.committed_at
    return bool(times) and (at is None or at > datetime.now(UTC) or milliseconds(at) in times)
