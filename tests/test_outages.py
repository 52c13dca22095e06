"""MongoDB away at the start, in the middle, for good: whole crawls, and what the next one makes of them."""

import asyncio
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from scrapy.crawler import Crawler as ScrapyCrawler
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.spiders.finews import FinewsSpider
from sandbox.compare import differences
from sandbox.process import SandboxProcess
from store import embedded
from tests.crawling import ROOT, Crawl, Crawler

NOBODY = "mongodb://user:s3cret@127.0.0.1:1/"
IMPATIENT = ("-s", "MONGO_OUTAGE_SECONDS=1")


class Drill:
    """A site, a MongoDB to be killed, a spool, and crawls between them."""

    def __init__(self, directory: Path, sandbox: SandboxProcess) -> None:
        self.mongo = directory / "mongo"
        self.spool = directory / "spool"
        self.sandbox = sandbox
        self.the_site_alone = json.dumps({"https://finews.withounder.com": sandbox.url, "*": None})
        self.start_mongod()

    def start_mongod(self) -> None:
        self.uri = embedded.ensure_running(self.mongo)
        self.client = MongoClient[dict[str, Any]](self.uri, tz_aware=True)
        self.crawler = Crawler(self.uri, "finews", self.client.finews)

    def kill_mongod(self) -> None:
        os.kill(embedded.status(self.mongo).pid or 0, signal.SIGKILL)
        self.client.close()

    def start(self, *arguments: str, uri: str = "") -> subprocess.Popen[str]:
        """Start a crawl whose every page is in the log."""
        environment = self.crawler.environment(self.the_site_alone) | {"SPOOL_DIR": str(self.spool)}
        return subprocess.Popen(
            self.crawler.command("-s", "LOG_LEVEL=DEBUG", *arguments),
            cwd=ROOT,
            env=environment | {"MONGO_URI": uri or self.uri},
            stderr=subprocess.PIPE,
            text=True,
        )

    def crawl(self, *arguments: str, uri: str = "") -> Crawl:
        """Crawl to the end."""
        return self.end(self.start(*arguments, uri=uri))

    def end(self, process: subprocess.Popen[str]) -> Crawl:
        said = process.communicate(timeout=60)[1]
        return Crawl(process.returncode, said, {})

    def last_run(self) -> dict[str, Any]:
        return self.crawler.last_run()

    def wrong(self) -> list[str]:
        """Compare what is stored with the truth."""
        stored = self.crawler.posts()
        expected = {truth["id"]: truth for truth in self.sandbox.truths() if truth["listed"]}
        assert stored.keys() == expected.keys()
        return [line for post, truth in expected.items() for line in differences(stored[post], truth)]

    def spooled(self) -> list[Path]:
        return sorted(self.spool.glob("*")) if self.spool.exists() else []


@pytest.fixture
def drill() -> Iterator[Drill]:
    with (
        tempfile.TemporaryDirectory(prefix="finews-") as directory,
        SandboxProcess(posts=40, first_day="2021-12-20") as sandbox,
    ):
        ready = Drill(Path(directory), sandbox)
        yield ready
        ready.client.close()
        embedded.stop(ready.mongo)


def read_until(process: subprocess.Popen[str], words: str, times: int = 1) -> str:
    """Read what a crawl says until it has said something so many times."""
    said = ""
    assert process.stderr
    for line in process.stderr:
        said += line
        times -= words in line
        if not times:
            return said
    raise AssertionError(said)


def balanced(counts: dict[str, int]) -> bool:
    kinds = ("rejected", "duplicate", "inserted", "updated", "unchanged", "spooled")
    return counts["scraped"] == sum(counts[name] for name in kinds)


def test_posts_read_without_mongodb_and_gone_from_the_site_are_all_stored_by_the_next_run(drill: Drill) -> None:
    done = drill.crawl(*IMPATIENT, uri=NOBODY)
    assert done.code == 1
    (told,) = [line for line in done.output.splitlines() if " ERROR" in line]
    assert "goes to the spool" in told
    assert "Traceback" not in done.output
    assert "s3cret" not in done.output
    assert len(drill.spooled()) == 1

    drill.sandbox.set_faults("vanished-posts")
    drill.sandbox.clear_log()
    after = drill.crawl()
    assert after.code == 0, after.output
    assert drill.wrong() == []
    assert drill.spooled() == []
    first, second = drill.crawler.database.runs.find(sort=[("started_at", 1)])
    assert (first["finish_reason"], first["ok"], len(first["failures"])) == ("mongo_unavailable", False, 1)
    pages = first["counts"]["fetched"]
    assert first["counts"]["spooled"] == pages == first["counts"]["scraped"]
    assert balanced(first["counts"])
    assert (second["finish_reason"], second["counts"]["known"]) == ("finished", pages)
    assert f"from the spool of earlier runs: 1 files, {pages} readings, 1 runs" in second["warnings"]
    assert {post["first_run_id"] for post in drill.crawler.posts().values()} == {first["_id"]}
    assert not [entry for entry in drill.sandbox.log() if entry["status"] == 404 and "/20" in entry["path"]]


