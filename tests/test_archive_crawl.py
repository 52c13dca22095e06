"""`scrapy crawl archive` as a child process, on the sources of a made-up world, into a real MongoDB."""

import os
import pty
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.extensions.judge import Limits, judge_archive
from sandbox.world import World
from tests.crawling import ROOT, Crawl, Crawler, crawler

POSTS = 240
"""The writer takes a hundred at a time: the import is killed once after its first batch, once after its second."""

TOLD_BY_READING = frozenset(
    "run_id first_run_id spider first_seen_at updated_at available_at available_from etag".split()
)


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of sources."""
    return written(World(seed=4, posts=POSTS).sources(), tmp_path_factory.mktemp("site"))


def written(sources: dict[str, str], folder: Path) -> Path:
    for path, text in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return folder


def imported(crawls: Crawler, path: Path, *arguments: str) -> Crawl:
    return crawls.crawl("{}", "-a", f"path={path}", *arguments, spider="archive")


def started(crawls: Crawler, path: Path) -> subprocess.Popen[bytes]:
    command = crawls.command("-a", f"path={path}", spider="archive")
    return subprocess.Popen(
        command, cwd=ROOT, env=crawls.environment("{}"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_for_posts(crawls: Crawler, number: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until so many posts are stored."""
    deadline = time.monotonic() + 60
    while crawls.database.posts.estimated_document_count() < number:
        assert process.poll() is None, "the import ended before"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def state(crawls: Crawler) -> dict[str, Any]:
    """Give what is stored but for when it was read: a source without a time stands where it was read."""
    posts = crawls.posts()
    return {
        post: {
            **{field: value for field, value in document.items() if field not in TOLD_BY_READING | {"forms"}},
            "sources": {form: said["sources"] for form, said in document["forms"].items()},
        }
        for post, document in posts.items()
    }


def test_an_import_killed_again_and_again_ends_as_one_that_was_not(crawls: Crawler, sources: Path) -> None:
    whole = imported(crawls, sources)
    assert (whole.code, whole.run["finish_reason"]) == (0, "finished"), whole.output
    counts, files = whole.run["counts"], len(list(sources.rglob("*.md")))
    assert counts["listed"] == counts["fetched"] == counts["scraped"] == files > POSTS
    assert counts["scraped"] == sum(counts[name] for name in ("inserted", "updated", "unchanged", "duplicate"))
    undisturbed, rows = state(crawls), crawls.database.post_revisions.count_documents({})
    assert len(undisturbed) == POSTS

    crawls.database.posts.delete_many({})
    crawls.database.post_revisions.delete_many({})
    for number in (1, 101):
        process = started(crawls, sources)
        wait_for_posts(crawls, number, process)
        process.kill()
        process.wait()
    last = imported(crawls, sources)
    assert (last.code, last.run["finish_reason"]) == (0, "finished"), last.output
    assert last.run["counts"]["known"] >= 100
    assert state(crawls) == undisturbed
    assert crawls.database.post_revisions.count_documents({}) == rows


