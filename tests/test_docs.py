"""The pages of docs/ say what is so: data.md is the code's, queries run and use their index, names exist.

Posts go through the real stages and the real writer into a real MongoDB; the queries of the page are run on it
as they stand there. Only the clock is moved: `updated_at` and `started_at` are set back to the days of the page.
docs/operating.md has tests of its own.
"""

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import json_util
from bson.codec_options import CodecOptions
from pymongo import MongoClient, monitoring

from crawler.items import Bar, Body, Mark, Post, Quote
from crawler.pages.errors import BlockPageError, PageLayoutError
from pipelines import InvalidPostError, likeness
from pipelines.normalise import normalised, published
from pipelines.quotes import bar_document, quote_document
from pipelines.securities import securities
from store import datapage, runs
from store.connection import Store
from store.groups import Groups
from store.quotes import keep
from store.rejects import Rejects
from store.schema import COLLECTIONS, Field
from store.writer import PostWriter

ROOT = Path(__file__).parent.parent
SITE = "https://finews.withounder.com"

QUERIES = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
SECTIONS = {
    part.partition("\n")[0]: part.partition("\n")[2] for part in re.split(r"^## ", QUERIES, flags=re.MULTILINE)[1:]
}
AS_KNOWN = SECTIONS.pop("As known at a time")
"""No query: it calls a function of this project."""

UTC_TIMES: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)

FIRST_RUN, SECOND_RUN = "20220301T055958-finews-1a2b3c", "20220302T010000-finews-4d5e6f"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def beijing(text: str) -> datetime:
    return utc(text) - timedelta(hours=8)


# --- a database like that of the page ---------------------------------------------------------------------


def media_post(number: int, title: str, printed: str, fetched: str, text: str = "正文。") -> Post:
    """Give a post of a medium, as its page shows it."""
    day = printed[:10]
    name = f"NW{day.replace('-', '')}22990000{number:02d}"
    return Post(
        url=f"{SITE}/yangbencaijing/{day.replace('-', '/')}/{name}.html",
        form="page",
        fetched_at=utc(fetched),
        name=name,
        title=title,
        body=Body(text, f"<p>{text}</p>"),
        tags=["样本财经新闻"],
        category="yangbencaijing",
        published_raw=printed,
    )


def rolling_post(name: str, title: str, printed: str, fetched: str) -> Post:
    """Give a post of the rolling news, which mentions the insurer by an automatic link only."""
    return Post(
        url=f"{SITE}/emnews/{printed[:10].replace('-', '/')}/{name}.html",
        form="page-rolling",
        fetched_at=utc(fetched),
        name=name,
        title=title,
        body=Body("中国人寿。", "<p>中国人寿。</p>", marks=[Mark("1.601628", "中国人寿", "link")]),
        tags=["东财滚动新闻"],
        category="emnews",
        published_raw=printed,
    )


def first_wave() -> list[Post]:
    return [
        deepcopy(datapage.EXAMPLE),
        media_post(2, "日终", "2022-03-01 23:59:59", "2022-03-01T16:00:00"),
        media_post(3, "前日", "2022-02-28 23:59:59", "2022-03-01T01:30:00"),
        media_post(4, "初稿", "2022-02-20 09:00:00", "2022-02-20T02:00:00", "共80亿。"),
        rolling_post("202202282299000005", "隔夜", "2022-03-01 00:00:00", "2022-03-01T01:30:01"),
        rolling_post("202112082299000006", "两说", "2021-12-09 01:00:00", "2022-02-01T00:00:00"),
        rolling_post("202112082299000007", "昨日两说", "2021-12-08 18:46:18", "2022-02-01T00:00:01"),
    ]


def second_wave() -> list[Post]:
    return [
        media_post(4, "初稿", "2022-02-20 09:00:00", "2022-03-02T01:00:00", "共90亿。"),
        media_post(8, "次日", "2022-03-02 00:00:00", "2022-03-02T01:00:01"),
    ]


