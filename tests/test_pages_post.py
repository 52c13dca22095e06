"""Post pages of every kind, in both layouts, field by field."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.items import Image, Link, Mark, Post
from crawler.pages.errors import PageLayoutError
from crawler.pages.post import parse_post
from tests.fixtures import LAYOUTS, fragment, post_page

SITE = "https://finews.withounder.com"
READ_AT = datetime(2022, 3, 2, 1, 30, tzinfo=UTC)
ROLLING_URL = f"{SITE}/emnews/2022/03/01/202203012293000017.html"
MEDIA_URL = f"{SITE}/jiangchengwanbao/2022/03/01/NW202203012293000017.html"

both_layouts = pytest.mark.parametrize("layout", LAYOUTS)


def parse(page: str, url: str) -> Post:
    return parse_post(page, url, READ_AT)


def flash(content: str, url: str = ROLLING_URL) -> Post:
    return parse(post_page(content), url)


@both_layouts
def test_flash(layout: str) -> None:
    url = f"{SITE}/emnews/2022/03/01/202203012293000011.html"
    page = post_page(fragment("posts/flash.html"), layout, title="两市低开 电力股走强", time="2022-03-01 17:31:05")
    post = parse(page, url)
    assert post.url == url
    assert post.form == "page-rolling"
    assert post.fetched_at == READ_AT
    assert post.name == "202203012293000011"
    assert post.title == "两市低开 电力股走强"
    assert post.digest is None
    assert post.body.text == "两市低开，沪指跌0.21%，电力、煤炭板块走强，*ST江电、*ST河能 涨停。（江城晚报）"
    assert post.body.html == f"<p>{post.body.text}</p>"
    assert post.body.images == []
    assert post.body.marks == []
    assert post.body.media_raw is None
    assert post.body.editor is None
    assert post.tags == ["东财滚动新闻"]
    assert post.category == "emnews"
    assert post.published_raw == "2022-03-01 17:31:05"
    assert post.published_zoned is False
    assert post.origin_url == "http://finance.eastmoney.com/news/11060,202203012293000011.html"
    assert post.share_url is None
    assert post.body.links == [Link(post.origin_url, post.origin_url)]
    assert post.author is None


@both_layouts
def test_rolling_news_with_an_article(layout: str) -> None:
    post = parse(post_page(fragment("posts/rolling.html"), layout, title="沪指收涨 “绿电”走强"), ROLLING_URL)
    assert post.form == "page-rolling"
    assert post.title == "沪指收涨 “绿电”走强"
    assert post.digest == "两市低开，*ST江电、*ST河能涨停，“绿电”再度走强。（江城证券报）"
    assert post.body.text.split("\n") == [
        "电力板块走强，江城电力涨停。",
        "江城电力公告，业绩预增 30%-50%。",
        "图片来源：江城电力官网",
        "涨幅前列个股：",
        "代码\t简称\t",
        "600999\t江城 电力\t10.02% 涨停",
    ]
    board = "https://quote.eastmoney.com/unify/r/90.BK0428"
    stock = "https://quote.eastmoney.com/unify/r/1.600999"
    rel = 'rel="noopener nofollow"'
    assert post.body.html.split("\n") == [
        f'<p><a href="{board}" {rel}>电力</a>板块走强，<a href="{stock}" {rel}>江城电力</a>涨停。</p>',
        (
            f'<p><a href="{stock}" {rel}><strong>江城电力</strong></a><strong>公告，</strong>'
            f'<a href="http://data.eastmoney.com/bbsj/" {rel}><strong>业绩</strong></a>'
            "<strong>预增 30%-50%。</strong></p>"
        ),
        '<p><img src="https://dfscdn.dfcfw.com/download/D25000000000000000001_w800h555.jpg" alt=""></p>',
        "<p>图片来源：江城电力官网</p>",
        "<p>涨幅前列个股：</p>",
        (
            "<table><tbody><tr><th>代码</th><th>简称</th><th></th></tr>"
            "<tr><td>600999</td><td>江城 电力</td><td>10.02% 涨停</td></tr></tbody></table>"
        ),
    ]
    assert post.body.images == [
        Image("https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=106.JCE&imageType=k&at=1", "chart", None),
        Image(
            "https://dfscdn.dfcfw.com/download/D25000000000000000001_w800h555.jpg",
            "photo",
            "图片来源：江城电力官网",
        ),
    ]
    assert post.body.marks == [
        Mark("106.JCE", "", "chart"),
        Mark("90.BK0428", "电力", "link"),
        Mark("1.600999", "江城电力", "link"),
        Mark("1.600999", "江城电力", "keyword"),
    ]
    assert post.body.media_raw == "江城证券报"
    assert post.origin_url == "http://finance.eastmoney.com/news/1354,202203012293000017.html"
    assert post.share_url is None
    assert post.body.links == [
        Link("http://data.eastmoney.com/bbsj/", "业绩"),
        Link(post.origin_url, post.origin_url),
    ]
    assert post.category == "emnews"


@both_layouts
def test_media_post(layout: str) -> None:
    page = post_page(fragment("posts/media.html"), layout, title="电力股为何走强", tags=("江城晚报新闻",))
    post = parse(page, MEDIA_URL)
    assert post.form == "page"
    assert post.name == "NW202203012293000017"
    assert post.digest is None
    assert post.body.text.split("\n") == [
        "导语：电力股为何走强？",
        "“绿电”概念 再度活跃，《<可再生能源法>》修订在即。",
        "一、供给",
        "水电：来水偏枯",
        "火电：煤价回落",
    ]
    assert post.body.html.split("\n") == [
        "<p>导语：电力股为何走强？</p>",
        "<p>“绿电”概念 再度活跃，《&lt;可再生能源法&gt;》修订在即。</p>",
        "<h2>一、供给</h2>",
        "<ul><li>水电：来水偏枯</li><li>火电：<strong>煤价</strong>回落</li></ul>",
    ]
    assert [image.kind for image in post.body.images] == ["chart"]
    assert post.body.marks == [Mark("1.600999", "", "chart")]
    assert post.body.media_raw == "江城晚报"
    assert post.body.editor == "DF120"
    assert post.tags == ["江城晚报新闻"]
    assert post.category == "jiangchengwanbao"
    assert post.share_url == "http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202203012293000017"
    assert post.origin_url is None
    assert post.body.links == [Link(post.share_url, post.share_url)]


@both_layouts
@pytest.mark.parametrize(
    ("path", "tags"),
    [
        ("/shangye/app(xianggang)/2022/02/28/NW202202282291000004.html", ("商业", "APP(香港)新闻")),
        ("/shangye/app%28xianggang%29/2022/02/28/NW202202282291000004.html", ("商业", "APP(香港)新闻")),
        # An archived page tells its category in the footer only, and does not split its tag.
        ("/old_post/2022-02-28-NW202202282291000004.html", ("商业  APP(香港)新闻",)),
    ],
)
def test_a_category_of_two_words_is_verbatim_from_the_footer(
    layout: str, path: str, tags: tuple[str, ...]
) -> None:
    post = parse(post_page(fragment("posts/two_words.html"), layout, tags=tags), SITE + path)
    assert post.category == "shangye  APP(xianggang)"
    assert post.tags == [" ".join(tag.split()) for tag in tags]
    assert post.body.text == "商业快讯正文。"


@pytest.mark.parametrize(
    ("path", "tags", "category"),
    [
        ("/emnews/2022/03/01/202203012293000011.html", ("东财滚动新闻",), "emnews"),
        ("/sitenews/2022/03/01/notice.html", ("站长消息",), "sitenews"),
        ("/wind/2022/03/01/NW202203012293000011.html", ("Wind新闻",), "Wind"),
        ("/shangye/app/2022/03/01/NW202203012293000011.html", ("商业", "APP新闻"), "shangye APP"),
        ("/elsewhere/2022/03/01/NW202203012293000011.html", ("Wind新闻",), "elsewhere"),
        ("/elsewhere/2022/03/01/NW202203012293000011.html", (), "elsewhere"),
        ("/old_post/2022-03-01-NW202203012293000011.html", ("Wind新闻",), "Wind"),
        ("/old_post/2022-03-01-202203012293000011.html", ("东财滚动新闻",), "emnews"),
        ("/old_post/-202203012293000011.html", (), None),
        ("/2022/03/01/202203012293000011.html", (), None),
    ],
)
def test_category_without_a_footer(path: str, tags: tuple[str, ...], category: str | None) -> None:
    post = parse(post_page("<p>无页脚。</p>", tags=tags), SITE + path)
    assert post.category == category
    assert post.body.text == "无页脚。"


@pytest.mark.parametrize(
    "footer",
    [
        "",
        '<p><a href="../emnews/">返回东财滚动新闻</a>\n<a href="../">返回首页</a></p>',
        '<p><a href="./emnews/">返回东财滚动新闻</a>\n<a href="./">返回首页</a></p>',
        '<p><a href="//finews.zning.me/emnews/">返回东财滚动新闻</a>\n<a href="//finews.zning.me/">返回</a></p>',
        '<p><a href="//finews.withounder.com/emnews/">返回东财滚动新闻</a>｜<a href="/">返回首页</a></p>',
        '<p><a href="//finews.withounder.com/emnews/">返回东财滚动新闻</a></p>\n<p><a href="/">返回首页</a></p>',
        '<p><a href="//[">返回首页</a></p>',
    ],
)
def test_every_generation_of_footers_is_cut_off(footer: str) -> None:
    link = '<p><a href="http://a.eastmoney.com/a/202203012293000017.html">http://a.eastmoney.com/a/202203012293000017.html</a></p>'
    post = flash(f"<p>返回式卫星成功发射。</p>\n\n{link}\n\n{footer}")
    assert post.body.text == "返回式卫星成功发射。"
    assert post.origin_url == "http://a.eastmoney.com/a/202203012293000017.html"
    assert post.category == "emnews"


def test_a_last_paragraph_that_begins_like_a_footer_is_none() -> None:
    post = flash('<p class="x">正文</p><p><a href="/a">返回</a>舱着陆</p>')
    assert post.body.text == "正文\n返回舱着陆"


def test_a_link_of_the_article_is_no_footer_and_no_source_link() -> None:
    content = (
        '<p class="x">正文</p><p><a href="/a">返回</a>舱着陆</p><p>见 <a href="http://x.cn/">http://x.cn/</a></p>'
    )
    post = flash(content)
    assert post.body.text == "正文\n返回舱着陆\n见 http://x.cn/"
    assert post.body.links == [Link(f"{SITE}/a", "返回"), Link("http://x.cn/", "http://x.cn/")]


@both_layouts
def test_notice_of_the_site(layout: str) -> None:
    page = post_page(fragment("posts/notice.html"), layout, title="维护公告", tags=("站长消息",))
    post = parse(page, f"{SITE}/sitenews/2022/03/01/notice.html")
    assert (post.form, post.name, post.category) == ("page", "notice", "sitenews")
    assert (post.body.text, post.body.links) == ("今晚维护。", [])
    assert (post.share_url, post.origin_url) == (None, None)


@both_layouts
def test_archived_page(layout: str) -> None:
    url = f"{SITE}/old_post/2022-03-01-202203012293000017.html"
    page = post_page(fragment("posts/rolling.html"), layout)
    dated = parse(page, ROLLING_URL)
    assert replace(parse(page, url), url=ROLLING_URL) == dated


@both_layouts
def test_empty_digest_and_empty_source_link(layout: str) -> None:
    post = parse(post_page(fragment("posts/no_link.html"), layout, title=""), ROLLING_URL)
    assert post.title == ""
    assert post.digest is None
    assert post.body.text == "只有正文。"
    assert post.body.media_raw == "江城晚报"
    assert (post.origin_url, post.share_url, post.body.links) == (None, None, [])
    assert post.category == "emnews"


@both_layouts
def test_front_matter_shown_as_text_of_a_flash(layout: str) -> None:
    """Trap 2: a blank line before the front matter."""
    page = post_page(
        fragment("posts/leaked_flash.html"),
        layout,
        title="202203012293000021",
        time="2022-03-01 00:00:00",
        tags=("",),
    )
    post = parse(page, f"{SITE}/2022/03/01/202203012293000021.html")
    assert post.title == "江电：预计一季度 JCE 盈利"
    assert post.published_raw == "2022-03-01 09:29:31"
    assert post.published_zoned is True
    assert post.category == "emnews"
    assert post.tags == ["东财滚动新闻"]
    assert post.body.text == "江城电力预计一季度盈利1亿元。"
    assert post.origin_url == "http://stock.eastmoney.com/news/1611,202203012293000021.html"


@both_layouts
def test_front_matter_shown_as_text_of_a_media_post(layout: str) -> None:
    page = post_page(
        fragment("posts/leaked_media.html"),
        layout,
        title="Nw202203012293000022",
        time="2022-03-01 00:00:00",
        tags=("",),
    )
    post = parse(page, f"{SITE}/2022/03/01/NW202203012293000022.html")
    assert post.title == "江电二季度展望"
    assert (post.published_raw, post.published_zoned) == ("2022-03-01 09:29:31", True)
    assert post.category == "shangye  APP"
    assert post.tags == ["商业", "APP新闻"]
    assert post.body.text == "展望正文。"
    assert post.body.media_raw == "商业 APP"
    assert post.share_url == "http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202203012293000022"


def test_a_rule_and_lines_with_colons_are_text_where_the_title_is_no_file_name() -> None:
    post = flash(fragment("posts/leaked_flash.html"))
    assert post.title == "某公司公告"
    assert post.body.text.split("\n")[0].startswith("layout: post title: “江电：")
    no_rule = fragment("posts/leaked_flash.html").replace("<hr />", "<p>一</p>")
    post = parse(post_page(no_rule, title="202203012293000017"), ROLLING_URL)
    assert post.title == "202203012293000017"


@both_layouts
def test_unreadable_front_matter(layout: str) -> None:
    """Trap 3: no title, no time, no tags, and the day of the build in the URL."""
    page = post_page(fragment("posts/flash.html"), layout, title="", time="2022-03-09 01:00:00", tags=())
    post = parse(page, f"{SITE}/2022/03/09/2022-03-01-202203012293000011.html")
    assert post.name == "202203012293000011"
    assert (post.title, post.tags, post.published_raw) == ("", [], None)
    assert post.category == "emnews"
    assert post.origin_url == "http://finance.eastmoney.com/news/11060,202203012293000011.html"
    no_time = page.replace("2022-03-09 01:00:00", "")
    assert parse(no_time, post.url) == post


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        ("<b>江电</b>公告", "江电公告"),
        ("<b>江电公告", "江电公告"),
        ("　A&amp;B股　齐升  再创\n新高 ", "A&B股　齐升  再创 新高"),
        ("研发投入>10% 利润<5%", "研发投入>10% 利润<5%"),
        ("", ""),
        ("cafe\u0301", "café"),
    ],
)
def test_titles_are_plain_text(shown: str, title: str) -> None:
    assert parse(post_page("<p>文。</p>", title=shown), ROLLING_URL).title == title


def test_headings_in_the_article_are_no_titles() -> None:
    post = parse(post_page("<h1>小标题</h1>\n<p>文。</p>\n<h1>小标题二</h1>", title="标题"), MEDIA_URL)
    assert (post.title, post.body.text) == ("标题", "小标题\n文。\n小标题二")


# Digests and flashes are plain text that went through Markdown. As rendered, and as written.
MANGLED = [
    ("<p><em>ST江电、</em>ST河能</p>", "*ST江电、*ST河能"),
    ("<p><strong>重磅</strong>消息</p>", "**重磅**消息"),
    ("<p><del>原定今日</del>改为明日</p>", "~~原定今日~~改为明日"),
    ("<p>用<code>RMB</code>计价</p>", "用`RMB`计价"),
    ("<p>A&amp;B &lt;1%</p>", "A&B <1%"),
    ("<p>第一行\n第二行<br />\n第三行</p>", "第一行 第二行\n第三行"),
    ("<p>第一段</p>\n\n  <p>第二段</p>", "第一段\n第二段"),
    (
        "<table><tbody>\n<tr>\n<td>PMI为50%</td>\n  <td>非<em>制造业</em></td>\n<td>51%</td></tr></tbody></table>",
        "PMI为50%|非*制造业*|51%",
    ),
    ("<ol>\n    <li>央行</li>\n    <li>\n      <p>财政部</p>\n    </li>\n  </ol>", "1. 央行\n2. 财政部"),
    ("<ul>\n    <li>央行</li>\n    <li>财政部</li>\n  </ul>", "* 央行\n* 财政部"),
    ("<ol><li></li><li>二</li><li></li></ol><p>三</p>", "2. 二\n三"),
    ("<pre><code>四个空格\n</code></pre>", "四个空格"),
    ('<p>见<a href="http://x.cn/">公告</a></p>', "见公告"),
    ('<h1 id="x">重磅</h1>', "重磅"),
]


@pytest.mark.parametrize(("rendered", "written"), MANGLED)
def test_markdown_in_a_digest_is_turned_back(rendered: str, written: str) -> None:
    post = flash(f'<blockquote>\n  {rendered}\n</blockquote>\n\n<p class="em_media">文</p>')
    assert (post.digest, post.body.text) == (written, "文")


@pytest.mark.parametrize(("rendered", "written"), MANGLED)
def test_markdown_in_a_flash_is_turned_back(rendered: str, written: str) -> None:
    post = flash(rendered)
    assert (post.digest, post.body.text) == (None, written)


@pytest.mark.parametrize(("rendered", "written"), MANGLED)
def test_a_digest_without_article_is_a_flash(rendered: str, written: str) -> None:
    post = flash(f"<blockquote>\n  {rendered}\n</blockquote>")
    assert (post.digest, post.body.text) == (None, written)


def test_a_digest_keeps_its_blanks_and_a_text_does_not() -> None:
    digest = "<blockquote>\n  <p>会议指出，  要扎实推进。　会议强调，\n稳字当头。</p>\n</blockquote>"
    assert flash(f"{digest}\n<p>文</p>").digest == "会议指出，  要扎实推进。　会议强调， 稳字当头。"
    assert flash(digest).body.text == "会议指出， 要扎实推进。 会议强调， 稳字当头。"


def test_a_flash_keeps_its_links_and_pictures() -> None:
    post = flash('<p>详见<a href="http://x.cn/1">公告</a>。<br><img src="//i.cn/1.jpg"></p>')
    assert post.body.text == "详见公告。"
    assert post.body.html.split("\n") == [
        '<p>详见<a href="http://x.cn/1" rel="noopener nofollow">公告</a>。</p>',
        '<p><img src="https://i.cn/1.jpg" alt=""></p>',
    ]
    assert post.body.links == [Link("http://x.cn/1", "公告")]
    assert post.body.images == [Image("https://i.cn/1.jpg", "photo", None)]


def test_a_digest_above_a_picture_alone_is_the_text() -> None:
    post = flash('<blockquote><p>一图看懂</p></blockquote>\n<p><img src="//i.cn/1.jpg"></p>')
    assert (post.digest, post.body.text) == (None, "一图看懂")
    assert post.body.html == '<p>一图看懂</p>\n<p><img src="https://i.cn/1.jpg" alt=""></p>'


def test_rolling_news_without_digest_but_with_bold_headings_is_html() -> None:
    post = flash("<p><strong>一、要闻</strong></p>\n<p>文。</p>")
    assert post.body.text == "一、要闻\n文。"
    assert post.body.html == "<p><strong>一、要闻</strong></p>\n<p>文。</p>"


def test_emphasis_in_an_article_stays_emphasis() -> None:
    post = parse(post_page("<p><em>斜体</em>与<strong>粗体</strong></p>"), MEDIA_URL)
    assert post.body.text == "斜体与粗体"
    assert post.body.html == "<p><em>斜体</em>与<strong>粗体</strong></p>"


@pytest.mark.parametrize("nothing", ["", "<blockquote>\n  \n</blockquote>", "<!-- x -->", "<p>\u3000</p>"])
@pytest.mark.parametrize("url", [ROLLING_URL, MEDIA_URL])
def test_a_post_may_say_nothing_but_its_title(nothing: str, url: str) -> None:
    post = parse(post_page(nothing), url)
    assert (post.title, post.digest, post.body.text, post.body.html) == ("某公司公告", None, "", "")


def test_tags_that_the_site_shows_as_text_are_tags_again() -> None:
    """Raw HTML that begins with words: the site takes what follows on the line for words, too."""
    post = parse(
        post_page(
            '<p><strong>小标题</strong>&lt;p&gt;第一段&lt;/p&gt;&lt;p style="text-align:center;"&gt;'
            '<img src="http://i.cn/1.jpg">&lt;/p&gt;&lt;p class="em_media"&gt;（文章来源：江城晚报）&lt;/p&gt;</p>'
        ),
        MEDIA_URL,
    )
    assert post.body.text == "小标题\n第一段"
    assert post.body.images == [Image("https://i.cn/1.jpg", "photo", None)]
    assert post.body.media_raw == "江城晚报"


@pytest.mark.parametrize("text", ["若a<b且c>d，则a<p不成立", "《<民法典>》", "R&D <5%"])
def test_angle_brackets_of_the_news_stay(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert parse(post_page(f"<p>{escaped}</p>"), MEDIA_URL).body.text == text


@both_layouts
def test_an_article_that_never_closes_a_tag_swallows_source_link_and_footer(layout: str) -> None:
    content = (
        "<p>第一段<strong>粗</strong>\n<p>第二段\n\n&lt;http://finews.zning.xyz/html_News/NewsShare.html?"
        "infoCode=NW202203012293000017&gt;\n\n[返回江城(晚报)新闻](//finews.withounder.com/category/Jiangcheng(wanbao).html)｜"
        "[返回首页](//finews.withounder.com/)</p></p>"
    )
    post = parse(post_page(content, layout), f"{SITE}/jiangcheng(wanbao)/2022/03/01/NW202203012293000017.html")
    assert post.body.text == "第一段粗\n第二段"
    assert post.share_url == "http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202203012293000017"
    assert post.category == "Jiangcheng(wanbao)"


@both_layouts
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("CST", "UTC", "time line"),
        ("2022-03-01 09:30:00", "2022年3月1日", "time line"),
        ("2022-03-01 09:30:00", "2022-03-01 09:30:00 08:00", "time line"),
        ("<small>", "<span>", "0 elements section > small"),
        ("<h1>某", "<h2>某", "0 elements section > small"),
        ("<h1>某", "<p>x</p><h1>某", "0 elements section > small"),
        ("<p>文。</p>", "<small>x</small><h1>y</h1>", "2 elements section > small \\+ h1"),
        ("tags: ", "标签：", "tags line"),
        ("  <small>tags: <em>东财滚动新闻</em></small>", "", "0 elements section > small:last-child"),
        ("</section>", "<p>x</p></section>", "0 elements section > small:last-child"),
    ],
)
def test_a_required_element_that_is_not_there_exactly_once(layout: str, old: str, new: str, problem: str) -> None:
    text = post_page("<p>文。</p>", layout)
    assert old in text
    with pytest.raises(PageLayoutError, match=problem) as caught:
        parse(text.replace(old, new), ROLLING_URL)
    assert type(caught.value) is PageLayoutError


@both_layouts
@pytest.mark.parametrize("name", ["flash", "rolling", "media"])
def test_a_page_cut_short_anywhere_is_an_error(layout: str, name: str) -> None:
    text = post_page(fragment(f"posts/{name}.html"), layout)
    for length in range(0, text.index("<footer>"), 61):
        with pytest.raises(PageLayoutError):
            parse(text[:length], ROLLING_URL)


@pytest.mark.parametrize(
    "path", ["/", "/emnews/", "/category/x.html", "/a/2022/13/01/x.html", "/old_post/x.html", "/x"]
)
def test_a_url_that_is_no_posts(path: str) -> None:
    with pytest.raises(PageLayoutError, match="not the URL of a post"):
        parse(post_page("<p>文。</p>"), SITE + path)
