"""Articles from upstream: share texts, articles' JSON in both forms, article pages of every template."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.items import Image, Mark, Post
from crawler.pages.article import parse_article
from crawler.pages.article_json import parse_article_json
from crawler.pages.errors import BlockPageError, EmptyPageError, PageLayoutError
from crawler.pages.payload import BlockedPayloadError, MissingPayloadError, PayloadError, RefusedPayloadError
from crawler.pages.share import parse_share

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""In a new checkout Hypothesis builds its tables of characters first."""

FIXTURES = Path(__file__).parent / "fixtures" / "upstream"
AT = datetime(2026, 10, 1, tzinfo=UTC)
CODE = "NW202202072268137156"
SHARE = f"http://app.jg.eastmoney.com/NewsData/GetNewsText.do?id={CODE}"
DETAIL = "https://newsinfo.eastmoney.com/kuaixun/v2/api/article/202202072268137156?guid=1"
GETNEWS = "https://newsinfo.eastmoney.com/kuaixun/v2/api/content/getnews?newsid=202202072268137156&newstype=1"
PAGE = "https://finance.eastmoney.com/a/202202072268137156.html"
MINUTE = timedelta(seconds=59)

MARKED = (
    '<p>　　<span id="stock_1.601628"><a href="http://quote.eastmoney.com/unify/r/1.601628" class="keytip"'
    ' data-code="1,601628">中国人寿</a></span>发布公告。</p><p class="em_media">（文章来源：海港日报）</p>'
)
PLAIN = '<p>　　中国人寿发布公告。</p><p class="em_media">（文章来源：海港日报）</p>'


def share(**fields: Any) -> Post:
    answer = {"id": CODE, "title": "标题", "date": "2022-02-07 11:51:03", **fields}
    return parse_share(json.dumps(answer), SHARE, AT, CODE)


def detail(**fields: Any) -> Post:
    article = {"Art_Title": "标题", "Art_ShowTime": "2026/09/19 01:09:08", "Art_Content": MARKED, **fields}
    return parse_article_json(json.dumps({"data": article}), DETAIL, AT, CODE)


def getnews(**fields: Any) -> Post:
    news = {"newsid": CODE[2:], "title": "标题", "showtime": "2022-02-07 11:51:03", **fields}
    return parse_article_json(f"json({json.dumps({'news': news})})", GETNEWS, AT, CODE)


def page(name: str) -> Post:
    return parse_article((FIXTURES / name).read_text(encoding="utf-8"), PAGE, AT)


# --- share texts -------------------------------------------------------------------------------------------


def test_a_share_text() -> None:
    post = share(text=PLAIN, medianame="银川新闻网", Author=["张三", "李四"], reletecodes=["601628", "000001"])
    assert (post.url, post.form, post.fetched_at, post.name) == (SHARE, "share", AT, CODE)
    assert (post.title, post.body.text, post.digest) == ("标题", "中国人寿发布公告。", None)
    assert (post.body.media_raw, post.author) == ("银川新闻网", "张三 李四")
    assert (post.published_raw, post.published_zoned) == ("2022-02-07 11:51:03", True)
    at = datetime(2022, 2, 7, 3, 51, 3, tzinfo=UTC)
    assert (post.published_at, post.published_min, post.published_max) == (at, at, at)
    assert post.body.marks == [Mark("1.601628", "", "upstream")]
    assert (post.share_url, post.origin_url) == (None, None)


def test_the_case_of_keys_does_not_count() -> None:
    answer = {"Id": CODE, "TITLE": "标题", "Date": "2022-02-07 11:51:03", "MediaName": "银川新闻网", "Text": PLAIN}
    post = parse_share(json.dumps(answer), SHARE, AT, CODE)
    assert (post.title, post.published_raw, post.body.media_raw) == ("标题", "2022-02-07 11:51:03", "银川新闻网")


def test_of_text_and_content_the_one_with_marks_is_read() -> None:
    marks = [Mark("1.601628", "中国人寿", "link")]
    assert share(text=PLAIN, content=MARKED).body.marks == marks
    assert share(text=MARKED, content=PLAIN).body.marks == marks
    assert share(text=PLAIN, content=None).body.text == "中国人寿发布公告。"
    assert share(text="", content=PLAIN).body.text == "中国人寿发布公告。"


