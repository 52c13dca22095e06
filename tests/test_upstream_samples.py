"""Real answers of upstream, and real bodies: what a person reads in them, written down one by one."""

import csv
import json
import math
import re
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest

from crawler.items import Bar, Body, Image, Link, Mark, Named, NewsEntry, NewsList, Post, Quote
from crawler.pages.article import parse_article
from crawler.pages.article_json import parse_article_json
from crawler.pages.errors import PageLayoutError
from crawler.pages.news_list import (
    entry_post,
    parse_columns,
    parse_fast,
    parse_kuaixun_v1,
    parse_search,
    parse_ticker,
)
from crawler.pages.payload import BlockedPayloadError
from crawler.pages.quote import parse_klines, parse_stock, parse_suggest, parse_ulist
from crawler.pages.share import parse_share
from crawler.pages.times import beijing
from crawler.urls import article_json_url, bars_url, columns_url, fast_url, kuaixun_url, suggest_url, ticker_url

SHARED = Path(__file__).parent.parent.parent / "shared"
SAMPLES, BODIES = SHARED / "facts" / "samples", SHARED / "corpus" / "bodies"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the samples are not on this machine")

AT = datetime(2026, 10, 1, tzinfo=UTC)
SEARCH = "https://search-api-web.eastmoney.com/search/jsonp"
TOKEN = "28dfeb41d35cc81d84b4664d7c23c49f"  # noqa: S105 - the constant of every price chart in an article


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def share(body: str, code: str, key: str = "text") -> Post:
    """Parse a body as GetNewsText answers it."""
    url = f"http://app.jg.eastmoney.com/NewsData/GetNewsText.do?id={code}"
    return parse_share(json.dumps({"id": code, key: body}), url, AT, code)


def chart(secid: str) -> Image:
    address = f"https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid={secid}&imageType=k&token={TOKEN}&at=1"
    return Image(address, "chart", None)


def stock_url(secid: str, decimals: str = "") -> str:
    return f"https://push2.eastmoney.com/api/qt/stock/get?secid={secid}{decimals}"


# --- lists -------------------------------------------------------------------------------------------------


def test_news_of_a_security() -> None:
    found = parse_ticker(sample("list_getListInfo_web_600519.json"), ticker_url("1.600519", 1))
    assert found == NewsList(
        [
            NewsEntry(
                post="NW202607023791611310",
                title="茅台酒扫码核验新功能上线试点",
                published_raw="2026-07-02 10:46:27",
                url="http://finance.eastmoney.com/a/202607023791611310.html",
                origin="CMS",
            ),
            NewsEntry(
                post="CFH20260702101113747001360",
                title="和讯投顾李梦琪：趁着科技吸血 布局红利高股息",
                published_raw="2026-07-02 10:08:26",
                author="和讯投资",
                url="http://caifuhao.eastmoney.com/news/20260702101113747001360",
                origin="CFH",
            ),
        ],
        cursor=None,
        total=5000,
    )


@pytest.mark.parametrize(
    "path", [SAMPLES / "list_getListInfo_wap_item_2022.json", BODIES / "em_listapi_art_202202092271136373.json"]
)
def test_news_of_a_security_on_mobiles(path: Path) -> None:
    row = json.loads(path.read_text(encoding="utf-8"))
    (entry,) = parse_ticker(json.dumps({"code": 1, "data": {"list": [row]}}), ticker_url("0.002572", 1)).entries
    assert entry == NewsEntry(
        post="NW202202092271136373",
        title="首创证券维持索菲亚买入评级 公司简评报告：多重因素影响短期压制业绩 看好2022年利润修复",
        published_raw="2022-02-09 14:12:30",
        media="每日经济新闻",
        url="http://finance.eastmoney.com/a/202202092271136373.html",
    )
    post = entry_post(entry, ticker_url("0.002572", 1), AT)
    assert post.published_at == datetime(2022, 2, 9, 6, 12, 30, tzinfo=UTC)
    assert int(row["Art_SortStart"][:10]) == post.published_at.timestamp()  # upstream's own proof of the zone
    assert post.origin_url == "https://finance.eastmoney.com/a/202202092271136373.html"


