"""`python -m tests.fuzz [PARSER ...] [--seconds N] [--seed N]`: fuzz parsers, and say what came of it.

For each parser a child process of its own, which atheris drives by the code that its inputs reach; as many at once
as there are processors. Prints a line for each: inputs, how many of them still parsed, what escaped. Exit code 1
where anything did; the input that did it stands in the folder `--keep` names.
"""

import argparse
import os
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.run import fuzz
from tests.fuzz.targets import PARSERS


def main() -> int:
    """Fuzz; give the exit code."""
    asking = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the parsers.")
    asking.add_argument("parsers", nargs="*", choices=[*PARSERS, []], metavar="PARSER", help=", ".join(PARSERS))
    asking.add_argument("--seconds", type=int, default=60, help="for all of them together (default: 60)")
    asking.add_argument("--seed", type=int, default=random.randrange(2**31))  # noqa: S311 - not a secret
    asking.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="where escapes are kept")
    asked = asking.parse_args()
    parsers = asked.parsers or list(PARSERS)
    at_once = os.cpu_count() or 1
    each = max(1, asked.seconds * at_once // len(parsers))
    print(f"seed {asked.seed}, {each} s each\n{'parser':<10} {'inputs':>8} {'parsed':>7}")
    escapes = 0
    with ThreadPoolExecutor(at_once) as pool:
        for found in pool.map(lambda parser: fuzz(parser, each, asked.seed, asked.keep), parsers):
            print(f"{found.parser:<10} {found.tried:8,} {found.share:7.0%}  {found.escaped}", flush=True)
            escapes += bool(found.escaped)
    return 1 if escapes else 0


if __name__ == "__main__":
    sys.exit(main())