def test_the_medium_is_upstreams_field_before_the_source_line() -> None:
    assert share(text=PLAIN).body.media_raw == "海港日报"
    assert share(text=PLAIN, medianame="", **{"from": "新华社"}).body.media_raw == "新华社"
    two_blanks = "21世纪经济报道  21财经APP"  # the site's category of it has two as well
    assert share(text=PLAIN, medianame=f" {two_blanks}\n").body.media_raw == two_blanks


def test_a_body_escaped_once_too_often() -> None:
    assert share(text="&lt;p&gt;第一段。&lt;/p&gt;&lt;p&gt;第二段。&lt;/p&gt;").body.text == "第一段。\n第二段。"
    assert share(text="<p>《&lt;蒙特利尔议定书&gt;修正案》</p>").body.text == "《<蒙特利尔议定书>修正案》"
    assert share(text="<p>&lt;p&gt;是段落</p>").body.text == "<p>是段落"
    assert share(text="5&amp;lt;6").body.text == "5&lt;6"


@pytest.mark.parametrize("named", [{"id": CODE[2:]}, {"id": ""}, {"id": None}, {"id": "7", "newsid": CODE[2:]}])
def test_an_answer_may_name_its_article_in_any_form(named: dict[str, Any]) -> None:
    assert share(text=PLAIN, **named).name == CODE


@pytest.mark.parametrize("named", [{"id": "NW202202072268137157"}, {"id": None, "newsid": "202202072268137157"}])
def test_an_answer_about_another_article_is_refused(named: dict[str, Any]) -> None:
    with pytest.raises(PayloadError, match="about NW202202072268137157, not NW202202072268137156"):
        share(text=PLAIN, **named)


@pytest.mark.parametrize("body", ["", "<p>　　</p>", '<p style="display:none">暗</p>'])
def test_an_answer_without_text_misses_the_article(body: str) -> None:
    with pytest.raises(MissingPayloadError, match=f"no text of {CODE}"):
        share(text=body)


def test_a_picture_alone_is_an_article() -> None:
    assert share(text='<p><img src="https://dfscdn.dfcfw.com/a.jpg"></p>').body.images


def test_other_answers_have_their_names() -> None:
    with pytest.raises(BlockedPayloadError, match="empty answer"):
        parse_share("{}", SHARE, AT, CODE)
    with pytest.raises(PayloadError, match="neither text nor content"):
        share()
    with pytest.raises(PayloadError, match="neither text nor content"):
        share(text=None)


def test_a_time_that_is_none_stays_as_printed() -> None:
    post = share(text=PLAIN, date="昨天 11:51")
    assert (post.published_raw, post.published_at, post.published_max) == ("昨天 11:51", None, None)
    assert share(text=PLAIN, date="").published_raw is None


# --- articles' JSON ----------------------------------------------------------------------------------------


def test_an_article() -> None:
    post = detail(Art_Guidance="【标题】导语。", Art_Media_Name="东方财富研究中心")
    assert (post.form, post.name, post.title, post.digest) == ("origin", CODE, "标题", "导语。")
    assert (post.body.text, post.body.media_raw) == ("中国人寿发布公告。", "东方财富研究中心")
    assert (post.published_raw, post.published_zoned) == ("2026/09/19 01:09:08", True)
    assert post.published_at == datetime(2026, 9, 18, 17, 9, 8, tzinfo=UTC)
    assert post.body.marks == [Mark("1.601628", "中国人寿", "link")]
    assert post.origin_url == PAGE


@pytest.mark.parametrize("guidance", [None, "", "标题", "【标题】", "中国人寿发布公告。", 7.5])
def test_a_placeholder_is_no_lead(guidance: Any) -> None:
    assert detail(Art_Guidance=guidance).digest is None


