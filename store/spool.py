"""The spool of a run: what it could not give to MongoDB, on disk. It is written and later drained, never asked.

From readings, rejects and run documents, while MongoDB is away. Gives one file for each run, JSON lines
(bson.json_util), that the next run of any spider writes into MongoDB (store/drain.py).
Refuses (SpoolError) what does not fit below the limit, or what the disk does not take.

    {"check": "<16 hex digits>", "version": 1, "kind": "reading", "run_id": …, "spider": …, "body": {…}}

`check` is a checksum of what follows it: a line that is not whole as it was written is known as such. Lines are
appended and flushed to disk in batches; the file is locked for as long as its run lives, and the kernel releases
the lock however that ends.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC
from pathlib import Path

from bson import json_util
from bson.errors import BSONError
from bson.json_util import JSONOptions

from store.readings import Document, Reading

VERSION = 1
"""Of the lines. A reading that another version wrote is none that this one can merge."""

_OPTIONS = JSONOptions(json_mode=json_util.JSONMode.RELAXED, tz_aware=True, tzinfo=UTC)
_HEAD = b'{"check": "%b", '
_CHECK_DIGITS = 16
_HEAD_BYTES = len(_HEAD) - len(b"%b") + _CHECK_DIGITS


class SpoolError(Exception):
    """The spool takes no more: it is full, or the disk is, or it cannot be written."""


class SpoolLineError(Exception):
    """A line of a spool is not as it was written, or another version wrote it."""


class Spool:
    """What one run writes."""

    def __init__(self, directory: Path, run_id: str, database: str, max_bytes: int) -> None:
        """`database`: the name of that which is away; `max_bytes`: of all files in the directory together."""
        self.directory = directory
        self.path = directory / file_name(run_id, database)
        self.max_bytes = max_bytes
        self._file: int | None = None
        self._good = 0
        """Length of the file as far as all lines are whole."""

    def append(self, lines: Iterable[bytes], *, beyond_limit: bool = False) -> None:
        """Add lines; when it returns, they are on disk. All or none. Raises SpoolError.

        `beyond_limit`: although there is no room left, for the few lines that say how the run ended.
        """
        data = b"".join(lines)
        if not beyond_limit and (used := self._bytes_used()) + len(data) > self.max_bytes:
            raise SpoolError(f"{self.directory} holds {used:,} bytes; SPOOL_MAX_BYTES is {self.max_bytes:,}")
        try:
            file = self._opened()
            # A half line left by a failure would spoil the next one.
            os.ftruncate(file, self._good)
            written = 0
            while written < len(data):
                written += os.pwrite(file, data[written:], self._good + written)
            os.fsync(file)
        except OSError as error:
            raise SpoolError(f"{self.path}: {error.strerror}") from error
        self._good += len(data)

    def close(self) -> None:
        """Release the file: the next run may drain it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _bytes_used(self) -> int:
        try:
            return sum(path.stat().st_size for path in self.directory.iterdir())
        except FileNotFoundError:  # no directory yet, or another run has just drained a file
            return self._good
        except OSError as error:
            raise SpoolError(f"{self.directory}: {error.strerror}") from error

    def _opened(self) -> int:
        if self._file is None:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = _locked(self.path)
            self._file, self._good = file, os.fstat(file).st_size
            directory = os.open(self.directory, os.O_RDONLY)
            try:
                os.fsync(directory)  # the name of a new file has to outlive a power failure, too
            finally:
                os.close(directory)
        return self._file


def _locked(path: Path) -> int:
    """Open a file for writing, and lock it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:
            return file
        os.close(file)  # before it was locked, another run found it empty, drained and removed it


def file_name(run_id: str, database: str) -> str:
    """Name the spool of a run. MongoDB's names hold no dot, so nothing is drained into another database."""
    return f"{run_id}.{database}.jsonl"


def reading_line(run_id: str, spider: str, read: Reading) -> bytes:
    """Give the line of a reading that a run made."""
    body = {entry.name: getattr(read, entry.name) for entry in fields(Reading)}
    return _line({"kind": "reading", "run_id": run_id, "spider": spider, "body": body})


def reject_line(reject: Document) -> bytes:
    """Give the line of a document for `rejects`."""
    return _line({"kind": "reject", "body": reject})


def run_line(run: Document) -> bytes:
    """Give the line of a document for `runs`."""
    return _line({"kind": "run", "body": run})


def _line(content: Document) -> bytes:
    written = json_util.dumps({"version": VERSION, **content}, json_options=_OPTIONS, ensure_ascii=False)
    checked = written.encode()[1:]
    return _HEAD % _check(checked) + checked + b"\n"


def _check(checked: bytes) -> bytes:
    return hashlib.blake2b(checked, digest_size=_CHECK_DIGITS // 2).hexdigest().encode()


def content_of(line: bytes) -> Document:
    """Give what a line holds: `kind`, `body`, for readings also `run_id` and `spider`. Raises SpoolLineError."""
    head, checked = line[:_HEAD_BYTES], line[_HEAD_BYTES:].removesuffix(b"\n")
    if head != _HEAD % _check(checked):
        raise SpoolLineError("not as it was written")
    try:
        content: Document = json_util.loads(b"{" + checked, json_options=_OPTIONS)
    except (ValueError, TypeError, BSONError) as error:
        raise SpoolLineError(f"{type(error).__name__}: {error}") from error
    if content["version"] != VERSION:
        raise SpoolLineError(f"of version {content['version']}, not {VERSION}")
    return content


def reading_of(content: Document) -> Reading:
    """Give the reading of a line of that kind. Raises SpoolLineError where its fields are not today's."""
    body = content["body"]
    try:
        return Reading(**{**body, "available": tuple(body["available"])})
    except (KeyError, TypeError) as error:
        raise SpoolLineError(f"{type(error).__name__}: {error}") from error
