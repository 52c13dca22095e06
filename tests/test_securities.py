"""Every market, every form in which a page names a security, and the round trips between secid and symbol."""

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import markets
from crawler.securities import (
    KINDS,
    MARKETS,
    InvalidSecidError,
    candidates,
    kind,
    parse_chart_url,
    parse_data_code,
    parse_secid_url,
    parse_span_id,
    secid,
    symbol,
)

# Written by hand, one row or more for every market number: secid, symbol, kind.
KNOWN = [
    ("0.300059", "300059.SZ", "stock"),
    ("0.000001", "000001.SZ", "stock"),
    ("0.200012", "200012.SZ", "stock"),
    ("0.140001", "140001.SZ", "stock"),
    ("0.399001", "399001.SZ", "index"),
    ("0.980017", "980017.SZ", "index"),
    ("0.159915", "159915.SZ", "fund"),
    ("0.161725", "161725.SZ", "fund"),
    ("0.180101", "180101.SZ", "fund"),
    ("0.123001", "123001.SZ", "bond"),
    ("0.131810", "131810.SZ", "bond"),
    ("0.149001", "149001.SZ", "bond"),
    ("0.524001", "524001.SZ", "bond"),
    ("0.031001", "031001.SZ", "other"),
    ("0.899050", "899050.BJ", "index"),
    ("0.920519", "920519.BJ", "stock"),
    ("0.835185", "835185.BJ", "stock"),
    ("0.810001", "810001.BJ", "bond"),
    ("0.430718", "430718.NQ", "stock"),
    ("1.600519", "600519.SH", "stock"),
    ("1.688668", "688668.SH", "stock"),
    ("1.900901", "900901.SH", "stock"),
    ("1.360001", "360001.SH", "stock"),
    ("1.000001", "000001.SH", "index"),
    ("1.950096", "950096.SH", "index"),
    ("1.H50069", "H50069.SH", "index"),
    ("1.510300", "510300.SH", "fund"),
    ("1.588000", "588000.SH", "fund"),
    ("1.580026", "580026.SH", "other"),
    ("1.010107", "010107.SH", "bond"),
    ("1.113050", "113050.SH", "bond"),
    ("1.204001", "204001.SH", "bond"),
    ("1.730519", "730519.SH", "other"),
    ("2.931186", "931186.CSI", "index"),
    ("2.931775", "931775.CSI", "index"),
    ("8.060120", "060120.CFE", "future"),
    ("8.040120", "040120.CFE", "future"),
    ("10.10003319", "10003319.SH", "option"),
    ("12.90000003", "90000003.SZ", "option"),
    ("90.BK0493", "BK0493", "board"),
    ("100.NDX", "NDX.GI", "index"),
    ("100.SX5E", "SX5E.GI", "index"),
    ("100.UDI", "UDI.GI", "index"),
    ("101.GC00Y", "GC00Y.CMX", "future"),
    ("102.CL00Y", "CL00Y.NYM", "future"),
    ("103.ES00Y", "ES00Y.CME", "future"),
    ("103.YM00Y", "YM00Y.CME", "future"),
    ("104.CN00Y", "CN00Y.SGX", "future"),
    ("105.AAPL", "AAPL.US", "stock"),
    ("106.NIO", "NIO.US", "stock"),
    ("106.BRK_A", "BRK_A.US", "stock"),
    ("107.YINN", "YINN.US", "stock"),
    ("108.CT00Y", "CT00Y.NYB", "future"),
    ("109.LCPT", "LCPT.LME", "future"),
    ("110.CPO00Y", "CPO00Y.MDE", "future"),
    ("111.JRU00Y", "JRU00Y.TCE", "future"),
    ("112.B00Y", "B00Y.IPE", "future"),
    ("113.aum", "AUM.SHF", "future"),
    ("113.rb2405", "RB2405.SHF", "future"),
    ("114.im", "IM.DCE", "future"),
    ("114.v2602F", "V2602F.DCE", "future"),
    ("115.SRM", "SRM.CZC", "future"),
    ("116.00700", "00700.HK", "stock"),
    ("118.AU9999", "AU9999.SGE", "metal"),
    ("119.USDJPY", "USDJPY.FX", "fx"),
    ("119.EURUSD", "EURUSD.FX", "fx"),
    ("120.JPYCNYC", "JPYCNYC.FX", "fx"),
    ("122.XAU", "XAU.IDC", "metal"),
    ("122.XAG", "XAG.IDC", "metal"),
    ("124.HSTECH", "HSTECH.HI", "index"),
    ("125.HSTECF2L", "HSTECF2L.HI", "index"),
    ("128.02800", "02800.HK", "stock"),
    ("133.USDCNH", "USDCNH.FX", "fx"),
    ("134.HSI_M", "HSI_M.HKF", "future"),
    ("139.CUS2406C700", "CUS2406C700.HKF", "option"),
    ("140.m2405-C-3000", "M2405-C-3000.DCE", "option"),
    ("140.m2507-MS-C-3000", "M2507-MS-C-3000.DCE", "option"),
    ("141.SA501P1500", "SA501P1500.CZC", "option"),
    ("141.SR505MSC5900", "SR505MSC5900.CZC", "option"),
    ("142.scm", "SCM.INE", "future"),
    ("150.012734", "012734.OF", "fund"),
    ("151.cu2404P61000", "CU2404P61000.SHF", "option"),
    ("155.TSCO", "TSCO.L", "stock"),
    ("156.HTSC", "HTSC.L", "stock"),
    ("159.ecfi", "ECFI", "index"),
    ("163.sc2405C500", "SC2405C500.INE", "option"),
    ("171.CN10Y", "CN10Y.GBM", "yield"),
    ("171.US10Y", "US10Y.GBM", "yield"),
    ("177.051900", "051900.KS", "stock"),
    ("220.IFM", "IFM.CFE", "future"),
    ("220.IC2406", "IC2406.CFE", "future"),
    ("221.IO2405-C-3500", "IO2405-C-3500.CFE", "option"),
    ("225.lcm", "LCM.GFE", "future"),
    ("225.si2611", "SI2611.GFE", "future"),
    ("226.si2405-C-15000", "SI2405-C-15000.GFE", "option"),
    ("242.MHI_M", "MHI_M.HKF", "future"),
    ("252.SQN", "SQN.SIX", "stock"),
    ("305.HSHYLV", "HSHYLV.HI", "index"),
    ("341.UKX", "UKX.GI", "index"),
]

