"""Groups are a function of the posts: not of their order, nor of who wrote, swept or was killed meanwhile."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from crawler.items import Post
from store.connection import Store
from store.groups import Groups, Swept, groups_of
from store.pending import RECHECK
from store.posts import Job, Posts
from store.readings import Document, reading
from store.schema import Database
from tests.articles import article

Place = tuple[str, str]
DAYS = 7


# --- a comparison that a reader of these tests can do in the head ----------------------------------------


@dataclass(frozen=True)
class Letters:
    """What it compares: the letters of a text, and the bounds of its time."""

    letters: frozenset[str]
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True)
class Shared:
    """Half of all letters or more are in both."""

    kind: str
    similarity: float


class ByLetters:
    """Texts are alike that share half of their letters. So ab ~ abc ~ bc, but not ab ~ bc: a bridge."""

    VERSION = "letters 1"

    def news(self, document: Document) -> Letters:
        return Letters(frozenset(document["text"]), document["published_min"], document["published_max"])

    def band_keys(self, news: Letters) -> list[int]:
        return [ord(letter) for letter in news.letters]

    def likeness(self, a: Letters, b: Letters, days: int) -> Shared | None:
        if a.earliest is None or a.latest is None or b.earliest is None or b.latest is None:
            return None
        if max(a.earliest - b.latest, b.earliest - a.latest) > timedelta(days=days):
            return None
        similarity = len(a.letters & b.letters) / len(a.letters | b.letters)
        return Shared("exact" if similarity == 1 else "near", similarity) if similarity >= 0.5 else None


def groups(database: Database, run: str = "run", together: int = 1) -> Groups:
    return Groups(database, ByLetters(), DAYS, run, "finews", together)


# --- posts -----------------------------------------------------------------------------------------------

TIMES = {
    "0": "2021-12-01 12:00:00",
    "0 too": "2021-12-01 12:00:00",
    "3": "2021-12-04 12:00:00",
    "7": "2021-12-08 12:00:00",
    "7 and a second": "2021-12-08 12:00:01",
    "7, or 8 hours less": "2021-12-08 19:00:00",
    "9": "2021-12-10 12:00:00",
    "unknown": None,
}
"""By days since the first; the window ends between the fourth and the fifth. The sixth is within it by a bound."""


def name(number: int) -> str:
    return f"NW2021120122{number:08d}"


def said(number: int, text: str, time: str = "0", at: int = 0) -> Post:
    """Give a reading of a post, `at` minutes after all were published."""
    read_at = datetime(2022, 4, 1, tzinfo=UTC) + timedelta(minutes=at)
    # Only the copies in the rolling news of these days leave two times possible.
    own = name(number).removeprefix("NW") if "or" in time else name(number)
    return article(text, name=own, published_raw=TIMES[time], fetched_at=read_at)


async def write(database: Database, post: Post, run: str = "run") -> None:
    job = Job(reading(post), asyncio.get_running_loop().create_future())
    while not job.done.done():
        await Posts(database, run, "finews").attempt([job])
    job.done.result()


async def stored(database: Database) -> dict[str, Document]:
    return {post["_id"]: post async for post in database.posts.find().sort("_id")}


def links(posts: dict[str, Document]) -> dict[str, Document]:
    fields = ("duplicate_of", "duplicate_kind", "similarity")
    return {name: {field: post[field] for field in fields} for name, post in posts.items()}


def defined(posts: dict[str, Document]) -> dict[str, Document]:
    return groups_of(posts.values(), ByLetters(), DAYS)


def run(place: Place, scenario: Callable[[Database], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        store = Store(*place, Path())
        # These tests kill no mongod: what is in its memory is as good as what is in its journal, and sooner there.
        database = (await store.open()).with_options(write_concern=WriteConcern(1))
        try:
            return await scenario(database)
        finally:
            await store.close()

    return asyncio.run(opened())


def after(place: Place, *steps: Post | None) -> dict[str, str | None]:
    """Write posts, sweep at None and at the end; give the last digit of the root of each."""

    async def scenario(database: Database) -> dict[str, str | None]:
        for step in (*steps, None):
            if step:
                await write(database, step)
            else:
                await groups(database, together=16).sweep()
        posts = await stored(database)
        assert links(posts) == defined(posts)
        assert {post["pending"] for post in posts.values()} == {None}
        return {
            post[-1]: found["duplicate_of"] and found["duplicate_of"][-1] for post, found in links(posts).items()
        }

    found: dict[str, str | None] = run(place, scenario)
    return found


# --- what a group is -------------------------------------------------------------------------------------


def test_the_first_published_leads_and_equals_are_exact(database: Place) -> None:
    async def scenario(base: Database) -> dict[str, Document]:
        for post in (said(1, "abc", "3"), said(2, "abc", "0"), said(3, "abcd", "3"), said(4, "xyz", "0")):
            await write(base, post)
        swept = await groups(base).sweep()
        assert swept == Swept(placed=4, grouped=2)
        assert await groups(base).sweep() == Swept()
        return links(await stored(base))

    none = {"duplicate_of": None, "duplicate_kind": None, "similarity": None}
    assert run(database, scenario) == {
        name(1): {"duplicate_of": name(2), "duplicate_kind": "exact", "similarity": 1.0},
        name(2): none,
        name(3): {"duplicate_of": name(2), "duplicate_kind": "near", "similarity": 0.75},
        name(4): none,
    }


def test_of_posts_of_one_time_the_smaller_id_leads(database: Place) -> None:
    assert after(database, said(2, "ab"), said(1, "ab")) == {"1": None, "2": "1"}


def test_posts_of_unknown_time_come_last(database: Place) -> None:
    bounds = "7, or 8 hours less"
    posts = (said(2, "ab", bounds), said(1, "ab", bounds), said(4, "ab", "unknown"), None)
    assert after(database, *posts) == {"1": None, "2": "1", "4": None}
    assert after(database, said(3, "ab", "9")) == {"1": "3", "2": "3", "3": None, "4": None}


def test_a_bridge_unites_nobody(database: Place) -> None:
    """1 and 3 are two news; 2, which is like both, is the first one's."""
    assert after(database, said(1, "ab", "0"), said(2, "abc", "3"), said(3, "bc", "7")) == {
        "1": None,
        "2": "1",
        "3": None,
    }


