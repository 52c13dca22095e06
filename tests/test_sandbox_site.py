"""The site's pages as a browser meets them: places of things, not words. No parser of the project is used here."""

import re
from html import unescape

import pytest
from lxml import etree, html

from sandbox.kramdown import block, quote, span, typographic
from sandbox.truth import PostTruth
from sandbox.world import World

SITE = "https://finews.withounder.com"


@pytest.fixture(scope="module", params=["new", "old"])
def world(request: pytest.FixtureRequest) -> World:
    return World(layout=request.param)


@pytest.fixture(scope="module")
def truths(world: World) -> list[PostTruth]:
    return world.truths


def text_of(world: World, path: str) -> str:
    page = world.site.get(path)
    assert page is not None, path
    return page.decode()


def section(world: World, path: str) -> html.HtmlElement:
    (found,) = html.fromstring(text_of(world, path)).xpath("//div[@class='wrapper']/section")
    return found


def path_of(truth: PostTruth, form: int = 0) -> str:
    return truth.forms[form].url.removeprefix(SITE)


def hrefs(world: World, path: str) -> list[str]:
    return [str(href) for href in section(world, path).xpath(".//li/a/@href")]


def one(truths: list[PostTruth], kind: str) -> PostTruth:
    return next(truth for truth in truths if truth.kind == kind)


def test_home_lists_by_tag(world: World, truths: list[PostTruth]) -> None:
    tags = section(world, "/").xpath(".//h2/text()")
    assert {"站长消息", "东财滚动新闻", "华东财经观察", "东财观察APP新闻", "每日经济新闻新闻"} <= set(tags)
    blocks = [ul.xpath("li/a/@href") for ul in section(world, "/").xpath(".//ul")]
    if world.layout == "new":
        assert max(map(len, blocks)) == 5
        assert path_of(one(truths, "media-two-words")) in hrefs(world, "/")
    else:
        assert all(one_block == blocks[0] and len(one_block) == 20 for one_block in blocks)


def test_the_rolling_list_is_escaped_text(world: World) -> None:
    page = section(world, "/emnews/")
    assert page.xpath(".//a") == []
    (code,) = page.xpath(".//pre/code")
    links = re.findall(r'<a href="([^"]+)" target="_blank">', code.text_content())
    assert len(links) == 20
    assert all(link.startswith("/emnews/") for link in links)


def test_category_pages_list_all_and_are_empty_for_two_words(world: World, truths: list[PostTruth]) -> None:
    listed = {link for category in world.site.categories for link in hrefs(world, f"/category/{category}.html")}
    for truth in truths:
        for form in truth.forms:
            filed = " " not in form.category and truth.kind != "flash-leading-blank"
            assert (form.url.removeprefix(SITE) in listed) == filed
    assert hrefs(world, "/category/huadongcaijingguancha dongcaiguanchaAPP.html") == []
    heading = section(world, "/category/Wind.html").find("h2")
    assert heading.get("id") == ("Wind新闻" if world.layout == "new" else "")


def test_a_list_is_newest_first(world: World, truths: list[PostTruth]) -> None:
    shown = {path_of(truth, n): form.published_raw for truth in truths for n, form in enumerate(truth.forms)}
    times = [shown[link] for link in hrefs(world, "/category/emnews.html")]
    assert times == sorted(times, reverse=True)
    assert len(times) > 100


def test_the_feed_has_the_ten_newest(world: World) -> None:
    feed = etree.fromstring(text_of(world, "/feed.xml").encode())
    atom = {"a": "http://www.w3.org/2005/Atom"}
    published = feed.xpath("a:entry/a:published/text()", namespaces=atom)
    assert len(published) == 10
    assert published == sorted(published, reverse=True)
    newest = max(post.published_time for post in world.site.posts)
    assert published[0] == newest
    contents = feed.xpath("a:entry/a:content/text()", namespaces=atom)
    assert all("返回首页</a></p>" in content for content in contents)


