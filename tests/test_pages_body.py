"""Bodies: every kind of markup that articles have, and what must come of it as text and as HTML."""

import time

import pytest

from crawler.items import Body, Image, Link, Mark
from crawler.pages.body import parse_fragment
from crawler.pages.errors import PageLayoutError
from crawler.pages.render import visible
from pipelines.safe_html import safe_html

BASE = "https://finews.withounder.com/emnews/2022/03/01/202203012293000017.html"
REL = 'rel="noopener nofollow"'


def parse(fragment: str) -> Body:
    return parse_fragment(fragment, BASE)


def check_html(body: Body, html: str) -> None:
    """Compare with HTML that leaves out the bodies of tables; the second lock changes nothing of it."""
    assert body.html == html.replace("<table>", "<table><tbody>").replace("</table>", "</tbody></table>")
    assert safe_html(body.html) == body.html


@pytest.mark.parametrize(
    ("fragment", "text", "html"),
    [
        # paragraphs
        ("<p>一</p><p>二</p>", "一\n二", "<p>一</p>\n<p>二</p>"),
        ("<p>一</p>\r\n <p>二</p>", "一\n二", "<p>一</p>\n<p>二</p>"),
        ("<p>一<p>二", "一\n二", "<p>一</p>\n<p>二</p>"),
        ("<p>一</p ><p>二</a ></p >", "一\n二", "<p>一</p>\n<p>二</p>"),
        ("文", "文", "<p>文</p>"),
        (
            "零<p>一</p>间<p>二</p>尾",
            "零\n一\n间\n二\n尾",
            "<p>零</p>\n<p>一</p>\n<p>间</p>\n<p>二</p>\n<p>尾</p>",
        ),
        ("<div>一<div>二</div>三</div>", "一\n二\n三", "<p>一</p>\n<p>二</p>\n<p>三</p>"),
        (
            "<div><p>一</p></div></div></section></body></html>尾<p>二",
            "一\n尾\n二",
            "<p>一</p>\n<p>尾</p>\n<p>二</p>",
        ),
        ("<section><section>一</section><section>二</section></section>", "一\n二", "<p>一</p>\n<p>二</p>"),
        ("<dl><dt>甲<dd>乙</dl><address>丙</address>", "甲\n乙\n丙", "<p>甲</p>\n<p>乙</p>\n<p>丙</p>"),
        ("<blockquote><p>引</p></blockquote>", "引", "<p>引</p>"),
        ("<p></p><p><br></p><p> \u3000&nbsp;</p><div></div>", "", ""),
        ("", "", ""),
        ("<!-- 文章主体 -->", "", ""),
        # lines
        ("<p>一<br />二<br><br>三<br></p>", "一\n二\n三", "<p>一<br>二<br>三</p>"),
        ("<p><strong>一<br>二</strong>三</p>", "一\n二三", "<p><strong>一</strong><br><strong>二</strong>三</p>"),
        ("<p>一\n二</p>", "一 二", "<p>一 二</p>"),
        ("<pre>甲\n甲\n\n乙  丙\r\n丁</pre>", "甲\n甲\n乙 丙\n丁", "<p>甲<br>甲<br>乙 丙<br>丁</p>"),
        # blanks and invisible characters
        ("<p>　　一&nbsp; &emsp;二　</p>", "一 二", "<p>一 二</p>"),
        ("<p>一 <strong> 二 </strong> 三</p>", "一 二 三", "<p>一 <strong>二 </strong>三</p>"),
        ("<p>一\u200b二\ufeff三\xad\u202e四</p><p>\u200b</p>", "一二三四", "<p>一二三四</p>"),
        ("<p>一\0二\ud800三\x07四</p>", "一二三四", "<p>一二三四</p>"),
        ("<p>e\u0301</p>", "é", "<p>é</p>"),
        ("<p>a\tb\u2028c\x85d</p>", "a b c d", "<p>a b c d</p>"),
        # words
        ("<p>《&lt;法&gt;》A&amp;B &quot;x&quot;</p>", '《<法>》A&B "x"', '<p>《&lt;法&gt;》A&amp;B "x"</p>'),
        (
            "<p>a<b>b</b><i>c</i><em>d</em>H<sub>2</sub><sup>3</sup></p>",
            "abcdH23",
            "<p>a<strong>b</strong><em>cd</em>H<sub>2</sub><sup>3</sup></p>",
        ),
        (
            "<p><b>甲</b><strong>乙</strong><font color=red>丙</font><u>丁</u></p>",
            "甲乙丙丁",
            "<p><strong>甲乙</strong>丙丁</p>",
        ),
        ("<b><i><b>x</b></i></b>", "x", "<p><strong><em>x</em></strong></p>"),
        (
            "<strong><p>甲</p><p>乙</p></strong>",
            "甲\n乙",
            "<p><strong>甲</strong></p>\n<p><strong>乙</strong></p>",
        ),
        ("<p>一<?php x ?>二<!-- 三 -->四</p>", "一二四", "<p>一二四</p>"),
        # headings and lists
        ("<h2>一、<br>二</h2><h6>三</h6>", "一、\n二\n三", "<h2>一、<br>二</h2>\n<h6>三</h6>"),
        ("<ul><li>甲</li><li><p>乙</p><p>丙</p></li></ul>", "甲\n乙\n丙", "<ul><li>甲</li><li>乙<br>丙</li></ul>"),
        (
            "<ol><li>甲<br>乙<ul><li>丙</li></ul></li><li>丁</li></ol>",
            "甲\n乙\n丙\n丁",
            "<ol><li>甲<br>乙</li></ol>\n<ul><li>丙</li></ul>\n<ol><li>丁</li></ol>",
        ),
        ("<li>甲</li><li>乙</li>丙", "甲\n乙\n丙", "<ul><li>甲</li><li>乙</li></ul>\n<p>丙</p>"),
        ("<ul><li>甲</li></ul><ul><li>乙</li></ul>", "甲\n乙", "<ul><li>甲</li></ul>\n<ul><li>乙</li></ul>"),
        # tables
        (
            "<table><tr><th>代码</th><th>简称</th></tr><tr><td>1</td><td>甲</td></tr></table>",
            "代码\t简称\n1\t甲",
            "<table><tr><th>代码</th><th>简称</th></tr><tr><td>1</td><td>甲</td></tr></table>",
        ),
        (
            "<table>\n<thead>\n<tr>\n<th>A</th>\n<th></th>\n</tr></thead>\n<tr><td></td><td> 1 </td></tr></table>",
            "A\t\n\t1",
            "<table><tr><th>A</th><th></th></tr><tr><td></td><td>1</td></tr></table>",
        ),
        (
            "<table><tr><td></td><td>&nbsp;</td></tr><tr><td>1<br>2</td><td><p>甲</p><p>乙</p></td></tr></table>",
            "1 2\t甲 乙",
            "<table><tr><td>1 2</td><td>甲 乙</td></tr></table>",
        ),
        (
            "<table><tr><td>一</td><td>二</td></tr></table><table><tr><td>三</td><td>四</td></tr></table>",
            "一\t二\n三\t四",
            "<table><tr><td>一</td><td>二</td></tr></table>\n<table><tr><td>三</td><td>四</td></tr></table>",
        ),
        (
            "<p>表：<table><caption>题</caption><tr><td>1</td><td>2</td></tr></table>后</p>",
            "表：\n题\n1\t2\n后",
            "<p>表：</p>\n<p>题</p>\n<table><tr><td>1</td><td>2</td></tr></table>\n<p>后</p>",
        ),
        (
            "<table><tr><td><p>版面</p><p>二段</p><table><tr><td>1</td><td>2</td></tr></table></td></tr></table>",
            "版面\n二段\n1\t2",
            "<p>版面</p>\n<p>二段</p>\n<table><tr><td>1</td><td>2</td></tr></table>",
        ),
        (
            "<table><tr><td>前<table><tr><td>1</td><td>2</td></tr></table>后</td><td>右</td></tr></table>",
            "前 1 2 后\t右",
            "<table><tr><td>前 1 2 后</td><td>右</td></tr></table>",
        ),
        ("<ul><li>项<table><tr><td>格</td></tr></table></li></ul>", "项\n格", "<ul><li>项<br>格</li></ul>"),
        (
            "<ul><li>项<table><tr><td>1</td><td>2</td></tr></table></li></ul>",
            "项\n1\t2",
            "<ul><li>项</li></ul>\n<table><tr><td>1</td><td>2</td></tr></table>",
        ),
        (
            "<table>零<tr>一<td>a</td><td>b</td></tr></table>",
            "零\n一\na\tb",
            "<p>零</p>\n<p>一</p>\n<table><tr><td>a</td><td>b</td></tr></table>",
        ),
        (
            "<table><tr><td><strong>甲</strong></td><td><ul><li>乙</li><li>丙</li></ul></td></tr></table>",
            "甲\t乙 丙",
            "<table><tr><td><strong>甲</strong></td><td>乙 丙</td></tr></table>",
        ),
        # what a reader does not see, and what is no article
        ("<p style='color:red;DISPLAY : none'>藏</p><p hidden>藏</p><i style='visibility:hidden'>藏</i>", "", ""),
        ("<script>a</script><style>b</style><iframe>c</iframe><svg><text>d</text></svg>见", "见", "<p>见</p>"),
        ("<noscript>a</noscript><template>b</template><video>c</video><object>d</object>见", "见", "<p>见</p>"),
        ("<p>见<span style='display:none'>藏</span>到</p>", "见到", "<p>见到</p>"),
        ("<p><a class='toplink' href='https://ai.eastmoney.com/x'>妙想</a></p><p>见</p>", "见", "<p>见</p>"),
        ("<p>买<a href='//acttg.eastmoney.com/x'>点此</a>卖</p>", "买卖", "<p>买卖</p>"),
        ("<div class='ad_context3'><p>广告</p></div><div class='a zwothers'>其他</div>见", "见", "<p>见</p>"),
        ("<p class='lazyload download'>见</p>", "见", "<p>见</p>"),
        ("<p>相关报道>>></p><p>主力资金加仓名单实时更新</p><p>见</p>", "见", "<p>见</p>"),
    ],
)
def test_text_and_html(fragment: str, text: str, html: str) -> None:
    body = parse(fragment)
    assert body.text == text
    check_html(body, html)


