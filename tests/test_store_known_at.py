"""What was known at a time: exact examples with a real MongoDB, and any readings in any order by property."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.items import Mark, Post
from store.connection import Store
from store.known_at import as_known, known_at
from store.readings import BLOCK
from store.writer import PostWriter
from tests.articles import NAME, article, minute
from tests.test_store_merge import Kept, Sighting, sightings

OTHER = "NW202203012299000002"


def told(database: tuple[str, str], posts: list[Post], wanted: dict[str, Any], *times: int) -> list[list[Any]]:
    """Store readings in this order; give what was known at each of some minutes."""

    async def scenario() -> list[list[Any]]:
        store = Store(*database, Path())
        await store.open()
        writer = PostWriter(store, "r1", "finews")
        writer.start()
        for post in posts:
            await writer.write(post)
        await writer.stop()
        found = [await known_at(store.database, wanted, minute(at)) for at in times]
        await store.close()
        return found

    return asyncio.run(scenario())


def test_wordings_and_fields_are_those_of_the_time(database: tuple[str, str]) -> None:
    marks = [Mark("1.601628", "中国人寿", "link")]
    posts = [
        article("初稿。", 0, digest="旧导语。"),
        article("定稿。", 10, digest="新导语。", author="某人", marks=marks),
        article("全文。", 20, form="share", author="某社某人"),
        article("另一篇。", 15, name=OTHER),
    ]
    before, first, second, last = told(database, list(reversed(posts)), {}, -1, 0, 14, 20)
    assert before == []
    assert [(post["_id"], post["text"]) for post in first] == [(NAME, "初稿。")]
    (post,) = second
    shown = ("text", "html", "body_from", "revision", "changed_at", "digest", "author", "symbols", "unsure")
    assert {name: post[name] for name in shown} == {
        "text": "定稿。",
        "html": "<p>定稿。</p>",
        "body_from": "page",
        "revision": 2,
        "changed_at": minute(10),
        "digest": "新导语。",
        "author": "某人",
        "symbols": ["601628.SH"],
        "unsure": [],
    }
    assert [(post["_id"], post["text"], post["body_from"], post["author"]) for post in last] == [
        (NAME, "全文。", "share", "某社某人"),
        (OTHER, "另一篇。", "page", None),
    ]


def test_what_was_told_otherwise_later_is_named_as_unsure(database: tuple[str, str]) -> None:
    posts = [article("初稿。", 0, digest="旧导语。", author="某人"), article("初稿。", 10, digest="新导语。")]
    ((post,),) = told(database, posts, {"_id": NAME}, 5)
    assert (post["digest"], post["author"], post["unsure"]) == (None, "某人", ["digest"])


def test_a_day_is_asked_for_in_two_questions(database: tuple[str, str]) -> None:
    day = {"published_at": {"$gte": minute(-720), "$lt": minute(720)}}
    tomorrow = article("明日。", 0, name=OTHER, published_raw="2022-03-02 11:51:03", fetched_at=minute(1440))
    (found,) = told(database, [article("旧。", 0), article("新。", 5), tomorrow], day, 3)
    assert [(post["_id"], post["text"]) for post in found] == [(NAME, "旧。")]


@settings(max_examples=200)
@given(st.data())
def test_for_any_order_it_is_the_document_of_the_readings_up_to_then(data: st.DataObject) -> None:
    found = [plain(one) for one in data.draw(sightings())]
    at = minute(data.draw(st.integers(-1, 13)))
    kept = Kept()
    kept.says(*(one.read() for one in data.draw(st.permutations(found))))
    document = as_known({**kept.says(), "withdrawn_at": None}, kept.rows.values(), at)
    early = [one for one in found if minute(one.at) <= at]
    if not early:
        assert document is None
        return
    expected = Kept().says(*(one.read() for one in early))
    assert document is not None
    same = (*BLOCK, "body_from", "revision", "changed_at")
    assert {name: document[name] for name in same} == {name: expected[name] for name in same}
    sure = {"digest", "media", "author", "editor", "category", "share_url", "origin_url"} - set(document["unsure"])
    assert {name: document[name] for name in sure} == {name: expected[name] for name in sure}
    if "securities" not in document["unsure"]:
        assert document["securities"] == expected["securities"]


def plain(one: Sighting) -> Sighting:
    """Let markup change with the words alone, and each form have words of its own: what is kept is exact then."""
    return replace(one, markup=one.words, words=one.words + 100 * len(one.form) + sum(map(ord, one.form)) * 1000)


@settings(max_examples=100)
@given(st.data())
def test_words_and_hashes_hold_also_where_forms_and_markups_meet(data: st.DataObject) -> None:
    found = data.draw(sightings())
    at = minute(data.draw(st.integers(0, 12)))
    kept = Kept()
    kept.says(*(one.read() for one in data.draw(st.permutations(found))))
    document = as_known({**kept.says(), "withdrawn_at": None}, kept.rows.values(), at)
    early = [one for one in found if minute(one.at) <= at]
    expected = Kept().says(*(one.read() for one in early)) if early else None
    words = ("title", "text", "content_hash", "text_hash", "body_from", "revision")
    assert (document and {name: document[name] for name in words}) == (
        expected and {name: expected[name] for name in words}
    )


def test_a_mark_is_told_from_its_time_on() -> None:
    post = {**Kept().says(article("正文。", 0)), "withdrawn_at": minute(10)}
    marks = [(as_known(post, (), minute(at)) or {})["withdrawn_at"] for at in (9, 10)]
    assert marks == [None, minute(10)]
    assert as_known(post, (), minute(0) - timedelta(milliseconds=1)) is None
