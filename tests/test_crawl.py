"""The product: `scrapy crawl finews` as a child process, on the sandbox, into a real MongoDB."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from bson import encode

from sandbox.compare import differences, with_upstream
from sandbox.process import SandboxProcess
from tests.crawling import ROOT, Crawler, crawler

POSTS = 120
LISTING_PATHS = ("/", "/emnews/", "/feed.xml", "/robots.txt")


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def compared(crawls: Crawler, sandbox: SandboxProcess, *, upstream: bool = True) -> list[str]:
    """Compare what is stored with the sandbox's truth; `upstream`: what upstream says included."""
    stored = crawls.posts()
    best = with_upstream if upstream else dict
    expected = {truth["id"]: best(truth) for truth in sandbox.truths() if truth["listed"]}
    assert stored.keys() == expected.keys()
    return [f"{post}: {line}" for post, truth in expected.items() for line in differences(stored[post], truth)]


@pytest.mark.parametrize(("layout", "seed"), [("new", 1), ("old", 2)])
def test_every_post_the_site_shows_is_stored_exactly(crawls: Crawler, layout: str, seed: int) -> None:
    with SandboxProcess(posts=300, seed=seed, layout=layout) as sandbox:
        done = crawls.crawl(sandbox.mirrors)
        assert (done.code, done.run["finish_reason"], done.run["ok"]) == (0, "finished", True), done.output
        assert compared(crawls, sandbox) == []
        pages = sum(form["listed"] for truth in sandbox.truths() for form in truth["forms"])
    counts = done.run["counts"]
    assert counts["listed"] == counts["fetched"] == pages
    assert counts["inserted"] == crawls.database.posts.count_documents({})
    assert counts["scraped"] == sum(
        counts[name] for name in ("rejected", "duplicate", "inserted", "updated", "unchanged")
    )
    assert sum(row["stored"] for row in done.run["coverage"]) == pages
    assert not [url for row in done.run["coverage"] for url in row["missing"]]
    assert crawls.database.rejects.count_documents({}) == 0
    assert " ERROR" not in done.output


def test_a_second_run_asks_for_listings_only_and_changes_nothing(crawls: Crawler) -> None:
    with SandboxProcess(posts=POSTS, first_day="2021-12-20") as sandbox:
        the_site_alone = json.dumps({"https://finews.withounder.com": sandbox.url, "*": None})
        first = crawls.crawl(the_site_alone)
        before = {post: encode(document) for post, document in crawls.posts().items()}
        sandbox.clear_log()
        second = crawls.crawl(the_site_alone)
        asked = [entry["path"] for entry in sandbox.log()]
        assert second.code == 0, second.output
        assert all(path in LISTING_PATHS or path.startswith("/category/") for path in asked)
        assert {"/", "/emnews/", "/feed.xml"} <= set(asked)
        assert 304 in {entry["status"] for entry in sandbox.log()}
        assert {post: encode(document) for post, document in crawls.posts().items()} == before
        assert second.run["counts"]["known"] == second.run["counts"]["listed"] == first.run["counts"]["listed"]
        assert second.run["counts"]["scraped"] == 0

        added = sandbox.add("media")
        changed = next(post for post in sandbox.truths() if post["kind"] == "media" and post["id"] != added["id"])
        changed = sandbox.change(changed["id"])
        third = crawls.crawl(the_site_alone, "-a", "refresh=9999d")
        counts = third.run["counts"]
        assert (counts["inserted"], counts["updated"], counts["revised"]) == (1, 1, 1), third.output
        assert counts["unchanged"] == counts["scraped"] - 2
        assert compared(crawls, sandbox, upstream=False) == []
        after = crawls.posts()
        assert after.keys() - before.keys() == {added["id"]}
        untouched = before.keys() - {changed["id"]}
        assert {post: encode(after[post]) for post in untouched} == {post: before[post] for post in untouched}
        old_wording = crawls.database.post_revisions.find_one({"post": changed["id"]})
        assert old_wording is not None
        assert old_wording["text"] != after[changed["id"]]["text"]
        assert after[changed["id"]]["revision"] == 2


BAD_SITES = {
    "forbidden": "blocked",
    "captcha": "blocked",
    "empty": "site_unavailable",
    "not-found-home": "site_unavailable",
    "not-found-home-200": "site_unavailable",
    "truncated-home": "layout_changed",
    "layout-change": "layout_changed",
    "no-listing": "no_posts",
    "drop": "site_unavailable",
    "short-body": "site_unavailable",
}


def test_a_bad_site_is_told_and_leaves_the_store_alone(crawls: Crawler, subtests: pytest.Subtests) -> None:
    def is_told(mirrors: str, reason: str) -> None:
        done = crawls.crawl(mirrors, "-a", "full=1")
        assert (done.code, done.run["finish_reason"], done.run["ok"]) == (1, reason, False), done.output
        assert done.run["failures"]
        assert crawls.posts() == before

    with SandboxProcess(posts=30) as sandbox:
        assert crawls.crawl(sandbox.mirrors).code == 0
        before = crawls.posts()
        for fault, reason in BAD_SITES.items():
            with subtests.test(fault):
                crawls.database.listings.drop()  # else the site answers 304, and its pages are not seen
                sandbox.set_faults(fault)
                is_told(sandbox.mirrors, reason)
        with subtests.test("a home page that lists nothing, beside lists that do"):
            crawls.database.listings.drop()
            sandbox.set_faults()
            sandbox.set_faults("no-listing", path="/")
            done = crawls.crawl(sandbox.mirrors)
            assert (done.code, done.run["failures"]) == (1, ["the home page lists no posts"]), done.output
    for mirror in ("http://127.0.0.1:1", "http://no-such-host.invalid"):
        with subtests.test(mirror):
            is_told(json.dumps({"*": mirror}), "site_unavailable")


