"""What is let through of requests and answers, piece by piece: hosts, addresses, charsets, compression, bounds."""

import gzip
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from crawler.handlers import is_public
from crawler.items import Body, Image, Link, Mark, Post
from crawler.middlewares.allowed_hosts import is_allowed
from crawler.middlewares.compression import BodyTooLargeError, BrokenBodyError, unpacked
from crawler.middlewares.redirects import RedirectsMiddleware, TooManyRedirectsError
from crawler.pages.article_json import parse_article_json
from crawler.pages.bounds import MAX_ARTICLE, MAX_CATEGORIES, MAX_JSON_DEPTH, check_listed, is_deep
from crawler.pages.errors import PageLayoutError
from crawler.pages.home import parse_home
from crawler.pages.listing import parse_listing
from crawler.pages.payload import PayloadError, load
from crawler.pages.text import decoded
from crawler.urls import MAX_URL, canonical_url
from pipelines import InvalidPostError
from pipelines.bounds import MAX_CHARACTERS, MAX_NAME, MAX_ROWS, is_web_address
from pipelines.normalise import normalised
from pipelines.safe_html import VOCABULARY, safe_html
from tests.fixtures import page

URL = "https://finews.withounder.com/emnews/2022/03/01/202203012293000017.html"
DOMAINS = ["finews.withounder.com", "eastmoney.com"]


# --- where requests may go ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://finews.withounder.com/",
        "http://finews.withounder.com:80/emnews/",
        "https://FINEWS.withounder.com./",
        "https://push2.eastmoney.com/api?x=@y",
        "http://named.eastmoney.com:8080/",
    ],
)
def test_hosts_the_spider_names_may_be_asked(url: str) -> None:
    assert is_allowed(url, DOMAINS, {"http://named.eastmoney.com:8080"})


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/",
        "https://eastmoney.com.elsewhere.example/",
        "https://noteastmoney.com/",
        "https://finews.withounder.com@elsewhere.example/",
        "https://user:password@finews.withounder.com/",
        "https://finews.withounder.com:22/",
        "http://finews.withounder.com:443/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "https:///finews.withounder.com/",
    ],
)
def test_no_other_host_or_port_may_be_asked(url: str) -> None:
    assert not is_allowed(url, DOMAINS, {"http://named.eastmoney.com:8080"})


def test_an_address_is_public_or_it_is_not() -> None:
    assert all(map(is_public, ["1.1.1.1", "180.163.26.39", "2400:3200::1"]))
    private = (
        "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255"
    )
    assert not any(map(is_public, [*private.split(), "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"]))


RESOLVING = """
import asyncio, sys
from scrapy import Request
from scrapy.utils.reactor import install_reactor
install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
from twisted.internet import reactor
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.test import get_crawler
from crawler.handlers import MirrorDownloadHandler
async def ask(host, **settings):
    handler = MirrorDownloadHandler(get_crawler(settings_dict=settings))
    try:
        await handler.refuse_private(host)
        return "asked"
    except Exception as error:
        return f"{type(error).__name__}: {error} ({handler.crawler.stats.get_value('hosts/private')})"
async def main():
    print(await ask("localhost"))
    print(await ask("127.0.0.1"))
    print(await ask("localhost", FINEWS_SITE="http://localhost:8000/"))
    print(await ask("no-such-host.invalid"))
    reactor.stop()
reactor.callWhenRunning(lambda: deferred_from_coro(main()))
reactor.run()
"""


def test_a_name_that_leads_to_a_private_address_is_refused_unless_the_operator_names_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RESOLVING], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        "PrivateAddressError: localhost is 127.0.0.1, which is not public (1)",
        "PrivateAddressError: 127.0.0.1 is 127.0.0.1, which is not public (1)",
        "asked",
        "asked",
    ]


def test_redirects_pass_the_filter_of_duplicates_and_end_by_name() -> None:
    middleware = RedirectsMiddleware.from_crawler(get_crawler(settings_dict={"REDIRECT_MAX_TIMES": 2}))
    middleware.crawler.spider = None
    request, again = Request(URL), Response(URL, 302, {"Location": URL})
    for _ in range(2):
        followed = middleware.process_response(request, again)
        assert isinstance(followed, Request)
        assert (followed.url, followed.dont_filter) == (URL, True)
        request = followed
    with pytest.raises(TooManyRedirectsError, match="2 redirects, and more"):
        middleware.process_response(request, again)
    assert middleware.crawler.stats.get_value("redirects/too_many") == 1


# --- what answers hold -------------------------------------------------------------------------------------


def test_utf_8_and_gbk_are_read_whatever_is_declared() -> None:
    words = "银川新闻网：沪指收涨"
    assert decoded(words.encode(), "gb18030", URL) == words
    assert decoded(b"\xef\xbb\xbf" + words.encode(), "cp1252", URL) == words
    assert decoded(words.encode("gbk"), "GBK", URL) == words
    assert decoded("甲\ufffd乙".encode(), "utf-8", URL) == "甲\ufffd乙"


