"""Groups of posts that tell the same news: which post is a duplicate of which.

Leaders, not chains. In order of (published, unknown times last; then `_id`) a post joins the earliest root that it
matches directly, else it is a root itself. `duplicate_of` names the root, never a duplicate. What matches, a
comparison says (pipelines/likeness.py), which is handed in; candidates come from store/fingerprints.py.

So a post's place depends on the posts before it in that order, and on nothing else. `groups_of` computes it for
all posts at once; `Groups` keeps it right in MongoDB, in whatever order posts arrive and change, however many
processes work on it and are killed:

1. Whoever changes words or times of a post sets `pending` in the same write (store/pending.py).
2. Its fingerprint is stored, then it is placed among the roots before it, by compare-and-set on `etag`. If the
   root it joins was written meanwhile, again.
3. Then the posts that this may have moved become pending: those that name it, and those after it that match.
4. Then `pending` is cleared, unless the post was written, or made pending again, since 2.

Since dependence follows one order, this ends, and in the same groups, however many processes do it at once.
Withdrawn posts stay in their groups.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from store import fingerprints, pending
from store.readings import Document, milliseconds
from store.schema import Database

AT_ONCE = 200
"""Posts that one question for pending ones brings."""

_NOT_NEEDED = dict.fromkeys(("html", "images", "links", "forms"), 0)
"""Fields that no comparison looks at, and that make most of a document."""


class Likeness(Protocol):
    """That two posts tell the same news."""

    @property
    def kind(self) -> str:
        """`exact` or `near`."""

    @property
    def similarity(self) -> float:
        """0 to 1."""


class Comparison(Protocol):
    """What the posts of a store are compared by: pure, symmetric, and the same in all its processes."""

    VERSION: str
    """Another one makes other fingerprints, or matches otherwise."""

    def news(self, document: Document) -> Any:
        """Give what is compared of a post. It has `earliest` and `latest`, aware times or None: its bounds."""

    def band_keys(self, news: Any) -> Sequence[int]:
        """Give its keys, 32 bits each, signed. News that match have one in common."""

    def likeness(self, a: Any, b: Any, days: int) -> Likeness | None:
        """Tell whether two tell the same news: never if more than `days` lie between them, or no time is known."""


def place(post: Document) -> tuple[bool, datetime | None, str]:
    """Give the key of the order in which posts become roots."""
    return post["published_at"] is None, post["published_at"], post["_id"]


def _before(post: Document) -> Document:
    """Give the query for the posts before this one in that order."""
    at, name = post["published_at"], post["_id"]
    if at is None:
        return {"$or": [{"published_at": {"$ne": None}}, {"_id": {"$lt": name}}]}
    return {"$or": [{"published_at": {"$lt": at}}, {"published_at": at, "_id": {"$lt": name}}]}


def groups_of(posts: Iterable[Document], comparison: Comparison, days: int) -> dict[str, Document]:
    """Give `duplicate_of`, `duplicate_kind` and `similarity` of each of `posts` by `_id`: the definition."""
    roots: list[tuple[str, Any]] = []
    found: dict[str, Document] = {}
    for post in sorted(posts, key=place):
        name, news = post["_id"], comparison.news(post)
        found[name] = _joined(news, roots, comparison, days)
        if found[name]["duplicate_of"] is None:
            roots.append((name, news))
    return found


def _joined(news: Any, roots: Iterable[tuple[str, Any]], comparison: Comparison, days: int) -> Document:
    """Give the group of a post: that of the first of `roots` (`_id` and news, in order) which it matches."""
    for root, its_news in roots:
        like = comparison.likeness(news, its_news, days)
        if like:
            similarity = float(like.similarity)
            return {"duplicate_of": root, "duplicate_kind": like.kind, "similarity": similarity}
    return {"duplicate_of": None, "duplicate_kind": None, "similarity": None}


@dataclass(slots=True)
class Swept:
    """What was done."""

    placed: int = 0
    """Posts that were pending and are not any more."""

    grouped: int = 0
    """How often a post joined, left or changed a group."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a database, as one run keeps them."""

    database: Database
    comparison: Comparison
    days: int
    """News further apart are never the same."""

    run_id: str
    spider: str
    together: int = 16
    """Posts placed at a time: each waits for the journal, which takes many writes at once."""

    @property
    def version(self) -> str:
        """What fingerprints have to agree in."""
        return f"{self.comparison.VERSION} {self.days}d"

    async def sweep(self, swept: Swept | None = None, wanted: Sequence[str] = pending.OF_CRAWLS) -> Swept:
        """Place posts until none is pending (`wanted`: values of `pending`), and add that to what was done.

        May be called again after whatever ended it. Raises PyMongoError.
        """
        swept = swept or Swept()
        while await self.step(swept, wanted):
            pass
        return swept

    async def step(self, swept: Swept, wanted: Sequence[str]) -> bool:
        """Place the first of the pending posts; False if there were none. Raises PyMongoError."""
        posts = await self.waiting(wanted)
        for first in range(0, len(posts), self.together):
            some = [self.settle(post, swept) for post in posts[first : first + self.together]]
            for ended in await asyncio.gather(*some, return_exceptions=True):  # all of them: none works on alone
                if isinstance(ended, BaseException):
                    raise ended
        return bool(posts)

    async def waiting(self, wanted: Sequence[str]) -> list[str]:
        """Give pending posts, in the order in which placing them costs least, the first some of them."""
        for time in ({"$ne": None}, None):  # MongoDB sorts null first, here it comes last
            found = self.database.posts.find({"pending": {"$in": list(wanted)}, "published_at": time}, {"_id": 1})
            # Without the hint, MongoDB may walk through all posts in order of time to find those few.
            found = found.sort("published_at").limit(AT_ONCE).hint("pending")
            posts = [post["_id"] async for post in found]
            if posts:
                return posts
        return []

    async def settle(self, post: str, swept: Swept) -> None:
        """Do what is pending on a post; nothing if another process has done it. Raises PyMongoError."""
        while not await self._attempt(post, swept):
            pass

    async def _attempt(self, name: str, swept: Swept) -> bool:
        """Place a post and tell those after it; False if another process came in between."""
        fingerprint = await self.database.fingerprints.find_one({"_id": name})
        post = await self.database.posts.find_one({"_id": name}, _NOT_NEEDED)
        if post is None or post.get("pending") is None:
            return True
        news, moved = self.comparison.news(post), post["pending"] != pending.RECHECK
        if moved:
            known, fingerprint = fingerprint, self.fingerprint(post, news)
            if not await fingerprints.keep(self.database, known, fingerprint):
                return False
        elif fingerprint is None or fingerprint["version"] != self.version:
            await pending.raise_to_changed(self.database, post)
            return False
        alike = await fingerprints.candidates(self.database, fingerprint, self.days)
        group, root = await self.group(post, news, alike)
        if any(post[field] != value for field, value in group.items()):
            moved = True
            if not await self._join(post, group):
                return False
            swept.grouped += 1
            if root and not await self._unwritten(root):
                return False
            alike = await fingerprints.candidates(self.database, fingerprint, self.days)
        if moved:
            await pending.recheck(self.database, await self._moved_by(post, news, alike))
        cleared = await pending.clear(self.database, post)
        swept.placed += cleared
        return cleared

    def fingerprint(self, post: Document, news: Any) -> Document:
        """Give the fingerprint of a post, but for its `etag`."""
        keys = sorted(set(self.comparison.band_keys(news)))
        times = {"earliest": news.earliest, "latest": news.latest}
        return {"_id": post["_id"], "version": self.version, "keys": keys, **times}

    async def group(self, post: Document, news: Any, alike: list[str]) -> tuple[Document, Document | None]:
        """Give the group of a post, and the root that it joins, among the candidates before it."""
        earlier = {"_id": {"$in": alike}, "duplicate_of": None, **_before(post)}
        found = self.database.posts.find(earlier, _NOT_NEEDED).hint("_id_")
        roots = sorted(await found.to_list() if alike else [], key=place)
        told = ((root["_id"], self.comparison.news(root)) for root in roots)  # one by one: the first may do
        group = _joined(news, told, self.comparison, self.days)
        return group, next((root for root in roots if root["_id"] == group["duplicate_of"]), None)

    async def _join(self, post: Document, group: Document) -> bool:
        """Write a post's group, unless the post was written since it was read; it stays pending."""
        stamps = {"updated_at": milliseconds(datetime.now(UTC)), "run_id": self.run_id, "spider": self.spider}
        written = await self.database.posts.update_one(
            {"_id": post["_id"], "etag": post["etag"]},
            {"$set": {**group, **stamps, "pending": pending.CHANGED}, "$inc": {"etag": 1}},
        )
        post |= {**group, "etag": post["etag"] + 1}
        return written.matched_count == 1

    async def _unwritten(self, root: Document) -> bool:
        """Tell whether a root is as it was read. If not, it may not know of the post that has just joined."""
        now = await self.database.posts.find_one({"_id": root["_id"]}, {"etag": 1})
        return now is not None and now["etag"] == root["etag"]

    def _matches(self, news: Any, other: Document) -> bool:
        return self.comparison.likeness(news, self.comparison.news(other), self.days) is not None

    async def _moved_by(self, post: Document, news: Any, alike: list[str]) -> list[str]:
        """Give the posts that may have another place now: those that name this one; if it is a root, its matches.

        A post about to name it is not seen here, and finds out by itself (`_unwritten`).
        """
        named = self.database.posts.find({"duplicate_of": post["_id"]}, {"_id": 1})
        moved = {member["_id"] async for member in named}
        if alike and post["duplicate_of"] is None:
            after = {"_id": {"$in": alike}, "$nor": [_before(post)]}
            later = self.database.posts.find(after, _NOT_NEEDED).hint("_id_")
            moved |= {other["_id"] async for other in later if self._matches(news, other)}
        return list(moved)
