"""`scrapy demo`: the whole product in a minute, on a made-up world: crawl it, read it back, check every field.

Starts the sandbox, runs `scrapy crawl finews` against it as an operator would, and prints what MongoDB then
holds. Exit code 1 where a stored post differs from the sandbox's truth in any field.
Its database is `finews_demo`, made anew each time.
"""

import argparse
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

if TYPE_CHECKING:
    from pymongo.database import Database

DATABASE = "finews_demo"

_MORE = """
See more:
    scrapy mongo shell                          then: use {database}; db.posts.find({{symbols: "600519.SH"}})
    docs/data.md has every field, docs/queries.md the queries

Crawl the live site:
    scrapy crawl finews
Where that is gone, the same news is to be had from East Money:
    scrapy crawl eastmoney -a since=1d
and years of it stand in the site's own sources:
    scrapy crawl archive -a path=...                  a checkout, a folder, a .zip
"""


class Command(ScrapyCommand):
    """Crawl the sandbox world and check what landed."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}
    settings: Settings  # Scrapy sets it before it calls anything here

    def syntax(self) -> str:
        """Return what follows the name of the command."""
        return "[options]"

    def short_desc(self) -> str:
        """Return the line that `scrapy` lists."""
        return "Crawl a made-up world into MongoDB and check every field of it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the size of the world."""
        super().add_options(parser)
        parser.add_argument("--posts", type=int, default=300, help="size of the world (default: 300)")
        parser.add_argument("--seed", type=int, default=1, help="which world (default: 1)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the demo; set the exit code."""
        if args:
            raise UsageError
        from pymongo import MongoClient

        from sandbox.process import SandboxProcess

        uri = self.mongo_uri()
        if uri is None:
            self.exitcode = 1
            return
        with (
            MongoClient[dict[str, Any]](uri, tz_aware=True, tzinfo=UTC) as client,
            SandboxProcess(posts=opts.posts, seed=opts.seed) as sandbox,
        ):
            client.drop_database(DATABASE)
            print(f"A world of {opts.posts} posts is at {sandbox.url}; MIRRORS sends every host's requests there.")
            print("$ scrapy crawl finews", flush=True)
            environment = {**os.environ, "MIRRORS": sandbox.mirrors, "MONGO_URI": uri, "MONGO_DATABASE": DATABASE}
            command = [sys.executable, "-m", "scrapy", "crawl", "finews", "-s", "LOG_LEVEL=WARNING"]
            crawl = subprocess.run(command, env=environment, check=False)  # noqa: S603 - our own command
            landed = show(client[DATABASE])
            wrong = check(client[DATABASE], sandbox.truths())
        print(_MORE.format(database=DATABASE))
        self.exitcode = 1 if crawl.returncode or wrong or not landed else 0

    def mongo_uri(self) -> str | None:
        """Give the MongoDB to use; say what is missing where there is none."""
        from pathlib import Path

        from store.embedded import MongodError, ensure_running

        if self.settings["MONGO_URI"] != "embedded":
            return str(self.settings["MONGO_URI"])
        try:
            return ensure_running(Path(self.settings["FINEWS_HOME"]) / self.settings["MONGO_EMBEDDED_DIR"])
        except MongodError as error:
            print(error, file=sys.stderr)
            return None


def show(database: "Database[dict[str, Any]]") -> int:
    """Print what is stored: the run, counts by category, three posts. Give the number of posts."""
    from crawler.terminal import printable

    run = database.runs.find_one(sort=[("started_at", -1)]) or {}
    counts = {name: count for name, count in run.get("counts", {}).items() if count}
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    print(f"\nThe run: {run.get('finish_reason')}, ok: {run.get('ok')}, {run.get('seconds') or 0:.1f} s ({said})")
    total = database.posts.count_documents({})
    print(f"\n{total} posts by category:")
    for row in database.posts.aggregate([{"$sortByCount": "$category"}]):
        print(f"{row['count']:8}  {printable(str(row['_id']))}")
    repeating = database.posts.count_documents({"duplicate_of": {"$ne": None}})
    print(f"{repeating:8}  of all repeat another post (`duplicate_of`)")
    print("\nThree of them:")
    for post in database.posts.find({"symbols.0": {"$exists": True}}).sort("published_at", -1).limit(3):
        at = post["published_at"].astimezone(timezone(timedelta(hours=8)))
        print(f"    {at:%Y-%m-%d %H:%M:%S}  {printable(post['title'])}")
        medium = post["media"]["name"] if post["media"] else "-"
        print(f"    {'':19}  {printable(medium)} | {', '.join(post['symbols'])}")
        print(f"    {'':19}  {printable(post['text'].partition(chr(10))[0][:60])}")
    return int(total)


def check(database: "Database[dict[str, Any]]", truths: list[dict[str, Any]]) -> int:
    """Compare every stored post with the world's truth, field by field; print and give the differences."""
    from sandbox.compare import differences, with_upstream

    stored = {post["_id"]: post for post in database.posts.find()}
    expected = {truth["id"]: truth for truth in truths if truth["listed"]}
    found = Counter(dict.fromkeys(stored.keys() ^ expected.keys(), 1))
    for name in sorted(found):
        print(f"{name}: {'not stored' if name in expected else 'not in the world'}")
    for name in sorted(stored.keys() & expected.keys()):
        for difference in differences(stored[name], with_upstream(expected[name])):
            found[name] += 1
            print(f"{name}: {difference}")
    print(
        f"\n{len(expected)} posts of the world compared with MongoDB, field by field: {found.total()} differences."
    )
    return found.total()
