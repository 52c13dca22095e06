"""A real replica set whose primary is killed: what a majority has acknowledged is kept, and nothing is doubled."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from store.mongod import mongod_path
from tests.articles import article
from tests.test_store_writer import name_of, stored, write_together, writing

POSTS = 300
BEFORE = 100
"""Posts acknowledged before the primary is killed."""


def free_port() -> int:
    """Give a port that nobody listens on: the configuration of a replica set names those of its members."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def start_member(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """Start a member of the set."""
    folder.mkdir()
    options = [
        "--replSet",
        "rs",
        "--oplogSize",
        "64",
        "--nounixsocket",
        "--quiet",
        "--wiredTigerCacheSizeGB",
        "0.25",
    ]
    command = [
        str(mongod_path()),
        *options,
        "--bind_ip",
        "127.0.0.1",
        "--port",
        str(port),
        "--dbpath",
        str(folder),
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)


@pytest.fixture
def members(tmp_path: Path) -> Iterator[dict[int, subprocess.Popen[bytes]]]:
    """Give the processes of a replica set of three by their ports."""
    found = {port: start_member(port, tmp_path / str(port)) for port in {free_port(), free_port(), free_port()}}
    names = [{"_id": number, "host": f"127.0.0.1:{port}"} for number, port in enumerate(found)]
    # A new primary within two seconds instead of ten.
    settings = {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 200}
    with MongoClient[dict[str, Any]]("127.0.0.1", next(iter(found)), directConnection=True) as client:
        client.admin.command("replSetInitiate", {"_id": "rs", "members": names, "settings": settings})
    yield found
    for process in found.values():
        process.kill()
        process.wait()


def test_a_killed_primary_costs_no_acknowledged_post(members: dict[int, subprocess.Popen[bytes]]) -> None:
    uri = f"mongodb://{','.join(f'127.0.0.1:{port}' for port in members)}/?replicaSet=rs"

    def kill_the_primary() -> None:
        with MongoClient[dict[str, Any]](uri) as client:
            client.admin.command("ping")
            _, port = client.primary or ("", 0)
        os.kill(members[port].pid, signal.SIGKILL)

    async def scenario() -> list[Any]:
        async with writing((uri, "news"), outage_seconds=60) as posts:
            first = await write_together(posts, [article(name=name_of(number)) for number in range(BEFORE)])
            kill_the_primary()
            rest = await write_together(posts, [article(name=name_of(number)) for number in range(BEFORE, POSTS)])
            return [*first, *rest]

    assert [outcome.kind for outcome in asyncio.run(scenario())] == ["inserted"] * POSTS
    after = stored((uri, "news"))
    assert after.keys() == {name_of(number) for number in range(POSTS)}
    assert {post["etag"] for post in after.values()} == {1}
