"""Runs, rejects, questions about what is known, and the connection: with a real MongoDB, and without one."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.items import Post
from store import connection, queries, runs
from store.connection import MongoUnavailableError, MongoUnusableError, Store
from store.rejects import RAW_CHARACTERS, Rejects
from store.writer import PostWriter
from tests.articles import NAME, SITE, article, minute

Place = tuple[str, str]


def with_store(place: Place, scenario: Callable[[Store], Awaitable[None]]) -> None:
    async def opened() -> None:
        store = Store(*place, Path())
        await store.open()
        await scenario(store)
        await store.close()

    asyncio.run(opened())


# --- runs --------------------------------------------------------------------------------------------------


def test_a_run_is_opened_kept_alive_and_closed(database: Place) -> None:
    async def scenario(store: Store) -> None:
        began = datetime.now(UTC) - timedelta(milliseconds=1)
        arguments = {"a.b": "$where", "$or": "\udcff", "limit": "5"}
        begun = runs.new("r1", "finews", arguments, {"python": "3.11"})
        await runs.begin(store.database, begun)
        run = await store.database.runs.find_one({"_id": "r1"})
        assert run
        assert run["arguments"] == {"a_b": "$where", "_or": "?", "limit": "5"}
        assert (run["host"], run["pid"]) == (socket.gethostname(), os.getpid())
        assert [run[name] for name in ("ended_at", "finish_reason", "ok", "seconds")] == [None] * 4
        assert began <= run["started_at"] == run["alive_at"] <= datetime.now(UTC)
        await store.database.runs.update_one({"_id": "r1"}, {"$set": {"alive_at": minute(0)}})
        await runs.sign_of_life(store.database, "r1")
        run = await store.database.runs.find_one({"_id": "r1"})
        assert run
        assert run["alive_at"] >= run["started_at"]
        verdict = {"finish_reason": "finished", "ok": True, "seconds": 1.5}
        await runs.write(store.database, runs.ended(begun, verdict))
        run = await store.database.runs.find_one({"_id": "r1"})
        assert run
        assert (run["finish_reason"], run["ok"], run["seconds"]) == ("finished", True, 1.5)
        assert run["ended_at"] == run["alive_at"]

    with_store(database, scenario)


def pid_of_the_dead() -> int:
    """Give the id of a process that has ended and been waited for."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_runs_of_the_dead_are_closed_and_no_others(database: Place) -> None:
    here, dead = socket.gethostname(), pid_of_the_dead()
    now = datetime.now(UTC)
    young, old = now - timedelta(minutes=4), now - timedelta(minutes=6)
    cases = {
        "dead here": ({"host": here, "pid": dead, "alive_at": young}, True),
        "dead here, long ago": ({"host": here, "pid": dead, "alive_at": old}, True),
        "alive here": ({"host": here, "pid": os.getppid(), "alive_at": young}, False),
        "in this process": ({"host": here, "pid": os.getpid(), "alive_at": young}, False),
        "in a process of our number, long ago": ({"host": here, "pid": os.getpid(), "alive_at": old}, True),
        "of another user": ({"host": here, "pid": 1, "alive_at": young}, False),
        "elsewhere": ({"host": "elsewhere", "pid": dead, "alive_at": young}, False),
        "silent elsewhere": ({"host": "elsewhere", "pid": dead, "alive_at": old}, True),
        "ended": ({"host": here, "pid": dead, "alive_at": old, "ended_at": old}, False),
    }

    async def scenario(store: Store) -> None:
        for name, (fields, _) in cases.items():
            await runs.write(store.database, runs.new(name, "finews", {}, {}) | fields)
        await runs.begin(store.database, runs.new("next", "finews", {}, {}))
        found = {run["_id"]: run async for run in store.database.runs.find()}
        killed = {name for name, run in found.items() if run["finish_reason"] == "killed"}
        assert killed == {name for name, (_, is_dead) in cases.items() if is_dead}
        for name in killed:
            run = found[name]
            assert (run["ok"], len(run["failures"]), run["ended_at"]) == (False, 1, run["alive_at"])
        assert found["next"]["ended_at"] is None

    with_store(database, scenario)


# --- rejects -----------------------------------------------------------------------------------------------


def test_rejects_keep_what_was_rejected_whatever_it_holds(database: Place) -> None:
    async def scenario(store: Store) -> None:
        rejects = Rejects(store, "r1", "finews")
        error = ValueError("bad \ud800" + "x" * 5000)
        await rejects.add("parse", error, url="https://e.com/\udfff", raw="\ud800" + "y" * 200_000)
        await rejects.add("mongo", KeyError("k"), post=NAME)
        first, second = await store.database.rejects.find().sort("_id").to_list()
        assert (first["_id"], first["reason"], first["url"]) == ("r1/000001", "ValueError", "https://e.com/?")
        assert (first["detail"][:6], len(first["detail"])) == ("bad ?x", 2000)
        assert (first["raw"][:2], len(first["raw"])) == ("?y", RAW_CHARACTERS)
        at = second.pop("at")
        assert second == {
            "_id": "r1/000002",
            "run_id": "r1",
            "spider": "finews",
            "stage": "mongo",
            "reason": "KeyError",
            "detail": "'k'",
            "url": None,
            "post": NAME,
            "raw": None,
            "retried_by": None,
        }
        assert datetime.now(UTC) - at < timedelta(minutes=1)

    with_store(database, scenario)


