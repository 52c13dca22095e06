"""East Money's quote hosts in the sandbox: instrument pages, quotes of one and of many, daily bars."""

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox import bars, instruments, quotes
from sandbox.http import Request, Response
from sandbox.process import SandboxProcess
from sandbox.quotes import SUSPENDED
from sandbox.securities import BY_SECID

NOW = datetime(2022, 6, 1, 9, tzinfo=timezone(timedelta(hours=8)))


def request(target: str) -> Request:
    return Request("GET", target, {})


def loaded(response: Response) -> Any:
    assert response.status == 200
    return json.loads(response.body)


FIELDS = "f43,f44,f45,f46,f47,f57,f58,f59,f60,f86,f107,f152,f169,f170"


@pytest.mark.parametrize("secid", sorted(BY_SECID.keys() - SUSPENDED))
def test_scaled_and_decimal_quotes_say_the_same(secid: str) -> None:
    path = f"/api/qt/stock/get?secid={secid}&fields={FIELDS}"
    scaled = loaded(quotes.push2(request(path)))["data"]
    decimal = loaded(quotes.push2(request(f"{path}&fltt=2")))["data"]
    assert scaled.keys() == set(FIELDS.split(","))
    for field in ("f43", "f44", "f45", "f46", "f60", "f169"):
        assert isinstance(scaled[field], int)
        assert scaled[field] / 10 ** scaled["f59"] == pytest.approx(decimal[field], abs=1e-9)
    assert scaled["f170"] / 100 == pytest.approx(decimal["f170"], abs=1e-9)
    assert f"{decimal['f107']}.{decimal['f57']}" == secid
    truth = quotes.quote(secid)
    assert truth
    assert (truth.last, truth.change_percent, truth.at) == (decimal["f43"], decimal["f170"], decimal["f86"])


def test_decimals_vary_as_on_the_real_host() -> None:
    assert {security.decimals for security in BY_SECID.values()} == {0, 1, 2, 3, 4}


def test_many_quotes_in_one_answer_leave_out_the_unknown() -> None:
    path = "/api/qt/ulist.np/get?fltt=2&secids=1.600519,9.999999,116.00700&fields=f2,f12,f13,f14,f18,f124"
    rows = loaded(quotes.push2(request(path)))["data"]["diff"]
    assert [(row["f13"], row["f12"], row["f14"]) for row in rows] == [
        (1, "600519", "贵州茅台"),
        (116, "00700", "腾讯控股"),
    ]
    truth = quotes.quote("116.00700")
    assert truth
    assert (rows[1]["f2"], rows[1]["f18"], rows[1]["f124"]) == (truth.last, truth.previous_close, truth.at)


def test_an_unknown_security_has_no_quote() -> None:
    assert loaded(quotes.push2(request("/api/qt/stock/get?secid=9.999999&fields=f43"))) == {
        "rc": 102,
        "rt": 4,
        "full": 1,
        "dlmkts": "",
        "data": None,
    }
    assert loaded(quotes.push2(request("/api/qt/ulist.np/get?secids=9.9&fields=f2")))["data"] is None
    assert quotes.push2(request("/api/qt/clist/get")).status == 404


@pytest.mark.parametrize(
    ("secid", "path"),
    [("1.600519", "/sh600519.html"), ("0.835185", "/bj/835185.html"), ("106.NIO", "/us/NIO.html")],
)
def test_unify_links_lead_to_instrument_pages_without_numbers(secid: str, path: str) -> None:
    redirect = instruments.instrument(request(f"/unify/r/{secid}"))
    assert (redirect.status, redirect.headers["Location"]) == (302, f"http://quote.eastmoney.com{path}")
    page = instruments.instrument(request(path))
    assert page.status == 200
    assert '<span class="price">-</span>' in page.body.decode()
    assert BY_SECID[secid].name in page.body.decode()
    assert instruments.instrument(request("/unify/r/9.9")).status == 404
    assert instruments.instrument(request("/nothing.html")).status == 404


def test_a_security_that_is_not_traded_has_dashes_for_numbers() -> None:
    (secid,) = SUSPENDED
    data = loaded(quotes.push2(request(f"/api/qt/stock/get?secid={secid}&fltt=2")))["data"]
    dashes = {field for field, value in data.items() if value == "-"}
    assert dashes == {"f43", "f44", "f45", "f46", "f47", "f48", "f169", "f170"}
    assert data["f292"] == 6
    truth = quotes.quote(secid)
    assert truth
    assert (truth.last, truth.change_percent, truth.previous_close) == (None, None, data["f60"])


def test_pages_of_many_are_numbered_unless_a_list_is_asked_for() -> None:
    asked = ["1.600519", "9.999999", "116.00700", "105.AAPL"]
    path = f"/api/qt/ulist/get?secids={','.join(asked)}&fields=f12&pz=2"
    first = loaded(quotes.push2(request(path)))["data"]
    assert first == {"total": 3, "diff": {"0": {"f12": "600519"}, "1": {"f12": "00700"}}}
    second = loaded(quotes.push2(request(f"{path}&pn=2&np=1")))["data"]
    assert second == {"total": 3, "diff": [{"f12": "AAPL"}]}