def test_an_interrupted_run_is_told_and_the_next_completes_it(crawls: Crawler) -> None:
    with SandboxProcess(posts=200) as sandbox:
        process = subprocess.Popen(
            crawls.command("-s", "LOG_LEVEL=DEBUG"),
            cwd=ROOT,
            env=crawls.environment(sandbox.mirrors),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "Stored NW" in line:
                process.send_signal(signal.SIGTERM)
                break
        process.stderr.read()
        process.stderr.close()
        assert process.wait(60) == 1
        run = crawls.last_run()
        assert (run["finish_reason"], run["ok"]) == ("shutdown", False)
        assert crawls.crawl(sandbox.mirrors).code == 0
        assert compared(crawls, sandbox) == []


def test_a_killed_run_is_closed_by_the_next(crawls: Crawler) -> None:
    with SandboxProcess(posts=200) as sandbox:
        process = subprocess.Popen(
            crawls.command("-s", "LOG_LEVEL=DEBUG"),
            cwd=ROOT,
            env=crawls.environment(sandbox.mirrors),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "Stored NW" in line:
                process.kill()
                break
        process.wait()
        process.stderr.close()
        killed = crawls.last_run()
        assert killed["ended_at"] is None
        assert crawls.crawl(sandbox.mirrors).code == 0
        closed = crawls.database.runs.find_one({"_id": killed["_id"]}) or {}
        assert (closed["finish_reason"], closed["ok"]) == ("killed", False)
        assert compared(crawls, sandbox) == []


def test_quotes_that_a_run_did_not_come_to_are_asked_for_by_the_next(crawls: Crawler) -> None:
    with SandboxProcess(posts=20) as sandbox:
        broken_off = crawls.crawl(sandbox.mirrors, "-a", "quotes=off", "-s", "RUN_MIN_POSTS=1000")
        assert (broken_off.code, broken_off.run["ok"]) == (1, False)
        assert crawls.database.quotes.count_documents({}) == 0
        assert crawls.crawl(sandbox.mirrors, "-a", "refresh=0h").code == 0
        named = set(crawls.database.posts.distinct("securities.secid"))
        known = {quote["secid"] for quote in sandbox.quotes()}
        assert set(crawls.database.quotes.distinct("secid")) == named & known != set()


def test_a_run_gives_signs_of_life(crawls: Crawler) -> None:
    program = (
        "from crawler.extensions import verdict; verdict.SIGN_OF_LIFE_SECONDS = 0.2;"
        "from scrapy.cmdline import execute; execute(['scrapy', 'crawl', 'finews'])"
    )
    with SandboxProcess(posts=200) as sandbox:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=crawls.environment(sandbox.mirrors) | {"LOG_LEVEL": "DEBUG"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            run = crawls.last_run() if "Stored NW" in line else {}
            if run and run["alive_at"] > run["started_at"]:
                process.kill()
                break
        process.stderr.close()
        process.wait()
    assert process.returncode == -signal.SIGKILL, "".join(said[-20:])
    assert not [line for line in said if "TypeError" in line or "Deprecat" in line]


def test_two_crawls_at_once_end_in_the_same_documents(crawls: Crawler) -> None:
    with SandboxProcess(posts=150, seed=3) as sandbox:
        both = [
            subprocess.Popen(
                crawls.command("-s", "LOG_LEVEL=ERROR"),
                cwd=ROOT,
                env=crawls.environment(sandbox.mirrors),
                stderr=subprocess.PIPE,
            )
            for _ in range(2)
        ]
        said = [process.communicate(timeout=120)[1] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert said == [b"", b""]
        assert compared(crawls, sandbox) == []
        inserted = [run["counts"]["inserted"] for run in crawls.database.runs.find()]
        assert sum(inserted) == crawls.database.posts.count_documents({})


def test_arguments_choose_what_is_crawled(crawls: Crawler) -> None:
    with SandboxProcess(posts=POSTS, first_day="2021-12-20") as sandbox:
        truths = sandbox.truths()
        wind = {truth["id"] for truth in truths if "Wind" in truth["categories"]}
        done = crawls.crawl(sandbox.mirrors, "-a", "category=Wind", "-a", "nonsense=1")
        assert done.code == 0, done.output
        assert set(crawls.posts()) == wind
        assert "argument nonsense is not known" in done.output
        assert {entry["path"] for entry in sandbox.log()} & {"/", "/emnews/"} == set()

        crawls.database.posts.drop()
        done = crawls.crawl(sandbox.mirrors, "-a", "since=2022-03-01", "-a", "until=2022-03-31")
        assert done.code == 0, done.output
        in_march = {t["id"] for t in truths if "2022-02-28T16:00" <= t["published_at"] < "2022-03-31T16:00"}
        assert set(crawls.posts()) == in_march

        crawls.database.posts.drop()
        done = crawls.crawl(sandbox.mirrors, "-a", "limit=7")
        assert (done.code, done.run["finish_reason"], done.run["ok"]) == (0, "limit", True), done.output
        assert done.run["counts"]["fetched"] == 7


def test_wrongly_typed_commands_are_told_in_one_line(crawls: Crawler) -> None:
    for arguments, message in (
        (("-a", "since=yesterday"), "-a since=yesterday: give a day such as 2022-01-31"),
        (("-a", "limit=0"), "-a limit=0: give a whole number from 1 on"),
        (("-s", "MIRRORS={"), "MIRRORS"),
    ):
        done = crawls.crawl("{}", *arguments)
        assert done.code == 2
        assert message in done.output
        assert "Traceback" not in done.output