def test_a_mongod_that_comes_back_in_time_is_waited_for(drill: Drill) -> None:
    process = drill.start("-s", "MONGO_OUTAGE_SECONDS=60")
    said = read_until(process, "Stored NW", 3)
    drill.kill_mongod()
    drill.start_mongod()
    done = drill.end(process)
    assert done.code == 0, said + done.output
    assert drill.wrong() == []
    assert drill.spooled() == []
    assert drill.last_run()["counts"]["spooled"] == 0
    assert balanced(drill.last_run()["counts"])


def test_a_mongod_gone_for_good_costs_no_post(drill: Drill) -> None:
    process = drill.start(*IMPATIENT)
    said = read_until(process, "Stored NW", 3)
    drill.kill_mongod()
    done = drill.end(process)  # within its time limit
    assert done.code == 1, said + done.output
    assert "not ok: MongoDB, after " in done.output
    assert len(drill.spooled()) == 1
    drill.sandbox.set_faults("vanished-posts")
    drill.start_mongod()
    assert drill.crawl().code == 0
    assert drill.wrong() == []
    assert drill.spooled() == []
    first, _ = drill.crawler.database.runs.find(sort=[("started_at", 1)])
    counts = first["counts"]
    assert (first["finish_reason"], first["ok"]) == ("mongo_unavailable", False)
    assert counts["inserted"] >= 3
    assert counts["spooled"] > 0
    assert balanced(counts)
    assert counts["rejected"] == 0


def test_a_run_killed_while_it_spools_loses_nothing_that_is_in_the_spool(drill: Drill) -> None:
    process = drill.start(*IMPATIENT, uri=NOBODY)
    read_until(process, "Spooled NW", 20)
    process.kill()
    process.communicate()
    (path,) = drill.spooled()
    with path.open("ab") as file:
        file.write(b'{"check": "half a line')
    lines = path.read_bytes().count(b"\n")
    assert lines > 20
    assert drill.crawl().code == 0
    assert drill.wrong() == []
    assert drill.spooled() == []
    killed, after = drill.crawler.database.runs.find(sort=[("started_at", 1)])
    assert (killed["finish_reason"], killed["ok"]) == ("killed", False)
    assert f"from the spool of earlier runs: 1 files, {lines - 1} readings, 1 runs, 1 torn" in after["warnings"]


def test_a_spool_that_is_full_ends_the_run_at_once(drill: Drill) -> None:
    done = drill.crawl(*IMPATIENT, "-s", "SPOOL_MAX_BYTES=100000", uri=NOBODY)
    assert done.code == 1, done.output
    assert "Dropped NotKeptError" in done.output
    assert "Traceback" not in done.output
    assert drill.crawl().code == 0
    assert drill.wrong() == []
    first, _ = drill.crawler.database.runs.find(sort=[("started_at", 1)])
    counts = first["counts"]
    assert first["finish_reason"] == "mongo_unavailable"
    assert counts["rejected"] > 0
    assert 0 < counts["spooled"] < 40
    assert balanced(counts)


def test_a_mongodb_that_will_never_do_ends_the_run_before_it_begins(drill: Drill) -> None:
    done = drill.crawl(uri="mongodb://user:s3cret@127.0.0.1:abc/")
    assert done.code == 1
    assert "MONGO_URI is not usable" in done.output
    assert "mongo_unavailable" in done.output
    assert "s3cret" not in done.output
    assert drill.sandbox.log() == []
    assert drill.spooled() == []


def test_a_listing_that_did_not_change_is_read_again_where_mongodb_has_gone_since() -> None:
    settings = Settings()
    settings.setmodule("crawler.settings")
    url = "https://finews.withounder.com/emnews/"

    async def outputs() -> list[Any]:
        spider = FinewsSpider.from_crawler(ScrapyCrawler(FinewsSpider, settings))
        spider.store.outage.away = "gone"
        return [output async for output in spider.parse_listing(Response(url, 304), "rolling", url)]

    (again,) = asyncio.run(outputs())
    assert (again.url, again.dont_filter, again.headers, again.meta) == (url, True, {}, {"page": "rolling"})
