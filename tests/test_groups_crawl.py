"""Groups of reposts as whole crawls leave them: right at the end of a run, whatever came before."""

from collections.abc import Iterator

import pytest

from sandbox.process import SandboxProcess
from store.pending import CHANGED
from tests.crawling import Crawler, crawler


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def grouped(crawls: Crawler) -> dict[str, tuple[str | None, str | None]]:
    posts = crawls.posts()
    assert {post["pending"] for post in posts.values()} == {None}
    return {name: (post["duplicate_of"], post["duplicate_kind"]) for name, post in posts.items()}


def test_a_run_finds_the_reposts_and_does_what_killed_runs_left(crawls: Crawler) -> None:
    with SandboxProcess(posts=45, seed=3) as sandbox:
        done = crawls.crawl(sandbox.mirrors, "-a", "quotes=off")
        assert done.code == 0, done.output
        expected = {
            truth["id"]: (truth["duplicate_of"], truth["duplicate_kind"])
            for truth in sandbox.truths()
            if truth["listed"]
        }
        duplicates = sum(root is not None for root, _ in expected.values())
        assert duplicates >= 2
        assert grouped(crawls) == expected
        counts = done.run["counts"]
        assert counts["grouped"] >= duplicates
        books = ("rejected", "duplicate", "inserted", "updated", "unchanged", "spooled")
        assert counts["scraped"] == sum(counts[name] for name in books)

        nothing = {"duplicate_of": None, "duplicate_kind": None, "similarity": None}
        crawls.database.posts.update_many({}, {"$set": nothing | {"pending": CHANGED}})
        crawls.database.fingerprints.delete_many({})
        done = crawls.crawl(sandbox.mirrors, "-a", "quotes=off")
        assert done.run["counts"]["inserted"] == done.run["counts"]["updated"] == 0
        assert done.run["counts"]["grouped"] >= duplicates
        assert grouped(crawls) == expected
        assert not [warning for warning in done.run["warnings"] if "dedupe" in warning]

        crawls.database.fingerprints.update_one({}, {"$set": {"version": "older"}})
        done = crawls.crawl(sandbox.mirrors, "-a", "quotes=off")
        assert done.run["counts"]["grouped"] == 0
        assert [warning for warning in done.run["warnings"] if "run scrapy dedupe" in warning]
