"""Article bodies, as East Money writes them and the site carries them: HTML fragments.

From lxml elements (of a page already parsed) or an HTML string. Gives a `Body`: text, html, images, links,
marks of securities, the medium of the source line, the editor.
Leaves out what a reader does not see or is not the article: hidden parts, scripts, adverts, price charts,
文章来源 and 责任编辑 lines. Marks in parts left out do not count.
Refuses no markup: any gives a body, if need be an empty one. Raises PageLayoutError for what is too long or too
deep (`crawler.pages.bounds`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import ClassVar

from lxml import etree, html
from lxml.html import HtmlElement

from crawler.items import Body, Image, Link, Mark
from crawler.pages import markup
from crawler.pages.bounds import MAX_ARTICLE, check_depth, check_length
from crawler.pages.render import Block, Cell, Run, html_of, text_of, visible
from crawler.pages.source_line import is_promotion, source_line
from crawler.urls import canonical_url, quote_url

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_CELLS = frozenset("td th".split())
_BLOCK_TAGS = (_HEADINGS | _CELLS) | frozenset(
    "address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer header hr"
    " html li main nav ol p pre section table tbody tfoot thead tr ul".split()
)


def parse_fragment(fragment: str, base: str) -> Body:
    """Parse a body from an HTML string; relative links count from `base`. Raises PageLayoutError."""
    check_length(fragment, MAX_ARTICLE, base)
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    root = html.document_fromstring(f"<div>{markup.parseable(fragment)}".encode(), parser=parser)
    check_depth(root, base)
    return parse_body([root, *root.itersiblings()], base)  # what follows a stray </html> is a sibling


def parse_body(nodes: Iterable[HtmlElement], base: str) -> Body:
    """Parse a body from sibling elements, with the text after each; relative links count from `base`."""
    return finished(Reader(base).collect(nodes))


def finished(blocks: list[Block]) -> Body:
    """Give the body that blocks make, without those that are no article."""
    kept, media_raw, editor = [], None, None
    for block in blocks:
        text = block.text
        line = source_line(text, marked=block.source)
        if line:
            media_raw, editor = media_raw or line.media, editor or line.editor
        elif not is_promotion(text):
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


def _captioned(blocks: list[Block]) -> list[Image]:
    """Give the pictures; the centred line right under a photo is its caption."""
    shown = [block for block in blocks if block.images or block.text]
    images: list[Image] = []
    for place, block in enumerate(shown, 1):
        below = shown[place] if place < len(shown) else None
        captioned = block.tag == "img" and below is not None and below.centred and below.tag not in {"img", "tr"}
        caption = below.text if captioned and below is not None else None
        images += [replace(i, caption=caption if i.kind == "photo" else None) for i in block.images]
    return images


@dataclass(frozen=True, slots=True)
class _Context:
    """What the open elements say about the words inside them."""

    tag: str = "p"
    group: int = 0
    list: tuple[str, int] | None = None
    table: int = 0
    inline: tuple[str, ...] = ()
    href: str | None = None
    mark: tuple[str, str, bool] | None = None
    words_from: int = 0
    centred: bool = False
    source: bool = False
    preformatted: bool = False


class Reader:
    """Walks elements in document order and collects blocks. Used once."""

    block_tags: ClassVar[frozenset[str]] = _BLOCK_TAGS
    inline_tags: ClassVar[dict[str, str]] = {
        "b": "strong", "strong": "strong", "i": "em", "em": "em", "sub": "sub", "sup": "sup"
    }  # fmt: skip

    def __init__(self, base: str) -> None:
        self.base = base
        self.blocks: list[Block] = []
        self.line: Block | None = None
        self.row: tuple[HtmlElement, Block] | None = None
        self.words: list[str] = []
        self.numbers = count(1)
        self.contexts = [_Context()]

    def collect(self, nodes: Iterable[HtmlElement]) -> list[Block]:
        """Read sibling elements, each with the text after it, and give their blocks."""
        for node in nodes:
            self.read(node)
        self.flush()
        return self.blocks

    def read(self, node: HtmlElement) -> None:
        """Read one element, or comment, and the text after it."""
        if not isinstance(node.tag, str):
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
                # Blanks between cells belong to neither.
                if element.tag not in _CELLS or not (element.tail or "").isspace():
                    self.add(element.tail)

    def start(self, element: HtmlElement) -> None:
        """Enter an element."""
        tag, outer = element.tag, self.contexts[-1]
        if tag in self.block_tags or tag == "br":
            self.flush()
        if tag == "tr" and self.row is None and self.is_row(element):
            self.row = element, Block("tr", next(self.numbers), ("table", outer.table), cells=[])
        elif tag in _CELLS and self.row and element.getparent() is self.row[0]:
            self.row[1].cells.append(Cell(tag))
        self.contexts.append(self.inside(element, outer))
        if tag == "img":
            self.picture(element)

    def is_row(self, element: HtmlElement) -> bool:
        """Tell a row of a table from a row of one cell, which lays out a page."""
        return sum(child.tag in _CELLS for child in element) > 1

    def inside(self, element: HtmlElement, outer: _Context) -> _Context:
        """Give the context of the words inside `element`."""
        tag = element.tag
        context = self.inside_block(element, outer) if tag in self.block_tags else outer
        if (inline := self.inline_tags.get(tag)) and inline not in outer.inline:
            context = replace(context, inline=(*outer.inline, inline))
        if outer.mark is None and (mark := markup.security_of(element)):
            automatic = markup.is_automatic(element)
            return replace(context, mark=(*mark, automatic), href=quote_url(mark[0]), words_from=len(self.words))
        if tag == "a" and outer.href is None and (href := self.target(element)):
            return replace(context, href=href, words_from=len(self.words))
        return context

    def inside_block(self, element: HtmlElement, outer: _Context) -> _Context:
        """Give the context of a block; what stands in a list item stays one item, however it is divided."""
        tag, number = element.tag, next(self.numbers)
        context = replace(
            outer,
            centred=outer.centred or markup.is_centred(element),
            source=outer.source or "em_media" in markup.classes(element),
            preformatted=outer.preformatted or tag == "pre",
        )
        if tag in {"ul", "ol"}:
            return replace(context, list=(tag, number))
        if tag == "table":
            return replace(context, table=number)
        if tag == "li":
            return replace(context, tag="li", group=number, list=outer.list or ("ul", 0))
        if outer.tag == "li":
            return context
        return replace(context, tag=tag if tag in _HEADINGS else outer.tag, group=number)

    def target(self, element: HtmlElement) -> str | None:
        """Give where a link leads; None for a place on its own page, or no http(s) address."""
        href = (element.get("href") or "").strip()
        return None if href.startswith("#") else canonical_url(href, self.base)

    def end(self, element: HtmlElement) -> None:
        """Leave an element."""
        inner, outer = self.contexts.pop(), self.contexts[-1]
        if inner.mark and not outer.mark:
            self.marked(*inner.mark, self.words_since(inner))
        elif inner.href and not outer.href and (words := self.words_since(inner)):
            self.here().links.append(Link(inner.href, words))
        if self.row and element is self.row[0]:
            self.blocks.append(self.row[1])
            self.row = None
        elif element.tag in self.block_tags:
            self.flush()

    def words_since(self, context: _Context) -> str:
        """Give the words read since a link or mark began."""
        return visible("".join(self.words[context.words_from :]))

    def marked(self, secid: str, evidence: str, automatic: bool, name: str) -> None:
        """Keep a mark, a chart's by itself: it belongs to no line."""
        if evidence == "chart":
            self.blocks.append(Block("img", next(self.numbers), marks=[Mark(secid, "", evidence)]))
        elif name:
            self.here().marks.append(Mark(secid, name, evidence, automatic))

    def cell(self) -> Cell | None:
        """Give the cell that words belong to now; None outside of rows, and before a row's first cell."""
        return self.row[1].cells[-1] if self.row and self.row[1].cells else None

    def here(self) -> Block:
        """Give the row or line that words belong to now, a new line if none is open."""
        if self.row and self.row[1].cells:
            return self.row[1]
        if self.line is None:
            now = self.contexts[-1]
            container = now.list if now.tag == "li" else None
            self.line = Block(now.tag, now.group, container, centred=now.centred, source=now.source)
        return self.line

    def add(self, text: str | None) -> None:
        """Add words to the line or cell. Blanks begin no line."""
        if not text or (text.isspace() and not (self.line or self.cell())):
            return
        now = self.contexts[-1]
        self.words.append(text)
        for number, part in enumerate(text.split("\n") if now.preformatted else [text]):
            if number:
                self.flush()
            self.here().cells[-1].runs.append(Run(part, now.inline, now.href))

    def flush(self) -> None:
        """End the line; inside a cell a blank does."""
        if cell := self.cell():
            cell.runs.append(Run(" "))
        elif self.line is not None:
            self.blocks.append(self.line)
            self.line = None

    def picture(self, element: HtmlElement) -> None:
        """Keep a picture, in its cell or as a block of its own; without an address there is none."""
        url = canonical_url(element.get("src") or "", self.base)
        if url is None:
            return
        image = Image(
            url.replace("http://", "https://", 1), "chart" if markup.is_chart(element) else "photo", None
        )
        self.flush()
        if cell := self.cell():
            self.here().images.append(image)
            cell.runs += [Run("", picture=image.url)] if image.kind == "photo" else []
        else:
            self.blocks.append(Block("img", next(self.numbers), images=[image]))
