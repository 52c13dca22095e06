"""Looking after posts that left the site's listings: archived, merely not listed any more, or gone.

After about three days the site moves a post to /old_post/, and no listing shows it again; a category of two words
lists nothing at all, so its posts leave home and feed within hours. Neither is a withdrawal. So at the end of a
run that read every listing and was not narrowed, the pages that left are asked for: where the archive should have
them, where they stood, then upstream. What answers is read like any other post. Only a post of which every
address says 404 or 410, or that upstream does not have, is marked (store/withdrawn.py); any other failure decides
nothing, and a later run asks again. A marked post is asked for again at ever longer pauses, as one that is still
where it was: it may come back where no listing shows it. A listed post whose page answers 404 is looked after the
same way.

Costs one request for a post that was archived, one more for one that left the listings before; UNLISTED_MAX_POSTS
bounds a run. Counts `posts/sought`, `posts/sought_later`, `posts/withdrawn`.
"""

import asyncio
from collections.abc import AsyncIterator, Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.items import Post
from crawler.pages.kinds import READ_AS
from crawler.spiders.arguments import BEIJING, SiteArguments
from crawler.spiders.quoting import QuotingSpider
from crawler.spiders.upstream import GONE
from crawler.urls import archived_urls, post_place
from store import queries, unlisted
from store.readings import Document
from store.unlisted import Unlisted
from store.withdrawn import mark_withdrawn

ARCHIVE_DAYS = 3
"""Days after which the site moves a post to its archive, more or less."""


@dataclass(slots=True)
class Sought:
    """A post that is looked for."""

    urls: list[str]
    """Its pages that stood in listings."""

    since: datetime
    """When it left the listings. Aware, UTC."""

    pages: list[str]
    """Addresses on the site that have not said yet that it is not there, in the order they are asked."""

    forms: set[str]
    """Upstream forms that are linked, and of which upstream has not said yet that it does not have them."""

    post: str | None
    """Its `_id`. None: it was never stored."""

    etag: int
    """The stored document's."""

    share_url: str | None

    page: str | None = None
    """The page on the site that answered."""

    upstream: bool = False
    """Whether upstream answered."""

    @property
    def is_found(self) -> bool:
        """Whether it is there, on the site or upstream."""
        return self.page is not None or self.upstream

    @property
    def is_gone(self) -> bool:
        """Whether every address has said that it is not there."""
        return not (self.is_found or self.pages or self.forms)


def sought(row: Unlisted, post: Document | None, vanished: set[str], now: datetime) -> Sought:
    """Give whom to look for, and where: the archive first where the post is old enough for it.

    `post`: what is stored of it (None: nothing); `vanished`: pages that have just said that they are not there.
    """
    urls = [url for url in (post["post_urls"] if post else []) if archived_urls(url)] or [row.url]
    archive = [page for url in urls for page in archived_urls(url)]
    dated = [url for url in urls if url not in vanished]
    linked = [form for form in ("share", "origin") if post and post[f"{form}_url"]]
    return Sought(
        urls=urls,
        since=row.since,
        pages=list(dict.fromkeys([*dated, *archive] if is_young(row.url, now) else [*archive, *dated])),
        forms={form for form in linked if post and form not in post["absent"]},
        post=post["_id"] if post else None,
        etag=post["etag"] if post else 0,
        share_url=post["share_url"] if post else None,
    )


def archived_by(url: str, now: datetime) -> datetime:
    """Give when the site has had the time to archive a dated post. Aware, UTC."""
    place = post_place(url)
    day = place.day if place and place.day else now.astimezone(BEIJING).date()
    begins = datetime(day.year, day.month, day.day, tzinfo=BEIJING)
    return (begins + timedelta(days=ARCHIVE_DAYS + 1)).astimezone(UTC)


def is_young(url: str, now: datetime) -> bool:
    """Tell whether a dated post is too young for the archive."""
    return now < archived_by(url, now) - timedelta(days=1)