def test_search_results_of_2021() -> None:
    found = parse_search(sample("list_searchkeyword_2021_item.json"), SEARCH)
    assert found.total == 3659
    assert found.entries == [
        NewsEntry(
            post="NW202111092174321413",
            title="中国人寿：融资净偿还152.4万元，融资余额12.02亿元（11-08）",
            digest="中国人寿融资融券信息显示，2021年11月8日融资净偿还152.4万元；融资余额12.02亿元，较前一日下降0.13%...",
            published_raw="2021-11-09 07:58:53",
            url="http://stock.eastmoney.com/a/202111092174321413.html",
        )
    ]


def test_a_column() -> None:
    found = parse_columns(sample("list_getNewsByColumns.json"), columns_url("344", 1))
    assert found.entries == [
        NewsEntry(
            post="NW202606253783458774",
            title="现货黄金突破4040美元/盎司，日内涨1.03%",
            published_raw="2026-06-25 23:24:34",
            media="每日经济新闻",
            url="http://finance.eastmoney.com/a/202606253783458774.html",
            origin="CMS",
        )
    ]


def test_a_column_as_answered() -> None:
    text = (BODIES / "em_getNewsByColumns_sample.json").read_text(encoding="utf-8")
    found = parse_columns(text, columns_url("351", 1))
    assert found.total == 2440
    first, second = found.entries
    assert first == NewsEntry(
        post="NW202609283884561151",
        title="美伊对峙7个月 美称本周将继续与伊谈判 伊称尚未放弃外交途径",
        digest="据美国方面当地时间9月27日消息",
        published_raw="2026-09-28 06:49:08",
        media="央视新闻客户端",
        url="http://finance.eastmoney.com/a/202609283884561151.html",
        origin="CMS",
    )
    # It stands among Caifuhao's pages under a number of the editors' own series.
    assert (second.post, second.origin) == ("NW202609213880203046", "CFH")
    assert second.url == "http://caifuhao.eastmoney.com/news/202609213880203046"
    assert (second.title, second.digest) == ("9月21日东方财富财经晚报（附新闻联播）", "财经晚报摘要")
    assert entry_post(second, columns_url("351", 1), AT).origin_url is None


def test_7x24() -> None:
    found = parse_fast(sample("list_getFastNewsList.json"), fast_url())
    assert found.entries == [
        NewsEntry(
            post="NW202606163772915624",
            title="中铝国际6月16日快速回调",
            text="以下是中铝国际盘口异动快照。",
            published_raw="2026-06-16 14:09:57",
            url="https://finance.eastmoney.com/a/202606163772915624.html",
            marks=[Mark("1.601068", "", "upstream")],
        )
    ]


def test_7x24_as_seen_in_2022() -> None:
    shown = json.loads((BODIES / "em_fastnews_list_2022-04-21.json").read_text(encoding="utf-8"))
    rows = [{"url": row["url"], "summary": row["title"]} for row in shown]
    found = parse_fast(json.dumps({"code": "1", "data": {"fastNewsList": rows}}), fast_url()).entries
    assert [(entry.post, entry.title) for entry in found] == [
        ("NW202204212352230938", "长春发布若干政策措施支持市场主体纾困促进经济恢复发展"),
        ("NW202204212352227421", "佩斯科夫：克宫不支持无差别对“不友好国家”公司资产进行国有化"),
        ("NW202204212352188819", "俄央行行长：计划明年起在实体经济中试行数字卢布结算"),
        ("NW202204212352070339", "行情"),
    ]
    assert found[3].text == "在岸人民币兑美元收盘报6.4500，较上一交易日跌347个基点。（财联社）"
    assert found[1].text.startswith("俄罗斯总统新闻秘书佩斯科夫当地时间21日表示，克宫不支持将所有来自")
    assert found[1].text.endswith("需要根据具体情况逐案处理。（央视新闻客户端）")


