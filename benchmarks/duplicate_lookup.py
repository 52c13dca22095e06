"""What it costs to find the group of one more post, in stores of growing size.

    python -m benchmarks.duplicate_lookup [--largest]

Fills a mongod of its own with made-up posts, 2,000 a day (so a store of ten times the posts is one of ten times
the days), and looks up posts of the last week that are not stored: reposts of stored ones, notices by the
sandbox's templates (the hot ones: half of the store is made of them), and news of their own. A lookup is all of
it: fingerprint, candidates, their documents, verification; `placed` is the same with the writes.
Every lookup is tried seven times, and the best counts: whatever else the machine does only adds to it.
Prints medians and 95th percentiles for 20 thousand and 100 thousand posts, with --largest for a million, as
milliseconds and as ratios to the store of 20 thousand, and the bytes of index a post takes.
"""

import argparse
import asyncio
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import pymongo
from pymongo.write_concern import WriteConcern

from pipelines import likeness
from sandbox.securities import GROUPS
from sandbox.text import SENTENCES, Subject, sentences
from store import embedded, fingerprints
from store.connection import Store
from store.groups import Groups, Swept
from store.readings import Document
from store.schema import FINGERPRINTS, POSTS, Database

SIZES = (20_000, 100_000)
LARGEST = 1_000_000
A_DAY = 2_000
"""Posts; the real site has shown up to 1,500 a day."""

FIRST = datetime(2021, 1, 1, tzinfo=UTC)
LOOKUPS = 200
"""Of each kind; before they count, as many again warm the cache."""

TRIES = 7
"""Of each lookup; the best counts, since whatever else runs on the machine only adds to it."""

PERIOD = 10 * A_DAY
"""Posts after which texts recur: later than any of them may match."""

BULK = 50_000
"""From so many new posts on, the index is built after them: in less time, and denser than it grows."""

READ = 14 * A_DAY
"""So many of the last posts are stored whole; no lookup comes near the others, which have no words."""

FILL_SECONDS = 7200
AT_ONCE = 2_000
KINDS = ("repost", "template", "news")
_LETTERS = "".join(map(chr, range(0x4E00, 0x4E00 + 2500)))


def words(chance: random.Random) -> str:
    """Give a text of its own: 40 to 900 characters, frequent ones among them, as in Chinese."""
    count = int(min(900, 40 + chance.expovariate(1 / 200)))
    drawn = [_LETTERS[int(len(_LETTERS) * chance.random() ** 3)] for _ in range(count)]
    for place in range(17, count, 23):
        drawn[place] = f"{chance.randint(1, 9999)}万元，"
    return "".join(drawn) + f"{chance.randint(1, 12)}月{chance.randint(1, 28)}日。"


def notice(chance: random.Random, at: datetime) -> str:
    """Give a text by the sandbox's templates: one to three sentences, as 7x24 has them."""
    topic = chance.choice(list(SENTENCES))
    members = GROUPS["shanghai" if topic == "stock" else topic] if topic != "macro" else ()
    first, second = chance.sample(list(members), 2) if len(members) > 1 else (next(iter(members), None), None)
    subject = Subject(topic, first, second or first)
    return "".join(run.text for run in sentences(chance.choice((1, 1, 2, 3)), subject, chance, at.date()))


def repost(text: str) -> str:
    """Give a text as another medium would print it: its own head and tail, and some words of its own."""
    return f"【转载】示例网讯 {text}对此各方尚无进一步回应。（文章来源：示例网）"


def name(number: int) -> str:
    """Give the `_id` of a post."""
    return f"NW{FIRST + timedelta(days=number // A_DAY):%Y%m%d}{number:010d}"


def post(number: int, text: str, duplicate_of: str | None = None) -> Document:
    """Give a document with the fields that lookups read, and as large as real ones are."""
    at = FIRST + timedelta(days=number / A_DAY)
    return {
        "_id": name(number),
        "title": text[:20],
        "text": text,
        "html": f"<p>{text}</p>",
        "securities": [],
        "forms": {"page": {"said": text}},
        "published_at": at,
        "published_min": at,
        "published_max": at,
        "duplicate_of": duplicate_of,
        "duplicate_kind": "near" if duplicate_of else None,
        "similarity": 0.9 if duplicate_of else None,
        "pending": None,
        "etag": 1,
    }


def texts() -> list[tuple[str, int | None]]:
    """Give the texts of ten days, half of them notices; for a repost (a twentieth are) the place of its text."""
    made: list[tuple[str, int | None]] = []
    for place in range(PERIOD):
        chance = random.Random(place)  # noqa: S311 - made-up news, no secrets
        drawn, original = chance.random(), chance.randrange(max(0, place - 500), place + 1)
        if drawn < 0.05 and original < place and made[original][1] is None:
            made.append((repost(made[original][0]), original))
        else:
            at = FIRST + timedelta(days=place / A_DAY)
            made.append((notice(chance, at) if drawn < 0.5 else words(chance), None))
    return made


TEXTS = texts()


def posts(first: int, last: int) -> Iterator[Document]:
    """Give the posts of a store by number; texts recur after ten days, as notices do, which is no repost."""
    for number in range(first, last):
        text, original = TEXTS[number % PERIOD]
        repeated = None if original is None else name(number - number % PERIOD + original)
        yield post(number, text, repeated)


