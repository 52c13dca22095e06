"""Pages that were rejected, read again: what `scrapy rejects retry` runs.

Follows: the pages of rejects that name one: posts of the site, with what they link upstream; upstream's texts.
Leaves alone: listings, lists and prices, which every run of their own spider reads again; sources on disk.
Arguments: `ids` (of rejects, comma-separated; without them, all that were not retried), `run`, `reason`, `stage`
    (only rejects of these), `limit` (rejects, newest first), `site` (URL).
Settings: FINEWS_SITE, MIRRORS.
Caveats: a page is read as it is today; what the store learnt elsewhere in the meantime stays.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawler.spiders.arguments import SiteArguments, count, slugs
from crawler.spiders.finews import FinewsSpider
from crawler.urls import (
    PageKind,
    article_id,
    article_json_id,
    page_kind,
    post_id,
    share_code,
    share_url_of,
)
from store.readings import Document
from store.rejects import find_rejects, mark_retried, rejected_urls

Key = tuple[str, str]
"""What is asked again: `page` and the URL of a post's page, or `share` or `origin` and the post's `_id`."""


@dataclass(frozen=True, slots=True)
class RejectedArguments:
    """The arguments of this spider, understood."""

    wanted: Document
    """What rejects have to be, as a query."""

    limit: int
    """Rejects to take at most; 0: all."""


class RejectedSpider(FinewsSpider):
    """Read rejected pages again."""

    name = "rejected"
    known_arguments: ClassVar[frozenset[str]] = frozenset({"ids", "run", "reason", "stage", "limit", "site"})
    judged_forms: ClassVar[frozenset[str]] = frozenset()  # pages that were refused are no sample of the site

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rejects_of: dict[Key, list[Document]] = {}
        self.answered: set[Key] = set()

    @classmethod
    def understood(cls, arguments: dict[str, str], settings: BaseSettings) -> SiteArguments:
        """Read the arguments; what is read again is read as ever, but no quotes with it. Raises ArgumentError."""
        chosen(arguments)
        return super().understood(
            {"site": arguments.get("site", settings["FINEWS_SITE"]), "quotes": "off"}, settings
        )

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the pages of the rejects that are wanted."""
        asked = chosen(self.arguments)
        for reject in await self.store.ask(find_rejects, asked.wanted, asked.limit) or []:
            key = self.key(reject["url"] or "")
            if key is None:
                self.logger.info("%s names no page that can be read again: %s", reject["_id"], reject["url"])
                continue
            self.rejects_of.setdefault(key, []).append(reject)
        self.crawler.stats.set_value("rejects/asked", len(self.rejects_of))
        for (kind, name), rejects in self.rejects_of.items():
            for request in self.again(kind, name, rejects[0]["url"]):
                yield request

    def key(self, url: str) -> Key | None:
        """Tell what a URL is a page of; None for what cannot be asked again by itself."""
        if page_kind(url, self.given.site) in {PageKind.POST, PageKind.ARCHIVED}:
            return "page", url
        code = share_code(url) or share_code(share_url_of(url) or "")
        digits = article_id(url) or article_json_id(url)
        post = post_id(code or digits or "")
        return (("share" if code else "origin"), post) if post else None

    def again(self, kind: str, name: str, url: str) -> list[Request]:
        """Ask for a page, share text or article."""
        if kind == "page":
            self.listed[url] = False
            return [self.post_request(url)]
        return self.share_request(name, share_url_of(url) or url) if kind == "share" else self.origin_request(name)

    async def category_requests(self, slugs: list[str]) -> AsyncIterator[Request]:  # noqa: ARG002 - the site's way
        """Ask for no category pages."""
        for request in list[Request]():
            yield request

    async def parse_post(self, response: Response) -> AsyncIterator[Any]:
        """Read a post, and note that it could be read."""
        async for found in super().parse_post(response):
            yield found
        self.answered.add(("page", response.meta.get("redirect_urls", [response.url])[0]))

    def judged(self, response: Response, *, usable: bool) -> None:
        """Note that upstream answered, if only that it has no such article."""
        super().judged(response, usable=usable)
        if usable:
            form = "share" if response.meta["page"] == "share" else "origin"
            self.answered.add((form, response.request.cb_kwargs["post"]))  # type: ignore[union-attr]  # it was asked

    async def finish(self) -> None:
        """Mark the rejects whose pages were read, and gave no other reject."""
        await super().finish()
        again = {self.key(url) for url in await self.store.ask(rejected_urls, self.run_id) or set()}
        read = self.answered - again
        ids = [reject["_id"] for key, rejects in self.rejects_of.items() if key in read for reject in rejects]
        self.crawler.stats.set_value("rejects/read", await self.store.ask(mark_retried, ids, self.run_id) or 0)


def chosen(arguments: dict[str, str]) -> RejectedArguments:
    """Read which rejects are wanted. Raises ArgumentError."""
    wanted: Document = {"retried_by": None}
    if ids := slugs(arguments.get("ids", "")):
        wanted["_id"] = {"$in": ids}
    fields = {"run": "run_id", "reason": "reason", "stage": "stage"}
    wanted |= {field: arguments[name] for name, field in fields.items() if arguments.get(name)}
    return RejectedArguments(wanted, count("limit", arguments["limit"]) if "limit" in arguments else 0)
