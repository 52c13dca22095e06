"""What the browser costs in one run: memory of all its processes, page after page, and time.

    python -m benchmarks.browser_memory --pages 200

Crawls the sandbox with `share=browser` into a mongod of its own, and samples the crawl's process tree. Prints a
line for each ten pages, and the medians after 20 pages and at the end. Linux only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import monotonic, sleep

from sandbox.process import SandboxProcess
from store import embedded
from tests.processes import held, tree

ROOT = Path(__file__).resolve().parent.parent
FIRST = 20
"""The page after which memory is compared with the end: by then the browser has all that it keeps."""

POSTS_A_PAGE = 3.2
"""Posts of the sandbox for each that has a share link, with some to spare."""

MEGABYTE = 2**20

Sample = tuple[float, int, int]
"""Seconds, pages opened so far, bytes."""


def sampled(pages: int, mongo_uri: str, database: str) -> list[Sample]:
    """Crawl until so many pages were opened, and sample the whole time."""
    with SandboxProcess(posts=int(pages * POSTS_A_PAGE)) as world:
        crawl = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "crawl", "finews", "-a", "share=browser", "-a", "quotes=off"],
            cwd=ROOT,
            env=os.environ
            | {"MIRRORS": world.mirrors, "MONGO_URI": mongo_uri, "MONGO_DATABASE": database, "LOG_LEVEL": "ERROR"},
        )
        begun, samples = monotonic(), list[Sample]()
        while crawl.poll() is None:
            opened = world.stats()["served"].get("share", 1) // 2  # robots.txt once, then two requests a page
            samples.append((monotonic() - begun, opened, held(tree(crawl.pid))))
            if opened >= pages:
                crawl.terminate()
                break
            sleep(0.1)
        if crawl.wait() not in {0, 1}:
            raise RuntimeError(f"the crawl ended with exit code {crawl.returncode}")
    return samples


def growth(samples: list[Sample]) -> tuple[float, float]:
    """Give the median bytes of the ten pages after the first twenty, and of the last ten."""
    last = samples[-1][1]
    after = [size for _, opened, size in samples if FIRST <= opened < FIRST + 10]
    end = [size for _, opened, size in samples if last - 10 <= opened]
    return median(after), median(end)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=200)
    pages = parser.parse_args().pages
    with tempfile.TemporaryDirectory(prefix="finews-mongo-") as directory:
        try:
            samples = sampled(pages, embedded.ensure_running(Path(directory)), "browser_memory")
        finally:
            embedded.stop(Path(directory))
    sys.stdout.write(told(samples))


def told(samples: list[Sample]) -> str:
    """Write the figures down."""
    lines, pages = [], samples[-1][1]
    for ten in range(0, pages + 1, 10):
        sizes = [size / MEGABYTE for _, opened, size in samples if ten <= opened < ten + 10]
        if sizes:
            lines.append(f"pages {ten:4}-{ten + 9:<4} {median(sizes):6.0f} MB, at most {max(sizes):.0f}")
    after, end = growth(samples)
    sizes_told = f"after {FIRST} pages {after / MEGABYTE:.0f} MB, after {pages} {end / MEGABYTE:.0f} MB"
    seconds = samples[-1][0] - next(at for at, opened, _ in samples if opened)
    return "\n".join([*lines, f"{sizes_told}: {end / after:.3f}", f"{pages / seconds:.2f} pages a second", ""])


if __name__ == "__main__":
    main()
