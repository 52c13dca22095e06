"""Upstream's lists of news: columns, 7x24 in both generations, a security's news, search.

From the answer's text and its URL. Gives a `NewsList`, and of each entry a `Post` of form `list`.
All hold the same facts under other names, and codes as text or number; one table of names reads them all. The
number in a row is its identity: 18 digits (17 before 2019) are an article, 23 a post in Caifuhao.
Raises BlockedPayloadError, RefusedPayloadError (another code than yes, `data: null`) and PayloadError. An empty
or absent list is the end of it; that the first page of one is empty is for the spider to judge.
"""

from datetime import datetime
from html import escape
from typing import Any

from crawler.items import Body, Link, NewsEntry, NewsList, Post
from crawler.pages.errors import PageLayoutError
from crawler.pages.payload import PayloadError, data, load, mapping, rows
from crawler.pages.render import visible
from crawler.pages.upstream import after_title, lead, lines, names, related, stamp, words
from crawler.urls import article_id, article_url, canonical_url, post_id

_CODE = ("code", "Art_Code", "newsid", "id", "infoCode")
_TITLE = ("title", "Art_Title")
_LEAD = ("summary", "digest", "content", "Art_Content")
_TIME = ("showTime", "Art_ShowTime", "showtime", "date", "Art_CreateTime")
_MEDIA = ("mediaName", "Art_MediaName", "source")
_AUTHOR = ("Author", "author")
_PAGE = ("uniqueUrl", "url_unique", "Art_UniqueUrl", "Art_Url", "url_w", "url")
_ORIGIN = ("Np_dst", "np_dst")
_SECURITIES = ("stockList",)


def parse_columns(text: str, url: str) -> NewsList:
    """Parse a page of columns, `np-listapi.../getNewsByColumns`."""
    return _list(data(load(text, url), url, ok="1"), "list", url)


def parse_ticker(text: str, url: str) -> NewsList:
    """Parse a page of a security's news, `np-listapi.../getListInfo`."""
    return _list(data(load(text, url), url, ok="1"), "list", url)


def parse_fast(text: str, url: str) -> NewsList:
    """Parse a page of 7x24, `np-weblist.../getFastNewsList`; its `cursor` asks for the next one."""
    return _list(data(load(text, url), url, ok="1"), "fastNewsList", url, flash=True)


def parse_kuaixun_v1(text: str, url: str) -> NewsList:
    """Parse a page of the older 7x24, `newsapi.../kuaixun/v1/getlist_...`."""
    answer = load(text, url)
    if "LivesList" not in answer:
        raise PayloadError(url, "no LivesList")
    return _list(answer, "LivesList", url, flash=True)


def parse_search(text: str, url: str) -> NewsList:
    """Parse a page of search results, `search-api-web.../search/jsonp`, or of the interface before it."""
    answer = load(text, url)
    if "Data" in answer:
        return _list(answer, "Data", url)
    found = mapping(answer.get("result"), "result", url)
    if "cmsArticleWebOld" not in found:
        raise PayloadError(url, "no cmsArticleWebOld")
    return _list(found | {"total": answer.get("hitsTotal")}, "cmsArticleWebOld", url)


def _list(holder: dict[str, Any], key: str, url: str, *, flash: bool = False) -> NewsList:
    total = next((holder[name] for name in ("totle_hits", "total", "TotalCount") if name in holder), None)
    cursor = words(holder.get("sortEnd"))
    return NewsList(
        [_entry(row, flash=flash) for row in rows(holder.get(key), key, url)],
        cursor or None,
        total if isinstance(total, int) and not isinstance(total, bool) else None,
    )


def _entry(row: dict[str, Any], *, flash: bool) -> NewsEntry:
    """Read a row. `flash`: its lead is the whole text."""
    said, title = lines(_first(row, _LEAD)), words(_first(row, _TITLE))
    title = title or words(after_title(said)[0])
    page = canonical_url(words(_first(row, _PAGE)))
    post = post_id(words(_first(row, _CODE))) or post_id((page and article_id(page)) or "")
    return NewsEntry(
        post,
        title,
        digest=None if flash else lead(said, title, ""),
        text="\n".join(map(visible, after_title(said)[1].splitlines())) if flash else "",
        published_raw=words(_first(row, _TIME)) or None,
        media=words(_first(row, _MEDIA)) or None,
        author=names(_first(row, _AUTHOR)),
        url=page or article_url(post or ""),
        origin=words(_first(row, _ORIGIN)) or None,
        marks=related(_first(row, _SECURITIES)),
    )


def _first(row: dict[str, Any], named: tuple[str, ...]) -> Any:
    """Give the first value of a row that says anything."""
    return next((row[name] for name in named if row.get(name)), None)


def entry_post(entry: NewsEntry, url: str, fetched_at: datetime) -> Post:
    """Give an entry of the list at `url`, read at `fetched_at` (aware UTC), as a reading of its article.

    Raises PageLayoutError for an entry that names no article.
    """
    if entry.post is None:
        raise PageLayoutError(url, f"no code in the row {entry.title[:60]!r}")
    paragraphs = [f"<p>{escape(line, quote=False)}</p>" for line in entry.text.splitlines()]
    body = Body(entry.text, "\n".join(paragraphs), marks=list(entry.marks), media_raw=entry.media)
    post = Post(url, "list", fetched_at, entry.post, entry.title, body, digest=entry.digest, author=entry.author)
    if entry.url and article_id(entry.url):
        post.origin_url = article_url(entry.post)
    elif entry.url:
        body.links.append(Link(entry.url, ""))
    stamp(post, entry.published_raw)
    return post