# As the header of crawler/markets.py lists them.
SHARED = [
    {105, 106, 107},
    {116, 128},
    {119, 120, 133},
    {124, 125, 305},
    {134, 139, 242},
    {155, 156},
    {100, 341},
]

CODES = st.one_of(
    st.sampled_from([known.partition(".")[2] for known, _, _ in KNOWN]),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,23}", fullmatch=True),
    st.from_regex(r"[0-9]{5,8}|[A-Za-z]{1,6}|[a-z]{1,2}[0-9]{3,4}(-?[CP]-?[0-9]{3,5})?", fullmatch=True),
)
SECIDS = st.builds(secid, st.one_of(st.sampled_from(sorted(MARKETS)), st.integers(0, 9999)), CODES)
# Lone surrogates and control characters too: attributes of broken pages hold anything.
ANYTHING = st.text(st.characters())


@pytest.mark.parametrize(("known", "shown", "sort"), KNOWN)
def test_symbol_and_kind(known: str, shown: str, sort: str) -> None:
    assert (symbol(known), kind(known)) == (shown, sort)


@pytest.mark.parametrize("known", [known for known, _, _ in KNOWN])
def test_normal_form_is_restored_from_any_case(known: str) -> None:
    market, _, code = known.partition(".")
    assert {secid(market, code), secid(market, code.upper()), secid(int(market), code.lower())} == {known}


