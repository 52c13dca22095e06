"""What holds for any page: an answer or a PageLayoutError, clean text, and safe HTML that says the same."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from crawler.items import Listing, Post
from crawler.pages.body import parse_fragment
from crawler.pages.errors import PageLayoutError
from crawler.pages.feed import parse_feed
from crawler.pages.home import parse_home
from crawler.pages.listing import parse_listing
from crawler.pages.post import parse_post
from crawler.pages.render import visible
from crawler.pages.source_line import is_promotion, source_line
from crawler.urls import canonical_url
from pipelines.safe_html import safe_html
from tests.fixtures import LAYOUTS, fragment, page, post_page

SITE = "https://finews.withounder.com"
ROLLING_URL = f"{SITE}/emnews/2022/03/01/202203012293000017.html"
MEDIA_URL = f"{SITE}/jiangchengwanbao/2022/03/01/NW202203012293000017.html"
LEAKED_URL = f"{SITE}/2022/03/01/202203012293000021.html"
READ_AT = datetime(2022, 3, 2, tzinfo=UTC)

POSTS = [
    post_page(fragment(f"posts/{name}.html"), layout, title=title)
    for name, title in (
        ("flash", "题"),
        ("rolling", "题"),
        ("media", "题"),
        ("no_link", ""),
        ("leaked_flash", "202203012293000021"),
    )
    for layout in LAYOUTS
]
LISTINGS = [
    page(fragment(name), layout)
    for name in ("home.html", "rolling_list.html", "category.html", "category_empty.html")
    for layout in LAYOUTS
]

ANYTHING = st.text(st.characters())
WORDS = st.text(
    st.one_of(st.sampled_from("甲乙丙 \t\n\u00a0\u3000\u200b\u0301<>&\"'|*（）：。\r\0\ud800"), st.characters()),
    max_size=12,
)
TAGS = (
    "p div span a b strong i em sub sup br hr img ul ol li table tbody tr td th caption h1 h2 pre code center"
    " blockquote section small del script style textarea title body html svg select option form dl dd"
).split()
ATTRIBUTES = st.sampled_from(
    [
        "",
        ' style="text-align:center"',
        ' style="display:none"',
        ' class="em_media"',
        ' class="EmImageRemark" data-code="600519|1|1"',
        ' class="em_stock_key_common" data-code="1,600519"',
        ' id="stock_1.600519"',
        ' href="http://x.cn/?a=1&amp;b=2"',
        ' href="//quote.eastmoney.com/unify/r/90.BK0493"',
        ' href="javascript:alert(1)"',
        ' href="#"',
        ' src="//i.cn/1.jpg"',
        ' src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.600519"',
        ' src="data:x"',
        " hidden",
        ' title="',
    ]
)
OPENING = st.builds("<{}{}>".format, st.sampled_from(TAGS), ATTRIBUTES)
CLOSING = st.builds("</{}>".format, st.sampled_from(TAGS))
PIECES = st.one_of(
    OPENING,
    OPENING,
    CLOSING,
    CLOSING,
    WORDS,
    WORDS,
    st.sampled_from(
        [
            "（文章来源：甲报）",
            "责任编辑：乙",
            "相关报道>>>",
            "<!-- x -->",
            "<!--",
            "-->",
            "<?x ?>",
            "&nbsp;",
            "&#0;",
            "&lt;p&gt;",
            "]]>",
        ]
    ),
)
MARKUP = st.lists(PIECES, max_size=25).map("".join)


@st.composite
def mutated(draw: st.DrawFn, valid: list[str]) -> str:
    """Give a valid page with some of it cut out, doubled, or something else in its place."""
    text = draw(st.sampled_from(valid))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 60)))
        middle = draw(st.one_of(st.just(""), st.just(text[start:end] * 2), MARKUP, ANYTHING))
        text = text[:start] + middle + text[end:]
    return text


def answered(parser: Callable[[str, str], Listing | Post], text: str, url: str) -> Listing | Post | None:
    """Give what a parser makes of a text; None if it refuses it, as it may. Any other exception fails the test."""
    try:
        return parser(text, url)
    except PageLayoutError:
        return None


def post(text: str, url: str) -> Post:
    return parse_post(text, url, READ_AT)


LISTING_PARSERS = [parse_home, parse_listing, parse_feed]


@given(ANYTHING, st.sampled_from([*LISTING_PARSERS, post]))
def test_any_text_is_answered_or_refused(text: str, parser: Callable[[str, str], Listing | Post]) -> None:
    assert answered(parser, text, ROLLING_URL) is None  # no such text is a page of the site


@given(mutated(POSTS), st.sampled_from([ROLLING_URL, MEDIA_URL, LEAKED_URL]))
def test_any_damaged_post_is_read_cleanly_or_refused(text: str, url: str) -> None:
    found = answered(post, text, url)
    if isinstance(found, Post):
        check_post(found)


@given(MARKUP, st.sampled_from(LAYOUTS), st.sampled_from([ROLLING_URL, MEDIA_URL, LEAKED_URL]))
def test_any_article_is_read_cleanly_or_refused(content: str, layout: str, url: str) -> None:
    found = answered(post, post_page(content, layout, title="202203012293000021"), url)
    if isinstance(found, Post):
        check_post(found)


@given(mutated(LISTINGS), st.sampled_from([parse_home, parse_listing]))
def test_any_damaged_listing_is_read_or_refused(text: str, parser: Callable[[str, str], Listing]) -> None:
    check_listing(answered(parser, text, f"{SITE}/"))


@given(mutated([fragment("feed.xml")]))
def test_any_damaged_feed_is_read_or_refused(text: str) -> None:
    check_listing(answered(parse_feed, text, f"{SITE}/feed.xml"))


@pytest.mark.parametrize("parser", LISTING_PARSERS)
@given(markup=MARKUP)
def test_any_section_is_read_or_refused(parser: Callable[[str, str], Listing], markup: str) -> None:
    check_listing(answered(parser, page(markup), f"{SITE}/"))


def check_listing(found: Listing | Post | None) -> None:
    if isinstance(found, Listing):
        assert all(canonical_url(url) == url and url.startswith(SITE) for url in found.post_urls)
        assert len(found.post_urls) == len(set(found.post_urls))
        assert len(found.categories) == len(set(found.categories))
        assert all(found.categories)


def check_post(found: Post) -> None:
    check_text(found.body.text)
    for line in [found.title, *(found.digest or "").split("\n")]:
        assert unicodedata.is_normalized("NFC", line)
        assert line == line.strip()
        assert not set(line) & set("\t\n\r\f\v")
    assert found.digest is None or found.digest
    assert found.body.text or found.digest is None
    assert all(found.tags)
    check_html(found.body.html, found.body.text)
    assert all(canonical_url(link.url) == link.url for link in found.body.links)
    for image in found.body.images:
        assert canonical_url(image.url) == image.url
        assert image.url.startswith("https://")
        assert image.kind in {"photo", "chart"}


def check_text(text: str) -> None:
    """Check that no line is empty, and none has blanks at its ends or two in a row."""
    assert unicodedata.is_normalized("NFC", text)
    for line in text.split("\n") if text else []:
        assert line.strip()
        for cell in line.split("\t"):
            assert cell == visible(cell)
            assert cell == " ".join(cell.split())
        assert not {unicodedata.category(c) for c in line.replace("\t", "")} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(line) & set("\u00a0\u3000\u200b\ufeff")


class Tree(HTMLParser):
    """HTML as a list of tags, attributes and words; a table's implied body left out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[object] = []
        self.lines: list[str] = [""]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tbody":
            return
        self.parts.append((tag, sorted(attrs)))
        if tag in {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "br"}:
            self.lines.append("")
        elif tag in {"td", "th"} and self.parts[-2][0] != "tr":  # type: ignore[index]  # what stands there is a tag
            self.lines[-1] += "\t"

    def handle_endtag(self, tag: str) -> None:
        if tag != "tbody":
            self.parts.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        if data.strip("\n"):
            self.parts.append((data,))
            self.lines[-1] += data

    @property
    def text(self) -> str:
        return "\n".join(unicodedata.normalize("NFC", line) for line in self.lines if line.strip())


