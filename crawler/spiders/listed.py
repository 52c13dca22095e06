"""What the site's listings said when last read, and say now: what they no longer name, and which name nothing.

Every page of a post that a listing names no longer is noted before the listing is remembered, so no kill loses
one. A category page that named posts and names none is told to the judge of the run if posts of it still stand,
and remembered as empty only where none does.
"""

from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.items import Listing
from crawler.spiders.unlisted import UnlistedSpider, is_young
from crawler.spiders.upstream import GONE
from crawler.urls import category_slug
from store import queries

_ABSENCE_ALLOWED = frozenset({"rolling", "feed", "category"})
"""Listings that list nothing where they are not there; a site without its home page is another matter."""


class ListedSpider(UnlistedSpider):
    """A spider that remembers what listings say."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listings_asked = self.listings_read = 0
        self.emptied: dict[str, list[str]] = {}

    @property
    def read_everything(self) -> bool:
        """Whether this run was to read all listings, and did."""
        given = self.given
        narrowed = given.only or given.limit is not None or given.window.since or given.window.until
        return not narrowed and self.listings_read == self.listings_asked > 0

    async def remember(self, listing: Listing, response: Response, asked: str) -> None:
        """Keep what a listing page said, with its validators; first of all, what it says no longer."""
        last = await self.store.ask(queries.listed_last, asked) or []
        await self.note_unlisted(sorted(set(last) - set(listing.post_urls)))
        if last and not listing.post_urls and category_slug(asked):
            self.emptied[asked] = last
            return
        validators = {
            name: _validator(response.headers.get(header))
            for name, header in (("etag", "ETag"), ("last_modified", "Last-Modified"))
        }
        await self.remember_as(listing, asked, validators)

    async def remember_as(self, listing: Listing, asked: str, validators: dict[str, str | None]) -> None:
        """Write down what a listing page said."""
        await self.store.ask(
            queries.remember_listing,
            asked,
            post_urls=listing.post_urls,
            categories=listing.categories,
            read_at=datetime.now(UTC),
            etag=validators["etag"],
            last_modified=validators["last_modified"],
        )

    async def failed(self, failure: Failure) -> None:
        """Errback: a listing that is not there lists nothing, and a post that is not there is looked for."""
        await super().failed(failure)
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
        if not isinstance(failure.value, HttpError) or failure.value.response.status not in GONE:
            return
        page, asked = request.meta["page"], request.meta.get("redirect_urls", [request.url])[0]
        if page == "post":
            self.vanished.add(asked)
            self.crawler.stats.inc_value("posts/known_vanished", int(self.listed.get(asked, False)))
            await self.note_unlisted([asked])
        elif page in _ABSENCE_ALLOWED:
            self.listings_read += 1
            asked = request.cb_kwargs["asked"]
            if await self.store.ask(queries.listed_last, asked):  # else there never was such a page
                await self.remember(Listing([], []), failure.value.response, asked)

    def sum_up(self) -> None:
        """Tell the judge of category pages that list nothing now, although posts they listed still stand."""
        emptied = [(category_slug(url), len(last), len(self.standing(last))) for url, last in self.emptied.items()]
        self.crawler.stats.set_value("categories/emptied", [row for row in emptied if row[2]])

    def standing(self, urls: list[str]) -> list[str]:
        """Give those of the posts a category listed that it should list still.

        Other listings show them, or their own pages answered; or they are too young for the archive, and nothing
        tells that they are gone.
        """
        now = datetime.now(UTC)
        there = self.shown | {one.page for one in self.sought if one.page}
        known = {url for one in self.sought if one.is_gone or one.is_found for url in one.urls}
        return [url for url in urls if url in there or (is_young(url, now) and url not in known)]

    async def finish(self) -> None:
        """Remember that categories list nothing, where that is the whole truth."""
        await super().finish()
        for url, last in self.emptied.items():
            if not self.standing(last):
                await self.remember_as(Listing([], []), url, {"etag": None, "last_modified": None})


def _validator(value: bytes | None) -> str | None:
    """Give a validator to send back with the next request; None for one that is no short ASCII text."""
    text = (value or b"").decode("ascii", "replace")
    return text if 0 < len(text) <= 1_000 and text.isprintable() and text.isascii() else None
