"""What a site does wrong in the middle of a crawl: each fault of the sandbox, and what a run must say to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.drills.kills import changeable
from tests.drills.mishaps import GOOD, Mishap, Scene

HASTE = ("-s", "DOWNLOAD_TIMEOUT=3")
"""20 s by default, three tries each, five in a row: the same, sooner."""


def bad(reason: str) -> str:
    """Give the verdict of a run that is not ok."""
    return f"{reason}, ok False, exit 1"


@contextmanager
def posts_change(scene: Scene) -> Iterator[None]:
    """Rewrite posts while they are read, before and after their turn."""
    scene.wait_for_posts()
    for post in changeable(scene.sandbox)[::5]:
        scene.sandbox.change(post)
    yield


FAULTS = (
    Mishap("connections drop", bad("site_unavailable"), ("drop@{middle}",)),
    Mishap("bodies shorter than promised", bad("site_unavailable"), ("short-body@{middle}",)),
    Mishap("bodies longer than promised", bad("layout_changed"), ("long-body@{middle}",)),
    Mishap("bodies cut", bad("layout_changed"), ("truncated@{middle}",)),
    Mishap("no answers", bad("site_unavailable"), ("hang@{middle}",), arguments=HASTE),
    Mishap("answers drip", bad("site_unavailable"), ("slow-drip@{middle}",), arguments=HASTE),
    Mishap("500", bad("site_unavailable"), ("error-500@{middle}",)),
    Mishap("500, once", GOOD, ("error-500@{middle}-{middle}",)),
    Mishap("429 with Retry-After", bad("blocked"), ("rate-limited@{middle}",)),
    Mishap("another layout", bad("layout_changed"), ("layout-change@{middle}",)),
    Mishap("block page", bad("blocked"), ("captcha@{middle}",)),
    Mishap("listings are empty", bad("no_posts"), ("no-listing",), before=True),
    Mishap("a listed post is 404", GOOD, ("vanished-posts@{middle}-{middle}",)),
    Mishap("all posts are 404", bad("too_many_errors"), ("vanished-posts@{middle}",)),
    Mishap("posts change while they are read", GOOD, meanwhile=posts_change, again=("-a", "full=1")),
    Mishap("the server's clock runs backwards", GOOD, ("clock-back@{middle}",)),
    Mishap("our own clock is set back an hour", GOOD, module="tests.drills.backwards"),
    Mishap("share texts drop", GOOD, ("share:drop@5",)),
    Mishap("articles are 500", GOOD, ("newsinfo:error-500@5",)),
)
