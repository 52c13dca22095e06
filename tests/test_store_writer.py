"""The writer: every post stored once or refused by name, whatever becomes of its neighbours and the server."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from crawler.items import Link, Mark, Post, Security
from store import connection, embedded, writer
from store.connection import Store
from store.schema import COLLECTIONS
from store.spool import SpoolError
from store.writer import Outcome, PostWriter, RefusedError, WriterEndedError
from tests.articles import NAME, article

Place = tuple[str, str]
_Result = TypeVar("_Result")

INSERTED, UPDATED = Outcome("inserted", revised=False), Outcome("updated", revised=False)
REVISED, UNCHANGED = Outcome("updated", revised=True), Outcome("unchanged", revised=False)
DUPLICATE = Outcome("duplicate", revised=False)
ROLLING = NAME.removeprefix("NW")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no batch wait to fill: what is written at once is queued before the task wakes."""
    monkeypatch.setattr(writer, "BATCH_SECONDS", 0.01)


def name_of(number: int) -> str:
    return f"NW2022030122{number:08d}"


@asynccontextmanager
async def opened(place: Place, outage_seconds: float = 10) -> AsyncIterator[Store]:
    """Give an open store."""
    store = Store(*place, Path(), outage_seconds)
    try:
        await store.open()
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def writing(place: Place, run_id: str = "run", outage_seconds: float = 10) -> AsyncIterator[PostWriter]:
    """Give a started writer, stopped in the end."""
    async with opened(place, outage_seconds) as store:
        posts = PostWriter(store, run_id, "finews")
        posts.start()
        yield posts
        await posts.stop()


async def write_together(posts: PostWriter, articles: list[Post]) -> list[Outcome | BaseException]:
    """Write posts at once, as a batch; give what became of each."""
    return await asyncio.gather(*(posts.write(post) for post in articles), return_exceptions=True)


def stored(place: Place, collection: str = "posts") -> dict[str, dict[str, Any]]:
    uri, name = place
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        return {doc["_id"]: doc for doc in client[name][collection].find()}


def stored_bytes(place: Place) -> dict[tuple[str, str], bytes]:
    """Give every document of the database as it lies there."""
    uri, name = place
    options = CodecOptions(document_class=RawBSONDocument)
    with MongoClient[RawBSONDocument](uri) as client:
        return {
            (entry.name, document["_id"]): document.raw
            for entry in COLLECTIONS
            for document in client[name].get_collection(entry.name, codec_options=options).find()
        }


def run(place: Place, *batches: list[Post], run_id: str = "run") -> list[list[Outcome | BaseException]]:
    """Write batches one after another in one run."""

    async def all_batches() -> list[list[Outcome | BaseException]]:
        async with writing(place, run_id) as posts:
            return [await write_together(posts, batch) for batch in batches]

    return asyncio.run(all_batches())


# --- outcomes ----------------------------------------------------------------------------------------------


def test_outcomes_tell_what_became_of_a_post(database: Place) -> None:
    first = [
        [article("旧。", 0)],
        [article("旧。", 1)],
        [article("短讯。", 1, name=ROLLING)],
        [article("新。", 2)],
    ]
    assert run(database, *first, run_id="one") == [[INSERTED], [DUPLICATE], [UPDATED], [REVISED]]
    again = [[article("新。", 3)], [article("新二。", 4)], [article("新二。", 5)]]
    assert run(database, *again, run_id="two") == [[UNCHANGED], [REVISED], [DUPLICATE]]
    document = stored(database)[NAME]
    stamps = ("first_run_id", "run_id", "spider", "schema_version", "etag", "revision")
    assert [document[name] for name in stamps] == ["one", "two", "finews", 1, 4, 3]
    assert [document[name] for name in ("duplicate_of", "duplicate_kind", "similarity", "withdrawn_at")] == [
        None
    ] * 4
    assert [row["text"] for row in stored(database, "post_revisions").values()] == ["短讯。", "旧。", "新。"]


