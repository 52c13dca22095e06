"""The parsers against real pages, posts and bodies, which lie beside the project and are no part of it.

Every post page of the rendered site says what its source says; what the source says is read here by another
route: front matter by cutting lines, bodies by the standard library's HTML parser.
Skipped where the corpus is absent; where CI is set and the folder exists, a missing corpus is a failure.
"""

import hashlib
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

from crawler.items import Post
from crawler.pages.body import parse_fragment
from crawler.pages.errors import NotFoundPageError
from crawler.pages.feed import parse_feed
from crawler.pages.home import parse_home
from crawler.pages.listing import parse_listing
from crawler.pages.post import parse_post

SHARED = Path(__file__).resolve().parents[2] / "shared"
CORPUS = SHARED / "corpus"
SITE = "https://finews.withounder.com"
LAYOUTS = ("site", "site-older-layout")
LINKED_PAGES = 53

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir() and not ("CI" in os.environ and SHARED.is_dir()), reason="no corpus beside the project"
)
both_layouts = pytest.mark.parametrize("layout", LAYOUTS)


def page(layout: str, url: str) -> str:
    path = unquote(urlsplit(url).path).removeprefix("/")
    return (CORPUS / layout / (path if path and not path.endswith("/") else f"{path}index.html")).read_text(
        "utf-8"
    )


def linked_posts(layout: str) -> list[str]:
    """Give the posts that home, rolling list, feed and category pages link to."""
    listings = [
        parse_home(page(layout, f"{SITE}/"), f"{SITE}/"),
        parse_listing(page(layout, f"{SITE}/emnews/"), f"{SITE}/emnews/"),
        parse_feed(page(layout, f"{SITE}/feed.xml"), f"{SITE}/feed.xml"),
    ]
    for file in sorted((CORPUS / layout / "category").glob("*.html")):
        url = f"{SITE}/category/{quote(file.name)}"
        listings.append(parse_listing(page(layout, url), url))
    return sorted({url for listing in listings for url in listing.post_urls})


def parsed(layout: str, url: str) -> Post:
    return parse_post(page(layout, url), url, datetime(2022, 6, 1, tzinfo=UTC))


@dataclass
class Source:
    """A post as its file says it."""

    title: str
    date: str
    category: str
    tags: list[str]
    digest: str | None
    text: str
    link: str | None


def source(file: Path) -> Source:
    _, front, rest = file.read_text("utf-8").lstrip().split("---\n", 2)
    named = {name: value.strip() for name, _, value in (line.partition(":") for line in front.splitlines())}
    lines = [line for line in rest.splitlines() if line.strip() and not line.startswith("[返回")]
    link = lines.pop().strip("<>") if lines[-1].startswith("<http") or lines[-1] == "<>" else None
    digest = lines.pop(0).removeprefix("> ") if lines[0].startswith("> ") else None
    body = "\n".join(lines)
    return Source(
        title=named["title"].removeprefix('"').removesuffix('"'),
        date=named["date"],
        category=named["categories"],
        tags=named["tags"].split(),
        digest=digest,
        text=paragraphs(body) if body.startswith("<") else body,
        link=link or None,
    )


