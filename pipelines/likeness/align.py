"""Where two texts differ: their words aligned, what was moved as a whole set aside. Pure.

Gives `Change`s in order: what stands in one text and what in its place in the other, with some words around it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein

AROUND = 4
"""Words shown on either side of a change: as long as the longest word that a change may have cut in two."""

_PASSAGE = 8
"""Words of the shortest passage that is looked for elsewhere."""

_EDITED = 0.6
"""Share of equal words from which two passages are one that was edited."""

Words = tuple[str, ...]
Span = tuple[int, int, int, int]
"""Where a difference begins in the one text and in the other, and where it ends."""


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


class _Side:
    """The words of a text that are aligned, and how many of its words stand before each."""

    def __init__(self, sentences: Sequence[Words], moved: Counter[Words]) -> None:
        left = moved.copy()
        words: list[str] = []
        self.places: list[int] = []
        self.beginnings: set[int] = set()
        place = 0
        for sentence in sentences:
            if left[sentence]:
                left[sentence] -= 1
            else:
                self.beginnings.add(len(words))
                words += sentence
                self.places += range(place, place + len(sentence))
            place += len(sentence)
        self.words = tuple(words)
        self.places.append(place)


def changes(one: Sequence[Words], other: Sequence[Words]) -> list[Change]:
    """Align two texts, given as sentences, by the fewest replacements. What was only moved is no change."""
    moved = _moved(one, other)
    left, right = _Side(one, moved), _Side(other, moved)
    spans: list[Span] = []
    open_span = False
    for step in Levenshtein.opcodes(left.words, right.words):
        if step.tag == "equal":
            open_span = False
        elif open_span:
            spans[-1] = (*spans[-1][:2], step.src_end, step.dest_end)
        else:
            spans.append((step.src_start, step.dest_start, step.src_end, step.dest_end))
            open_span = True
    return _edited_where_moved(
        [_change(left, right, span) for span in _without_other_end(left, right, _shifted(spans))]
    )


def _shifted(spans: list[Span]) -> list[Span]:
    """Give the differences; as one where a character that two words share made two of it: 滨江, 江北."""
    found: list[Span] = []
    for span in spans:
        before = found[-1] if found else (0, 0, 0, 0)
        sides = [(end - start, our_end - our_start) for start, our_start, end, our_end in (before, span)]
        crossed = 0 in sides[0] and 0 in sides[1] and bool(sides[0][0]) != bool(sides[1][0])
        if found and crossed and span[0] - before[2] == 1 and max(map(max, sides)) <= AROUND:
            found[-1] = (*before[:2], *span[2:])
        else:
            found.append(span)
    return found


def _without_other_end(left: _Side, right: _Side, spans: list[Span]) -> list[Span]:
    """Give the differences; where both texts end with sentences of their own, one as cut and one as added.

    Aligned, two sentences that have nothing to do with each other would look like one with its words replaced.
    """
    for first, (ours, theirs, *_) in enumerate(spans):
        rest = len(left.words) - ours, len(right.words) - theirs
        equal = rest[0] - sum(span[2] - span[0] for span in spans[first:])
        begins = ours in left.beginnings and theirs in right.beginnings
        if begins and min(rest) >= _PASSAGE and equal < _EDITED / 2 * min(rest):
            ends = len(left.words), len(right.words)
            cut, added = (ours, theirs, ends[0], theirs), (ends[0], theirs, ends[0], ends[1])
            return [*spans[:first], cut, added]
    return spans


def _edited_where_moved(found: list[Change]) -> list[Change]:
    """Give changes, and in place of a passage that was moved and edited the changes within it."""
    for gone in [change for change in found if not change.right and len(change.left) >= _PASSAGE]:
        for come in [change for change in found if not change.left and len(change.right) >= _PASSAGE]:
            if gone in found and Levenshtein.normalized_similarity(gone.left, come.right) >= _EDITED:
                found = [change for change in found if change not in (gone, come)]
                found += [
                    replace(change, start=change.start + min(gone.start, come.start))
                    for change in changes((gone.left,), (come.right,))
                ]
    return found


def _moved(one: Sequence[Words], other: Sequence[Words]) -> Counter[Words]:
    """Give the sentences that both texts have, where their order differs: moved, they would look replaced."""
    shared = Counter(one) & Counter(other)
    in_place = [words for words in one if words in shared] == [words for words in other if words in shared]
    return Counter() if in_place else shared


def _change(left: _Side, right: _Side, span: Span) -> Change:
    ours, theirs, our_end, their_end = span
    return Change(
        left.words[ours:our_end],
        right.words[theirs:their_end],
        left.words[max(0, ours - AROUND) : ours],
        left.words[our_end : our_end + AROUND],
        min(left.places[ours], right.places[theirs]),
    )
