"""The child process that fuzzes one parser: `python -m tests.fuzz.child PARSER BOOK --seed N --seconds N ...`.

BOOK is a file of two counters that outlives it, in whatever way it ends: inputs tried, and parsed.
Exit code 0: nothing escaped; else something did, or took too long, or too much memory.
"""

import argparse
import mmap
import random
import struct
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["crawler.pages", "pipelines"]):
    import crawler.pages.post
    from tests.fuzz.mutation import mutated
    from tests.fuzz.seeds import seeds
    from tests.fuzz.targets import parsed

LONGEST = 2**20
"""Bytes of an input: fifteen times the largest real page."""

SLOWEST = 10
"""Seconds for one input after which it counts as a hang; real pages take a hundredth of one."""

MEMORY = 1024
"""MiB that the process may take."""

COUNTERS = "<QQ"


def plant() -> None:
    """Break a parser on purpose: an element that is not there is an IndexError, as if nobody had thought of it."""

    def first(found: list[Any], *_: Any) -> Any:
        return found[0]

    crawler.pages.post.one = first


def target(parser: str, book: mmap.mmap, folder: Path) -> Callable[[bytes], None]:
    """Give the function that atheris calls with one input after the other; what escapes stays in `folder`."""
    keep = (folder / f"escape-{parser}").write_bytes
    tried, read = 0, 0

    def one_input(data: bytes) -> None:
        nonlocal tried, read
        tried += 1
        book[:] = struct.pack(COUNTERS, tried, read)
        with ExitStack() as escaping:
            escaping.callback(keep, data)
            read += parsed(parser, data.decode("utf-8", "surrogateescape"))
            escaping.pop_all()
        book[:] = struct.pack(COUNTERS, tried, read)

    return one_input


def mutator(valid: list[str]) -> Callable[[bytes, int, int], bytes]:
    """Give the function that makes the next input, of the one before or of a valid page."""

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        choose = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret
        # Two in three from a valid page: what has been found to be of interest is mostly broken already.
        known = data.decode("utf-8", "surrogateescape") if choose.random() < 1 / 3 else choose.choice(valid)
        return mutated(known, choose).encode("utf-8", "surrogatepass")[:longest]

    return mutate


def main() -> None:
    """Fuzz until the time is over, or something escapes."""
    asking = argparse.ArgumentParser()
    asking.add_argument("parser")
    asking.add_argument("book", type=Path)
    asking.add_argument("--seconds", type=int, required=True)
    asking.add_argument("--seed", type=int, required=True)
    asking.add_argument("--keep", type=Path, required=True)
    asking.add_argument("--plant", action="store_true")
    asked = asking.parse_args()
    if asked.plant:
        plant()
    asked.book.write_bytes(struct.pack(COUNTERS, 0, 0))
    with asked.book.open("r+b") as file, mmap.mmap(file.fileno(), 0) as book:
        options = {
            "max_total_time": asked.seconds,
            "seed": asked.seed % 2**32 or 1,  # 0 means: any
            "max_len": LONGEST,
            "timeout": SLOWEST,
            "rss_limit_mb": MEMORY,
            "artifact_prefix": f"{asked.keep}/",
            "verbosity": 0,
        }
        arguments = [sys.argv[0], *(f"-{name}={value}" for name, value in options.items())]
        atheris.Setup(
            arguments, target(asked.parser, book, asked.keep), custom_mutator=mutator(seeds(asked.parser))
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
