"""`scrapy rejects`, as typed in a terminal."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.crawling import ROOT, Crawler, crawler

AT = datetime(2022, 2, 7, 4, 0, tzinfo=UTC)


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def keep(crawls: Crawler, number: int, **fields: str | None) -> str:
    """Store a reject; give its id."""
    reject = {
        "_id": f"20220207T040000-finews-1a2b3c/{number:06d}",
        "run_id": "20220207T040000-finews-1a2b3c",
        "spider": "finews",
        "stage": "parse",
        "reason": "PageLayoutError",
        "detail": "no title",
        "url": f"https://finews.withounder.com/emnews/2022/02/07/{number}.html",
        "post": None,
        "raw": None,
        "at": AT,
    }
    crawls.database.rejects.insert_one(reject | fields)
    return str(reject["_id"])


def rejects(crawls: Crawler, *words: str, mirrors: str = "{}") -> tuple[int, str]:
    """Run the command; give its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "rejects", *words],
        cwd=ROOT,
        env=os.environ | crawls.environment(mirrors),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_rejects_are_listed_newest_first_and_narrowed(crawls: Crawler) -> None:
    first, second = keep(crawls, 1), keep(crawls, 2, stage="normalise", reason="InvalidPostError")
    code, printed = rejects(crawls, "list")
    lines = printed.splitlines()
    assert (code, len(lines), lines[-1]) == (0, 3, "2 of 2 rejects")
    assert lines[0].startswith(f"{second}  normalise InvalidPostError  https://finews.withounder.com/emnews/")
    assert lines[1].startswith(first)
    assert rejects(crawls, "list", "--reason", "PageLayoutError")[1].splitlines()[-1] == "1 of 1 rejects"
    assert rejects(crawls, "list", "--limit", "1")[1].splitlines()[-1] == "1 of 2 rejects"
    assert rejects(crawls, "list", "--stage", "mongo") == (1, "0 of 0 rejects\n")


def test_one_reject_is_shown_whole_and_moves_no_cursor(crawls: Crawler) -> None:
    one = keep(crawls, 1, raw="<h1>涨停</h1>\n\x1b[2Jgone", detail="no \x1b]0;title\x07")
    code, printed = rejects(crawls, "show", one)
    assert code == 0
    assert printed.splitlines()[-2:] == ["    <h1>涨停</h1>", "    \\x1b[2Jgone"]
    assert "detail     no \\x1b]0;title\\x07" in printed
    assert "\x1b" not in printed + rejects(crawls, "list")[1]
    assert rejects(crawls, "show", "nothing") == (1, "there is no reject nothing\n")
    assert rejects(crawls, "show")[0] == 2