@pytest.mark.parametrize(
    ("fragment", "links", "html"),
    [
        (
            "<a href='http://x.cn/1'>甲</a>",
            [("http://x.cn/1", "甲")],
            f'<p><a href="http://x.cn/1" {REL}>甲</a></p>',
        ),
        (
            "<a href='//X.cn/a b?q=1&amp;r=2#f'>甲</a>",
            [("https://x.cn/a%20b?q=1&r=2", "甲")],
            f'<p><a href="https://x.cn/a%20b?q=1&amp;r=2" {REL}>甲</a></p>',
        ),
        (
            "<a href='/x'> 甲 <b>乙</b></a>",
            [("https://finews.withounder.com/x", "甲 乙")],
            (
                f'<p><a href="https://finews.withounder.com/x" {REL}>甲 </a>'
                f'<a href="https://finews.withounder.com/x" {REL}><strong>乙</strong></a></p>'
            ),
        ),
        (
            "<a href='http://x.cn/1\"><script>'>甲</a>",
            [("http://x.cn/1%22%3E%3Cscript%3E", "甲")],
            f'<p><a href="http://x.cn/1%22%3E%3Cscript%3E" {REL}>甲</a></p>',
        ),
        ("<a href='javascript:alert(1)'>甲</a>", [], "<p>甲</p>"),
        ("<a href=' JaVaScRiPt:alert(1)'>甲</a>", [], "<p>甲</p>"),
        ("<a href='data:text/html,x'>甲</a>", [], "<p>甲</p>"),
        ("<a href='mailto:a@x.cn'>甲</a>", [], "<p>甲</p>"),
        ("<a href='http://['>甲</a>", [], "<p>甲</p>"),
        ("<a href='#x'>甲</a><a href=''>乙</a><a href=' '>丙</a><a name='x'>丁</a>", [], "<p>甲乙丙丁</p>"),
        (
            "<a href='http://x.cn/1'><img src='http://i.cn/1.jpg'></a>",
            [],
            '<p><img src="https://i.cn/1.jpg" alt=""></p>',
        ),
        (
            "<a href='http://x.cn/1'><p>甲</p><p>乙</p></a>丙",
            [("http://x.cn/1", "甲乙")],
            f'<p><a href="http://x.cn/1" {REL}>甲</a></p>\n<p><a href="http://x.cn/1" {REL}>乙</a></p>\n<p>丙</p>',
        ),
        (
            "<span href='http://baike.eastmoney.com/item/设计' class='em_stock_key_common'>设计</span>",
            [],
            "<p>设计</p>",
        ),
        (
            "<span id='Info.3321'><a class='infokey' href='http://data.eastmoney.com/bbsj/'>业绩</a></span>",
            [("http://data.eastmoney.com/bbsj/", "业绩")],
            f'<p><a href="http://data.eastmoney.com/bbsj/" {REL}>业绩</a></p>',
        ),
        ("<p>（文章来源：<a href='http://x.cn/1'>江城晚报</a>）</p>", [], ""),
        (
            "<table><tr><td><a href='http://x.cn/1'>甲</a></td><td>乙</td></tr></table>",
            [("http://x.cn/1", "甲")],
            f'<table><tr><td><a href="http://x.cn/1" {REL}>甲</a></td><td>乙</td></tr></table>',
        ),
    ],
)
def test_links(fragment: str, links: list[tuple[str, str]], html: str) -> None:
    body = parse(fragment)
    assert body.links == [Link(url, text) for url, text in links]
    check_html(body, html)


