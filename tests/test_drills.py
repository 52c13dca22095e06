"""The drills of `make drills`, a few of each kind: real processes, a seed of the day, small worlds.

A failure names its seed: `DRILL_SEED=N` does it again.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.process import SandboxProcess
from store.schema import COLLECTIONS
from tests.drills import kills, mishaps, report, rivals
from tests.drills.likeness import TELLS_WHEN, differences
from tests.drills.mishaps import GOOD, Mishap
from tests.drills.outages import OUTAGES, away_for
from tests.drills.rows import Row, markdown, text
from tests.drills.stage import Stage, stage

SEED = int(os.environ.get("DRILL_SEED") or secrets.randbelow(10**6))
POSTS = 60
BY_NAME = {one.name: one for one in OUTAGES}


@pytest.fixture(scope="module")
def place() -> Iterator[Stage]:
    with stage() as ready:
        yield ready


def held(row: Row) -> None:
    """Hold a row to what every drill promises."""
    assert not row.failed, f"{text([row])}\nDRILL_SEED={SEED}, {POSTS} posts"
    assert row.stored == row.expected >= POSTS - 5, f"DRILL_SEED={SEED}"


def test_crawls_killed_at_random_requests_end_as_undisturbed_ones(place: Stage) -> None:
    row, points = kills.drill(place, kills=5, posts=POSTS, seed=SEED)
    held(row)
    assert (row.repetitions, len(points)) == (5, 5), f"DRILL_SEED={SEED}"
    assert row.verdict == GOOD


@pytest.mark.parametrize(
    "mishap",
    [
        replace(BY_NAME["mongod killed, back after 5 s"], meanwhile=away_for(1)),
        replace(BY_NAME["mongod killed for good"], arguments=("-s", "MONGO_OUTAGE_SECONDS=2")),
        BY_NAME["two crawls at once"],
    ],
    ids=lambda mishap: mishap.name,
)
def test_outages(place: Stage, mishap: Mishap) -> None:
    held(mishaps.run(mishap, place, POSTS, SEED))


@pytest.mark.parametrize("name", rivals.WAYS)
def test_the_others_are_killed_in_the_same_manner(place: Stage, name: str) -> None:
    lacks = rivals.missing(name)
    if lacks:
        assert not os.environ.get("CI"), lacks
        pytest.skip(lacks)
    row, points = rivals.drill(place, kills=1, posts=POSTS, seed=SEED, name=name)
    assert (row.repetitions, len(points), row.ours) == (1, 1, False)
    assert row.expected >= POSTS
    assert row.verdict.startswith("finished, exit 0; ")


def test_the_kill_drill_sees_what_it_is_there_to_see(place: Stage) -> None:
    with SandboxProcess(posts=12) as sandbox, place.crawler() as one, place.crawler() as undisturbed:
        for crawls in (one, undisturbed):
            assert crawls.crawl(sandbox.mirrors).code == 0
        drilled = kills.Drilled(one)
        last = one.crawl(sandbox.mirrors)
        kills.judge(drilled, last, undisturbed, sandbox)
        assert (drilled.stored, drilled.doubled, drilled.verdict, drilled.wrong) == (drilled.expected, 0, GOOD, [])

        posts = one.database.posts
        lost, doubled, half, *_ = posts.find().sort("_id")
        posts.delete_one({"_id": lost["_id"]})
        posts.insert_one(doubled | {"_id": "NW209901010000000000"})
        posts.update_one({"_id": half["_id"]}, {"$set": {"text": "半"}})
        one.database.runs.update_one({"_id": last.run["_id"]}, {"$set": {"finish_reason": None, "ok": None}})
        drilled = kills.Drilled(one)
        kills.judge(drilled, last, undisturbed, sandbox)
        assert drilled.expected - drilled.stored == 1
        assert drilled.doubled == 1 + len(doubled["post_urls"])
        told = "\n".join(drilled.wrong)
        assert "0 kills, and these runs" in told
        assert f"posts {half['_id']}: text is '半'" in told
        assert f"posts {lost['_id']}: missing" in "\n".join(differences(one.database, undisturbed.database))


def test_every_collection_but_those_of_runs_is_compared() -> None:
    assert TELLS_WHEN.keys() == {collection.name for collection in COLLECTIONS} - {"runs", "rejects"}


def test_kills_are_drawn_from_all_requests() -> None:
    drawn = kills.kill_points(kills.random.Random(1), requests=10, kills=10)
    assert drawn == list(range(1, 11))
    assert kills.histogram([0.001, 0.05, 0.95, 1.0], bins=2) == "   0% -  50%     2  ##\n  50% - 100%     2  ##\n"


def a_row(**changed: object) -> Row:
    return replace(Row("a drill", 3, 1200, 1200, 0, GOOD, 4.4), **changed)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("changed", "failed"),
    [({}, False), ({"stored": 1199}, True), ({"doubled": 1}, True), ({"wrong": ["half"]}, True)],
)
def test_what_fails_a_drill(changed: dict[str, object], failed: bool) -> None:
    assert a_row(**changed).failed is failed
    assert a_row(**changed, ours=False).failed is False


def test_the_table() -> None:
    lost = a_row(drill="另一个", stored=1000, wrong=["half"], seconds=61)
    assert text([a_row(), lost, a_row(repetitions=0, verdict="not run: why")]) == (
        "drill    repetitions  expected  stored  doubled  lost  verdict                              seconds\n"
        "-------  -----------  --------  ------  -------  ----  -----------------------------------  -------\n"
        "a drill            3     1,200   1,200        0     0  finished, ok True, exit 0                  4\n"
        "另一个             3     1,200   1,000        0   200  finished, ok True, exit 0; WRONG: 1       61\n"
        "a drill            0                                   not run: why\n"
        "另一个: half\n"
    )
    assert (
        markdown([a_row()]).splitlines()[-1]
        == "| a drill | 3 | 1,200 | 1,200 | 0 | 0 | finished, ok True, exit 0 | 4 |"
    )


def between_the_marks(path: report.Path) -> str:
    return path.read_text(encoding="utf-8").partition(report.BEGIN)[2].partition(report.END)[0]


def test_the_readme_says_what_the_page_of_the_drills_says() -> None:
    page, readme = between_the_marks(report.PAGE), between_the_marks(report.README)
    rows = [line for line in page.splitlines() if "SIGKILL" in line or line.startswith("| the same, ")]
    told = [[cell.strip() for cell in line.strip("|").split("|")] for line in readme.splitlines() if "|" in line][
        2:
    ]
    assert len(told) == len(rows) == 3
    for (_, kills_, posts, lost, doubled, _), line in zip(told, rows, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert [cells[place] for place in (1, 2, 5, 4)] == [kills_, posts, lost, doubled]