@pytest.mark.parametrize(
    ("body", "declared", "problem"),
    [
        ("沪指".encode("gbk"), "utf-8", "no UTF-8"),
        ("沪指".encode("gbk"), "cp1252", "no UTF-8 .*declared 'cp1252'"),
        ("沪指".encode()[:-1], "utf-8", "no UTF-8 .unexpected end"),
        (b"\xff\xfe" + "沪指".encode("utf-16-le"), "utf-16", "no UTF-8"),
        (b"\xff\xff", "gb18030", "neither UTF-8 nor GBK"),
        (b"x" * 16_000_001, "utf-8", "16000001 bytes"),
    ],
)
def test_what_cannot_be_read_without_a_guess_is_refused(body: bytes, declared: str, problem: str) -> None:
    with pytest.raises(PageLayoutError, match=problem):
        decoded(body, declared, URL)


@given(st.binary(max_size=300), st.sampled_from([b"gzip", b"x-gzip", b"deflate"]))
def test_a_body_is_unpacked_whole_or_not_at_all(body: bytes, encoding: bytes) -> None:
    packed = zlib.compress(body) if encoding == b"deflate" else gzip.compress(body) + b"\0\0"
    assert unpacked(packed, encoding, 300) == body
    with pytest.raises(BrokenBodyError):
        unpacked(packed.rstrip(b"\0")[:-1], encoding, 300)


def test_bodies_that_are_too_large_or_in_too_many_parts_are_refused() -> None:
    assert unpacked(zlib.compress(b"x", wbits=-15), b"deflate", 1) == b"x"
    assert unpacked(gzip.compress(b"x") * 7, b"gzip", 7) == b"x" * 7
    for packed, error in (
        (gzip.compress(b"xx"), BodyTooLargeError),
        (gzip.compress(b"") * 100, BrokenBodyError),
        (b"plain", BrokenBodyError),
        (gzip.compress(b"x") + b"more", BrokenBodyError),
    ):
        with pytest.raises(error):
            unpacked(packed, b"gzip", 1)
    with pytest.raises(BrokenBodyError, match="not asked for"):
        unpacked(b"", b"br", 1)


# --- how much pages hold -----------------------------------------------------------------------------------


def test_json_is_bounded_in_size_and_depth() -> None:
    def nested(depth: int) -> str:
        return '{"a":' * depth + "1" + "}" * depth

    assert load(nested(MAX_JSON_DEPTH), URL)
    for text in (nested(MAX_JSON_DEPTH + 1), nested(100_000), '{"a":NaN}', '{"a":' + "9" * 5_000 + "}"):
        with pytest.raises(PayloadError):
            load(text, URL)
    with pytest.raises(PayloadError, match="4000001 characters"):
        load("x" * 4_000_001, URL)
    assert not is_deep({"a": [{}, [], "", 1, None, True]})


def test_places_that_stand_for_the_same_long_picture_do_not_multiply_it() -> None:
    picture = '{"src":"https://i.cn/' + "x" * 100_000 + '"}'
    answer = f'{{"news":{{"newsid":"202203012293000017","body":"{"<!--IMG#0-->" * 1000}","images":[{picture}]}}}}'
    with pytest.raises(PayloadError, match=f"more than {MAX_ARTICLE} characters"):
        parse_article_json(answer, URL, datetime.now(UTC), "202203012293000017")


def test_lists_are_bounded() -> None:
    check_listed(["x" * 80] * 100_000, ["y"] * MAX_CATEGORIES, URL)
    for posts, categories in ((["x" * 80] * 100_001, []), ([], ["y"] * (MAX_CATEGORIES + 1))):
        with pytest.raises(PageLayoutError):
            check_listed(posts, categories, URL)
    with pytest.raises(PageLayoutError, match="11 elements pre > code"):
        parse_listing(page("<pre><code>x</code></pre>" * 11), URL)
    with pytest.raises(PageLayoutError, match="a heading of 301 characters"):
        parse_home(page(f"<h2>{'x' * 301}</h2><ul></ul>"), URL)


def test_an_address_has_an_end() -> None:
    assert canonical_url("https://i.cn/" + "x" * (MAX_URL - 13))
    assert canonical_url("https://i.cn/" + "x" * (MAX_URL - 12)) is None
    assert canonical_url("https://i.cn/" + "图" * 1000) is None  # nine characters each, once escaped