def test_an_article_that_upstream_has_not() -> None:
    for answer in ('{"data":null}', '{"code":1,"message":"Success","data":null}', 'json({"news":null})'):
        with pytest.raises(MissingPayloadError, match=f"no article {CODE}"):
            parse_article_json(answer, DETAIL, AT, CODE)
    with pytest.raises(RefusedPayloadError, match="系统繁忙") as refused:
        parse_article_json('{"code":-1,"message":"系统繁忙","data":null}', DETAIL, AT, CODE)
    assert (refused.value.code, refused.value.message) == ("-1", "系统繁忙")
    with pytest.raises(MissingPayloadError, match="no text"):
        detail(Art_Content="")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"data": []}, "data is a JSON list"),
        ({"code": 1}, "neither data nor news"),
        ({"data": {"Art_Title": "标题"}}, "a body of JSON NoneType"),
        ({"data": {"Art_Code": "202202072268137157", "Art_Content": PLAIN}}, "about NW202202072268137157"),
        ({"news": {"newsid": "202202072268137157", "body": PLAIN}}, "about NW202202072268137157"),
        ({"news": {"newsid": CODE}}, "a body of JSON NoneType"),
        ({"news": "x"}, "news is a JSON str"),
    ],
)
def test_answers_of_another_shape(answer: dict[str, Any], problem: str) -> None:
    with pytest.raises(PayloadError, match=problem):
        parse_article_json(json.dumps(answer), DETAIL, AT, CODE)


def test_placeholders_become_pictures_and_links_again() -> None:
    chart = "https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.601628&imageType=k&token=1&at=1"
    post = getnews(
        body="<!--SPINFO#0--><p><!--IMG#0--></p><p>　　<!--Link#1-->与<!--Link#0-->合作&lt;一&gt;。</p>"
        "<center><!--IMG#1--></center><p><!--IMG#2--><!--IMG#3--><!--IMG#9--><!--Link#9--></p>",
        images=[
            {"src": chart, "code": "601628|1|1", "class": ""},
            {"src": "//np-newspic.dfcfw.com/download/D1.jpg", "code": "", "width": "580"},
            {"src": "https://np-newspic.dfcfw.com/download/ad.jpg", "class": "em_handle_adv_close"},
            {"src": "https://other.example.com/kline.png", "code": "601628|1|1"},
        ],
        links=[{"text": "A&B公司"}, {"text": "中国人寿", "url": "http://quote.eastmoney.com/unify/r/1.601628"}],
        description="导语。",
        source="海港日报",
        author="张三",
        relatedstocks=[{"Code": "1.601318", "Name": "中国平安"}],
    )
    assert post.body.text == "中国人寿与A&B公司合作<一>。"
    assert post.body.images == [
        Image(chart, "chart", None),
        Image("https://np-newspic.dfcfw.com/download/D1.jpg", "photo", None),
    ]
    assert post.body.marks == [
        Mark("1.601628", "", "chart"),
        Mark("1.601628", "中国人寿", "link"),
        Mark("1.601318", "中国平安", "upstream"),
    ]
    assert (post.digest, post.body.media_raw, post.author) == ("导语。", "海港日报", "张三")
    assert post.published_at == datetime(2022, 2, 7, 3, 51, 3, tzinfo=UTC)


def test_other_names_of_the_same_things() -> None:
    links = [{"text": "中国人寿", "href": "http://quote.eastmoney.com/unify/r/1.601628"}]
    post = getnews(body="<p><!--Link#0--></p>", links=links, simdigest="导语。")
    assert post.body.marks == [Mark("1.601628", "中国人寿", "link")]
    assert post.digest == "导语。"


def test_pictures_alone_are_an_article() -> None:
    picture = '<p><img src="https://dfscdn.dfcfw.com/a.jpg"></p>'
    assert detail(Art_Content=picture).body.images == parsed(html(body=picture)).body.images != []


def test_a_placeholder_without_lists_stands_for_nothing() -> None:
    assert getnews(body="<p>前<!--IMG#0--><!-- Link#0 -->后</p>", links="x").body.text == "前后"


# --- article pages -----------------------------------------------------------------------------------------


def test_a_page_of_2014() -> None:
    post = page("article_2014.html")
    assert (post.form, post.name, post.origin_url) == ("origin", "202202072268137156", PAGE)
    assert post.title == "沿海港口吞吐量首破五亿吨"
    assert post.body.text.split("\n") == [
        "今年前两个月，沿海港口完成货物吞吐量五亿吨，同比增长4.1%。",
        "上港集团表示，外贸箱量增长较快。",
    ]
    assert post.digest == "今年前两个月，沿海港口完成货物吞吐量五亿吨。"
    assert (post.published_raw, post.published_zoned) == ("2014年03月21日 07:42", True)
    at = datetime(2014, 3, 20, 23, 42, tzinfo=UTC)
    assert (post.published_at, post.published_min, post.published_max) == (at, at, at + MINUTE)
    assert (post.body.media_raw, post.author) == ("海港日报", None)
    assert post.body.marks == [Mark("1.600018", "上港集团", "link")]


