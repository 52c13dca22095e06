"""Several processes, killed at any moment, write the same posts in their own orders: the same in the end."""

import asyncio
import multiprocessing
import random
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from crawler.items import Mark, Post
from store.connection import Store
from store.merge import merge
from store.names import mentions, named
from store.readings import reading
from store.writer import PostWriter
from tests.articles import article

WORKERS = multiprocessing.get_context("forkserver")
WORKERS.set_forkserver_preload(["tests.test_store_races"])  # imported once, not by each of them
WHEN = ("updated_at", "first_run_id", "run_id", "spider", "etag")
"""What tells who wrote a document when, not what it says."""


def readings_of(number: int) -> list[Post]:
    """Give what is read of a post over time: both forms, a revision of each, silence, other markup and names."""
    digits = f"2022030122{number:08d}"
    code = f"1.60{number % 50:04d}"
    archived = f"https://finews.withounder.com/old_post/2022-03-01-NW{digits}.html"
    named, renamed = [Mark(code, f"名{number % 100}", "link")], [Mark(code, f"别名{number % 3}", "link")]
    other_markup = article("全文二。", 4, name=f"NW{digits}", marks=renamed)
    other_markup.body.html = "<p>全文<br>二。</p>"
    return [
        article("短讯。", 0, name=digits, digest="导语。", marks=[Mark(code, "", "chart")]),
        article("短讯二。", 1, name=digits),
        article("全文。", 2, name=f"NW{digits}", marks=named, author="某人"),
        article("全文二。", 3, name=f"NW{digits}", marks=renamed, url=archived, category=None, tags=[]),
        other_markup,
    ]


async def write(uri: str, name: str, posts: list[Post], run_id: str, done: Connection) -> None:
    store = Store(uri, name, Path(), outage_seconds=30)
    await store.open()
    writer = PostWriter(store, run_id, "finews")
    writer.start()

    at_once = asyncio.Semaphore(200)  # as many as a crawl lets its pipelines work on

    async def one(post: Post) -> None:
        async with at_once:
            await writer.write(post)
        done.send(post.post)

    await asyncio.gather(*(one(post) for post in posts))
    await writer.stop()
    await store.close()


def work(uri: str, name: str, count: int, seed: int, done: Connection) -> None:
    """Write two of the five readings of each of `count` posts, in an order of one's own."""
    posts = [readings_of(number)[(2 * seed + turn) % 5] for number in range(count) for turn in (0, 1)]
    random.Random(seed).shuffle(posts)  # noqa: S311 - an order, no secret
    asyncio.run(write(uri, name, posts, f"run {seed}", done))


def start(uri: str, name: str, count: int, seed: int) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    ours, theirs = WORKERS.Pipe(duplex=False)
    process = WORKERS.Process(target=work, args=(uri, name, count, seed, theirs))
    process.start()
    theirs.close()
    return process, ours


def acknowledged(done: Connection, wanted: int) -> int:
    """Wait until a process has said `wanted` times that a reading is stored, or is gone; give how often it did."""
    for number in range(wanted):
        try:
            done.recv()
        except EOFError:
            return number
    return wanted


def said(uri: str, name: str) -> dict[str, list[dict[str, Any]]]:
    """Give what the documents say, collection by collection."""
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        return {
            collection: [
                {field: value for field, value in document.items() if field not in WHEN}
                for document in client[name][collection].find().sort("_id")
            ]
            for collection in ("posts", "securities", "media")
        }


def expected(count: int) -> dict[str, list[dict[str, Any]]]:
    """Give the same from one merge after the other, in the order of time, without any MongoDB."""
    posts, names = [], {}
    for number in range(count):
        document: dict[str, Any] | None = None
        for post in readings_of(number):
            document = merge(document, reading(post)).document
            for mention in mentions(reading(post)):
                key = mention.collection, mention.key
                names[key] = named(names.get(key), mention)
        assert document
        kept = dict.fromkeys(("duplicate_of", "duplicate_kind", "similarity", "withdrawn_at"))
        posts.append({**document, **kept, "schema_version": 1, "pending": "changed"})
    return {"posts": posts} | {
        collection: [document for (where, _), document in sorted(names.items()) if where == collection]
        for collection in ("securities", "media")
    }


def test_processes_in_orders_of_their_own_end_in_the_same_1000_posts(database: tuple[str, str]) -> None:
    writers = [start(*database, count=1000, seed=seed) for seed in range(3)]
    assert [acknowledged(done, 2000) for _, done in writers] == [2000] * 3
    for process, _ in writers:
        process.join()
        assert process.exitcode == 0
    assert said(*database) == expected(1000)


def test_processes_killed_at_any_moment_leave_nothing_half(database: tuple[str, str]) -> None:
    order = random.Random(2)  # noqa: S311 - an order, no secret
    killed = 0
    for seed in range(6):
        process, done = start(*database, count=60, seed=seed)
        acknowledged(done, order.randrange(1, 120))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    assert killed >= 3, "most were killed before they had ended"
    for seed in range(3):
        process, done = start(*database, count=60, seed=seed)
        assert acknowledged(done, 120) == 120
        process.join()
    assert said(*database) == expected(60)
