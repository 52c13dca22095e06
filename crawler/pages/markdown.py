"""Text that the site ran through Markdown although it was plain: digests, and flashes without a body.

From the rendered elements. Gives the text as it was before, as far as the page tells: emphasis becomes
asterisks again (`*ST天润、*ST中捷` had lost them), strike-through tildes, tables pipes, lists their numbers.
Quotes stay curly, dashes stay long: nothing on the page tells what they were.
"""

from collections.abc import Iterable

from lxml.html import HtmlElement

from crawler.pages.render import visible

_AROUND = {"em": "*", "strong": "**", "del": "~~", "code": "`"}
_LINES = frozenset("p li tr h1 h2 h3 h4 h5 h6 pre dt dd".split())
_CELLS = frozenset("td th".split())


def written(elements: Iterable[HtmlElement]) -> list[str]:
    """Give the lines of plain text that Markdown made `elements` of; empty lines are left out."""
    parts: list[str] = []
    for element in elements:
        _write(element, parts)
        parts.append("\n")
    return [line for part in "".join(parts).split("\n") if (line := visible(part))]


def _write(element: HtmlElement, parts: list[str]) -> None:
    """Append what `element` was written as. Depth is that of Markdown's own nesting, a few levels."""
    if not isinstance(element.tag, str):
        return
    around = _AROUND.get(element.tag, "")
    parts.append("\n" if element.tag in _LINES else "")
    parts.append(_list_marker(element) + around)
    parts.append(_flowing(element.text))
    for child in element:
        if child.tag in _CELLS and child.getprevious() is not None:
            parts.append("|")
        _write(child, parts)
        parts.append("" if child.tag in _CELLS else _flowing(child.tail))
    parts.append(around)
    parts.append("\n" if element.tag in _LINES or element.tag == "br" else "")


def _flowing(text: str | None) -> str:
    # A line end inside a paragraph shows as a blank.
    return (text or "").replace("\n", " ")


def _list_marker(element: HtmlElement) -> str:
    parent = element.getparent()
    if element.tag != "li" or parent is None:
        return ""
    if parent.tag != "ol":
        return "* "
    start = parent.get("start") or "1"
    place = len(list(element.itersiblings("li", preceding=True)))
    return f"{(int(start) if start.isdecimal() and len(start) < 10 else 1) + place}. "
