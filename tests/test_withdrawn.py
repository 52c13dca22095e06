"""Posts that leave the listings, and runs held to their assertions: whole crawls of the sandbox."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.spiders.unlisted import Sought, is_young, sought
from crawler.urls import archived_urls
from sandbox.process import SandboxProcess
from store.unlisted import Unlisted
from tests.articles import NAME, SITE
from tests.crawling import Crawler, crawler

QUIET = ("-a", "quotes=off")


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def archived(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    """Give the requests for archived posts since the log was cleared."""
    return [entry for entry in sandbox.log() if entry["path"].startswith("/old_post/")]


def marks(crawls: Crawler) -> dict[str, datetime]:
    return {post: found["withdrawn_at"] for post, found in crawls.posts().items() if found["withdrawn_at"]}


def test_archived_posts_are_followed_once_and_are_no_withdrawals(crawls: Crawler) -> None:
    with SandboxProcess(posts=24, first_day="2021-12-20", archive_days=170) as sandbox:
        assert crawls.crawl(sandbox.mirrors, *QUIET).code == 0
        before = crawls.posts()
        sandbox.wait(60)
        moved = {
            truth["id"]: {form["url"] for form in truth["forms"]}
            for truth in sandbox.truths()
            if all("/old_post/" in form["url"] for form in truth["forms"])
        }
        assert len(moved) >= 5
        sandbox.clear_log()
        done = crawls.crawl(sandbox.mirrors, *QUIET)
        assert (done.code, done.run["warnings"], marks(crawls)) == (0, [], {}), done.output
        after = crawls.posts()
        assert after.keys() == before.keys()
        found = {post for post in after if after[post]["post_urls"] != before[post]["post_urls"]}
        assert found == moved.keys()
        assert all(moved[post] & set(after[post]["post_urls"]) for post in found)
        assert {after[post]["category"] for post in moved} == {before[post]["category"] for post in moved}
        assert [entry["status"] for entry in archived(sandbox)] == [200] * len(moved)  # one request each
        counts = done.run["counts"]
        assert (counts["sought"], counts["withdrawn"], counts["listed"]) == (len(moved), 0, counts["known"])
        assert counts["scraped"] == counts["updated"] + counts["unchanged"] == len(moved)
        assert crawls.database.unlisted.count_documents({}) == 0

        sandbox.clear_log()
        assert crawls.crawl(sandbox.mirrors, *QUIET).code == 0
        assert archived(sandbox) == []


def test_posts_gone_from_everywhere_are_marked_and_unmarked_when_they_come_back(crawls: Crawler) -> None:
    with SandboxProcess(posts=30, first_day="2021-12-20", archive_days=1000) as sandbox:
        assert crawls.crawl(sandbox.mirrors, *QUIET).code == 0
        gone = sorted(truth["id"] for truth in sandbox.truths() if truth["share_url"])[:2]
        for post in gone:
            sandbox.remove(post)
        before = crawls.posts()

        sandbox.set_faults("share:error-500")  # no clear answer decides nothing
        done = crawls.crawl(sandbox.mirrors, *QUIET)
        assert (done.code, done.run["counts"]["sought"], marks(crawls)) == (0, 2, {}), done.output
        sandbox.set_faults()
        sandbox.clear_log()
        done = crawls.crawl(sandbox.mirrors, *QUIET, "-a", "since=2000-01-01")  # nor does a narrow run
        assert (done.code, archived(sandbox), marks(crawls)) == (0, [], {}), done.output

        done = crawls.crawl(sandbox.mirrors, *QUIET, "-s", "UNLISTED_MAX_POSTS=1")
        assert done.run["warnings"] == ["1 posts that left the listings will be looked for by later runs"]
        assert (done.code, done.run["counts"]["withdrawn"], len(marks(crawls))) == (0, 1, 1), done.output
        done = crawls.crawl(sandbox.mirrors, *QUIET)
        assert (done.code, done.run["counts"]["withdrawn"]) == (0, 1), done.output
        marked = crawls.posts()
        assert {post for post, at in marks(crawls).items() if at <= done.run["ended_at"]} == set(gone)
        stamps = ("withdrawn_at", "updated_at", "run_id", "etag")
        for post in gone:  # kept as they were
            assert {**marked[post], **{name: before[post][name] for name in stamps}} == before[post]
        rows = list(crawls.database.unlisted.find())
        assert {row["_id"] for row in rows} == {url for post in gone for url in before[post]["post_urls"]}
        assert all(row["next_at"] >= row["asked_at"] + timedelta(days=1) for row in rows)

        sandbox.restore(gone[0])
        done = crawls.crawl(sandbox.mirrors, *QUIET)
        assert (done.code, done.run["counts"]["revised"]) == (0, 0), done.output
        assert marks(crawls).keys() == {gone[1]}

        since = marks(crawls)
        crawls.database.unlisted.update_many({}, {"$set": {"next_at": rows[0]["since"]}})  # a day has passed
        done = crawls.crawl(sandbox.mirrors, *QUIET)  # still gone, and marked since the same time
        assert (done.run["counts"]["sought"], done.run["counts"]["withdrawn"], marks(crawls)) == (1, 0, since)
        sandbox.restore(gone[1])
        sandbox.wait(9999)  # back, but in the archive, where no listing shows it
        crawls.database.unlisted.update_many({}, {"$set": {"next_at": rows[0]["since"]}})
        crawls.crawl(sandbox.mirrors, *QUIET, "-s", "RUN_MIN_POSTS=0", "-s", "UNLISTED_MAX_POSTS=1000")
        assert marks(crawls) == {}


def test_a_post_that_no_listing_shows_any_more_is_left_alone_once_it_was_found_alive(crawls: Crawler) -> None:
    with SandboxProcess(posts=40, layout="old", first_day="2021-12-20") as sandbox:
        assert crawls.crawl(sandbox.mirrors, *QUIET).code == 0
        for _ in range(
            20
        ):  # the home page of this layout shows the 20 newest; categories of two words list nothing
            sandbox.add("flash")
        listed = {url for doc in crawls.database.listings.find({}, {"post_urls": 1}) for url in doc["post_urls"]}
        sandbox.clear_log()
        done = crawls.crawl(sandbox.mirrors, *QUIET)
        counts = done.run["counts"]
        assert (done.code, counts["withdrawn"], done.run["warnings"]) == (0, 0, []), done.output
        assert counts["sought"] >= 1
        rows = list(crawls.database.unlisted.find())
        assert {row["_id"] for row in rows} < listed
        assert all(row["next_at"] >= row["asked_at"] + timedelta(days=1) for row in rows)
        assert [entry["status"] for entry in archived(sandbox)] == [404] * counts["sought"]
        sandbox.clear_log()
        done = crawls.crawl(sandbox.mirrors, *QUIET)
        assert (done.code, done.run["counts"]["sought"], archived(sandbox)) == (0, 0, []), done.output
        assert list(crawls.database.unlisted.find()) == rows


def test_a_listed_post_that_vanishes_is_marked_and_read_again_when_it_is_there(crawls: Crawler) -> None:
    with SandboxProcess(posts=40, first_day="2021-12-20") as sandbox:
        assert crawls.crawl(sandbox.mirrors, *QUIET).code == 0
        kind = {"share_url": None, "origin_url": None, "post_urls": {"$size": 1}, "published_at": {"$ne": None}}
        post = crawls.database.posts.find_one(kind) or {}
        sandbox.set_faults("vanished-posts", path=post["post_url"].removeprefix(SITE))
        done = crawls.crawl(sandbox.mirrors, *QUIET, "-a", "full=1")
        assert (done.code, marks(crawls).keys()) == (0, {post["_id"]}), done.output
        assert "1 post pages: Http404" in done.run["warnings"]
        sandbox.set_faults()
        done = crawls.crawl(sandbox.mirrors, *QUIET)
        assert (done.code, marks(crawls), done.run["counts"]["updated"]) == (0, {}, 1), done.output


def test_a_category_that_lists_nothing_fails_each_run_until_it_lists_again(crawls: Crawler) -> None:
    with SandboxProcess(posts=40, first_day="2021-12-20") as sandbox:
        assert crawls.crawl(sandbox.mirrors, *QUIET).code == 0
        page = crawls.database.listings.find_one({"_id": f"{SITE}/category/emnews.html"}) or {}
        sandbox.set_faults("no-listing", path="/category/emnews.html")
        for _ in range(2):
            done = crawls.crawl(sandbox.mirrors, *QUIET)
            assert (done.code, done.run["finish_reason"]) == (1, "no_posts"), done.output
            (failure,) = done.run["failures"]
            said = f"category emnews lists no posts; it listed {len(page['post_urls'])} when last read, "
            assert failure.startswith(said)
            assert "Closing spider (no_posts)" in done.output
        assert marks(crawls) == {}
        sandbox.set_faults()
        assert crawls.crawl(sandbox.mirrors, *QUIET).code == 0


def test_pages_that_all_lack_a_field_fail_the_run(crawls: Crawler) -> None:
    with SandboxProcess(posts=40, first_day="2021-12-20", faults=["no-headlines"]) as sandbox:
        done = crawls.crawl(sandbox.mirrors, *QUIET)
    assert (done.code, done.run["finish_reason"]) == (1, "layout_changed"), done.output
    read = done.run["counts"]["fetched"]
    assert done.run["failures"] == [f"title: 0 of {read} posts have it, at least 90% expected"]


# --- where a post is looked for -----------------------------------------------------------------------------

NOW = datetime(2022, 3, 3, 15, 59, tzinfo=UTC)
"""A minute before midnight in Beijing, two days after the post was published."""

DATED, ROLLING = f"{SITE}/wind/2022/03/01/{NAME}.html", f"{SITE}/emnews/2022/03/01/{NAME[2:]}.html"
ARCHIVED = [f"{SITE}/old_post/2022-03-01-{NAME}.html", f"{SITE}/old_post/2022-03-01-{NAME[2:]}.html"]
STORED: dict[str, Any] = {
    "_id": NAME,
    "post_urls": [DATED, ROLLING],
    "share_url": "s",
    "origin_url": "o",
    "absent": ["origin"],
    "etag": 4,
}


@pytest.mark.parametrize(
    ("now", "vanished", "pages"),
    [
        (NOW, set(), [DATED, ROLLING, *ARCHIVED]),
        (NOW, {DATED}, [ROLLING, *ARCHIVED]),
        (NOW + timedelta(minutes=1), set(), [*ARCHIVED, DATED, ROLLING]),
    ],
)
def test_the_archive_is_asked_first_where_the_post_is_old_enough(
    now: datetime, vanished: set[str], pages: list[str]
) -> None:
    found = sought(Unlisted(ROLLING, NOW), STORED, vanished, now)
    assert found == Sought([DATED, ROLLING], NOW, pages, {"share"}, NAME, 4, "s")
    assert is_young(ROLLING, now) is (pages[0] != ARCHIVED[0])


def test_a_post_that_was_never_stored_is_looked_for_on_the_site_alone() -> None:
    found = sought(Unlisted(DATED, NOW), None, {DATED}, NOW)
    assert found == Sought([DATED], NOW, ARCHIVED[:1], set(), None, 0, None)


@pytest.mark.parametrize("url", [ARCHIVED[0], f"{SITE}/wind/9999/12/31/{NAME}.html"])
def test_a_page_that_has_no_other_address_is_asked_for_itself(url: str) -> None:
    assert sought(Unlisted(url, NOW), None, set(), NOW) == Sought([url], NOW, [url], set(), None, 0, None)
    assert sought(Unlisted(url, NOW), None, {url}, NOW).is_gone


def test_only_a_post_that_is_nowhere_is_gone() -> None:
    one = Sought([DATED], NOW, [], set(), NAME, 1, None)
    assert one.is_gone
    for field, value in (("pages", [DATED]), ("forms", {"share"}), ("page", DATED), ("upstream", True)):
        other = Sought([DATED], NOW, [], set(), NAME, 1, None)
        setattr(other, field, value)
        assert not other.is_gone


@pytest.mark.parametrize(
    ("dated", "found"),
    [
        ("/wind/2022/03/01/NW202203012299000001.html", ["2022-03-01-NW202203012299000001"]),
        ("/a/b/2022/03/01/202203012299000001.html", ["2022-03-01-202203012299000001"]),
        ("/emnews/2021/12/09/20211208.html", ["2021-12-09-20211208", "2021-12-08-20211208"]),
        ("/2022/03/05/2022-03-01-NW202203012299000001.html", ["2022-03-01-NW202203012299000001"]),
        ("/2022/03/05/-NW202203012299000001.html", ["-NW202203012299000001"]),
        ("/sitenews/2022/03/01/a%20b.html", ["2022-03-01-a%20b"]),
        ("/old_post/2022-03-01-NW202203012299000001.html", []),
        ("/category/Wind.html", []),
    ],
)
def test_addresses_in_the_archive(dated: str, found: list[str]) -> None:
    assert archived_urls(SITE + dated) == [f"{SITE}/old_post/{name}.html" for name in found]
