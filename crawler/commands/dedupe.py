"""`scrapy dedupe`: have groups of reposts computed anew, after an upgrade of their rules or a doubt.

From: the collection `posts`. Gives: right groups, progress on stderr, a summary on stdout, a document in `runs`.
Killed at any point and typed again, it goes on. Crawls may run at the same time.
Exit code 0: done; 1: MongoDB went away, or it was interrupted; 2: wrongly used.
"""

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from crawler.store_command import StoreCommand

if TYPE_CHECKING:
    from store.groups import Groups, Swept
    from store.schema import Database

TOLD_SECONDS = 5.0
"""Between two lines of progress; a sign of life in `runs` goes with each."""


class Command(StoreCommand):
    """Compute groups anew."""

    window: Any = None
    """What `--since` and `--until` mean."""

    def syntax(self) -> str:
        """Return what follows the name of the command."""
        return "[--all | --since DAY --until DAY]"

    def short_desc(self) -> str:
        """Return the line that `scrapy` lists."""
        return "Compute anew which posts repeat which"

    def long_desc(self) -> str:
        """Return what `scrapy dedupe --help` says."""
        return (
            "Without options: what is pending, and all posts whose fingerprints were made by older rules, as after"
            " an upgrade. --all: every post; --since, --until: the posts of a window. Interrupted and typed again"
            " with the same options, it goes on where it was."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the choice of posts to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument("--all", action="store_true", help="every post")
        parser.add_argument("--since", help="posts from this Beijing day on: 2022-01-31, or 3d, 12h ago")
        parser.add_argument("--until", help="posts up to this Beijing day, itself included, or to so long ago")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Refuse what makes no sense, then work on the store."""
        from datetime import UTC, datetime

        from crawler.spiders.arguments import ArgumentError, Window

        if args or (opts.all and (opts.since or opts.until)):
            raise UsageError
        try:
            self.window = Window.parse(opts.since, opts.until, datetime.now(UTC))
        except ArgumentError as error:
            raise UsageError(str(error).replace("-a ", "--", 1), print_help=False) from error
        try:
            super().run(args, opts)
        except KeyboardInterrupt:
            print("Interrupted; typed again, it goes on.", file=sys.stderr)
            self.exitcode = 1

    async def work(self, database: "Database", opts: argparse.Namespace) -> int:
        """Mark what is to be done, and do it."""
        from pymongo.errors import PyMongoError

        try:
            return await self._recorded(database, opts)
        except PyMongoError as error:
            print(f"MongoDB: {' '.join(str(error).split())[:500]}", file=sys.stderr)
            return 1

    async def _recorded(self, database: "Database", opts: argparse.Namespace) -> int:
        from pipelines import likeness
        from store import recompute, runs
        from store.groups import Groups

        asked = {name: str(getattr(opts, name)) for name in ("all", "since", "until") if getattr(opts, name)}
        goes_on = await recompute.unfinished(database, asked)
        run = runs.new(runs.new_id("dedupe"), "dedupe", asked, {"likeness": likeness.VERSION})
        await runs.begin(database, run)
        groups = Groups(database, likeness, self.settings.getint("DUPLICATE_DAYS"), run["_id"], "dedupe")
        began = time.monotonic()
        if goes_on:
            print("Going on with what was begun.", file=sys.stderr)
        marked = 0 if goes_on else await self._marked(groups, opts)
        run["counts"] = {"marked": marked}
        await runs.write(database, run)
        swept = await follow(groups)
        seconds = time.monotonic() - began
        counts = {"marked": marked, "placed": swept.placed, "grouped": swept.grouped}
        verdict = {"finish_reason": "finished", "ok": True, "counts": counts, "seconds": seconds}
        await runs.write(database, runs.ended(run, verdict))
        duplicates = await database.posts.count_documents({"duplicate_of": {"$type": "string"}})
        print(
            f"{swept.placed:,} posts placed in {seconds:.1f} s, {swept.grouped:,} changes of groups."
            f" {duplicates:,} posts repeat another one."
        )
        return 0

    async def _marked(self, groups: "Groups", opts: argparse.Namespace) -> int:
        """Mark the posts to be done; give how many."""
        from store import recompute

        if opts.all or opts.since or opts.until:
            return await recompute.mark(groups.database, self.window.since, self.window.until)
        return await recompute.mark_outdated(groups.database, groups.version)


async def follow(groups: "Groups") -> "Swept":
    """Do all that is pending, and tell of it now and then."""
    from store import pending, runs
    from store.groups import Swept

    database, swept, told = groups.database, Swept(), time.monotonic()
    while await groups.step(swept, pending.ALL):
        if time.monotonic() - told >= TOLD_SECONDS:
            told = time.monotonic()
            left = await database.posts.count_documents({"pending": {"$in": list(pending.ALL)}})
            print(f"{swept.placed:,} posts placed, {left:,} left", file=sys.stderr)
            await runs.sign_of_life(database, groups.run_id)
    return swept
