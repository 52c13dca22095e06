"""What Markdown did to a post, undone as far as the page tells.

From the rendered elements of a post. Gives them as they were meant: digests, and flashes without a body, are
plain text that the site ran through Markdown (`*ST天润、*ST中捷` lost its asterisks, `|` made a table); and where
raw HTML did not begin or end as Markdown expects, the site shows tags and footer as text.
Refuses to guess: quotes stay curly and dashes long, since nothing on the page tells what they were.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from lxml import etree, html
from lxml.html import HtmlElement

from crawler.items import Body
from crawler.pages.body import Reader, finished
from crawler.pages.bounds import check_depth
from crawler.pages.render import as_written

_AROUND = {"em": "*", "strong": "**", "del": "~~", "code": "`"}
_CELLS = frozenset("td th".split())
_BLOCK_NAMES = (
    "p|div|center|table|thead|tbody|tfoot|tr|td|th|ul|ol|li|h[1-6]|section|article|figure|blockquote|pre"
)
_SHOWN_TAG = re.compile(rf"</?(?:{_BLOCK_NAMES})[\s/>]")
# Up to the next escaped tag only: a search from each to the end of the text would take forever.
_ESCAPED_TAG = re.compile(rf"&lt;(/?(?:{_BLOCK_NAMES})(?:\s(?:[^<>&]|&(?!lt;|gt;))*)?/?)&gt;")
# A category's name may hold blanks and brackets, and so may its page's URL.
_FOOTER_LINK = re.compile(r"\[返回[^\[\]]*\]\(([^\[\]<>]*)\)")
_MOST_FOOTERS = 10
"""The generator writes two; text made of nothing else would take for ever."""
_BETWEEN_FOOTERS = " \t\r\n\u3000｜"
_SOURCE_LINK = re.compile(r"<((?:https?://[^<>\s]+)?)>")


class MarkdownReader(Reader):
    """Reads elements that Markdown made of plain text, as that text."""

    block_tags: ClassVar[frozenset[str]] = Reader.block_tags - _CELLS
    inline_tags: ClassVar[dict[str, str]] = {}

    def __init__(self, base: str) -> None:
        super().__init__(base)
        self.items: Counter[tuple[str, int] | None] = Counter()
        self.marker = ""

    def is_row(self, element: HtmlElement) -> bool:  # noqa: ARG002 - no row of what was plain text is one
        """Tell that a row is a line, its cells divided by pipes."""
        return False

    def start(self, element: HtmlElement) -> None:
        """Enter an element, and write what it was written as."""
        super().start(element)
        if element.tag == "li":
            items = self.contexts[-1].list
            self.items[items] += 1
            self.marker = f"{self.items[items]}. " if items and items[0] == "ol" else "* "
        elif element.tag in _CELLS and element.getprevious() is not None:
            self.add("|")
        else:
            self.add(self.around(element))

    def end(self, element: HtmlElement) -> None:
        """Leave an element, and write what ended it."""
        self.add(self.around(element))
        super().end(element)
        if element.tag == "li":
            self.marker = ""

    def around(self, element: HtmlElement) -> str | None:
        """Give what was written on both sides of an element's words; nothing around indented code."""
        return None if self.contexts[-1].preformatted else _AROUND.get(element.tag)

    def add(self, text: str | None) -> None:
        """Add words, after the marker of the list item that they begin."""
        if text and self.marker and not text.isspace():
            text, self.marker = self.marker + text, ""
        super().add(text)


def parse_markdown(elements: Iterable[HtmlElement], base: str) -> Body:
    """Parse what Markdown made of a flash, as the plain text it was; relative links count from `base`."""
    return finished(MarkdownReader(base).collect(elements))


def written(elements: Iterable[HtmlElement]) -> str:
    """Give the plain text that Markdown made elements of, blanks and all; empty lines are left out."""
    lines = (
        as_written("".join(run.text for cell in block.cells for run in cell.runs))
        for block in MarkdownReader("").collect(elements)
    )
    return "\n".join(line for line in lines if line)


def with_tags(element: HtmlElement, url: str) -> HtmlElement:
    """Give a paragraph with the tags back that it shows as text; any other element as it is.

    Where raw HTML begins with words or `<strong>` instead of `<p>`, the site escapes the block tags after it.
    Raises PageLayoutError where these stand too deep inside one another.
    """
    if element.tag != "p" or not _SHOWN_TAG.search("".join(element.itertext())):
        return element
    shown = _ESCAPED_TAG.sub(r"<\1>", etree.tostring(element, encoding="unicode", with_tail=False, method="html"))
    tagged = html.document_fromstring(shown.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    check_depth(tagged, url)
    return tagged


def take_shown_ending(elements: list[HtmlElement]) -> tuple[str, list[str]] | None:
    """Cut source link and footer off the end of the text where they stand unrendered, and give their targets.

    A tag that is never closed takes all that follows into the raw HTML. The source link may be empty. None where
    the elements do not end so.
    """
    places = [
        (element, "text" if event == "start" else "tail")
        for top in elements
        if isinstance(top.tag, str)
        for event, element in etree.iterwalk(top, events=("start", "end"))
    ]
    for element, place in reversed(places):
        text = getattr(element, place) or ""
        if text.strip():
            ending = cut_ending(text)
            if ending.link is None:
                return None
            setattr(element, place, ending.before)
            return ending.link, ending.footer_links
    return None


@dataclass(frozen=True, slots=True)
class Ending:
    """How the Markdown of a post ends."""

    before: str
    """What stands before source link and footer."""

    link: str | None
    """Target of the source link; empty for `<>`, None where there is none."""

    footer_links: list[str]
    """Targets of the links back, in order."""

    on_one_line: bool
    """Whether a bar joins the links back."""


def cut_ending(text: str) -> Ending:
    """Cut source link and footer off the end of a post's Markdown."""
    before, bars = text.rstrip(), False
    footer_links: list[str] = []
    while len(footer_links) < _MOST_FOOTERS and (
        found := _FOOTER_LINK.fullmatch(before, max(before.rfind("[返回"), 0))
    ):
        footer_links.insert(0, found[1])
        rest = before[: found.start()]
        before = rest.rstrip(_BETWEEN_FOOTERS)
        bars = bars or "｜" in rest[len(before) :]
    link = _SOURCE_LINK.fullmatch(before, max(before.rfind("<"), 0))
    return Ending(before[: link.start()] if link else before, link[1] if link else None, footer_links, bars)
