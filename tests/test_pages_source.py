"""Jekyll sources as the site's generator wrote them, whatever Jekyll itself makes of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Post
from crawler.pages.errors import EmptyPageError, PageLayoutError, SourceLayoutError
from crawler.pages.post import parse_post
from crawler.pages.source import parse_source
from crawler.urls import canonical_url, source_place
from pipelines import InvalidPostError
from pipelines.normalise import normalised
from sandbox.world import World

SITE = "https://finews.withounder.com/"
READ_AT = datetime(2022, 6, 1, 1, tzinfo=UTC)
DIGITS = "202203012299000001"
ROLLING = f"_posts/2022-03-01-{DIGITS}.md"
MEDIUM = f"_posts/2022-03-01-NW{DIGITS}.md"
FOOTER = "[返回东财滚动新闻](//finews.withounder.com/emnews/)｜[返回首页](//finews.withounder.com/)"


def source(
    body: str = "正文。",
    *,
    title: str = '"标题"',
    date: str = "2022-03-01 11:51:03 +0800",
    categories: str = "emnews",
    tags: str = "东财滚动新闻",
    ending: str = f"\n\n<http://finance.eastmoney.com/news/1350,{DIGITS}.html>\n\n{FOOTER}",
) -> str:
    head = f"layout: post\ntitle: {title}\ndate: {date}\ncategories: {categories}\ntags: {tags}"
    return f"---\n{head}\n---\n\n{body}{ending}"


def parsed(text: str, path: str = ROLLING) -> Post:
    return parse_source(text, path, SITE, READ_AT)


def test_a_flash_is_its_digest() -> None:
    post = parsed(source("*ST天润、*ST中捷 跌停|北向资金\n净流入--80亿元。\n\n1. 第二段 R&amp;D。（示例日报）"))
    assert (post.form, post.name, post.title, post.digest) == ("source-rolling", DIGITS, "标题", None)
    assert post.body.text == "*ST天润、*ST中捷 跌停|北向资金 净流入--80亿元。\n1. 第二段 R&D。（示例日报）"
    assert (
        post.body.html
        == "<p>*ST天润、*ST中捷 跌停|北向资金 净流入--80亿元。</p>\n<p>1. 第二段 R&amp;D。（示例日报）</p>"
    )
    assert (post.published_raw, post.published_zoned) == ("2022-03-01 11:51:03", True)
    assert (post.category, post.tags) == ("emnews", ["东财滚动新闻"])
    assert post.origin_url == f"http://finance.eastmoney.com/news/1350,{DIGITS}.html"
    assert post.url == f"{SITE}emnews/2022/03/01/{DIGITS}.html"
    assert (post.source_path, post.committed_at, post.fetched_at) == (ROLLING, None, READ_AT)


def test_rolling_news_with_an_article_has_its_digest_before_it() -> None:
    body = (
        '> 导语"如此"。（示例日报）\n\n<p>首段<b>甲</b>。</p>\r\n <p>次段。</p>'
        '<p class="em_media">（文章来源：示例日报）</p>'
    )
    post = parsed(source(body))
    assert (post.digest, post.body.text) == ('导语"如此"。（示例日报）', "首段甲。\n次段。")
    assert (post.body.media_raw, post.body.html) == ("示例日报", "<p>首段<strong>甲</strong>。</p>\n<p>次段。</p>")
    nothing_in_it = parsed(source("> \n\n<p>正文。</p>"))
    assert (nothing_in_it.digest, nothing_in_it.body.text) == (None, "正文。")
    nothing_after_it = parsed(source("> 导语。"))
    assert (nothing_after_it.digest, nothing_after_it.body.text) == (None, "导语。")


@pytest.mark.parametrize(
    ("tag", "category", "name"),
    [
        ("银川新闻网新闻", "yinchuanxinwenwang", "银川新闻网"),
        ("每日经济新闻新闻", "meirijingjixinwen", "每日经济新闻"),
        ("21世纪经济报道 21财经APP新闻", "21shijijingjibaodao 21caijingAPP", "21世纪经济报道 21财经APP"),
    ],
)
def test_media_names_come_back_from_tags(tag: str, category: str, name: str) -> None:
    link = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW{DIGITS}"
    text = source("<p>正文。</p>", tags=tag, categories=category, ending=f"\n\n<{link}>\n\n{FOOTER}")
    post = normalised(parsed(text, MEDIUM))
    assert post.media
    assert (post.form, post.media.name, post.media.slug) == ("source", name, category)
    assert (post.share_url, post.origin_url) == (link, None)
    assert post.url == canonical_url(f"{SITE}{category.lower().replace(' ', '/')}/2022/03/01/NW{DIGITS}.html")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ('"公司称"在手订单充足""', '公司称"在手订单充足"'),
        ('""双碳"目标"', '"双碳"目标'),
        (r'"甲\乙 \ 丙\n"', r"甲\乙 \ 丙\n"),
        (r'"末尾\"', "末尾\\"),
        (r'"公司称\"在手\"与\\"', '公司称"在手"与\\'),
        ('"A&H股：溢价 #1 [快讯] {评}"', "A&H股：溢价 #1 [快讯] {评}"),
        ("无引号：标题", "无引号：标题"),
        ("'单引号'", "单引号"),
        ('""', ""),
        ("", ""),
        ('"', '"'),
        ('" 两端 \u3000"', "两端"),
        ('"上行\n下行"', "上行 下行"),
    ],
)
def test_titles_are_what_the_generator_put_between_quotes(written: str, title: str) -> None:
    post = parsed(source(title=written))
    assert (post.title, post.tags, post.category) == (title, ["东财滚动新闻"], "emnews")


@pytest.mark.parametrize(
    ("date", "raw"),
    [
        ("2022-03-01 11:51:03 +0800", "2022-03-01 11:51:03"),
        ("2022-03-01 11:51:03 +08:00", "2022-03-01 11:51:03"),
        ("2022-03-01 11:51:03", "2022-03-01 11:51:03"),
        (" +0800", None),
        ("", None),
        ("2022-02-30 11:51:03 +0800", "2022-02-30 11:51:03"),
        ("2022-03-01 11:51:03 +0000", "2022-03-01 11:51:03 +0000"),
        ("9999-12-31 23:30:00", "9999-12-31 23:30:00"),
        ("近日", "近日"),
    ],
)
def test_times_stay_as_written_but_for_their_zone(date: str, raw: str | None) -> None:
    assert parsed(source(date=date)).published_raw == raw


@pytest.mark.parametrize(
    ("date", "first", "last", "day"),
    [
        ("2022-03-01 11:51", (1, 3, 51, 0), (1, 3, 51, 59), "01"),
        ("2022-03-01 17:51", (1, 9, 51, 0), (1, 9, 51, 59), "02"),
        ("2022-03-01 23:51 +0800", (1, 15, 51, 0), (1, 15, 51, 59), "01"),
        ("2022-03-01T11:51:03+08:00", (1, 3, 51, 3), (1, 3, 51, 3), "01"),
        ("2022-03-01 18:51:03 +0000", (1, 18, 51, 3), (1, 18, 51, 3), "02"),
        ("2022-03-01 18:51:03 Z", (1, 18, 51, 3), (1, 18, 51, 3), "02"),
        ("2022-03-02", (1, 16, 0, 0), (2, 15, 59, 59), "02"),
    ],
)
def test_other_times_that_jekyll_reads_are_read(
    date: str, first: tuple[int, ...], last: tuple[int, ...], day: str
) -> None:
    post = normalised(normalised(parsed(source(date=date))))
    bounds = [datetime(2022, 3, *bound, tzinfo=UTC) for bound in (first, last)]
    assert [post.published_min, post.published_max] == bounds
    assert post.published_at == (bounds[0] if first == last else None)
    assert (post.published_raw, post.published_from) == (date, "source")
    assert post.url == f"{SITE}emnews/2022/03/{day}/{DIGITS}.html"


@pytest.mark.parametrize("date", ["近日", "2022-02-30 11:51:03 +0800", "1970-01-01 00:00:00", "9999-12-31"])
def test_a_time_that_is_none_is_refused(date: str) -> None:
    with pytest.raises(InvalidPostError):
        normalised(parsed(source(date=date)))


def test_a_time_without_a_zone_is_beijing_time() -> None:
    post = normalised(parsed(source(date="2021-12-08 10:46:18"), "_posts/2021-12-08-202112082299000001.md"))
    assert (post.published_at, post.published_from) == (datetime(2021, 12, 8, 2, 46, 18, tzinfo=UTC), "source")


@pytest.mark.parametrize(
    ("path", "change", "page"),
    [
        (ROLLING, {"date": "2022-03-01 17:30:00"}, f"emnews/2022/03/02/{DIGITS}.html"),
        (ROLLING, {"date": "2022-03-01 15:30:00"}, f"emnews/2022/03/01/{DIGITS}.html"),
        (ROLLING, {"title": '"坏"标题"'}, ""),
        (ROLLING, {"title": r'"坏\标题"'}, ""),
        (ROLLING, {"title": r'"好\"标题"'}, f"emnews/2022/03/01/{DIGITS}.html"),
        (ROLLING, {"tags": "@微博"}, ""),
        (ROLLING, {"categories": "360"}, ""),
        (ROLLING, {"date": "近日"}, ""),
        (f"_posts/-{DIGITS}.md", {"date": " +0800"}, ""),
        (f"old_post/2022-03-01-{DIGITS}.md", {"title": '"坏"标题"'}, f"old_post/2022-03-01-{DIGITS}.html"),
        (MEDIUM, {"categories": "Wind"}, f"wind/2022/03/01/NW{DIGITS}.html"),
        (MEDIUM, {"categories": "anxin(xianggang)"}, f"anxin(xianggang)/2022/03/01/NW{DIGITS}.html"),
    ],
)
def test_the_page_is_where_jekyll_puts_it(path: str, change: dict[str, str], page: str) -> None:
    assert parsed(source(**change), path).url == (SITE + page if page else "")


def test_a_blank_line_before_the_front_matter_hides_it_from_jekyll_alone() -> None:
    post = parsed("\n" + source())
    assert (post.title, post.category, post.published_raw) == ("标题", "emnews", "2022-03-01 11:51:03")
    assert post.url == f"{SITE}2022/03/01/{DIGITS}.html"
    assert parsed("\n" + source(), f"old_post/2022-03-01-{DIGITS}.md").url == ""
    assert parsed("\ufeff" + source()).title == "标题"


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_do_not_matter(ends: str) -> None:
    text = source("> 导语。\n\n<p>甲。</p>\n <p>乙。</p>").replace("\n", ends)
    post = parsed(text)
    assert (post.title, post.digest, post.body.text, post.tags) == (
        "标题",
        "导语。",
        "甲。\n乙。",
        ["东财滚动新闻"],
    )
    assert post.source_raw == text
    assert post.origin_url


def test_a_source_link_may_be_empty_or_missing() -> None:
    for ending in (f"\n\n<>\n\n{FOOTER}", f"\n\n{FOOTER}", "\n\n<>", "\n", ""):
        post = parsed(source("祝贺开站", ending=ending))
        assert (post.body.text, post.body.links, post.origin_url) == ("祝贺开站", [], None)


HERE = "//finews.withounder.com/"
LINK = "\n\n<http://a.example/b>"
GENERATIONS = [
    "\n" + source(ending=LINK),
    source(ending=LINK),
    source(ending=f"{LINK}\n\n[返回东财滚动新闻](../emnews/)\n[返回首页](../)"),
    source(ending=f"{LINK}\n\n[返回东财滚动新闻](./emnews/)\n[返回首页](./)"),
    source(ending=f"{LINK}\n\n[返回东财滚动新闻](//finews.zning.me/emnews/)\n[返回首页](//finews.zning.me/)"),
    source(ending=f"{LINK}\n\n[返回甲新闻]({HERE}category/a (b).html)\n[返回首页]({HERE})"),
    source(ending=f"{LINK}\n\n{FOOTER}"),
]


def test_footers_tell_generations_apart_and_are_no_part_of_the_text() -> None:
    posts = [parsed(text) for text in GENERATIONS]
    orders = [post.source_order for post in posts]
    assert orders == sorted(set(orders))
    assert max(orders) < 900
    assert {post.body.text for post in posts} == {"正文。"}
    assert {tuple(link.url for link in post.body.links) for post in posts} == {("http://a.example/b",)}


@pytest.mark.parametrize("name", ["title", "date", "categories", "tags"])
def test_what_is_missing_is_unknown(name: str) -> None:
    lines = {"title": '"标题"', "date": "2022-03-01 11:51:03", "categories": "emnews", "tags": "东财滚动新闻"}
    post = normalised(parsed(f"---\n{name}: {lines[name]}\n---\n正文。\n\n{FOOTER}"))
    assert post.post == f"NW{DIGITS}"
    assert post.title == ("标题" if name == "title" else "")
    assert post.category == "emnews", "the footer tells it"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", EmptyPageError),
        ("\ufeff \r\n\n", EmptyPageError),
        ("正文。", SourceLayoutError),
        ("---\ntitle: a\n", SourceLayoutError),
        ("title: a\n---\n正文。", SourceLayoutError),
        ("---\nlayout: page\npermalink: /\n---\n正文。", SourceLayoutError),
    ],
)
def test_what_is_no_post_is_refused(text: str, problem: type[PageLayoutError]) -> None:
    with pytest.raises(problem):
        parsed(text)
    with pytest.raises(SourceLayoutError):
        parsed(source(), "README.md")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("_posts/2022-03-01-NW202203012299000001.md", "NW202203012299000001"),
        ("a/b/2022-03-01-init.markdown", "init"),
        ("-202205262391921712.md", "202205262391921712"),
        ("202205262391921712.md", "202205262391921712"),
        ("_posts-2021/notiz.md", "notiz"),
        ("old_post/notiz.md", "notiz"),
        ("notiz.md", None),
        ("README.md", None),
        ("_posts/2022-03-01-init.html", None),
        ("_posts/.md", None),
        ("2022-03-01-init.md/x", None),
    ],
)
def test_sources_are_known_by_their_names(path: str, name: str | None) -> None:
    place = source_place(path)
    assert (place.name if place else None) == name


@pytest.mark.parametrize("arguments", [{}, {"archive_days": 60}])
def test_a_source_says_what_its_page_says_and_quotes_as_they_were(arguments: dict[str, int]) -> None:
    """Every post of a made-up world; pages curl quotes, join dots and dashes, and lose a slug's second blank."""
    world = World(seed=2, posts=150, **arguments)
    fields = ("post", "title", "category", "share_url", "origin_url", "author", "securities")
    for shown in world.site.pages.values():
        page = normalised(parse_post((world.site.get(shown.path) or b"").decode(), shown.url, READ_AT))
        read = normalised(parse_source(shown.source, shown.file, SITE, READ_AT))
        assert read.url == canonical_url(shown.url)
        assert [getattr(read, name) for name in fields] == [getattr(page, name) for name in fields]
        assert (read.media and read.media.name) == (page.media and page.media.name)
        words = shown.digest or ""
        if not any(mark in words for mark in ('"', "--", "...")):
            assert (read.digest, read.body) == (page.digest, page.body)
        elif shown.blocks:
            assert (read.digest, read.body) == (words, page.body)
        else:
            assert read.body.text == words


@given(
    st.text("-:\n\r\"'\\ >ab甲<p/&;[]()返回｜\ufeff", max_size=200),
    st.sampled_from([ROLLING, MEDIUM, "-1.md", "old_post/x.md"]),
)
def test_any_text_is_a_post_or_refused_by_name(text: str, path: str) -> None:
    for whole in (text, f"---\ntitle: {text}\n---\n{text}", source(text, title=text, tags=text, categories=text)):
        try:
            post = parsed(whole, path)
        except PageLayoutError:
            continue
        assert post.source_raw == whole


@pytest.mark.parametrize(
    "unit",
    ["\n", " ", ">", "<", "<>", "[返回](", "[返回]()", "｜", "&", "---\n", "a: b\n", "> \n", '"', "\\", "<p>"],
)
def test_long_repetitions_are_read_in_bounded_time(unit: str) -> None:
    """Each would take minutes if the time grew with the square of the length."""
    many = unit * (100_000 // len(unit))
    for text in (many, f"---\ntitle: x\n---\n{many}", f"---\ntitle: {many}", source(many)):
        try:
            parsed(text)
        except PageLayoutError:
            continue
