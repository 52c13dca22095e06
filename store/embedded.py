"""The embedded MongoDB: a real mongod of this project's own, started when first needed.

From: a directory, and the mongod that store/mongod.py finds.
Gives: a mongodb:// URI, the same for every process that asks for the same directory. The server outlives who
started it, until `stop`; after a crash or `kill -9` the next `ensure_running` starts it again on its data.
Refuses: directories of another user or with foreign files in them, and servers that answer without being ours.

Everything lies in one directory, open to its owner only: whoever reaches the socket may read and write all data.

    lock         locked from before mongod is started until it is dead: it inherits the lock, and the kernel
                 releases it however it dies. Hence nothing here is ever stale, and no process id is ever trusted
    db           mongod's data
    mongod.sock  where mongod listens; there is no TCP port then
    port         where it listens on 127.0.0.1, in a directory whose path is too long for a socket. Other users of
                 the machine can reach that
    mongod.log   what mongod says, and mongod.log.1 what it said before

A systemd unit that ends takes what it started down with it, mongod too: give `scrapy mongo start` its own unit.
"""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, ConnectionFailure, OperationFailure

from store.mongod import MongodError, MongodMissingError, MongodStartError, launch, mongod_path

__all__ = [
    "DirectoryRefusedError",
    "MongodError",
    "MongodMissingError",
    "MongodStartError",
    "MongodUnreachableError",
    "Status",
    "ensure_running",
    "mongod_path",
    "status",
    "stop",
]

LOCK, DATA, SOCKET, PORT, LOG = "lock", "db", "mongod.sock", "port", "mongod.log"

SOCKET_PATH_BYTES = 103
"""Longest socket path that all systems take: sun_path has 108 bytes on Linux, 104 on macOS, with a final NUL."""

PATIENCE_SECONDS = 60.0
"""How long to wait for a mongod that somebody else starts, and for one to end; both take well under a second."""

ANSWER_SECONDS = 5.0
"""How long one attempt to reach a mongod may take."""

LOG_BYTES = 8_000_000
"""A running mongod logs about 0.6 MB a day; a log beyond this is moved aside, and the one before is dropped."""

PORT_TRIES = 10
"""A free port can be taken by somebody else before mongod binds it; ten times in a row it is no accident."""

Client = MongoClient[dict[str, Any]]


class MongodUnreachableError(MongodError):
    """A mongod holds our data, and does not answer where it should."""


class DirectoryRefusedError(MongodError):
    """The directory is not one to keep a database in."""


@dataclass(frozen=True)
class Status:
    """What is known about the embedded MongoDB of a directory; pid, uri and version are None unless it runs."""

    running: bool
    pid: int | None
    uri: str | None
    version: str | None
    dbpath: Path
    data_bytes: int
    """Space that the data take on disk, running or not."""


def ensure_running(directory: Path) -> str:
    """Return the URI of the mongod that keeps its data in `directory`; start it if it does not run.

    Any number of processes and threads may call this at once: one starts the server, the others attach.
    Blocks, for seconds at worst, a minute in case of trouble. Raises MongodError.
    """
    directory = _claimed(directory)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with _lock(directory) as lock:
            if lock is not None:
                return _start(directory, lock)
        with _server(directory) as client:
            if client is not None:
                if _move_big_log(directory):
                    client.admin.command("logRotate", 1)
                return _uri(directory)
        if time.monotonic() > deadline:
            raise _unreachable(directory)
        time.sleep(0.05)


def status(directory: Path) -> Status:
    """Tell whether the mongod of `directory` runs; start and create nothing. Raises MongodError."""
    directory = directory.resolve()
    dbpath = directory / DATA
    if not _is_held(directory):
        return Status(False, None, None, None, dbpath, _bytes_on_disk(dbpath))
    with _server(directory) as client:
        if client is None:
            raise _unreachable(directory)
        server = client.admin.command("serverStatus")
        size = _bytes_on_disk(dbpath)
        return Status(True, server["pid"], _uri(directory), server["version"], dbpath, size)


def stop(directory: Path) -> bool:
    """Shut the mongod of `directory` down cleanly and wait for its end; return whether one was running.

    Raises MongodError, if it does not hear or does not end within PATIENCE_SECONDS for one.
    """
    directory = directory.resolve()
    deadline = time.monotonic() + PATIENCE_SECONDS
    asked = False
    while _is_held(directory):
        if time.monotonic() > deadline:
            raise _unreachable(directory)
        if not asked:
            asked = _ask_to_shut_down(directory)
        time.sleep(0.02)
    return asked


