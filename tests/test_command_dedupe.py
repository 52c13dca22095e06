"""`scrapy dedupe`, as typed in a terminal."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.items import Post
from pipelines import likeness
from store.connection import Store
from store.groups import Groups
from store.writer import PostWriter
from tests.articles import article
from tests.crawling import ROOT, Crawler, crawler

STORY = (
    "示例股份12月1日公告，公司与三家供应商签署长期采购协议，合同期为五年，期间的价格按季度商定，不涉及关联交易。"
)


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def story(number: int, hour: int) -> Post:
    """Give one of the posts that tell the same story, on 1 December 2021 and the days after."""
    at = datetime(2021, 12, 1, tzinfo=UTC) + timedelta(hours=hour + 8)
    read_at = datetime(2022, 4, 1, tzinfo=UTC)
    name = f"NW2021120122{number:08d}"
    return article(STORY, name=name, published_raw=f"{at:%Y-%m-%d %H:%M:%S}", fetched_at=read_at)


def stored(crawls: Crawler, *posts: Post, grouped: bool = True) -> None:
    """Store posts as a run does, and place them in groups as its end does."""

    async def write() -> None:
        store = Store(crawls.uri, crawls.name, Path())
        base = await store.open()
        writer = PostWriter(store, "run", "finews")
        writer.start()
        await asyncio.gather(*(writer.write(post) for post in posts))
        await writer.stop()
        if grouped:
            await Groups(base, likeness, 7, "run", "finews").sweep()
        await store.close()

    asyncio.run(write())


def dedupe(crawls: Crawler, *options: str, settings: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", "dedupe", *options, *settings],
        cwd=ROOT,
        env={**os.environ, "MONGO_URI": crawls.uri, "MONGO_DATABASE": crawls.name},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def roots(crawls: Crawler) -> dict[str, str | None]:
    return {
        post[-1]: found["duplicate_of"] and found["duplicate_of"][-1] for post, found in crawls.posts().items()
    }


DAMAGE = {"$set": {"duplicate_of": None, "duplicate_kind": None, "similarity": None}}


def test_it_repairs_what_it_is_asked_for(crawls: Crawler) -> None:
    stored(crawls, *(story(number, 24 * number) for number in range(4)))
    right: dict[str, Any] = {"0": None, "1": "0", "2": "0", "3": "0"}
    assert roots(crawls) == right
    crawls.database.posts.update_many({}, DAMAGE)

    done = dedupe(crawls)
    assert (done.returncode, done.stdout) == (
        0,
        "0 posts placed in 0.0 s, 0 changes of groups. 0 posts repeat another one.\n",
    )
    done = dedupe(crawls, "--since", "2021-12-02", "--until", "2021-12-03")
    assert done.returncode == 0, done.stderr
    assert "2 posts placed" in done.stdout
    assert roots(crawls) == right | {"3": None}
    done = dedupe(crawls, "--all")
    assert "1 changes of groups. 3 posts repeat another one." in done.stdout
    assert roots(crawls) == right
    run = crawls.last_run()
    assert (run["spider"], run["arguments"], run["ok"]) == ("dedupe", {"all": "True"}, True)
    assert run["counts"]["marked"] == 4
    assert run["counts"]["placed"] >= 4, "more where one was made to look again"
    assert run["counts"]["grouped"] == 1
    assert crawls.posts()["NW2021120122" + "00000003"]["run_id"] == run["_id"]


def test_other_rules_are_taken_up_without_being_asked_for(crawls: Crawler) -> None:
    stored(crawls, story(1, 0), story(2, 30))
    assert roots(crawls) == {"1": None, "2": "1"}
    done = dedupe(crawls, settings=("-s", "DUPLICATE_DAYS=1"))
    assert "2 posts placed" in done.stdout, done.stderr
    assert roots(crawls) == {"1": None, "2": None}
    assert {found["version"] for found in crawls.database.fingerprints.find()} == {f"{likeness.VERSION} 1d"}
    assert "0 posts placed" in dedupe(crawls, settings=("-s", "DUPLICATE_DAYS=1")).stdout


def test_an_interrupted_one_goes_on(crawls: Crawler) -> None:
    stored(crawls, *(story(number, number) for number in range(4)))
    crawls.database.posts.update_many({}, DAMAGE)
    crawls.database.posts.update_many({"_id": {"$gt": "NW202112012200000001"}}, {"$set": {"pending": "recompute"}})
    killed = {"_id": "a", "spider": "dedupe", "arguments": {"all": "True"}, "counts": {"marked": 4}, "ok": False}
    crawls.database.command("collMod", "runs", validationLevel="off")  # a document shorter than real ones
    crawls.database.runs.insert_one(killed | {"started_at": datetime.now(UTC), "ended_at": datetime.now(UTC)})
    done = dedupe(crawls, "--all")
    assert done.returncode == 0
    assert done.stderr == "Going on with what was begun.\n"
    assert "2 posts placed" in done.stdout
    assert roots(crawls) == {"0": None, "1": None, "2": "0", "3": "0"}, "the second counted as done"
    assert dedupe(crawls, "--all").returncode == 0
    assert roots(crawls) == {"0": None, "1": "0", "2": "0", "3": "0"}


@pytest.mark.parametrize("options", [("--all", "--since", "3d"), ("--since", "yesterday"), ("surplus",)])
def test_wrongly_typed_it_does_nothing(crawls: Crawler, options: tuple[str, ...]) -> None:
    done = dedupe(crawls, *options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