def test_the_window_ends_after_its_days(database: Place) -> None:
    assert after(database, said(1, "ab", "0"), said(2, "ab", "7"), said(3, "ab", "7 and a second")) == {
        "1": None,
        "2": "1",
        "3": None,
    }


# --- what changes it -------------------------------------------------------------------------------------


def test_an_earlier_member_becomes_the_root(database: Place) -> None:
    posts = (said(2, "ab", "3"), said(3, "ab", "7"), None)
    assert after(database, *posts, said(1, "ab", "0")) == {"1": None, "2": "1", "3": "1"}


def test_a_revision_sets_members_free_and_finds_others(database: Place) -> None:
    before = (said(1, "ab", "0"), said(2, "ab", "3"), said(3, "xy", "3"), said(4, "ab", "7"), None)
    assert after(database, *before, said(1, "xy", "0", at=1)) == {"1": None, "2": None, "3": "1", "4": "2"}


def test_a_changed_time_moves_a_root_behind_its_members(database: Place) -> None:
    before = (said(1, "ab", "0"), said(2, "ab", "3"), said(3, "ab", "7"), None)
    assert after(database, *before, said(1, "ab", "9", at=1)) == {"1": "2", "2": None, "3": "2"}


def test_what_a_change_sets_off_goes_as_far_as_it_must(database: Place) -> None:
    """Each is like its neighbours alone, so every second one is a root; a new first one turns all of them."""
    chain = (said(2, "bc", "0"), said(3, "cd", "0"), said(4, "de", "0"), said(5, "ef", "0"), said(6, "fg", "0"))

    class Neighbours(ByLetters):
        def likeness(self, a: Letters, b: Letters, days: int) -> Shared | None:  # noqa: ARG002 - the same shape
            return Shared("near", 0.5) if a.letters & b.letters else None

    async def scenario(base: Database) -> list[str | None]:
        found = Groups(base, Neighbours(), DAYS, "run", "finews", together=1)
        for post in chain:
            await write(base, post)
        await found.sweep()
        roots = [post for post, group in links(await stored(base)).items() if group["duplicate_of"] is None]
        assert roots == [name(2), name(4), name(6)]
        await write(base, said(1, "ab", "0"))
        assert await found.sweep() == Swept(placed=6, grouped=5)
        return [group["duplicate_of"] for group in links(await stored(base)).values()]

    assert run(database, scenario) == [None, name(1), None, name(3), None, name(5)]


