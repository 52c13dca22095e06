"""The project as an operator has it: a checkout of its own, with `.venv` in it, and a real scrapyd beside it.

Nothing here touches the folder that the tests run from: scrapyd-deploy leaves build/ and *.egg-info behind.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = (
    ".git",
    ".venv",
    ".cache",
    "data",
    "build",
    "dist",
    "*.egg-info",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)

PATIENCE_SECONDS = 60.0
"""Nothing that is waited for here takes more than some seconds."""

PORT_TRIES = 10
"""A free port can be taken by somebody else before scrapyd binds it; ten times in a row it is no accident."""

Answer = TypeVar("Answer")


def eventually(question: Callable[[], Answer]) -> Answer:
    """Ask until the answer is true, and give it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := question()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {answer!r} after {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.05)
    return answer


def checkout(directory: Path) -> Path:
    """Copy the project into `directory`, which must not exist; give it."""
    shutil.copytree(ROOT, directory, ignore=shutil.ignore_patterns(*NOT_COPIED))
    (directory / ".venv").symlink_to(sys.prefix)
    return directory


def environment(**variables: str) -> dict[str, str]:
    """Give the environment of somebody who has activated the virtual environment and set these variables.

    A crawl in it can ask no host, unless MIRRORS is among them.
    """
    ours = ("MONGO_", "FINEWS_", "MIRRORS", "LOG_LEVEL", "SCRAPY", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PATH": f"{sys.prefix}/bin:{os.environ['PATH']}", "MIRRORS": '{"*": null}'} | variables


def typed(command: str, directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command line to its end."""
    return subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=directory,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class Scrapyd:
    """A running scrapyd, configured by deploy/scrapyd.conf in all but its port."""

    def __init__(self, directory: Path, variables: dict[str, str]) -> None:
        """Name the directory that it works in, and environment variables for it and its jobs."""
        self.directory = directory
        # HOME: scrapyd reads ~/.scrapyd.conf, and a crawl without a scrapy.cfg keeps its data there.
        self.variables = {"HOME": str(directory), **variables}
        self.log = directory / "scrapyd.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        shutil.copy(ROOT / "deploy" / "scrapyd.conf", self.directory)
        if not any(self._listens() for _ in range(PORT_TRIES)):
            raise AssertionError(self.log.read_text())

    def _listens(self) -> bool:
        """Start it on a port that is free now, and tell whether it got it."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with self.log.open("wb") as log:
            process = self._process = subprocess.Popen(
                [f"{sys.prefix}/bin/scrapyd"],
                cwd=self.directory,
                env=environment(SCRAPYD_HTTP_PORT=str(self.port), **self.variables),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its jobs outlive it, so they are killed as a group
            )
        eventually(lambda: "Site starting on" in self.log.read_text() or process.poll() is not None)
        return process.poll() is None

    def stop(self) -> None:
        """End it and what it started."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def get(self, action: str, **fields: str) -> dict[str, Any]:
        """Ask for `<action>.json`."""
        with urlopen(f"http://127.0.0.1:{self.port}/{action}.json?{urlencode(fields)}") as answer:
            return dict(json.load(answer))

    def post(self, action: str, *fields: tuple[str, str]) -> dict[str, Any]:
        """Send fields, which may repeat, to `<action>.json`."""
        with urlopen(f"http://127.0.0.1:{self.port}/{action}.json", urlencode(fields).encode()) as answer:
            return dict(json.load(answer))

    def is_finished(self, job: str) -> bool:
        """Tell whether a job has ended, however."""
        return job in {finished["id"] for finished in self.get("listjobs", project="finews")["finished"]}


@contextmanager
def scrapyd(directory: Path, **variables: str) -> Iterator[Scrapyd]:
    """Run scrapyd in a directory, and end it."""
    server = Scrapyd(directory, variables)
    try:
        server.start()
        yield server
    finally:
        server.stop()