PHOTO = "https://i.cn/1.jpg"
CHART = "https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.600519&imageType=k"


@pytest.mark.parametrize(
    ("fragment", "images", "text", "html"),
    [
        (
            "<center><img src='//i.cn/1.jpg'></center><p style='text-align:center;'>题注</p><p>文</p>",
            [(PHOTO, "photo", "题注")],
            "题注\n文",
            f'<p><img src="{PHOTO}" alt=""></p>\n<p>题注</p>\n<p>文</p>',
        ),
        (
            "<p align='center'><img src='http://i.cn/1.jpg'><br>题注</p>",
            [(PHOTO, "photo", "题注")],
            "题注",
            f'<p><img src="{PHOTO}" alt=""></p>\n<p>题注</p>',
        ),
        (
            "<figure><img src='https://i.cn/1.jpg'><figcaption>题注</figcaption></figure>",
            [(PHOTO, "photo", "题注")],
            "题注",
            f'<p><img src="{PHOTO}" alt=""></p>\n<p>题注</p>',
        ),
        (
            "<img src='//i.cn/1.jpg'><p>文</p>",
            [(PHOTO, "photo", None)],
            "文",
            f'<p><img src="{PHOTO}" alt=""></p>\n<p>文</p>',
        ),
        (
            "<img src='//i.cn/1.jpg'><p>（文章来源：甲报）</p>",
            [(PHOTO, "photo", None)],
            "",
            f'<p><img src="{PHOTO}" alt=""></p>',
        ),
        (
            "<img src='//i.cn/1.jpg'><img src='//i.cn/1.jpg'><center>题注</center>",
            [(PHOTO, "photo", None), (PHOTO, "photo", "题注")],
            "题注",
            f'<p><img src="{PHOTO}" alt=""></p>\n<p><img src="{PHOTO}" alt=""></p>\n<p>题注</p>',
        ),
        (
            "<p>前<img src='/1.jpg'>后</p>",
            [("https://finews.withounder.com/1.jpg", "photo", None)],
            "前\n后",
            '<p>前</p>\n<p><img src="https://finews.withounder.com/1.jpg" alt=""></p>\n<p>后</p>',
        ),
        (
            f"<p style='text-align:center'><img alt='K图 600519_0' src='{CHART}'></p><center>文</center>",
            [(CHART, "chart", None)],
            "文",
            "<p>文</p>",
        ),
        (
            f"<table><tr><td>左 <img src='{PHOTO}'> 右</td><td><img src='{CHART}'></td></tr></table>",
            [(PHOTO, "photo", None), (CHART, "chart", None)],
            "左 右\t",
            f'<table><tr><td>左 <img src="{PHOTO}" alt="">右</td><td></td></tr></table>',
        ),
        (
            f"<table><tr><td><img src='{PHOTO}'></td><td><img src='{PHOTO}'><img src='{PHOTO}'></td></tr></table>",
            [(PHOTO, "photo", None)] * 3,
            "",
            (
                f'<table><tr><td><img src="{PHOTO}" alt=""></td>'
                f'<td><img src="{PHOTO}" alt=""><img src="{PHOTO}" alt=""></td></tr></table>'
            ),
        ),
        (
            "<img src='data:image/png;base64,AAAA'><img src='javascript:x'><img src=' '><img><img src='http://['>",
            [],
            "",
            "",
        ),
        (
            (
                "<img class='em_handle_adv_close' src='//i.cn/1.jpg'><a href='https://acttg.eastmoney.com/x'>"
                "<img src='//i.cn/1.jpg'></a>"
            ),
            [],
            "",
            "",
        ),
        ("<div style='display:none'><img src='//i.cn/1.jpg'></div>", [], "", ""),
    ],
)
def test_images(fragment: str, images: list[tuple[str, str, str | None]], text: str, html: str) -> None:
    body = parse(fragment)
    assert body.images == [Image(url, kind, caption) for url, kind, caption in images]
    assert body.text == text
    check_html(body, html)


