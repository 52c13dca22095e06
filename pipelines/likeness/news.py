"""What is compared of a post: its title, its text, when it was published, which securities it names.

From a document of `posts`; gives the folded forms that bands and comparison work on, each made once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any

from rensa import RMinHash

from pipelines.likeness.fold import body, folded
from pipelines.likeness.tokens import DAY, comparable, sentences

_RULES = 1
"""Raised whenever a change here may give an old text another key or another verdict."""

VERSION = f"{_RULES}-rminhash{RMinHash.ALGORITHM_VERSION}"
"""Of all that decides likeness: keys and verdicts of two versions are not compared."""

SHORT = 200
"""Characters below which a text is a flash: it says one thing, and each of its words counts."""


@dataclass(frozen=True)
class News:
    """One post as it is compared."""

    post: str
    """`_id` of the post."""
    title: str
    """Plain text; empty where the source has none."""
    text: str
    """The article as a reader sees it; empty where it is not known."""
    earliest: datetime | None
    """`published_min`: aware UTC, equal to `latest` when the time is exact; None when nothing was printed."""
    latest: datetime | None
    """`published_max`."""
    names: tuple[str, ...] = ()
    """Names of the shares that the post is known to mention; may be empty."""

    @property
    def at(self) -> datetime | None:
        """When it was published, if that is known exactly."""
        return self.earliest if self.earliest == self.latest else None

    @cached_property
    def told(self) -> str:
        """The news in the text (pipelines/likeness/fold.py)."""
        return body(self.text)

    @cached_property
    def sentences(self) -> tuple[tuple[str, ...], ...]:
        """The text as comparable words (pipelines/likeness/tokens.py), by sentences."""
        return sentences(self.told)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Its words in one."""
        return tuple(chain.from_iterable(self.sentences))

    @cached_property
    def title_tokens(self) -> tuple[str, ...]:
        """The same of the title."""
        return tuple(chain.from_iterable(sentences(folded(self.title))))

    @cached_property
    def comparable(self) -> str:
        """The text as letters and digits: what shingles are cut from."""
        return comparable(self.tokens)

    @cached_property
    def triples(self) -> frozenset[str]:
        """Its shingles of three characters; a shorter text is its own."""
        folded = self.comparable
        return frozenset(folded[i : i + 3] for i in range(max(1, len(folded) - 2)))

    @property
    def is_short(self) -> bool:
        """Whether it is a flash."""
        return len(self.told) < SHORT

    @cached_property
    def names_a_day(self) -> bool:
        """Whether the text, without its dateline, says of which day it speaks."""
        return any(DAY.fullmatch(token) for token in self.tokens)


def news(document: Mapping[str, Any]) -> News:
    """Give what is compared of a document of `posts`; fields that it lacks are empty."""
    exact = document.get("published_at")
    securities = document.get("securities") or ()
    return News(
        post=document["_id"],
        title=document.get("title") or "",
        text=document.get("text") or "",
        earliest=exact or document.get("published_min"),
        latest=exact or document.get("published_max"),
        names=tuple(sorted({one["name"] for one in securities if one.get("kind") == "stock" and one.get("name")})),
    )
