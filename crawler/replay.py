"""Reading pages again that were kept in `raw`, with today's parsers and stages, and no network.

From the collection `raw`. Gives a `Report`: which posts would say something else in which fields, which pages can
be read at last, and which cannot any more. With a writer it applies what it reports.
A page that gave readings is compared with what was stored of it then; one that gave none because it was rejected
is a reading like any other, at the time it was fetched. What a readable page did not give was left out on purpose
(`since`, `until`, `limit`), and stays out.
"""

from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from scrapy.exceptions import DropItem

from crawler.items import Post
from crawler.pages.errors import PageLayoutError
from crawler.pages.kinds import read_page
from crawler.pages.text import decoded
from pipelines.normalise import normalised
from pipelines.securities import securities
from store.forms import Gave
from store.merge import Merged
from store.posts import Posts, RefusedError
from store.readings import Document, Reading, reading
from store.replays import Wanted, bodies, note_read, note_retold, told, unread
from store.retell import Retold, retell
from store.schema import Database

_PAGES_REMEMBERED = 100
"""Pages whose readings are remembered: the rows of a list are asked for post by post."""


@dataclass(slots=True)
class Report:
    """What came of reading pages again."""

    samples_kept: int
    """Samples kept of each field."""

    posts: int = 0
    """Posts that something was stored of."""

    changed: int = 0
    """Those of them that say something else."""

    fields: Counter[str] = field(default_factory=Counter)
    """In how many posts each field changes."""

    samples: dict[str, list[tuple[str, Any, Any]]] = field(default_factory=dict)
    """Of each field: post, before, after."""

    read_at_last: Counter[str] = field(default_factory=Counter)
    """Pages that were rejected and can be read now, by the reason they were rejected for."""

    inserted: int = 0
    """Posts that are new with them."""

    unread: Counter[str] = field(default_factory=Counter)
    """Pages that still cannot be read, by why."""

    lost: Counter[str] = field(default_factory=Counter)
    """Readings that today's parsers and stages do not give any more, by why; what is stored of them stays."""

    refused: int = 0
    """Posts that MongoDB refused to take."""

    def note(self, before: Document, after: Document) -> None:
        """Note what changes in a post."""
        names = [name for name in after if before.get(name) != after[name]]
        # `forms` changes with every field; alone, it says that a form changes which the post does not follow.
        for name in [name for name in names if name != "forms"] or names:
            self.fields[name] += 1
            kept = self.samples.setdefault(name, [])
            if len(kept) < self.samples_kept:
                kept.append((after["_id"], before.get(name), after[name]))
        self.changed += 1


@dataclass(frozen=True, slots=True)
class Reread:
    """What a page says now."""

    readings: dict[str, Reading]
    """By the name of the post on the page."""

    problems: dict[str, str]
    """Names of posts that a stage rejects, and the name of its exception; "" is the whole page."""


