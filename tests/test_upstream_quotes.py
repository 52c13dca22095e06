"""Quotes, bars and suggestions: units, gaps, order of columns, and answers about something else."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.items import Bar, Named, Quote
from crawler.pages.payload import BlockedPayloadError, MissingPayloadError, PayloadError, RefusedPayloadError
from crawler.pages.quote import parse_klines, parse_stock, parse_suggest, parse_ulist
from crawler.urls import bars_url, quotes_url, suggest_url

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""In a new checkout Hypothesis builds its tables of characters first."""

DECIMAL = quotes_url(["1.600519", "105.TSLA"])
SCALED = DECIMAL.replace("fltt=2", "fltt=1")
STOCK = "https://push2.eastmoney.com/api/qt/stock/get?secid=1.600519&fields=f43"
BARS = bars_url("1.600519", date(2022, 5, 1))
SUGGEST = suggest_url("000001")
CLOSE = datetime(2022, 5, 31, 7, 0, tzinfo=UTC)
EPOCH = 1653980400

LISTED = {"f12": "600519", "f13": 1, "f14": "贵州茅台", "f124": EPOCH}
PRICED = {
    "f2": 1806.66, "f3": 1.32, "f4": 23.5, "f5": 28912, "f6": 5203112345.0, "f7": 2.01, "f8": 0.23, "f9": 31.6,
    "f10": 0.98, "f15": 1812.0, "f16": 1776.1, "f17": 1783.16, "f18": 1783.16, "f20": 2269530000000,
    "f21": 2269530000000, "f23": 11.2,
}  # fmt: skip
MAOTAI = Quote(
    "1.600519",
    "贵州茅台",
    CLOSE,
    last=1806.66,
    open=1783.16,
    high=1812.0,
    low=1776.1,
    previous_close=1783.16,
    change=23.5,
    change_percent=1.32,
    volume=28912,
    amount=5203112345.0,
    amplitude_percent=2.01,
    turnover_percent=0.23,
    volume_ratio=0.98,
    pe=31.6,
    pb=11.2,
    market_cap=2269530000000.0,
    float_cap=2269530000000.0,
)


def listed(*rows: Any, url: str = DECIMAL) -> list[Quote]:
    return parse_ulist(json.dumps({"rc": 0, "data": {"total": len(rows), "diff": list(rows)}}), url)


def stock(url: str = STOCK, **fields: Any) -> Quote:
    return parse_stock(json.dumps({"rc": 0, "data": fields}), url)


def test_decimal_numbers_stand_as_they_are() -> None:
    assert listed(LISTED | PRICED) == [MAOTAI]


def test_scaled_numbers_get_their_point_back() -> None:
    prices, percents = ("f2", "f4", "f15", "f16", "f17", "f18"), ("f3", "f7", "f8", "f9", "f10", "f23")
    row = LISTED | PRICED | {"f1": 3, "f152": 2}
    row |= {field: round(PRICED[field] * 1000) for field in prices}
    row |= {field: round(PRICED[field] * 100) for field in percents}
    assert listed(row, url=SCALED) == [MAOTAI]


def test_without_its_decimals_a_scaled_number_is_unknown() -> None:
    (found,) = listed(LISTED | {"f2": 180666, "f3": 132, "f5": 28912, "f6": 5203112345.0}, url=SCALED)
    assert (found.last, found.change_percent) == (None, None)
    assert (found.volume, found.amount) == (28912, 5203112345.0)
    for decimals in (None, "-", -1, 10, 2.5, [2]):
        (found,) = listed(LISTED | {"f1": decimals, "f2": 180666}, url=SCALED)
        assert found.last is None


@pytest.mark.parametrize("value", ["-", "", None, [], {}, "x", True, "1e999"])
def test_no_value_is_none(value: Any) -> None:
    assert listed(LISTED | dict.fromkeys(PRICED, value)) == [Quote("1.600519", "贵州茅台", CLOSE)]