def test_post_pages_say_what_the_truth_says(world: World, truths: list[PostTruth]) -> None:
    for truth in truths:
        for form in truth.forms:
            if truth.kind == "flash-leading-blank":
                continue
            page = section(world, form.url.removeprefix(SITE))
            time, tags = page.findall("small")
            assert form.published_raw in time.text_content()
            assert tags.xpath("em/text()") == list(form.tags)
            assert page.find("h1").text_content() == form.title
            seen = re.sub(r"\s+", "", "".join(page.itertext()))
            for line in form.text.replace("\t", "\n").split("\n"):
                # Markdown took the asterisks of *ST names.
                assert re.sub(r"\s+", "", line.replace("*", "")) in seen.replace("*", "")


def test_the_time_line_of_each_layout(world: World, truths: list[PostTruth]) -> None:
    page = text_of(world, path_of(one(truths, "media")))
    stamp = one(truths, "media").published_raw
    line = {
        "new": f"<small>[GMT+8, Asia/Shanghai, CST] {stamp} &nbsp; </small>\n<h1>",
        "old": f"<small>(GMT+8, Asia/Shanghai, CST) {stamp}</small>\n<h1>",
    }[world.layout]
    assert line in page


def test_the_older_layout_leaks_the_body_into_the_head(world: World, truths: list[PostTruth]) -> None:
    page = text_of(world, path_of(one(truths, "media")))
    head = page.partition("</head>")[0]
    assert ('<p class="em_media">' in head) == (world.layout == "old")
    assert ("&copy; 2021" in page) == (world.layout == "old")


def test_only_the_home_h1_and_the_title_are_h1(world: World, truths: list[PostTruth]) -> None:
    page = html.fromstring(text_of(world, path_of(one(truths, "flash"))))
    assert page.xpath("//header/h1/a/@href") == ["https://finews.withounder.com/"]
    assert len(page.xpath("//h1")) == 2


def test_rolling_news_has_marks_and_media_have_none(world: World, truths: list[PostTruth]) -> None:
    truth = next(truth for truth in truths if truth.kind == "both" and len(truth.forms[1].securities) > 1)
    own, rolling = section(world, path_of(truth, 0)), section(world, path_of(truth, 1))
    assert own.xpath(".//a[@class='keytip']") == []
    marks = rolling.xpath(".//a[@class='keytip']")
    first = [security.secid for security in truth.forms[1].securities if "link" in security.evidence]
    in_source_line = rolling.xpath("./p[@class='em_media']//a[@class='keytip']")
    assert len(marks) - len(in_source_line) == len(first)
    assert marks[0].getparent().get("id").split("_")[1] == marks[0].get("data-code").replace(",", ".")
    assert rolling.xpath("./blockquote/p")
    assert not own.xpath("./blockquote")


def test_an_early_flash_is_one_paragraph(world: World, truths: list[PostTruth]) -> None:
    page = section(world, path_of(one(truths, "flash-zoned")))
    assert page.xpath("./blockquote") == []
    assert page.findall("p")[0].text == one(truths, "flash-zoned").text


@pytest.mark.parametrize(
    ("kind", "markup"),
    [
        ("rolling-stars", "<em>ST天润、</em>ST中捷"),
        ("rolling-table", "    <tr>\n        <td>"),
        ("rolling-list", "<blockquote>\n  <ol>\n    <li>央行开展"),
        ("rolling-struck", "<p><del>原定"),
        ("rolling-quotes", "称”在手订单充足”，"),
        ("rolling-ampersand", "<p>R&amp;D投入"),
        ("rolling-empty-digest", "<blockquote>\n\n</blockquote>"),
        ("rolling-no-link", "<p>&lt;&gt;</p>"),
        ("flash-leading-blank", "<hr />\n<p>layout: post\ntitle: “"),
    ],
)
def test_what_kramdown_makes_of_it(world: World, truths: list[PostTruth], kind: str, markup: str) -> None:
    assert markup in text_of(world, path_of(one(truths, kind)))


