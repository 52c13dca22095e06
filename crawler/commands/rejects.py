"""`scrapy rejects list|show|retry`: what was dropped or could not be read, and reading it again.

From: the collection `rejects`. Gives: one line a reject (`list`), one whole (`show`); `retry` reads
their pages again, as `scrapy crawl rejected` does.
Exit code 0: done; 1: nothing was found, or not all could be read; 2: wrongly used.
"""

import argparse
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from crawler.store_command import StoreCommand

if TYPE_CHECKING:
    from store.schema import Database

SHOWN = 50
"""Rejects that `list` shows unless asked for more: a screen or two."""


class Command(StoreCommand):
    """List, show and retry rejects."""

    def syntax(self) -> str:
        """Return what follows the name of the command."""
        return "list|show|retry [ID ...] [options]"

    def short_desc(self) -> str:
        """Return the line that `scrapy` lists."""
        return "List, show and retry what was dropped or could not be read"

    def long_desc(self) -> str:
        """Return what `scrapy rejects --help` says."""
        return (
            "list: the newest first, one line each; options narrow it. show ID: everything that was kept of one."
            " retry [ID ...]: read the pages of these again, or of all that the options leave and that nobody has"
            " retried. Lists and prices are left out: every run of their spider reads them."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the action, the ids and the filters to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument("action", choices=["list", "show", "retry"])
        parser.add_argument("ids", nargs="*", metavar="ID")
        for name in ("run", "spider", "stage", "reason"):
            parser.add_argument(f"--{name}", help=f"only those of this {name}")
        parser.add_argument("--limit", type=int, help=f"at most so many (default: list {SHOWN}, retry all)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Refuse what makes no sense, then work on the store."""
        if args or (opts.action == "list" and opts.ids) or (opts.action == "show" and len(opts.ids) != 1):
            raise UsageError
        if opts.action == "retry" and opts.spider:
            raise UsageError("retry is for the pages of posts, whichever spider rejected them", print_help=False)
        super().run(args, opts)

    async def work(self, database: "Database", opts: argparse.Namespace) -> int:
        """Do what was asked for."""
        if opts.action == "show":
            return await show(database, opts.ids[0])
        if opts.action == "retry":
            return await retry(database, opts, self.settings)
        return await list_all(database, filters(opts), SHOWN if opts.limit is None else opts.limit)


def filters(opts: argparse.Namespace) -> dict[str, Any]:
    """Give the options as a query."""
    asked = {"run_id": opts.run, "spider": opts.spider, "stage": opts.stage, "reason": opts.reason}
    return {name: value for name, value in asked.items() if value}


async def list_all(database: "Database", wanted: dict[str, Any], limit: int) -> int:
    """Print rejects, one a line; 1 where there are none."""
    from crawler.terminal import printable
    from store.rejects import find_rejects

    found = await find_rejects(database, wanted, limit)
    for reject in found:
        where = reject["url"] or reject["post"] or "-"
        line = f"{reject['_id']}  {reject['stage']:<9} {reject['reason']}  {where}  {reject['detail'][:120]}"
        print(printable(line))
    total = await database.rejects.count_documents(wanted)
    print(f"{len(found)} of {total} rejects")
    return 0 if found else 1


async def show(database: "Database", reject_id: str) -> int:
    """Print one reject, `raw` last; 1 where there is none of that id."""
    from crawler.terminal import printable
    from store.rejects import find_reject

    reject = await find_reject(database, reject_id)
    if reject is None:
        print(f"there is no reject {printable(reject_id)}")
        return 1
    for name, value in reject.items():
        if name != "raw":
            print(f"{name:<10} {printable(str(value))}")
    for line in (reject["raw"] or "").splitlines():
        print(f"    {printable(line)}")
    return 0


async def retry(database: "Database", opts: argparse.Namespace, settings: Settings) -> int:
    """Crawl the pages of rejects again; print how many of the rejects that settled, give the crawl's exit code."""
    import asyncio

    before = await database.rejects.count_documents({"retried_by": None})
    command, environment = crawl_of(opts, settings)
    crawl = await asyncio.create_subprocess_exec(*command, env=environment)
    code = await crawl.wait()
    run = await database.runs.find_one({"spider": "rejected"}, sort=[("started_at", -1)])
    settled = await database.rejects.count_documents({"retried_by": run["_id"]}) if run else 0
    print(f"{settled} of {before} rejects are settled")
    return code


def crawl_of(opts: argparse.Namespace, settings: Settings) -> tuple[list[str], dict[str, str]]:
    """Give the command line of a retry's crawl and its environment, which alone may hold a password."""
    import os
    import sys

    arguments = {"ids": ",".join(opts.ids)}
    arguments |= {name: getattr(opts, name) for name in ("run", "reason", "stage", "limit")}
    given = [word for name, value in arguments.items() if value for word in ("-a", f"{name}={value}")]
    own = {name: str(settings[name]) for name in ("MONGO_URI", "MONGO_DATABASE", "MONGO_EMBEDDED_DIR", "MIRRORS")}
    typed = [word for pair in opts.set if pair.partition("=")[0] not in own for word in ("-s", pair)]
    return [sys.executable, "-m", "scrapy", "crawl", "rejected", *given, *typed], os.environ | own
