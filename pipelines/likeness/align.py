"""Where two texts differ: their words aligned, what was moved as a whole set aside. Pure.

Gives `Change`s in order: what stands in one text and what in its place in the other, with some words around it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from rapidfuzz.distance import Levenshtein

AROUND = 4
"""Words shown on either side of a change: as long as the longest word that a change may have cut in two."""

Words = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One difference of two texts."""

    left: Words
    """What only the one text says here; may be empty."""
    right: Words
    """What only the other says here; may be empty."""
    before: Words
    """Up to AROUND words that stand before both."""
    after: Words
    """Up to AROUND words that follow both."""
    start: int
    """Words of the texts before it, in the text where they are fewer."""


def changes(one: Sequence[Words], other: Sequence[Words]) -> list[Change]:
    """Align two texts, given as sentences, by the fewest replacements. A sentence that stands in both is no change."""
    left, right = _without_shared(one, other)
    found = []
    start: tuple[int, int] | None = None
    for step in (*Levenshtein.opcodes(left, right), None):
        if step is None or step.tag == "equal":
            if start:
                ends = (step.src_start, step.dest_start) if step else (len(left), len(right))
                found.append(_change(left, right, start, ends))
            start = None
        elif start is None:
            start = step.src_start, step.dest_start
    return found


def _without_shared(one: Sequence[Words], other: Sequence[Words]) -> tuple[Words, Words]:
    """Give the words of both; where sentences change places, without those that both have: they were only moved."""
    shared = Counter(one) & Counter(other)
    if [words for words in one if words in shared] == [words for words in other if words in shared]:
        return _joined(one), _joined(other)
    return _joined(_rest(one, shared)), _joined(_rest(other, shared))


def _rest(sentences: Sequence[Words], shared: Counter[Words]) -> Iterator[Words]:
    left = shared.copy()
    for words in sentences:
        if left[words]:
            left[words] -= 1
        else:
            yield words


def _joined(sentences: Iterable[Words]) -> Words:
    return tuple(chain.from_iterable(sentences))


def _change(left: Words, right: Words, start: tuple[int, int], end: tuple[int, int]) -> Change:
    return Change(
        left[start[0] : end[0]],
        right[start[1] : end[1]],
        left[max(0, start[0] - AROUND) : start[0]],
        left[end[0] : end[0] + AROUND],
        min(start),
    )