def test_the_table_above_names_every_market_once_and_in_order() -> None:
    assert list(dict.fromkeys(int(known.partition(".")[0]) for known, _, _ in KNOWN)) == list(MARKETS)
    assert [row.number for row in MARKETS.values()] == sorted(MARKETS)
    assert {row.kind for row in MARKETS.values()} < set(KINDS)
    assert {expected for _, _, expected in KNOWN} == set(KINDS)


@pytest.mark.parametrize(
    ("market", "code"),
    [
        ("", "601628"),
        ("SH", "601628"),
        ("-1", "601628"),
        (-1, "601628"),
        (10000, "601628"),
        (True, "601628"),
        ("１", "601628"),
        ("1 ", "601628"),
        (1, ""),
        (1, "601628\n"),
        (1, "601628.SH"),
        (1, "六〇一六二八"),
        (1, "６０１６２８"),
        (1, "601,628"),
        (1, "$where"),
        (1, "_id"),
        (1, "A" * 25),
    ],
)
def test_what_is_no_secid_is_refused(market: int | str, code: str) -> None:
    with pytest.raises(InvalidSecidError):
        secid(market, code)


@pytest.mark.parametrize(
    "text", ["601628", "601628.SH", "1.", ".601628", "1.601628 ", "1.601628.SH", "", "12345.A"]
)
def test_symbol_and_kind_refuse_what_is_no_secid(text: str) -> None:
    with pytest.raises(InvalidSecidError):
        symbol(text)
    with pytest.raises(InvalidSecidError):
        kind(text)


def test_market_numbers_lose_leading_zeros_and_codes_keep_them() -> None:
    assert secid("01", "000001") == "1.000001"
    assert secid("0116", "00700") == "116.00700"
    assert secid(105, "A" * 24) == "105." + "A" * 24


def test_an_unknown_market_keeps_its_secid_without_a_symbol() -> None:
    assert secid(999, "aBc") == "999.aBc"
    assert symbol("999.aBc") is None
    assert kind("999.aBc") == "other"


@pytest.mark.parametrize(
    "strange",
    [
        "1.12345678",  # would be an option's symbol
        "10.600519",  # would be a stock's symbol
        "12.000001",
        "116.700",  # Hong Kong writes five digits
        "113.cu2404P61000",  # an option among futures
        "151.cu2404",  # a future among options
        "220.060120",
        "159.EMIND",  # East Money's own, not of futures
        "90.AAPL",
    ],
)
def test_a_code_that_its_market_does_not_use_has_no_symbol(strange: str) -> None:
    market, _, code = strange.partition(".")
    assert secid(market, code) == strange
    assert symbol(strange) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("601628.SH", ["1.601628"]),
        ("000001.SH", ["1.000001"]),
        ("000001.SZ", ["0.000001"]),
        ("10003319.SH", ["10.10003319"]),
        ("920519.BJ", ["0.920519"]),
        ("430718.NQ", ["0.430718"]),
        ("00700.HK", ["116.00700", "128.00700"]),
        ("NIO.US", ["105.NIO", "106.NIO", "107.NIO"]),
        ("nio.us", ["105.NIO", "106.NIO", "107.NIO"]),
        ("BK0493", ["90.BK0493"]),
        ("bk0493", ["90.BK0493"]),
        ("ECFI", ["159.ecfi"]),
        ("AUM.SHF", ["113.aum"]),
        ("CU2404P61000.SHF", ["151.cu2404P61000"]),
        ("SRM.CZC", ["115.SRM"]),
        ("060120.CFE", ["8.060120"]),
        ("IFM.CFE", ["220.IFM"]),
        ("USDCNH.FX", ["119.USDCNH", "120.USDCNH", "133.USDCNH"]),
        ("HSTECH.HI", ["124.HSTECH", "125.HSTECH", "305.HSTECH"]),
        ("FTSE.GI", ["100.FTSE", "341.FTSE"]),
        ("920519.SZ", []),  # Beijing is no part of Shenzhen here
        ("300059.BJ", []),
        ("700.HK", []),
        ("601628", []),
        ("601628.SS", []),
        ("AAPL", []),
        ("1.601628", []),
        (".SH", []),
        ("601628.SH\n", []),
        ("600519.ＳＨ", []),
        ("", []),
    ],
)
def test_candidates(text: str, expected: list[str]) -> None:
    assert candidates(text) == expected


