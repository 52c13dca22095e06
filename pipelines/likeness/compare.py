"""The decision: two posts tell the same news, or not."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from rapidfuzz.distance import Levenshtein

from pipelines.likeness.news import News
from pipelines.likeness.tokens import is_number
from pipelines.published import BEIJING

_NEAR_SHORT = 0.5
_NEAR_LONG = 0.6
_CONTAINED = 0.85
_CONTAINED_LENGTH = 0.5


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
        first, last = max(a.earliest, b.earliest), min(a.latest, b.latest)
        return _day(first) <= _day(last)
    return max(a.earliest - b.latest, b.earliest - a.latest) <= timedelta(days=days)


def _day(at: datetime) -> int:
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(BEIJING).toordinal()


def likeness(a: News, b: News, days: int = 7) -> Likeness | None:
    """Give how two posts tell the same news, or None where they are two news."""
    if not a.tokens or not b.tokens or not near_enough_in_time(a, b, days):
        return None
    if a.tokens == b.tokens:
        return Likeness("exact", 1.0)
    similarity = _similarity(a, b)
    if similarity is None or _vetoed(a, b):
        return None
    return Likeness("near", round(similarity, 4))


def _similarity(a: News, b: News) -> float | None:
    shared = len(a.triples & b.triples)
    jaccard = shared / len(a.triples | b.triples)
    if jaccard >= (_NEAR_SHORT if a.is_short or b.is_short else _NEAR_LONG):
        return jaccard
    fewer, more = sorted((len(a.triples), len(b.triples)))
    return jaccard if shared >= _CONTAINED * fewer and fewer >= _CONTAINED_LENGTH * more else None


def _vetoed(a: News, b: News) -> bool:
    one, other = sorted((a.tokens, b.tokens))
    for change in Levenshtein.opcodes(one, other):
        if change.tag == "replace":
            left = one[change.src_start : change.src_end]
            right = other[change.dest_start : change.dest_end]
            if any(map(is_number, left)) and any(map(is_number, right)):
                return True
    return False
