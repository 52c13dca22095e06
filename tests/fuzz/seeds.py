"""Valid pages to start from, by parser: of a made-up world, and real ones where they lie beside the project."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from crawler.urls import (
    article_json_url,
    article_url,
    bars_url,
    columns_url,
    fast_url,
    kuaixun_url,
    quotes_url,
    share_text_url,
    ticker_url,
)
from sandbox import bars, list_hosts, quotes, upstream
from sandbox.http import Request, Response
from sandbox.world import World

SHARED = Path(__file__).resolve().parents[3] / "shared"
CODE = "NW202203012293000017"
"""The article that upstream's answers are about."""

POSTS = 60
"""Of the made-up world: all its kinds of posts stand in it."""

_REAL = {
    "home": ("corpus/site*/index.html",),
    "listing": ("corpus/site*/emnews/index.html", "corpus/site*/category/*.html"),
    "feed": ("corpus/site*/feed.xml",),
    "post": ("corpus/site*/*/20*/*/*/*.html",),
    "body": ("corpus/bodies/*.html", "facts/samples/*body*.html"),
    "source": ("corpus/posts/*/*.md",),
    "article": ("facts/samples/article_page*.html",),
    "columns": ("facts/samples/*getNewsByColumns*.json",),
    "ticker": ("facts/samples/list_getListInfo_web*.json",),
    "fast": ("facts/samples/list_getFastNewsList.json",),
    "kuaixun": ("facts/samples/list_kuaixun*.txt",),
    "search": ("facts/samples/search_jsonp_ok.txt",),
    "quotes": ("facts/samples/push2_slist*.json",),
    "bars": ("facts/samples/push2his*.txt",),
    "suggest": ("facts/samples/suggest*.json",),
}

_WRITTEN = {
    "suggest": '{"QuotationCodeTable":{"Data":[{"Code":"000001","Name":"平安银行","MktNum":"0"}],"Status":0}}',
    "search": 'x({"code":0,"result":{"cmsArticleWebOld":[{"code":"202203012293000017","title":"甲"}]}})',
}
"""Answers of hosts that the sandbox does not play."""


def seeds(parser: str) -> list[str]:
    """Give pages that `parser` is made for; a short one or two where nothing else serves them."""
    made = [*_made(parser)]
    real = [path for pattern in _REAL.get(parser, ()) for path in sorted(SHARED.glob(pattern))]
    return made + [path.read_text("utf-8") for path in real]


@cache
def _world() -> World:
    return World(seed=5, posts=POSTS, upstream_only=20)


def _made(parser: str) -> Iterator[str]:
    world = _world()
    forms = [form for truth in world.truths for form in truth.forms]
    ids = [truth.id for truth in world.truths]
    match parser:
        case "home":
            yield from _site(world, "/")
        case "listing":
            yield from _site(world, "/emnews/", *(f"/category/{form.category}.html" for form in forms[:5]))
        case "feed":
            yield from _site(world, "/feed.xml")
        case "post":
            yield from _site(world, *(f"/{form.url.split('/', 3)[3]}" for form in forms))
        case "source":
            yield from world.sources().values()
        case "body":
            yield "<p>甲</p><ul><li>乙</li></ul><table><tr><td>丙</td><td>1</td></tr></table><p>（文章来源：丁）"
        case "share" | "newsinfo" | "article":
            ask = {"share": upstream.share, "newsinfo": upstream.newsinfo, "article": upstream.article}[parser]
            for post in ids[:20]:  # all under one number, the one that the parser is told to expect
                answer = _text(ask(world, _request(_upstream_url(parser, post))))
                yield answer.replace(post.removeprefix("NW"), CODE.removeprefix("NW"))
        case _:
            yield _list(parser, world)


def _list(parser: str, world: World) -> str:
    ask: dict[str, Callable[[], Response]] = {
        "columns": lambda: list_hosts.listapi(world, _request(columns_url("350,351", 1))),
        "ticker": lambda: list_hosts.listapi(world, _request(ticker_url("1.600519", 1))),
        "fast": lambda: list_hosts.weblist(world, _request(fast_url())),
        "kuaixun": lambda: list_hosts.newsapi(world, _request(kuaixun_url(1))),
        "quotes": lambda: quotes.push2(_request(quotes_url(["1.600519", "0.300750", "116.00700"]))),
        "quote": lambda: quotes.push2(_request("https://host/api/qt/stock/get?secid=1.600519&fltt=1")),
        "bars": lambda: bars.push2his(world.now, _request(bars_url("1.600519", world.now.date().replace(day=1)))),
    }
    return _WRITTEN[parser] if parser in _WRITTEN else _text(ask[parser]())


def _site(world: World, *paths: str) -> Iterator[str]:
    for path in dict.fromkeys(paths):
        if page := world.site.get(unquote(path)):
            yield page.decode()


def _upstream_url(parser: str, post: str) -> str:
    share_page = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={post}"
    url = {"share": share_text_url(share_page), "newsinfo": article_json_url(post), "article": article_url(post)}
    return url[parser] or ""


def _request(url: str) -> Request:
    return Request("GET", "/" + url.split("/", 3)[3], {})


def _text(response: Response) -> str:
    return response.body.decode()
