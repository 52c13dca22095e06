"""East Money's body markup: which elements are noise, which mark a security.

From text before it is parsed, then from single lxml elements; by the markup of real bodies from 2016 to 2026.
Gives plain answers. Refuses substrings of class names: `ad` in a pattern would also delete `lazyload`.
"""

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.securities import parse_chart_url, parse_data_code, parse_secid_url, parse_span_id

_NOISE_TAGS = frozenset(
    "script style noscript template iframe object embed applet form input button select textarea svg math canvas"
    " audio video map link meta title head base".split()
)
_NOISE_CLASSES = frozenset(
    "toplink em_handle_adv_close ad_context3 zwothers sourcebox sublab xgxw relateNews share tool editor".split()
)
_NOISE_LINK_HOSTS = frozenset({"acttg.eastmoney.com", "ai.eastmoney.com"})
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)


def parseable(text: str) -> str:
    """Give text without a byte order mark, and without what libxml2 stops at: NUL and lone surrogates."""
    return text.removeprefix("\ufeff").replace("\0", "").encode("utf-8", "ignore").decode()


def classes(element: HtmlElement) -> frozenset[str]:
    """Give the class tokens of an element."""
    return frozenset((element.get("class") or "").split())


def is_noise(element: HtmlElement) -> bool:
    """Tell whether an element and all in it is hidden, an advert, or no article text."""
    if element.tag in _NOISE_TAGS or classes(element) & _NOISE_CLASSES:
        return True
    if element.get("hidden") is not None or _HIDDEN.search(element.get("style") or ""):
        return True
    return element.tag == "a" and link_host(element.get("href")) in _NOISE_LINK_HOSTS


def is_centred(element: HtmlElement) -> bool:
    """Tell whether an element centres its text, as captions are."""
    if element.tag in {"center", "figcaption"} or (element.get("align") or "").lower() == "center":
        return True
    return bool(_CENTRED.search(element.get("style") or ""))


def link_host(url: str | None) -> str | None:
    """Give the host a link names, also without a scheme; None where it names none."""
    try:
        return urlsplit(url or "").hostname
    except ValueError:
        return None


def security_of(element: HtmlElement) -> tuple[str, str] | None:
    """Give the secid an element marks and its evidence, or None if it marks none.

    The span's id is trusted first, then the link, then `data-code`: in newer bodies the last may lack the market.
    """
    names = classes(element)
    if element.tag == "img":
        secid = parse_chart_url(element.get("src") or "")
        return (secid, "chart") if secid else None
    if element.tag not in {"a", "span"}:
        return None
    secid = (
        parse_span_id(element.get("id") or "")
        or parse_secid_url(element.get("href") or "")
        or parse_data_code(element.get("data-code") or "")
    )
    if not secid:
        return None
    if "EmImageRemark" in names:
        return secid, "chart"
    return secid, "keyword" if "em_stock_key_common" in names else "link"


def is_automatic(element: HtmlElement) -> bool:
    """Tell whether a mark was set by East Money's keyword machine, which takes the ocean 太平洋 for the broker."""
    return bool(classes(element) & {"keytip", "em_stock_key_common"} or parse_span_id(element.get("id") or ""))


def is_chart(element: HtmlElement) -> bool:
    """Tell whether a picture is a price chart: drawn when asked for, so it never shows the day of the article."""
    host = link_host(element.get("src")) or ""
    return host in {"webquoteklinepic.eastmoney.com", "webquotepic.eastmoney.com"}