QUOTE = "http://quote.eastmoney.com/unify/r"


@pytest.mark.parametrize(
    ("fragment", "marks", "text"),
    [
        (
            (
                f'<span id="stock_1.600519"><a class="keytip" href="{QUOTE}/1.600519">茅台</a></span>'
                '<span id="quote_1.600519"></span>涨'
            ),
            [("1.600519", "茅台", "link")],
            "茅台涨",
        ),
        (
            f'<span web="1" href="{QUOTE}/1.600519" class="em_stock_key_common" data-code="1,600519">茅台</span>',
            [("1.600519", "茅台", "keyword")],
            "茅台",
        ),
        (
            f'<a class="em_stock_key_common" href="{QUOTE}/0.002353">杰瑞</a>',
            [("0.002353", "杰瑞", "keyword")],
            "杰瑞",
        ),
        (
            f'<span id="bk_90.BK0493"><a href="{QUOTE}/90.BK0493" class="keytip">新能源</a></span>',
            [("90.BK0493", "新能源", "link")],
            "新能源",
        ),
        (
            '<span id="stock_0.002353"><a href="//quote.eastmoney.com/r/0.002353" data-code="1">杰瑞</a></span>',
            [("0.002353", "杰瑞", "link")],
            "杰瑞",
        ),
        ('<span id="Info.116.00700">腾讯</span>', [("116.00700", "腾讯", "link")], "腾讯"),
        (f'<a href="{QUOTE}/106.NIO"><strong>蔚</strong>来</a>', [("106.NIO", "蔚来", "link")], "蔚来"),
        ('<span id="stock_NASDAQ_INTC7">英特尔</span>', [("105.INTC", "英特尔", "link")], "英特尔"),
        (
            f'<p><a href="{QUOTE}/1.600519" class="EmImageRemark"><img src="{CHART}"></a></p>',
            [("1.600519", "", "chart")],
            "",
        ),
        (f'<p><img src="{CHART}"></p>', [("1.600519", "", "chart")], ""),
        (
            '<p><span class="EmImageRemark" href="http://quote.eastmoney.com/us/AAPL.html?Market=NASDAQ"><img></span></p>',
            [("105.AAPL", "", "chart")],
            "",
        ),
        (
            '<a href="http://x.cn/1">看<span id="stock_1.600519">茅台</span>的</a>',
            [("1.600519", "茅台", "link")],
            "看茅台的",
        ),
        (
            f'<table><tr><td><a href="{QUOTE}/1.600519">600519</a><td><span id="stock_1.600519">茅台',
            [("1.600519", "600519", "link"), ("1.600519", "茅台", "link")],
            "600519\t茅台",
        ),
        (f'<span id="stock_1.600519"> </span><a href="{QUOTE}/1.600519"></a>', [], ""),
        (f'<p style="display:none"><a href="{QUOTE}/1.600519">茅台</a></p>', [], ""),
        (f'<p>（文章来源：<a href="{QUOTE}/90.BK0473">证券</a>时报）</p>', [], ""),
        (f'<p>相关报道>>><a href="{QUOTE}/1.600519">茅台</a></p>', [], ""),
        ('<a data-code="600519" href="http://quote.eastmoney.com/us/AAPL.html">苹果</a>', [], "苹果"),
    ],
)
def test_marks(fragment: str, marks: list[tuple[str, str, str]], text: str) -> None:
    body = parse(fragment)
    assert body.marks == [Mark(*mark) for mark in marks]
    assert body.text == text


