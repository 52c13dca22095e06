"""What likeness costs: keys of a post, and one comparison, by length of text.

    python -m benchmarks.likeness [--rounds N]

Over the labelled set. Processor time, the median of the rounds, as ratios to a hundred SHA-256 of the same text
(named `hash`), and in milliseconds of this machine for orientation. `keys` is all that is made of a post once:
folding, words, sketch. `first` is one pair of which nothing is known yet, `compare` the same again: a post beside
its next candidate.
"""

import argparse
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from time import process_time

from pipelines.likeness import News, band_keys, likeness
from tests.likeness_report import Pair, labelled

LENGTHS = ((0, 60), (60, 200), (200, 700), (700, 5000))
"""Characters: flashes, notices, short articles, long ones."""

HASHES = 100
"""One alone is too short to be timed."""

Pairs = Sequence[tuple[News, News]]


def fresh(pairs: Sequence[Pair]) -> Pairs:
    """Give the posts of pairs, of which nothing is known yet."""
    return [(replace(pair.a), replace(pair.b)) for pair in pairs]


def hashed(pairs: Pairs) -> None:
    """Hash the first text of each pair."""
    for one, _ in pairs:
        text = one.text.encode()
        for _ in range(HASHES):
            hashlib.sha256(text).digest()


def keyed(pairs: Pairs) -> None:
    """Make the keys of the first post of each pair."""
    for one, _ in pairs:
        band_keys(one)


def compared(pairs: Pairs) -> None:
    """Compare each pair."""
    for one, other in pairs:
        likeness(one, other)


def seconds(work: Callable[[Pairs], None], pairs: Pairs) -> float:
    """Give the processor time of the work, for one pair."""
    start = process_time()
    work(pairs)
    return (process_time() - start) / len(pairs)


def measured(pairs: Sequence[Pair]) -> dict[str, float]:
    """Give the seconds of one round, by name."""
    compared(fresh(pairs[:1]))  # rjieba reads its dictionary at its first question
    found = {"hash": seconds(hashed, fresh(pairs)), "keys": seconds(keyed, fresh(pairs))}
    known = fresh(pairs)
    found["first"] = seconds(compared, known)
    found["compare"] = seconds(compared, known)
    return found


def main() -> None:
    """Print a line for each range of lengths."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    pairs = labelled()
    for least, most in LENGTHS:
        some = [pair for pair in pairs if least <= len(pair.a.text) < most]
        results = [measured(some) for _ in range(rounds)]
        middle = {name: median(result[name] for result in results) for name in results[0]}
        ratios = "  ".join(
            f"{name} {middle[name] / middle['hash']:7.1f} x hash ({middle[name] * 1000:.2f} ms)"
            for name in ("keys", "first", "compare")
        )
        print(f"{least:5}-{most:<5}{len(some):6} pairs  {ratios}")  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    main()
