"""East Money's quotes as JSON: `push2.eastmoney.com`.

From a secid of `sandbox.securities` and the world's present: a quote is that of the last close, and depends on the
secid and that day alone. Without `fltt=2` prices are integers scaled by the security's own decimals, percentages
by f152, as on the real host; `"-"` where there is no value. Securities that it does not know are left out of
lists; a list of none is `data: null`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.http import Request, Response, as_asked, html
from sandbox.plan import BEIJING, dice
from sandbox.securities import BY_SECID, Security

_PERCENT_DECIMALS = 2
SUSPENDED = frozenset({"0.300024"})
"""Securities that are not traded: they have no numbers but the previous close."""

PRESENT = datetime(2022, 6, 1, 9, 0, tzinfo=BEIJING)
"""The present of a world as it is by default."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class QuoteTruth:
    """A quote as a reader must store it: decimal prices, percentages in percent. None: upstream has no value."""

    secid: str
    name: str
    last: float | None
    open: float | None
    high: float | None
    low: float | None
    previous_close: float
    change: float | None
    change_percent: float | None
    volume: int | None
    amount: float | None
    at: int
    """Time of the quote, epoch seconds."""


def last_close(now: datetime) -> datetime:
    """Give the last 15:00 of a weekday, Beijing: when all are quoted that are traded."""
    now = now.astimezone(BEIJING)
    close = now.replace(hour=15, minute=0, second=0, microsecond=0)
    while close > now or close.weekday() >= _SATURDAY:
        close -= timedelta(days=1)
    return close


def quote(secid: str, now: datetime = PRESENT) -> QuoteTruth | None:
    """Give the quote of a security; None for one the sandbox does not know."""
    security = BY_SECID.get(secid)
    if security is None:
        return None
    close = last_close(now)
    chance, places = dice("quote", secid, close.date()), security.decimals
    previous, at = round(security.price, places), int(close.timestamp())
    if secid in SUSPENDED:
        nothing = dict.fromkeys(("last", "open", "high", "low", "change", "change_percent", "volume", "amount"))
        return QuoteTruth(secid=secid, name=security.name, previous_close=previous, at=at, **nothing)
    last, opened = (round(previous * chance.uniform(0.95, 1.05), places) for _ in range(2))
    volume = chance.randint(10_000, 9_000_000)
    return QuoteTruth(
        secid,
        security.name,
        last,
        opened,
        round(max(last, opened) * 1.01, places),
        round(min(last, opened) * 0.99, places),
        previous,
        round(last - previous, places),
        round((last - previous) / previous * 100, _PERCENT_DECIMALS),
        volume,
        round(volume * 100 * last, 2),
        at,
    )


def push2(request: Request, now: datetime = PRESENT) -> Response:
    """Answer on push2: `stock/get` for one security, `ulist.np/get` for many, `ulist/get` for many in pages."""
    match request.path.removeprefix("/webguest"):
        case "/api/qt/stock/get":
            answer = _answer(request, now, request.query("secid"), STOCK_FIELDS)
            return as_asked(
                request, {"rc": 0 if answer else 102, "rt": 4, "full": 1, "dlmkts": "", "data": answer}
            )
        case "/api/qt/ulist.np/get":
            rows = _rows(request, now)
            return _listed(request, len(rows), rows)
        case "/api/qt/ulist/get":
            rows = _rows(request, now)
            page, size = (int(request.query(name) or default) for name, default in (("pn", "1"), ("pz", "20")))
            shown = rows[(page - 1) * size : page * size]
            numbered = {str(place): row for place, row in enumerate(shown)}
            return _listed(request, len(rows), shown if request.query("np") == "1" else numbered)
        case _:
            return html("", 404)


def _rows(request: Request, now: datetime) -> list[dict[str, object]]:
    answers = (_answer(request, now, secid, _LIST_FIELDS) for secid in request.query("secids").split(","))
    return [answer for answer in answers if answer is not None]


def _listed(
    request: Request, total: int, rows: list[dict[str, object]] | dict[str, dict[str, object]]
) -> Response:
    data = {"total": total, "diff": rows} if rows else None
    return as_asked(request, {"rc": 0, "rt": 11, "full": 1, "dlmkts": "", "data": data})


STOCK_FIELDS = {
    "f43": "last",
    "f44": "high",
    "f45": "low",
    "f46": "open",
    "f47": "volume",
    "f48": "amount",
    "f57": "code",
    "f58": "name",
    "f59": "decimals",
    "f60": "previous_close",
    "f86": "at",
    "f107": "market",
    "f152": "percent_decimals",
    "f169": "change",
    "f170": "change_percent",
    "f292": "status",
}
_LIST_FIELDS = {
    "f1": "decimals",
    "f2": "last",
    "f3": "change_percent",
    "f4": "change",
    "f5": "volume",
    "f6": "amount",
    "f12": "code",
    "f13": "market",
    "f14": "name",
    "f15": "high",
    "f16": "low",
    "f17": "open",
    "f18": "previous_close",
    "f124": "at",
    "f152": "percent_decimals",
}
_PRICES = {"last", "high", "low", "open", "previous_close", "change"}


def _answer(request: Request, now: datetime, secid: str, names: dict[str, str]) -> dict[str, object] | None:
    truth, security = quote(secid, now), BY_SECID.get(secid)
    if truth is None or security is None:
        return None
    asked, decimal = request.query("fields").split(","), request.query("fltt") == "2"
    fields = list(names) if asked == [""] else [field for field in asked if field in names]
    return {field: _value(names[field], truth, security, decimal=decimal) for field in fields}


def _value(name: str, truth: QuoteTruth, security: Security, *, decimal: bool) -> object:
    fixed: dict[str, object] = {
        "code": security.code,
        "name": security.name,
        "market": security.market,
        "decimals": security.decimals,
        "percent_decimals": _PERCENT_DECIMALS,
        "status": 6 if truth.secid in SUSPENDED else 5,  # 5: closed
    }
    if name in fixed:
        return fixed[name]
    number = getattr(truth, name)
    if number is None:
        return "-"
    if decimal or name not in {*_PRICES, "change_percent"}:
        return number
    places = security.decimals if name in _PRICES else _PERCENT_DECIMALS
    return round(number * 10**places)
