"""Upstream's lists of news: what a row says, whichever list it stands in, and the post it becomes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.items import Link, Mark, NewsEntry, NewsList
from crawler.pages import news_list
from crawler.pages.errors import PageLayoutError
from crawler.pages.news_list import (
    entry_post,
    parse_columns,
    parse_fast,
    parse_kuaixun_v1,
    parse_search,
    parse_ticker,
)
from crawler.pages.payload import BlockedPayloadError, PayloadError, RefusedPayloadError
from crawler.pages.upstream import after_title, lines, related, words
from crawler.urls import columns_url, fast_url, kuaixun_url, ticker_url

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""In a new checkout Hypothesis builds its tables of characters first."""

AT = datetime(2026, 10, 1, tzinfo=UTC)
COLUMNS, FAST, OLD, TICKER = columns_url("350,351", 1), fast_url(), kuaixun_url(1), ticker_url("1.600519", 1)
SEARCH = "https://search-api-web.eastmoney.com/search/jsonp?cb=cb"
PAGE = "https://finance.eastmoney.com/a/202609283884561151.html"


def columns(*rows: Any, **more: Any) -> NewsList:
    return parse_columns(json.dumps({"code": "1", "data": {"list": list(rows), **more}}), COLUMNS)


def fast(*rows: Any, **more: Any) -> NewsList:
    return parse_fast(json.dumps({"code": "1", "data": {"fastNewsList": list(rows), **more}}), FAST)


def test_a_row_of_a_column() -> None:
    found = columns(
        {
            "code": 202609283884561151,
            "Np_dst": "CMS",
            "showTime": "2026-09-28 06:49:08",
            "title": "<em>原油</em>期货\r\n涨&amp;跌　收窄",
            "mediaName": "海港日报",
            "summary": "【原油期货】第一句。\r\n【附表】第二句。",
            "url": "http://finance.eastmoney.com/news/1351,202609283884561151.html",
            "uniqueUrl": "http://finance.eastmoney.com/a/202609283884561151.html",
            "stockList": ["1.601857", {"Code": "0.000059", "Name": "华锦股份"}, "601857", "000001", None, 7.5],
        },
        totle_hits=2440,
    )
    assert found == NewsList(
        [
            NewsEntry(
                post="NW202609283884561151",
                title="原油期货 涨&跌 收窄",
                digest="第一句。\n【附表】第二句。",
                published_raw="2026-09-28 06:49:08",
                media="海港日报",
                url="http://finance.eastmoney.com/a/202609283884561151.html",
                origin="CMS",
                marks=[Mark("1.601857", "", "upstream"), Mark("0.000059", "华锦股份", "upstream")],
            )
        ],
        cursor=None,
        total=2440,
    )


def test_a_row_becomes_a_post_whose_article_is_elsewhere() -> None:
    row = {"code": "202609283884561151", "title": "标题", "summary": "导语。", "showTime": "2026-09-28 06:49:08"}
    (entry,) = columns(
        {**row, "mediaName": "海港日报", "url": "http://hk.eastmoney.com/a/202609283884561151.html"}
    ).entries
    post = entry_post(entry, COLUMNS, AT)
    assert (post.url, post.form, post.fetched_at, post.name) == (COLUMNS, "list", AT, "NW202609283884561151")
    assert (post.title, post.digest, post.body.text, post.body.html) == ("标题", "导语。", "", "")
    assert (post.published_raw, post.published_zoned) == ("2026-09-28 06:49:08", True)
    assert post.published_at == datetime(2026, 9, 27, 22, 49, 8, tzinfo=UTC)
    assert (post.body.media_raw, post.origin_url, post.body.links) == ("海港日报", PAGE, [])


def test_a_flash_is_all_its_text() -> None:
    row = {"code": "202609283884561151", "showTime": "2026-09-28 06:49:08", "title": "央行开展<b>逆回购</b>"}
    said = " 【央行开展逆回购】今日开展【7天期】操作  1000亿元，利率<1.5%。\n（财联社） "
    found = fast({**row, "summary": said, "stockList": ["90.BK0475"]}, sortEnd="1790549348061151", total=17)
    assert (found.cursor, found.total) == ("1790549348061151", 17)
    (entry,) = found.entries
    assert (entry.title, entry.digest) == ("央行开展逆回购", None)
    assert entry.text == "今日开展【7天期】操作 1000亿元，利率<1.5%。\n（财联社）"
    assert entry.url == PAGE
    post = entry_post(entry, FAST, AT)
    assert (post.body.text, post.digest, post.origin_url) == (entry.text, None, PAGE)
    assert post.body.html == "<p>今日开展【7天期】操作 1000亿元，利率&lt;1.5%。</p>\n<p>（财联社）</p>"
    assert post.body.marks == [Mark("90.BK0475", "", "upstream")]


