"""What makes two alike texts two news: numbers, days, codes, directions, denials, names that were replaced. Pure.

In: the changes of their alignment, in place, not as sets. Gives the conflicts of each change, by kind.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import rjieba

from pipelines.likeness.align import Change, Words
from pipelines.likeness.days import day, may_be_one
from pipelines.likeness.tokens import is_number
from pipelines.likeness.words import denials, is_empty, pointed, same

_DENIED = 4
"""Words of the longest insertion whose denial turns what stands around it: 并未能够. A longer one stands alone."""

_DENIALS = frozenset((character,) for character in "不未无非副半")
"""What turns the word that it is put before into another, also where `denials` sees none: 超过 and 不超过, 总经理
and 副总经理, 年报 and 半年报."""

_PLACEHOLDER = "\0"
"""Stands for a word that is no single character, where texts are searched."""

_NAMES = frozenset("nr nrt nrfg ns nt nz j".split())
"""Tags that rjieba gives to names of people, places, organisations and brands, and to abbreviations."""

_THINGS = _NAMES | frozenset("n nz t s tg ng vn eng".split())
"""The same and other nouns."""

_LINKS = frozenset("d df dg ad vd c p r rr rz y e o k h zg f q u ud ug uj ul uv uz".split())
"""Its tags of words that link and shade: one medium writes them another way. All others say what happened."""

Word = tuple[str, str]
"""A word and its tag."""

Times = tuple[datetime | None, datetime | None]
"""When the two texts were published, where that is known exactly: 今日 is another day in each. Aware."""


def figures(change: Change, _at: Times) -> bool:
    """Tell whether a number was replaced by another."""
    left, right = (Counter(filter(is_number, words)) for words in (change.left, change.right))
    left, right = left - right, right - left
    if not left or not right:
        return False
    fewer, more = sorted((list(left.elements()), list(right.elements())), key=len)
    return not all(any(_rounded(one, other) for other in more) for one in fewer)


def _rounded(one: str, other: str) -> bool:
    """Tell whether a number is another one rounded to three digits or more, in 万 or 亿: 1.23亿 for 12345.6万."""
    if one[0] != other[0] and {one[0], other[0]} == {"#", "^"}:  # 17点 of an exchange rate are 17个基点
        return Decimal(min(one, other)[1:]).scaleb(-2) == Decimal(max(one, other)[1:])
    if one[0] != other[0] or one[0] == "~":
        return False
    few, many = sorted(
        (Decimal(one[1:]).normalize(), Decimal(other[1:]).normalize()),
        key=lambda number: len(number.as_tuple().digits),
    )
    digits = len(few.as_tuple().digits)
    last = few.adjusted() - digits + 1
    return digits >= 3 and last >= 4 and abs(many - few) * 2 <= Decimal(1).scaleb(last)


def days(change: Change, at: Times) -> bool:
    """Tell whether a day, month, year or period was replaced by another. 今日 is the day of its own text."""
    left, right = ([word for word in words if word[0] == "@"] for words in (change.left, change.right))
    if not left or not right:
        return False
    if len(left) <= len(right):
        return not all(any(_one_day(word, other, at) for other in right) for word in left)
    return not all(any(_one_day(other, word, at) for other in left) for word in right)


def _one_day(left: str, right: str, at: Times) -> bool:
    one, other = day(left, at[0]), day(right, at[1])
    if one is None or other is None:
        return left == right or (one is None) != (other is None)
    return may_be_one(one, other)


def codes(change: Change, _at: Times) -> bool:
    """Tell whether the code of a security, or a Latin word, was replaced by another."""
    for is_kind in (lambda word: word[0] == "&", _is_latin):
        left, right = (set(filter(is_kind, words)) for words in (change.left, change.right))
        if left - right and right - left and not any(same(one, other) for one in left for other in right):
            return True
    return False


def _is_latin(word: str) -> bool:
    return "a" <= word[0] <= "z"


def directions(change: Change, _at: Times) -> bool:
    """Tell whether a word was replaced by one that points the other way."""
    if not change.left or not change.right:
        return False
    left, right = (pointed(*_spelt(change, words)) for words in (change.left, change.right))
    return any((axis, -sign) in right and (axis, -sign) not in left for axis, sign in left - right)


def negations(change: Change, _at: Times) -> bool:
    """Tell whether the one text denies what the other says."""
    if max(len(change.left), len(change.right)) > (2 if change.left and change.right else 1) * _DENIED:
        return False
    if (*change.left, *change.right) in _DENIALS:
        return True
    left, right = (denials(*_spelt(change, words)) for words in (change.left, change.right))
    return left % 2 != right % 2


def _spelt(change: Change, words: Words) -> tuple[str, int, int]:
    """Give a side of a change with what stands around it, and where in that it is; a character a word."""
    text = "".join(
        word if len(word) == 1 and not word.isascii() else _PLACEHOLDER
        for word in (*change.before, *words, *change.after)
    )
    return text, len(change.before), len(change.before) + len(words)


def rewordings(change: Change) -> tuple[list[Word], list[Word]]:
    """Give the words of either side, with their tags, that say something which the other side does not.

    Both are empty where one side says nothing, or all that it says is said by the other.
    """
    left, right = ("".join(filter(_is_told, words)) for words in (change.left, change.right))
    if not left or not right or _abbreviates(left, right) or _means_the_same(change, left, right):
        return [], []
    ours, theirs = _told(change, change.left), _told(change, change.right)
    ours, theirs = _unmatched(ours, theirs), _unmatched(theirs, ours)
    full = [[(word, tag) for word, tag in words if not is_empty(word)] for words in (ours, theirs)]
    if all(full):
        return full[0], full[1]
    # A noun that says something in place of one that does not: 尿素 for 公司.
    return (ours, theirs) if any(full) and _has_noun(ours) and _has_noun(theirs) else ([], [])


def things(change: Change) -> bool:
    """Tell whether a word that says what happened, or to whom, was replaced by another."""
    return any(tag not in _LINKS for words in rewordings(change) for _, tag in words)


def names(change: Change, known: Iterable[str]) -> tuple[str, str] | None:
    """Give which name was replaced by which; None where no name was. `known`: names of securities."""
    sides = rewordings(change)
    named = any(tag in _NAMES or any(word in name for name in known) for words in sides for word, tag in words)
    return ("".join(word for word, _ in sides[0]), "".join(word for word, _ in sides[1])) if named else None


def nouns(change: Change) -> bool:
    """Tell whether a noun was replaced by another."""
    return all(map(_has_noun, rewordings(change)))


def _has_noun(words: Iterable[Word]) -> bool:
    return any(tag in _THINGS for _, tag in words)


def is_reworded(change: Change) -> bool:
    """Tell whether both sides are one word for the same."""
    left, right = ("".join(filter(_is_letter, words)) for words in (change.left, change.right))
    whole = len(left) == len(change.left) and len(right) == len(change.right)
    return whole and bool(left and right) and _means_the_same(change, left, right)


def _is_told(word: str) -> bool:
    return _is_letter(word) or _is_latin(word)


def _is_letter(word: str) -> bool:
    return len(word) == 1 and not word.isascii()


def _abbreviates(one: str, other: str) -> bool:
    """Tell whether the shorter has only characters of the longer, in their order: 中国石化, 中国石油化工."""
    few, many = sorted((one, other), key=len)
    rest = iter(many)
    return all(character in rest for character in few)


def _means_the_same(change: Change, left: str, right: str) -> bool:
    """Tell whether both sides, with up to two characters around them, are words for the same."""
    before = "".join(word if _is_letter(word) else " " for word in change.before)
    after = "".join(word if _is_letter(word) else " " for word in change.after)
    return any(
        same(before[len(before) - i :] + left + after[:j], before[len(before) - i :] + right + after[:j])
        for i in range(3)
        for j in range(3)
    )


def _told(change: Change, words: Words) -> list[Word]:
    """Give the words which a side of a change has a part of."""
    text, start, end = _spelt(change, words)
    found, at = [(word, "eng") for word in words if _is_latin(word)], 0
    for word, tag in rjieba.tag(text.replace(_PLACEHOLDER, " ")):
        if at < end and at + len(word) > start and word.strip():
            found.append((word, tag))
        at += len(word)
    return found


def _unmatched(words: list[Word], others: list[Word]) -> list[Word]:
    return [
        (word, tag)
        for word, tag in words
        if not any(same(word, other) or _abbreviates(word, other) for other, _ in others)
    ]
