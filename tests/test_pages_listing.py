"""Home, rolling list, category pages, feed: which posts they list, and which categories they name."""

import pytest

from crawler.items import Listing
from crawler.pages.errors import PageLayoutError
from crawler.pages.feed import parse_feed
from crawler.pages.home import parse_home
from crawler.pages.listing import parse_listing
from tests.fixtures import LAYOUTS, fragment, page

SITE = "https://finews.withounder.com"
FEED = f"{SITE}/feed.xml"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_home(layout: str) -> None:
    assert parse_home(page(fragment("home.html"), layout), f"{SITE}/") == Listing(
        post_urls=[
            f"{SITE}/sitenews/2021/12/02/notice.html",
            f"{SITE}/emnews/2022/03/01/202203012293000017.html",
            f"{SITE}/emnews/2022/03/01/202203012293000016.html",
            f"{SITE}/emnews/2022/03/01/202203012293000011.html",
            f"{SITE}/jiangchengwanbao/2022/03/01/NW202203012293000017.html",
            f"{SITE}/shangye%20bao/2022/02/28/NW202202282291000004.html",
            f"{SITE}/shangye/kuaixun/2022/02/27/NW202202272290000003.html",
        ],
        categories=["sitenews", "emnews", "jiangchengwanbao", "shangye"],
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_older_home_repeats_the_same_posts_under_every_tag(layout: str) -> None:
    assert parse_home(page(fragment("home_older.html"), layout), f"{SITE}/") == Listing(
        post_urls=[
            f"{SITE}/emnews/2022/03/01/202203012293000017.html",
            f"{SITE}/jiangchengwanbao/2022/03/01/NW202203012293000017.html",
        ],
        categories=["emnews", "jiangchengwanbao"],
    )


def test_a_mirror_on_another_host_lists_its_own_posts_only() -> None:
    listing = parse_home(page(fragment("home.html")), "http://127.0.0.1:8765/")
    assert listing.post_urls[:2] == [
        "http://127.0.0.1:8765/sitenews/2021/12/02/notice.html",
        "http://127.0.0.1:8765/emnews/2022/03/01/202203012293000017.html",
    ]
    assert len(listing.post_urls) == 6  # the seventh names a host that this one is no former host of


def test_a_title_that_opens_a_tag_hides_no_post_below_it() -> None:
    section = fragment("home.html").replace("维护公告", "<b>维护公告").replace("</ul>", "", 1)
    listing = parse_home(page(section), f"{SITE}/")
    assert len(listing.post_urls) == 7
    assert listing.categories == ["sitenews", "emnews", "jiangchengwanbao", "shangye"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_heading_without_its_list_is_an_error(layout: str) -> None:
    section = fragment("home.html").replace("<ul>", "<p>", 1).replace("</ul>", "</p>", 1)
    with pytest.raises(PageLayoutError, match="4 headings but 3 lists under them"):
        parse_home(page(section, layout), f"{SITE}/")


def test_a_home_without_headings_lists_nothing() -> None:
    assert parse_home(page("<p>暂无</p>"), f"{SITE}/") == Listing([], [])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rolling_list_is_escaped_text(layout: str) -> None:
    assert parse_listing(page(fragment("rolling_list.html"), layout), f"{SITE}/emnews/") == Listing(
        post_urls=[
            f"{SITE}/emnews/2022/03/01/202203012293000017.html",
            f"{SITE}/emnews/2022/03/01/202203012293000016.html",
            f"{SITE}/emnews/2022/03/01/202203012293000011.html",
        ],
        categories=["emnews"],
    )


def test_a_category_page_that_shows_code_in_a_title_lists_no_made_up_post() -> None:
    section = '<ul><li><a href="/a/2022/03/01/x.html">&lt;a href="/a/2022/03/01/y.html"&gt;</a></li></ul>'
    listing = parse_listing(page(section), f"{SITE}/category/a.html")
    assert listing.post_urls == [f"{SITE}/a/2022/03/01/x.html"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("heading", ['<h2 id="江城晚报新闻">江城晚报新闻</h2>', '<h2 id=""></h2>'])
def test_category(layout: str, heading: str) -> None:
    section = fragment("category.html").replace('<h2 id="江城晚报新闻">江城晚报新闻</h2>', heading)
    assert parse_listing(page(section, layout), f"{SITE}/category/jiangchengwanbao.html") == Listing(
        post_urls=[
            f"{SITE}/jiangchengwanbao/2022/03/01/NW202203012293000017.html",
            f"{SITE}/jiangchengwanbao/2022/02/28/NW202202282291000009.html",
            f"{SITE}/jiangchengwanbao/2022/02/27/NW202202272290000001.html",
        ],
        categories=["jiangchengwanbao"],
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_category_of_two_words_lists_nothing(layout: str) -> None:
    listing = parse_listing(page(fragment("category_empty.html"), layout), f"{SITE}/category/a%20b.html")
    assert listing == Listing([], [])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_listing_without_any_list_is_an_error(layout: str) -> None:
    with pytest.raises(PageLayoutError, match="no list"):
        parse_listing(page("<h2>江城晚报新闻</h2><p>暂无</p>", layout), f"{SITE}/category/a.html")


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("/old_post/2022-03-01-202203012293000017.html", "/old_post/2022-03-01-202203012293000017.html"),
        ("//finews.zning.me/a/2022/03/01/x.html", "/a/2022/03/01/x.html"),
        ("http://finews.withounder.com/a/2022/03/01/x.html#top", "/a/2022/03/01/x.html"),
        (" /a b/2022/03/01/x.html\n", "/a%20b/2022/03/01/x.html"),
        ("../a/2022/03/01/x.html", "/a/2022/03/01/x.html"),
        ("/emnews/2021/12/emnews/", None),
        ("/category/a.html", None),
        ("//example.org/a/2022/03/01/x.html", None),
        ("javascript:void(0)", None),
        ("http://[/a/2022/03/01/x.html", None),
        ("", None),
    ],
)
def test_every_form_of_link(href: str, found: str | None) -> None:
    section = f'<ul><li><a href="{href}">题</a></li><li><a>无链接</a></li></ul>'
    listing = parse_listing(page(section), f"{SITE}/category/a.html")
    assert listing.post_urls == ([f"{SITE}{found}"] if found else [])


def test_feed() -> None:
    assert parse_feed(fragment("feed.xml"), FEED) == Listing(
        post_urls=[
            f"{SITE}/jiangchengwanbao/2022/03/01/NW202203012293000017.html",
            f"{SITE}/shangye/app/2022/02/28/NW202202282291000004.html",
            f"{SITE}/2022/03/02/2022-03-01-202203012293000031.html",
        ],
        categories=["jiangchengwanbao", "shangye APP"],
    )


@pytest.mark.parametrize("invisible", ["\x00", "\ud800", "\x0b", "\ufffe"])
def test_a_feed_with_characters_that_xml_forbids(invisible: str) -> None:
    text = fragment("feed.xml").replace("正文", f"正{invisible}文")
    assert len(parse_feed(text, FEED).post_urls) == 3


def test_an_empty_feed_is_a_valid_page() -> None:
    text = fragment("feed.xml")
    text = text[: text.index("<entry>")] + "</feed>"
    assert parse_feed(text, FEED) == Listing([], [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('rel="alternate" type="text/html" title="综述"', 'rel="self"'),
        ('xmlns="http://www.w3.org/2005/Atom"', 'xmlns="http://example.org/other"'),
        ("</id><content", '</id><link rel="alternate" href="/x"/><content'),
    ],
)
def test_a_feed_of_another_shape_is_an_error(old: str, new: str) -> None:
    text = fragment("feed.xml")
    assert old in text
    with pytest.raises(PageLayoutError, match=r"elements (link of an entry|feed)"):
        parse_feed(text.replace(old, new), FEED)