@pytest.mark.parametrize(
    ("feature", "markup"),
    [
        ("spacer", '<p style="display:none;height:1px;overflow:hidden;"><br /></p>\n'),
        ("chart", "&amp;imageType=k&amp;token="),
        ("picture", "<center><img src="),
        ("heading", " </strong></p>\n"),
        ("table", '<table class="cms_autoformat_table"><tbody><tr><th>代码</th>'),
        ("nested-table", "）<table><tbody>"),
        ("bullets", "<ul><li>"),
        ("nbsp", "日&nbsp;&nbsp;合计"),
        ("blank", "指数\u3000涨跌幅"),
        ("entity", "《&lt;外商投资目录&gt;修订稿》"),
        ("editor", "<p>（责任编辑：DF"),
        ("plain-source", "<p>（文章来源："),
        ("advert-toplink", '<a class="toplink"'),
        ("advert-picture", "em_handle_adv_close"),
        ("advert-division", '<!-- 正文中部 内嵌广告 -->\n<div class="ad_context3">'),
    ],
)
def test_features_are_on_the_page(world: World, truths: list[PostTruth], feature: str, markup: str) -> None:
    truth = next(truth for truth in truths if feature in truth.features and truth.forms[0].form.startswith("page"))
    assert markup in text_of(world, path_of(truth))


def test_every_generation_of_footers_occurs(world: World) -> None:
    rolling = [post for post in world.site.posts if post.category == "emnews" and post.digest and not post.blocks]
    pages = [post.content for post in rolling]
    for link in (
        '"../emnews/"',
        '"./emnews/"',
        '"//finews.zning.me/emnews/"',
        '"//finews.withounder.com/emnews/"',
    ):
        assert any(f"<a href={link}>返回东财滚动新闻</a>\n<a href=" in page for page in pages), link
    assert any("返回东财滚动新闻</a>｜<a" in page for page in pages)
    assert any("返回首页" not in page for page in pages)


def test_sources_give_front_matter_as_the_generator_writes_it(world: World, truths: list[PostTruth]) -> None:
    sources = world.sources()
    blank = sources[one(truths, "flash-leading-blank").forms[0].file]
    assert blank.startswith("\n---\nlayout: post\n")
    flash = sources[one(truths, "flash").forms[0].file]
    assert re.search(r"\ndate: 2021-12-0\d \d\d:\d\d:\d\d\ncategories: emnews\ntags: 东财滚动新闻\n---\n\n", flash)
    media = sources[one(truths, "media").forms[0].file]
    assert " +0800\n" in media
    returned = next(truth for truth in truths if truth.kind == "both" and "carriage-return" in truth.features)
    assert "</p>\r\n <p>" in sources[returned.forms[0].file]
    assert "</p>\n <p>" in sources[returned.forms[1].file]


def test_a_source_and_its_page_say_the_same(world: World, truths: list[PostTruth]) -> None:
    sources = world.sources()
    for truth in truths:
        for form in truth.forms:
            bare = unescape(re.sub(r"<[^>]*>|\s|&nbsp;", "", sources[form.file]))
            last = form.text.rsplit("\n", 1)[-1].rsplit("\t", 1)[-1]
            assert typographic(re.sub(r"\s", "", last)) in typographic(bare)


@pytest.mark.parametrize(
    "path", ["/robots.txt", "/sitemap.xml", "/emnews/2021/12/emnews/", "/category/none.html", ""]
)
def test_unknown_paths_have_no_page(world: World, path: str) -> None:
    assert world.site.get(path) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('说"好"的', "说”好”的"),
        ('"开头', "“开头"),
        ('他说 "好" 。', "他说 “好” 。"),
        ('("引")', "(“引”)"),
        ("3--5", "3–5"),
        ("a---b...", "a—b…"),
    ],
)
def test_typography(text: str, expected: str) -> None:
    assert typographic(text) == expected


def test_markdown_spans_and_blocks() -> None:
    assert span("*ST天润、*ST中捷") == "<em>ST天润、</em>ST中捷"
    assert span("只有一个*星") == "只有一个*星"
    assert span("~~旧~~新 A&B<C") == "<del>旧</del>新 A&amp;B&lt;C"
    assert block("1. 一") == "<ol>\n  <li>一</li>\n</ol>\n"
    assert quote("a|b") == (
        "<blockquote>\n  <table>\n    <tbody>\n      <tr>\n        <td>a</td>\n        <td>b</td>\n"
        "      </tr>\n    </tbody>\n  </table>\n</blockquote>\n"
    )