def test_a_marked_name_links_to_the_quote_page() -> None:
    body = parse('<p><span id="stock_1.600519"><a href="http://x.cn/">茅台</a></span></p>')
    assert body.html == f'<p><a href="https://quote.eastmoney.com/unify/r/1.600519" {REL}>茅台</a></p>'
    assert body.links == []


@pytest.mark.parametrize(
    "fragment",
    [
        "<p>文</p><p class='em_media'>（文章来源：江城<a href='http://x.cn/'>证券</a>报）</p><p>（责任编辑：DF1）</p>",
        "<p>文</p><center>文章来源:江城证券报</center><div>责任编辑：DF1</div>",
        "<p>文<br>（文章来源：江城证券报）（责任编辑：DF1）</p>",
        "<p>文</p><p class='em_media'>（来源：江城证券报）</p><p>(责任编辑:DF1)</p>",
        "<div class='em_media'><p>（文章来源：<b>江城</b>证券报）<br>（责任编辑：DF1）</p></div><p>文</p>",
    ],
)
def test_source_line_and_editor_are_no_text(fragment: str) -> None:
    body = parse(fragment)
    assert (body.text, body.html) == ("文", "<p>文</p>")
    assert (body.media_raw, body.editor) == ("江城证券报", "DF1")


def test_closing_brackets_and_captions_stay() -> None:
    body = parse("<p>沪指收涨。（江城社）</p><p>来源：江城社</p><center>图片来源：江城社</center>")
    assert body.text == "沪指收涨。（江城社）\n来源：江城社\n图片来源：江城社"
    assert body.media_raw is None


