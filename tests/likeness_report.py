"""Precision and recall of likeness on the labelled set, by kind of edit, beside rules that know nothing of news.

    python -m tests.likeness_report [FILE]

FILE: lines as in tests/data/near_duplicates.jsonl, which is the default. Prints both halves: rules were tuned on
`tune` alone. `keys`: share of the true pairs that also share a key of the candidate index.
"""

import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rensa import RMinHash

from pipelines.likeness import News, band_keys, likeness, news

LABELLED = Path(__file__).with_name("data") / "near_duplicates.jsonl"
HALVES = ("tune", "held")


@dataclass(frozen=True)
class Pair:
    """A labelled pair."""

    name: str
    kind: str
    rule: str
    same: bool
    a: News
    b: News

    @property
    def half(self) -> str:
        """`tune` or `held`, by the hash of the pair's id."""
        return HALVES[hashlib.sha256(self.name.encode()).digest()[0] % 2]


def labelled(path: Path = LABELLED) -> list[Pair]:
    """Read labelled pairs."""
    with path.open(encoding="utf-8") as lines:
        return [_pair(json.loads(line)) for line in lines]


def _pair(line: Mapping[str, Any]) -> Pair:
    a, b = (
        news(line[side] | {"published_at": datetime.fromisoformat(line[side]["published_at"])}) for side in "ab"
    )
    return Pair(line["pair"], line["kind"], line["rule"], line["same"], a, b)


Rule = Callable[[News, News], bool]


def ours(a: News, b: News) -> bool:
    """Decide as the project does: candidates by shared keys, then likeness."""
    return bool(likeness(a, b)) and shares_a_key(a, b)


def shares_a_key(a: News, b: News) -> bool:
    """Tell whether one post would find the other in the index."""
    return not set(band_keys(a)).isdisjoint(band_keys(b))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def simhash(text: str) -> int:
    """Give the 64-bit SimHash of a text's character pairs."""
    plain = _plain(text)
    sums = [0] * 64
    for start in range(max(1, len(plain) - 1)):
        digest = int.from_bytes(hashlib.blake2b(plain[start : start + 2].encode(), digest_size=8).digest(), "big")
        for bit in range(64):
            sums[bit] += 1 if digest >> bit & 1 else -1
    return sum(1 << bit for bit, total in enumerate(sums) if total > 0)


def by_simhash(a: News, b: News) -> bool:
    """Decide by SimHash at distance 3, as is usual."""
    return (simhash(a.text) ^ simhash(b.text)).bit_count() <= 3


def by_minhash(threshold: float) -> Rule:
    """Give the rule: MinHash of 128 permutations over character triples, at a threshold, no vetoes."""

    def rule(a: News, b: News) -> bool:
        sketches = []
        for text in (_plain(a.text), _plain(b.text)):
            sketch = RMinHash(128, 1)
            sketch.update([text[start : start + 3] for start in range(max(1, len(text) - 2))])
            sketches.append(sketch)
        return float(sketches[0].jaccard(sketches[1])) >= threshold

    return rule


RULES: dict[str, Rule] = {
    "ours": ours,
    "SimHash 3": by_simhash,
    "MinHash 0.7": by_minhash(0.7),
    "MinHash 0.8": by_minhash(0.8),
}


@dataclass(frozen=True)
class Score:
    """How a rule did on pairs."""

    merged: int
    """True pairs told as the same."""
    missed: int
    """True pairs told as two news."""
    wrong: int
    """False pairs told as the same."""

    @property
    def precision(self) -> float:
        """Share of the pairs told as the same that are; 1 where none was."""
        told = self.merged + self.wrong
        return self.merged / told if told else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were told as the same; 1 where there are none."""
        true = self.merged + self.missed
        return self.merged / true if true else 1.0


def score(rule: Rule, pairs: Iterable[Pair]) -> Score:
    """Try a rule on pairs."""
    told = [(pair.same, rule(pair.a, pair.b)) for pair in pairs]
    return Score(told.count((True, True)), told.count((True, False)), told.count((False, True)))


def mistakes(pairs: Iterable[Pair]) -> list[Pair]:
    """Give the pairs on which our rule is wrong."""
    return [pair for pair in pairs if ours(pair.a, pair.b) != pair.same]


def report(pairs: list[Pair]) -> Iterable[str]:
    """Give the lines of the report."""
    for half in HALVES:
        mine = [pair for pair in pairs if pair.half == half]
        true = [pair for pair in mine if pair.same]
        shared = sum(shares_a_key(pair.a, pair.b) for pair in true)
        yield f"{half}: {len(true)} true pairs, {len(mine) - len(true)} false pairs"
        yield f"  keys         {shared / max(1, len(true)):.4f} of the true pairs share one"
        for name, rule in RULES.items():
            one = score(rule, mine)
            yield f"  {name:12} precision {one.precision:.4f}  recall {one.recall:.4f}"
        kinds = sorted({(not pair.same, pair.kind) for pair in mine})
        yield f"  {'right, by kind of edit':34}{'pairs':>6}" + "".join(f"{name:>13}" for name in RULES)
        for is_false, kind in kinds:
            some = [pair for pair in mine if (pair.same, pair.kind) == (not is_false, kind)]
            right = [sum(rule(pair.a, pair.b) == pair.same for pair in some) for rule in RULES.values()]
            yield f"  {'two: ' if is_false else 'same: '}{kind:{29 if is_false else 28}}{len(some):>6}" + "".join(
                f"{count:>13}" for count in right
            )


def main() -> None:
    """Print the report, and what went wrong in the half that rules are tuned on."""
    pairs = labelled(Path(sys.argv[1]) if len(sys.argv) > 1 else LABELLED)
    for line in report(pairs):
        print(line)  # noqa: T201 - run as a command, it prints its findings
    for pair in mistakes(pair for pair in pairs if pair.half == "tune"):
        print(f"tune, wrong: {pair.name} {pair.kind}: {pair.rule}")  # noqa: T201 - the same


if __name__ == "__main__":
    main()
