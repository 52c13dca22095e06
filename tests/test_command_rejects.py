"""`scrapy rejects`, as typed in a terminal."""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from scrapy.settings import Settings

from crawler.commands.rejects import crawl_of
from crawler.urls import share_text_url
from sandbox.compare import differences, with_upstream
from sandbox.process import SandboxProcess
from tests.crawling import ROOT, Crawler, crawler

OLD = "20220207T040000-finews-1a2b3c"
AT = datetime.now(UTC)
"""MongoDB removes older ones by itself, each minute."""


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def keep(crawls: Crawler, number: int, **fields: str | None) -> str:
    """Store a reject; give its id."""
    reject = {
        "_id": f"{OLD}/{number:06d}",
        "run_id": OLD,
        "spider": "finews",
        "stage": "parse",
        "reason": "PageLayoutError",
        "detail": "no title",
        "url": f"https://finews.withounder.com/emnews/2022/02/07/{number}.html",
        "post": None,
        "raw": None,
        "at": AT,
        "retried_by": None,
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


def settled(printed: str) -> str:
    """Give the line that says what a retry came to."""
    return next(line for line in printed.splitlines() if line.endswith("settled"))


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


def test_a_retry_crawls_as_it_was_typed_and_shows_nobody_a_password() -> None:
    settings = Settings()
    settings.setmodule("crawler.settings")
    uri = "mongodb://user:s3cret@db1/"
    settings.set("MONGO_URI", uri)
    typed = ["MONGO_URI=" + uri, "FINEWS_SITE=https://a.cn/"]
    opts = Namespace(ids=["a", "b"], run=None, reason="PageLayoutError", stage=None, limit=None, set=typed)
    command, environment = crawl_of(opts, settings)
    given = ["-a", "ids=a,b", "-a", "reason=PageLayoutError", "-s", "FINEWS_SITE=https://a.cn/"]
    assert command[command.index("rejected") + 1 :] == given
    assert environment["MONGO_URI"] == uri
    opts.limit = 3
    assert "limit=3" in crawl_of(opts, settings)[0]


def test_what_is_retried_is_read_and_settled(crawls: Crawler) -> None:
    with SandboxProcess(posts=40, seed=4) as sandbox:
        posts = [truth for truth in sandbox.truths() if truth["kind"].startswith("media")]
        page, upstream, gone = posts[0], posts[1], posts[2]
        share = share_text_url(upstream["share_url"]) or ""
        kept = [
            keep(crawls, 1, url=page["forms"][0]["url"], raw="<html>"),
            keep(crawls, 2, url=share, stage="normalise"),
            keep(crawls, 3, url=gone["forms"][0]["url"]),
            keep(crawls, 4, url="https://finews.withounder.com/feed.xml"),
        ]
        sandbox.remove(gone["id"])
        code, printed = rejects(crawls, "retry", mirrors=sandbox.mirrors)
        assert (code, settled(printed)) == (1, "2 of 4 rejects are settled"), printed
        run = crawls.last_run()
        assert (run["spider"], run["finish_reason"], run["ok"]) == ("rejected", "site_unavailable", False)
        assert run["failures"] == ["1 of 3 pages: 1 Http404"]
        retried = {reject["_id"]: reject["retried_by"] for reject in crawls.database.rejects.find({"run_id": OLD})}
        assert retried == {kept[0]: run["_id"], kept[1]: run["_id"], kept[2]: None, kept[3]: None}
        stored = crawls.posts()
        assert stored.keys() == {page["id"], upstream["id"]}
        assert differences(stored[page["id"]], with_upstream(page)) == []
        assert stored[upstream["id"]]["body_from"] == "share"
        assert rejects(crawls, "retry", kept[0], mirrors=sandbox.mirrors)[0] == 1, "it is settled already"


def test_what_is_rejected_again_is_not_settled(crawls: Crawler) -> None:
    with SandboxProcess(posts=20, seed=4, faults=["layout-change"]) as sandbox:
        truth = next(truth for truth in sandbox.truths() if truth["listed"])
        kept = keep(crawls, 1, url=truth["forms"][0]["url"])
        code, printed = rejects(crawls, "retry", kept, mirrors=sandbox.mirrors)
        assert (code, settled(printed)) == (1, "0 of 1 rejects are settled"), printed
        assert crawls.last_run()["finish_reason"] == "layout_changed"
        assert crawls.database.rejects.count_documents({"retried_by": None}) == 2
        sandbox.set_faults()
        code, printed = rejects(crawls, "retry", mirrors=sandbox.mirrors)
        assert (code, settled(printed)) == (0, "2 of 2 rejects are settled"), printed
