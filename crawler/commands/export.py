"""`scrapy export --to jekyll|warc --out PATH`: posts as files of the site's own kind, or pages as fetched.

From: the collections `posts` and `sources`. Gives: `DIR/_posts/<date>-<name>.md`, `DIR/old_post/` where a copy
there differs, and what Jekyll needs beside them, unless DIR has it already. A source that was imported in the
newest form of the site's generator is given back byte for byte. Or from `raw`: one .warc.gz.
Exit code 0: done; 1: nothing matches, or a post could not be written; 2: wrongly used.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from crawler.store_command import StoreCommand

if TYPE_CHECKING:
    from collections import Counter

    from store.schema import Database

BATCH = 200
"""Posts whose sources are asked for at once."""

NAME_BYTES = 250
"""What file systems take for a name."""


class Command(StoreCommand):
    """Write posts as files."""

    def syntax(self) -> str:
        """Return what follows the name of the command."""
        return "--to jekyll|warc --out PATH [options]"

    def short_desc(self) -> str:
        """Return the line that `scrapy` lists."""
        return "Write the stored posts as sources of a Jekyll site, or pages as they were fetched (WARC)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add format, place and filters to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument("--to", choices=["jekyll", "warc"], required=True, help="the format")
        parser.add_argument(
            "--out", type=Path, required=True, metavar="PATH", help="the folder, or the .warc.gz; made if need be"
        )
        parser.add_argument(
            "--since",
            help="only posts published (pages fetched) since: 2022-01-31 (a Beijing day), or 3d, 12h ago",
        )
        parser.add_argument("--until", help="only posts published (pages fetched) before that")
        parser.add_argument("--category", help="only posts that stand in this category of the site")
        parser.add_argument("--symbol", help="only posts that mention this security, such as 600519.SH")
        parser.add_argument(
            "--unique", action="store_true", help="of posts that tell the same news only the first"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options, then work on the store. Raises UsageError."""
        from datetime import UTC, datetime

        from crawler.spiders.arguments import ArgumentError, moment

        if args:
            raise UsageError
        if opts.to == "warc" and (opts.category or opts.symbol or opts.unique):
            raise UsageError("pages as fetched are chosen by --since and --until alone", print_help=False)
        try:
            for name in ("since", "until"):
                value = getattr(opts, name)
                setattr(opts, name, moment(name, value, datetime.now(UTC)) if value else None)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from error
        super().run(args, opts)

    async def work(self, database: "Database", opts: argparse.Namespace) -> int:
        """Write the files, and say how many."""
        from collections import Counter

        if opts.to == "warc":
            return await write_pages(database, opts)
        counts: Counter[str] = Counter()
        categories = await write_posts(database, wanted(opts), opts.out, counts)
        if categories:
            write_site(opts.out, categories)
        files = counts["as it was"] + counts["renewed"] + counts["written"]
        print(f"{files:,} files of {counts['posts']:,} posts in {opts.out}:")
        print(f"  {counts['as it was']:>9,} imported in the newest form, byte for byte")
        print(f"  {counts['renewed']:>9,} imported in an older form, written in the newest")
        print(f"  {counts['written']:>9,} known from pages or upstream alone")
        if counts["failed"]:
            print(f"{counts['failed']:,} could not be written: their names are taken, or none")
        return 1 if counts["failed"] or not files else 0


async def write_pages(database: "Database", opts: argparse.Namespace) -> int:
    """Write pages as they were fetched; 1 where there are none."""
    from crawler.warc import write_warc

    opts.out.parent.mkdir(parents=True, exist_ok=True)
    records = await write_warc(database, opts.out, opts.since, opts.until)
    print(f"{records:,} pages in {opts.out}")
    return 0 if records else 1


def wanted(opts: argparse.Namespace) -> dict[str, Any]:
    """Give the options as a query on `posts`; one whose time has bounds alone may lie in the span."""
    query: dict[str, Any] = {}
    if opts.since:
        query["published_max"] = {"$gte": opts.since}
    if opts.until:
        query["published_min"] = {"$lt": opts.until}
    if opts.category:
        query["categories"] = opts.category
    if opts.symbol:
        query["symbols"] = opts.symbol
    if opts.unique:
        query["duplicate_of"] = None
    return query


async def write_posts(
    database: "Database", query: dict[str, Any], folder: Path, counts: "Counter[str]"
) -> set[str]:
    """Write the files of posts; give the categories of the site that they stand in."""
    from store.sources import sources_of

    categories: set[str] = set()
    uncoded: set[str] = set()
    batch: list[dict[str, Any]] = []
    async for post in database.posts.find(query).sort("_id", 1):
        batch.append(post)
        if len(batch) == BATCH:
            write_batch(
                batch, await sources_of(database, [post["_id"] for post in batch]), folder, counts, uncoded
            )
            batch = []
        categories.update(post["categories"] or filter(None, [(post["media"] or {}).get("slug")]))
    write_batch(batch, await sources_of(database, [post["_id"] for post in batch]), folder, counts, uncoded)
    return categories


def write_batch(
    posts: list[dict[str, Any]],
    sources: dict[str, list[dict[str, Any]]],
    folder: Path,
    counts: "Counter[str]",
    uncoded: set[str],
) -> None:
    """Write the files of some posts. `uncoded`: names given that hold no article's code: they may come twice."""
    from crawler.jekyll import files_of

    for post in posts:
        counts["posts"] += 1
        for file in files_of(post, sources.get(post["_id"], [])):
            path = folder / file.folder / file.name
            if path.parent != folder / file.folder or len(file.name.encode()) > NAME_BYTES or file.name in uncoded:
                counts["failed"] += 1
                continue
            if post["_id"].startswith("U"):
                uncoded.add(file.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.text.encode())
            counts[file.kind] += 1


def write_site(folder: Path, categories: set[str]) -> None:
    """Write what Jekyll needs beside the posts, but for what is there."""
    from crawler.jekyll_site import site_files

    for name, text in site_files(categories).items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
