"""What is no page of the site is an error that says what came instead, whichever parser was asked."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from crawler.items import Listing, Post
from crawler.pages.errors import BlockPageError, EmptyPageError, NotFoundPageError, PageLayoutError
from crawler.pages.feed import parse_feed
from crawler.pages.home import parse_home
from crawler.pages.layout import section_of
from crawler.pages.listing import parse_listing
from crawler.pages.post import parse_post
from tests.fixtures import LAYOUTS, fragment, page, post_page

URL = "https://finews.withounder.com/emnews/2022/03/01/202203012293000011.html"
Parser = Callable[[str, str], Listing | Post]


def post(text: str, url: str) -> Post:
    return parse_post(text, url, datetime(2022, 3, 2, tzinfo=UTC))


PARSERS: list[Parser] = [parse_home, parse_listing, parse_feed, post]
HTML_PARSERS = [parser for parser in PARSERS if parser is not parse_feed]


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("blank", ["", " \r\n\t\u3000", "\ufeff\n", "\x00", "\ud800"])
def test_an_empty_page_is_no_page(parser: Parser, blank: str) -> None:
    with pytest.raises(EmptyPageError, match=f"^empty .*: {URL}$"):
        parser(blank, URL)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    "text",
    [
        fragment("captcha.html"),
        "<html><head><title>403 Forbidden</title></head><body><center>nginx</center></body></html>",
        "<html><head><title>Just a moment...</title></head><body><div id='cf-challenge'></div></body></html>",
        "<h1>Too Many Requests</h1>",
        "请求过于频繁，请稍后再试",
    ],
)
def test_a_captcha_or_refusal_is_a_block_page(parser: Parser, text: str) -> None:
    with pytest.raises(BlockPageError):
        parser(text, URL)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_news_about_captchas_are_news(layout: str) -> None:
    text = post_page("<p>12306 验证码被指过于复杂，Access Denied 刷屏。</p>", layout, title="滑块验证码为何失灵")
    assert post(text, URL).body.text == "12306 验证码被指过于复杂，Access Denied 刷屏。"


@pytest.mark.parametrize("parser", HTML_PARSERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_sites_own_404_page(parser: Parser, layout: str) -> None:
    with pytest.raises(NotFoundPageError, match="404"):
        parser(page(fragment("not_found.html"), layout), URL)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", ["404", "<html></html>", '{"code": 0}', "<p>维护中</p>", "<!-- x -->"])
def test_anything_else_is_a_changed_layout(parser: Parser, text: str) -> None:
    with pytest.raises(PageLayoutError) as caught:
        parser(text, URL)
    assert type(caught.value) is PageLayoutError
    assert caught.value.url == URL


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('class="wrapper"', 'class="container"', "0 elements div.wrapper with a section"),
        ("<section>", "<main>", "0 elements div.wrapper with a section"),
        ('<div class="wrapper">', '<div class="wrapper"><section></section>', "2 elements div.wrapper > section"),
        ("<footer>", "<div>", "0 elements div.wrapper > footer"),
        ("<footer>", "<footer></footer><footer>", "2 elements div.wrapper > footer"),
        (
            "</body>",
            '<div class="a wrapper"><section></section></div></body>',
            "2 elements div.wrapper with a section",
        ),
    ],
)
def test_a_frame_that_is_not_there_exactly_once(layout: str, old: str, new: str, problem: str) -> None:
    text = page("<ul></ul>", layout)
    assert old in text
    with pytest.raises(PageLayoutError, match=problem):
        section_of(text.replace(old, new), URL)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_wrapper_may_have_other_classes(layout: str) -> None:
    text = page("<p>文</p>", layout).replace('class="wrapper"', "class='wide\nwrapper '")
    assert section_of(text, URL).xpath("./p/text()").getall() == ["文"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("parser", "name"), [(parse_home, "home.html"), (parse_listing, "category.html")])
def test_a_page_cut_short_anywhere_is_an_error(layout: str, parser: Parser, name: str) -> None:
    text = page(fragment(name), layout)
    end = text.index("<footer>")
    for length in range(0, end, 97):
        with pytest.raises(PageLayoutError):
            parser(text[:length], URL)
    whole = parser(text[: end + len("<footer>")], URL)
    assert whole == parser(text, URL)


def test_a_feed_cut_short_anywhere_is_an_error() -> None:
    text = fragment("feed.xml").rstrip()
    for length in range(0, len(text) - 1, 97):
        with pytest.raises(PageLayoutError):
            parse_feed(text[:length], URL)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nesting_that_no_page_has_ends_in_an_error_not_in_a_crash(layout: str) -> None:
    deep = "<div>" * 30_000 + "文" + "</div>" * 30_000
    with pytest.raises(PageLayoutError):
        post(post_page(deep, layout), URL)
    nested = "<blockquote>" * 900 + "<p>文</p>" + "</blockquote>" * 900
    assert post(post_page(nested, layout), URL).body.text == "文"
