"""Upstream, as processes: posts completed from it, hosts of it that fail, and `scrapy crawl eastmoney`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bson import encode

from sandbox.compare import differences, with_upstream
from sandbox.news_compare import news_differences
from sandbox.process import SandboxProcess
from tests.corpus import CORPUS, SITE, needs_corpus, served, truths
from tests.corpus import differences as corpus_differences
from tests.crawling import Crawler, crawler

OPTIONAL_FAULTS = ("drop", "error-500", "empty", "captcha", "empty-json", "passport", "rate-limited")

QUICK = ("-s", "RETRY_BACKOFF=0.05", "-s", "HOST_FAILURES_MAX=3")
"""The same as by default, sooner: the pauses between tries and the patience with a host are shorter."""


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def compared(crawls: Crawler, sandbox: SandboxProcess) -> list[str]:
    """Compare what is stored with the sandbox's truth, upstream's included."""
    stored = crawls.posts()
    expected = {truth["id"]: with_upstream(truth) for truth in sandbox.truths() if truth["listed"]}
    assert stored.keys() == expected.keys()
    return [f"{post}: {line}" for post, truth in expected.items() for line in differences(stored[post], truth)]


@pytest.mark.parametrize("host", ["share", "newsinfo"])
@pytest.mark.parametrize("fault", OPTIONAL_FAULTS)
def test_an_upstream_host_that_fails_costs_a_warning_and_is_made_up_for(
    crawls: Crawler, host: str, fault: str
) -> None:
    with SandboxProcess(posts=40) as sandbox:
        sandbox.set_faults(f"{host}:{fault}")
        fails_and_is_made_up_for(crawls, sandbox, host, *QUICK)


@pytest.mark.parametrize("host", ["share", "newsinfo"])
def test_a_silent_upstream_host_is_found_out_within_a_minute(crawls: Crawler, host: str) -> None:
    with SandboxProcess(posts=40) as sandbox:
        sandbox.set_faults(f"{host}:hang")
        assert fails_and_is_made_up_for(crawls, sandbox, host)["seconds"] < 60


def fails_and_is_made_up_for(
    crawls: Crawler, sandbox: SandboxProcess, host: str, *arguments: str
) -> dict[str, Any]:
    """Crawl while a host fails, then while it does not; give the first run's document."""
    first = crawls.crawl(sandbox.mirrors, *arguments)
    assert (first.code, first.run["finish_reason"], first.run["ok"]) == (0, "finished", True), first.output
    assert first.run["warnings"]
    stored = crawls.posts()
    assert stored.keys() == {truth["id"] for truth in sandbox.truths() if truth["listed"]}
    if host == "share":
        shared = {post for post, document in stored.items() if document["share_url"]}
        assert shared == {post for post, document in stored.items() if "share" in document["missing"]}
    sandbox.set_faults()
    second = crawls.crawl(sandbox.mirrors, *arguments)
    assert second.code == 0, second.output
    assert compared(crawls, sandbox) == []
    assert {form for document in crawls.posts().values() for form in document["missing"]} == set()
    return first.run


def test_a_refusal_of_all_of_upstream_leaves_the_site_s_own_words(crawls: Crawler) -> None:
    with SandboxProcess(posts=60) as sandbox:
        mirrors = json.dumps({"https://finews.withounder.com": sandbox.url, "*": None})
        done = crawls.crawl(mirrors)
        assert (done.code, done.run["ok"]) == (0, True), done.output
        stored = crawls.posts()
        expected = {truth["id"]: truth for truth in sandbox.truths() if truth["listed"]}
        wrong = [line for post, truth in expected.items() for line in differences(stored[post], truth)]
        assert stored.keys() == expected.keys()
        assert wrong == []

        lacking = sorted((post for post, document in stored.items() if document["missing"]), reverse=True)
        unread = {
            post for post in lacking[5:] if stored[post]["published_at"]
        }  # without a time, each is read again
        done = crawls.crawl(sandbox.mirrors, "-s", "COMPLETED_MAX_POSTS=5", "-a", "refresh=0h", "-a", "quotes=off")
        later = {post for post, document in crawls.posts().items() if document["missing"]}
        assert later == unread
        left = "older posts than COMPLETED_MAX_POSTS lack upstream parts, which later runs will ask for"
        assert left in done.run["warnings"]


