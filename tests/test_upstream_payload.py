"""What upstream's answers are wrapped in, and its ways of printing a time."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.pages.errors import BlockPageError, NotFoundPageError, PageLayoutError
from crawler.pages.payload import (
    BlockedPayloadError,
    MissingPayloadError,
    PayloadError,
    RefusedPayloadError,
    data,
    load,
    rows,
)
from crawler.pages.times import BEIJING, beijing, printed

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""In a new checkout Hypothesis builds its tables of characters first."""

URL = "https://np-listapi.eastmoney.com/comm/web/getListInfo?cb=x"


@pytest.mark.parametrize(
    "text",
    [
        '{"a":"(1);"}',
        ' \r\n{"a":"(1);"}\n',
        '\ufeff{"a":"(1);"}',
        'cb({"a":"(1);"})',
        'jQuery35101792940631092459_1764599530165({"a":"(1);"});',
        '/**/jQuery_1({"a":"(1);"});\r\n',
        '/**/ window.cb.one ( {"a":"(1);"} ) ; ',
        'var ajaxResult={"a":"(1);"}',
        'var ajaxResult = {"a":"(1);"};\n',
        'ajaxResult_102={"a":"(1);"};',
    ],
)
def test_an_answer_in_any_wrapping(text: str) -> None:
    assert load(text, URL) == {"a": "(1);"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \r\n\t",
        "\ufeff",
        "<html><head><title>安全验证</title></head></html>",
        "<?xml version='1.0'?><error/>",
        "{}",
        "[]",
        "null",
        '""',
        "cb({})",
        "cb(null);",
        "Access Denied",
        "请求过于频繁，请稍后再试",
        '{"passportWeb":[{"uid":"1"}]}',
        'cb({"code":0,"msg":"OK","result":{"passportWeb":[{"uid":"1"}]}})',
        '{"data":{"passportWeb":[]}}',
    ],
)
def test_a_block_in_any_disguise(text: str) -> None:
    with pytest.raises(BlockedPayloadError) as raised:
        load(text, URL)
    assert isinstance(raised.value, BlockPageError)
    assert raised.value.url == URL


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hello", "no JSON"),
        ('{"a":1', "no JSON"),
        ("cb(", "no JSON"),
        ('cb({"a":1}', "no JSON"),
        ('cb {"a":1}', "no JSON"),
        ('{"a":NaN}', "no JSON"),
        ('{"a":-Infinity}', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"a":' * 100_000, "no JSON"),
        ('{"a":' + "9" * 5000 + "}", "no JSON"),
        ("[1]", "a JSON list"),
        ("7", "a JSON int"),
        ('"text"', "a JSON str"),
        ('{"a":"' + "x" * 16_000_000 + '"}', "16000008 characters"),
    ],
)
def test_what_is_no_answer(text: str, problem: str) -> None:
    with pytest.raises(PayloadError, match=problem) as raised:
        load(text, URL)
    assert len(str(raised.value)) < 300


def test_news_about_captchas_are_answers_even_when_cut_short() -> None:
    assert load('{"title":"12306取消验证码"}', URL)
    with pytest.raises(PayloadError):
        load('{"title":"12306取消验证码', URL)


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    assert load('{"a":1,"a":2}', URL) == {"a": 2}


@pytest.mark.parametrize("code", ["1", 1])
def test_a_code_counts_as_text(code: Any) -> None:
    assert data({"code": code, "data": {"list": []}}, URL, ok="1") == {"list": []}
    with pytest.raises(RefusedPayloadError):
        data({"code": code, "data": {"list": []}}, URL, ok="0")


