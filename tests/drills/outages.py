"""What happens to MongoDB in the middle of a crawl: killed for a while or for good, disk full, used by two."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from store import embedded
from tests.drills.mishaps import GOOD, Mishap, Scene
from tests.drills.stage import Breakable, DrillError


def kill_mongod(scene: Scene) -> None:
    """Send SIGKILL to the mongod of a scene."""
    running = embedded.status(scene.stage.mongo)
    if running.pid is None:
        raise DrillError("there is no mongod to kill")
    os.kill(running.pid, signal.SIGKILL)


def away_for(seconds: float) -> Callable[[Scene], AbstractContextManager[None]]:
    """Kill mongod in the middle, and start it again after so long, or when the crawl has ended."""

    @contextmanager
    def away(scene: Scene) -> Iterator[None]:
        scene.wait_for_posts()
        kill_mongod(scene)
        scene.crawl.has_ended(seconds)
        embedded.ensure_running(scene.stage.mongo)
        yield

    return away


@contextmanager
def away_for_good(scene: Scene) -> Iterator[None]:
    """Kill mongod in the middle, and start it again after the crawl."""
    scene.wait_for_posts()
    kill_mongod(scene)
    yield
    embedded.ensure_running(scene.stage.mongo)


@contextmanager
def away_from_the_start(scene: Scene) -> Iterator[None]:
    """Kill mongod before the crawl can reach it, and start it again after the crawl."""
    kill_mongod(scene)
    yield
    embedded.ensure_running(scene.stage.mongo)


@contextmanager
def disk_full(scene: Scene) -> Iterator[None]:
    """Fill mongod's disk in the middle, and empty it after the crawl."""
    scene.wait_for_posts()
    ballast = scene.stage.mongo / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    yield
    ballast.unlink()
    embedded.ensure_running(scene.stage.mongo)


@contextmanager
def another_crawl(scene: Scene) -> Iterator[None]:
    """Crawl the same site into the same database, at the same time. Raises DrillError if that one fails."""
    other = Breakable(scene.crawls.command(), scene.crawls.environment(scene.sandbox.mirrors))
    yield
    code, output = other.end()
    if code:
        raise DrillError(f"the other crawl ended with exit code {code}:\n{output}")


GIVEN_UP = "mongo_unavailable, ok False, exit 1"
SOON = ("-s", "MONGO_OUTAGE_SECONDS=5")
"""60 by default: the same, sooner."""

OUTAGES = (
    Mishap("mongod killed, back after 5 s", GOOD, meanwhile=away_for(5), own_mongod=True),
    Mishap("mongod killed, back after 40 s", GOOD, meanwhile=away_for(40), own_mongod=True, seconds=160),
    Mishap("mongod killed for good", GIVEN_UP, meanwhile=away_for_good, own_mongod=True, seconds=180),
    Mishap(
        "no mongod in a whole run, then all posts 404",
        GIVEN_UP,
        meanwhile=away_from_the_start,
        arguments=SOON,
        faults_again=("vanished-posts",),
        own_mongod=True,
        world={"first_day": "2021-12-20"},  # before, some posts have no certain time, and are asked for again
    ),
    Mishap(
        "mongod's disk full",
        GIVEN_UP,
        meanwhile=disk_full,
        arguments=SOON,
        own_mongod=True,
        disk="96m",
        least_posts=300,  # those that are left must be more than its open journal file holds
    ),
    Mishap(
        "mongod killed for good, the spool's disk full",
        GIVEN_UP,
        document="killed",  # where the spool has no room for its end either
        meanwhile=away_for_good,
        arguments=SOON,
        own_mongod=True,
        spool_disk="64k",
    ),
    Mishap("two crawls at once", GOOD, meanwhile=another_crawl),
)