def test_readings_of_one_post_in_one_batch_are_merged_one_after_another(database: Place) -> None:
    batch = [
        article("短讯。", 0, name=ROLLING),
        article("全文。", 1),
        article("全文。", 2),
        article("新全文。", 3),
    ]
    assert run(database, batch) == [[INSERTED, UPDATED, DUPLICATE, REVISED]]
    document = stored(database)[NAME]
    assert (document["text"], document["revision"], document["etag"]) == ("新全文。", 2, 3)


def test_a_second_run_with_nothing_new_writes_nothing(database: Place) -> None:
    def everything(at: int) -> list[Post]:
        marks = [Mark("1.601628", "中国人寿", "link"), Mark("999.X", "", "chart")]
        return [article(f"{number}。", at, name=name_of(number), marks=marks) for number in range(30)]

    run(database, everything(0), [article("改。", 1, name=name_of(0))], run_id="one")
    before = stored_bytes(database)
    assert {name for name, _ in before} == {"posts", "post_revisions", "securities", "media"}
    outcomes = run(database, everything(9)[1:], [article("改。", 9, name=name_of(0))], run_id="two")
    assert outcomes == [[UNCHANGED] * 29, [UNCHANGED]]
    assert stored_bytes(database) == before


def test_what_looks_like_an_operator_or_a_path_is_stored_as_it_is(database: Place) -> None:
    odd = ["$secret", "$$NOW", "$贵州茅台(SH600519)$", "a.b.$c", '{"$gt": ""}', "%s{0}", "\0", "__proto__"]
    articles = []
    for number, words in enumerate(odd):
        post = article("正文。", name=name_of(number), marks=[Mark("1.601628", words, "link")])
        post.title = post.body.text = post.digest = post.author = words
        post.tags, post.body.links = [words], [Link("https://e.com/", words)]
        articles.append(post)
    assert run(database, articles) == [[INSERTED] * len(odd)]
    found = stored(database)
    for number, words in enumerate(odd):
        document = found[name_of(number)]
        said = [document[name] for name in ("title", "text", "digest", "author")]
        assert said == [words] * 4
        assert (document["tags"], document["links"][0]["text"]) == ([words], words)
    assert stored(database, "securities")["1.601628"]["names"] == sorted(odd)


# --- refusals ----------------------------------------------------------------------------------------------


def with_surrogate_in_html(post: Post) -> None:
    post.body.html = "<p>\ud800</p>"


def with_surrogate_in_a_name(post: Post) -> None:
    post.securities = [Security("1.1", "1.SH", "1", 1, "stock", "\udfff", 1, ("link",))]


def with_surrogate_in_a_medium(post: Post) -> None:
    assert post.media
    object.__setattr__(post.media, "slug", "\ud800")


def too_large(post: Post) -> None:
    post.body.text = "长" * 6_000_000  # 18 MB in UTF-8


def too_large_for_the_limit_of_ours(post: Post) -> None:
    post.body.text = "a" * 8_000_001


def with_a_number_no_bson_takes(post: Post) -> None:
    post.securities = [Security("1.1", "1.SH", "1", 2**70, "stock", "甲", 1, ("link",))]


def against_the_validator(post: Post) -> None:
    post.author = 5  # type: ignore[assignment]


SPOILERS: dict[Callable[[Post], None], str] = {
    with_surrogate_in_html: "UnicodeEncodeError: ",
    with_surrogate_in_a_name: "UnicodeEncodeError: ",
    with_surrogate_in_a_medium: "UnicodeEncodeError: ",
    too_large: "bytes, more than 8,000,000",
    too_large_for_the_limit_of_ours: "bytes, more than 8,000,000",
    with_a_number_no_bson_takes: "OverflowError: ",
    against_the_validator: "121 Document failed validation",
}