def _claimed(directory: Path) -> Path:
    """Make the directory ours, or refuse; return it resolved, so that every way to it leads to one URI."""
    directory = directory.resolve()
    advice = "Set MONGO_EMBEDDED_DIR to a directory that does not exist yet."
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner, names = directory.stat().st_uid, [path.name for path in directory.iterdir()]
        if owner != os.geteuid():
            raise DirectoryRefusedError(f"{directory} belongs to another user (id {owner}). {advice}")
        if names and LOCK not in names:  # a slip such as MONGO_EMBEDDED_DIR=~ must not close a home directory
            raise DirectoryRefusedError(f"{directory} holds other files. {advice}")
        directory.chmod(0o700)
    except OSError as error:
        raise DirectoryRefusedError(f"{directory} cannot be used: {error.strerror}. {advice}") from error
    return directory


@contextmanager
def _lock(directory: Path) -> Iterator[int | None]:
    """Give the lock of the directory as a file descriptor, or None if a mongod, or who starts one, holds it."""
    lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield lock
    finally:
        os.close(lock)  # not LOCK_UN, which would take the lock from the mongod that inherited it, too


def _is_held(directory: Path) -> bool:
    try:
        if not (directory / LOCK).exists():
            return False
        with _lock(directory) as lock:
            return lock is None
    except PermissionError as error:
        raise DirectoryRefusedError(
            f"{directory} is another user's, or in a directory of another user."
        ) from error


def _start(directory: Path, lock: int) -> str:
    """Start mongod, hand it the lock, and return its URI once it accepts connections."""
    dbpath, log = directory / DATA, directory / LOG
    dbpath.mkdir(mode=0o700, exist_ok=True)
    _move_big_log(directory)
    for _ in range(PORT_TRIES):
        if launch(dbpath, log, _where_to_listen(directory), inherit=lock):
            return _uri(directory)
        (directory / PORT).unlink(missing_ok=True)
    raise MongodStartError(f"mongod found {PORT_TRIES} ports in a row taken by others.\nIts log: {log}")


def _socket_path(directory: Path) -> Path | None:
    """Where mongod listens, or None if it must be a TCP port: path too long, or cut by --bind_ip at a comma."""
    path = directory / SOCKET
    return path if len(os.fsencode(path)) <= SOCKET_PATH_BYTES and "," not in str(path) else None


def _where_to_listen(directory: Path) -> list[str]:
    """Options for the socket, else for the port of last time, else for one that is free now; noted before use."""
    path = _socket_path(directory)
    if path is not None:
        return ["--bind_ip", str(path)]
    note = directory / PORT
    if not note.exists():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        draft = directory / f"{PORT}.draft"
        draft.write_text(str(port))
        draft.replace(note)  # whole or not at all, for those who read it meanwhile
    return ["--bind_ip", "127.0.0.1", "--port", note.read_text()]


def _uri(directory: Path) -> str:
    path = _socket_path(directory)
    if path is not None:
        return f"mongodb://{quote(str(path), safe='')}"
    return f"mongodb://127.0.0.1:{(directory / PORT).read_text()}"


@contextmanager
def _server(directory: Path) -> Iterator[Client | None]:
    """Give a client of the mongod of this directory, or None if what answers there is nothing, or not ours."""
    try:
        uri = _uri(directory)
    except FileNotFoundError:  # who starts it has not noted the port yet
        yield None
        return
    patience = ANSWER_SECONDS * 1000
    client: Client = MongoClient(uri, serverSelectionTimeoutMS=patience, socketTimeoutMS=patience)
    with client:
        yield client if _serves(client, directory / DATA) else None


def _serves(client: Client, dbpath: Path) -> bool:
    """Whether the server, by its own account, keeps its data in `dbpath`."""
    try:
        started_with = client.admin.command("getCmdLineOpts")["parsed"]
    except (ConnectionFailure, OperationFailure):  # nobody there, or somebody who wants a password
        return False
    return bool(started_with.get("storage", {}).get("dbPath") == str(dbpath))


def _ask_to_shut_down(directory: Path) -> bool:
    with _server(directory) as client:
        if client is None:
            return False
        with suppress(AutoReconnect):  # it obeys by hanging up
            client.admin.command("shutdown")
        return True


def _unreachable(directory: Path) -> MongodUnreachableError:
    note = directory / DATA / "mongod.lock"  # where mongod writes its process id
    pid = note.read_text().strip() if note.exists() else "unknown"
    return MongodUnreachableError(
        f"A mongod (process id: {pid}) holds {directory}, but does not answer there.\n"
        "Was the directory moved, or a file in it deleted? End that process, then try again."
    )


def _move_big_log(directory: Path) -> bool:
    """Move a log beyond LOG_BYTES aside, in place of the one moved before; return whether it was."""
    log = directory / LOG
    try:
        if log.stat().st_size <= LOG_BYTES:
            return False
        log.replace(directory / f"{LOG}.1")
    except FileNotFoundError:  # no log yet, or another process is moving it right now
        return False
    return True


def _bytes_on_disk(dbpath: Path) -> int:
    total = 0
    for path in dbpath.rglob("*"):
        with suppress(FileNotFoundError):  # mongod removes journal files as it goes
            total += path.lstat().st_blocks * 512  # st_blocks counts in units of 512 bytes everywhere
    return total