def test_a_record_of_hot_news() -> None:
    row = json.loads((BODIES / "em_hotnews_202205312398034850.json").read_text(encoding="utf-8"))
    (entry,) = parse_kuaixun_v1(f"var ajaxResult={json.dumps({'LivesList': [row]})}", kuaixun_url(1)).entries
    assert entry.post == "NW202205312398034850"
    assert entry.title == "消费电子股大爆发！旺季迎来需求复苏 业绩兑现成关键 关注电子板块两主线"
    assert entry.text.startswith("今日(5月31日)，三大指数集体走高，其中，创业板指大涨超2%。")
    assert entry.text.endswith("五方光电涨停，和林微纳、联合光电涨幅超10%。")
    assert (entry.published_raw, entry.media, entry.author) == ("2022-05-31 18:03:41", "财联社", "梓隆")
    assert entry.url == "http://finance.eastmoney.com/a/202205312398034850.html"
    assert beijing(row["showtime"]) < beijing(row["pushtime"])
    assert beijing(row["sort"]) == datetime(2022, 5, 31, 10, 7, 34, tzinfo=UTC) == beijing(row["pushtime"])


def test_the_older_7x24_with_made_up_numbers() -> None:
    (entry,) = parse_kuaixun_v1(sample("list_kuaixun_v1_ajaxResult.txt"), kuaixun_url(1)).entries
    assert entry == NewsEntry(
        post=None,  # neither N1 nor twelve digits are a code
        title="AI服务器景气度持续上行",
        text="多家厂商扩产，服务器链关注度提升。",
        published_raw="2026-03-15 11:00:00",
        url="https://finance.eastmoney.com/a/202603150001.html",
    )


def test_search_results_with_a_made_up_address() -> None:
    (entry,) = parse_search(sample("search_jsonp_ok.txt"), SEARCH).entries
    assert (entry.post, entry.title, entry.digest) == (None, "贵州茅台获北向资金净买入", "北向资金...")
    assert (entry.published_raw, entry.media) == ("2026-10-06 09:30:00", "东方财富研究中心")


def test_a_throttled_search_is_a_block() -> None:
    with pytest.raises(BlockedPayloadError, match="passport"):
        parse_search(sample("search_jsonp_throttled.txt"), SEARCH)


def test_an_announcement_has_a_colon_before_its_milliseconds() -> None:
    shown = json.loads(sample("ann_list_item.json"))["data"]["list"][0]["display_time"]
    assert beijing(shown) == datetime(2026, 9, 30, 16, 37, 9, 681000, tzinfo=UTC)


# --- quotes ------------------------------------------------------------------------------------------------


def test_guangzhou_automobile() -> None:
    found = parse_stock(sample("push2_stock_get_601238_fltt2.json"), stock_url("1.601238", "&fltt=2"))
    assert found == Quote(
        "1.601238",
        "广汽集团",
        None,  # f86 was not asked for
        last=12.43,
        open=12.28,
        high=12.56,
        low=12.21,
        previous_close=12.4,
        change=0.03,
        change_percent=0.24,
        average=12.38,
        limit_up=13.64,
        limit_down=11.16,
        volume=308763,
        amount=382298576.0,
        turnover_percent=0.43,
        volume_ratio=0.77,
        pe=10.81,
        pb=1.34,
        market_cap=130066993676.51,
        float_cap=90282023753.45999,
    )


def test_pudong_bank() -> None:
    found = parse_stock(sample("push2_stock_get_600000_fltt2.json"), stock_url("1.600000", "&fltt=2"))
    assert found == Quote(
        "1.600000",
        "浦发银行",
        datetime(2022, 2, 11, 7, 59, 51, tzinfo=UTC),
        status=5,
        last=8.74,
        open=8.7,
        high=8.76,
        low=8.67,
        previous_close=8.69,
        change=0.05,
        change_percent=0.58,
        average=8.72,
        limit_up=9.56,
        limit_down=7.82,
        volume=376829,
        amount=328719168.0,
        turnover_percent=0.13,
        volume_ratio=0.96,
        pe=4.63,
        pb=0.47,
        market_cap=256537948372.44,
        float_cap=256537948372.44,
    )