def test_a_page_of_2018() -> None:
    post = page("article_2018.html")
    assert post.title == "水泥价格连涨七周"
    assert post.body.text.split("\n") == ["水泥价格已连续七周上涨。", "华东涨幅居前。", "海螺水泥提价20元。"]
    assert post.digest == "水泥价格已连续七周上涨，华东涨幅居前。"
    assert post.published_raw == "2018年09月12日 10:20"
    assert post.published_at == datetime(2018, 9, 12, 2, 20, tzinfo=UTC)
    assert (post.body.media_raw, post.author, post.body.editor) == ("建材时报", "李一 王二", "DF142")
    assert post.body.marks == [Mark("1.600585", "海螺水泥", "link")]


def test_a_page_of_2023() -> None:
    post = page("article_2023.html")
    assert post.title == "光伏组件排产环比回升两成"
    assert post.body.text.split("\n") == [
        "机构预计四季度装机超预期。",
        "组件车间",
        "隆基绿能与信义光能均已提产。",
    ]
    assert post.body.images == [
        Image("https://np-newspic.dfcfw.com/download/D1_w800h555.jpg", "photo", "组件车间"),
    ]
    assert post.body.links == []
    assert post.digest == "机构预计四季度装机超预期。"
    assert post.published_raw == "2023年11月06日 21:05"
    assert post.published_at == datetime(2023, 11, 6, 13, 5, tzinfo=UTC)
    assert (post.body.media_raw, post.author, post.body.editor) == ("界面新闻", "赵三", "137")
    assert post.body.marks == [Mark("1.601012", "隆基绿能", "link"), Mark("116.00968", "信义光能", "link")]


def test_the_rare_template_has_its_time_alone_and_its_source_below() -> None:
    post = page("article_content_text.html")
    assert (post.title, post.body.text) == ("棉花期货小幅收高", "棉花期货主力合约小幅收高。")
    assert (post.published_raw, post.body.media_raw) == ("2022-05-31 15:08", "期货日报")


@pytest.mark.parametrize(
    "url", [PAGE, "http://stock.eastmoney.com/news/1407,202202072268137156.html", PAGE.replace("finance", "hk")]
)
def test_every_address_of_a_page_is_the_same_article(url: str) -> None:
    post = parse_article((FIXTURES / "article_2018.html").read_text(encoding="utf-8"), url, AT)
    assert (post.name, post.origin_url) == ("202202072268137156", PAGE)


def html(around: str = '<div class="title">标题</div>', body: str = "<p>正文。</p>", head: str = "") -> str:
    inside = f'<div class="contentwrap">{around}<div id="ContentBody">{body}</div>之后</div>'
    return f"<html><head>{head}</head><body>{inside}</body></html>"


def parsed(text: str) -> Post:
    return parse_article(text, PAGE, AT)


def test_what_follows_the_body_is_no_part_of_it() -> None:
    assert parsed(html()).body.text == "正文。"
    assert parsed(html(body="开头<p>正文。</p>结尾")).body.text == "开头\n正文。\n结尾"


def test_of_several_headlines_the_page_title_tells_which() -> None:
    two = '<div class="title">标题</div><div class="title">专题</div>'
    assert parsed(html(two, head="<title>标题 _ 东方财富网</title>")).title == "标题"
    assert parsed(html("", head="<title>甲_乙_东方财富网</title>")).title == "甲_乙"
    assert parsed(html(head="<title>别的 _ 东方财富网</title>")).title == "标题"
    assert parsed(html(two)).title == ""


def test_an_article_may_have_no_headline_but_its_place() -> None:
    assert parsed(html('<div class="title"></div>', head="<title> _ 东方财富网</title>")).title == ""
    assert parsed(html('<div class="title"></div>')).title == ""
    with pytest.raises(PageLayoutError, match="neither headline nor title"):
        parsed(html(""))


def test_the_body_names_its_editor_before_the_small_print() -> None:
    above = '<div class="title">标题</div><div class="zwothers">（责任编辑：137）</div>'
    assert parsed(html(above)).body.editor == "137"
    assert parsed(html(above, "<p>正文。</p><p>（责任编辑：DF142）</p>")).body.editor == "DF142"


