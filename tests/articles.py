"""Readings of made-up articles, for the tests of pipelines/ and store/."""

from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.items import Body, Mark, Post
from pipelines.normalise import normalised
from pipelines.securities import securities

SITE = "https://finews.withounder.com"
NOON = datetime(2022, 3, 1, 4, tzinfo=UTC)
"""Noon in Beijing."""

NAME = "NW202203012299000001"


def minute(number: int) -> datetime:
    """Give a time `number` minutes after NOON."""
    return NOON + timedelta(minutes=number)


def page(
    text: str = "正文。", at: int = 0, name: str = NAME, marks: list[Mark] | None = None, **fields: Any
) -> Post:
    """Give a page as its parser does, read at minute `at`: the rolling copy if `name` is bare digits."""
    rolling = name.isdigit()
    category = "emnews" if rolling else "shiliribao"
    known = {
        "url": f"{SITE}/{category}/2022/03/01/{name}.html",
        "form": "page-rolling" if rolling else "page",
        "fetched_at": minute(at),
        "title": "标题",
        "tags": ["东财滚动新闻" if rolling else "示例日报新闻"],
        "category": category,
        "published_raw": "2022-03-01 11:51:03",
    }
    return Post(name=name, body=Body(text, f"<p>{text}</p>", marks=marks or []), **(known | fields))


def article(text: str = "正文。", at: int = 0, **fields: Any) -> Post:
    """Give the same after the stages before the store."""
    post = normalised(page(text, at, **fields))
    post.securities = securities(post.body.marks)
    return post
