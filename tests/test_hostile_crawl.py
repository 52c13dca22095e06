"""Broken and hostile answers, each in a whole crawl on the sandbox: what it says, and what the next makes of it.

Small worlds, and several faults to a database: each crawl is a process.
"""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from sandbox.compare import differences, with_upstream
from sandbox.process import SandboxProcess
from tests.crawling import Crawl, Crawler, crawler

POSTS = 8
SITE_HOST = "finews.withounder.com"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(posts=POSTS) as running:
        yield running


@pytest.fixture
def crawls(database: tuple[str, str], sandbox: SandboxProcess) -> Iterator[Crawler]:
    sandbox.set_faults()
    with crawler(*database) as ready:
        yield ready
    sandbox.set_faults()


def crawl(crawls: Crawler, sandbox: SandboxProcess, *more: str) -> Crawl:
    sandbox.clear_log()
    quick = ("-s", "RETRY_BACKOFF=0", "-s", "DOWNLOAD_TIMEOUT=2")
    return crawls.crawl(sandbox.mirrors, "-a", "quotes=off", "-a", "full=1", *quick, *more)


def check_complete(crawls: Crawler, sandbox: SandboxProcess, done: Crawl) -> None:
    assert (done.code, done.run["finish_reason"], done.run["ok"]) == (0, "finished", True), done.output
    stored = crawls.posts()
    expected = {truth["id"]: with_upstream(truth) for truth in sandbox.truths() if truth["listed"]}
    assert stored.keys() == expected.keys()
    assert [line for post in expected for line in differences(stored[post], expected[post])] == []


SITE_FAULTS = {
    "lengths": [
        ("truncated", "layout_changed", "PageLayoutError"),
        ("two-lengths", "site_unavailable", "DownloadFailedError"),
    ],
    "compression": [
        ("truncated-gzip", "site_unavailable", "BrokenBodyError"),
        ("gzip-bomb", "site_unavailable", "BodyTooLargeError"),
    ],
    "no end": [
        ("slow-drip", "site_unavailable", "DownloadTimeoutError"),
        ("endless", "site_unavailable", "DownloadCancelledError"),
        ("endless-header", "site_unavailable", "DownloadFailedError"),
    ],
    "words": [
        ("gbk-as-utf-8", "layout_changed", "PageLayoutError"),
        ("gbk-undeclared", "layout_changed", "PageLayoutError"),
        ("not-modified", "site_unavailable", "Http304"),
    ],
    "redirects": [
        ("redirect-loop", "site_unavailable", "TooManyRedirectsError"),
        ("redirect-elsewhere", "site_unavailable", "HostNotAllowedError"),
        ("redirect-localhost", "site_unavailable", "HostNotAllowedError"),
        ("redirect-file", "site_unavailable", "Http302"),
        ("two-locations", "site_unavailable", "HostNotAllowedError"),
    ],
}


@pytest.mark.parametrize("faults", [pytest.param(faults, id=name) for name, faults in SITE_FAULTS.items()])
def test_a_site_that_answers_so_is_told_and_the_next_run_has_everything(
    crawls: Crawler, sandbox: SandboxProcess, faults: list[tuple[str, str, str]]
) -> None:
    for fault, reason, problem in faults:
        sandbox.set_faults(fault)
        done = crawl(crawls, sandbox)
        assert (done.code, done.run["finish_reason"], done.run["ok"]) == (1, reason, False), done.output
        assert done.run["failures"] == [f"home page: {problem}"]
        assert f"1 home pages: {problem}" in done.run["warnings"]
        assert done.run["counts"]["scraped"] == done.run["counts"]["inserted"] == 0
        assert {entry["host"] for entry in sandbox.log()} == {SITE_HOST}
        assert done.run["peak_memory"] < 400 * 2**20
    assert crawls.posts() == {}
    assert crawls.database.rejects.count_documents({"stage": {"$in": ["fetch", "parse"]}}) >= len(faults)
    sandbox.set_faults()
    check_complete(crawls, sandbox, crawl(crawls, sandbox))


@pytest.mark.parametrize("fault", ["cookies", "clock-back", "utf-8-as-gbk"])
def test_what_is_odd_but_readable_changes_nothing(crawls: Crawler, sandbox: SandboxProcess, fault: str) -> None:
    sandbox.set_faults(fault)
    check_complete(crawls, sandbox, crawl(crawls, sandbox))
    assert crawls.database.rejects.count_documents({}) == 0


def test_a_post_that_redirects_to_itself_is_missed_by_name(crawls: Crawler, sandbox: SandboxProcess) -> None:
    url = next(truth for truth in sandbox.truths() if truth["listed"])["post_urls"][0]
    sandbox.set_faults("redirect-loop", path=urlsplit(url).path)
    done = crawl(crawls, sandbox)
    assert (done.code, done.run["finish_reason"]) == (1, "site_unavailable"), done.output
    counts, reject = done.run["counts"], crawls.database.rejects.find_one() or {}
    assert counts["fetched"] == counts["listed"] - 1
    assert (reject["reason"], reject["url"]) == ("TooManyRedirectsError", quote(url, safe=":/()"))
    sandbox.set_faults()
    check_complete(crawls, sandbox, crawl(crawls, sandbox))


def test_upstream_that_breaks_costs_a_warning_and_the_next_run_completes(
    crawls: Crawler, sandbox: SandboxProcess
) -> None:
    faults = ("truncated", "redirect-metadata", "gbk-as-utf-8")
    sandbox.set_faults(*(f"{h}:{f}" for h, f in zip(("newsinfo", "share", "article"), faults, strict=True)))
    done = crawl(crawls, sandbox)
    assert (done.code, done.run["finish_reason"], done.run["ok"]) == (0, "finished", True), done.output
    assert done.run["warnings"]
    assert {post["body_from"] for post in crawls.posts().values()} <= {"page", "page-rolling"}
    sandbox.set_faults()
    check_complete(crawls, sandbox, crawl(crawls, sandbox))


def test_hostile_headlines_are_stored_as_words_and_obeyed_by_nobody(
    crawls: Crawler, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults("hostile-words", "share:hostile-words", "newsinfo:hostile-words")
    done = crawl(crawls, sandbox, "-s", "LOG_LEVEL=DEBUG")
    assert (done.code, done.run["ok"]) == (0, True), done.output
    assert not [line for line in done.output.splitlines() if not line.expandtabs().isprintable()]
    titles = [post["title"] for post in crawls.posts().values()]
    assert any("%s %(name)s {0.__class__} $where $$NOW ../../etc/passwd" in title for title in titles)
    assert all(title.replace("\u202e", "").isprintable() for title in titles)
