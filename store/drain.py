"""Writes into MongoDB what earlier runs could not: the files of the spool (store/spool.py), oldest first.

From the directory of the spool. Gives posts, rejects and runs as those runs would have written them, then removes
the file. A kill at any moment, and draining again, change nothing: everything here may be written twice.
Leaves alone the files of runs that live, of other databases, and those that another run drains right now.
Refuses nothing silently: what MongoDB refuses and a line that is not as it was written become rejects of stage
`spool`. Only an unfinished last line is skipped: it was never on disk as a whole, and its run knew that.
"""

import asyncio
import fcntl
import os
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pymongo.errors import WriteError

from store import runs
from store.connection import Store
from store.posts import Job
from store.rejects import reject_document, write_reject
from store.spool import SpoolLineError, content_of, file_name, reading_of
from store.writer import BATCH_SIZE, settle

STAGE = "spool"


async def drain(store: Store, directory: Path, run_id: str, spider: str) -> Counter[str]:
    """Drain all files for this database, in the name of a run; count `files` and what became of their lines.

    `readings`, `rejects`, `runs` were written, `refused` and `malformed` are rejects of this run now, `torn` were
    skipped; `unusable` files, or the directory, could not be opened, or not removed.
    Raises MongoUnavailableError; what is drained by then stays, and its file is drained again.
    """
    counts: Counter[str] = Counter()
    try:
        files = _files(directory, store.name)
    except OSError:
        return Counter(unusable=1)
    for path in files:
        try:
            with path.open("rb") as file:
                if _is_free(file):
                    await _Draining(store, path.stem, run_id, spider, counts).drain(file)
                    path.unlink()
                    counts["files"] += 1
        except FileNotFoundError:
            continue  # another run has just drained it
        except OSError:
            counts["unusable"] += 1
    return counts


def _files(directory: Path, database: str) -> list[Path]:
    """Give the files for a database, oldest first: their names begin with the start of their run."""
    try:
        return sorted(path for path in directory.iterdir() if path.name.endswith(file_name("", database)))
    except FileNotFoundError:  # nothing has ever been spooled
        return []


def _is_free(file: BinaryIO) -> bool:
    """Take the lock of a file; False if a run writes or drains it, or has drained and removed it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(file.fileno()).st_nlink > 0


class _Draining:
    """The draining of one file."""

    def __init__(self, store: Store, name: str, run_id: str, spider: str, counts: Counter[str]) -> None:
        self.store = store
        self.name = name
        self.run_id = run_id
        self.spider = spider
        self.counts = counts
        self.place = 0
        self.runs: set[str] = set()

    async def drain(self, file: BinaryIO) -> None:
        while lines := list(islice(file, BATCH_SIZE)):
            jobs: dict[tuple[str, str], list[tuple[Job, int, bytes]]] = {}
            for line in lines:
                place, self.place = self.place, self.place + len(line)
                try:
                    await self._sort(line, place, jobs)
                except SpoolLineError as error:
                    await self._reject(error, line, place, "malformed")
                except WriteError as error:
                    await self._reject(error, line, place, "refused")
            for (run_id, spider), found in jobs.items():
                await self._settle(run_id, spider, found)
        self.counts["runs"] += len(self.runs)

    async def _sort(
        self, line: bytes, place: int, jobs: dict[tuple[str, str], list[tuple[Job, int, bytes]]]
    ) -> None:
        """Write a run or a reject, add a reading to the `jobs` of its run. Raises SpoolLineError, WriteError."""
        if not line.endswith(b"\n"):
            self.counts["torn"] += 1
            return
        content = content_of(line)
        match content["kind"]:
            case "reading":
                job = Job(reading_of(content), asyncio.get_running_loop().create_future())
                jobs.setdefault((content["run_id"], content["spider"]), []).append((job, place, line))
            case "reject":
                await self.store.reach(write_reject, content["body"])
                self.counts["rejects"] += 1
            case "run":
                await self.store.reach(runs.write_later, content["body"])
                self.runs.add(content["body"]["_id"])
            case kind:
                raise SpoolLineError(f"of kind {kind}")

    async def _settle(self, run_id: str, spider: str, found: list[tuple[Job, int, bytes]]) -> None:
        await settle(self.store, run_id, spider, [job for job, _, _ in found])
        for job, place, line in found:
            error = job.done.exception()
            if error is None:
                self.counts["readings"] += 1
            else:
                await self._reject(error, line, place, "refused", job.read.post)

    async def _reject(
        self, error: BaseException, line: bytes, place: int, count: str, post: str | None = None
    ) -> None:
        """Keep what cannot be written; the same line again is the same reject."""
        raw = line.decode(errors="replace")
        document = reject_document(
            f"{self.name}/{place:012d}", self.run_id, self.spider, STAGE, error, post=post, raw=raw
        )
        await self.store.reach(write_reject, document)
        self.counts[count] += 1