async def store_run(store: Store, run_id: str, posts: list[Post], updated_at: datetime) -> None:
    """Store posts as a run does, after the stages before it."""
    writer = PostWriter(store, run_id, "finews")
    writer.start()
    for post in posts:
        normalised(post).securities = securities(post.body.marks)
    outcomes = await asyncio.gather(*(writer.write(post) for post in posts))
    await writer.stop()
    assert {outcome.kind for outcome in outcomes} <= {"inserted", "updated"}
    await Groups(store.database, likeness, 7, run_id, "finews").sweep()
    await store.database.posts.update_many({"run_id": run_id}, {"$set": {"updated_at": updated_at}})


async def keep_books(store: Store) -> None:
    """Write runs and rejects, as the extensions do."""
    for run_id, spider, verdict in (
        (FIRST_RUN, "finews", {"finish_reason": "finished", "ok": True}),
        (SECOND_RUN, "finews", {"finish_reason": "layout_changed", "ok": False, "failures": ["2 of 9 posts"]}),
        ("20220302T020000-archive-000001", "archive", {"finish_reason": "killed", "ok": False}),
        ("20220228T010000-finews-000002", "finews", {"finish_reason": "no_posts", "ok": False}),
        ("20220302T030000-finews-000003", "finews", None),
    ):
        run = runs.new(run_id, spider, {}, {})
        await runs.write(store.database, runs.ended(run, verdict) if verdict else run)
        started = datetime.strptime(run_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        await store.database.runs.update_one({"_id": run_id}, {"$set": {"started_at": started}})
    rejects = Rejects(store, SECOND_RUN, "finews")
    await rejects.add("parse", PageLayoutError(f"{SITE}/b", "no h1"), url=f"{SITE}/b")
    await rejects.add("normalise", InvalidPostError("published_raw", "x"), url=f"{SITE}/c")
    await rejects.add("parse", PageLayoutError(f"{SITE}/a", "no h1"), url=f"{SITE}/a")
    await Rejects(store, FIRST_RUN, "finews").add("parse", BlockPageError(f"{SITE}/d", "captcha"), url=f"{SITE}/d")


READ = {"read_at": utc("2022-03-01T07:30:00"), "run_id": FIRST_RUN}
QUOTES = [
    Quote(secid, "中国人寿", utc(at), last=last, change_percent=1.5)
    for secid, at, last in (
        ("1.601628", "2022-02-28T07:00:00", 29.5),
        ("1.601628", "2022-03-01T07:00:00", 29.9),
        ("1.601318", "2022-03-01T07:00:01", 50.4),
    )
]
BARS = [
    Bar(secid, date(2022, *day), 29.5, 29.9, 30.1, 29.4, 100, 299000.0, 2.3, 1.5, 0.4, 0.1)
    for secid, day in (
        ("1.601628", (2, 25)),
        ("1.601628", (3, 1)),
        ("1.601628", (2, 28)),
        ("1.601628", (3, 2)),
        ("1.601318", (3, 1)),
    )
]


async def fill(uri: str, name: str) -> None:
    store = Store(uri, name, Path())
    await store.open()
    await store_run(store, FIRST_RUN, first_wave(), utc("2022-03-01T06:00:01"))
    await store_run(store, SECOND_RUN, second_wave(), utc("2022-03-02T01:00:05"))
    await keep_books(store)
    await keep(store.database, "quotes", [quote_document(quote) | READ for quote in QUOTES])
    await keep(store.database, "bars", [bar_document(bar) | READ for bar in BARS])
    await store.close()


class Asked(monitoring.CommandListener):
    """Keeps the queries that a client sends."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in {"find", "aggregate"}:
            said = bson.decode(bson.encode(event.command), UTC_TIMES)
            self.commands.append({key: said[key] for key in said if not key.startswith("$") and key != "lsid"})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to keep; the query itself raises."""


@pytest.fixture(scope="module")
def filled(mongo_uri: str) -> Iterator[str]:
    """Give the name of a database like that of the page; the tests here only read it."""
    name = f"test_{uuid.uuid4().hex}"
    asyncio.run(fill(mongo_uri, name))
    yield name
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        client.drop_database(name)


# --- mongosh, as far as the page goes ----------------------------------------------------------------------

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|ISODate\("([-\d:TZ]+)"\)|([$A-Za-z_][$\w]*)(?=: )')
_STATEMENT = re.compile(
    r"db\.(\w+)\.(find|aggregate)\((.*?)\)(?:\.sort\(([^()]*)\))?(?:\.limit\((\d+)\))?", re.DOTALL
)


def mongosh_json(text: str) -> str:
    """Turn what mongosh reads into JSON: quotes around keys, dates as `$date`."""

    def token(found: re.Match[str]) -> str:
        date, key = found[1], found[2]
        return json.dumps({"$date": date}) if date else f'"{key}"' if key else found[0]

    return _TOKEN.sub(token, text)


def mongosh_value(text: str) -> Any:
    return json_util.loads(mongosh_json(text), json_options=json_util.JSONOptions(tz_aware=True, tzinfo=UTC))


def mongosh_command(statement: str) -> dict[str, Any]:
    """Read `db.X.find(filter, projection).sort(keys).limit(n)` or `db.X.aggregate(stages)`. Raises ValueError."""
    if re.search(r"^\s*[.]", statement, re.MULTILINE):
        raise ValueError("mongosh runs the lines before one that begins with a dot")
    found = _STATEMENT.fullmatch(mongosh_json(statement).strip())
    if not found:
        raise ValueError("not a find or aggregate")
    collection, method, arguments, sort, limit = found.groups()
    values = mongosh_value(f"[{arguments}]")
    if method == "aggregate":
        (stages,) = values
        return {"aggregate": collection, "pipeline": stages, "cursor": {}}
    wanted, shown = values
    command = {"find": collection, "filter": wanted, "projection": shown}
    if sort:
        command["sort"] = mongosh_value(sort)
    return command | ({"limit": int(limit)} if limit else {})


@pytest.mark.parametrize(
    "statement",
    [
        "db.posts.find({media.slug: 1}, {})",  # mongosh wants quotes here
        "db.posts.find({a: 1}, {})\n  .limit(3)",
        "db.posts.find({a: 1}, {}) // all",
        "db.posts.find({a: 1}, {}).limit(x)",
        "db.posts.find({a: 1,}, {}, {})",
        "db.posts.deleteMany({a: 1})",
        "db.posts.find({a: new Date()}, {})",
    ],
)
def test_what_is_no_plain_mongosh_is_refused(statement: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - ours and json's, with a message each
        mongosh_command(statement)


def test_mongosh_is_read_as_mongosh_reads_it() -> None:
    statement = (
        'db.posts.find({at: {$gte: ISODate("2022-02-28T16:00:00Z")}, "a.b": null}, {c: 1}).sort({at: -1}).limit(5)'
    )
    assert mongosh_command(statement) == {
        "find": "posts",
        "filter": {"at": {"$gte": datetime(2022, 2, 28, 16, tzinfo=UTC)}, "a.b": None},
        "projection": {"c": 1},
        "sort": {"at": -1},
        "limit": 5,
    }


# --- docs/queries.md ---------------------------------------------------------------------------------------


def post_id(number: int, day: str = "20220301") -> str:
    return f"NW{day}22990000{number:02d}"


EXAMPLE = {"_id": post_id(1), "title": "中国人寿公布二月保费收入", "published_at": beijing("2022-03-01T11:51:03")}
OVERNIGHT = {"_id": post_id(5, "20220228"), "title": "隔夜", "published_at": beijing("2022-03-01T00:00:00")}
DAY_BEFORE = {"_id": post_id(3, "20220228"), "title": "前日", "published_at": beijing("2022-02-28T23:59:59")}
LAST_SECOND = {"_id": post_id(2), "title": "日终", "published_at": beijing("2022-03-01T23:59:59")}
NEXT_DAY = {"_id": post_id(8, "20220302"), "title": "次日", "published_at": beijing("2022-03-02T00:00:00")}
REVISED = {"_id": post_id(4, "20220220"), "title": "初稿", "published_at": beijing("2022-02-20T09:00:00")}
EITHER = {"_id": post_id(6, "20211208"), "title": "两说", "published_at": None}
EITHER_BEFORE = {"_id": post_id(7, "20211208"), "title": "昨日两说", "published_at": None}


def shown(post: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"_id": post["_id"], "title": post["title"], **more}


ANSWERS: dict[str, list[dict[str, Any]]] = {
    "News of a security, newest first": [EXAMPLE, OVERNIGHT, EITHER, EITHER_BEFORE],
    "News about a security": [EXAMPLE],
    "News of a medium": [EXAMPLE],
    "A category": [OVERNIGHT, EITHER, EITHER_BEFORE],
    "A Beijing day": [LAST_SECOND, EXAMPLE, OVERNIGHT],
    "Posts of unknown time that may lie in a day": [
        shown(EITHER, published_min=utc("2021-12-08T09:00:00"), published_max=utc("2021-12-08T17:00:00"))
    ],
    "What was known at a time": [
        shown(DAY_BEFORE, available_at=utc("2022-03-01T01:30:00"), revision=1),
        shown(REVISED, available_at=utc("2022-02-20T02:00:00"), revision=2),
        shown(EITHER_BEFORE, available_at=utc("2022-02-01T00:00:01"), revision=1),
        shown(EITHER, available_at=utc("2022-02-01T00:00:00"), revision=1),
    ],
    "The wordings a post had before": [
        {"at": utc("2022-02-20T02:00:00"), "form": "page", "title": "初稿", "text": "共80亿。"}
    ],
    "What is new or changed since the last pull": [
        shown(REVISED, updated_at=utc("2022-03-02T01:00:05"), etag=2),
        shown(NEXT_DAY, updated_at=utc("2022-03-02T01:00:05"), etag=1),
    ],
    "What a run changed": [
        shown(REVISED, text="共90亿。", first_run_id=FIRST_RUN, revision=2),
        shown(NEXT_DAY, text="正文。", first_run_id=SECOND_RUN, revision=1),
    ],
    "What a run rejected, by reason": [
        {"_id": "PageLayoutError", "count": 2, "example": f"{SITE}/a"},
        {"_id": "InvalidPostError", "count": 1, "example": f"{SITE}/c"},
    ],
    "Runs that were not ok": [
        {
            "_id": SECOND_RUN,
            "started_at": utc("2022-03-02T01:00:00"),
            "finish_reason": "layout_changed",
            "failures": ["2 of 9 posts"],
        },
        {
            "_id": "20220228T010000-finews-000002",
            "started_at": utc("2022-02-28T01:00:00"),
            "finish_reason": "no_posts",
            "failures": [],
        },
    ],
    "The securities of a week that most posts were about": [{"_id": "601628.SH", "posts": 1}],
    "News of a security, each news once": [EXAMPLE, OVERNIGHT, EITHER],
    "Who repeats a news": [shown(EITHER_BEFORE, duplicate_kind="exact", similarity=1.0)],
    "News by how often they were told, as of a time": [
        {"_id": EITHER["_id"], "posts": 2, "first": utc("2022-02-01T00:00:00")},
        {"_id": REVISED["_id"], "posts": 1, "first": utc("2022-02-20T02:00:00")},
        {"_id": DAY_BEFORE["_id"], "posts": 1, "first": utc("2022-03-01T01:30:00")},
    ],
    "The latest quote of a security": [
        {
            "_id": "1.601628@2022-03-01T07:00:00Z",
            "name": "中国人寿",
            "at": utc("2022-03-01T07:00:00"),
            "last": 29.9,
            "change_percent": 1.5,
        }
    ],
    "Daily bars of a security": [
        {
            "_id": f"1.601628/{day}",
            "day": day,
            "open": 29.5,
            "high": 30.1,
            "low": 29.4,
            "close": 29.9,
            "volume": 100,
        }
        for day in ("2022-02-28", "2022-03-01")
    ],
}
"""What each query of the page finds here, in its order; entries that it leaves unordered may come in any."""


def by_id(answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(answer, key=lambda entry: str(entry.get("_id")))


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", section, re.DOTALL)


def winning_stages(plan: Any, *, chosen: bool = False) -> list[tuple[str, str | None]]:
    """Give the stages that the server chose, with their index, wherever the answer to explain holds them."""
    if isinstance(plan, list):
        return [stage for part in plan for stage in winning_stages(part, chosen=chosen)]
    if not isinstance(plan, dict):
        return []
    own = [(plan["stage"], plan.get("indexName"))] if chosen and isinstance(plan.get("stage"), str) else []
    return own + [
        stage
        for key, part in plan.items()
        if key != "rejectedPlans"
        for stage in winning_stages(part, chosen=chosen or key == "winningPlan")
    ]


def test_every_query_of_the_page_has_its_answer_here() -> None:
    assert list(SECTIONS) == list(ANSWERS)
    assert "Eighteen queries" in QUERIES
    assert len(SECTIONS) == 18


@pytest.mark.parametrize("title", SECTIONS)
def test_queries_answer_and_use_their_index(title: str, mongo_uri: str, filled: str) -> None:
    section = SECTIONS[title]
    (mongosh,), (python,) = blocks(section, "js"), blocks(section, "python")
    named = re.search(r"Index:\s+`(\w+)`\.", section)
    assert named
    asked = Asked()
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True, event_listeners=[asked]) as client:
        database = client[filled]
        names: dict[str, Any] = {"db": database}
        exec(compile(python, "docs/queries.md", "exec"), names)  # noqa: S102 - the project's own page
        answer = list(names["found"])
        (from_python,) = asked.commands
        from_mongosh = mongosh_command(mongosh)
        mongosh_answer = database.command(from_mongosh, codec_options=UTC_TIMES)["cursor"]["firstBatch"]
        stages = winning_stages(database.command("explain", from_mongosh, verbosity="queryPlanner"))
    assert from_mongosh == from_python
    assert mongosh_answer == answer
    assert by_id(answer) == by_id(ANSWERS[title])
    for key in from_mongosh.get("sort", {"_id": 1} if "aggregate" in from_mongosh else {}):
        assert [entry[key] for entry in answer] == [entry[key] for entry in ANSWERS[title]]
    assert ("IXSCAN", named[1]) in stages
    assert not {"COLLSCAN", "SORT"} & {stage for stage, _ in stages}


def test_posts_as_known_at_a_time(mongo_uri: str, filled: str) -> None:
    (python,) = blocks(AS_KNOWN, "python")
    names: dict[str, Any] = {"uri": mongo_uri}
    here = python.replace('client["finews"]', f'client["{filled}"]')
    assert here != python
    exec(compile(here, "docs/queries.md", "exec"), names)  # noqa: S102 - the project's own page
    (post,) = names["found"]
    known = ("_id", "title", "text", "revision", "changed_at", "unsure")
    expected = shown(REVISED, text="共80亿。", revision=1, changed_at=None, unsure=[])
    assert {name: post[name] for name in known} == expected


def test_the_connection_of_the_page(mongo_uri: str) -> None:
    (python,) = blocks(QUERIES.partition("\n## ")[0], "python")
    names: dict[str, Any] = {"uri": mongo_uri}
    exec(compile(python, "docs/queries.md", "exec"), names)  # noqa: S102 - the project's own page
    with names["client"]:
        assert names["db"].name == "finews"
        assert names["db"].codec_options.tz_aware
        assert names["client"].admin.command("ping")["ok"] == 1


# --- docs/data.md ------------------------------------------------------------------------------------------

DATA = ROOT / "docs" / "data.md"


def test_the_data_page_is_that_of_the_code() -> None:
    same = DATA.read_text(encoding="utf-8") == datapage.render()
    assert same, "docs/data.md is not what the code says; run: python -m store.datapage > docs/data.md"


def fields(found: tuple[Field, ...]) -> Iterator[Field]:
    for field in found:
        yield field
        yield from fields(field.inside)


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.name)
def test_every_field_and_index_has_a_meaning(collection: Any) -> None:
    meanings = [field.meaning for field in fields(collection.fields)]
    meanings += [index.serves for index in collection.indexes]
    assert all(meaning.strip() for meaning in [collection.meaning, *meanings])
    assert not [meaning for meaning in meanings if "|" in meaning or "\n" in meaning], "it would break the table"


def test_every_field_and_index_is_on_the_data_page() -> None:
    parts = {part.partition("\n")[0]: part for part in DATA.read_text(encoding="utf-8").split("\n## ")}
    for collection in COLLECTIONS:
        rows = re.findall(r"^\| `(\S+?)` \|", parts[collection.name], re.MULTILINE)
        documented = [*fields(collection.fields), *collection.indexes]
        assert [re.split(r"[.\]]", row)[-1] for row in rows if row != "_id_"] == [one.name for one in documented]


def test_the_post_on_the_data_page_is_what_a_run_stores(mongo_uri: str, filled: str) -> None:
    post = deepcopy(datapage.EXAMPLE)
    assert normalised(deepcopy(post)) == post
    assert securities(post.body.marks) == post.securities
    (block,) = blocks(DATA.read_text(encoding="utf-8"), "js")
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True, tzinfo=UTC) as client:
        assert client[filled].posts.find_one({"_id": post.post}) == mongosh_value(block)


