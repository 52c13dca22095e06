"""Which parser reads which kind of page of posts: one table, for the spiders and for `scrapy replay`.

From the text of a page, its final URL, when it was fetched, and what its request knew: the kind of page, the
article asked for. Gives the posts on it; a page that was asked for as an article's is that article's reading,
whatever it calls itself.
Raises what the parsers raise, PageLayoutError.
"""

from collections.abc import Callable
from datetime import datetime

from crawler.items import NewsList, Post, PostPage
from crawler.pages.article import parse_article
from crawler.pages.article_json import parse_article_json
from crawler.pages.news_list import entry_post, parse_columns, parse_fast, parse_kuaixun_v1, parse_ticker
from crawler.pages.post import parse_post
from crawler.pages.share import parse_share
from crawler.urls import article_url

READ_AS = "read_as"
"""Key in a request's meta: the last arguments of `read_page` by name, plain text, so that they can be stored."""

_PAGES: dict[str, Callable[[str, str, datetime], Post]] = {"post": parse_post, "article": parse_article}
_ANSWERS: dict[str, Callable[[str, str, datetime, str], Post]] = {
    "share": parse_share,
    "origin": parse_article_json,
}
_LISTS: dict[str, tuple[Callable[[str, str], NewsList], str]] = {
    "column": (parse_columns, "list-column"),
    "ticker": (parse_ticker, "list-ticker"),
    "fast": (parse_fast, "list"),
    "kuaixun": (parse_kuaixun_v1, "list"),
}
"""With the form of their rows."""


def read_page(  # noqa: PLR0913 - the last ones by name only
    text: str, url: str, fetched_at: datetime, *, kind: str, post: str = "", code: str = ""
) -> PostPage:
    """Parse a page. `post`: the article it was asked for; `code`: the same as its request spelt it.

    Raises PageLayoutError; KeyError for a kind that nothing reads.
    """
    if kind in _LISTS:
        parse, form = _LISTS[kind]
        read = parse(text, url)
        return PostPage(_rows(read, url, fetched_at, form), read.cursor)
    one = _PAGES[kind](text, url, fetched_at) if kind in _PAGES else _ANSWERS[kind](text, url, fetched_at, code)
    one.name = post or one.name
    return PostPage([one])


def _rows(read: NewsList, url: str, fetched_at: datetime, form: str) -> list[Post]:
    """Give the rows of a list that name an article; of two about the same one the first, which is the later."""
    posts: dict[str, Post] = {}
    for entry in read.entries:
        if entry.post and entry.post not in posts:
            post = entry_post(entry, url, fetched_at)
            post.form = form
            post.origin_url = article_url(entry.post)  # 7x24 links each flash so, without spelling it out
            posts[entry.post] = post
    return list(posts.values())
