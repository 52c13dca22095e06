"""The decision: two posts tell the same news, or not. Pure, and the same whichever is named first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipelines.likeness.align import Change, changes
from pipelines.likeness.news import News
from pipelines.likeness.vetoes import (
    codes,
    days,
    directions,
    figures,
    is_reworded,
    names,
    negations,
    nouns,
    things,
)
from pipelines.published import BEIJING

_NEAR_SHORT = 0.5
_NEAR_LONG = 0.6
"""Jaccard similarity from which texts are near, as measured on 3,000 edited pairs (facts): two words put otherwise
are much of a flash, and little of an article."""

_CONTAINED = 0.85
_CONTAINED_LENGTH = 0.35
"""Share of the shorter text that the longer holds, and its least length: a flash with two paragraphs of background
is that flash, a morning paper that quotes it is not."""

_ALIGNED = 0.75
"""Share of words from which the shortest flashes are near: each word of theirs is three of twenty triples."""

_LONG = 300
"""Characters from which one figure, not in the lead, may be corrected without making it another news."""

_LEAD = 120
"""Words of a long text that say what it is about."""

_ALIKE_TITLES = 0.6
"""Share of words from which two headlines are one with something replaced."""


@dataclass(frozen=True)
class Likeness:
    """Two posts tell the same news."""

    kind: Literal["exact", "near"]
    """`exact`: the texts are equal, whatever the titles."""
    similarity: float
    """Jaccard similarity of the texts' character triples, 0 to 1; 1 for `exact`."""


def near_enough_in_time(a: News, b: News, days: int = 7) -> bool:
    """Tell whether two posts may be one news by when they were published.

    A flash that names no day speaks of its own: it matches within one Beijing day. Others match within `days`.
    Where a time is known by its bounds alone, any time between them will do. Without any time: no.
    """
    if a.earliest is None or a.latest is None or b.earliest is None or b.latest is None:
        return False
    if any(one.is_short and not one.names_a_day for one in (a, b)):
        return _day(max(a.earliest, b.earliest)) <= _day(min(a.latest, b.latest))
    return max(a.earliest - b.latest, b.earliest - a.latest) <= timedelta(days=days)


def _day(at: datetime) -> int:
    return at.astimezone(BEIJING).toordinal()


def likeness(a: News, b: News, days: int = 7) -> Likeness | None:
    """Give how two posts tell the same news, or None where they are two news."""
    if not a.tokens or not b.tokens or not near_enough_in_time(a, b, days):
        return None
    if a.tokens == b.tokens:
        return Likeness("exact", 1.0)
    one, other = sorted((a, b), key=lambda news: (news.tokens, news.title_tokens, news.post))
    shared = len(one.triples & other.triples)
    fewer, more = sorted((len(one.triples), len(other.triples)))
    jaccard = shared / (fewer + more - shared)
    if shared < _CONTAINED_LENGTH * fewer:
        return None
    found = changes(one.sentences, other.sentences)
    contained = shared >= _CONTAINED * fewer and fewer >= _CONTAINED_LENGTH * more
    enough = _NEAR_SHORT if one.is_short or other.is_short else _NEAR_LONG
    if not (jaccard >= enough or contained or _aligned(one, other, found) >= _ALIGNED):
        return None
    if _two_news(one, other, found):
        return None
    return Likeness("near", round(jaccard, 4))


def _aligned(one: News, other: News, found: list[Change]) -> float:
    """Give the share of both texts' words that are equal or say the same."""
    changed = sum(len(change.left) + len(change.right) for change in found if not is_reworded(change))
    return 1 - changed / (len(one.tokens) + len(other.tokens))


def _two_news(one: News, other: News, found: list[Change]) -> bool:
    at = one.at, other.at
    if one.names and other.names and not set(one.names) & set(other.names):
        return True
    if any(codes(change, at) or directions(change, at) or negations(change, at) for change in found):
        return True
    corrected = [change for change in found if figures(change, at) or days(change, at)]
    if min(len(one.comparable), len(other.comparable)) < _LONG:
        return bool(corrected) or any(map(things, found))
    return _two_articles(one, other, found, corrected)


def _two_articles(one: News, other: News, found: list[Change], corrected: list[Change]) -> bool:
    """Tell whether long texts tell two news: what they are about was replaced, or more than one figure inside.

    A name that is replaced again and again is what they are about.
    """
    known = (*one.names, *other.names)
    replaced = [name for change in found if (name := names(change, known))]
    if len(replaced) > len(set(replaced)):
        return True
    lead = [change for change in found if change.start < _LEAD]
    if any(change in corrected or names(change, known) or nouns(change) for change in lead):
        return True
    if len({(change.left, change.right) for change in corrected}) > 1:
        return True
    return bool(corrected) and _titles_conflict(one, other)


def _titles_conflict(one: News, other: News) -> bool:
    """Tell whether two headlines are one but for a number or a day."""
    found = changes((one.title_tokens,), (other.title_tokens,))
    changed = sum(len(change.left) + len(change.right) for change in found)
    alike = changed <= (1 - _ALIKE_TITLES) * (len(one.title_tokens) + len(other.title_tokens))
    at = one.at, other.at
    return alike and any(figures(change, at) or days(change, at) for change in found)
