"""The kill drill for what others do: one plain spider (tests/drills/baselines), with JOBDIR and with scrapy-redis.

Killed in the same manner, as often, but each crawl once only, and then resumed to its end: kinder than what our
crawls go through. Worlds of the site's present layout only, whose home page leads to every category. Its unit is
the page: it keeps what it reads under the page's URL.
"""

import importlib.util
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic

from sandbox.process import SandboxProcess
from tests.crawling import Crawler
from tests.drills.kills import kill_points
from tests.drills.rows import Row
from tests.drills.stage import AT_ONCE, Breakable, DrillError, NotRunError, Stage

SETTINGS = "tests.drills.baselines.settings"


@dataclass(frozen=True)
class Way:
    """How the plain spider is kept between its runs, from one empty folder: options and environment."""

    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def jobdir(folder: Path) -> Iterator[Way]:
    """Keep its requests in Scrapy's JOBDIR."""
    yield Way(("-s", f"JOBDIR={folder}"))


@contextmanager
def scrapy_redis(folder: Path) -> Iterator[Way]:
    """Keep its requests in a Redis server of its own."""
    socket = folder / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if not any("eady to accept connections" in line for line in server.stdout or ()):
            raise DrillError(f"redis-server ended with exit code {server.wait()}")
        yield Way(environment={"REDIS_URL": f"unix://{socket}"})
    finally:
        server.terminate()
        server.communicate()


WAYS = {"JOBDIR": jobdir, "scrapy-redis": scrapy_redis}
TITLES = {"JOBDIR": "Scrapy with JOBDIR", "scrapy-redis": "scrapy-redis"}


def missing(name: str) -> str:
    """Say what this machine lacks for it; empty: nothing."""
    if name != "scrapy-redis":
        return ""
    lacks = [] if shutil.which("redis-server") else ["redis-server"]
    lacks += [] if importlib.util.find_spec("scrapy_redis") else ["requirements-drills.txt"]
    return f"{' and '.join(lacks)} not installed" if lacks else ""


@dataclass(frozen=True)
class Resumed:
    """What became of one crawl that was killed and resumed."""

    point: float
    stored: int
    doubled: int
    verdict: str


def drill(stage: Stage, kills: int, posts: int, seed: int, *, name: str) -> tuple[Row, list[float]]:
    """Kill so many crawls of the plain spider, once each, and resume them; give the row, and when kills came."""
    begun = monotonic()
    if lacks := missing(name):
        raise NotRunError(f"not run: {lacks}")
    worlds = [len(range(place, kills, AT_ONCE)) for place in range(min(kills, AT_ONCE))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [
            pool.submit(_world, stage, name, count, posts=posts, seed=seed + place)
            for place, count in enumerate(worlds)
        ]
        found = [job.result() for job in jobs]
    expected = sum(pages * len(resumed) for pages, resumed in found)
    every = [(pages - one.stored, one) for pages, resumed in found for one in resumed]
    losses = [lost for lost, _ in every]
    said = " / ".join(sorted({one.verdict for _, one in every}))
    row = Row(
        f"the same, {TITLES[name]} (pages)",
        repetitions=len(every),
        expected=expected,
        stored=sum(one.stored for _, one in every),
        doubled=sum(one.doubled for _, one in every),
        verdict=f"{said}; in {sum(map(bool, losses))} crawls pages are lost, median {median(losses):.0f}",
        seconds=monotonic() - begun,
        killed=TITLES[name],
        ours=False,
    )
    return row, [one.point for _, one in every]


def _world(stage: Stage, name: str, kills: int, **options: int) -> tuple[int, list[Resumed]]:
    """Crawl one world undisturbed, then so often with a kill; give its pages, and what became of the others."""
    chance = random.Random(options["seed"])  # noqa: S311 - a draw, no secret
    found: list[Resumed] = []
    with SandboxProcess(**options) as sandbox, stage.crawler() as crawls:
        with _begun(name, crawls, sandbox) as way:
            crawl(crawls, sandbox, way)
            pages, requests = len(crawls.database.scrapy_items.distinct("url")), len(sandbox.log())
        for number in range(1, kills + 1):
            stage.progress.say(f"{name}: world {options['seed']}, crawl {number} of {kills}")
            with _begun(name, crawls, sandbox) as way:
                (point,) = kill_points(chance, requests, 1)
                verdict = crawl(crawls, sandbox, way, point) or crawl(crawls, sandbox, way)
                stored = len(crawls.database.scrapy_items.distinct("url"))
                doubled = crawls.database.scrapy_items.count_documents({}) - stored
                found.append(Resumed(point / requests, stored, doubled, verdict))
    return pages, found


@contextmanager
def _begun(name: str, crawls: Crawler, sandbox: SandboxProcess) -> Iterator[Way]:
    """Forget what was crawled before."""
    crawls.database.scrapy_items.drop()
    sandbox.clear_log()
    with tempfile.TemporaryDirectory(prefix="finews-drill-") as folder, WAYS[name](Path(folder)) as way:
        yield way


def crawl(crawls: Crawler, sandbox: SandboxProcess, way: Way, point: int | None = None) -> str:
    """Run the plain spider; kill it at a request, if one is given. Give what it said in the end, if anything."""
    own = {"SCRAPY_SETTINGS_MODULE": SETTINGS, "MONGO_URI": crawls.uri, "MONGO_DATABASE": crawls.name}
    command = [sys.executable, "-m", "scrapy", "crawl", "posts", "-a", f"site={sandbox.url}/", *way.options]
    running = Breakable(command, {**os.environ, **own, **way.environment})
    if point is not None and running.is_reached(sandbox, point):
        running.process.kill()
    code, said = running.end()
    if code < 0:
        return ""
    reason = re.search(r"Spider closed \((\w+)\)", said)
    if not reason:
        raise DrillError(f"the plain spider did not run:\n{said}")
    return f"{reason[1]}, exit {code}"
