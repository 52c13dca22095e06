"""What every drill stands on: a mongod of its own, databases in it, crawls that are broken off, and a clock.

Real processes only. Whoever waits, waits on file descriptors of what happens (a request answered, a process
ended), with a limit; never by the clock.
"""

import os
import select
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from sandbox.process import SandboxProcess
from store import embedded
from tests.crawling import ROOT, Crawler, crawler

AT_ONCE = 2
"""Crawls at the same time: each keeps one core busy, and small machines have two."""

LIMIT_SECONDS = 300
"""No crawl of a drill lasts as long: the longest waits out MongoDB for a minute, and hosts for less."""


class DrillError(Exception):
    """Raised when a drill itself fails: something that it stands on does not work, or nothing happens."""


class NotRunError(DrillError):
    """Raised when this machine does not permit a drill, or lacks something for it; the message says so."""


@dataclass
class Progress:
    """Says how far the drills are: what goes on only on a terminal, what is over everywhere."""

    begun: float = field(default_factory=monotonic)

    def say(self, words: str) -> None:
        """Show what goes on, in place of what was said before; an empty text clears the line."""
        if sys.stderr.isatty():
            at = f"{monotonic() - self.begun:5.0f} s  " if words else ""
            sys.stderr.write(f"\r\x1b[K{at}{words}")
            sys.stderr.flush()

    def tell(self, words: str) -> None:
        """Print a line that stays."""
        self.say("")
        sys.stderr.write(f"{monotonic() - self.begun:5.0f} s  {words}\n")


@dataclass(frozen=True)
class Stage:
    """A mongod that drills share, and a folder for their spools."""

    directory: Path
    uri: str
    progress: Progress

    @property
    def mongo(self) -> Path:
        """The directory of the embedded MongoDB."""
        return self.directory / "mongo"

    @contextmanager
    def crawler(self, spool: Path | None = None) -> Iterator[Crawler]:
        """Give a crawler into a new database, which is dropped in the end."""
        name = f"drill_{uuid.uuid4().hex[:12]}"
        with crawler(self.uri, name, spool or self.directory / f"spool_{name}") as ready:
            try:
                yield ready
            finally:
                ready.database.client.drop_database(name)


@contextmanager
def stage(progress: Progress | None = None, disk_size: str = "") -> Iterator[Stage]:
    """Start a mongod; stop it in the end, and remove its data. `disk_size`: it gets a disk of its own (`64m`)."""
    with tempfile.TemporaryDirectory(prefix="finews-drill-") as directory:
        mongo = Path(directory) / "mongo"
        with small_disk(mongo, disk_size) if disk_size else nullcontext():
            try:
                yield Stage(Path(directory), embedded.ensure_running(mongo), progress or Progress())
            finally:
                embedded.stop(mongo)


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """Mount a small disk at a new folder. Raises NotRunError where that is not permitted."""
    place.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        raise NotRunError("not run: only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


class Breakable:
    """A crawl that can be broken off; its log is kept aside."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process, closed by `end`
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=self._log, stderr=subprocess.STDOUT
        )

    def is_reached(self, sandbox: SandboxProcess, count: int, path: str | None = None) -> bool:
        """Wait until the sandbox has answered so many requests; False: the crawl has ended before.

        With `path`, so many for that path. Raises DrillError when neither happens.
        """
        ended = os.pidfd_open(self.process.pid)
        try:
            with sandbox.when_logged(count, path) as answered:
                ready, _, _ = select.select([answered, ended], [], [], LIMIT_SECONDS)
        finally:
            os.close(ended)
        if not ready:
            raise DrillError(f"neither was request {count} answered nor did the crawl end:\n{self.end()[1]}")
        return answered in ready

    def has_ended(self, seconds: float) -> bool:
        """Wait so long at most for the end of the crawl; tell whether it has come."""
        ended = os.pidfd_open(self.process.pid)
        try:
            return bool(select.select([ended], [], [], seconds)[0])
        finally:
            os.close(ended)

    def kill(self) -> bool:
        """Send SIGKILL; tell whether that is what ended it."""
        self.process.kill()
        return self.end()[0] < 0

    def end(self) -> tuple[int, str]:
        """Wait for its end; give exit code and log. Raises DrillError when it does not come."""
        try:
            code = self.process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            self.process.wait()
            raise DrillError(f"the crawl did not end within {LIMIT_SECONDS} s:\n{self._said()}") from error
        said = self._said()
        self._log.close()
        return code, said

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-20_000:]
