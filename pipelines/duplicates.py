"""Stage 3 of 5. Drops an item that says exactly what the same form at the same address said last in this run.

In: a `Post` with identity and securities. Out: the same.
Drops (DuplicatePostError, counted as `duplicate`, not in `rejects`): such a repetition, once the first is stored.
Another form, another address or another wording of the article is merged, never dropped; so is a return to an
earlier wording. This stage only saves the store a question: repetitions that it has forgotten, or that come
before the first is stored, change nothing there.
Not to be confused with reposts, the same news in two articles: no stage drops those. The store keeps them as
groups (store/groups.py), by pipelines/likeness.
"""

import hashlib
from dataclasses import fields
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.items import Post
from pipelines import DuplicatePostError

REMEMBERED = 20_000
"""Repetitions come close together; this many take 7 MB."""


class DuplicatesPipeline:
    """Stage 3 of 5: nothing is written twice in a row."""

    def __init__(self) -> None:
        self.said_last: dict[tuple[str, str, str], bytes] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage; what was said counts as said once MongoDB has acknowledged it."""
        stage = cls()
        crawler.signals.connect(stage.item_scraped, signal=signals.item_scraped)
        return stage

    def process_item(self, item: Any) -> Any:
        """Pass what is new. Raises DuplicatePostError."""
        if isinstance(item, Post) and self.said_last.get(place(item)) == said(item):
            raise DuplicatePostError(item.post)
        return item

    def item_scraped(self, item: Any) -> None:
        """Remember what is stored now; forget what was remembered first."""
        if isinstance(item, Post):
            self.said_last.pop(place(item), None)
            self.said_last[place(item)] = said(item)
            if len(self.said_last) > REMEMBERED:
                del self.said_last[next(iter(self.said_last))]


def place(post: Post) -> tuple[str, str, str]:
    """Give the article, form and address of a reading."""
    return post.post, post.form, post.url


def said(post: Post) -> bytes:
    """Give a fingerprint of all that a reading says, but for when it was read."""
    values = [getattr(post, field.name) for field in fields(post) if field.name != "fetched_at"]
    return hashlib.blake2b(repr(values).encode("utf-8", "backslashreplace"), digest_size=16).digest()