class Replay:
    """Reads pages of one database again; writes where it is given `posts`."""

    def __init__(self, database: Database, report: Report, posts: Posts | None) -> None:
        self.database = database
        self.report = report
        self.posts = posts
        self.remembered: OrderedDict[tuple[str, Any], Reread] = OrderedDict()
        self.said: dict[str, Document] = {}

    async def run(self, wanted: Wanted) -> None:
        """Read all wanted pages again. Raises PyMongoError."""
        async for pages in _by_post(told(self.database, wanted)):
            await self.compare(pages)
        async for page in unread(self.database, wanted):
            await self.read_at_last(page)

    async def compare(self, pages: list[Document]) -> None:
        """Compare what the pages of one post say now with what was stored of them."""
        self.report.posts += 1
        changed = []
        for page in pages:
            read = await self.reading(page)
            if read and read.fingerprint != page["fetch"]["gave"]["reading"]:
                changed.append((page, read))
        if not changed:
            return
        retold = [Retold(read, _was(page["fetch"]["gave"])) for page, read in changed]
        before, merged = await self.retell([*retold, *await self.same_forms(changed)])
        if merged and merged.changed:
            self.report.note(before or {}, merged.document)
        if merged and self.posts:
            await note_retold(self.database, changed)

    async def same_forms(self, changed: list[tuple[Document, Reading]]) -> list[Retold]:
        """Give what pages of the same post and forms say that say what they said.

        Where a page falls silent, what others told counts again.
        """
        forms = {read.form for _, read in changed}
        found = []
        async for page in told(self.database, {}, changed[0][1].post):
            read = await self.reading(page) if page["fetch"]["gave"]["form"] in forms else None
            if read and read.fingerprint == page["fetch"]["gave"]["reading"]:
                found.append(Retold(read, None))
        return found

    async def reading(self, page: Document) -> Reading | None:
        """Give what a page says now about the post it told of; None if it does not any more."""
        gave = page["fetch"]["gave"]
        read = await self.read_again(page)
        for one in read.readings.values():
            if (one.post, one.form) == (gave["post"], gave["form"]):
                return one
        self.report.lost[next(iter(read.problems.values()), "not on the page")] += 1
        return None

    async def read_at_last(self, page: Document) -> None:
        """Store what a page says that was rejected when it was fetched."""
        fetch = page["fetch"]
        read = await self.read_again(page)
        given = {(gave["post"], gave["form"]) for gave in fetch["gave"]}
        rejected = fetch["rejected"]
        new = [
            one
            for name, one in read.readings.items()
            if (one.post, one.form) not in given and (not rejected or name in rejected)
        ]
        if read.problems or not new:
            self.report.unread[next(iter(read.problems.values()), fetch["reason"])] += 1
        if not new:
            return
        self.report.read_at_last[fetch["reason"]] += 1
        stored = []
        for one in new:
            before, merged = await self.retell([Retold(one, None)])
            if merged:
                stored.append(one)
            if merged and merged.changed and before:
                self.report.note(before, merged.document)
            elif merged and merged.changed:
                self.report.inserted += 1
        if self.posts:
            await note_read(self.database, page, stored, [name for name in rejected if name in read.problems])

    async def retell(self, retold: list[Retold]) -> tuple[Document | None, Merged | None]:
        """Put better readings in the place of former ones, if only in thought; None: MongoDB refuses them."""
        post = retold[0].read.post
        if self.posts:
            try:
                return await self.posts.retell(retold)
            except RefusedError:
                self.report.refused += 1
                return None, None
        before = self.said.get(post) or await self.database.posts.find_one({"_id": post})
        merged = retell(before, retold)
        if retold[0].was is None and merged.changed:
            self.said[post] = merged.document  # another page that was rejected may tell of it, too
        return before, merged

    async def read_again(self, page: Document) -> Reread:
        """Parse a page and pass its posts through the stages."""
        key = page["_id"], page["fetch"]["at"]
        if key not in self.remembered:
            body = (await bodies(self.database, [page["_id"]])).get(page["_id"])
            self.remembered[key] = Reread({}, {"": "removed meanwhile"}) if body is None else reread(page, body)
            if len(self.remembered) > _PAGES_REMEMBERED:
                self.remembered.popitem(last=False)
        return self.remembered[key]


def reread(page: Document, body: bytes) -> Reread:
    """Give what a page says to today's parsers and stages."""
    fetch = page["fetch"]
    readings: dict[str, Reading] = {}
    problems: dict[str, str] = {}
    try:
        text = decoded(body, fetch["charset"] or "", fetch["url"])
        posts = read_page(text, fetch["url"], fetch["at"], **fetch["read_as"]).posts
    except PageLayoutError as error:
        return Reread({}, {"": type(error).__name__})
    for post in posts:
        try:
            readings[post.name] = reading(believed(post))
        except DropItem as error:
            problems[post.name] = type(error).__name__
    return Reread(readings, problems)


def believed(post: Post) -> Post:
    """Pass a post through the stages that decide what it says. Raises DropItem."""
    post = normalised(post)
    post.securities = securities(post.body.marks)
    return post


def _was(gave: Document) -> Gave:
    return Gave(gave["hash"], gave["tags"], gave["category"])


async def _by_post(found: AsyncIterator[Document]) -> AsyncIterator[list[Document]]:
    """Gather what follows each other about one post."""
    pages: list[Document] = []
    async for page in found:
        if pages and pages[0]["fetch"]["gave"]["post"] != page["fetch"]["gave"]["post"]:
            yield pages
            pages = []
        pages.append(page)
    if pages:
        yield pages
