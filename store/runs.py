"""The collection `runs`: one document per run, from its start to its verdict."""

import os
import secrets
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

from store.readings import Document, milliseconds, storable_text
from store.schema import Database

SILENCE = timedelta(minutes=5)
"""A run gives a sign of life each minute; after this it is taken for killed, whatever its host."""


def _now() -> datetime:
    return milliseconds(datetime.now(UTC))


def new_id(spider: str) -> str:
    """Give the id of a run that begins now."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{spider}-{secrets.token_hex(3)}"


def new(run_id: str, spider: str, arguments: dict[str, str], versions: dict[str, str]) -> Document:
    """Give the document of a run of this process that begins now."""
    now = _now()
    return {
        "_id": run_id,
        "spider": spider,
        "arguments": {_key(name): storable_text(value) for name, value in arguments.items()},
        "versions": versions,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started_at": now,
        "alive_at": now,
        "ended_at": None,
        "finish_reason": None,
        "ok": None,
        "failures": [],
        "warnings": [],
        "counts": {},
        "requests": [],
        "coverage": [],
        "bytes": 0,
        "seconds": None,
        "peak_memory": None,
    }


def ended(run: Document, verdict: Document) -> Document:
    """Give the document of a run that ends now, with its verdict and figures."""
    now = _now()
    return {**run, **verdict, "alive_at": now, "ended_at": now}


async def begin(database: Database, run: Document) -> None:
    """Write the document of a run that begins, and close those of runs that were killed."""
    await close_killed(database)
    await write(database, run)


async def write(database: Database, run: Document) -> None:
    """Write the document of a run as it is now."""
    await database.runs.replace_one({"_id": run["_id"]}, run, upsert=True)


def _key(name: str) -> str:
    # An operator types argument names; a dot or dollar would read as a path or an operator.
    return storable_text(name).replace(".", "_").replace("$", "_").replace("\0", "_")


async def write_later(database: Database, run: Document) -> None:
    """Write the document of a run of the past; one that tells no end yields to any that is there."""
    if run["ended_at"]:
        await write(database, run)
    else:
        await database.runs.update_one({"_id": run["_id"]}, {"$setOnInsert": run}, upsert=True)


async def sign_of_life(database: Database, run_id: str) -> None:
    """Tell other runs that this one goes on."""
    await database.runs.update_one({"_id": run_id}, {"$set": {"alive_at": _now()}})


async def close_killed(database: Database) -> None:
    """Close, as `killed`, the runs of this host whose process is gone and those silent for five minutes."""
    now = _now()
    async for run in database.runs.find({"ended_at": None}):
        if not _is_dead(run, now):
            continue
        verdict: dict[str, Any] = {"finish_reason": "killed", "ok": False, "ended_at": run["alive_at"]}
        failure = "the process ended without a word; what it had not stored is fetched by later runs"
        await database.runs.update_one(
            {"_id": run["_id"], "ended_at": None}, {"$set": {**verdict, "failures": [failure]}}
        )


def _is_dead(run: Document, now: datetime) -> bool:
    if now - run["alive_at"] > SILENCE:
        return True
    if run["host"] != socket.gethostname() or run["pid"] == os.getpid():
        return False
    try:
        os.kill(run["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
