"""The keys under which texts that are likely to be alike are found: MinHash in bands, and equality."""

import hashlib
import struct
from zlib import crc32

from rensa import RMinHash

from pipelines.likeness.news import VERSION, News
from pipelines.likeness.tokens import is_number

_PERMUTATIONS = 42
_ROWS = 3
_SEED = 42


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
    sketch = RMinHash(_PERMUTATIONS, _SEED)
    sketch.update([folded[i : i + 2] for i in range(max(1, len(folded) - 1))])
    digest = sketch.digest()
    numbers = sorted({crc32(token.encode()) for token in news.tokens if is_number(token)})[:2] or [0]
    keys = {
        _key(start, digest[start : start + _ROWS], number)
        for start in range(0, _PERMUTATIONS, _ROWS)
        for number in numbers
    }
    return sorted(keys)


def _key(band: int, rows: list[int], number: int) -> int:
    key: int = struct.unpack("<i", struct.pack("<I", crc32(struct.pack("<5I", band, *rows, number))))[0]
    return key