def test_the_shanghai_composite_in_integers() -> None:
    found = parse_stock(sample("push2_stock_get_index_000001_fltt1.json"), stock_url("1.000001", "&fltt=1"))
    assert found == Quote(
        "1.000001",
        "上证指数",
        datetime(2022, 2, 11, 7, 59, 39, tzinfo=UTC),
        status=5,
        last=3462.95,
        open=3472.28,
        high=3500.15,
        low=3459.33,
        previous_close=3485.91,
        change=-22.96,
        change_percent=-0.66,
        volume=361356091,
        amount=426297925632.0,
        amplitude_percent=1.17,
        turnover_percent=0.89,
        volume_ratio=1.07,
        market_cap=49300990877782.0,
        float_cap=41749793711638.0,
    )


def test_tesla_in_a_callback_with_few_fields() -> None:
    found = parse_stock(sample("push2_stock_get_TSLA_jsonp.txt"), stock_url("105.TSLA"))
    assert found == Quote(
        "105.TSLA", "特斯拉", None, pb=19.05, market_cap=1473208100042.3, float_cap=1473208100042.3
    )


def test_weeks_of_applovin() -> None:
    found = parse_klines(sample("push2his_kline_105_APP_weekly_jsonp.txt"), bars_url("105.APP", date(2021, 4, 1)))
    assert found == [
        Bar(
            "105.APP",
            date(2021, 4, 16),
            70.0,
            61.0,
            71.51,
            58.65,
            15643711,
            1034038718.0,
            16.08,
            -23.75,
            -19.0,
            4.37,
        ),
        Bar(
            "105.APP", date(2021, 4, 23), 60.0, 58.5, 62.95, 55.705, 13380547, 802760598.0, 11.88, -4.1, -2.5, 3.74
        ),
        Bar(
            "105.APP",
            date(2021, 4, 30),
            58.77,
            58.01,
            61.11,
            57.65,
            2313034,
            136641797.0,
            5.91,
            -0.84,
            -0.49,
            0.65,
        ),
    ]
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in found)  # type: ignore[type-var, operator]


def test_boards_of_maotai() -> None:
    found = parse_ulist(
        sample("push2_slist_boards_600519.json"),
        "https://push2.eastmoney.com/api/qt/slist/get?spt=3&secid=1.600519",
    )
    assert found == [  # f4 is there, but not f1, which has its decimals
        Quote("90.BK0438", "食品饮料", None, change_percent=0.34),
        Quote("90.BK1277", "白酒Ⅱ", None, change_percent=-1.05),
    ]


with_scaling = (
    csv.DictReader(sample("push2_scaling_observed_20260916.csv").splitlines()) if SHARED.exists() else []
)


@pytest.mark.parametrize("row", list(with_scaling), ids=lambda row: row["secid"])
def test_prices_have_as_many_decimals_as_their_security(row: dict[str, str]) -> None:
    market, code = row["secid"].split(".")
    decimals = round(math.log10(int(row["divisor"])))
    fields = {"f57": code, "f107": int(market), "f43": int(row["f43_raw_without_fltt2"]), "f59": decimals}
    found = parse_stock(json.dumps({"rc": 0, "data": fields}), stock_url(row["secid"]))
    assert found.last == float(row["true_price"])


def test_suggestions_for_000001() -> None:
    assert parse_suggest(sample("suggest_000001.json"), suggest_url("000001")) == [Named("0.000001", "平安银行")]


def test_suggestions_for_519() -> None:
    assert parse_suggest(sample("suggest_519_20260927.json"), suggest_url("519")) == [
        Named("0.000519", "中兵红箭"),
        Named("0.300519", "新光药业"),
        Named("1.600519", "贵州茅台"),
        Named("0.920519", "XD万德股"),
        Named("116.00519", "诺科达科技"),
        Named("177.051900", "LG生活健康"),
    ]


# --- article pages and bodies ------------------------------------------------------------------------------