def test_a_flash_without_a_headline_has_that_of_its_text() -> None:
    (entry,) = fast({"code": "202609283884561151", "title": "", "summary": "【行情】人民币收盘报6.4500。"}).entries
    assert (entry.title, entry.text) == ("行情", "人民币收盘报6.4500。")


def test_a_flash_may_come_twice_with_other_words() -> None:
    found = fast({"code": "202609283884561151", "summary": "甲"}, {"code": "202609283884561151", "summary": "乙"})
    assert [entry.text for entry in found.entries] == ["甲", "乙"]


def test_the_older_7x24_is_the_same_news() -> None:
    row = {
        "id": "202609283884561151",
        "newsid": "202609283884561151",
        "title": "标题",
        "digest": "【标题】全文。",
        "url_w": "http://finance.eastmoney.com/news/1350,202609283884561151.html",
        "url_unique": "http://finance.eastmoney.com/a/202609283884561151.html",
        "showtime": "2026-09-28 06:49:08",
    }
    found = parse_kuaixun_v1(f"var ajaxResult={json.dumps({'rc': 1, 'LivesList': [row]})};", OLD)
    (entry,) = found.entries
    assert (entry.post, entry.title, entry.text, entry.digest) == ("NW202609283884561151", "标题", "全文。", None)
    assert (entry.url, entry.published_raw) == (PAGE.replace("https", "http"), "2026-09-28 06:49:08")
    assert parse_kuaixun_v1('var ajaxResult={"rc":1,"LivesList":[]}', OLD).entries == []
    with pytest.raises(PayloadError, match="no LivesList"):
        parse_kuaixun_v1('var ajaxResult={"rc":1}', OLD)


def test_a_post_in_caifuhao_keeps_its_own_numbers() -> None:
    row = {
        "Art_Code": "20260702101113747001360",
        "Art_ShowTime": "2026-07-02 10:08:26",
        "Art_Title": "标题",
        "Art_Url": "http://caifuhao.eastmoney.com/news/20260702101113747001360",
        "Np_dst": "CFH",
        "Author": "和讯投资",
        "RelatedUid": "5257356418010938",
    }
    found = parse_ticker(f"cb({json.dumps({'code': 1, 'data': {'totle_hits': 5000, 'list': [row]}})})", TICKER)
    (entry,) = found.entries
    assert (entry.post, entry.origin, entry.author) == ("CFH20260702101113747001360", "CFH", "和讯投资")
    assert found.total == 5000
    post = entry_post(entry, TICKER, AT)
    assert (post.name, post.author, post.origin_url) == ("CFH20260702101113747001360", "和讯投资", None)
    assert post.body.links == [Link("http://caifuhao.eastmoney.com/news/20260702101113747001360", "")]


def test_a_row_without_a_code_has_that_of_its_page_or_none() -> None:
    (entry,) = columns(
        {"title": "标题", "url": "http://stock.eastmoney.com/news/1407,202609283884561151.html"}
    ).entries
    assert entry.post == "NW202609283884561151"
    (entry,) = columns({"title": "", "code": "N1", "url": "javascript:void(0)"}).entries
    assert entry == NewsEntry(None, "")
    with pytest.raises(PageLayoutError, match="no code in the row"):
        entry_post(entry, COLUMNS, AT)


def test_search() -> None:
    row = {
        "code": "202609283884561151",
        "title": "(<em>600519</em>)新闻",
        "content": "摘要",
        "date": "2026-10-06 09:30:00",
    }
    for results in ([row], {"list": [row]}):
        answer = {"code": 0, "msg": "OK", "hitsTotal": 3, "result": {"cmsArticleWebOld": results}}
        found = parse_search(f"cb({json.dumps(answer)})", SEARCH)
        assert (found.total, [entry.title for entry in found.entries]) == (3, ["(600519)新闻"])
        assert found.entries[0].digest == "摘要"
    with pytest.raises(PayloadError, match="no cmsArticleWebOld"):
        parse_search('cb({"result":{"passportWeb":[],"other":1}})', SEARCH)
    with pytest.raises(PayloadError, match="result is a JSON"):
        parse_search('cb({"code":0})', SEARCH)


LISTS = [(parse_columns, COLUMNS), (parse_ticker, TICKER), (parse_fast, FAST)]


@pytest.mark.parametrize(("parse", "url"), LISTS)
def test_lists_that_end_and_lists_that_refuse(parse: Any, url: str) -> None:
    endings: list[dict[str, Any]] = [
        {},
        {"list": []},
        {"list": None, "fastNewsList": None},
        {"totle_hits": 0, "sortEnd": ""},
    ]
    for ending in endings:
        found = parse(json.dumps({"code": 1, "message": "success", "data": ending}), url)
        assert (found.entries, found.cursor) == ([], None)
    with pytest.raises(RefusedPayloadError, match="参数错误"):
        parse('{"code":"1","message":"参数错误","data":null}', url)
    with pytest.raises(RefusedPayloadError, match="'0'"):
        parse('{"code":0,"message":"no","data":{"list":[],"fastNewsList":[]}}', url)
    with pytest.raises(BlockedPayloadError):
        parse("<html><title>安全验证</title></html>", url)
    with pytest.raises(PayloadError):
        parse('{"code":1,"data":{"list":"x","fastNewsList":"x"}}', url)


