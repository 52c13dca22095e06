"""East Money's quote hosts: instrument pages without numbers, and the JSON behind them.

From a secid of `sandbox.securities`. A quote depends on the secid alone. Without `fltt=2` prices are integers
scaled by the security's own decimals, percentages by f152, as on the real host.
"""

from dataclasses import dataclass
from datetime import datetime

from sandbox.http import Request, Response, as_json, html
from sandbox.plan import BEIJING, dice
from sandbox.securities import BY_SECID, Security

_PERCENT_DECIMALS = 2
_QUOTED_AT = datetime(2022, 5, 31, 15, 0, tzinfo=BEIJING)


@dataclass(frozen=True, slots=True)
class QuoteTruth:
    """A quote as a reader must store it: decimal prices, percentages in percent."""

    secid: str
    name: str
    last: float
    open: float
    high: float
    low: float
    previous_close: float
    change: float
    change_percent: float
    volume: int
    amount: float
    at: int
    """Time of the quote, epoch seconds."""


def quote(secid: str) -> QuoteTruth | None:
    """Give the quote of a security; None for one the sandbox does not know."""
    security = BY_SECID.get(secid)
    if security is None:
        return None
    chance, places = dice("quote", secid), security.decimals
    previous = round(security.price, places)
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
        int(_QUOTED_AT.timestamp()),
    )


def push2(request: Request) -> Response:
    """Answer on push2: `stock/get` for one security, `ulist.np/get` for many."""
    decimal = request.query("fltt") == "2"
    fields = request.query("fields").split(",")
    match request.path:
        case "/api/qt/stock/get":
            answer = _answer(request.query("secid"), _STOCK_FIELDS, fields, decimal=decimal)
            return as_json({"rc": 0 if answer else 102, "rt": 4, "full": 1, "dlmkts": "", "data": answer})
        case "/api/qt/ulist.np/get":
            rows = [
                _answer(secid, _LIST_FIELDS, fields, decimal=decimal)
                for secid in request.query("secids").split(",")
            ]
            found = [row for row in rows if row]
            data = {"total": len(found), "diff": found} if found else None
            return as_json({"rc": 0, "rt": 11, "full": 1, "dlmkts": "", "data": data})
        case _:
            return html("", 404)


_STOCK_FIELDS = {
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


def _answer(secid: str, names: dict[str, str], fields: list[str], *, decimal: bool) -> dict[str, object] | None:
    truth, security = quote(secid), BY_SECID.get(secid)
    if truth is None or security is None:
        return None
    return {field: _value(names[field], truth, security, decimal=decimal) for field in fields if field in names}


def _value(name: str, truth: QuoteTruth, security: Security, *, decimal: bool) -> object:
    fixed: dict[str, object] = {
        "code": security.code,
        "name": security.name,
        "market": security.market,
        "decimals": security.decimals,
        "percent_decimals": _PERCENT_DECIMALS,
        "status": 5,  # closed
    }
    if name in fixed:
        return fixed[name]
    number = getattr(truth, name)
    if decimal or name not in {*_PRICES, "change_percent"}:
        return number
    places = security.decimals if name in _PRICES else _PERCENT_DECIMALS
    return round(number * 10**places)


def instrument(request: Request) -> Response:
    """Answer on the host of instrument pages: unify links redirect, pages show no number without JavaScript."""
    for prefix in ("/unify/r/", "/unify/cr/"):
        if request.path.startswith(prefix):
            secid = request.path.removeprefix(prefix)
            if secid not in BY_SECID:
                return html("", 404)
            return html("", 302, Location=f"http://quote.eastmoney.com{_page(BY_SECID[secid])}")
    for security in BY_SECID.values():
        if request.path == _page(security):
            return html(
                f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{security.name}({security.code})'
                f'行情_东方财富网</title></head><body><h1 class="name">{security.name}</h1>'
                f'<span class="code">{security.code}</span><span class="price">-</span></body></html>\n'
            )
    return html("", 404)


def _page(security: Security) -> str:
    suffix = security.symbol.rpartition(".")[2].lower()
    if security.kind == "stock":
        return {
            "sh": f"/sh{security.code}.html",
            "sz": f"/sz{security.code}.html",
            "bj": f"/bj/{security.code}.html",
            "hk": f"/hk/{security.code}.html",
            "us": f"/us/{security.code}.html",
        }[suffix]
    return f"/unify/page/{security.secid}.html"
