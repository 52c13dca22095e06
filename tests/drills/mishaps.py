"""Something goes wrong in the middle of a crawl, and is put right after it; then a healthy crawl follows.

The crawl that was disturbed must end in bounded time, with the verdict that its mishap is due, and its books
balanced; the healthy one must be ok and leave every post of the world, each once, as the truth has it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sandbox.process import SandboxProcess
from tests.crawling import Crawler
from tests.drills.kills import untrue
from tests.drills.rows import Row
from tests.drills.stage import Breakable, Stage, small_disk, stage

GOOD = "finished, ok True, exit 0"

OUTCOMES = ("rejected", "duplicate", "inserted", "updated", "unchanged", "spooled")
"""What can become of an item: the books of a run."""


@dataclass(frozen=True)
class Scene:
    """A crawl on its way."""

    stage: Stage
    sandbox: SandboxProcess
    crawls: Crawler
    crawl: Breakable

    def wait_for_posts(self) -> None:
        """Wait until nearly half of the site's posts have been sent."""
        self.crawl.is_reached(self.sandbox, self.sandbox.stats()["listed"] * 2 // 5)


@dataclass(frozen=True)
class Mishap:
    """Something that goes wrong."""

    name: str
    verdict: str
    """What the crawl must say: finish_reason, ok, exit code."""

    faults: tuple[str, ...] = ()
    """Faults of the sandbox; `{middle}` is the number of a request in the middle of the crawl."""

    meanwhile: Callable[[Scene], AbstractContextManager[None]] = lambda _: nullcontext()
    """Entered while the crawl is on its way, left when it has ended: does it, and puts it right."""

    module: str = "scrapy"
    """What runs the crawl: Scrapy, or something that runs it."""

    arguments: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    """Arguments of the healthy crawl."""

    faults_again: tuple[str, ...] = ()
    """Faults that are there in the healthy crawl, which has to do without what they spoil."""

    before: bool = False
    """Whether the world was crawled once before."""

    own_mongod: bool = False
    disk: str = ""
    """Size of mongod's disk, e.g. `64m`; empty: it is large."""

    spool_disk: str = ""
    """The same for the spool's."""

    world: dict[str, object] = field(default_factory=dict)
    """Options of the sandbox."""

    document: str = ""
    """What else the `runs` document may say: a later run's words, where its own could not be written."""

    least_posts: int = 0
    """It takes so many to go wrong."""

    seconds: float = 120
    """The crawl must have ended within so many: a few times what it takes on a machine with nothing else to do."""


def run(mishap: Mishap, shared: Stage, posts: int, seed: int) -> Row:
    """Let it happen; give the row."""
    shared.progress.say(mishap.name)
    begun = monotonic()
    with _set_up(mishap, shared, posts, seed) as (place, sandbox, crawls):
        started = monotonic()
        python, option, _, *asked = crawls.command(*mishap.arguments)
        crawl = Breakable([python, option, mishap.module, *asked], crawls.environment(sandbox.mirrors))
        with mishap.meanwhile(Scene(place, sandbox, crawls, crawl)):
            code, output = crawl.end()
            lasted = monotonic() - started
        wrong = [f"it lasted {lasted:.0f} s"] if lasted > mishap.seconds else []
        if mishap.faults and not any(entry["fault"] for entry in sandbox.log()):
            wrong.append("the fault did not strike")
        sandbox.set_faults(*mishap.faults_again)
        healthy = crawls.crawl(sandbox.mirrors, *mishap.again)
        verdict, said_wrong = judged(crawls, code, output, mishap)
        if (healthy.code, healthy.run["finish_reason"]) != (0, "finished"):
            wrong.append(f"the crawl after it: {healthy.run['finish_reason']} {healthy.run['failures']}")
        wrong += [*said_wrong, *unbalanced(crawls, mishap), *untrue(crawls, sandbox)]
        expected, stored, doubled = counted(crawls, sandbox)
    return Row(mishap.name, 1, expected, stored, doubled, verdict, monotonic() - begun, wrong)


@contextmanager
def _set_up(
    mishap: Mishap, shared: Stage, posts: int, seed: int
) -> Iterator[tuple[Stage, SandboxProcess, Crawler]]:
    """Give mongod, site and crawler, with the faults that are asked for."""
    options = {"posts": max(posts, mishap.least_posts), "seed": seed} | mishap.world
    with ExitStack() as until_the_end:
        place = shared
        if mishap.own_mongod:
            place = until_the_end.enter_context(stage(shared.progress, mishap.disk))
        sandbox = until_the_end.enter_context(SandboxProcess(**options))
        spool = place.directory / "spool" if mishap.own_mongod else None
        if spool and mishap.spool_disk:
            until_the_end.enter_context(small_disk(spool, mishap.spool_disk))
        crawls = until_the_end.enter_context(place.crawler(spool))
        if mishap.before:
            crawls.crawl(sandbox.mirrors)
            sandbox.clear_log()
        middle = sandbox.stats()["listed"] // 2
        sandbox.set_faults(*(fault.format(middle=middle) for fault in mishap.faults))
        yield place, sandbox, crawls


def judged(crawls: Crawler, code: int, output: str, mishap: Mishap) -> tuple[str, list[str]]:
    """Give the verdict of a crawl, and what is wrong with it, its document or its books; ask when all is over."""
    name = re.search(r"run (\S+): (\w+) \(", output)
    if not name:
        return f"none, exit {code}", [f"the run did not say how it ended: {output[-2000:]}"]
    stored: dict[str, Any] = crawls.database.runs.find_one({"_id": name[1]}) or {}
    verdict = f"{name[2]}, ok {stored.get('ok')}, exit {code}"
    wrong = []
    if verdict != mishap.verdict:
        wrong.append(f"the verdict is {verdict}, due is {mishap.verdict}: {stored.get('failures')}")
    if stored.get("finish_reason") not in {name[2], mishap.document}:
        wrong.append(f"the run said {name[2]}, its document {stored.get('finish_reason')}")
    return verdict, wrong


def unbalanced(crawls: Crawler, mishap: Mishap) -> Iterator[str]:
    """Say where the books of a run, or of all of them together, do not balance."""
    books = [run["counts"] for run in crawls.database.runs.find({"counts.scraped": {"$exists": True}})]
    for counts in books:
        if counts["scraped"] != sum(counts[outcome] for outcome in OUTCOMES):
            yield f"the books do not balance: {counts}"
    inserted, posts = sum(counts["inserted"] for counts in books), crawls.database.posts.count_documents({})
    # A write that mongod's death leaves unanswered is done again, and found done; what was spooled is in no book.
    if inserted != posts and not mishap.own_mongod:
        yield f"{inserted} posts were inserted, {posts} are there"


def counted(crawls: Crawler, sandbox: SandboxProcess) -> tuple[int, int, int]:
    """Give how many posts the site shows, how many of them are stored, and how many documents are too many."""
    expected = {truth["id"] for truth in sandbox.truths() if truth["listed"]}
    stored = crawls.posts()
    urls = Counter(url for post in stored.values() for url in post["post_urls"])
    doubled = len(stored.keys() - expected) + urls.total() - len(urls)
    return len(expected), len(expected & stored.keys()), doubled
