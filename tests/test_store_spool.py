"""The spool: what goes in comes out as it was, each line or none of it, whatever happened to the file."""

import asyncio
import fcntl
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient

from store import drain as draining
from store import runs
from store.connection import Store
from store.drain import drain
from store.posts import RefusedError, storable
from store.readings import Reading
from store.rejects import Rejects, mark_retried, reject_document
from store.spool import (
    Spool,
    SpoolError,
    SpoolLineError,
    content_of,
    reading_line,
    reading_of,
    reject_line,
    run_line,
)
from store.writer import Outcome, PostWriter
from tests.articles import NAME, article, minute

Place = tuple[str, str]
MEGABYTE = 2**20
SPOOLED = Outcome("spooled", revised=False)


def name_of(number: int) -> str:
    return f"NW2022030122{number:08d}"


def reading(number: int = 0, text: str = "正文。") -> Reading:
    return storable(article(text, name=name_of(number)))


def spool_of(directory: Path, run_id: str = "one", database: str = "finews", limit: int = MEGABYTE) -> Spool:
    return Spool(directory, run_id, database, limit)


def line(number: int = 0, text: str = "正文。", run_id: str = "one") -> bytes:
    return reading_line(run_id, "finews", reading(number, text))


def with_store(place: Place, scenario: Callable[[Store], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        store = Store(*place, Path())
        try:
            await store.open()
            return await scenario(store)
        finally:
            await store.close()

    return asyncio.run(opened())


def drained(place: Place, directory: Path, run_id: str = "next") -> dict[str, int]:
    """Drain a directory; give the counts."""
    return dict(with_store(place, lambda store: drain(store, directory, run_id, "finews")))


def stored(place: Place, collection: str = "posts") -> dict[str, dict[str, Any]]:
    uri, name = place
    with MongoClient[dict[str, Any]](uri, tz_aware=True, tzinfo=UTC) as client:
        return {doc["_id"]: doc for doc in client[name][collection].find()}


# --- lines -------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


@given(st.lists(TEXTS, min_size=2, max_size=5), TIMES, TIMES, st.integers(-(2**63), 2**63 - 1))
def test_a_reading_comes_out_of_the_spool_as_it_went_in(
    texts: list[str], at: datetime, published: datetime, market: int
) -> None:
    post = article(texts[0])
    post.title, post.body.html, post.tags, post.fetched_at = texts[0], texts[1], texts[2:], at
    post.published_at, post.published_from = published, "page"
    before = storable(post)
    before.said["securities"] = [{"market": market, "name": '{"$oid": "x"}', "mentions": 1.5}]
    written = reading_line("run", "finews", before)
    assert written.count(b"\n") == 1
    content = content_of(written)
    assert (content["run_id"], content["spider"]) == ("run", "finews")
    after = reading_of(content)
    assert after == before
    assert (type(after.available), after.at.tzinfo) == (tuple, UTC)


@given(st.data())
def test_a_line_that_is_not_as_it_was_written_is_known(data: st.DataObject) -> None:
    written = line()
    place = data.draw(st.integers(0, len(written) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != written[place]))
    with pytest.raises(SpoolLineError):
        content_of(written[:place] + bytes([other]) + written[place + 1 :])
    with pytest.raises(SpoolLineError):
        content_of(written[:place])


def test_a_line_of_another_version_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.spool.VERSION", 2)
    newer = line()
    monkeypatch.undo()
    with pytest.raises(SpoolLineError, match="of version 2, not 1"):
        content_of(newer)


# --- the file ----------------------------------------------------------------------------------------------


def test_all_lines_or_none_are_written_up_to_the_limit(tmp_path: Path) -> None:
    one = line()
    spool = spool_of(tmp_path / "deep" / "spool", limit=3 * len(one))
    spool.append([one, one])
    with pytest.raises(SpoolError, match="SPOOL_MAX_BYTES"):
        spool.append([one, one])
    spool.append([one])
    assert spool.path.read_bytes() == one * 3
    with pytest.raises(SpoolError):
        spool_of(spool.directory, "two", limit=3 * len(one)).append([one])  # the limit is that of all together
    spool.append([run_line({"_id": "one"})], beyond_limit=True)
    assert spool.path.read_bytes().startswith(one * 3)
    assert (spool.directory.stat().st_mode & 0o777, spool.path.stat().st_mode & 0o777) == (0o700, 0o600)
    spool.close()


def test_of_a_batch_that_does_not_fit_into_the_spool_what_fits_is_kept(tmp_path: Path) -> None:
    async def scenario() -> list[Any]:
        posts = [article("正文。", name=name_of(number)) for number in range(5)]
        limit = 5 * len(reading_line("one", "finews", storable(posts[0]))) // 2
        store = Store("mongodb://127.0.0.1:1/", "finews", Path(), 0, spool_of(tmp_path, limit=limit))
        store.outage.away = "gone"
        writer = PostWriter(store, "one", "finews")
        writer.start()
        outcomes = await asyncio.gather(*map(writer.write, posts), return_exceptions=True)
        await writer.stop()
        await store.close()
        return outcomes

    outcomes = asyncio.run(scenario())
    assert outcomes[:2] == [SPOOLED] * 2
    assert [type(outcome) for outcome in outcomes[2:]] == [SpoolError] * 3


def test_a_directory_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="Not a directory"):
        spool_of(tmp_path / "file").append([line()])


def test_a_spool_that_cannot_be_drained_is_told(database: Place, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert drained(database, tmp_path / "file") == {"unusable": 1}
    assert drained(database, tmp_path / "nothing spooled yet") == {}
    (tmp_path / f"one.{database[1]}.jsonl").mkdir()
    assert drained(database, tmp_path) == {"unusable": 1}


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """Give a directory on a disk of 64 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        assert not os.environ.get("CI"), "CI mounts a small disk"
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_takes_no_half_line(small_disk: Path, database: Place) -> None:
    spool = spool_of(small_disk, database=database[1])
    large = [line(number, "长" * 3000) for number in range(20)]
    for one in large[:2]:
        spool.append([one])
    with pytest.raises(SpoolError, match="No space left"):
        spool.append(large[2:])
    spool.append([line(900)])  # there is room for less, and it follows the last whole line
    spool.close()
    assert drained(database, small_disk) == {"readings": 3, "runs": 0, "files": 1}
    assert stored(database).keys() == {name_of(0), name_of(1), name_of(900)}


def test_a_half_line_left_by_a_failure_does_not_spoil_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, real = spool_of(tmp_path), os.pwrite
    spool.append([line(0)])
    calls = iter([10, OSError(28, "No space left on device")])

    def fails(file: int, data: bytes, place: int) -> int:
        step = next(calls)
        if isinstance(step, OSError):
            raise step
        return real(file, data[:step], place)

    monkeypatch.setattr(os, "pwrite", fails)
    with pytest.raises(SpoolError, match="No space left"):
        spool.append([line(1)])
    monkeypatch.undo()
    assert spool.path.stat().st_size == len(line(0)) + 10
    spool.append([line(2)])
    assert spool.path.read_bytes() == line(0) + line(2)
    spool.close()


def test_a_new_file_that_another_run_removes_as_drained_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, real = spool_of(tmp_path), fcntl.flock
    drained_once = iter([spool.path.unlink])

    def flock(file: int, operation: int) -> None:
        next(drained_once, lambda: None)()
        real(file, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    spool.append([line(0)])
    assert spool.path.read_bytes() == line(0)
    spool.close()


# --- draining ----------------------------------------------------------------------------------------------


def fill(directory: Path, database: str, numbers: range, run_id: str = "one") -> Path:
    spool = spool_of(directory, run_id, database)
    spool.append([line(number, run_id=run_id) for number in numbers])
    spool.close()
    return spool.path


def test_posts_rejects_and_runs_are_as_their_run_would_have_written_them(database: Place, tmp_path: Path) -> None:
    directory = tmp_path / "spool"

    async def spooling() -> None:
        spool = spool_of(directory, "one", database[1])
        store = Store("mongodb://127.0.0.1:1/", database[1], Path(), outage_seconds=0, spool=spool)
        store.outage.away = "gone"
        run = runs.new("one", "finews", {"limit": "3"}, {"python": "3"})
        store.put_off(run_line(run))
        writer = PostWriter(store, "one", "finews")
        writer.start()
        posts = [article("正文。", name=name_of(number)) for number in range(3)]
        bad = article(name=name_of(9))
        bad.body.html = "\ud800"
        outcomes = await asyncio.gather(*map(writer.write, [*posts, bad]), return_exceptions=True)
        assert outcomes[:3] == [SPOOLED] * 3
        assert isinstance(outcomes[3], RefusedError)
        rejects = Rejects(store, "one", "finews")
        await rejects.add("parse", ValueError("x"), raw="\ud800")
        assert rejects.lost == 0
        store.put_off(run_line(runs.ended(run, {"finish_reason": "mongo_unavailable", "ok": False})))
        assert await asyncio.to_thread(drained, database, directory) == {}, "its run lives"
        await writer.stop()
        await store.close()

    asyncio.run(spooling())
    assert drained(database, directory) == {"readings": 3, "rejects": 1, "runs": 1, "files": 1}
    assert list(directory.iterdir()) == []
    posts = stored(database)
    assert posts.keys() == {name_of(number) for number in range(3)}
    assert {(post["first_run_id"], post["run_id"], post["spider"]) for post in posts.values()} == {
        ("one", "one", "finews")
    }
    assert {post["available_at"] for post in posts.values()} == {minute(0)}
    run = stored(database, "runs")["one"]
    assert (run["finish_reason"], run["ok"], run["arguments"]) == ("mongo_unavailable", False, {"limit": "3"})
    (reject,) = stored(database, "rejects").values()
    assert (reject["_id"], reject["stage"], reject["reason"], reject["raw"]) == (
        "one/000001",
        "parse",
        "ValueError",
        "?",
    )


def test_a_run_without_an_end_yields_to_what_is_known_of_it(database: Place, tmp_path: Path) -> None:
    begun = runs.new("one", "finews", {}, {})
    ended = runs.ended(begun, {"finish_reason": "killed", "ok": False})
    with_store(database, lambda store: runs.write(store.database, ended))
    spool = spool_of(tmp_path, "one", database[1])
    spool.append([run_line(begun)])
    spool.close()
    drained(database, tmp_path)
    assert stored(database, "runs")["one"]["finish_reason"] == "killed"


def test_what_cannot_be_written_becomes_a_reject_and_only_an_unfinished_last_line_is_skipped(
    database: Place, tmp_path: Path
) -> None:
    refused = storable(article(name=name_of(1)))
    refused.said["author"] = 5  # which the validator refuses
    broken = line(2)[:-40] + b"\n"
    other = b'{"check": "0", "kind": "reading"}\n'
    lines = [line(0), reading_line("one", "finews", refused), broken, other, b"\xff\0\n", line(3), line(4)[:-1]]
    path = tmp_path / f"one.{database[1]}.jsonl"
    for run_id in ("two", "three"):  # drained twice, as after a kill before the file was removed
        path.write_bytes(b"".join(lines))
        counts = drained(database, tmp_path, run_id)
        assert counts == {"readings": 2, "refused": 1, "malformed": 3, "torn": 1, "runs": 0, "files": 1}
        assert stored(database).keys() == {name_of(0), name_of(3)}
        found = list(stored(database, "rejects").values())
        assert {(reject["stage"], reject["run_id"]) for reject in found} == {("spool", "two")}
        assert [(reject["reason"], reject["post"]) for reject in sorted(found, key=lambda one: one["_id"])] == [
            ("RefusedError", name_of(1)),
            *[("SpoolLineError", None)] * 3,
        ]
        assert broken.decode() in {reject["raw"] for reject in found}


def test_runs_and_rejects_that_mongodb_refuses_keep_no_run_from_draining(database: Place, tmp_path: Path) -> None:
    run, reject = (
        runs.new("one", "finews", {}, {}),
        reject_document("one/1", "one", "finews", "parse", ValueError()),
    )
    lines = [run_line(run | {"pid": "7"}), reject_line(reject | {"stage": None}), line(0)]
    (tmp_path / f"one.{database[1]}.jsonl").write_bytes(b"".join(lines))
    assert drained(database, tmp_path) == {"refused": 2, "readings": 1, "runs": 0, "files": 1}
    assert [found["reason"] for found in stored(database, "rejects").values()] == ["WriteError"] * 2
    assert list(tmp_path.iterdir()) == []


def test_a_reject_drained_again_stays_retried(database: Place, tmp_path: Path) -> None:
    path = tmp_path / f"one.{database[1]}.jsonl"
    for _ in range(2):
        path.write_bytes(reject_line(reject_document("one/1", "one", "finews", "parse", ValueError("$secret"))))
        drained(database, tmp_path)
        with_store(database, lambda store: mark_retried(store.database, ["one/1"], "retry"))
    (found,) = stored(database, "rejects").values()
    assert (found["retried_by"], found["detail"]) == ("retry", "$secret")


def test_draining_again_changes_nothing(database: Place, tmp_path: Path) -> None:
    path = fill(tmp_path, database[1], range(250))
    content = path.read_bytes()
    assert drained(database, tmp_path)["readings"] == 250
    before = stored(database)
    path.write_bytes(content)
    assert drained(database, tmp_path)["readings"] == 250
    assert stored(database) == before


def test_only_the_spools_of_this_database_are_drained(database: Place, tmp_path: Path) -> None:
    others = {fill(tmp_path, "finews", range(1)), fill(tmp_path, f"x{database[1]}", range(1))}
    (tmp_path / "note.txt").write_text("")
    fill(tmp_path, database[1], range(2))
    assert drained(database, tmp_path)["readings"] == 2
    assert set(tmp_path.glob("*.jsonl")) == others


def test_of_two_runs_at_once_one_drains(database: Place, tmp_path: Path) -> None:
    fill(tmp_path, database[1], range(50))

    async def scenario(store: Store) -> None:
        both = await asyncio.gather(*(drain(store, tmp_path, f"run {n}", "finews") for n in range(2)))
        assert sorted(count["readings"] for count in both) == [0, 50]

    with_store(database, scenario)
    assert len(stored(database)) == 50


def test_a_file_that_another_run_has_just_drained_is_not_drained_again(tmp_path: Path) -> None:
    path = fill(tmp_path, "finews", range(1))
    with path.open("rb") as file:
        assert draining._is_free(file)
        path.unlink()
        assert not draining._is_free(file)


def drain_slowly(place: Place, directory: Path, batches: Any) -> None:
    settle = draining.settle

    async def told(*args: Any) -> None:
        await settle(*args)
        batches.release()

    draining.settle = told
    drained(place, directory)


def test_a_kill_amid_draining_loses_and_doubles_nothing(
    database: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "BATCH_SIZE", 10)
    fill(tmp_path, database[1], range(200))
    fork = multiprocessing.get_context("fork")
    for batches in (1, 3, 7):
        settled = fork.Semaphore(0)
        process = fork.Process(target=drain_slowly, args=(database, tmp_path, settled))
        process.start()
        for _ in range(batches):
            assert settled.acquire(timeout=30)
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert len(list(tmp_path.iterdir())) == 1
    assert drained(database, tmp_path)["readings"] == 200
    found = stored(database)
    assert found.keys() == {name_of(number) for number in range(200)}
    assert {(post["etag"], post["revision"]) for post in found.values()} == {(1, 1)}
    assert NAME not in found