def test_a_quote_may_have_no_time_or_name() -> None:
    assert listed({"f12": "TSLA", "f13": 105, "f14": "-", "f124": "-"}) == [Quote("105.TSLA", None, None)]
    assert listed({"f12": "000002", "f13": 0, "f14": "万  科Ａ"})[0].name == "万 科Ａ"
    assert listed({"f12": "TSLA", "f13": 105, "f124": 0})[0].at is None


def test_rows_may_come_numbered_and_without_a_security() -> None:
    rows = {"0": LISTED, "1": {"f12": "-", "f13": 1}, "2": {"f12": "00700", "f13": 116, "f14": "腾讯控股"}}
    found = parse_ulist(json.dumps({"rc": 0, "data": {"diff": rows}}), DECIMAL)
    assert [quote.secid for quote in found] == ["1.600519", "116.00700"]


@pytest.mark.parametrize("row", [{"f12": "600519"}, {"f12": "600519", "f13": "x"}, {"f12": "6005.19", "f13": 1}])
def test_a_row_of_no_market_or_code_is_no_quote(row: dict[str, Any]) -> None:
    with pytest.raises(PayloadError, match="not a market number and a code"):
        listed(row)


def test_one_stock() -> None:
    found = stock(
        f43=180666, f44=181200, f45=177610, f46=178316, f47=28912, f48=5203112345.0, f50=98, f51=196148,
        f52=160484, f57="600519", f58="贵州茅台", f59=2, f60=178316, f71="-", f86=EPOCH, f107=1,
        f116=2269530000000.0, f117=2269530000000.0, f152=2, f162=3160, f167=1120, f168=23, f169=2350, f170=132,
        f171=201, f292=5,
    )  # fmt: skip
    assert (found.limit_up, found.limit_down, found.status, found.average) == (1961.48, 1604.84, 5, None)
    for name in ("last", "open", "high", "low", "previous_close", "change", "change_percent", "volume", "amount"):
        assert getattr(found, name) == getattr(MAOTAI, name)
    for name in ("pe", "pb", "turnover_percent", "amplitude_percent", "volume_ratio", "market_cap", "at", "name"):
        assert getattr(found, name) == getattr(MAOTAI, name)


def test_a_stock_is_the_one_asked_for() -> None:
    assert stock(f43=1).secid == "1.600519"
    assert stock(f57="600519", f107=1).secid == "1.600519"
    for other in ({"f57": "603777"}, {"f107": 0}, {"f57": "603777", "f107": 1}):
        with pytest.raises(PayloadError, match="about "):
            stock(**other)
    with pytest.raises(PayloadError, match="not a market number"):
        stock("https://push2.eastmoney.com/api/qt/stock/get", f57="600519", f107=1)


def test_bars_are_open_close_high_low() -> None:
    lines = [
        "2022-05-30,1770.00,1783.16,1796.00,1765.10,21000,3741234567.00,1.74,0.74,13.16,0.17",
        "2022-05-31,-,1806.66,1812.00,1776.10,28912.0,5203112345.00,2.01,-,23.50,0.23",
    ]
    answer = {"rc": 0, "data": {"code": "600519", "market": 1, "decimal": 2, "klines": lines}}
    first, second = parse_klines(f"cb({json.dumps(answer)});", BARS)
    assert first == Bar(
        "1.600519",
        date(2022, 5, 30),
        open=1770.0,
        close=1783.16,
        high=1796.0,
        low=1765.1,
        volume=21000,
        amount=3741234567.0,
        amplitude_percent=1.74,
        change_percent=0.74,
        change=13.16,
        turnover_percent=0.17,
    )
    assert (second.day, second.open, second.close, second.change_percent) == (
        date(2022, 5, 31),
        None,
        1806.66,
        None,
    )
    assert second.volume == 28912


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("2022-05-30,1,2,3", "a bar of 4 columns"),
        ("2022-05-30 10:30,1,2,3,4,5,6,7,8,9,10", "a bar of no day"),
        ("2022-02-30,1,2,3,4,5,6,7,8,9,10", "a bar of no day"),
        (7, "a bar of 1 columns"),
    ],
)
def test_a_bar_of_another_shape(line: Any, problem: str) -> None:
    answer = {"data": {"code": "600519", "market": 1, "klines": [line]}}
    with pytest.raises(PayloadError, match=problem):
        parse_klines(json.dumps(answer), BARS)


