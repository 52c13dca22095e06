"""Article bodies, as East Money writes them and the site carries them: HTML fragments.

From lxml elements (of a page already parsed) or an HTML string. Gives a `Body`: text, html, images, links,
marks of securities, the medium of the source line, the editor.
Leaves out what a reader does not see or is not the article: hidden parts, scripts, adverts, price charts,
文章来源 and 责任编辑 lines. Marks in parts left out do not count.
Refuses nothing: any markup gives a body, if need be an empty one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count

from lxml import etree, html
from lxml.html import HtmlElement

from crawler.items import Body, Image, Link, Mark
from crawler.pages import markup
from crawler.pages.render import Block, Run, html_of, text_of, visible
from crawler.urls import canonical_url, quote_url

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_BLOCK_TAGS = _HEADINGS | frozenset(
    "address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer header hr"
    " html li main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_INLINE_TAGS = {"b": "strong", "strong": "strong", "i": "em", "em": "em", "sub": "sub", "sup": "sup"}

# 40 characters hold the longest medium's name met (28); a longer line is running text that begins alike.
_SOURCE = r"[(（]?文章来源\s?[:：]\s?(?P<media>[^:：（）()]{1,40}(?:[(（][^（）()]{1,20}[)）])?)[)）]?"
_EDITOR = r"[(（]?责任编辑\s?[:：]\s?(?P<editor>[^:：（）()]{0,30})[)）]?"
_MARKED_SOURCE = r"[(（]?(?:文章)?来源\s?[:：]\s?(?P<media>.{1,60}?)[)）]?"
_SOURCE_LINE = re.compile(rf"{_SOURCE}(?:\s?{_EDITOR})?|{_EDITOR.replace('editor', 'editor_alone')}")
_MARKED_SOURCE_LINE = re.compile(_MARKED_SOURCE)


def parse_fragment(fragment: str, base: str) -> Body:
    """Parse a body from an HTML string; relative links count from `base`."""
    # libxml2 takes neither NUL nor lone surrogates; neither is ever part of a text.
    clean = fragment.replace("\0", "").encode("utf-8", "replace").decode()
    if not clean.strip():
        return Body("", "")
    return parse_body(html.fragments_fromstring(f"<div>{clean}</div>"), base)


def parse_body(nodes: Iterable[HtmlElement | str], base: str) -> Body:
    """Parse a body from sibling elements (with the text after each); relative links count from `base`."""
    reader = _Reader(base)
    for node in nodes:
        reader.read(node)
    return _finish(reader.blocks_read())


def _finish(blocks: list[Block]) -> Body:
    kept, media_raw, editor = [], None, None
    for block in blocks:
        text = block.text
        line = (_MARKED_SOURCE_LINE if block.source else _SOURCE_LINE).fullmatch(text)
        if line:
            named = line.groupdict()
            media_raw = media_raw or _name(named.get("media"))
            editor = editor or _name(named.get("editor") or named.get("editor_alone"))
        elif not markup.is_promotion(text):
            kept.append(block)
    return Body(
        text=text_of(kept),
        html=html_of(kept),
        images=_captioned(kept),
        links=[link for block in kept for link in block.links],
        marks=[mark for block in kept for mark in block.marks],
        media_raw=media_raw,
        editor=editor,
    )


def _name(text: str | None) -> str | None:
    return (text or "").strip() or None


def _captioned(blocks: list[Block]) -> list[Image]:
    """Give the pictures; the centred line right under a photo is its caption."""
    shown = [block for block in blocks if block.image or block.text]
    images = []
    for block, below in zip(shown, [*shown[1:], None], strict=True):
        if block.image:
            photo = block.image.kind == "photo" and below is not None and below.centred and not below.image
            images.append(replace(block.image, caption=below.text if photo and below else None))
    return images


@dataclass(frozen=True, slots=True)
class _Context:
    """What the open elements say about the words inside them."""

    tag: str = "p"
    group: int = 0
    container: tuple[str, int] | None = None
    inline: tuple[str, ...] = ()
    href: str | None = None
    centred: bool = False
    source: bool = False
    preformatted: bool = False
    mark: tuple[str, str] | None = None


class _Reader:
    """Walks elements in document order and collects blocks."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.blocks: list[Block] = []
        self.line: Block | None = None
        self.row: tuple[HtmlElement, Block] | None = None
        self.words: list[str] = []
        self.numbers = count(1)
        self.contexts = [_Context()]

    def blocks_read(self) -> list[Block]:
        self.flush()
        return self.blocks

    def read(self, node: HtmlElement | str) -> None:
        """Read one element and the text after it, or a bare text."""
        if isinstance(node, str):
            self.add(node)
            return
        if not isinstance(node.tag, str):  # a comment
            self.add(node.tail)
            return
        walk = etree.iterwalk(node, events=("start", "end", "comment", "pi"))
        skipped = None
        for event, element in walk:
            if event == "start" and markup.is_noise(element):
                skipped = element
                walk.skip_subtree()
            elif event == "start":
                self.start(element)
                self.add(element.text)
            else:
                if event == "end" and element is not skipped:
                    self.end(element)
                self.add(element.tail)

    def start(self, element: HtmlElement) -> None:
        outer = self.contexts[-1]
        if element.tag in _BLOCK_TAGS or element.tag == "br":
            self.flush()
        # A row of one cell lays out a page; only rows of several cells are tables.
        if element.tag == "tr" and self.row is None and len(element.xpath("./td|./th")) > 1:
            self.row = element, Block("tr", next(self.numbers), outer.container or ("table", 0), cells=[])
        elif element.tag in {"td", "th"} and self.row and element.getparent() is self.row[0]:
            self.row[1].cells.append([])
        inner = self.inside(element, outer)
        if inner.href is not outer.href or inner.mark is not outer.mark:
            self.words = []
        self.contexts.append(inner)
        if element.tag == "img":
            self.picture(element)

    def inside(self, element: HtmlElement, outer: _Context) -> _Context:
        """Give the context of the words inside `element`."""
        tag, context = element.tag, outer
        if tag in {"ul", "ol", "table"}:
            context = replace(context, container=(tag, next(self.numbers)))
        if tag == "li":
            listed = outer.container is not None and outer.container[0] != "table"
            context = replace(context, tag="li", group=next(self.numbers))
            context = context if listed else replace(context, container=("ul", next(self.numbers)))
        elif tag in _BLOCK_TAGS and outer.tag != "li":
            heading = tag if tag in _HEADINGS else outer.tag
            context = replace(context, tag=heading, group=next(self.numbers))
        if (inline := _INLINE_TAGS.get(tag)) and inline not in outer.inline:
            context = replace(context, inline=(*outer.inline, inline))
        if tag in _BLOCK_TAGS:
            context = replace(
                context,
                centred=outer.centred or markup.is_centred(element),
                source=outer.source or "em_media" in markup.classes(element),
                preformatted=outer.preformatted or tag == "pre",
            )
        if outer.mark is None and (marked := markup.security_of(element)):
            return replace(context, mark=marked, href=quote_url(marked[0]))
        if tag == "a" and outer.mark is None and outer.href is None:
            return replace(context, href=canonical_url(element.get("href") or "", self.base))
        return context

    def end(self, element: HtmlElement) -> None:
        inner, outer = self.contexts.pop(), self.contexts[-1]
        if inner.mark is not None and outer.mark is None:
            self.marked(*inner.mark)
        elif inner.href is not None and outer.href is None and (words := visible("".join(self.words))):
            self.here().links.append(Link(inner.href, words))
        if self.row and element is self.row[0]:
            self.blocks.append(self.row[1])
            self.row = None
        elif element.tag in _BLOCK_TAGS:
            self.flush()

    def marked(self, secid: str, evidence: str) -> None:
        name = visible("".join(self.words))
        if evidence == "chart":
            charts = self.blocks[-1:] if self.blocks and self.blocks[-1].image else [self.here()]
            charts[0].marks.append(Mark(secid, "", "chart"))
        elif name:
            self.here().marks.append(Mark(secid, name, evidence))

    def here(self) -> Block:
        """Give the row or line that words belong to now, a new line if none is open."""
        if self.row:
            return self.row[1]
        if self.line is None:
            context = self.contexts[-1]
            container = context.container if context.tag == "li" else None
            self.line = Block(
                context.tag, context.group, container, centred=context.centred, source=context.source
            )
        return self.line

    def add(self, text: str | None) -> None:
        if not text or (self.line is None and self.row is None and text.isspace()):
            return
        context = self.contexts[-1]
        first, *more = text.split("\n") if context.preformatted else [text]
        self.words.append(text)
        for part in [first, *more]:
            if part is not first:
                self.flush()
            cells = self.here().cells
            if not cells:
                continue  # words between a row's cells: invalid, and browsers move them out of the table
            cells[-1].append(Run(part, context.inline, context.href))

    def flush(self) -> None:
        """End the line; inside a row a blank does."""
        if self.row and self.row[1].cells:
            self.row[1].cells[-1].append(Run(" "))
        elif self.line is not None:
            self.blocks.append(self.line)
            self.line = None

    def picture(self, element: HtmlElement) -> None:
        url = canonical_url(element.get("src") or "", self.base)
        if url is None:
            return
        kind = "chart" if markup.is_chart(element) else "photo"
        self.flush()
        image = Image(url.replace("http://", "https://", 1), kind, None)
        self.blocks.append(Block("img", next(self.numbers), image=image, centred=True))
