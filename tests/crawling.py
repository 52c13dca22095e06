"""Whole `scrapy crawl` processes for tests: as an operator types it, with what it printed and what it stored."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

ROOT = Path(__file__).resolve().parent.parent

Documents = Database[dict[str, Any]]


@dataclass(frozen=True)
class Crawl:
    """A finished crawl."""

    code: int
    output: str
    run: dict[str, Any]
    """Its document in `runs`; empty where there is none."""


@dataclass(frozen=True)
class Crawler:
    """Crawls into one database."""

    uri: str
    name: str
    database: Documents
    spool: Path | None = None
    """Its SPOOL_DIR; None: the project's own."""

    def command(self, *arguments: str, spider: str = "finews") -> list[str]:
        """Give the command line of `scrapy crawl`."""
        return [sys.executable, "-m", "scrapy", "crawl", spider, *arguments]

    def environment(self, mirrors: str) -> dict[str, str]:
        """Give the environment that sends every request to `mirrors` and every post to this database."""
        own = {"MIRRORS": mirrors, "MONGO_URI": self.uri, "MONGO_DATABASE": self.name}
        return {**os.environ, **own} | ({"SPOOL_DIR": str(self.spool)} if self.spool else {})

    def crawl(self, mirrors: str, *arguments: str, spider: str = "finews") -> Crawl:
        """Run `scrapy crawl` to its end."""
        done = subprocess.run(
            self.command(*arguments, spider=spider),
            cwd=ROOT,
            env=self.environment(mirrors),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Crawl(done.returncode, done.stdout + done.stderr, self.last_run())

    def last_run(self) -> dict[str, Any]:
        """Give the document of the latest run."""
        return self.database.runs.find_one(sort=[("started_at", -1), ("_id", -1)]) or {}

    def posts(self) -> dict[str, dict[str, Any]]:
        """Give all posts by `_id`."""
        return {post["_id"]: post for post in self.database.posts.find()}


@contextmanager
def crawler(uri: str, name: str, spool: Path | None = None) -> Iterator[Crawler]:
    """Give a crawler into a database."""
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        yield Crawler(uri, name, client[name], spool)