def test_posts_that_mongodb_refuses_never_hurt_their_batch(database: Place) -> None:
    batch = [article("正文。", name=name_of(number)) for number in range(40)]
    spoiled = dict(zip(range(2, 40, 5), SPOILERS, strict=False))
    for number, spoil in spoiled.items():
        spoil(batch[number])
    (outcomes,) = run(database, batch)
    for number, spoil in spoiled.items():
        refused = outcomes[number]
        assert isinstance(refused, RefusedError), spoil.__name__
        assert SPOILERS[spoil] in str(refused)
    assert set(spoiled.values()) == SPOILERS.keys()
    good = set(range(40)) - spoiled.keys()
    assert [outcomes[number] for number in sorted(good)] == [INSERTED] * len(good)
    assert stored(database).keys() == {name_of(number) for number in good}
    assert stored(database, "securities") == {}


def test_a_wording_that_its_history_refuses_never_hurts_its_batch(database: Place) -> None:
    run(database, [article("正文。")])
    spoiled = article("短讯。", 1, name=ROLLING)
    spoiled.body.html = 5  # type: ignore[assignment]  # in no document, only in the row of history
    (outcomes,) = run(database, [article("短讯。", 1, name=name_of(2)), spoiled, article("另。", name=name_of(3))])
    assert isinstance(outcomes[1], RefusedError)
    assert "121" in str(outcomes[1])
    assert [outcomes[0], outcomes[2]] == [INSERTED, INSERTED]
    assert stored(database)[NAME]["forms"].keys() == {"page"}


def test_a_refused_revision_leaves_the_post_as_it_was(database: Place) -> None:
    run(database, [article("旧。", 0)])
    before = stored(database)
    spoiled = article("新。", 1)
    spoiled.author = 5  # type: ignore[assignment]
    ((refused,),) = run(database, [spoiled])
    assert isinstance(refused, RefusedError)
    assert stored(database) == before


def test_an_unknown_form_is_the_caller_s_error_alone(database: Place) -> None:
    batch = [article("正文。", name=name_of(number)) for number in range(3)]
    batch[1].form = "rumour"
    (outcomes,) = run(database, batch)
    assert isinstance(outcomes[1], ValueError)
    assert [outcomes[0], outcomes[2]] == [INSERTED, INSERTED]


# --- callers and the task ----------------------------------------------------------------------------------


def test_callers_wait_while_the_queue_is_full(database: Place) -> None:
    count = writer.QUEUE_SIZE + 200

    async def scenario() -> list[Outcome | BaseException]:
        async with writing(database) as posts:
            callers = asyncio.ensure_future(
                write_together(posts, [article("正文。", name=name_of(number)) for number in range(count)])
            )
            for _ in range(5):  # enough turns of the loop for every caller to ask
                await asyncio.sleep(0)
                assert posts._queue.qsize() <= writer.QUEUE_SIZE
            assert posts._queue.full()
            return await callers

    assert asyncio.run(scenario()) == [INSERTED] * count
    assert len(stored(database)) == count


def test_a_caller_that_gives_up_disturbs_nobody(database: Place) -> None:
    async def scenario() -> list[Outcome | BaseException]:
        async with writing(database) as posts:
            callers = [
                asyncio.ensure_future(posts.write(article("正文。", name=name_of(number)))) for number in range(20)
            ]
            await asyncio.sleep(0)
            for caller in callers[::4]:
                caller.cancel()
            return await asyncio.gather(*callers, return_exceptions=True)

    outcomes = asyncio.run(scenario())
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::4])
    assert [outcome for number, outcome in enumerate(outcomes) if number % 4] == [INSERTED] * 15


def test_stopping_writes_what_is_queued(database: Place) -> None:
    async def scenario() -> list[Outcome | BaseException]:
        async with opened(database) as store:
            posts = PostWriter(store, "run", "finews")
            posts.start()
            callers = asyncio.ensure_future(
                write_together(posts, [article("正文。", name=name_of(number)) for number in range(250)])
            )
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await posts.stop()
            return await callers

    assert asyncio.run(scenario()) == [INSERTED] * 250