class UnlistedSpider(QuotingSpider):
    """A spider of the site that looks after what its listings no longer show."""

    given: SiteArguments

    shown: set[str]
    """Pages of posts that the listings of this run show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = set()
        self.left: dict[str, Unlisted] = {}
        self.due: set[str] = set()
        self.vanished: set[str] = set()
        self.settled: set[str] = set()
        self.sought: list[Sought] = []
        self.looking: asyncio.Task[None] | None = None

    @property
    def read_everything(self) -> bool:
        """Whether this run was to read all listings, and did."""
        raise NotImplementedError

    def upstream_requests(self, post: str | None, forms: list[str], share_url: str | None) -> list[Request]:
        """Ask for the linked upstream forms of a post."""
        raise NotImplementedError

    async def recall_unlisted(self) -> None:
        """Take up what earlier runs left to be looked for at this site."""
        rows = await self.store.ask(unlisted.due, datetime.now(UTC)) or []
        self.left = {row.url: row for row in rows if urljoin(row.url, "/") == self.given.site}
        self.due = set(self.left)

    async def note_unlisted(self, urls: list[str]) -> None:
        """Note pages that a listing names no longer, or that were not there when they were asked for."""
        now = datetime.now(UTC)
        new = [url for url in urls if url not in self.left]
        await self.store.ask(unlisted.add, new, now)
        self.left |= {url: Unlisted(url, now) for url in new}

    def look_after(self) -> None:
        """When all else is read, look for what left the listings. Raises DontCloseSpider while that begins."""
        if self.looking is None and self.read_everything and (rows := self.unlisted()):
            self.looking = asyncio.ensure_future(self.look(rows))
        if self.looking and not self.looking.done():
            raise DontCloseSpider

    def unlisted(self) -> list[Unlisted]:
        """Give what left the listings: newest posts first, after them those asked for before, by turns."""
        now, never = datetime.now(UTC), datetime.min.replace(tzinfo=UTC)
        rows = [row for url, row in self.left.items() if url in self.vanished or url not in self.shown]
        rows.sort(key=lambda row: archived_by(row.url, now), reverse=True)
        return sorted(rows, key=lambda row: row.asked_at or never)

    async def look(self, rows: list[Unlisted]) -> None:
        """Choose whom to look for, and ask for the first address of each."""
        stats, now = self.crawler.stats, datetime.now(UTC)
        posts = await self.store.ask(queries.posts_at, [row.url for row in rows])
        if posts is None:
            return
        self.settled = {row.url for row in rows if row.url in posts and self.is_accounted_for(posts[row.url])}
        waiting = {row.url for row in rows if row.url in posts and self.is_waiting(row.url, posts[row.url])}
        first: dict[str, Unlisted] = {}  # of two pages of the same post, both are asked for at once
        for row in rows:
            if row.url not in self.settled | waiting:
                first.setdefault(posts[row.url]["_id"] if row.url in posts else row.url, row)
        wanted = list(first.values())
        most = self.settings.getint("UNLISTED_MAX_POSTS")
        self.sought = [sought(row, posts.get(row.url), self.vanished, now) for row in wanted[:most]]
        stats.set_value("posts/sought", len(self.sought))
        stats.set_value("posts/sought_later", len(wanted[most:]))
        for request in [request for one in self.sought for request in self.next_requests(one)]:
            if self.crawler.engine:
                self.crawler.engine.crawl(request)

    def is_accounted_for(self, post: Document) -> bool:
        """Tell whether a post need not be looked for: archived, or listed elsewhere."""
        places = [place for url in post["post_urls"] if (place := post_place(url))]
        listed = self.shown.intersection(post["post_urls"]) - self.vanished
        return bool(listed or any(place.archived for place in places))

    def is_waiting(self, url: str, post: Document) -> bool:
        """Tell whether a post is marked as gone already, and its turn to be looked for again has not come."""
        return post["withdrawn_at"] is not None and url not in self.due

    def next_requests(self, one: Sought) -> list[Request]:
        """Ask for the next address of a post on the site; when none is left, ask upstream."""
        if one.pages:
            return [
                Request(
                    one.pages[0],
                    self.parse_sought,
                    errback=self.failed_sought,
                    meta={"page": "unlisted", READ_AS: {"kind": "post"}},
                    cb_kwargs={"one": one},
                    dont_filter=True,
                )
            ]
        asked = self.upstream_requests(one.post, sorted(one.forms), one.share_url)
        return [request.replace(dont_filter=True) for request in asked]

    async def parse_sought(self, response: Response, one: Sought) -> AsyncIterator[Any]:
        """Read a post that left the listings."""
        (post,) = self.read_posts(response).posts
        one.page = response.url
        self.crawler.stats.inc_value("pages/unlisted/read")
        self.crawler.stats.inc_value("posts/scraped")
        yield post

    async def failed_sought(self, failure: Failure) -> AsyncIterator[Any]:
        """Errback: a page that is not there leads to the next address; any other failure decides nothing."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
        one = request.cb_kwargs["one"]
        if isinstance(failure.value, HttpError) and failure.value.response.status in GONE:
            self.crawler.stats.inc_value("pages/unlisted/absent")
            one.pages.pop(0)
            for following in self.next_requests(one):
                yield following
        else:
            await self.failed(failure)

    def absent(self, post: str, form: str, response: Response) -> None:
        """Note that upstream does not have a form of a post."""
        super().absent(post, form, response)
        for one in self.sought_by_id(post):
            one.forms.discard(form)

    def read_upstream(self, read: Post, response: Response) -> Post:
        """Count a reading of a post."""
        for one in self.sought_by_id(read.name):
            one.upstream = True
        return super().read_upstream(read, response)

    def sought_by_id(self, post: str) -> list[Sought]:
        """Give the post of an `_id` if it is looked for."""
        return [one for one in self.sought if one.post == post and not one.pages]

    async def finish(self) -> None:
        """Mark what is gone, and write down what is still to be looked for; all items are stored by now."""
        listed = {url for url in self.left if url in self.shown and url not in self.vanished}
        stored = await self.store.ask(queries.known_posts, [one.page for one in self.sought if one.page]) or {}
        settled = self.settled | listed
        for one in self.sought:
            if await self.is_settled(one, stored.keys()):
                settled.update(one.urls)
            else:
                await self.look_again(one)
        await self.store.ask(unlisted.forget, sorted(settled))
        await super().finish()  # after the marks, which hold only for posts as they were when the search began

    async def is_settled(self, one: Sought, stored: Container[str]) -> bool:
        """Tell whether nothing more is to be learnt of a post; one that is gone is marked, and may come back."""
        if one.is_gone and one.post:
            marked = await self.store.ask(mark_withdrawn, one.post, one.etag, self.run_id, self.name)
            self.crawler.stats.inc_value("posts/withdrawn", int(bool(marked)))
            return False
        return one.is_gone or ("/old_post/" in (one.page or "") and one.page in stored)

    async def look_again(self, one: Sought) -> None:
        """Say when a post that is not in the archive is looked for again."""
        now = datetime.now(UTC)
        due_at = unlisted.after_no_answer(one.since, now)
        if one.is_gone or one.upstream or one.page in one.urls:
            due_at = unlisted.after_alive(one.since, now, archived_by(one.urls[0], now))
        await self.store.ask(unlisted.ask_again, one.urls, now, due_at)
