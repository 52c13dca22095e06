"""The table of the drills: a row for each, as text for a terminal, as Markdown for docs/drills.md, as JSON."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

HEAD = ("drill", "repetitions", "expected", "stored", "doubled", "lost", "verdict", "seconds")


@dataclass
class Row:
    """What a drill found."""

    drill: str
    repetitions: int
    """Kills, or crawls that something was done to; 0: it was not run, and `verdict` says why."""

    expected: int
    """Posts, all repetitions together: what an undisturbed run stores."""

    stored: int
    """Of these, the stored ones."""

    doubled: int
    """Documents more than that."""

    verdict: str
    """What the runs said: finish_reason, ok, exit code."""

    seconds: float
    wrong: list[str] = field(default_factory=list)
    """Whatever else is not as it should be, in words; documents that differ from an undisturbed run's, too."""

    killed: str = ""
    """Who was killed at random, for the table of those; empty: it is another drill."""

    ours: bool = True
    """Whether this project is drilled, not what it is compared with."""

    @property
    def lost(self) -> int:
        """Posts that are not there."""
        return self.expected - self.stored

    @property
    def failed(self) -> bool:
        """Whether anything of ours was lost or doubled, or is otherwise wrong."""
        return self.ours and bool(self.lost or self.doubled or self.wrong)

    def cells(self) -> list[str]:
        """Give what stands in the table."""
        if not self.repetitions:
            return [self.drill, "0", "", "", "", "", self.verdict, ""]
        numbers = (self.expected, self.stored, self.doubled, self.lost)
        verdict = f"{self.verdict}; WRONG: {len(self.wrong)}" if self.wrong else self.verdict
        return [self.drill, f"{self.repetitions}", *(f"{n:,}" for n in numbers), verdict, f"{self.seconds:.0f}"]


def text(rows: Sequence[Row]) -> str:
    """Give the table for a terminal, and what is wrong below it."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(_width(line[place]) for line in cells) for place in range(len(HEAD))]
    lines = []
    for line in cells:
        padded = []
        for place, (cell, width) in enumerate(zip(line, widths, strict=True)):
            blanks = " " * (width - _width(cell))
            padded.append(cell + blanks if place in {0, 6} else blanks + cell)
        lines.append("  ".join(padded).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    for row in rows:
        lines += [f"{row.drill}: {line}" for line in row.wrong]
    return "\n".join(lines) + "\n"


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in cell)


def markdown(rows: Sequence[Row]) -> str:
    """Give the table as Markdown."""
    lines = [HEAD, ["---", *["---:"] * 5, "---", "---:"], *(row.cells() for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def as_json(rows: Sequence[Row], **about: object) -> str:
    """Give the rows as JSON, with what is to be known about the drills."""
    return json.dumps(about | {"rows": [asdict(row) | {"lost": row.lost} for row in rows]}, ensure_ascii=False)