def test_a_cursor_may_be_a_number() -> None:
    assert fast(sortEnd=1790549348061151).cursor == "1790549348061151"


# --- words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<em>贵州茅台</em>获增持", "贵州茅台获增持"),
        ('<font color="red">memory</font> chip', "memory chip"),
        ("(<em>600519</em>)", "(600519)"),
        ("　　标题\r\n续　行 ", "标题 续 行"),
        ("A&amp;H股 R&D P&Ltd &lt;草案&gt; &#183; &nbsp;", "A&H股 R&D P&Ltd <草案> ·"),
        ("PE<10且PB>1", "PE<10且PB>1"),
        ("收益<b 或 c>d", "收益<b 或 c>d"),
        ("甲<br/>乙", "甲乙"),
        ("\ud800甲\x00", "甲"),
        ("21世纪经济报道  21财经APP", "21世纪经济报道  21财经APP"),
        (202609283884561151, "202609283884561151"),
        (None, ""),
        (True, ""),
        (7.5, ""),
        (["甲"], ""),
    ],
)
def test_words(raw: Any, shown: str) -> None:
    assert words(raw) == shown


def test_lines_stay_lines() -> None:
    assert lines("甲\r\n\r\n　乙 \n丙") == "甲\n乙\n丙"


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("【甲】乙【丙】丁", ("甲", "乙【丙】丁")),
        ("　【甲】　乙", ("甲", "乙")),
        ("乙【丙】", ("", "乙【丙】")),
        ("【甲】", ("甲", "")),
        ("【甲", ("", "【甲")),
    ],
)
def test_only_a_leading_title_is_taken_off(text: str, split: tuple[str, str]) -> None:
    assert after_title(text) == split


@pytest.mark.parametrize(
    ("code", "secid"),
    [
        ("1.601628", "1.601628"),
        ("116.00700", "116.00700"),
        ("90.BK0475", "90.BK0475"),
        ("105.aapl", "105.AAPL"),
        ("601628", "1.601628"),
        (601628, "1.601628"),
        ("688981", "1.688981"),
        ("300343", "0.300343"),
        ("830799", "0.830799"),
        ("601628.SH", "1.601628"),
        ("BK0493", "90.BK0493"),
        ("000001", None),  # Ping An Bank, or the SSE Composite
        ("002353", None),  # a stock, or an open-end fund
        ("110059", None),
        ("399001", None),  # an index
        ("NIO.US", None),  # which of three exchanges
        ("00700", None),
        ("中国人寿", None),
        ("", None),
        (None, None),
    ],
)
def test_a_security_is_told_without_a_guess_or_not_at_all(code: Any, secid: str | None) -> None:
    assert related([code]) == ([Mark(secid, "", "upstream")] if secid else [])
    assert related([{"Code": code, "Name": "名"}]) == ([Mark(secid, "名", "upstream")] if secid else [])


def test_each_security_is_named_once() -> None:
    found = related(["601628", "1.600519", "1.601628", {"QuoteID": "0.000001", "Code": "000001"}])
    assert [mark.secid for mark in found] == ["1.601628", "1.600519", "0.000001"]
    assert related(None) == related("601628") == related({}) == []
    assert related([{"code": "601628", "name": "中国人寿"}]) == [Mark("1.601628", "中国人寿", "upstream")]


# --- whatever comes ----------------------------------------------------------------------------------------

VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
NAMES = st.sampled_from(
    [
        name
        for named in vars(news_list).values()
        if isinstance(named, tuple)
        for name in named
        if isinstance(name, str)
    ]
)
ROWS = st.lists(st.dictionaries(NAMES, VALUES | st.lists(VALUES, max_size=3), max_size=6), max_size=3)


@PATIENT
@given(ROWS, VALUES)
def test_any_rows_give_entries(rows: list[dict[str, Any]], odd: Any) -> None:
    for found in (columns(*rows, totle_hits=odd), fast(*rows, sortEnd=odd)):
        assert len(found.entries) == len(rows)
        for entry in found.entries:
            if entry.post:
                assert entry_post(entry, FAST, AT).name == entry.post


@PATIENT
@given(
    st.text() | st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner)).map(json.dumps)
)
def test_any_answer_is_a_list_or_a_named_error(text: str) -> None:
    for parse, url in [*LISTS, (parse_kuaixun_v1, OLD), (parse_search, SEARCH)]:
        found: NewsList | str
        try:
            found = parse(text, url)
        except PageLayoutError as error:
            found = error.url
        assert isinstance(found, NewsList) or found == url