async def fill(groups: Groups, keys: dict[str, list[int]], first: int, last: int) -> None:
    """Store posts and their fingerprints as they are, past the writer. `keys` of texts are kept."""
    quick = groups.database.with_options(write_concern=WriteConcern(1))
    at_once = last - first > BULK
    with pymongo.timeout(FILL_SECONDS):
        if at_once:
            await quick.fingerprints.drop_index("keys_earliest")
        for start in range(first, last, AT_ONCE):
            batch = list(posts(start, min(last, start + AT_ONCE)))
            prints = []
            for one in batch:
                if one["text"] not in keys:
                    keys[one["text"]] = groups.fingerprint(one, likeness.news(one))["keys"]
                times = {"earliest": one["published_at"], "latest": one["published_at"]}
                made = {"_id": one["_id"], "version": groups.version, "keys": keys[one["text"]], **times}
                prints.append(made | {"etag": 1})
            for one in batch if start < last - READ else ():
                for field in ("title", "text", "html", "forms"):
                    del one[field]
            await quick.posts.insert_many(batch, ordered=False, bypass_document_validation=True)
            await quick.fingerprints.insert_many(prints, ordered=False)
        keys_earliest = next(index for index in FINGERPRINTS.indexes if index.name == "keys_earliest")
        await quick.fingerprints.create_index(list(keys_earliest.keys), name=keys_earliest.name)


def asked(kind: str, size: int, round_: int) -> Iterator[Document]:
    """Give posts to look up: of the last week of a store of so many, and of none of its numbers."""
    stored = list(posts(max(0, size - 5 * A_DAY), size))
    for turn in range(LOOKUPS):
        chance = random.Random(f"{kind}/{round_}/{turn}")  # noqa: S311 - made-up news, no secrets
        text = {
            "repost": repost(chance.choice(stored)["text"]),
            "template": notice(chance, stored[-1]["published_at"]),
            "news": words(chance),
        }[kind]
        yield post(size + LOOKUPS * round_ + turn, text)


async def lookups(groups: Groups, kind: str, size: int, round_: int) -> tuple[list[float], list[int]]:
    """Look posts up; give how long each took, in milliseconds, and how many candidates it had."""
    took, found = [], []
    for one in asked(kind, size, round_):
        tries = []
        for _ in range(TRIES):
            began = perf_counter()
            news = likeness.news(one)
            alike = await fingerprints.candidates(groups.database, groups.fingerprint(one, news), groups.days)
            await groups.group(one, news, alike)
            tries.append((perf_counter() - began) * 1000)
        took.append(min(tries))
        found.append(len(alike))
    return took, found


async def placed(groups: Groups, size: int) -> list[float]:
    """Store posts as new ones and have them placed; give how long the latter took, in milliseconds."""
    took = []
    for one in asked("repost", size, 2):
        await groups.database.posts.insert_one(one | {"pending": "changed"}, bypass_document_validation=True)
        began = perf_counter()
        await groups.settle(one["_id"], Swept())
        took.append((perf_counter() - began) * 1000)
        await groups.database.posts.delete_one({"_id": one["_id"]})
        await groups.database.fingerprints.delete_one({"_id": one["_id"]})
    return took


def told(what: str, size: int, took: list[float], baseline: dict[str, float], more: str = "") -> None:
    """Print a line: median, 95th percentile, ratio of the medians to the smallest store's."""
    middle = median(took)
    ratio = middle / baseline.setdefault(what, middle)
    print(  # noqa: T201 - run as a command, it prints its findings
        f"{size:>9,} posts  {what:<9} median {middle:6.2f} ms  95% {quantiles(took, n=20)[-1]:6.2f} ms"
        f"  x{ratio:.2f} of {SIZES[0]:,}{more}",
        flush=True,
    )


async def measure(database: Database, sizes: tuple[int, ...]) -> None:
    """Fill the store up to each size in turn, and look up at each."""
    groups = Groups(database, likeness, 7, "benchmark", "benchmark")
    baseline: dict[str, float] = {}
    for index in POSTS.indexes:
        if index.name not in {
            "duplicate_of",
            "pending",
        }:  # no lookup asks the others
            await database.posts.drop_index(index.name)
    stored, keys = 0, dict[str, list[int]]()
    for size in sizes:
        await fill(groups, keys, stored, size)
        stored = size
        for kind in KINDS:
            await lookups(groups, kind, size, 0)
            took, found = await lookups(groups, kind, size, 1)
            more = f"  candidates: median {median(found):.0f}, most {max(found)}"
            told(kind, size, took, baseline, more)
        told("placed", size, await placed(groups, size), baseline)
        with pymongo.timeout(FILL_SECONDS):
            await database.client.admin.command("fsync")  # sizes are those of the last checkpoint
        figures = await database.command("collStats", "fingerprints")
        sizes_of = {name: taken / size for name, taken in figures["indexSizes"].items()}
        said = ", ".join(f"{name} {taken:.0f}" for name, taken in sizes_of.items())
        print(f"{size:>9,} posts  bytes of index a post: {said}; documents {figures['storageSize'] / size:.0f}")  # noqa: T201


async def main() -> None:
    """Measure on a mongod of one's own."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--largest", action="store_true", help=f"{LARGEST:,} posts as well")
    sizes = (*SIZES, LARGEST) if options.parse_args().largest else SIZES
    with tempfile.TemporaryDirectory(prefix="finews-") as directory:
        store = Store(embedded.ensure_running(Path(directory)), "benchmark", Path(directory))
        try:
            await measure(await store.open(), sizes)
        finally:
            await store.close()
            embedded.stop(Path(directory))


if __name__ == "__main__":
    asyncio.run(main())
