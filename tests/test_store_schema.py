"""The schema in a real MongoDB: what it takes and refuses; brought up to date by several processes at once."""

import asyncio
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, Int64
from pymongo import MongoClient
from pymongo.errors import WriteError

from store import prepare as preparing
from store.connection import Store
from store.datapage import example
from store.prepare import validator
from store.schema import COLLECTIONS, POSTS, Collection, Field, Index

Client = MongoClient[dict[str, Any]]
AT = datetime(2022, 3, 1, tzinfo=UTC)
BY_TYPE: dict[str, Any] = {
    "string": "a", "date": AT, "int": 1, "double": 0.5, "bool": True, "array": [], "object": {}, "null": None,
    "binData": b"a",
}  # fmt: skip
NUMBERS = frozenset({"int", "long", "double"})


def open_once(place: tuple[str, str]) -> None:
    async def scenario() -> None:
        store = Store(*place, Path())
        await store.open()
        await store.close()

    asyncio.run(scenario())


def sample(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Give a document of the first type each field allows, sub-documents and elements included."""
    document = {}
    for entry in fields:
        value = BY_TYPE[entry.types[0]]
        if entry.inside:
            value = sample(entry.inside) if entry.types[0] == "object" else [sample(entry.inside)]
        document[entry.name] = [BY_TYPE[entry.items[0]]] if entry.items else value
    return document


@pytest.fixture(scope="module")
def prepared(mongo_uri: str) -> Any:
    """Give a prepared database; its documents are of no consequence."""
    name = "test_schema"
    open_once((mongo_uri, name))
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        yield client[name]
        client.drop_database(name)


def refused(base: Any, collection: str, document: dict[str, Any]) -> bool:
    base[collection].delete_many({})
    try:
        base[collection].insert_one(document)
    except WriteError:
        return True
    return False


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.name)
def test_each_field_takes_its_types_and_no_other(prepared: Any, collection: Collection) -> None:
    good = sample(collection.fields)
    assert not refused(prepared, collection.name, good)
    for entry in collection.fields:
        for kind, value in BY_TYPE.items():
            if not (entry.inside or entry.items) or kind not in entry.types:
                taken = not refused(prepared, collection.name, {**good, entry.name: value})
                assert taken is (kind in entry.types), f"{entry.name} as {kind}"
        if NUMBERS.isdisjoint(entry.types):
            continue
        for value in (float("nan"), float("-inf"), float("inf"), Decimal128("1"), "1"):
            assert refused(prepared, collection.name, {**good, entry.name: value}), f"{entry.name}: {value}"
        if "int" in entry.types:
            assert not refused(prepared, collection.name, {**good, entry.name: Int64(2**40)})


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.name)
def test_a_field_missing_or_unknown_is_refused(prepared: Any, collection: Collection) -> None:
    good = sample(collection.fields)
    assert refused(prepared, collection.name, {**good, "surprise": 1})
    for name in good.keys() - {"_id"}:
        assert refused(prepared, collection.name, {key: value for key, value in good.items() if key != name}), name


def test_the_parts_of_a_post_are_checked_too(prepared: Any) -> None:
    good = example()
    assert not refused(prepared, "posts", good)
    security = good["securities"][0]
    for part in (
        {"securities": [{**security, "mentions": -1}]},
        {"securities": [{**security, "mentions": 1.5}]},
        {"securities": [{**security, "surprise": 1}]},
        {"securities": [{"secid": "1.1"}]},
        {"images": [{"url": "a", "kind": "photo"}]},
        {"media": {"name": "某报"}},
        {"tags": [1]},
        {"symbols": [None]},
        {"revision": 0},
        {"similarity": -0.1},
    ):
        assert refused(prepared, "posts", {**good, **part}), part
    for part in ({"media": None}, {"similarity": 1.0}, {"securities": []}):
        assert not refused(prepared, "posts", {**good, **part}), part


# --- bringing it up to date --------------------------------------------------------------------------------


def commands_of(client: Client, name: str) -> list[str]:
    """Give what the profiler saw that changes collections."""
    changing = {"create", "collMod", "drop", "dropIndexes"}
    found = client[name]["system.profile"].find({"op": "command"})
    return [next(iter(entry["command"])) for entry in found if changing & entry["command"].keys()]


def test_once_up_to_date_nothing_is_changed(database: tuple[str, str]) -> None:
    uri, name = database
    open_once(database)
    with MongoClient[dict[str, Any]](uri) as client:
        client[name].command("profile", 2)
        open_once(database)
        client[name].command("profile", 0)
        assert commands_of(client, name) == []
        assert client[name]["system.profile"].count_documents({}) < 20, "a handful of questions"


def test_validators_and_indexes_follow_the_code(
    database: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, name = database
    open_once(database)
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        base = client[name]
        before = sample(POSTS.fields)
        base.posts.insert_one(before)
        base.posts.create_index([("author", 1)], name="an operator's own")
        changed = Collection(
            "posts",
            "",
            (*POSTS.fields, Field("mood", ("string",), "new")),
            (
                Index("published", (("published_at", 1),), "other keys"),
                Index("run", (("run_id", 1),), "other options", {"sparse": True}),
                Index("mood", (("mood", 1),), "new"),
            ),
        )
        monkeypatch.setattr(preparing, "COLLECTIONS", (changed,))
        open_once(database)
        indexes = base.posts.index_information()
        assert indexes["published"]["key"] == [("published_at", 1)]
        assert indexes["run"]["sparse"] is True
        assert {"mood", "an operator's own", "symbols_published"} <= indexes.keys()
        (options,) = [info["options"] for info in base.list_collections(filter={"name": "posts"})]
        assert options["validator"] == validator(changed)
        assert refused(base, "posts", {**before, "_id": "b"}), "a new document follows the new rules"
        base.posts.insert_one({**before, "_id": "c", "mood": "gut"})
        assert base.posts.update_one({"_id": "c"}, {"$set": {"author": "x"}}).modified_count == 1


def test_documents_of_an_older_version_can_still_be_updated(
    database: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, name = database
    open_once(database)
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        base = client[name]
        base.posts.insert_one(sample(POSTS.fields))
        tighter = Collection("posts", "", (*POSTS.fields, Field("mood", ("string",), "new")))
        monkeypatch.setattr(preparing, "COLLECTIONS", (tighter,))
        open_once(database)
        assert base.posts.update_one({"_id": "a"}, {"$set": {"author": "x"}}).modified_count == 1


def test_processes_that_start_at_once_all_find_it_ready(database: tuple[str, str]) -> None:
    uri, name = database
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_store_schema"])
    processes = [context.Process(target=open_once, args=(database,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    with MongoClient[dict[str, Any]](uri) as client:
        for collection in COLLECTIONS:
            (info,) = client[name].list_collections(filter={"name": collection.name})
            assert info["options"]["validator"] == validator(collection)
            names = set(client[name][collection.name].index_information())
            assert names == {"_id_", *(index.name for index in collection.indexes)}
