"""Fuzzing one parser in a process of its own."""

import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
"""To start, and to end, on a machine under load."""


@dataclass(frozen=True)
class Outcome:
    """What came of fuzzing a parser."""

    parser: str
    tried: int
    parsed: int
    escaped: str
    """What the child said of an escape; empty: there was none."""

    @property
    def share(self) -> float:
        """The share of inputs that still parsed."""
        return self.parsed / self.tried if self.tried else 0.0


def fuzz(parser: str, seconds: int, seed: int, keep: Path, *options: str) -> Outcome:
    """Fuzz a parser for so long; what escapes is kept in the folder `keep`."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book"
        command = [sys.executable, "-m", "tests.fuzz.child", parser, str(book), f"--seconds={seconds}"]
        done = subprocess.run(
            [*command, f"--seed={seed}", f"--keep={keep}", *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + START_SECONDS,
            check=False,
        )
        tried, parsed = struct.unpack("<QQ", book.read_bytes()) if book.exists() else (0, 0)
    said = f"exit code {done.returncode}\n{done.stdout[-4000:]}"
    return Outcome(parser, tried, parsed, said if done.returncode else "")