@given(SECIDS)
def test_a_symbol_leads_back_to_its_secid(known: str) -> None:
    shown = symbol(known)
    if shown is not None:
        assert shown == shown.upper()
        assert known in candidates(shown)
        assert {symbol(found) for found in candidates(shown)} == {shown}


@given(SECIDS)
def test_a_secid_is_its_own_normal_form(known: str) -> None:
    market, _, code = known.partition(".")
    assert secid(market, code) == known
    assert kind(known) in KINDS


@given(ANYTHING)
def test_candidates_are_exactly_the_securities_of_that_symbol(text: str) -> None:
    assert {symbol(found) for found in candidates(text)} <= {text.upper()}


@given(CODES)
def test_only_the_listed_markets_share_a_symbol(code: str) -> None:
    for one, other in combinations(MARKETS, 2):
        shown = symbol(secid(one, code))
        if shown is not None and shown == symbol(secid(other, code)):
            assert any({one, other} <= shared for shared in SHARED), shown


def test_the_header_of_the_table_lists_what_is_shared() -> None:
    listed = re.findall(r"`\.[A-Z]+`((?: [0-9]{3})+)", markets.__doc__ or "")
    assert [set(map(int, numbers.split())) for numbers in listed] == SHARED


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("//quote.eastmoney.com/unify/r/1.600519", "1.600519"),
        ("http://quote.eastmoney.com/unify/r/90.BK0493", "90.BK0493"),
        ("https://quote.eastmoney.com/unify/r/106.NIO", "106.NIO"),
        ("https://quote.eastmoney.com/unify/r/116.00700?from=web#k", "116.00700"),
        ("https://quote.eastmoney.com/unify/cr/90.BK0493", "90.BK0493"),
        ("http://quote.eastmoney.com/r/0.002353", "0.002353"),
        ("https://quote.eastmoney.com/q/0.899050.html", "0.899050"),
        ("https://quote.eastmoney.com/q/159.EMIND.html", "159.EMIND"),
        ("https://quote.eastmoney.com/zz/2.931775.html", "2.931775"),
        ("https://quote.eastmoney.com/globalfuture/100.UDI.html", "100.UDI"),
        ("https://quote.eastmoney.com/option/141.SA501P1500.html", "141.SA501P1500"),
        ("https://quote.eastmoney.com/sh600000.html", "1.600000"),
        ("https://quote.eastmoney.com/concept/sh603777.html?from=classic", "1.603777"),
        ("https://quote.eastmoney.com/sz000001.html", "0.000001"),
        ("https://quote.eastmoney.com/bj/920519.html", "0.920519"),
        ("https://quote.eastmoney.com/bj920519.html", "0.920519"),
        ("http://quote.eastmoney.com/zs000001.html", "1.000001"),
        ("http://quote.eastmoney.com/zs399001.html", "0.399001"),
        ("http://quote.eastmoney.com/zs899050.html", "0.899050"),
        ("http://quote.eastmoney.com/zs931775.html", "2.931775"),
        ("http://quote.eastmoney.com/us/AAPL.html?Market=NASDAQ", "105.AAPL"),
        ("http://quote.eastmoney.com/us/nio.html?Market=nyse", "106.NIO"),
        ("http://quote.eastmoney.com/us/YINN.html?Market=AMEX", "107.YINN"),
        ("http://quote.eastmoney.com/hk/00700.html", "116.00700"),
        ("http://quote.eastmoney.com/bk/BK0493.html", "90.BK0493"),
        ("http://quote.eastmoney.com/bk/90.BK0493.html", "90.BK0493"),
        ("http://quote.eastmoney.com/web/BK0493.html", "90.BK0493"),
        ("http://quote.eastmoney.com/web/BK04931.html", "90.BK0493"),
        ("https://wap.eastmoney.com/quote/stock/0.002572.html", "0.002572"),
        ("https://wap.eastmoney.com/quote/stock/113.aum.html?appfenxiang=1", "113.aum"),
        ("https://wap.eastmoney.com/quota/stock/index/013855", "116.01385"),
        ("https://emwap.eastmoney.com/quota/stock/index/0007252", "0.000725"),
        ("https://emwap.eastmoney.com/quota/hq/stock?id=601628&mk=1", "1.601628"),
        ("https://emwap.eastmoney.com/quota/hq/stock?mk=106&id=NIO", "106.NIO"),
        ("  HTTP://QUOTE.eastmoney.com/unify/r/1.600519\n", "1.600519"),
        ("https://quote.eastmoney.com/unify/r/999.ABC", "999.ABC"),
    ],
)
def test_a_quote_link_names_its_security(url: str, expected: str) -> None:
    assert parse_secid_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "#",
        "/unify/r/1.600519",
        "quote.eastmoney.com/unify/r/1.600519",
        "ftp://quote.eastmoney.com/unify/r/1.600519",
        "javascript:location='//quote.eastmoney.com/unify/r/1.600519'",
        "http://quote.eastmoney.com.example/unify/r/1.600519",
        "http://quote.eastmoney.com@example/unify/r/1.600519",
        "http://xquote.eastmoney.com/unify/r/1.600519",
        "http://quoteXeastmoney.com/unify/r/1.600519",
        "http://example.com/quote.eastmoney.com/unify/r/1.600519",
        "http://example.com/?u=//quote.eastmoney.com/unify/r/1.600519",
        "http://[quote.eastmoney.com/unify/r/1.600519",
        "http://quote.eastmoney.com/",
        "http://quote.eastmoney.com/unify/r/",
        "http://quote.eastmoney.com/unify/r/600519",
        "http://quote.eastmoney.com/unify/r/1.600519/news",
        "http://quote.eastmoney.com/unify/r/1.6005$19",
        "http://quote.eastmoney.com/unify/r/12345.600519",
        "http://quote.eastmoney.com/sh60000.html",
        "http://quote.eastmoney.com/zs600519.html",  # no index has this code
        "http://quote.eastmoney.com/gb/zsNDX.html",  # several markets have such pages
        "http://quote.eastmoney.com/qihuo/aum.html",  # the market is not said
        "http://quote.eastmoney.com/us/AAPL.html",
        "http://quote.eastmoney.com/us/aapl.html",
        "http://quote.eastmoney.com/us/AAPL.html?Market=OTC",
        "http://quote.eastmoney.com/hk/700.html",
        "http://quote.eastmoney.com/stocklist.html",
        "https://wap.eastmoney.com/quote/stock/600519.html",
        "https://wap.eastmoney.com/quota/stock/index/600519",
        "https://wap.eastmoney.com/a/202202072268137156.html",
        "https://emwap.eastmoney.com/quota/hq/stock?id=601628",
        "https://emwap.eastmoney.com/quota/hq/stock?mk=1",
        "https://emwap.eastmoney.com/quota/hq/stock?id=601628&mk=SH",
        "http://baike.eastmoney.com/item/总体设计",
        "http://data.eastmoney.com/bbsj/",
        "http://finance.eastmoney.com/a/202202072268137156.html",
    ],
)
def test_any_other_link_names_none(url: str) -> None:
    assert parse_secid_url(url) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.601628&imageType=k&token=0123&at=1",
            "1.601628",
        ),
        ("//webquotepic.eastmoney.com/GetPic.aspx?imageType=rc&nid=106.NIO", "106.NIO"),
        ("http://webquotepic.eastmoney.com/GetPic.aspx?id=6033631&imageType=r", "1.603363"),
        ("http://webquotepic.eastmoney.com/GetPic.aspx?id=0008582&imageType=rc", "0.000858"),
        ("http://webquotepic.eastmoney.com/GetPic.aspx?id=AAPL7", None),
        ("http://webquotepic.eastmoney.com/GetPic.aspx?id=603363", None),
        ("http://webquotepic.eastmoney.com/GetPic.aspx?nid=601628", None),
        ("http://webquotepic.eastmoney.com/GetPic.aspx", None),
        ("http://webquotepic.eastmoney.com/other.aspx?nid=1.601628", None),
        ("http://np-newspic.dfcfw.com/GetPic.aspx?nid=1.601628", None),
        ("http://np-newspic.dfcfw.com/download/D25_w800h555.jpg", None),
    ],
)
def test_a_chart_names_its_security(url: str, expected: str | None) -> None:
    assert parse_chart_url(url) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1,601628", "1.601628"),
        ("0,300343", "0.300343"),
        ("90,BK0493", "90.BK0493"),
        ("106,NIO", "106.NIO"),
        ("601628|1|1", "1.601628"),
        ("601628|1|2|", "1.601628"),
        ("NIO|106|7", "106.NIO"),
        ("NIO|106|3|", "106.NIO"),
        ("K 601628|1|1", "1.601628"),
        ("K NIO|106|3|", "106.NIO"),
        ("00700|116|5", "116.00700"),
        ("002353", None),
        ("688376", None),
        ("AAPL", None),
        ("1,", None),
        (",601628", None),
        ("601628|1", None),
        ("601628||1", None),
        ("K图 601628_0", None),
        ("", None),
    ],
)
def test_data_code(value: str, expected: str | None) -> None:
    assert parse_data_code(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("stock_1.601628", "1.601628"),
        ("quote_1.601628", "1.601628"),
        ("stock_106.NIO", "106.NIO"),
        ("bk_90.BK0493", "90.BK0493"),
        ("bkquote_90.BK0493", "90.BK0493"),
        ("Info.116.00700", "116.00700"),
        ("Info.3321", None),
        ("Info_116.00700", None),
        ("stock_NASDAQ_AAPL7", "105.AAPL"),
        ("stock_NYSE_NIO7", "106.NIO"),
        ("quote_AAPL7", None),  # the exchange is not said
        ("stock_013855", "116.01385"),
        ("quote_013855", "116.01385"),
        ("stock_6016281", "1.601628"),
        ("stock_0023532", "0.002353"),
        ("stock_601628", None),
        ("stock_60162819", None),
        ("stock_", None),
        ("stock", None),
        ("", None),
    ],
)
def test_span_id(value: str, expected: str | None) -> None:
    assert parse_span_id(value) == expected


@given(SECIDS)
def test_every_form_of_a_page_gives_the_secid_back(known: str) -> None:
    market, _, code = known.partition(".")
    assert parse_secid_url(f"//quote.eastmoney.com/unify/r/{known}") == known
    assert parse_secid_url(f"https://wap.eastmoney.com/quote/stock/{known}.html") == known
    assert parse_secid_url(f"https://emwap.eastmoney.com/quota/hq/stock?id={code}&mk={market}") == known
    assert parse_chart_url(f"//webquoteklinepic.eastmoney.com/GetPic.aspx?nid={known}&imageType=k") == known
    assert parse_data_code(f"{market},{code}") == known
    assert parse_data_code(f"K {code}|{market}|1") == known
    assert parse_span_id(f"stock_{known}") == known


@given(
    st.sampled_from(["", "http://", "//quote.eastmoney.com", "https://emwap.eastmoney.com/quota/hq/stock?"]),
    ANYTHING,
)
def test_no_text_makes_a_parser_raise_or_give_an_abnormal_secid(start: str, rest: str) -> None:
    text = start + rest
    for parse in (parse_secid_url, parse_chart_url, parse_data_code, parse_span_id):
        found = parse(text)
        assert found is None or secid(*found.split(".")) == found