def check_html(html: str, text: str) -> None:
    """Check that HTML is whole, of the closed vocabulary, and says what the text says."""
    assume("xn--" not in html)  # nh3 knows newer rules for host names than Python, and drops some
    assert safe_html(html) == html
    assert Tree(html).text == text


@given(MARKUP)
@example("<p>e<b>\u0301</b> <i> </i>x</p>")
@example("<table><tr><td> <td><p>x<img src=//i.cn/1.jpg></table>")
@example("<table><tr><td><td><img src=//i.cn/1.jpg></table>")
@example("<ul><li>甲<ul><li>乙</li></ul>丙</li></ul>")
def test_any_body(markup: str) -> None:
    body = parse_fragment(markup, ROLLING_URL)
    check_text(body.text)
    check_html(body.html, body.text)
    assert parse_fragment(markup, ROLLING_URL) == body


@given(MARKUP)
def test_the_html_of_a_body_is_a_body_that_says_the_same(markup: str) -> None:
    body = parse_fragment(markup, ROLLING_URL)
    again = parse_fragment(body.html, ROLLING_URL)
    assert again.text == body.text
    assert again.html == body.html
    assert [image.url for image in again.images] == [image.url for image in body.images if image.kind == "photo"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]), min_size=1), max_size=5))
def test_words_in_paragraphs_are_the_text(paragraphs: list[str]) -> None:
    def escaped(words: str) -> str:
        return words.replace("&", "&amp;").replace("<", "&lt;")

    body = parse_fragment("".join(f"<p>{escaped(words)}</p>" for words in paragraphs), ROLLING_URL)
    shown = [line for words in paragraphs if (line := visible(words))]
    assume(not any(is_promotion(line) or source_line(line) for line in shown))
    assert body.text == "\n".join(shown)
