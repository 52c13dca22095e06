"""Brings a database to the state that store/schema.py describes: collections, validators, indexes."""

import sys
from typing import Any

import pymongo
from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from store.schema import COLLECTIONS, Collection, Database, Field, Index

BUILD_SECONDS = 600.0
"""How long the building of a collection's indexes may last: over millions of posts it takes minutes."""

_NAMESPACE_EXISTS = 48
_INDEX_NOT_FOUND = 27
_OTHER_INDEX = frozenset({85, 86})
"""There is an index of this name with other options, or with other keys."""


async def prepare(database: Database) -> None:
    """Create what is missing, bring validators and indexes up to date. Any number of processes may do so at once.

    Raises PyMongoError.
    """
    existing = {info["name"]: info["options"] async for info in await database.list_collections()}
    for collection in COLLECTIONS:
        rules: dict[str, Any] = {
            "validator": validator(collection),
            "validationAction": "error",
            # Documents that an older version wrote, and that break a newer rule, can still be updated.
            "validationLevel": "moderate",
        }
        options = existing.get(collection.name)
        if options is None:
            try:
                await database.create_collection(collection.name, check_exists=False, **rules)
            except OperationFailure as error:
                if error.code != _NAMESPACE_EXISTS:  # another process was faster, with the same rules
                    raise
        elif any(options.get(name) != value for name, value in rules.items()):
            await database.command("collMod", collection.name, **rules)
        if collection.indexes:
            with pymongo.timeout(BUILD_SECONDS):
                await _index(database[collection.name], collection.indexes)


async def _index(collection: AsyncCollection[dict[str, Any]], indexes: tuple[Index, ...]) -> None:
    """Create the indexes that are missing, and anew those that are defined otherwise than before."""
    models = [IndexModel(list(index.keys), name=index.name, **index.options) for index in indexes]
    try:
        await collection.create_indexes(models)
    except OperationFailure as error:
        if error.code not in _OTHER_INDEX:
            raise
        wanted = {index.name: {"key": list(index.keys), **index.options} for index in indexes}
        for name, there in (await collection.index_information()).items():
            if name in wanted and {**there, "v": None} != {**wanted[name], "v": None}:
                await _drop_index(collection, name)
        await collection.create_indexes(models)


async def _drop_index(collection: AsyncCollection[dict[str, Any]], name: str) -> None:
    try:
        await collection.drop_index(name)
    except OperationFailure as error:
        if error.code != _INDEX_NOT_FOUND:  # another process was faster
            raise


def validator(collection: Collection) -> dict[str, Any]:
    """Build the `$jsonSchema` of a collection: every field required, no other field allowed."""
    return {"$jsonSchema": _object(collection.fields)}


def _object(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {
        "bsonType": "object",
        "required": [entry.name for entry in fields],
        "additionalProperties": False,
        "properties": {entry.name: _property(entry) for entry in fields},
    }


def _property(entry: Field) -> dict[str, Any]:
    rule: dict[str, Any] = {"bsonType": list(entry.types)}
    if "double" in entry.types:  # infinities and NaN are no figures; without bounds they pass
        rule |= {"minimum": -sys.float_info.max, "maximum": sys.float_info.max}
    if entry.least is not None:
        rule["minimum"] = entry.least
    if entry.items:
        rule["items"] = {"bsonType": list(entry.items)}
    if entry.inside:
        inside = _object(entry.inside)
        if "array" in entry.types:
            rule["items"] = inside
        else:
            rule |= {name: value for name, value in inside.items() if name != "bsonType"}
    return rule