@pytest.mark.parametrize(
    "fragment",
    [
        "<p>文</p>" * 10_000,
        "<ul><li>" * 900 + "文",
        "<table><tr><td>" * 600 + "文",
        "<table>" + "<tr><td>1</td><td>2</td></tr>" * 3_000 + "</table>",
        "<ol>" + "<li>项</li>" * 10_000 + "</ol>",
        "<a href='http://x.cn/'>文</a>" * 5_000,
        "<a href='http://x.cn/'>文" * 10_000,
        " " * 500_000 + "文",
        "文章来源：" * 50_000,
        "（" * 100_000 + "文",
        "&lt;&gt;" * 100_000,
        "<!--" * 100_000,
    ],
)
def test_huge_bodies_take_bounded_time(fragment: str) -> None:
    started = time.process_time()
    parse(fragment)
    assert time.process_time() - started < 2  # seconds; a quadratic walk would take minutes


@pytest.mark.parametrize("tag", ["b", "div", "blockquote", "ul><li", "table><tr><td"])
def test_deep_markup_loses_no_words(tag: str) -> None:
    assert parse(f"<{tag}>" * 500 + "文").text == "文"


@pytest.mark.parametrize("deep", ["<b>" * 30_000, "<i hidden>" * 30_000])
def test_markup_deeper_than_libxml2_reads_is_refused(deep: str) -> None:
    with pytest.raises(PageLayoutError, match="more than 2000 elements inside one another"):
        parse(f"{deep}文<p>后")


def test_visible() -> None:
    assert visible(" \u3000一\u00a0 \n二\u200b\t三 ") == "一 二 三"
    assert visible("e\u0301\ufb01") == "é\ufb01"  # NFC, not NFKC: the wording is kept
