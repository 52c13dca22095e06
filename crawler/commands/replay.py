"""`scrapy replay`: reads the kept pages again with today's parsers, and says what would change.

From: the collection `raw`. No network. Gives: which fields of how many posts would change, with samples; which
pages can be read at last. `--write` applies it, under a run of its own in `runs`.
Exit code 0: done; 1: no page is kept that was asked for, or MongoDB refused a post; 2: wrongly used.
"""

import argparse
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from crawler.store_command import StoreCommand

if TYPE_CHECKING:
    from collections import Counter

    from crawler.replay import Report
    from store.schema import Database

SAMPLES = 3
"""Samples of each field that are shown unless asked for more."""

SHOWN_CHARACTERS = 60
"""How much of a value is shown: two of them fit a line."""


class Command(StoreCommand):
    """Read kept pages again."""

    def syntax(self) -> str:
        """Return what follows the name of the command."""
        return "[options]"

    def short_desc(self) -> str:
        """Return the line that `scrapy` lists."""
        return "Read the kept pages again with today's parsers; say, or --write, what changes"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add filters to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument("--write", action="store_true", help="apply it (default: only say what would change)")
        parser.add_argument("--since", help="only pages fetched since: 2022-01-31 (a Beijing day), or 3d, 12h ago")
        parser.add_argument("--until", help="only pages fetched before that")
        parser.add_argument("--spider", help="only pages that this spider fetched")
        parser.add_argument("--host", help="only pages of this host, such as finance.eastmoney.com")
        parser.add_argument("--reason", help="only pages rejected for this reason, such as PageLayoutError")
        parser.add_argument(
            "--samples", type=int, default=SAMPLES, help=f"samples shown of each field (default: {SAMPLES})"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options, then work on the store. Raises UsageError."""
        from datetime import UTC, datetime

        from crawler.spiders.arguments import ArgumentError, moment

        if args:
            raise UsageError
        try:
            for name in ("since", "until"):
                value = getattr(opts, name)
                setattr(opts, name, moment(name, value, datetime.now(UTC)) if value else None)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from error
        super().run(args, opts)

    async def work(self, database: "Database", opts: argparse.Namespace) -> int:
        """Read again, and print what came of it."""
        from crawler.replay import Replay, Report
        from store.replays import wanted_fetches

        wanted = wanted_fetches(opts.since, opts.until, opts.spider, opts.host, opts.reason)
        report = Report(opts.samples)
        if opts.write:
            await write(database, wanted, report, opts)
        else:
            await Replay(database, report, None).run(wanted)
        show(report, written=opts.write)
        found = report.posts + report.read_at_last.total() + report.unread.total()
        return 1 if report.refused or not found else 0


async def write(database: "Database", wanted: dict[str, Any], report: "Report", opts: argparse.Namespace) -> None:
    """Apply it as a run of its own."""
    import platform

    from crawler.replay import Replay
    from store import runs
    from store.posts import Posts

    run_id = runs.new_id("replay")
    given = {name: str(getattr(opts, name)) for name in ("since", "until", "spider", "host", "reason")}
    arguments = {name: value for name, value in given.items() if value != "None"}
    run = runs.new(run_id, "replay", arguments, {"python": platform.python_version()})
    await runs.begin(database, run)
    await Replay(database, report, Posts(database, run_id, "replay")).run(wanted)
    counts = {"updated": report.changed, "inserted": report.inserted, "rejected": report.refused}
    verdict = {"finish_reason": "finished", "ok": not report.refused, "counts": counts}
    await runs.write(database, runs.ended(run, verdict))


def show(report: "Report", *, written: bool) -> None:
    """Print a report."""
    from crawler.terminal import printable

    print(f"{report.posts:,} posts with kept pages, {report.changed:,} {'changed' if written else 'would change'}")
    for name, count in sorted(report.fields.items()):
        print(f"  {name:<16} {count:>7,}")
        for post, before, after in report.samples[name]:
            shown = (printable(str(value))[:SHOWN_CHARACTERS] for value in (before, after))
            print(f"    {post}: {' -> '.join(shown)}")
    counted("pages can be read at last", report.read_at_last)
    if report.inserted:
        print(f"{report.inserted:,} posts {'are' if written else 'would be'} new with them")
    counted("rejected pages still cannot be read", report.unread)
    counted("readings cannot be had any more, what is stored of them stays", report.lost)
    if report.refused:
        print(f"{report.refused:,} posts were refused by MongoDB")
    if not written and (report.changed or report.inserted):
        print("Nothing was written; --write does it.")


def counted(what: str, counts: "Counter[str]") -> None:
    """Print how many there are of something, and of which kinds."""
    if counts:
        kinds = ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
        print(f"{counts.total():,} {what}: {kinds}")