def test_without_fields_all_of_them_come_and_unknown_ones_never() -> None:
    path = "/webguest/api/qt/ulist.np/get?secids=1.600519"
    (row,) = loaded(quotes.push2(request(path)))["data"]["diff"]
    assert {"f1", "f2", "f12", "f13", "f14", "f124", "f152"} <= row.keys()
    assert loaded(quotes.push2(request(f"{path}&fields=f999")))["data"]["diff"] == [{}]


def test_quotes_come_in_a_callback_too() -> None:
    path = "/api/qt/stock/get?secid=1.600519&fields=f43"
    plain = quotes.push2(request(path)).body
    assert quotes.push2(request(f"{path}&cb=jQuery1")).body == b"jQuery1(" + plain + b");"


def test_the_script_of_a_page_asks_for_its_security() -> None:
    page = instruments.instrument(request("/hk/00700.html")).body.decode()
    assert "https://push2.eastmoney.com/api/qt/stock/get?secid=116.00700" in page
    assert "{" not in page.split("<script>")[0]
    assert "{{" not in page
    assert instruments.instrument(request("/css/quote.css")).headers["Content-Type"] == "text/css"
    assert instruments.instrument(request("/images/chart.png")).body.startswith(b"\x89PNG")


KLINE = "/api/qt/stock/kline/get?klt=101&fqt=0&fields1=f1&fields2=f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61"


def klines(asked: str, path: str = KLINE) -> Any:
    return loaded(bars.push2his(NOW, request(f"{path}&{asked}")))["data"]


@pytest.mark.parametrize("secid", ["1.600519", "105.AAPL", "119.EURUSD", "113.rbm"])
def test_bars_say_what_their_truth_says(secid: str) -> None:
    data = klines(f"secid={secid}&beg=0&end=20500101")
    truths = bars.bars(secid, NOW)
    places = BY_SECID[secid].decimals
    assert (data["decimal"], data["dktotal"], len(data["klines"])) == (places, len(truths), len(truths))
    for line, truth in zip(data["klines"], truths, strict=True):
        columns = line.split(",")
        assert columns[0] == truth.day
        assert [float(price) for price in columns[1:5]] == [truth.open, truth.close, truth.high, truth.low]
        assert {len(price.partition(".")[2]) for price in columns[1:5]} == {places}
        assert (int(columns[5]), float(columns[6])) == (truth.volume, truth.amount)
        assert truth.low < min(truth.open, truth.close) <= max(truth.open, truth.close) < truth.high
        assert len(columns) == 11


def test_every_weekday_that_is_over_has_a_bar() -> None:
    days = [date.fromisoformat(bar.day) for bar in bars.bars("1.600519", NOW)]
    assert (days[0], days[-1]) == (date(2021, 11, 1), date(2022, 5, 31))
    assert days == sorted(set(days))
    assert {day.weekday() for day in days} == set(range(5))
    assert len(days) == 152
    assert bars.bars("1.600519", NOW + timedelta(hours=8))[-1].day == "2022-06-01"


def test_bars_are_asked_for_by_day_and_number() -> None:
    data = klines("secid=1.600519&beg=20220104&end=20220107")
    assert [line[:10] for line in data["klines"]] == ["2022-01-04", "2022-01-05", "2022-01-06", "2022-01-07"]
    before = next(bar for bar in bars.bars("1.600519", NOW) if bar.day == "2022-01-03")
    assert data["preKPrice"] == before.close
    assert [line[:10] for line in klines("secid=1.600519&beg=0&end=20220107&lmt=1")["klines"]] == ["2022-01-07"]
    assert klines("secid=1.600519&beg=20300101")["klines"] == []
    two = klines("secid=1.600519&lmt=1", "/api/qt/stock/kline/get?klt=101&fields2=f51,f53")["klines"]
    assert two == [f"2022-05-31,{bars.bars('1.600519', NOW)[-1].close:.2f}"]


def test_change_is_told_from_the_day_before() -> None:
    one, other = (line.split(",") for line in klines("secid=1.600519&lmt=2")["klines"])
    change = float(other[2]) - float(one[2])
    assert float(other[9]) == pytest.approx(change)
    assert float(other[8]) == pytest.approx(change / float(one[2]) * 100, abs=0.005)


def test_adjusted_bars_are_other_numbers() -> None:
    (plain,), (adjusted,) = (
        klines("secid=1.600519&lmt=1", KLINE.replace("fqt=0", f"fqt={fqt}"))["klines"] for fqt in (0, 1)
    )
    assert float(adjusted.split(",")[2]) == pytest.approx(float(plain.split(",")[2]) / 2, abs=0.01)


@pytest.mark.parametrize("asked", ["secid=9.999999", "secid=", "secid=1.600519&klt=102"])
def test_other_bars_there_are_none(asked: str) -> None:
    assert klines(asked, "/api/qt/stock/kline/get?" + ("" if "klt" in asked else "klt=101")) is None
    assert bars.bars("9.999999", NOW) == []
    assert bars.push2his(NOW, request("/api/qt/clist/get")).status == 404


def test_bars_are_served_and_their_truth_with_them() -> None:
    with SandboxProcess(posts=5) as sandbox:
        target = f"{KLINE}&secid=1.600519&beg=0&end=20500101"
        status, _, body = sandbox.request("GET", target, host="push2his.eastmoney.com")
        lines = json.loads(body)["data"]["klines"]
        assert (status, [line[:10] for line in lines]) == (200, [bar["day"] for bar in sandbox.bars("1.600519")])
        assert sandbox.log()[-1]["kind"] == "push2his"