def test_a_writer_that_does_not_run_says_so(database: Place) -> None:
    async def scenario() -> None:
        async with opened(database) as store:
            posts = PostWriter(store, "run", "finews")
            with pytest.raises(WriterEndedError, match="not been started"):
                await posts.write(article())
            await posts.stop()
            posts.start()
            await posts.stop()
            with pytest.raises(WriterEndedError, match="has ended"):
                await posts.write(article())

    asyncio.run(scenario())
    assert stored(database) == {}


def test_an_error_in_the_task_reaches_every_caller_and_the_stop(database: Place) -> None:
    uri, name = database
    with MongoClient[dict[str, Any]](uri) as client:
        client[name].posts.insert_one({"_id": NAME})  # before there is a validator: a document of somebody else's
    count = writer.QUEUE_SIZE + 200  # some are queued, some wait for a place in the queue

    async def scenario() -> list[Outcome | BaseException]:
        async with opened(database) as store:
            posts = PostWriter(store, "run", "finews")
            posts.start()
            articles = [article(), *(article("正文。", name=name_of(number)) for number in range(count))]
            outcomes = await write_together(posts, articles)
            with pytest.raises(WriterEndedError):
                await posts.stop()
            return outcomes

    for outcome in asyncio.run(scenario()):
        assert isinstance(outcome, WriterEndedError)
        assert isinstance(outcome.__cause__, KeyError)


def test_a_store_closed_under_the_writer_is_not_waited_for(database: Place) -> None:
    async def scenario() -> list[Outcome | BaseException]:
        async with opened(database, outage_seconds=3600) as store:
            posts = PostWriter(store, "run", "finews")
            posts.start()
            await store.database.client.close()
            outcomes = await write_together(posts, [article(), article("另。", name=name_of(2))])
            await posts.stop()
            assert "after close" in (store.away or "")
            return outcomes

    for outcome in asyncio.run(scenario()):
        assert isinstance(outcome, SpoolError)


# --- outages -----------------------------------------------------------------------------------------------


