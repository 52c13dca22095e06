"""Repetitions within a run: dropped once the first is stored, and nothing else is."""

from dataclasses import fields, replace
from typing import Any

import pytest

from crawler.items import Body, Media, Post, Security
from pipelines import DuplicatePostError, duplicates
from pipelines.duplicates import DuplicatesPipeline
from tests.articles import NOON, SITE, article, minute


def passes(stage: DuplicatesPipeline, post: Post) -> bool:
    try:
        return stage.process_item(post) is post
    except DuplicatePostError:
        return False


def test_a_repetition_is_dropped_once_the_first_is_stored() -> None:
    stage = DuplicatesPipeline()
    assert passes(stage, article("正文。", 0))
    assert passes(stage, article("正文。", 1)), "the first may yet be refused"
    stage.item_scraped(article("正文。", 0))
    assert not passes(stage, article("正文。", 2))


CHANGED: dict[str, Any] = {
    "url": f"{SITE}/other.html",
    "form": "share",
    "name": "NW202203012299000009",
    "title": "新题",
    "body": Body("新。", "<p>新。</p>"),
    "digest": "新导语",
    "tags": ["新"],
    "category": "new",
    "published_raw": "2022-03-01 12:00:00",
    "published_zoned": True,
    "share_url": "https://e.com/s",
    "origin_url": "https://e.com/o",
    "author": "某人",
    "source_raw": "---\n---\n新。",
    "source_path": "_posts/2022-03-01-NW202203012299000009.md",
    "source_order": 1,
    "committed_at": NOON,
    "post": "NW202203012299000009",
    "media": Media("新报", "xinbao"),
    "published_at": NOON,
    "published_min": NOON,
    "published_max": NOON,
    "published_from": "serial",
    "content_hash": "c",
    "text_hash": "t",
    "securities": [Security("1.1", None, "1", 1, "stock", None, 1, ())],
}


@pytest.mark.parametrize("name", [field.name for field in fields(Post) if field.name != "fetched_at"])
def test_whatever_is_new_in_a_reading_passes(name: str) -> None:
    stage = DuplicatesPipeline()
    stage.item_scraped(article())
    assert passes(stage, replace(article(), **{name: CHANGED[name]}))
    assert not passes(stage, replace(article(), fetched_at=minute(5)))


def test_a_return_to_an_earlier_wording_passes() -> None:
    stage = DuplicatesPipeline()
    for text in ("旧。", "新。"):
        assert passes(stage, article(text))
        stage.item_scraped(article(text))
    assert passes(stage, article("旧。"))
    assert not passes(stage, article("新。"))


def test_memory_is_bounded_and_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "REMEMBERED", 2)
    stage = DuplicatesPipeline()
    first, second, third = (article(name=f"NW20220301229900000{number}") for number in range(3))
    for post in (first, second, first, third):
        stage.item_scraped(post)
    assert [passes(stage, post) for post in (first, second, third)] == [False, True, False]


def test_other_items_pass() -> None:
    stage, item = DuplicatesPipeline(), Body("a", "b")
    stage.item_scraped(item)
    assert stage.process_item(item) is item