def test_a_security_may_have_no_bars() -> None:
    assert parse_klines('{"data":{"code":"600519","market":1,"klines":[]}}', BARS) == []
    assert parse_klines('{"data":{"code":"600519","market":1}}', BARS) == []
    with pytest.raises(PayloadError, match="klines is a JSON str"):
        parse_klines('{"data":{"code":"600519","market":1,"klines":"x"}}', BARS)


PARSERS = [(parse_ulist, DECIMAL), (parse_stock, STOCK), (parse_klines, BARS)]


@pytest.mark.parametrize(("parse", "url"), PARSERS)
def test_answers_without_quotes(parse: Any, url: str) -> None:
    with pytest.raises(MissingPayloadError, match="no data, rc 102"):
        parse('{"rc":102,"rt":4,"data":null}', url)
    with pytest.raises(RefusedPayloadError, match="'-1': 'busy'"):
        parse('{"rc":-1,"message":"busy","data":null}', url)
    with pytest.raises(PayloadError, match="no data"):
        parse('{"rc":0}', url)
    with pytest.raises(PayloadError, match="data is a JSON"):
        parse('{"rc":0,"data":[]}', url)
    with pytest.raises(BlockedPayloadError):
        parse("<html>captcha</html>", url)


def test_suggestions() -> None:
    table = {"Data": [{"Code": "000001", "Name": "平安银行", "MktNum": "0"}, {"Code": "00700", "MktNum": 116}]}
    found = parse_suggest(json.dumps({"QuotationCodeTable": table}), SUGGEST)
    assert found == [Named("0.000001", "平安银行"), Named("116.00700", "")]
    assert parse_suggest('{"QuotationCodeTable":{"Data":null}}', SUGGEST) == []
    for throttled in ('{"passportWeb":[]}', '{"other":1}'):
        with pytest.raises(BlockedPayloadError):
            parse_suggest(throttled, SUGGEST)
    with pytest.raises(PayloadError, match="not a market number"):
        parse_suggest('{"QuotationCodeTable":{"Data":[{"Code":"000001"}]}}', SUGGEST)


# --- whatever comes ----------------------------------------------------------------------------------------

VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400)
NAMES = st.sampled_from([f"f{number}" for number in range(1, 300)] + ["data", "diff", "klines", "code", "market"])
ANSWERS = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6)
)


@PATIENT
@given(st.text() | st.fixed_dictionaries({"data": ANSWERS}).map(json.dumps))
def test_any_answer_is_quotes_or_a_named_error(text: str) -> None:
    for parse, url in [*PARSERS, (parse_suggest, SUGGEST), (parse_ulist, SCALED)]:
        found: object = url
        with suppress(MissingPayloadError, BlockedPayloadError, PayloadError):
            found = parse(text, url)
        assert found == url or isinstance(found, (list, Quote))


@PATIENT
@given(st.dictionaries(st.sampled_from(sorted(PRICED)), VALUES), VALUES, VALUES)
def test_any_numbers_are_numbers_or_none(fields: dict[str, Any], decimals: Any, at: Any) -> None:
    row = {**fields, **LISTED, "f1": decimals, "f152": decimals, "f124": at}
    text = json.dumps({"data": {"diff": [row]}})
    for url in (DECIMAL, SCALED):
        try:
            (found,) = parse_ulist(text, url)
        except PayloadError:
            assert "NaN" in text or "Infinity" in text
        else:
            assert found.secid == "1.600519"


@PATIENT
@given(st.integers(min_value=-(10**9), max_value=10**9), st.integers(min_value=0, max_value=9))
def test_scaling_is_exact(number: int, decimals: int) -> None:
    (found,) = listed(LISTED | {"f1": decimals, "f2": number}, url=SCALED)
    assert found.last == float(f"{number}e-{decimals}")