class Mongod:
    """A mongod of the test's own, to be killed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.databases = 0
        self.start()

    def start(self) -> None:
        self.uri = embedded.ensure_running(self.directory)
        self.pid = embedded.status(self.directory).pid or 0

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def place(self) -> Place:
        """Give a new database."""
        self.databases += 1
        return self.uri, f"outage_{self.databases}"


@pytest.fixture(scope="module")
def mongod() -> Iterator[Mongod]:
    with tempfile.TemporaryDirectory(prefix="finews-mongo-") as directory:
        yield Mongod(Path(directory))
        embedded.stop(Path(directory))


@pytest.mark.parametrize("stored_before", [50, 230])
def test_a_mongod_killed_amid_writes_loses_and_doubles_nothing(mongod: Mongod, stored_before: int) -> None:
    place, count = mongod.place(), 600

    async def scenario() -> list[Outcome | BaseException]:
        async with writing(place, outage_seconds=60) as posts:
            acknowledged = asyncio.Semaphore(0)

            async def write(number: int) -> Outcome:
                outcome = await posts.write(article("正文。", name=name_of(number)))
                acknowledged.release()
                return outcome

            callers = asyncio.gather(*(write(number) for number in range(count)))
            for _ in range(stored_before):
                await acknowledged.acquire()
            mongod.signal(signal.SIGKILL)
            await asyncio.to_thread(mongod.start)
            return await callers

    assert asyncio.run(scenario()) == [INSERTED] * count
    found = stored(place)
    assert found.keys() == {name_of(number) for number in range(count)}
    assert {document["etag"] for document in found.values()} == {1}


class Cable:
    """A line to mongod that is cut, once, between the carrying out of a write to posts and its acknowledgement."""

    def __init__(self, uri: str) -> None:
        self.path = unquote(uri.removeprefix("mongodb://"))
        self.armed = False
        self.cut = 0
        self.calls: set[asyncio.Task[None]] = set()

    async def call(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answer, onward = await asyncio.open_unix_connection(self.path)
        silent = asyncio.Event()
        both = asyncio.gather(
            self.pass_on(reader, onward, silent, asking=True), self.pass_on(answer, back, silent)
        )
        try:
            await both
        finally:
            onward.close()
            back.close()

    async def pass_on(
        self,
        source: asyncio.StreamReader,
        to: asyncio.StreamWriter,
        silent: asyncio.Event,
        *,
        asking: bool = False,
    ) -> None:
        while data := await source.read(1 << 16):
            if silent.is_set():
                break  # the answer has come: it was carried out
            if asking and self.armed and b"update\0\x06\0\0\0posts\0" in data:
                self.armed = False
                self.cut += 1
                silent.set()
            to.write(data)
        to.close()

    async def listen(self) -> tuple[asyncio.Server, str]:
        server = await asyncio.start_server(self.call, "127.0.0.1")
        return server, f"mongodb://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("before", "then", "expected"),
    [
        ([], ["旧。"], [INSERTED]),
        (["旧。"], ["新。"], [REVISED]),
        (["旧。"], ["旧。"], [UNCHANGED]),
        ([], ["旧。", "旧。", "新。"], [INSERTED, DUPLICATE, REVISED]),
    ],
)
def test_a_write_whose_acknowledgement_is_lost_counts_once(
    database: Place, before: list[str], then: list[str], expected: list[Outcome]
) -> None:
    uri, name = database

    async def scenario() -> list[Outcome | BaseException]:
        cable = Cable(uri)
        server, through = await cable.listen()
        async with server, writing((through, name), "two") as posts:
            cable.armed = True
            articles = [article(text, 9 + at) for at, text in enumerate(then)]
            outcomes = await write_together(posts, articles)
            assert cable.cut == (expected != [UNCHANGED])
        return outcomes

    run(database, *([article(text, at)] for at, text in enumerate(before)), run_id="one")
    assert asyncio.run(scenario()) == expected
    assert stored(database)[NAME]["etag"] == len({*before, *then})


async def in_time(awaited: Awaitable[_Result]) -> _Result:
    """Fail rather than hang."""
    return await asyncio.wait_for(awaited, 15)


def test_a_mongod_gone_for_good_ends_the_writing_within_the_budget(mongod: Mongod) -> None:
    place = mongod.place()

    async def scenario() -> list[Outcome | BaseException]:
        async with opened(place, outage_seconds=0.3) as store:
            posts = PostWriter(store, "run", "finews")
            posts.start()
            assert await posts.write(article("正文。", name=name_of(0))) == INSERTED
            mongod.signal(signal.SIGKILL)
            articles = [article("正文。", name=name_of(number)) for number in range(1, 701)]
            callers = asyncio.ensure_future(write_together(posts, articles))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await in_time(posts.stop())  # while the outage lasts
            with pytest.raises(WriterEndedError):
                await in_time(posts.write(article()))
            return await in_time(callers)

    outcomes = asyncio.run(scenario())
    mongod.start()
    assert {type(outcome) for outcome in outcomes} <= {SpoolError, WriterEndedError}
    assert stored(place).keys() == {name_of(0)}


def test_a_mongod_that_hangs_is_as_good_as_gone(mongod: Mongod, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "OPERATION_SECONDS", 1.0)
    place = mongod.place()

    async def scenario() -> None:
        async with writing(place, outage_seconds=0.1) as posts:
            assert await posts.write(article("正文。", name=name_of(0))) == INSERTED
            mongod.signal(signal.SIGSTOP)
            try:
                with pytest.raises(SpoolError):
                    await in_time(posts.write(article("正文。", name=name_of(1))))
                assert "timed out" in (posts.store.away or "")
                with pytest.raises(SpoolError):  # at once: the budget is spent
                    await in_time(posts.write(article("正文。", name=name_of(2))))
            finally:
                mongod.signal(signal.SIGCONT)

    asyncio.run(scenario())
