"""What words mean for likeness: which say the same, which say nothing, which point the other way, which deny.

By the lists in `lexicon`. Pure.
"""

import re

from pipelines.likeness.lexicon import DENYING, EMPTY, NAMES, NOT_DENYING, OPPOSITES, SAME

_LONGEST = 3
"""Characters of the longest word that points."""


def _classes(lines: str) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(lines.strip().split("\n")):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def _axes(axes: str) -> dict[str, frozenset[tuple[int, int]]]:
    found: dict[str, set[tuple[int, int]]] = {}
    for number, axis in enumerate(axes.strip().removesuffix(";").split(";")):
        for sign, words in zip((1, -1), axis.split("|"), strict=True):
            for word in words.split():
                found.setdefault(word, set()).add((number, sign))
    return {word: frozenset(signs) for word, signs in found.items()}


def _variants(lines: str) -> dict[str, str]:
    split = [line.split() for line in lines.strip().split("\n")]
    return {variant: name for name, *variants in split for variant in (*variants, name)}


_CLASSES = _classes(SAME)
_AXES = _axes(OPPOSITES)
_ONE_NAME = _variants(NAMES)
_VARIANT = re.compile("|".join(sorted(_ONE_NAME, key=len, reverse=True)))
_EMPTY = frozenset(EMPTY.split())
_DENIAL = re.compile(f"(?:{'|'.join(NOT_DENYING.split())})|({'|'.join(DENYING.split())})")


def one_name(text: str) -> str:
    """Give the text with institutions, indices and standing phrases under the name that is used most."""
    return _VARIANT.sub(lambda match: _ONE_NAME[match[0]], text)


def same(one: str, other: str) -> bool:
    """Tell whether two words say the same."""
    return one == other or bool(_CLASSES.get(one, frozenset()) & _CLASSES.get(other, frozenset()))


def is_empty(word: str) -> bool:
    """Tell whether a word says nothing of its own."""
    return word in _EMPTY


def pointed(text: str, start: int, end: int) -> set[tuple[int, int]]:
    """Give the directions, as (axis, sign), of words that overlap `text[start:end]`."""
    return {
        sign
        for at in range(max(0, start - _LONGEST + 1), end)
        for length in range(1, _LONGEST + 1)
        if at + length > start
        for sign in _AXES.get(text[at : at + length], ())
    }


def denials(text: str, start: int, end: int) -> int:
    """Give how many words that deny overlap `text[start:end]`."""
    return sum(bool(found[1]) and found.end() > start and found.start() < end for found in _DENIAL.finditer(text))