def test_a_page_without_its_wrapper() -> None:
    text = sample("article_page_2026_fixture_a.html")
    post = parse_article(text, "https://stock.eastmoney.com/a/202608273850000001.html", AT)
    assert post.title == "某公司龙虎榜数据(08-27)"
    assert post.body.text.split("\n") == [
        "交易所2026年8月27日公布的交易公开信息显示，某公司当日收报12.8元。",
        "第二条正文内容。",
    ]
    assert post.body.media_raw == "东方财富Choice数据"
    assert (post.published_raw, post.published_at) == (
        "2026年08月27日 16:25",
        datetime(2026, 8, 27, 8, 25, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "path", [SAMPLES / "article_page_2026_fixture_b.html", BODIES / "fixture_2026_contentbody_with_ads.html"]
)
def test_a_page_with_adverts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    url = "https://finance.eastmoney.com/a/202608273850000001.html"
    with pytest.raises(PageLayoutError, match="neither headline nor title"):
        parse_article(text, url, AT)
    post = parse_article(f"<title>多股异动</title>{text}", url, AT)
    assert post.body.text == "多股异动，鼎通科技快速拉升。"
    assert post.body.images == [Image("https://np-newspic.dfcfw.com/download/x.jpg", "photo", None)]
    assert post.body.marks == [Mark("1.688668", "鼎通科技", "link")]
    assert (post.body.media_raw, post.published_raw) == ("财联社", None)


def test_a_page_with_tables() -> None:
    text = sample("article_page_2026_fixture_c_tables.html")
    post = parse_article(text, "https://finance.eastmoney.com/a/202608273850000001.html", AT)
    assert post.title == "t"
    assert post.body.text.split("\n") == [
        "截至收盘，概念上涨。",
        "概念\t涨跌幅",
        "乳业\t2.47",
        "养鸡\t4.57",
        "资金流入榜",
        "代码\t简称",
        "002385\t大北农",
        "配图如下",
    ]
    assert post.body.images == [Image("https://img.eastmoney.com/news/2026/a.jpg", "photo", None)]
    assert post.body.media_raw == "证券时报网"


def test_a_page_with_a_table_and_codes_without_market() -> None:
    text = (BODIES / "fixture_contentbody_table.html").read_text(encoding="utf-8")
    url = "https://stock.eastmoney.com/a/202608273850000001.html"
    post = parse_article(f"<title>机构调研</title>{text}", url, AT)
    assert post.body.text.split("\n") == [
        "近5日机构合计调研203家公司，杰瑞股份、美埃科技等被多家机构扎堆调研。",
        "机构调研榜单中，杰瑞股份最受关注，参与调研的机构达到255家。",
        "近5日机构调研股一览",
        "证券代码\t证券简称\t机构调研次数",
        "002353\t杰瑞股份\t2",
    ]
    assert post.body.marks == [
        Mark("0.002353", "杰瑞股份", "link"),
        Mark("1.688376", "美埃科技", "link"),
        Mark("0.002353", "杰瑞股份", "keyword"),
    ]
    assert post.body.media_raw == "证券时报网"


def test_life_insurance() -> None:
    post = share(sample("choice_body_NW202202072268137156.html"), "NW202202072268137156")
    assert post.body.text.split("\n") == [
        (
            "中国人寿保险股份有限公司(以下简称“中国人寿寿险公司”)作为一家具有七十多年发展历史、年保费收入超六千亿"
            "的国有控股金融保险企业，要在新发展阶段，贯彻新发展理念、构建新发展格局、实现高质量发展，数字化转型是必由之路。"
        ),
        "以人为本，让服务更贴心、暖心",
        "从客户需求出发，中国人寿寿险公司用真诚和匠心打磨服务细节，用数字运营温暖客户体验。",
    ]
    assert (post.body.images, post.body.links) == ([chart("1.601628")], [])
    assert post.body.marks == [Mark("1.601628", "", "chart")]
    assert post.body.media_raw == "银川新闻网"


def test_refrigerants() -> None:
    post = share(sample("choice_body_202205262391921712.html"), "NW202205262391921712", "content")
    lines = post.body.text.split("\n")
    assert lines[0] == "国内首款使用超低GWP(全球变暖潜值)制冷剂的新能源汽车来了！"
    assert lines[1].startswith(
        "据霍尼韦尔官网消息，5月24日，霍尼韦尔宣布为蔚来旗下ET7新能源汽车提供HFO-1234yf(四氟丙烯)制冷剂。"
    )
    assert lines[2] == "图片来源：霍尼韦尔官网"
    assert lines[3].endswith("具体来看，巨化股份、联创股份已有HFO-1234yf产品。")
    assert lines[4:] == [
        "什么是HFO-1234yf",
        "据了解，《<蒙特利尔议定书>基加利修正案》(以下简称《基加利修正案》)已于2021年9月正式对我国生效。",
    ]
    photo = "https://dfscdn.dfcfw.com/download/D24676903417074885805_w800h555.jpg"
    assert post.body.images == [chart("106.NIO"), Image(photo, "photo", "图片来源：霍尼韦尔官网")]
    assert post.body.marks == [
        Mark("106.NIO", "", "chart"),
        Mark("90.BK0493", "新能源", "link"),
        Mark("106.NIO", "蔚来", "link"),
        Mark("90.BK0493", "新能源", "keyword"),
        Mark("106.NIO", "蔚来", "keyword"),
        Mark("1.600160", "巨化股份", "link"),
        Mark("0.300343", "联创股份", "link"),
    ]
    assert post.body.links == [Link("http://data.eastmoney.com/bbsj/", "业绩")]
    assert post.body.media_raw == "上海证券报"


def test_fragments_of_2016_to_2018() -> None:
    _, first, second = sample("body_fragment_old_2016_2018.html").split("<!-- fragment ")
    post = share("<!-- " + first, "NW20170607743560101")
    assert (post.body.text, post.body.marks) == ("苹果公司手握巨额现金", [Mark("105.AAPL", "苹果", "link")])
    post = share("<!-- " + second, "NW20180912944502216")
    assert post.body.text.split("\n") == [
        "另一重身份是北墘旅游总体设计师",
        "刘冰是上海复旦大学共享城市研究室的主任",
    ]
    assert post.body.marks == [Mark("116.01385", "上海复旦", "link")]


# Counted by hand: paragraphs, table cells, marks, pictures, links; first and last words of the text; medium.
_COUNTED = """
 5  0  1  0  0  近日，南阳  智力”支撑。  中国经营报  em_2019_hydrogen_engine_republished.html
 2  0  1  0  0  在北墘村拥有  交通便利。  -  em_2020_wap_baike_fragment.html
 1  0  2  0  0  5月31日，由新京报社  求发展。  -  em_2023_copied_entity_escaped_fragment.txt
 4  0  1  0  0  世界气象组织  生计的重要性。  央视新闻  em_2025_pacific_false_stock_link.html
11  0 29  0  0  沪指本周累计  数据改善情况。  第一财经  em_2026_contentbody_market_week.html
39  0 14  0  6  资管新规  参与要求。  券商中国  finews__posts_2022-01-07-202201072239307540.content.html
11  0  1  1  0  ●近期，  轻举妄动。  泉州晚报  finews__posts_2022-05-25-NW202205252390829633.text.html
17  0 14  4  1  国内首款  空调领域。  上海证券报  finews__posts_202205262391921712.content.html
39  0 14  0  6  资管新规  参与要求。  券商中国  finews_old_post_2022-01-07-202201072239307540.content.html
39  0  0  0  0  资管新规  参与要求。  券商中国  finews_old_post_2022-01-07-NW202201072239307540.text.html
16  0  1  1  0  中国人寿  美好生活。  银川新闻网  finews_old_post_2022-02-07-NW202202072268137156.text.html
 2  0  0  0  0  俄罗斯总统  进行处理。  央视新闻客户端  finews_old_post_2022-04-21-202204212352227421.content.html
 1  0  0  0  0  当地时间  转账。  央视新闻客户端  finews_old_post_2022-04-21-NW202204212352188819.text.html
 2  0  0  0  0  俄罗斯总统  进行处理。  央视新闻客户端  finews_old_post_2022-04-21-NW202204212352227421.text.html
 1  0  1  1  0  多股异动  快速拉升。  财联社  fixture_2026_contentbody_with_ads.html
 3  6  3  0  0  近5日  2  证券时报网  fixture_contentbody_table.html
"""
COUNTED = [line.split() for line in _COUNTED.strip().splitlines()]


def check(body: Body, counted: list[str]) -> None:
    *counts, first, last, media, _ = counted
    rows = [line for line in body.text.split("\n") if "\t" in line]
    paragraphs, cells = len(body.text.split("\n")) - len(rows), sum(row.count("\t") + 1 for row in rows)
    assert [paragraphs, cells, len(body.marks), len(body.images), len(body.links)] == [*map(int, counts)]
    assert body.text.startswith(first)
    assert body.text.endswith(last)
    assert (body.media_raw or "-") == media


@pytest.mark.parametrize("counted", COUNTED, ids=lambda counted: counted[-1])
def test_every_body_by_every_way_it_may_come(counted: list[str]) -> None:
    fragment = (BODIES / counted[-1]).read_bytes().decode()
    code = "NW202201072239307540"
    by_share = share(fragment, code).body
    check(by_share, counted)
    detail = article_json_url(code) or ""
    by_json = parse_article_json(json.dumps({"data": {"Art_Content": fragment}}), detail, AT, code).body
    assert by_json == by_share
    if counted[-1].endswith(".html"):
        own = 'id="ContentBody"' in fragment
        page = fragment if own else f'<div id="ContentBody">{fragment}</div>'
        url = "https://finance.eastmoney.com/a/202201072239307540.html"
        assert parse_article(f"<title>标题 _ 东方财富网</title>{page}", url, AT).body == by_share


HIDDEN = re.compile(
    r"<!-- EM_StockImg_Start -->.*?<!-- EM_StockImg_End -->|<p[^>]*(?:display:none|em_media).*?</p\s*>"
)


@pytest.mark.parametrize("name", [counted[-1] for counted in COUNTED if "fixture" not in counted[-1]])
def test_every_visible_paragraph_stands_once_and_in_order(name: str) -> None:
    fragment = (BODIES / name).read_bytes().decode()
    shown = HIDDEN.sub("", unescape(fragment) if name.endswith(".txt") else fragment)
    paragraphs = [unescape(re.sub(r"<[^>]*>", "", part)) for part in re.split(r"</p\s*>", shown)]
    expected = [line for part in paragraphs if (line := " ".join(part.split()))]
    assert share(fragment, "NW202201072239307540").body.text.split("\n") == expected


def test_the_same_article_in_both_fields_says_the_same() -> None:
    for date_, number in (("2022-01-07", "202201072239307540"), ("2022-04-21", "202204212352227421")):
        marked = (BODIES / f"finews_old_post_{date_}-{number}.content.html").read_bytes().decode()
        plain = (BODIES / f"finews_old_post_{date_}-NW{number}.text.html").read_bytes().decode()
        assert share(marked, f"NW{number}").body.text == share(plain, f"NW{number}").body.text


def test_false_friends_can_be_told() -> None:
    """Words that are no companies: an ocean, robots, a university, a newspaper's section, a district."""
    ocean = share(
        (BODIES / "em_2025_pacific_false_stock_link.html").read_text(encoding="utf-8"), "NW202506232000000000"
    )
    assert ocean.body.marks == [Mark("1.601099", "太平洋", "link")]
    escaped = (BODIES / "em_2023_copied_entity_escaped_fragment.txt").read_text(encoding="utf-8")
    assert share(escaped, "NW202305312000000000").body.marks == [
        Mark("106.BEKE", "贝壳", "link"),
        Mark("1.600133", "东湖高新", "link"),
    ]


def test_every_sample_and_every_body_is_read_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    tables = {"README.md", "fast_columns.csv", "market_numbers.csv", "news_columns.csv"}
    files = [path.name for folder in (SAMPLES, BODIES) for path in folder.iterdir()]
    unread = {name for name in files if name not in source and not name.startswith("RECONSTRUCTED")}
    assert unread - tables == set()
