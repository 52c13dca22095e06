"""Quotes and bars: the answers of push2 and push2his.

From the answer's text and its URL, whose `fltt` tells the unit of the numbers. Gives `Quote` and `Bar`.
Without `fltt=2` prices are integers, scaled by the decimals in `f59` (`stock/get`) or `f1` (lists), percentages
by those in `f152`. They differ from security to security, so a number whose decimals the answer does not give is
None, never divided by a constant. `"-"` is None.
Raises MissingPayloadError for a security that upstream has not, RefusedPayloadError, PayloadError,
BlockedPayloadError.
"""

from datetime import date, datetime
from math import isfinite
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crawler.items import Bar, Named, Quote
from crawler.pages.payload import (
    BlockedPayloadError,
    MissingPayloadError,
    PayloadError,
    RefusedPayloadError,
    load,
    mapping,
    message,
    rows,
)
from crawler.pages.render import visible
from crawler.pages.times import beijing
from crawler.pages.upstream import words
from crawler.securities import InvalidSecidError, secid

_STOCK = {
    "last": "f43", "high": "f44", "low": "f45", "open": "f46", "previous_close": "f60", "change": "f169",
    "average": "f71", "limit_up": "f51", "limit_down": "f52", "change_percent": "f170",
    "amplitude_percent": "f171", "turnover_percent": "f168", "volume_ratio": "f50", "pe": "f162", "pb": "f167",
    "volume": "f47", "amount": "f48", "market_cap": "f116", "float_cap": "f117",
    "name": "f58", "at": "f86", "status": "f292",
    "price_decimals": "f59", "percent_decimals": "f152",
}  # fmt: skip
_LIST = {
    "last": "f2", "high": "f15", "low": "f16", "open": "f17", "previous_close": "f18", "change": "f4",
    "change_percent": "f3", "amplitude_percent": "f7", "turnover_percent": "f8", "volume_ratio": "f10", "pe": "f9",
    "pb": "f23", "volume": "f5", "amount": "f6", "market_cap": "f20", "float_cap": "f21",
    "name": "f14", "at": "f124",
    "price_decimals": "f1", "percent_decimals": "f152",
}  # fmt: skip
_PRICES = ("last", "open", "high", "low", "previous_close", "change", "average", "limit_up", "limit_down")
_PERCENTS = ("change_percent", "amplitude_percent", "turnover_percent", "volume_ratio", "pe", "pb")
_UNSCALED = ("amount", "market_cap", "float_cap")

_MOST_DECIMALS = 9
"""More than any security has; bond yields have 4."""

_BAR_COLUMNS = 11  # f51 to f61, in that order, as `crawler.urls.bars_url` asks for them


def parse_ulist(text: str, url: str) -> list[Quote]:
    """Parse quotes of many securities (`ulist.np/get`), or the boards of one (`slist/get`).

    Securities that upstream does not know are not among them. Raises MissingPayloadError if it knows none.
    """
    found = _data(text, url).get("diff")
    quoted = [row for row in rows(found, "diff", url) if words(row.get("f12")) not in {"", "-"}]
    return [_quote(row, _LIST, _secid(row.get("f13"), row.get("f12"), url), url) for row in quoted]


def parse_stock(text: str, url: str) -> Quote:
    """Parse the quote of the one security that `url` asks for (`stock/get?secid=`)."""
    row = _data(text, url)
    asked = parse_qs(urlsplit(url).query).get("secid", [""])[0]
    market, _, code = asked.partition(".")
    wanted = _secid(market, code, url)
    named = _secid(row.get("f107", market), row.get("f57", code), url)
    if named != wanted:
        raise PayloadError(url, f"about {named}")
    return _quote(row, _STOCK, wanted, url)


def parse_klines(text: str, url: str) -> list[Bar]:
    """Parse bars of a day or longer (`kline/get`); their numbers are decimal whatever `fltt` says."""
    found = _data(text, url)
    named = _secid(found.get("market"), found.get("code"), url)
    written = found.get("klines")
    if not isinstance(written, (list, type(None))):
        raise PayloadError(url, f"klines is a JSON {type(written).__name__}")
    return [_bar(named, str(line), url) for line in written or []]


def parse_suggest(text: str, url: str) -> list[Named]:
    """Parse what upstream's search suggests for a code or a name (`suggest/get`), best first."""
    answer = load(text, url)
    if "QuotationCodeTable" not in answer:
        raise BlockedPayloadError(url, "no QuotationCodeTable")
    table = mapping(answer["QuotationCodeTable"], "QuotationCodeTable", url)
    found = rows(table.get("Data"), "Data", url)
    return [
        Named(_secid(row.get("MktNum"), row.get("Code"), url), visible(words(row.get("Name")))) for row in found
    ]


def _data(text: str, url: str) -> dict[str, Any]:
    answer = load(text, url)
    if "data" not in answer:
        raise PayloadError(url, "no data")
    if answer["data"] is None:  # with rc 102 or 0
        if said := message(answer):
            raise RefusedPayloadError(url, str(answer.get("rc")), said)
        raise MissingPayloadError(url, f"no data, rc {answer.get('rc')!r}")
    return mapping(answer["data"], "data", url)


def _secid(market: Any, code: Any, url: str) -> str:
    try:
        return secid(words(market), words(code))
    except InvalidSecidError as error:
        raise PayloadError(url, str(error)) from error


def _quote(row: dict[str, Any], fields: dict[str, str], named: str, url: str) -> Quote:
    decimal = parse_qs(urlsplit(url).query).get("fltt") == ["2"]
    given = {name: row.get(field) for name, field in fields.items()}
    prices, percents = (0, 0) if decimal else (given["price_decimals"], given["percent_decimals"])
    status = given.get("status")
    return Quote(
        named,
        visible(words(given["name"])).strip("-") or None,
        _time(given["at"]),
        status if isinstance(status, int) else None,
        volume=_whole(given["volume"]),
        **{name: _scaled(given.get(name), prices) for name in _PRICES},
        **{name: _scaled(given.get(name), percents) for name in _PERCENTS},
        **{name: _number(given.get(name)) for name in _UNSCALED},
    )


def _bar(named: str, line: str, url: str) -> Bar:
    day, *written = line.split(",")
    if len(written) != _BAR_COLUMNS - 1:
        raise PayloadError(url, f"a bar of {len(written) + 1} columns: {line[:60]!r}")
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise PayloadError(url, f"a bar of no day: {line[:60]!r}") from error
    opened, closed, high, low, volume, *rest = written  # the close before the high
    amount, amplitude, change_percent, change, turnover = map(_number, rest)
    return Bar(
        named,
        on,
        open=_number(opened),
        close=_number(closed),
        high=_number(high),
        low=_number(low),
        volume=_whole(volume),
        amount=amount,
        amplitude_percent=amplitude,
        change_percent=change_percent,
        change=change,
        turnover_percent=turnover,
    )


def _scaled(value: Any, decimals: Any) -> float | None:
    """Give a number with its point put back; None where it is unknown how many decimals it has."""
    number = _number(value)
    if number is None or not isinstance(decimals, int) or not 0 <= decimals <= _MOST_DECIMALS:
        return None
    scale: int = 10**decimals
    return number / scale


def _number(value: Any) -> float | None:
    """Give a JSON or written number; None for "-" and whatever else is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else round(number)


def _time(value: Any) -> datetime | None:
    try:
        return beijing(words(value))
    except ValueError:  # "-", or 0 before the first trade
        return None
