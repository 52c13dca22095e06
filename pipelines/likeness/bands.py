"""The keys under which texts that are likely to be alike are found: MinHash in bands, and equality."""

import hashlib
import struct
from zlib import crc32

from rensa import RMinHash

from pipelines.likeness.news import VERSION, News
from pipelines.likeness.tokens import is_number

_SEED = 42
_ROWS = 3
_BANDS = 28
"""Keys at most. Of 28 bands of three rows, texts that share half of their character pairs have one in common in 97
of 100 cases; of 14, in 84."""

_LEAD = 16
"""Words that a text begins with, which have a key of their own: half of it may be cut, with all its numbers."""

_TEMPLATES = 400
"""Characters below which texts are cut from templates by the thousand: each key holds one of two of their numbers.
A longer text has keys with one of them alone, and keys without."""

_LONGER = 200
"""Characters from which there are keys with two numbers and keys without."""

_DIGITS = 4
"""With so many, a number (and its point) seldom stands in two news."""

_WORDY = 40
"""Characters from which a text with fewer than two numbers has keys without: it is no flash of a rising figure."""


def exact_key(news: News) -> str | None:
    """Give a key that two posts share if and only if their texts are equal, whatever the titles; None: no text."""
    if not news.tokens:
        return None
    return hashlib.sha256(" ".join((VERSION, *news.tokens)).encode()).hexdigest()


def band_keys(news: News) -> list[int]:
    """Give the keys of the candidate index, sorted, unique, as signed 32-bit integers; none: no text."""
    folded = news.comparable
    if not folded:
        return []
    numbers = _numbers(news)
    bands = (_BANDS - 1) // len(numbers)
    sketch = RMinHash(_BANDS * _ROWS, _SEED)
    sketch.update([folded[i : i + 2] for i in range(max(1, len(folded) - 1))])
    digest = sketch.digest()
    rows = [digest[start : start + _ROWS] for start in range(0, bands * _ROWS, _ROWS)]
    lead = _key(_BANDS, [crc32(" ".join(news.tokens[:_LEAD]).encode())], 0)
    return sorted({lead, *(_key(band, row, number) for band, row in enumerate(rows) for number in numbers)})


def _numbers(news: News) -> list[int]:
    """Give what goes into the keys beside the sketch: two numbers of a shorter text, chosen by hash; 0 is none.

    Chosen so, texts that have most numbers in common choose the same, wherever one of them was cut or added to.
    """
    numbers = [crc32(number.encode()) for number in sorted(filter(is_number, set(news.tokens)), key=_distinctive)]
    length = len(news.comparable)
    chosen = numbers[: 1 if length >= _TEMPLATES else 2]
    plain = length >= _LONGER or (len(chosen) < 2 and length >= _WORDY)
    return [*chosen, 0] if plain or not chosen else chosen


def _distinctive(number: str) -> tuple[int, int]:
    """Order numbers: those of many digits first, as 三大指数 is in every market wrap; then by hash."""
    return -min(_DIGITS, len(number.strip("#%^0"))), crc32(number.encode())


def _key(band: int, rows: list[int], number: int) -> int:
    key: int = struct.unpack(
        "<i", struct.pack("<I", crc32(struct.pack(f"<{len(rows) + 2}I", band, *rows, number)))
    )[0]
    return key
