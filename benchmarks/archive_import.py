"""What an import of sources costs: posts a second and memory, for many sources against few; and what kills change.

    python -m benchmarks.archive_import --posts 20000

Writes the sources of two made-up worlds, 2,000 posts and `--posts`, into folders, and imports each into a mongod
of its own. Then the larger one again, killed (SIGKILL) three times on the way, and compares what is stored with
what the undisturbed import stored. Prints posts a second and the peak of memory, as ratios against the small
import: from the start of the process until all is stored. What a run does after that, looking for reposts, is not
waited for; benchmarks/duplicate_lookup.py measures it. Linux only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from sandbox.world import World
from store import embedded

ROOT = Path(__file__).resolve().parent.parent
FEW = 2_000
KILLS = 3
MEGABYTE = 2**20
MOST_GROWTH = 1.15
"""Memory for many sources against memory for few."""

TOLD_BY_READING = frozenset(
    "run_id first_run_id spider first_seen_at updated_at available_at available_from etag pending".split()
)
"""Fields that differ between two imports of the same sources."""

Documents = Database[dict[str, Any]]


@dataclass(frozen=True)
class Import:
    """One import, until all is stored."""

    seconds: float
    """The start of the process included."""

    peak: int
    """Bytes."""


def written(posts: int, folder: Path) -> Path:
    """Write the sources of a world of so many posts."""
    for path, text in World(seed=1, posts=posts).sources().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return folder


def started(folder: Path, uri: str, database: str) -> subprocess.Popen[bytes]:
    """Start an import."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "scrapy", "crawl", "archive", "-a", f"path={folder}"],
        cwd=ROOT,
        env=os.environ | {"MONGO_URI": uri, "MONGO_DATABASE": database, "LOG_LEVEL": "INFO"},
        stderr=subprocess.PIPE,
    )


def imported(folder: Path, uri: str, database: str) -> Import:
    """Import a folder. Raises RuntimeError where that fails."""
    begun = monotonic()
    with started(folder, uri, database) as process:
        log = process.stderr or ()
        if not any(b"Closing spider (finished)" in line for line in log):
            raise RuntimeError(f"the import ended with exit code {process.wait()}")
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        done = Import(monotonic() - begun, int(status.partition("VmHWM:")[2].split()[0]) * 1024)
        process.kill()
    return done


def killed(folder: Path, posts: int, uri: str, database: Documents) -> None:
    """Kill an import of so many posts three times, then let one end."""
    for number in range(1, KILLS + 1):
        with started(folder, uri, database.name) as process:
            while database.posts.estimated_document_count() < posts * number // (KILLS + 1):
                if process.poll() is not None:
                    raise RuntimeError(f"the import ended with exit code {process.returncode}")
                sleep(0.02)
            process.kill()
        say(f"killed at {database.posts.estimated_document_count():,} posts")
    imported(folder, uri, database.name)


def stored(database: Documents) -> Iterator[dict[str, Any]]:
    """Give all posts in order, but for when they were read."""
    for post in database.posts.find().sort("_id", 1):
        sources = {form: said["sources"] for form, said in post.pop("forms").items()}
        yield {field: value for field, value in post.items() if field not in TOLD_BY_READING} | {
            "sources": sources
        }


def differences(one: Documents, other: Documents) -> list[str]:
    """Name the posts that two databases do not hold alike."""
    pairs = zip_longest(stored(one), stored(other), fillvalue={"_id": "missing"})
    return [str(first["_id"]) for first, second in pairs if first != second]


def shown(name: str, posts: int, done: Import) -> None:
    """Print what an import took."""
    pace = posts / done.seconds
    say(f"{name}: {posts:,} posts, {pace:,.0f} posts/s, peak {done.peak / MEGABYTE:.0f} MB")


def say(line: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Import, kill, compare; give an exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=20_000, help="of the larger import")
    posts: int = parser.parse_args().posts
    with tempfile.TemporaryDirectory(prefix="finews-archive-") as parent:
        place = Path(parent)
        uri = embedded.ensure_running(place / "mongo")
        with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
            few = imported(written(FEW, place / "few"), uri, "few")
            shown("few", FEW, few)
            many = imported(written(posts, place / "many"), uri, "many")
            shown("many", posts, many)
            growth, pace = many.peak / few.peak, (posts / many.seconds) / (FEW / few.seconds)
            say(f"many against few: {pace:.2f} times the pace, {growth:.2f} times the memory")
            killed(place / "many", posts, uri, client["killed"])
            wrong, count = (
                differences(client["many"], client["killed"]),
                client["killed"].posts.count_documents({}),
            )
            say(f"after {KILLS} kills: {count:,} posts, {len(wrong)} of them otherwise {wrong[:5]}")
        embedded.stop(place / "mongo")
    return int(bool(wrong) or growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
