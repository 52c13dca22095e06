"""East Money's daily bars: `push2his.eastmoney.com/api/qt/stock/kline/get`.

From a secid of `sandbox.securities` and the world's present. Every weekday from `FIRST_DAY` to the present has a
bar, which depends on the secid and the day alone. Columns as on the real host: open, CLOSE, high, low.
Adjusted bars (`fqt` 1 or 2) are half as high, so that who asks for the wrong ones sees it. Gives `data: null` for
securities that it does not know, and for bars other than of days (`klt` other than 101).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.http import Request, Response, as_asked, html
from sandbox.plan import BEIJING, dice
from sandbox.quotes import SUSPENDED
from sandbox.securities import BY_SECID, Security

FIRST_DAY = date(2021, 11, 1)
"""As if all were listed on this day."""

_CLOSES = timedelta(hours=16)
"""After midnight; the bar of a day is there from then on."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class BarTruth:
    """A daily bar as a reader must store it: decimal prices, unadjusted."""

    secid: str
    day: str
    """YYYY-MM-DD, at the exchange."""

    open: float
    close: float
    high: float
    low: float
    volume: int
    amount: float


def bars(secid: str, now: datetime) -> list[BarTruth]:
    """Give all bars of a security up to the present, oldest first; none if it is unknown or suspended."""
    security = BY_SECID.get(secid)
    if security is None or secid in SUSPENDED:
        return []
    last = (now.astimezone(BEIJING) - _CLOSES).date()
    days = (FIRST_DAY + timedelta(days=n) for n in range((last - FIRST_DAY).days + 1))
    return [_bar(security, day) for day in days if day.weekday() < _SATURDAY]


def _bar(security: Security, day: date) -> BarTruth:
    chance, places = dice("bar", security.secid, day), security.decimals
    opened, closed = (round(security.price * chance.uniform(0.9, 1.1), places) for _ in range(2))
    volume = chance.randint(10_000, 9_000_000)
    return BarTruth(
        security.secid,
        day.isoformat(),
        opened,
        closed,
        round(max(opened, closed) * 1.01, places),
        round(min(opened, closed) * 0.99, places),
        volume,
        round(volume * 100 * closed, 2),
    )


def push2his(now: datetime, request: Request) -> Response:
    """Answer on push2his; `now` is the world's present."""
    if request.path != "/api/qt/stock/kline/get":
        return html("", 404)
    security = BY_SECID.get(request.query("secid"))
    data = _data(security, now, request) if security and request.query("klt") == "101" else None
    return as_asked(request, {"rc": 0, "rt": 17, "svr": 177617930, "lt": 1, "full": 0, "dlmkts": "", "data": data})


def _data(security: Security, now: datetime, request: Request) -> dict[str, object]:
    every = bars(security.secid, now)
    first, last = request.query("beg") or "0", request.query("end") or "20500101"
    asked = [place for place, bar in enumerate(every) if first <= bar.day.replace("-", "") <= last]
    if request.query("lmt").isdecimal():
        asked = asked[-int(request.query("lmt")) :]
    columns = [int(field.removeprefix("f")) - 51 for field in request.query("fields2").split(",") if field]
    factor = 1.0 if request.query("fqt") in {"", "0"} else 0.5
    before = every[asked[0] - 1].close if asked and asked[0] else security.price
    lines = [
        _line(every[place], every[place - 1].close if place else security.price, factor, security.decimals)
        for place in asked
    ]
    return {
        "code": security.code,
        "market": security.market,
        "name": security.name,
        "decimal": security.decimals,
        "dktotal": len(every),
        "preKPrice": round(before * factor, security.decimals),
        "klines": [",".join(line[column] for column in columns or range(len(line))) for line in lines],
    }


def _line(bar: BarTruth, before: float, factor: float, places: int) -> list[str]:
    """Give the columns f51 to f61 of a bar; `before` is the close of the day before."""
    change = bar.close - before
    prices = [f"{price * factor:.{places}f}" for price in (bar.open, bar.close, bar.high, bar.low)]
    percents = [f"{part / before * 100:.2f}" for part in (bar.high - bar.low, change)]
    turnover = f"{dice('turnover', bar.secid, bar.day).uniform(0.1, 5):.2f}"
    return [
        bar.day,
        *prices,
        str(bar.volume),
        f"{bar.amount:.3f}",
        *percents,
        f"{change * factor:.{places}f}",
        turnover,
    ]
