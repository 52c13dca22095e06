"""The lines of a body and how they are written: as plain text, and as HTML from a closed vocabulary.

From the blocks that `crawler.pages.body` collects. Gives text and HTML that say the same, line by line.
The HTML is built, not cleaned: every word is escaped, links and pictures carry canonical http(s) URLs only,
nothing else of the page's markup survives. Refuses nothing.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from crawler.items import Image, Link, Mark

_BLANKS = re.compile(r"\s+")
_LINE_ENDS = re.compile(r"[\t\n\r\f\v]+")
# Zero-width characters, soft hyphens, byte order marks, directional and other format controls, C0/C1 controls.
_INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)


def visible(text: str) -> str:
    """Give `text` as a reader sees it on one line: NFC, runs of blanks as one space, nothing invisible."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", _INVISIBLE.sub("", text))).strip()


def as_written(text: str) -> str:
    """Give a title or digest as its writer typed it: NFC, one line, nothing cut but its ends."""
    return _LINE_ENDS.sub(" ", unicodedata.normalize("NFC", text)).strip()


@dataclass(slots=True)
class Run:
    """Words that look alike, or a picture among them."""

    text: str
    tags: tuple[str, ...] = ()
    """strong, em, sub, sup; outermost first."""

    href: str | None = None
    """Where they lead. Canonical http(s)."""

    picture: str | None = None
    """URL of a picture that stands here; `text` is empty then."""


@dataclass(slots=True)
class Cell:
    """A cell of a table row. A line is one cell."""

    tag: str = "td"
    """td or th."""

    runs: list[Run] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words of the cell as shown."""
        return visible("".join(run.text for run in self.runs))


@dataclass(slots=True)
class Block:
    """A line (part of a paragraph up to a `<br>`), a table row or a picture."""

    tag: str
    """p, h1 to h6, li, tr or img."""

    group: int
    """Lines of one paragraph, heading or list item share it."""

    container: tuple[str, int] | None = None
    """The list or table it stands in: (ul, ol or table, a number)."""

    cells: list[Cell] = field(default_factory=lambda: [Cell()])
    """One for a line; those of a row."""

    images: list[Image] = field(default_factory=list)
    """The picture of an img block; the pictures in the cells of a row."""

    centred: bool = False
    """Whether it is centred, as captions are."""

    source: bool = False
    """Whether the page marks it as the source line (class em_media)."""

    marks: list[Mark] = field(default_factory=list)
    """Securities marked in it."""

    links: list[Link] = field(default_factory=list)
    """Other links in it."""

    @property
    def text(self) -> str:
        """The line as shown; empty for a picture and an all-empty row."""
        cells = [cell.text for cell in self.cells]
        return "\t".join(cells) if any(cells) else ""


def text_of(blocks: list[Block]) -> str:
    """Write blocks as plain text, one line each; what shows nothing gives no line."""
    return "\n".join(text for block in blocks if (text := block.text))


def html_of(blocks: list[Block]) -> str:
    """Write blocks as HTML; charts and empty lines are left out."""
    shown = [block for block in blocks if block.text or any(image.kind == "photo" for image in block.images)]
    parts = []
    for container, inside in groupby(shown, key=lambda block: block.container):
        written = [
            _element(list(lines)) for _, lines in groupby(inside, key=lambda block: (block.group, block.tag))
        ]
        parts.append(_inside(container[0], "".join(written)) if container else "\n".join(written))
    return "\n".join(parts)


def _inside(container: str, written: str) -> str:
    if container == "table":  # as every reader of HTML understands it
        written = f"<tbody>{written}</tbody>"
    return f"<{container}>{written}</{container}>"


def _element(lines: list[Block]) -> str:
    tag = lines[0].tag
    if tag == "img":
        return f"<p>{''.join(_picture(image.url) for line in lines for image in line.images)}</p>"
    if tag == "tr":
        return "".join(f"<tr>{''.join(map(_cell, line.cells))}</tr>" for line in lines)
    return f"<{tag}>{'<br>'.join(_inline(line.cells[0].runs) for line in lines)}</{tag}>"


def _cell(cell: Cell) -> str:
    return f"<{cell.tag}>{_inline(cell.runs)}</{cell.tag}>"


def _picture(url: str) -> str:
    return f'<img src="{_quoted(url)}" alt="">'


def _quoted(url: str) -> str:
    """Write a URL into an attribute: canonical ones hold no quotes, and apostrophes need no escape there."""
    return escape(url, quote=False).replace('"', "&quot;")


def _inline(runs: list[Run]) -> str:
    written = []
    for (tags, href), alike in groupby(_tidy(runs), key=lambda run: (run.tags, run.href)):
        words = "".join(_picture(run.picture) if run.picture else escape(run.text, quote=False) for run in alike)
        for tag in reversed(tags):
            words = f"<{tag}>{words}</{tag}>"
        written.append(f'<a href="{_quoted(href)}" rel="noopener nofollow">{words}</a>' if href else words)
    return "".join(written)


def _tidy(runs: list[Run]) -> list[Run]:
    """Collapse blanks across runs, as `visible` does across the whole line."""
    tidy: list[Run] = []
    words: list[Run] = []
    for run in runs:
        shown = _BLANKS.sub(" ", unicodedata.normalize("NFC", _INVISIBLE.sub("", run.text)))
        if not words or words[-1].text.endswith(" "):
            shown = shown.removeprefix(" ")
        if shown:
            words.append(Run(shown, run.tags, run.href))
            tidy.append(words[-1])
        elif run.picture:
            tidy.append(run)
    if words:
        words[-1].text = words[-1].text.removesuffix(" ")
    return [run for run in tidy if run.text or run.picture]
