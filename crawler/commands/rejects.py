"""`scrapy rejects list|show`: what was dropped or could not be read.

From: the collection `rejects`. Gives: one line a reject (`list`), one whole (`show`).
Exit code 0: done; 1: nothing was found; 2: wrongly used.
"""

import argparse
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from crawler.store_command import StoreCommand

if TYPE_CHECKING:
    from store.schema import Database

SHOWN = 50
"""Rejects that `list` shows unless asked for more: a screen or two."""


class Command(StoreCommand):
    """List and show rejects."""

    def syntax(self) -> str:
        """Return what follows the name of the command."""
        return "list|show [ID] [options]"

    def short_desc(self) -> str:
        """Return the line that `scrapy` lists."""
        return "List and show what was dropped or could not be read"

    def long_desc(self) -> str:
        """Return what `scrapy rejects --help` says."""
        return (
            "list: the newest first, one line each; options narrow it. show ID: everything that was kept of one."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the action, the ids and the filters to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument("action", choices=["list", "show"])
        parser.add_argument("ids", nargs="*", metavar="ID")
        for name in ("run", "spider", "stage", "reason"):
            parser.add_argument(f"--{name}", help=f"only those of this {name}")
        parser.add_argument("--limit", type=int, default=SHOWN, help=f"at most so many (default: {SHOWN})")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Refuse what makes no sense, then work on the store."""
        if args or (opts.action == "list" and opts.ids) or (opts.action == "show" and len(opts.ids) != 1):
            raise UsageError
        super().run(args, opts)

    async def work(self, database: "Database", opts: argparse.Namespace) -> int:
        """Do what was asked for."""
        if opts.action == "show":
            return await show(database, opts.ids[0])
        return await list_all(database, filters(opts), opts.limit)


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
