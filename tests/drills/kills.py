"""The kill drill: crawls of the sandbox that SIGKILL ends at random requests, and that are started again.

A crawl is killed when the sandbox answers its N-th request, N uniformly random over the requests of an undisturbed
crawl of the same world, counted over all its restarts: so every kill that is drawn also happens. Several kills for
each crawl, in ascending order, so some restarts live for a few requests only. When all crawls of a world have
ended, some of its posts are rewritten and some added, and the same is done again with `full=1`: revisions, too.

Held to: every post there, each once, and every document field by field as in the database of an undisturbed crawl
(tests/drills/likeness.py) and as the world's truth has it; the last run ok with exit code 0, and no run
left without a verdict.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic

from sandbox.compare import differences as untruths
from sandbox.compare import with_upstream
from sandbox.process import SandboxProcess
from tests.crawling import Crawl, Crawler
from tests.drills.likeness import differences
from tests.drills.rows import Row
from tests.drills.stage import AT_ONCE, Breakable, DrillError, Stage

KILLS = 10
"""Kills of each crawl at most: half of them while the world is new, half after it changed."""

ARGUMENTS = {"fresh": (), "changed": ("-a", "full=1")}

LAYOUTS = ("new", "old")
"""One world in each layout of the site, at the same time: as many as `stage.AT_ONCE`."""

CHANGED_PART = 0.1
"""Part of the posts that are rewritten."""

ADDED = ("both", "media", "rolling")
"""Kinds of the posts that are added."""

SHOWN = 5
"""Differences told of one crawl: what breaks one document often breaks all of them."""


@dataclass
class Drilled:
    """What became of one crawl and its restarts."""

    crawler: Crawler
    kills: list[float] = field(default_factory=list)
    """When it was killed, as parts of the requests of an undisturbed crawl: above 0, up to 1."""

    expected: int = 0
    stored: int = 0
    doubled: int = 0
    verdict: str = ""
    wrong: list[str] = field(default_factory=list)


def drill(stage: Stage, kills: int, posts: int, seed: int) -> tuple[Row, list[float]]:
    """Kill so often at least; give the row, and when each kill came, as `Drilled.kills`."""
    begun, crawls = monotonic(), math.ceil(kills / KILLS)
    each = min(kills, KILLS)
    worlds = {layout: len(range(place, crawls, AT_ONCE)) for place, layout in enumerate(LAYOUTS[:crawls])}
    with ExitStack() as databases, ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [
            pool.submit(_world, stage, databases, layout, (count, each), posts=posts, seed=seed + place)
            for place, (layout, count) in enumerate(worlds.items())
        ]
        found = [one for job in jobs for one in job.result()]
    points = [point for one in found for point in one.kills]
    row = Row(
        "SIGKILL at random requests, started again",
        repetitions=len(points),
        expected=sum(one.expected for one in found),
        stored=sum(one.stored for one in found),
        doubled=sum(one.doubled for one in found),
        verdict=" / ".join(Counter(one.verdict for one in found)),
        seconds=monotonic() - begun,
        wrong=[line for one in found for line in one.wrong],
        killed="**finews**",
    )
    return row, points


def _world(
    stage: Stage, databases: ExitStack, layout: str, size: tuple[int, int], **options: int
) -> list[Drilled]:
    """Crawl one world, and once undisturbed, before and after it changes. `size`: crawls, and kills of each."""
    crawls, kills = size
    chance = random.Random(options["seed"])  # noqa: S311 - a draw, no secret
    with SandboxProcess(layout=layout, **options) as sandbox:
        undisturbed, *others = [databases.enter_context(stage.crawler()) for _ in range(crawls + 1)]
        found = [Drilled(crawler) for crawler in others]
        for phase, arguments in ARGUMENTS.items():
            share = math.ceil(kills / 2) if phase == "fresh" else kills // 2
            if phase == "changed":
                change(sandbox, chance)
            requests = requests_of(undisturbed, sandbox, *arguments)
            for number, one in enumerate(found, 1):
                stage.progress.say(f"kills: {layout} layout, {phase}, crawl {number} of {crawls}")
                points = kill_points(chance, requests, share)
                at, last = killed(one.crawler, sandbox, points, *arguments)
                one.kills += [point / requests for point in at]
                judge(one, last, undisturbed, sandbox)
    return found


def change(sandbox: SandboxProcess, chance: random.Random) -> None:
    """Rewrite some posts of a world, and add some."""
    posts = changeable(sandbox)
    for post in chance.sample(posts, math.ceil(len(posts) * CHANGED_PART)):
        sandbox.change(post)
    for kind in ADDED:
        sandbox.add(kind)


def changeable(sandbox: SandboxProcess) -> list[str]:
    """Give the posts whose truth holds when they change: not reposts, nor what these repeat."""
    truths = sandbox.truths()
    repeated = {truth["duplicate_of"] for truth in truths}
    return [
        truth["id"]
        for truth in truths
        if truth["listed"] and truth["kind"] != "repost" and truth["id"] not in repeated
    ]


def requests_of(undisturbed: Crawler, sandbox: SandboxProcess, *arguments: str) -> int:
    """Crawl without a kill; give the number of requests. Raises DrillError if that alone goes wrong."""
    sandbox.clear_log()
    done = undisturbed.crawl(sandbox.mirrors, *arguments)
    if done.code or (wrong := untrue(undisturbed, sandbox)):
        raise DrillError(f"the undisturbed crawl is wrong: {wrong if not done.code else done.output[-5000:]}")
    return len(sandbox.log())


def kill_points(chance: random.Random, requests: int, kills: int) -> list[int]:
    """Draw at which requests a crawl is killed, each uniformly from 1 to `requests`, no two at the same."""
    return sorted(chance.sample(range(1, requests + 1), kills))


def killed(
    crawls: Crawler, sandbox: SandboxProcess, points: Iterable[int], *arguments: str
) -> tuple[list[int], Crawl]:
    """Crawl, kill at these requests, start again; give where it was killed, and the crawl that ended by itself."""
    sandbox.clear_log()
    done: list[int] = []
    for point in points:
        crawl = Breakable(crawls.command(*arguments), crawls.environment(sandbox.mirrors))
        if crawl.is_reached(sandbox, point):
            crawl.process.kill()
        code, output = crawl.end()
        if code >= 0:
            return done, Crawl(code, output, crawls.last_run())
        done.append(point)
    return done, crawls.crawl(sandbox.mirrors, *arguments)


def judge(one: Drilled, last: Crawl, undisturbed: Crawler, sandbox: SandboxProcess) -> None:
    """Compare what is stored with the undisturbed crawl's and with the truth, and note what is wrong."""
    stored, expected = one.crawler.posts(), undisturbed.posts()
    urls = Counter(url for post in stored.values() for url in post["post_urls"])
    one.expected, one.stored = len(expected), len(stored.keys() & expected.keys())
    one.doubled = len(stored.keys() - expected.keys()) + sum(urls.values()) - len(urls)
    one.verdict = f"{last.run['finish_reason']}, ok {last.run['ok']}, exit {last.code}"
    if one.verdict != "finished, ok True, exit 0":
        one.wrong.append(f"{one.verdict}: {last.run['failures']}")
    # A crawl that is killed at its very start has no document yet.
    reasons = Counter(run["finish_reason"] for run in one.crawler.database.runs.find())
    if reasons["killed"] > len(one.kills) or reasons.keys() - {"killed", "finished"}:
        one.wrong.append(f"{len(one.kills)} kills, and these runs: {dict(reasons)}")
    found = [
        *islice(differences(one.crawler.database, undisturbed.database), SHOWN),
        *untrue(one.crawler, sandbox),
    ]
    one.wrong += [f"{line} (killed at {_places(one.kills)})" for line in found]


def _places(kills: Iterable[float]) -> str:
    return ", ".join(f"{place:.3f}" for place in kills)


def untrue(crawls: Crawler, sandbox: SandboxProcess) -> list[str]:
    """Say where stored posts differ from the truth, some of it."""
    stored = crawls.posts()
    found = (
        f"{truth['id']}: {line}"
        for truth in sandbox.truths()
        if truth["id"] in stored
        for line in untruths(stored[truth["id"]], with_upstream(truth))
    )
    return list(islice(found, SHOWN))


def histogram(points: Iterable[float], bins: int = 10) -> str:
    """Draw how kills are spread over the requests of an undisturbed crawl."""
    counted = Counter(min(int(point * bins), bins - 1) for point in points)
    return "".join(
        f"{place / bins:5.0%} - {(place + 1) / bins:4.0%}  {counted[place]:4}  {'#' * counted[place]}".rstrip()
        + "\n"
        for place in range(bins)
    )
