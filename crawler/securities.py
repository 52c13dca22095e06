"""Securities: East Money's secid, the symbol that users query by, and every form in which pages name them.

What:     a secid is `<market number>.<code>` (`1.601628`); a symbol is what Chinese terminals write
          (`601628.SH`). Pages name a security by quote links, `data-code`, span ids and chart images.
From:     `crawler.markets`; kinds by code from the ranges that the Shanghai and Shenzhen exchanges publish.
Gives:    pure functions; every `parse_*` gives a secid in normal form, or None.
Refuses:  to guess. A code without its market (`002353`, `/us/AAPL.html`) names no security: 000001 is Ping An
          Bank in Shenzhen (`0.000001`, stock) and the SSE Composite in Shanghai (`1.000001`, index).

Market 0 holds three exchanges, told apart by the code: 92xxxx and 8xxxxx are Beijing (899050 its index),
4xxxxx is the over-the-counter board NEEQ (`.NQ`), the rest Shenzhen. Limits: 83xxxx and 87xxxx may be NEEQ
too, and before 2025 some Beijing stocks had 43xxxx; the code alone does not tell, so the rule is kept to.
"""

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit

from crawler.markets import KINDS, MARKETS, Market

__all__ = [
    "KINDS",
    "MARKETS",
    "InvalidSecidError",
    "Market",
    "candidates",
    "kind",
    "parse_chart_url",
    "parse_data_code",
    "parse_secid_url",
    "parse_span_id",
    "secid",
    "symbol",
]


class InvalidSecidError(ValueError):
    """A text that is not a market number, a dot and a code."""


# Real codes hold letters, digits, "_" (HSI_M, BRK_A) and "-" (m2405-C-3000); the longest have 15 characters.
_MARKET = r"(?P<market>[0-9]{1,4})"
_CODE = r"(?P<code>[A-Za-z0-9][A-Za-z0-9_-]{0,23})"
_SECID = rf"{_MARKET}\.{_CODE}"

# First match wins. Shanghai: 000 and 950 indices, 0 and 1 bonds, 2 repos and bonds, 580 to 582 warrants,
# 5 funds, 6 A, 900 B and 36 preferred shares; 7 (subscriptions) and the like are "other".
_SHANGHAI_KINDS = (
    (r"000|950|H", "index"),
    (r"[012]", "bond"),
    (r"58[012]", "other"),
    (r"5", "fund"),
    (r"6|36|900", "stock"),
)
# Shenzhen: 39, 97 and 98 indices, 15 to 18 funds, 00 and 30 A, 20 B, 140 preferred shares, 1 and 5 bonds and
# repos; Beijing and NEEQ: 899 indices, 92, 4 and 8 shares, 81 convertible bonds. 03, 08, 38 are "other".
_SHENZHEN_KINDS = (
    (r"39|97|98|899", "index"),
    (r"1[5-8]", "fund"),
    (r"00|20|30|140|92|4|8[02-9]", "stock"),
    (r"1|5|81", "bond"),
)


def secid(market: int | str, code: str) -> str:
    """Give the normal form: `(1, "601628")` -> `1.601628`, `("105", "aapl")` -> `105.AAPL`.

    The code is written as its exchange does; in an unknown market, or of an unknown shape, it stays as it is.
    Raises InvalidSecidError for anything but a number of up to four digits and a code of up to 24 letters,
    digits, "_" and "-".
    """
    if not re.fullmatch(_MARKET, str(market)) or not re.fullmatch(_CODE, code):
        raise InvalidSecidError(f"not a market number and a code: {market!r}, {code!r}")
    number, upper = int(market), code.upper()
    row = MARKETS.get(number)
    if row is None or not re.fullmatch(row.shape, upper):
        return f"{number}.{code}"
    if row.lower:  # only the product letters that lead: cu2404P61000
        upper = re.sub(r"[A-Z]+", lambda letters: letters[0].lower(), upper, count=1)
    return f"{number}.{upper}"


def symbol(secid: str) -> str | None:
    """Give the upper-case symbol of a secid: `1.601628` -> `601628.SH`, `90.BK0493` -> `BK0493`.

    None for an unknown market or a code that its market does not use. Raises InvalidSecidError.
    """
    number, code = _split(secid)
    row, upper = MARKETS.get(number), code.upper()
    if row is None or not re.fullmatch(row.shape, upper):
        return None
    suffix = row.suffix
    if number == 0 and re.match(r"92|8", code):
        suffix = "BJ"
    elif number == 0 and code.startswith("4"):
        suffix = "NQ"
    return upper if suffix is None else f"{upper}.{suffix}"


def kind(secid: str) -> str:
    """Give one of `KINDS`: by market, in Shanghai and Shenzhen by code; `other` where neither tells.

    Funds on foreign exchanges and in Hong Kong count as stock: the number does not tell.
    Raises InvalidSecidError.
    """
    number, code = _split(secid)
    if number not in (0, 1):
        return MARKETS[number].kind if number in MARKETS else "other"
    for prefix, name in _SHENZHEN_KINDS if number == 0 else _SHANGHAI_KINDS:
        if re.match(prefix, code):
            return name
    return "other"


def candidates(text: str) -> list[str]:
    """Give every secid that a symbol (any case) may stand for, in table order: `NIO.US` -> 105, 106, 107.

    Empty for what is no symbol. Which of several exists is known to the `securities` collection, not here.
    """
    match = re.fullmatch(rf"{_CODE}(?:\.[A-Za-z]+)?", text)
    if match is None:
        return []
    possible = [secid(number, match["code"]) for number in MARKETS]
    return [found for found in possible if symbol(found) == text.upper()]