@dataclass
class Paragraphs(HTMLParser):
    """Collects the visible paragraphs of a body."""

    lines: list[str] = field(default_factory=lambda: [""])
    hidden: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"p", "br", "center"}:
            self.lines.append("")
        if tag == "p":
            named = dict(attrs)
            self.hidden = "display:none" in (named.get("style") or "") or named.get("class") == "em_media"

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.lines[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.lines.append("")
            self.hidden = False


def paragraphs(body: str) -> str:
    reader = Paragraphs()
    reader.feed(body)
    return "\n".join(" ".join(line.split()) for line in reader.lines if line.strip())


def sources(name: str) -> list[Source]:
    folders = (CORPUS / "posts" / folder for folder in ("_posts", "old_post"))
    return [source(file) for folder in folders for file in folder.glob(f"????-??-??-{name}.md")]


def shown_times(date: str) -> set[str]:
    """Give what the site shows for a date in front matter: as it is, or eight hours late without a zone."""
    late = datetime.strptime(date[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) + timedelta(hours=8)
    return {date[:19]} if date.endswith("+0800") else {f"{late:%Y-%m-%d %H:%M:%S}", date}


@both_layouts
def test_every_linked_post_says_what_its_source_says(layout: str) -> None:
    urls = linked_posts(layout)
    assert len(urls) == LINKED_PAGES
    for url in urls:
        post = parsed(layout, url)
        versions = sources(post.name)
        assert versions, url
        said = (
            post.title,
            post.digest,
            post.body.text,
            post.tags,
            post.category,
            post.origin_url or post.share_url,
        )
        written = [(v.title, v.digest, v.text, v.tags, v.category, v.link) for v in versions]
        assert said in written, url
        assert post.published_raw in set().union(*(shown_times(v.date) for v in versions)), url
        assert post.form == ("page-rolling" if post.category == "emnews" else "page")


@both_layouts
def test_no_page_of_the_site_is_left_out(layout: str) -> None:
    """The post that the site misrendered is linked from nowhere but the feed of its day, yet it is read."""
    files = {file.relative_to(CORPUS / layout).as_posix() for file in (CORPUS / layout).rglob("*.html")}
    posts = {file for file in files if re.search(r"/\d{4}/\d\d/\d\d/|^\d{4}/", file)}
    assert posts - {urlsplit(url).path.removeprefix("/") for url in linked_posts(layout)} == {
        "2021/12/08/202112082206703990.html"
    }
    post = parsed(layout, f"{SITE}/2021/12/08/202112082206703990.html")
    (written,) = sources("202112082206703990")
    assert (post.title, post.body.text, post.tags) == (written.title, written.text, written.tags)
    assert (post.category, post.origin_url) == (written.category, written.link)
    assert (post.published_raw, post.published_zoned) == (written.date, True)


@both_layouts
def test_listings(layout: str) -> None:
    home = parse_home(page(layout, f"{SITE}/"), f"{SITE}/")
    rolling = parse_listing(page(layout, f"{SITE}/emnews/"), f"{SITE}/emnews/")
    feed = parse_feed(page(layout, f"{SITE}/feed.xml"), f"{SITE}/feed.xml")
    media = ["quanshangzhongguo", "yinchuanxinwenwang", "yangshixinwenkehuduan", "quanzhouwanbao"]
    assert set(home.categories) == {"sitenews", "emnews", *media}
    assert (len(rolling.post_urls), rolling.categories) == (20, ["emnews"])
    assert (len(feed.post_urls), set(feed.categories)) == (10, {"emnews", *media})
    empty = f"{SITE}/category/{quote('21shijijingjibaodao  nancailicaitong')}.html"
    assert parse_listing(page(layout, empty), empty).post_urls == []
    with pytest.raises(NotFoundPageError):
        parse_home(page(layout, f"{SITE}/404.html"), f"{SITE}/")


@both_layouts
def test_the_two_forms_of_an_article_have_the_same_text(layout: str) -> None:
    for day, digits, slug in (
        ("2022/01/07", "202201072239307540", "quanshangzhongguo"),
        ("2022/04/21", "202204212352227421", "yangshixinwenkehuduan"),
    ):
        rolling = parsed(layout, f"{SITE}/emnews/{day}/{digits}.html")
        media = parsed(layout, f"{SITE}/{slug}/{day}/NW{digits}.html")
        assert rolling.body.text == media.body.text
        assert rolling.body.media_raw == media.body.media_raw == media.tags[0].removesuffix("新闻")


@both_layouts
def test_the_post_of_the_contract(layout: str) -> None:
    post = parsed(layout, f"{SITE}/yinchuanxinwenwang/2022/02/07/NW202202072268137156.html")
    assert len(post.body.text.split("\n")) == 16
    digest = hashlib.sha256(post.body.text.encode()).hexdigest()
    assert digest == "3925f607083d9842ee6d1a69ceedc4a3fb54d548ae43aa81b19712616536c73f"
    assert [image.kind for image in post.body.images] == ["chart"]
    assert [(mark.secid, mark.evidence) for mark in post.body.marks] == [("1.601628", "chart")]
    assert post.published_raw == "2022-02-07 11:51:03"


# Counted by hand: lines of text that are no table rows, cells of tables, photos, charts, links, visible marks,
# and the medium of the source line.
BODIES = {
    "em_2019_hydrogen_engine_republished.html": (5, 0, 0, 0, 0, 1, "中国经营报"),
    "em_2020_wap_baike_fragment.html": (2, 0, 0, 0, 0, 1, None),
    "em_2023_copied_entity_escaped_fragment.txt": (1, 0, 0, 0, 0, 0, None),
    "em_2025_pacific_false_stock_link.html": (4, 0, 0, 0, 0, 1, "央视新闻"),
    "em_2026_contentbody_market_week.html": (11, 0, 0, 0, 0, 29, "第一财经"),
    "finews__posts_2022-01-07-202201072239307540.content.html": (39, 0, 0, 0, 6, 14, "券商中国"),
    "finews__posts_2022-05-25-NW202205252390829633.text.html": (11, 0, 0, 1, 0, 0, "泉州晚报"),
    "finews__posts_202205262391921712.content.html": (17, 0, 3, 1, 1, 13, "上海证券报"),
    "finews_old_post_2022-01-07-202201072239307540.content.html": (39, 0, 0, 0, 6, 14, "券商中国"),
    "finews_old_post_2022-01-07-NW202201072239307540.text.html": (39, 0, 0, 0, 0, 0, "券商中国"),
    "finews_old_post_2022-02-07-NW202202072268137156.text.html": (16, 0, 0, 1, 0, 0, "银川新闻网"),
    "finews_old_post_2022-04-21-202204212352227421.content.html": (2, 0, 0, 0, 0, 0, "央视新闻客户端"),
    "finews_old_post_2022-04-21-NW202204212352188819.text.html": (1, 0, 0, 0, 0, 0, "央视新闻客户端"),
    "finews_old_post_2022-04-21-NW202204212352227421.text.html": (2, 0, 0, 0, 0, 0, "央视新闻客户端"),
    "fixture_2026_contentbody_with_ads.html": (1, 0, 1, 0, 0, 1, "财联社"),
    "fixture_contentbody_table.html": (3, 6, 0, 0, 0, 3, "证券时报网"),
}


@pytest.mark.parametrize("name", BODIES)
def test_every_body(name: str) -> None:
    lines, cells, photos, charts, links, mentions, media = BODIES[name]
    body = parse_fragment((CORPUS / "bodies" / name).read_text("utf-8"), "https://finance.eastmoney.com/a/1.html")
    shown = body.text.split("\n")
    rows = [line for line in shown if "\t" in line]
    assert len(shown) - len(rows) == lines
    assert sum(row.count("\t") + 1 for row in rows) == cells
    assert [image.kind for image in body.images].count("photo") == photos
    assert [image.kind for image in body.images].count("chart") == charts
    assert len(body.links) == links
    assert sum(mark.evidence != "chart" for mark in body.marks) == mentions
    assert body.media_raw == media
    assert body.editor is None


def test_no_body_is_forgotten() -> None:
    bodies = {file.name for file in (CORPUS / "bodies").iterdir() if file.suffix != ".json"}
    assert bodies == set(BODIES)


def test_false_friends_are_marked_as_the_page_marks_them() -> None:
    """Who believes them is decided later: by title, digest and chart."""
    for name, secid, shown in (
        ("em_2025_pacific_false_stock_link.html", "1.601099", "太平洋"),
        ("em_2026_contentbody_market_week.html", "0.300024", "机器人"),
        ("em_2020_wap_baike_fragment.html", "116.01385", "上海复旦"),
        ("em_2019_hydrogen_engine_republished.html", "105.INTC", "英特尔"),
    ):
        body = parse_fragment(
            (CORPUS / "bodies" / name).read_text("utf-8"), "https://finance.eastmoney.com/a/1.html"
        )
        assert (secid, shown) in {(mark.secid, mark.name) for mark in body.marks}
