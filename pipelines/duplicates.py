"""Stage 3 of 4. Drops an item that says exactly what an item of this run said that is stored already.

In: a `Post` with identity and securities. Out: the same.
Drops (DuplicatePostError, counted as `duplicate`, not kept in `rejects`): the second reading of one form at one
address with nothing new in it. Another form, another address or another wording of the article is merged,
never dropped.
"""

import hashlib
from dataclasses import fields
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.items import Post
from pipelines import DuplicatePostError


class DuplicatesPipeline:
    """Stage 3 of 4: nothing is written twice in a run."""

    def __init__(self) -> None:
        self.stored: set[bytes] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage; what was said counts as said once MongoDB has acknowledged it."""
        stage = cls()
        crawler.signals.connect(stage.item_scraped, signal=signals.item_scraped)
        return stage

    def process_item(self, item: Any) -> Any:
        """Pass what is new. Raises DuplicatePostError."""
        if isinstance(item, Post) and said(item) in self.stored:
            raise DuplicatePostError(item.post)
        return item

    def item_scraped(self, item: Any) -> None:
        """Remember what is stored now: 16 bytes an item."""
        if isinstance(item, Post):
            self.stored.add(said(item))


def said(post: Post) -> bytes:
    """Give a fingerprint of all that a reading says, but for when it was read."""
    values = [getattr(post, field.name) for field in fields(post) if field.name != "fetched_at"]
    return hashlib.blake2b(repr(values).encode("utf-8", "backslashreplace"), digest_size=16).digest()