def published_rows() -> list[list[str]]:
    table = DATA.read_text(encoding="utf-8").partition("| post | printed |")[2].partition("\n\n")[0]
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]


@pytest.mark.parametrize("row", published_rows())
def test_the_times_on_the_data_page_are_decided_so(row: list[str]) -> None:
    name, printed, read_at, *expected = row
    post = rolling_post(name, "t", printed, read_at.removesuffix("Z"))
    post.form = "page-rolling" if name.isdigit() else "page"
    post.published_raw = None if printed == "nothing" else printed
    post.post = "NW" + name.removeprefix("NW")
    times = published(post)
    decided = [f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "null" for at in (times.at, times.min, times.max)]
    assert [*decided, times.source or "null"] == expected


# --- docs/extending.md, and links --------------------------------------------------------------------------

EXTENDING = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("crawler", "pipelines", "store", "sandbox")
    for path in sorted((ROOT / folder).rglob("*.py"))
)


@pytest.mark.parametrize("name", sorted({name for name in re.findall(r"`([^`]+)`", EXTENDING) if "<" not in name}))
def test_the_names_in_extending_are_those_of_the_code(name: str) -> None:
    if re.fullmatch(r"[\w/]+/|[\w/]+\.(py|md)", name):
        assert (ROOT / name).exists()
    elif name.startswith("make "):
        rule = f"^{name.removeprefix('make ')}:"
        assert re.search(rule, (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    else:
        assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", SOURCE)


@pytest.mark.parametrize("page", ["docs/data.md", "docs/queries.md", "docs/extending.md", "docs/drills.md"])
def test_links_between_the_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ ([\w ]+)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(([^):]+)\)", text):
        assert target.removeprefix("#") in headings or (ROOT / "docs" / target).exists()