def test_readings_that_change_nothing_of_it_leave_a_group_alone(database: Place) -> None:
    async def scenario(base: Database) -> None:
        for post in (said(1, "ab"), said(2, "ab")):
            await write(base, post)
        await groups(base).sweep()
        before = await stored(base)
        with_author = said(2, "ab", at=1)
        with_author.author = "某人"
        await write(base, with_author, "another run")
        now = await stored(base)
        assert now[name(2)]["run_id"] == "another run"
        assert now[name(2)]["pending"] is None
        assert links(now) == links(before)
        assert await groups(base).sweep() == Swept()

    run(database, scenario)


def test_a_root_that_changes_before_its_member_says_so_is_noticed(database: Place) -> None:
    """When the root looks for posts that name it, this one does not yet: it has to look back itself."""

    async def scenario(base: Database) -> dict[str, Document]:
        await write(base, said(1, "ab", "0"))
        await groups(base).sweep()
        await write(base, said(2, "ab", "3"))

        class Slow(Groups):
            async def _join(self, post: Document, group: Document) -> bool:
                if post["_id"] == name(2) and group["duplicate_of"]:
                    await write(base, said(1, "xy", "0", at=1))
                    await groups(base).settle(name(1), Swept())
                return await super()._join(post, group)

        await Slow(base, ByLetters(), DAYS, "run", "finews").sweep()
        posts = await stored(base)
        assert links(posts) == defined(posts)
        return links(posts)

    assert run(database, scenario)[name(2)]["duplicate_of"] is None


def test_a_post_that_comes_while_another_becomes_a_root_finds_it(database: Place) -> None:
    async def scenario(base: Database) -> dict[str, Document]:
        for post in (said(1, "ab", "0"), said(2, "ab", "3")):
            await write(base, post)
        await groups(base).sweep()
        await write(base, said(1, "xy", "0", at=1))
        await groups(base).settle(name(1), Swept())

        class Slow(Groups):
            async def _join(self, post: Document, group: Document) -> bool:
                if post["_id"] == name(2):
                    await write(base, said(3, "ab", "7"))
                    await groups(base).settle(name(3), Swept())
                return await super()._join(post, group)

        await Slow(base, ByLetters(), DAYS, "run", "finews").sweep()
        return links(await stored(base))

    assert run(database, scenario)[name(3)]["duplicate_of"] == name(2)


def test_a_post_to_be_looked_at_again_takes_up_other_rules_whole(database: Place) -> None:
    """With a new fingerprint, those after it have to be told of it, too."""

    async def scenario(base: Database) -> dict[str, Document]:
        for post in (said(1, "ab", "0"), said(2, "ab", "3")):
            await write(base, post)
        await groups(base).sweep()
        await base.fingerprints.update_one({"_id": name(1)}, {"$set": {"version": "older", "keys": []}})
        free = {"duplicate_of": None, "duplicate_kind": None, "similarity": None}
        await base.posts.update_one({"_id": name(2)}, {"$set": free})
        await base.posts.update_one({"_id": name(1)}, {"$set": {"pending": RECHECK}})
        await groups(base).sweep()
        assert await base.fingerprints.distinct("version") == [groups(base).version]
        return links(await stored(base))

    assert run(database, scenario)[name(2)]["duplicate_of"] == name(1)


# --- who does it, and when -------------------------------------------------------------------------------


class KilledError(Exception):
    """The end of a process, from where it stood."""