def test_an_answer_without_a_code_is_one() -> None:
    assert data({"data": {"list": []}}, URL, ok="1") == {"list": []}


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        ({"code": "1", "message": "参数错误", "data": None}, "1", "参数错误"),
        ({"code": 1, "msg": "busy"}, "1", "busy"),
        ({"code": -2, "message": "", "data": {"list": []}}, "-2", ""),
        ({"code": True, "data": {}}, "True", ""),
    ],
)
def test_an_answer_that_says_no(answer: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(RefusedPayloadError) as raised:
        data(answer, URL, ok="1")
    assert (raised.value.url, raised.value.code, raised.value.message) == (URL, code, message)
    assert str(raised.value) == f"refused with code {code!r}: {message!r}: {URL}"
    assert not isinstance(raised.value, (BlockPageError, NotFoundPageError))


@pytest.mark.parametrize("found", [[], "x", 7, False])
def test_data_of_another_shape(found: Any) -> None:
    with pytest.raises(PayloadError, match="data is a JSON"):
        data({"code": 1, "data": found}, URL, ok="1")


def test_rows_come_in_three_shapes() -> None:
    row = {"a": 1}
    assert rows([row], "diff", URL) == rows({"0": row}, "diff", URL) == rows({"list": [row]}, "diff", URL) == [row]
    assert rows(None, "diff", URL) == rows([], "diff", URL) == rows({}, "diff", URL) == []
    for wrong in ("x", 7, [1], {"0": 1}, {"list": "x"}):
        with pytest.raises(PayloadError, match="diff is a JSON"):
            rows(wrong, "diff", URL)


def test_what_a_run_makes_of_each_error() -> None:
    assert issubclass(MissingPayloadError, NotFoundPageError)
    for error in (PayloadError, RefusedPayloadError):
        assert not issubclass(error, (BlockPageError, NotFoundPageError))


@PATIENT
@given(st.text() | st.text().map('cb({"a":'.__add__) | st.from_regex(r"(?:/\*\*/)?[a-z]*\(?\{.*\}\)?;?"))
def test_any_text_is_an_object_or_a_named_error(text: str) -> None:
    found: dict[str, Any] | str
    try:
        found = load(text, URL)
    except PageLayoutError as error:
        found = error.url
    assert isinstance(found, dict) or found == URL


@PATIENT
@given(
    st.dictionaries(st.text(), st.text() | st.integers(), min_size=1), st.sampled_from(["{}", "cb({})", "v={};"])
)
def test_any_object_comes_out_as_it_went_in(value: dict[str, Any], wrapping: str) -> None:
    if value.keys() != {"passportWeb"}:
        assert load(wrapping.replace("{}", json.dumps(value)), URL) == value


# --- times -------------------------------------------------------------------------------------------------

NOON = datetime(2022, 2, 7, 3, 51, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "2022-02-07 11:51:03",
        "2022/02/07 11:51:03",
        "2022/2/7 11:51:03",
        "2022年02月07日 11:51:03",
        "2022年2月7日 11:51:03",
        " 2022-02-07  11:51:03\n",
        "2022-02-07 11:51:03:000",
        1644205863,
        "1644205863",
        1644205863000,
        "1644205863000",
    ],
)
def test_every_way_of_printing_a_time(raw: str | int) -> None:
    assert printed(raw) == (NOON, NOON)
    assert beijing(raw) == NOON
    assert beijing(raw).utcoffset() == timedelta(0)


@pytest.mark.parametrize("raw", ["2022年02月07日 11:51", "2022-02-07 11:51"])
def test_a_bare_minute_is_any_second_of_it(raw: str) -> None:
    first = NOON.replace(second=0)
    assert printed(raw) == (first, first + timedelta(seconds=59))


def test_milliseconds_are_kept() -> None:
    assert beijing("2026-10-01 00:37:09:681") == datetime(2026, 9, 30, 16, 37, 9, 681000, tzinfo=UTC)
    assert beijing(1644205863681) == NOON.replace(microsecond=681000)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "-",
        "昨天 11:51",
        "11:51",
        "2022-02-07",
        "2022-02-30 11:51:03",
        "2022-02-07 24:00:00",
        "0000-00-00 00:00:00",
        "0001-01-01 00:00:00",
        "1991-12-31 23:59:59",
        "2022-02-07T11:51:03",
        "2022-02-07 11:51:03 +0800",
        "-1644205863",
        "0644205863",
        "164420586",
        "16442058630",
        0,
        -1,
        True,
    ],
)
def test_anything_else_is_no_time(raw: str | int) -> None:
    with pytest.raises(ValueError, match="not a time"):
        beijing(raw)


# An article's sort key is its UTC epoch, a 0 and the end of its number: it proves what zone its time is in.
@pytest.mark.parametrize(
    ("shown", "key"),
    [
        ("2022-02-11 14:29:25", 1644560965),
        ("2022-02-09 14:12:30", 1644387150),
        ("2026-06-16 14:09:57", 1781590197),
    ],
)
def test_upstreams_times_are_beijing_times(shown: str, key: int) -> None:
    assert beijing(shown) == beijing(key) == datetime.fromtimestamp(key, UTC)


@PATIENT
@given(st.datetimes(min_value=datetime(1992, 1, 1), max_value=datetime(2100, 12, 31)))  # noqa: DTZ001 - as printed
def test_a_printed_time_is_read_back(at: datetime) -> None:
    shown = at.replace(microsecond=0)
    for layout in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S"):
        assert beijing(shown.strftime(layout)).astimezone(BEIJING).replace(tzinfo=None) == shown


@PATIENT
@given(st.text() | st.integers() | st.from_regex(r"[0-9]{4}[-/年][0-9]{2}[-/月][0-9]{2}日? [0-9:]{5,12}"))
def test_any_value_is_a_time_or_a_value_error(raw: str | int) -> None:
    try:
        first, last = printed(raw)
    except ValueError:
        return
    assert first <= last <= first + timedelta(seconds=59)
    assert first.year >= 1991