def test_an_import_ends_soon_and_in_good_order_when_it_is_told_to(crawls: Crawler, tmp_path: Path) -> None:
    made = {}
    for number in range(1000):  # several batches of files
        name = f"2022-03-01-NW20220301{2300000000 + number}"
        made[f"{name}.md"] = f'---\ntitle: "{number}"\ndate: 2022-03-01 10:00:00 +0800\n---\n第{number}条。'
    process = started(crawls, written(made, tmp_path))
    wait_for_posts(crawls, 1, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 1
    run = crawls.last_run()
    assert (run["finish_reason"], run["ok"]) == ("shutdown", False)
    stored = crawls.database.posts.count_documents({})
    assert stored == run["counts"]["inserted"]
    assert 0 < stored < len(made)


def test_what_cannot_be_read_is_named_beside_its_neighbours(crawls: Crawler, tmp_path: Path) -> None:
    good = World(seed=4, posts=20).sources()
    folder = written(
        {
            **good,
            "README.md": "---\nlayout: home\n---\n",
            "_posts/2022-03-01-NW202203012200000001.md": "正文。",
            "_posts/2022-03-01-NW202203012200000002.md": "---\ntitle: a\ndate: 近日\n---\n正文。",
        },
        tmp_path,
    )
    (folder / "_posts" / "2022-03-01-NW202203012200000003.md").write_bytes(b"---\ntitle: \xff\n---\n")
    (folder / "_posts" / "2022-03-01-NW202203012200000004.md").symlink_to("/etc/passwd")
    done = imported(crawls, folder, "-s", "RUN_MAX_ERROR_RATIO=0.5", "-s", "RUN_MAX_REJECT_RATIO=0.5")
    assert (done.code, done.run["ok"]) == (0, True), done.output
    rejects = {
        (reject["stage"], reject["reason"], (reject["url"] or "")[-4:])
        for reject in crawls.database.rejects.find()
    }
    assert rejects == {
        ("parse", "SourceLayoutError", "1.md"),
        ("normalise", "InvalidPostError", "2.md"),
        ("fetch", "NotUtf8Error", "3.md"),
        ("fetch", "NoFileError", "4.md"),
    }
    counts = done.run["counts"]
    assert counts["listed"] == len(good) + 4
    assert done.run["requests"] == []
    assert counts["scraped"] == counts["rejected"] + counts["inserted"] + counts["updated"] == len(good) + 1


def test_an_archive_that_breaks_off_is_no_success(crawls: Crawler, tmp_path: Path) -> None:
    path = tmp_path / "site.tar.gz"
    with tarfile.open(path, "w:gz") as pack:
        pack.add(written(World(seed=4, posts=20).sources(), tmp_path / "site"), arcname="site")
    path.write_bytes(path.read_bytes()[:-3000])
    done = imported(crawls, path)
    assert (done.code, done.run["finish_reason"], done.run["ok"]) == (1, "site_unavailable", False), done.output
    assert done.run["failures"] == ["the archive could not be read to its end: 1 ArchiveError"]
    assert "Traceback" not in done.output


def test_wrong_arguments_end_before_anything_begins(crawls: Crawler, tmp_path: Path) -> None:
    done = imported(crawls, tmp_path / "nowhere")
    assert done.code == 2
    assert "give a folder, a file, a .zip, a .tar.gz or a git repository that is there" in done.output
    assert done.run == {}


def test_a_terminal_shows_how_far_an_import_is(crawls: Crawler, tmp_path: Path) -> None:
    sources = written(World(seed=4, posts=20).sources(), tmp_path)
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        crawls.command("-a", f"path={sources}", spider="archive"),
        cwd=ROOT,
        env=crawls.environment("{}") | {"TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.DEVNULL,
        stderr=end,
    )
    os.close(end)
    shown = b""
    while part := _read(terminal):
        shown += part
    assert process.wait(20) == 0
    os.close(terminal)
    files = len(list(sources.rglob("*.md")))
    text = shown.decode(errors="replace")
    assert f"/{files}" in text, "the bar"
    assert f"{files} sources, 0 other files\r\n" in text, "the log"


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


LIMITS = Limits(1, 0.05, 0.05)


@pytest.mark.parametrize(
    ("stats", "reason"),
    [
        ({}, "no_posts"),
        ({"posts/listed": 100}, "finished"),
        ({"posts/listed": 100, "posts/known": 100}, "finished"),
        ({"posts/listed": 100, "pages/source/failed/NotUtf8Error": 5}, "finished"),
        ({"posts/listed": 100, "pages/source/failed/NotUtf8Error": 6}, "too_many_errors"),
        ({"posts/listed": 100, "pages/source/unreadable/SourceLayoutError": 6}, "layout_changed"),
        ({"posts/listed": 100, "posts/scraped": 10, "posts/rejected": 1}, "too_many_errors"),
        ({"posts/listed": 100, "pages/archive/failed/ArchiveError": 1}, "site_unavailable"),
    ],
)
def test_an_import_is_judged_by_its_files(stats: dict[str, Any], reason: str) -> None:
    verdict = judge_archive(stats, LIMITS)
    assert verdict.reason == reason
    assert bool(verdict.failures) is (reason != "finished")
    named = [name for name in stats if name.startswith("pages/")]
    assert len(verdict.warnings) == len(named)