@dataclass
class Turns:
    """Lets tasks go on one question to the database at a time, in an order of one's choice."""

    waiting: dict[int, asyncio.Future[None]] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, worker: int) -> None:
        self.waiting[worker] = asyncio.get_running_loop().create_future()
        self.moved.set()
        await self.waiting[worker]

    def started(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        task = asyncio.create_task(work())
        task.add_done_callback(lambda _: self.moved.set())
        return task

    async def run(
        self, start: list[Callable[[], Coroutine[Any, Any, None]]], choose: Callable[[int], int], kills: list[int]
    ) -> int:
        """Run workers to their end; start anew, after so many steps as `kills` says, one that stands by. Steps."""
        tasks = {number: self.started(work) for number, work in enumerate(start)}
        steps = 0
        while tasks:
            while any(number not in self.waiting and not task.done() for number, task in tasks.items()):
                self.moved.clear()
                await self.moved.wait()
            for number in [number for number, task in tasks.items() if task.done()]:
                tasks.pop(number).result()
            if tasks:
                steps += 1
                number = sorted(tasks)[choose(len(tasks))]
                gate = self.waiting.pop(number)
                if steps not in kills:
                    gate.set_result(None)
                    continue
                gate.set_exception(KilledError())
                await asyncio.wait({tasks[number]})
                assert isinstance(tasks[number].exception(), KilledError)
                tasks[number] = self.started(start[number])
        return steps


class Gated:
    """A database, a collection or a cursor whose every question waits for its turn."""

    def __init__(self, real: Any, turn: Callable[[], Awaitable[None]]) -> None:
        self.real, self.turn = real, turn

    def __getattr__(self, wanted: str) -> Any:
        real = getattr(self.real, wanted)
        if not callable(real) or wanted in {"posts", "fingerprints"}:
            return Gated(real, self.turn)
        if wanted in {"find", "sort", "limit", "hint"}:
            return lambda *args, **kwargs: Gated(real(*args, **kwargs), self.turn)

        async def in_turn(*args: Any, **kwargs: Any) -> Any:
            await self.turn()
            return await real(*args, **kwargs)

        return in_turn

    async def __aiter__(self) -> Any:
        await self.turn()
        async for document in self.real:
            yield document


TEXTS = st.text("abcd", min_size=1, max_size=4)
EVENTS = st.lists(st.tuples(st.integers(1, 6), TEXTS, st.sampled_from(sorted(TIMES))), min_size=1, max_size=12)


async def shuffled(
    base: Database, events: list[tuple[int, str, str]], choose: Callable[[int], int], kills: list[int]
) -> int:
    """Write posts while two processes sweep, in an order of steps of one's choice; give the number of steps."""
    turns = Turns()

    def sweeper(worker: int) -> Callable[[], Coroutine[Any, Any, None]]:
        gated: Any = Gated(base, lambda: turns.wait(worker))

        async def sweep() -> None:
            while True:
                await groups(gated, f"sweeper {worker}").sweep()
                if not left:
                    break
                await turns.wait(worker)

        return sweep

    left = [said(number, text, time, at=minute) for minute, (number, text, time) in enumerate(events)]

    async def writer() -> None:
        while left:
            await turns.wait(0)
            await write(base, left.pop(0))

    steps = await turns.run([writer, sweeper(1), sweeper(2)], choose, kills)
    await groups(base).sweep()
    return steps


@pytest.fixture(scope="module")
def shared_database(mongo_uri: str) -> Any:
    """Give one database for all examples of a property; each begins with dropping what is in it."""
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        yield mongo_uri, "test_groups"
        client.drop_database("test_groups")


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(events=EVENTS, seed=st.integers(0, 10**9), kills=st.lists(st.integers(4, 250), max_size=5))
def test_any_order_any_interleaving_any_kills_end_in_the_groups_of_the_definition(
    shared_database: Place, events: list[tuple[int, str, str]], seed: int, kills: list[int]
) -> None:
    async def scenario(base: Database) -> None:
        for collection in (base.posts, base.fingerprints, base.post_revisions):
            await collection.delete_many({})
        order = random.Random(seed)  # noqa: S311 - an order, no secret
        await shuffled(base, events, order.randrange, kills)
        posts = await stored(base)
        assert links(posts) == defined(posts)
        assert {post["pending"] for post in posts.values()} == {None}

    run(shared_database, scenario)


# --- at what cost -----------------------------------------------------------------------------------------------


def test_every_question_is_answered_from_an_index(database: Place) -> None:
    async def scenario(base: Database) -> set[str]:
        for number in range(1, 5):
            await write(base, said(number, "ab"))
        await base.command("profile", 2)
        await groups(base).sweep()
        await base.command("profile", 0)
        plans = {
            done["planSummary"] async for done in base.system.profile.find({"planSummary": {"$exists": True}})
        }
        return {plan.partition(" {")[0] + plan.partition(" {")[1] for plan in plans}

    assert run(database, scenario) == {"IXSCAN {", "IDHACK"}
