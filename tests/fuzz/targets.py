"""What is fuzzed: each parser, and what comes of its answer in the pipelines, up to the values BSON is given.

A target takes any text and gives whether it parsed. Whatever else than a PageLayoutError leaves a parser, or
than a refusal by name a stage, is an escape: a bug.
"""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from crawler.items import Bar, Listing, NewsEntry, NewsList, Post, Quote
from crawler.pages.article import parse_article
from crawler.pages.article_json import parse_article_json
from crawler.pages.body import parse_fragment
from crawler.pages.errors import PageLayoutError
from crawler.pages.feed import parse_feed
from crawler.pages.home import parse_home
from crawler.pages.listing import parse_listing
from crawler.pages.news_list import (
    entry_post,
    parse_columns,
    parse_fast,
    parse_kuaixun_v1,
    parse_search,
    parse_ticker,
)
from crawler.pages.post import parse_post
from crawler.pages.quote import parse_klines, parse_stock, parse_suggest, parse_ulist
from crawler.pages.share import parse_share
from crawler.pages.source import parse_source
from crawler.urls import article_json_url, bars_url, columns_url, share_text_url
from pipelines import InvalidPostError, InvalidQuoteError
from pipelines.normalise import normalised
from pipelines.quotes import bar_document, quote_document
from pipelines.securities import securities
from store.posts import RefusedError, storable
from tests.fuzz.seeds import CODE

AT = datetime(2022, 3, 2, tzinfo=UTC)
SITE = "https://finews.withounder.com"
POST_URL = f"{SITE}/emnews/2022/03/01/202203012293000017.html"
SHARE_URL = share_text_url(f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={CODE}") or ""
LIST_URL = columns_url("350", 1)

PARSERS: dict[str, Callable[[str], Any]] = {
    "home": partial(parse_home, url=f"{SITE}/"),
    "listing": partial(parse_listing, url=f"{SITE}/emnews/"),
    "feed": partial(parse_feed, url=f"{SITE}/feed.xml"),
    "post": partial(parse_post, url=POST_URL, fetched_at=AT),
    "body": partial(parse_fragment, base=POST_URL),
    "source": partial(parse_source, path="_posts/2022-03-01-202203012293000017.md", site=SITE, read_at=AT),
    "share": partial(parse_share, url=SHARE_URL, fetched_at=AT, code=CODE),
    "newsinfo": partial(parse_article_json, url=article_json_url(CODE) or "", fetched_at=AT, code=CODE),
    "article": partial(
        parse_article, url="https://finance.eastmoney.com/a/202203012293000017.html", fetched_at=AT
    ),
    "columns": partial(parse_columns, url=LIST_URL),
    "ticker": partial(parse_ticker, url=LIST_URL),
    "fast": partial(parse_fast, url=LIST_URL),
    "kuaixun": partial(parse_kuaixun_v1, url=LIST_URL),
    "search": partial(parse_search, url=LIST_URL),
    "quotes": partial(parse_ulist, url=LIST_URL),
    "quote": partial(parse_stock, url="https://push2.eastmoney.com/api/qt/stock/get?secid=1.600519"),
    "bars": partial(parse_klines, url=bars_url("1.600519", AT.date())),
    "suggest": partial(parse_suggest, url="https://searchapi.eastmoney.com/api/suggest/get"),
}


def parsed(parser: str, text: str) -> bool:
    """Let a parser read `text`, and the stages what it found; tell whether it did."""
    try:
        found = PARSERS[parser](text)
    except PageLayoutError:
        return False
    if isinstance(found, NewsList):
        for entry in found.entries:
            listed(entry)
    elif isinstance(found, Post):
        believed(found)
    elif isinstance(found, Listing):
        assert len(found.post_urls) == len(set(found.post_urls))
        assert all(url.startswith(f"{SITE}/") for url in found.post_urls)
    else:
        for price in found if isinstance(found, list) else [found]:
            priced(price)
    return True


def listed(entry: NewsEntry) -> None:
    """Take a row of a list through the stages, if it makes a post."""
    try:
        post = entry_post(entry, LIST_URL, AT)
    except PageLayoutError:
        return
    believed(post)


def believed(post: Post) -> None:
    """Take a post through the stages: it is refused by name, or comes out the same when it goes in again."""
    try:
        once = normalised(post)
        once.securities = securities(once.body.marks)
        again = normalised(copy.deepcopy(once))
        assert again == once
        storable(once)
    except (InvalidPostError, RefusedError):
        return


def priced(price: Any) -> None:
    """Take a quote or a bar to the document it becomes."""
    try:
        if isinstance(price, Quote):
            quote_document(price)
        elif isinstance(price, Bar):
            bar_document(price)
    except InvalidQuoteError:
        return
