"""The rendered corpus, crawled as the site it is a copy of: 51 documents that say what their sources say."""

import hashlib
from datetime import UTC, datetime

import pytest

from tests.corpus import LAYOUTS, crawl, differences, needs_corpus
from tests.crawling import crawler

pytestmark = needs_corpus


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_corpus_ends_as_its_sources_say(database: tuple[str, str], layout: str) -> None:
    uri, name = database
    done = crawl(layout, uri, name)
    assert done.returncode == 0, done.stderr
    with crawler(uri, name) as crawls:
        posts, run = crawls.posts(), crawls.last_run()
    assert (len(posts), run["counts"]["fetched"]) == (51, 53)
    assert differences(list(posts.values())) == []
    post = posts["NW202202072268137156"]
    at = datetime(2022, 2, 7, 3, 51, 3, tzinfo=UTC)
    assert [post[f"published_{name}"] for name in ("at", "min", "max")] == [at, at, at]
    assert [(image["kind"], image["caption"]) for image in post["images"]] == [("chart", None)]
    assert (len(post["text"].split("\n")), hashlib.sha256(post["text"].encode()).hexdigest()) == (
        16,
        "3925f607083d9842ee6d1a69ceedc4a3fb54d548ae43aa81b19712616536c73f",
    )