def a_post(**fields: Any) -> Post:
    body = Body(**{"text": "文", "html": "<p>文</p>"} | fields.pop("body", {}))
    return Post(URL, "page", datetime.now(UTC), "NW202203012293000017", **{"title": "题", "body": body} | fields)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        *(({"title": "题" * (MAX_CHARACTERS["title"] + 1)}, "title"),),
        ({"digest": "题" * (MAX_CHARACTERS["digest"] + 1)}, "digest"),
        ({"body": {"text": "文" * (MAX_CHARACTERS["text"] + 1)}}, "text"),
        ({"body": {"html": "文" * (MAX_CHARACTERS["html"] + 1)}}, "html"),
        ({"body": {"links": [Link("https://a.cn/", "")] * (MAX_ROWS["links"] + 1)}}, "links"),
        ({"body": {"images": [Image("https://a.cn/", "photo", None)] * (MAX_ROWS["images"] + 1)}}, "images"),
        ({"body": {"marks": [Mark("1.601628", "", "chart")] * (MAX_ROWS["marks"] + 1)}}, "marks"),
        ({"tags": ["标"] * (MAX_ROWS["tags"] + 1)}, "tags"),
        ({"tags": ["标" * (MAX_NAME + 1)]}, "names"),
        ({"body": {"links": [Link("javascript:alert(1)", "")]}}, "url"),
        ({"body": {"images": [Image("data:image/png;base64,AAAA", "photo", None)]}}, "url"),
        ({"share_url": "https://me:secret@a.cn/"}, "url"),
        ({"origin_url": "https://a.cn/\x1b[2J"}, "url"),
    ],
)
def test_a_post_that_holds_more_than_news_can_is_rejected_by_name(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidPostError, match=f"^{problem}: "):
        normalised(a_post(**fields))


def test_web_addresses() -> None:
    assert is_web_address("https://a.cn/@x?y=a@b")
    assert is_web_address("http://a.cn")
    assert not is_web_address("https://a.cn/ b")
    assert not is_web_address("//a.cn/")
    assert not is_web_address("https://a.cn/" + "x" * MAX_URL)


# --- what is stored as HTML --------------------------------------------------------------------------------

EVIL = st.lists(
    st.sampled_from(
        [
            *("<script>", "</script>", "<svg onload=alert(1)>", "<img src=x onerror=alert(1)>", "<a href='", "'>"),
            *(
                "javascript:alert(1)",
                "data:text/html,x",
                "<p style='x' onclick=y>",
                "<style>",
                "</style>",
                "<math>",
            ),
            *("<iframe src=//x>", "<a href=javascript:alert(1)>", "<img src=data:image/png,x>", "&lt;script&gt;"),
            *(
                "<table>",
                "<td>",
                "</p>",
                "<!--",
                "-->",
                "<a href=' java\nscript:x'>",
                "文",
                "\0",
                "\ud800",
                '"',
                "&",
            ),
        ]
    )
    | st.text(max_size=10),
    max_size=20,
).map("".join)


@given(EVIL)
def test_whatever_html_a_post_carries_what_is_stored_is_safe(html: str) -> None:
    stored = normalised(a_post(body={"html": html})).body.html
    assert stored == safe_html(stored)
    response = HtmlResponse(URL, body=stored.encode(), encoding="utf-8")
    for element in response.xpath("//body//*"):
        name, attributes = element.root.tag, dict(element.root.attrib)
        assert name in VOCABULARY
        assert attributes.keys() <= VOCABULARY[name] | ({"rel"} if name == "a" else set())
        for address in ("href", "src"):
            assert attributes.get(address, "https:").startswith(("https:", "http:"))


# --- regular expressions -----------------------------------------------------------------------------------

GROWING = """
import sys
from crawler.pages.markdown import _ESCAPED_TAG, _FOOTER_LINK, _SOURCE_LINK
from crawler.pages.source_line import source_line
from crawler.pages.upstream import _ENTITY, _TAG
from crawler.pages.article import _SITE_NAME, _SOURCE, _EDITOR
from crawler.pages.article_json import _PLACEHOLDER
from crawler.pages.markup import _HIDDEN, _CENTRED
from crawler.urls import canonical_url, post_place
from pipelines.media import _closing_medium
from crawler.items import Body, Post
n = 200_000
patterns = (_ESCAPED_TAG, _FOOTER_LINK, _SOURCE_LINK, _ENTITY, _TAG, _SITE_NAME, _SOURCE, _EDITOR)
for pattern in (*patterns, _PLACEHOLDER, _HIDDEN, _CENTRED):
    for piece in ("&lt;p ", "&lt;p &amp; ", "<> ", "[返回](", "[返回x](y) ", "<a ", "<", "&#1", "【", "_ ", "; "):
        pattern.search(piece * (n // len(piece)))
        pattern.search(piece + " " * n + "x")
for line in ("文章来源：x" + "）" * n, "（" * n, "文章来源：" * n, "责任编辑：" + " " * n + "x"):
    source_line(line)
for text in ("（" + " " * n + "x", "（" * n, "（甲" * n + "）", "（甲 " * n):
    _closing_medium(Post("", "page", None, "", "", Body("", ""), digest=text))
post_place("https://a.cn" + "/a" * n)
canonical_url("https://" + "a" * n + "!/")
"""


def test_no_regular_expression_grows_beyond_its_text() -> None:
    # In a process of its own, which a search that grows with the square of the text would keep for hours.
    subprocess.run([sys.executable, "-c", GROWING], check=True, timeout=60)
