"""`scrapy replay` on what real crawls of the sandbox kept, with parsers that differ from those of the crawl."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.process import SandboxProcess
from tests.crawling import ROOT, Crawler, crawler

POSTS = 30

NO_PERCENT = """
from crawler.pages import article_json
words = article_json.words
article_json.words = lambda value: words(value).removesuffix("%")
"""
"""A selector is changed: headlines lose their last percent sign. No medium has one."""

UNREADABLE = """
from crawler.pages import post
from crawler.pages.errors import PageLayoutError
parts = post._parts
def broken(section, url):
    if url.endswith("{name}.html"):
        raise PageLayoutError(url, "no title")
    return parts(section, url)
post._parts = broken
"""

BOOKKEEPING = ("run_id", "first_run_id", "spider", "updated_at", "etag", "pending")


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def patched(crawls: Crawler, patch: str, *words: str, mirrors: str = '{"*": null}') -> tuple[int, str]:
    """Type a command in a process with other parsers; give its exit code and what it printed."""
    program = f"{patch}\nfrom scrapy.cmdline import execute\nexecute()"
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        env=crawls.environment(mirrors) | {"LOG_LEVEL": "CRITICAL"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def replay(crawls: Crawler, *words: str, patch: str = "") -> str:
    code, said = patched(crawls, patch, "replay", *words)
    assert code == 0, said
    return said


def reported(said: str) -> dict[str, set[str]]:
    """Give the posts that a report names, by field; every sample was asked for."""
    found: dict[str, set[str]] = {}
    for field, count, samples in re.findall(r"^  (\w+) +(\d+)\n((?:    .*\n)*)", said, re.MULTILINE):
        found[field] = set(re.findall(r"^    (\w+): ", samples, re.MULTILINE))
        assert len(found[field]) == int(count)
    return found


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def test_a_better_parser_corrects_what_it_reads_otherwise_and_nothing_else(crawls: Crawler) -> None:
    with SandboxProcess(posts=POSTS) as sandbox:
        assert crawls.crawl(sandbox.mirrors, "-a", "quotes=off").code == 0
        before, raw = crawls.posts(), list(crawls.database.raw.find())
        wrong = {post for post, stored in before.items() if stored["title"].endswith("%")}
        wrong = {post for post in wrong if before[post]["body_from"] == "origin"}  # whose parser is patched
        assert len(wrong) > 1

        # The same parsers: nothing changes, byte for byte.
        assert replay(crawls, "--write") == f"{len(before)} posts with kept pages, 0 changed\n"
        assert (crawls.posts(), list(crawls.database.raw.find())) == (before, raw)

        # A better one: said first, then done.
        said = replay(crawls, "--samples", "1000", patch=NO_PERCENT)
        assert reported(said) == {"title": wrong, "content_hash": wrong}
        assert f"{len(before)} posts with kept pages, {len(wrong)} would change\n" in said
        assert (crawls.posts(), list(crawls.database.raw.find())) == (before, raw)
        said = replay(crawls, "--samples", "1000", "--write", patch=NO_PERCENT)
        assert reported(said) == {"title": wrong, "content_hash": wrong}
        after = crawls.posts()
        for post, stored in after.items():
            if post not in wrong:
                assert stored == before[post]
                continue
            changed = (*BOOKKEEPING, "title", "content_hash", "forms")
            assert without(stored, *changed) == without(before[post], *changed)
            assert f"{stored['title']}%" == before[post]["title"]
            assert (stored["spider"], stored["revision"], stored["changed_at"]) == ("replay", 1, None)
            (row,) = crawls.database.post_revisions.find({"post": post, "by": "parser"})
            assert (row["title"], row["form"]) == (before[post]["title"], "origin")
        assert crawls.last_run()["counts"] == {"updated": len(wrong), "inserted": 0, "rejected": 0}

        # Once applied, it is no news; what the news says later is.
        said = replay(crawls, "--write", patch=NO_PERCENT)
        assert said == f"{len(before)} posts with kept pages, 0 changed\n"
        reworded = min(wrong)
        sandbox.change(reworded)
        again = ("crawl", "finews", "-a", "full=1", "-a", "quotes=off")
        assert patched(crawls, NO_PERCENT, *again, mirrors=sandbox.mirrors)[0] == 0
    assert {post: stored["revision"] for post, stored in crawls.posts().items() if stored["revision"] > 1} == {
        reworded: 2
    }


def test_pages_that_could_not_be_read_are_read_at_last(crawls: Crawler) -> None:
    with SandboxProcess(posts=12) as sandbox:
        truth = next(truth for truth in sandbox.truths() if truth["listed"] and len(truth["forms"]) == 1)
        name = truth["forms"][0]["url"].rpartition("/")[2].removesuffix(".html")
        options = ("crawl", "finews", "-a", "quotes=off", "-a", "share=off", "-s", "RUN_MAX_ERROR_RATIO=1")
        assert patched(crawls, UNREADABLE.format(name=name), *options, mirrors=sandbox.mirrors)[0] == 0
    before = crawls.posts()
    assert truth["id"] not in before
    assert crawls.database.raw.count_documents({"fetches.reason": "PageLayoutError"}) == 1

    said = replay(crawls, patch=UNREADABLE.format(name=name))
    assert "1 rejected pages still cannot be read: 1 PageLayoutError" in said
    assert "1 posts would be new with them\n" in replay(crawls)
    assert truth["id"] not in crawls.posts()
    narrowed = replay(crawls, "--write", "--reason", "PageLayoutError", "--host", "finews.withounder.com")
    assert narrowed.startswith(
        "0 posts with kept pages, 0 changed\n1 pages can be read at last: 1 PageLayoutError\n"
    )
    after = crawls.posts()
    assert without(after, truth["id"]) == before
    assert after[truth["id"]]["text"] == truth["forms"][0]["text"]
    (fetch,) = crawls.database.raw.find_one({"fetches.gave.post": truth["id"]})["fetches"]  # type: ignore[index]
    assert (fetch["reason"], fetch["at"]) == (None, after[truth["id"]]["first_seen_at"])
    assert replay(crawls, "--write") == f"{len(after)} posts with kept pages, 0 changed\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--since", "yesterday"], 2), (["everything"], 2), (["--spider", "nobody"], 1), (["--since", "1d"], 1)],
)
def test_what_cannot_be_done_is_said(crawls: Crawler, words: list[str], code: int) -> None:
    assert patched(crawls, "", "replay", *words)[0] == code
