"""Articles as JSON: newsinfo's `kuaixun/v2/api/article/<id>`, and the app's `content/getnews?newsid=<id>`.

From the answer's text, the URL that answered and the article's code. Gives a `Post` of form `origin`.
In a body of `getnews` pictures and links are placeholders, `<!--IMG#0-->` and `<!--Link#3-->`: places in the
lists `images` and `links`. They are put back before the body is read.
Raises MissingPayloadError for an article that upstream has not, PayloadError, BlockedPayloadError and
RefusedPayloadError for other answers.
"""

import re
from datetime import datetime
from html import escape
from typing import Any

from crawler.items import Post
from crawler.pages.bounds import MAX_ARTICLE
from crawler.pages.payload import MissingPayloadError, PayloadError, RefusedPayloadError, load, mapping, message
from crawler.pages.upstream import body, check_code, lead, names, related, stamp, words
from crawler.securities import parse_chart_url
from crawler.urls import article_url, post_id

_AGREEMENTS = frozenset({"", "ok", "success", "成功"})
_PLACEHOLDER = re.compile(r"<!--\s*(?P<kind>IMG|Link)#(?P<place>[0-9]{1,4})\s*-->")


def parse_article_json(text: str, url: str, fetched_at: datetime, code: str) -> Post:
    """Parse an answer about the article `code` (digits, with or without NW), read at `fetched_at` (aware UTC)."""
    answer = load(text, url)
    if "news" in answer:
        return _getnews(_present(answer, "news", url, code), url, fetched_at, code)
    if "data" not in answer:
        raise PayloadError(url, "neither data nor news")
    news = _present(answer, "data", url, code)
    check_code([news.get("Art_Code")], code, url)
    return _post(
        url,
        fetched_at,
        code,
        title=news.get("Art_Title"),
        markup=news.get("Art_Content"),
        digest=news.get("Art_Guidance"),
        source=news.get("Art_Media_Name"),
        shown=news.get("Art_ShowTime"),
    )


def _present(answer: dict[str, Any], key: str, url: str, code: str) -> dict[str, Any]:
    if answer[key] is None:
        said = message(answer)
        if said.lower() not in _AGREEMENTS:
            raise RefusedPayloadError(url, str(answer.get("code", "")), said)
        raise MissingPayloadError(url, f"no article {code}")
    return mapping(answer[key], key, url)


def _getnews(news: dict[str, Any], url: str, fetched_at: datetime, code: str) -> Post:
    check_code([news.get("newsid")], code, url)
    markup = news.get("body")
    post = _post(
        url,
        fetched_at,
        code,
        title=news.get("title"),
        markup=_filled(markup, news, url) if isinstance(markup, str) else None,
        digest=news.get("description") or news.get("simdigest"),
        source=news.get("source"),
        shown=news.get("showtime"),
    )
    post.author = names(news.get("author"))
    post.body.marks += related(news.get("relatedstocks"))
    return post


def _post(  # noqa: PLR0913 - the fields of an answer, by name only
    url: str, fetched_at: datetime, code: str, *, title: Any, markup: Any, digest: Any, source: Any, shown: Any
) -> Post:
    if not isinstance(markup, str):
        raise PayloadError(url, f"a body of JSON {type(markup).__name__}")
    read, headline = body(markup, url), words(title)
    if not read.text and not read.images:
        raise MissingPayloadError(url, f"no text of {code}")
    read.media_raw = words(source) or read.media_raw
    post = Post(url, "origin", fetched_at, code, headline, read, digest=lead(digest, headline, read.text))
    post.origin_url = article_url(post_id(code) or "")
    stamp(post, shown)
    return post


def _filled(markup: str, news: dict[str, Any], url: str) -> str:
    """Put pictures and links back. Raises PayloadError where many places stand for the same long one."""
    parts, end, length = [], 0, len(markup)
    for found in _PLACEHOLDER.finditer(markup):
        parts += [markup[end : found.start()], _put_back(found, news)]
        end, length = found.end(), length + len(parts[-1])
        if length > MAX_ARTICLE:
            raise PayloadError(url, f"a body of more than {MAX_ARTICLE} characters")
    return "".join([*parts, markup[end:]])


def _put_back(placeholder: re.Match[str], news: dict[str, Any]) -> str:
    """Give the picture or link that a placeholder stands for; nothing where the answer does not hold it."""
    picture = placeholder["kind"] == "IMG"
    listed, place = news.get("images" if picture else "links"), int(placeholder["place"])
    row = listed[place] if isinstance(listed, list) and place < len(listed) else None
    if not isinstance(row, dict):
        return ""
    if not picture:
        href, text = words(row.get("url") or row.get("href")), escape(words(row.get("text")))
        return f'<a href="{escape(href)}">{text}</a>' if href else text
    src = words(row.get("src"))
    if row.get("code") and not parse_chart_url(src):
        return ""  # a price chart by another address: drawn when asked for, so it shows nothing of that day
    return f'<img src="{escape(src)}" class="{escape(words(row.get("class")))}">'
