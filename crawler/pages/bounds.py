"""How large and how deep a page may be: beyond that it is refused, never cut.

From texts, parsed elements and JSON values. Raises PageLayoutError. The limits are far above every real page, and
low enough that a parser is done with whatever they let through in seconds.
"""

from collections.abc import Callable
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from crawler.pages.errors import PageLayoutError

MAX_ARTICLE = 1_000_000
"""Characters of the page of a post or article, or of a body; the longest real one has 22,000, some have 60,000."""

MAX_HOME = 4_000_000
"""Characters of the home page; with 20 posts of each of 500 media it has one million. Other lists hold all posts
of years: they end where a download does."""

MAX_DEPTH = 2_000
"""Elements inside one another. Real pages have 7. At 2,048 libxml2 ends, and tells nobody what it left out."""

MAX_JSON_DEPTH = 30
"""JSON objects and arrays inside one another. Real answers have 6."""

MAX_CATEGORIES = 3_000
"""Categories that one page may name: each is one more request. The site had 250."""

MAX_LISTED = 8_000_000
"""Characters of all addresses that one page lists, 100,000 posts: they are kept in one document of MongoDB."""

_STRIDE = 200  # XPath takes steps of 250 levels at most
_FAR_BELOW: Callable[[HtmlElement], list[HtmlElement]] = etree.XPath("/".join("*" * _STRIDE))  # type: ignore[assignment]  # lxml-stubs knows no result so exactly


def check_length(text: str, most: int, url: str) -> None:
    """Refuse a page of more than `most` characters."""
    if len(text) > most:
        raise PageLayoutError(url, f"{len(text)} characters")


def check_depth(element: HtmlElement, url: str) -> None:
    """Refuse a page, any element of it given, whose elements stand too deep inside one another."""
    level = [element.getroottree().getroot()]
    for _ in range(MAX_DEPTH // _STRIDE):
        level = [below for above in level for below in _FAR_BELOW(above)]
    if level:
        raise PageLayoutError(url, f"more than {MAX_DEPTH} elements inside one another")


def check_listed(posts: list[str], categories: list[str], url: str) -> None:
    """Refuse a page that lists more than a run can follow, or the store can keep."""
    if len(categories) > MAX_CATEGORIES:
        raise PageLayoutError(url, f"{len(categories)} categories")
    listed = sum(map(len, posts))
    if listed > MAX_LISTED:
        raise PageLayoutError(url, f"{len(posts)} posts, their addresses {listed} characters")


def is_deep(value: Any) -> bool:
    """Tell whether a JSON value holds objects and arrays more than `MAX_JSON_DEPTH` deep inside one another."""
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        held = [part.values() if isinstance(part, dict) else part for part in level]
        level = [part for parts in held if not isinstance(parts, _SIMPLE) for part in parts]
        if not level:
            return False
    return any(isinstance(part, dict | list) for part in level)


_SIMPLE = (str, int, float, type(None))