@pytest.mark.parametrize(
    ("arguments", "lists"),
    [
        (("-a", "columns=350,351"), ("column/350", "column/351")),
        (("-a", "fast=1"), ("fast/102",)),
        (("-a", "symbols=600519.SH"), ("ticker/1.600519",)),
    ],
)
def test_east_money_s_lists_are_stored_exactly_and_once(
    crawls: Crawler, arguments: tuple[str, ...], lists: tuple[str, ...]
) -> None:
    with SandboxProcess(posts=60, upstream_only=40) as sandbox:
        first = crawls.crawl(sandbox.mirrors, *arguments, spider="eastmoney")
        assert (first.code, first.run["ok"]) == (0, True), first.output
        shown = {row["id"] for name in lists for row in sandbox.lists().get(name, [])}
        truths = {truth["id"]: truth for truth in sandbox.upstream_truths()}
        stored = crawls.posts()
        assert stored.keys() == shown
        assert shown
        wrong = [line for post in stored for line in news_differences(stored[post], truths[post], lists)]
        assert wrong == []
        assert first.run["counts"]["inserted"] == len(shown)

        before = {post: encode(document) for post, document in stored.items()}
        second = crawls.crawl(sandbox.mirrors, *arguments, spider="eastmoney")
        assert second.code == 0, second.output
        assert {post: encode(document) for post, document in crawls.posts().items()} == before
        assert second.run["counts"]["inserted"] == second.run["counts"]["updated"] == 0


def test_one_new_and_one_rewritten_news_are_one_insert_and_one_revision(crawls: Crawler) -> None:
    with SandboxProcess(posts=20, upstream_only=30) as sandbox:
        arguments = ("-a", "fast=1", "-a", "refresh=9999d")
        assert crawls.crawl(sandbox.mirrors, *arguments, spider="eastmoney").code == 0
        before = crawls.posts()
        added = sandbox.add_news("flash")
        changed = next(
            truth for truth in sandbox.upstream_truths() if truth["kind"] == "flash" and truth["id"] in before
        )
        sandbox.change_news(changed["id"])
        done = crawls.crawl(sandbox.mirrors, *arguments, spider="eastmoney")
        assert done.code == 0, done.output
        assert crawls.posts().keys() - before.keys() == {added["id"]}
        assert (done.run["counts"]["inserted"], done.run["counts"]["revised"]) == (1, 1)
        after = crawls.posts()[changed["id"]]
        assert (before[changed["id"]]["revision"], after["revision"]) == (1, 2)
        assert after["text"] != before[changed["id"]]["text"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("forbidden", "blocked"), ("captcha", "blocked"), ("passport", "blocked"), ("error-500", "site_unavailable")],
)
def test_lists_that_fail_end_the_run_red(crawls: Crawler, fault: str, reason: str) -> None:
    with SandboxProcess(posts=20, upstream_only=10) as sandbox:
        sandbox.set_faults(f"listapi:{fault}")
        done = crawls.crawl(sandbox.mirrors, "-a", "columns=350", *QUICK, spider="eastmoney")
    assert (done.code, done.run["finish_reason"], done.run["ok"]) == (1, reason, False), done.output
    assert crawls.posts() == {}


def test_7x24_falls_back_to_its_older_interface(crawls: Crawler) -> None:
    with SandboxProcess(posts=20, upstream_only=10) as sandbox:
        sandbox.set_faults("weblist:error-500")
        done = crawls.crawl(sandbox.mirrors, "-a", "fast=1", *QUICK, spider="eastmoney")
        assert (done.code, done.run["ok"]) == (0, True), done.output
        shown = {row["id"] for row in sandbox.lists()["fast/102"]}
    assert crawls.posts().keys() == shown


@needs_corpus
def test_corpus_bodies_served_upstream_end_with_the_text_of_their_sources(crawls: Crawler, tmp_path: Path) -> None:
    served_posts = write_bodies(tmp_path)
    with SandboxProcess(posts=10, bodies=tmp_path) as sandbox, served(CORPUS / "site") as site:
        mirrors = json.dumps({SITE: site, "*": sandbox.url})
        done = crawls.crawl(mirrors)
    assert done.code == 0, done.output
    stored, expected = crawls.posts(), truths()
    assert {stored[post]["body_from"] for post in served_posts} == {"origin", "share"}
    assert [post for post in served_posts if stored[post]["text"] != expected[post]["text"]] == []
    assert corpus_differences(list(stored.values())) == []


def write_bodies(folder: Path) -> set[str]:
    """Write the corpus' bodies as articles that the sandbox serves; give the posts they are of."""
    articles: dict[str, dict[str, str]] = {}
    for path in sorted((CORPUS / "bodies").glob("finews_*.html")):
        found = re.fullmatch(
            r"finews_(_posts|old_post)_(\d{4}-\d\d-\d\d-(?:NW)?(\d+))\.(content|text)\.html", path.name
        )
        if not found:
            continue  # the post without a date has no page
        source = (CORPUS / "posts" / found[1] / f"{found[2]}.md").read_text(encoding="utf-8")
        fields = dict(line.split(": ", 1) for line in source.split("\n---\n")[0].split("\n")[1:])
        article = articles.setdefault(found[3], {})
        article |= {"title": fields["title"].strip('"'), "date": fields["date"].removesuffix(" +0800")}
        article[found[4]] = path.read_text(encoding="utf-8")
        article["from"] = source.split("文章来源：")[1].split("）")[0]
    for digits, article in articles.items():
        (folder / f"{digits}.json").write_text(json.dumps(article), encoding="utf-8")
    return {f"NW{digits}" for digits in articles}