# --- what is known -----------------------------------------------------------------------------------------


async def write(store: Store, *posts: Post) -> None:
    writer = PostWriter(store, "r1", "finews")
    writer.start()
    await asyncio.gather(*(writer.write(post) for post in posts))
    await writer.stop()


def test_known_is_every_page_a_stored_post_was_read_from(database: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "URLS_AT_ONCE", 2)  # so that one listing takes several questions
    archived, other = f"{SITE}/old_post/2022-03-01-{NAME}.html", f"{SITE}/a/2022/03/01/NW202203012299000002.html"
    dated = article().url
    undated = article(name="NW202203012299000003", published_raw=None)

    async def scenario(store: Store) -> None:
        await write(store, article(), article("正文。", 1, url=archived), undated)
        at = datetime(2022, 3, 1, 3, 51, 3, tzinfo=UTC)
        found = await queries.known_posts(store.database, [other, dated, archived, undated.url, other])
        assert found == {dated: at, archived: at, undated.url: None}
        assert await queries.known_posts(store.database, []) == {}
        assert await queries.categories(store.database) == ["shiliribao"]

    with_store(database, scenario)


def test_a_listing_is_remembered_for_the_parser_that_read_it(
    database: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(store: Store) -> None:
        assert await queries.listing(store.database, SITE) is None
        for etag in ('"1"', '"2"'):
            await queries.remember_listing(
                store.database,
                SITE,
                post_urls=["b", "a"],
                categories=["x"],
                etag=etag,
                last_modified=None,
                read_at=minute(0),
            )
        assert await queries.listing(store.database, SITE) == {
            "_id": SITE,
            "validators": {"etag": '"2"', "last_modified": None},
            "post_urls": ["b", "a"],
            "categories": ["x"],
            "parser_version": queries.LISTING_PARSER_VERSION,
            "read_at": minute(0),
        }
        monkeypatch.setattr(queries, "LISTING_PARSER_VERSION", queries.LISTING_PARSER_VERSION + 1)
        assert await queries.listing(store.database, SITE) is None

    with_store(database, scenario)


# --- the connection ----------------------------------------------------------------------------------------


def refusal(uri: str, database: str = "finews", directory: Path = Path(), *, for_good: bool = True) -> str:
    """Give why a store cannot be opened; `for_good`: no waiting mends it."""

    async def scenario() -> str:
        store = Store(uri, database, directory, outage_seconds=0)
        with pytest.raises(MongoUnavailableError) as refused:
            await store.open()
        assert (isinstance(refused.value, MongoUnusableError), store.away is None) == (for_good, for_good)
        assert not store.is_open
        with pytest.raises(MongoUnavailableError, match="not open"):
            _ = store.database
        await store.close()
        return str(refused.value)

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://user:hunter2@localhost:abc/",
        "mongodb://user:hunter2@localhost:70000/",
        "mongodb://user:hunt@er2@localhost/",
        "mongodb://user:hunter2/x@localhost/",
        "mongodb://user:hunter2@[::1/",
        "mongodb://user:hunter2@/",
        "hunter2://localhost/",
        "mongodb://user:hunter2@localhost/?tls=true&tlsCAFile=/no/such/file",
    ],
)
def test_a_uri_that_is_none_is_refused_without_its_password(uri: str) -> None:
    message = refusal(uri)
    assert message.startswith("MONGO_URI is not usable (")
    assert "hunter2" not in message
    assert "er2" not in message


NOBODY = "mongodb://user:hunter2@%2Ftmp%2Fno-mongod-of-finews-listens-here.sock"


def test_a_server_that_is_not_there_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.1)
    message = refusal(NOBODY, for_good=False)
    assert message.startswith("MongoDB, after ")
    assert "hunter2" not in message


def test_a_database_name_that_is_none_is_refused(mongo_uri: str) -> None:
    assert refusal(mongo_uri, "a b").startswith("MONGO_DATABASE is not usable: ")


def test_a_login_that_is_refused_is_refused_for_good(mongo_uri: str) -> None:
    message = refusal(mongo_uri.replace("mongodb://", "mongodb://user:hunter2@"))
    assert "Authentication failed" in message
    assert "hunter2" not in message


def test_an_embedded_mongodb_that_gives_up_may_come_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("store.mongod.OPTIONS", ["--no-such-option"])
    assert "mongod gave up" in refusal("embedded", directory=tmp_path, for_good=False)


def test_an_embedded_mongodb_that_cannot_start_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("somebody else's")
    assert "holds other files" in refusal("embedded", directory=tmp_path)


def test_opening_twice_at_once_connects_once(database: Place) -> None:
    async def scenario() -> None:
        store = Store(*database, Path())
        first, second = await asyncio.gather(store.open(), store.open())
        assert first is second is await store.open() is store.database
        await store.close()
        assert not store.is_open

    asyncio.run(scenario())