def test_a_page_may_show_no_time_but_a_line_of_facts_must() -> None:
    post = parsed(html())
    assert (post.published_raw, post.published_at, post.published_zoned) == (None, None, False)
    with pytest.raises(PageLayoutError, match="no time in"):
        parsed(html('<div class="title">标题</div><div class="infos"><div class="item">界面新闻</div></div>'))
    two = "<b>2022年05月31日 15:08</b><b>2022年05月31日 15:09</b>"
    assert parsed(html(f'<div class="title">标题</div>{two}')).published_raw is None


@pytest.mark.parametrize("second", ["作者：赵三", "2023年11月06日 21:05", ""])
def test_a_bare_second_item_is_the_medium_only_if_it_is_nothing_else(second: str) -> None:
    items = f'<div class="item">2023年11月06日 21:05</div><div class="item">{second}</div>'
    post = parsed(html(f'<div class="title">标题</div><div class="infos">{items}</div>'))
    assert post.body.media_raw is None


@pytest.mark.parametrize(
    ("text", "error", "problem"),
    [
        ("", EmptyPageError, "empty page"),
        (" \0 ", EmptyPageError, "empty page"),
        ("<html><title>标题</title><p>正文。</p></html>", PageLayoutError, "0 elements #ContentBody"),
        ('{"a":1}', PageLayoutError, "0 elements #ContentBody"),
        ("<title>安全验证</title><p>请完成滑块验证</p>", BlockPageError, "0 elements #ContentBody"),
        (html(body='<p id="ContentBody">验证码</p>'), PageLayoutError, "2 elements #ContentBody"),
        (html(body="<p>　　</p>"), MissingPayloadError, "no text in #ContentBody"),
    ],
)
def test_pages_without_an_article(text: str, error: type[PageLayoutError], problem: str) -> None:
    with pytest.raises(PageLayoutError, match=problem) as raised:
        parsed(text)
    assert raised.type is error


def test_news_about_captchas_are_news() -> None:
    assert parsed(html(body="<p>12306取消验证码。</p>")).body.text == "12306取消验证码。"


def test_only_an_article_has_an_address_of_one() -> None:
    with pytest.raises(PageLayoutError, match="not the URL of an article"):
        parse_article(html(), "https://finance.eastmoney.com/a/cgnjj.html", AT)


# --- whatever comes ----------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
MARKUP = st.lists(st.sampled_from([*MARKED.split(">"), "<p>", "<table><td>", "&lt;p", "　", "</", "\ud800", "0"]))
KEYS = ("id", "newsid", "text", "content", "title", "date", "Author", "medianame", "reletecodes", "body", "images")
ARTICLE = ("Art_Title", "Art_Content", "Art_Guidance", "Art_ShowTime", "Art_Media_Name", "Art_Code")


def outcome(parse: Callable[..., Post], *arguments: Any) -> Post | PageLayoutError:
    try:
        return parse(*arguments)
    except PageLayoutError as error:
        return error


@PATIENT
@given(st.dictionaries(st.sampled_from([*KEYS, "links", "showtime"]), JSON | MARKUP.map("".join)))
def test_any_fields_give_a_post_or_a_named_error(fields: dict[str, Any]) -> None:
    for parse, url, answer in (
        (parse_share, SHARE, fields),
        (parse_article_json, GETNEWS, {"news": fields}),
    ):
        found = outcome(parse, json.dumps(answer), url, AT, CODE)
        assert found.url == url
        if isinstance(found, Post):
            assert found.name == CODE
            assert found.body.text or found.body.images


@PATIENT
@given(st.dictionaries(st.sampled_from(ARTICLE), JSON | MARKUP.map("".join)))
def test_any_article_gives_a_post_or_a_named_error(fields: dict[str, Any]) -> None:
    found = outcome(parse_article_json, json.dumps({"data": fields}), DETAIL, AT, CODE)
    assert found.url == DETAIL
    assert isinstance(found, PageLayoutError) or found.origin_url == PAGE


@PATIENT
@given(st.text() | MARKUP.map("".join), st.text() | MARKUP.map("".join))
def test_any_page_gives_a_post_or_a_named_error(around: str, body: str) -> None:
    for text in (html(around, body), around, body):
        found = outcome(parse_article, text, PAGE, AT)
        assert found.url == PAGE
        assert isinstance(found, PageLayoutError) or found.published_zoned is bool(found.published_raw)