_QUOTE = r"quote\.eastmoney\.com/"
# Host and path of a quote page -> its market; None: the path itself holds the secid.
_QUOTE_PAGES = tuple(
    (re.compile(pattern), market)
    for pattern, market in (
        (_QUOTE + rf"(?:unify/r|unify/cr|r|q|zz|bk|option|globalfuture)/{_SECID}(?:\.html)?", None),
        (rf"wap\.eastmoney\.com/quote/stock/{_SECID}\.html", None),
        (_QUOTE + r"(?:concept/)?sh(?P<code>[0-9]{6})\.html", 1),
        (_QUOTE + r"(?:concept/)?sz(?P<code>[0-9]{6})\.html", 0),
        (_QUOTE + r"bj/?(?P<code>[0-9]{6})\.html", 0),
        (_QUOTE + r"zs(?P<code>000[0-9]{3})\.html", 1),
        (_QUOTE + r"zs(?P<code>(?:399|899)[0-9]{3})\.html", 0),
        (_QUOTE + r"zs(?P<code>93[0-9]{4})\.html", 2),
        (_QUOTE + r"hk/(?P<code>[0-9]{5})\.html", 116),
        # Old board pages end in a MarketType: /web/BK04931.html.
        (_QUOTE + r"(?:bk|web)/(?P<code>BK[0-9]{4})1?\.html", 90),
    )
)
_US_PAGE = re.compile(_QUOTE + rf"us/{_CODE}\.html")
_OLD_WAP_PAGE = re.compile(r"(?:em)?wap\.eastmoney\.com/quota/stock/index/(?P<typed>[0-9]+)")
_CHARTS = ("webquoteklinepic.eastmoney.com/getpic.aspx", "webquotepic.eastmoney.com/getpic.aspx")

# Old pages write the code and a MarketType (1 Shanghai, 2 Shenzhen, 5 Hong Kong) in one: 013855.
_TYPED_CODES = ((r"(?P<code>[0-9]{6})1", 1), (r"(?P<code>[0-9]{6})2", 0), (r"(?P<code>[0-9]{5})5", 116))
# The US MarketType is 7 for all three exchanges, which old pages name beside it.
_US_EXCHANGES = {"NASDAQ": 105, "NYSE": 106, "AMEX": 107}


def parse_secid_url(url: str) -> str | None:
    """Give the secid that a link to an East Money quote page names, else None; never raises.

    http, https and protocol-relative links to exactly `quote.`, `wap.` or `emwap.eastmoney.com`.
    """
    parts = _web_address(url)
    if parts is None:
        return None
    page, query = parts.netloc.lower() + parts.path, dict(parse_qsl(parts.query))
    for pattern, market in _QUOTE_PAGES:
        if match := pattern.fullmatch(page):
            return secid(match["market"] if market is None else market, match["code"])
    if match := _US_PAGE.fullmatch(page):
        exchange = query.get("Market", "").upper()
        return secid(_US_EXCHANGES[exchange], match["code"]) if exchange in _US_EXCHANGES else None
    if match := _OLD_WAP_PAGE.fullmatch(page):
        return _typed_secid(match["typed"])
    if page == "emwap.eastmoney.com/quota/hq/stock":
        return _secid_or_none(f"{query.get('mk', '')}.{query.get('id', '')}")
    return None


def parse_chart_url(url: str) -> str | None:
    """Give the secid of a chart image (`GetPic.aspx?nid=1.601628`, old `?id=6033631`), else None."""
    parts = _web_address(url)
    if parts is None or (parts.netloc + parts.path).lower() not in _CHARTS:
        return None
    query = dict(parse_qsl(parts.query))
    return _secid_or_none(query["nid"]) if "nid" in query else _typed_secid(query.get("id", ""))


def parse_data_code(value: str) -> str | None:
    """Give the secid of a `data-code` or `data-code2` attribute, else None.

    `1,601628` on a keyword link; `601628|1|1`, `NIO|106|3|`, `K 601628|1|1` on a chart. A bare code is
    ambiguous: None.
    """
    match = re.fullmatch(rf"{_MARKET},{_CODE}", value)
    match = match or re.fullmatch(rf"(?:K )?{_CODE}\|{_MARKET}\|[0-9A-Za-z]*\|?", value)
    return None if match is None else secid(match["market"], match["code"])


def parse_span_id(value: str) -> str | None:
    """Give the secid of the id of a span around a mention, else None.

    `stock_1.601628`, `bkquote_90.BK0493`, `Info.116.00700` (but `Info.3321` is a page on data, no security);
    in bodies before 2019 `stock_NASDAQ_AAPL7` and `stock_013855`, code and MarketType in one.
    """
    if match := re.fullmatch(rf"(?:(?:bk|bkquote|quote|stock)_|Info\.){_SECID}", value):
        return secid(match["market"], match["code"])
    if match := re.fullmatch(rf"stock_(?P<exchange>NASDAQ|NYSE|AMEX)_{_CODE}7", value):
        return secid(_US_EXCHANGES[match["exchange"]], match["code"])
    if match := re.fullmatch(r"(?:quote|stock)_(?P<typed>[0-9]+)", value):
        return _typed_secid(match["typed"])
    return None


def _split(text: str) -> tuple[int, str]:
    match = re.fullmatch(_SECID, text)
    if match is None:
        raise InvalidSecidError(f"not a secid: {text!r}")
    return int(match["market"]), match["code"]


def _secid_or_none(text: str) -> str | None:
    match = re.fullmatch(_SECID, text)
    return None if match is None else secid(match["market"], match["code"])


def _typed_secid(typed: str) -> str | None:
    for pattern, market in _TYPED_CODES:
        if match := re.fullmatch(pattern, typed):
            return secid(market, match["code"])
    return None


def _web_address(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # such as "http://[": no address at all
        return None
    return parts if parts.scheme in ("", "http", "https") and parts.netloc else None
