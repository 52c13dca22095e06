"""The corpus' sources, imported: what becomes of each, and that a crawl of the pages made of them adds nothing."""

from typing import Any

from tests.corpus import CORPUS, LAYOUTS, crawl, needs_corpus
from tests.crawling import Crawl, Crawler, crawler

pytestmark = needs_corpus

REWORDED = "NW202112082206928461"
"""Five versions of its source, four of them with the same words."""

SOURCES_OF_ONE = {
    REWORDED: 5,
    "NW202112082206672930": 3,  # as it was first written, with a blank line before it, and in the archive
    "NW202112082206738071": 2,
    "NW202201072239307540": 3,  # the medium's own, and the rolling one in two folders
    "NW202204212352227421": 2,  # the medium's own, and the rolling one
}
"""Posts of several files; all others have one."""

TOLD_BY_READING = frozenset(
    "run_id first_run_id spider first_seen_at changed_at updated_at available_at available_from forms etag"
    " body_from published_from".split()
)
"""Fields that tell where and when a post was read."""


def imported(crawls: Crawler, *arguments: str) -> Crawl:
    path = CORPUS / "posts"
    return crawls.crawl("{}", "-a", f"path={path}", *arguments, spider="archive")


def books(done: Crawl) -> dict[str, int]:
    """Give what a run counts of posts, but for zeros; groups of reposts are another matter."""
    return {name: count for name, count in done.run["counts"].items() if count and name != "grouped"}


def said(posts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give what posts say, but for where and when they were read."""
    return {
        post: {field: value for field, value in document.items() if field not in TOLD_BY_READING}
        for post, document in posts.items()
    }


def test_every_file_ends_as_a_post_or_a_version_of_one_and_is_read_once(database: tuple[str, str]) -> None:
    with crawler(*database) as crawls:
        done = imported(crawls)
        assert (done.code, done.run["finish_reason"], done.run["ok"]) == (0, "finished", True), done.output
        posts = crawls.posts()
        assert books(done) == {
            "listed": 63, "fetched": 63, "scraped": 63, "inserted": 53, "updated": 10, "revised": 1
        }  # fmt: skip
        assert crawls.database.rejects.count_documents({}) == 0
        files = {
            post: sum(len(form["sources"]) for form in document["forms"].values())
            for post, document in posts.items()
        }
        assert files == {**dict.fromkeys(posts, 1), **SOURCES_OF_ONE}
        assert sum(files.values()) == 63
        names = {path.stem.rpartition("-")[2] for path in (CORPUS / "posts").rglob("*.md")} - {"init"}
        assert {post for post in posts if post[0] != "U"} == {f"NW{name.removeprefix('NW')}" for name in names}

        assert {post: document["revision"] for post, document in posts.items() if document["revision"] > 1} == {
            REWORDED: 2
        }
        (former,) = crawls.database.post_revisions.find({"post": REWORDED})
        newest = (CORPUS / "posts" / "_posts" / f"2021-12-08-{REWORDED[2:]}.md").read_text().split("\n\n")[1]
        oldest = (
            (CORPUS / "posts" / "_posts-version-19a746ac" / f"2021-12-08-{REWORDED[2:]}.md")
            .read_text()
            .split("\n\n")[1]
        )
        assert (former["text"], posts[REWORDED]["text"]) == (oldest, newest)
        assert former["at"] < posts[REWORDED]["forms"]["source-rolling"]["at"]

        untitled = posts["NW202205262391921712"]
        assert (untitled["title"], untitled["published_at"], untitled["published_raw"]) == ("", None, None)
        assert untitled["media"] == {"name": "上海证券报", "slug": "shanghaizhengquanbao"}
        assert (untitled["origin_url"], untitled["post_urls"]) == (None, [])

        before = crawls.posts(), list(crawls.database.post_revisions.find())
        again = imported(crawls)
        assert again.code == 0, again.output
        # The identity of `init` is not in its name alone, so it has to be read.
        assert books(again) == {"listed": 63, "known": 62, "fetched": 1, "scraped": 1, "unchanged": 1}
        assert imported(crawls, "-a", "full=1").run["counts"]["unchanged"] == 63
        assert (crawls.posts(), list(crawls.database.post_revisions.find())) == before


def test_crawl_and_import_end_the_same_in_either_order(database: tuple[str, str]) -> None:
    uri, name = database
    ends = []
    with crawler(uri, name) as crawls:
        for layout, steps in zip(LAYOUTS, ("crawl, import", "import, crawl"), strict=True):
            crawls.database.client.drop_database(name)
            for step in steps.split(", "):
                code = crawl(layout, uri, name).returncode if step == "crawl" else imported(crawls).code
                assert code == 0, (layout, step)
            ends.append(said(crawls.posts()))
    crawled_first, imported_first = ends
    assert len(crawled_first) == 53
    assert [post for post in crawled_first if imported_first[post] != crawled_first[post]] == []
    assert imported_first == crawled_first
