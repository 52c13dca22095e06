"""The lines of a body and how they are written: as plain text, and as HTML from a closed vocabulary.

Both come from the same blocks, so they say the same. The HTML is built, not cleaned: every word is escaped,
links and pictures carry canonical http(s) URLs only, nothing else of the page's markup survives.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from crawler.items import Image, Link, Mark

_BLANKS = re.compile(r"\s+")
# Zero-width characters, soft hyphens, byte order marks, directional and other format controls, C0/C1 controls.
_INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)


def visible(text: str) -> str:
    """Give `text` as a reader sees it on one line: NFC, runs of blanks as one space, nothing invisible."""
    shown = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return _BLANKS.sub(" ", shown).strip()


@dataclass(slots=True)
class Run:
    """Words that look alike."""

    text: str
    tags: tuple[str, ...] = ()
    """strong, em, sub, sup; outermost first."""

    href: str | None = None
    """Where they lead. Canonical http(s)."""


@dataclass(slots=True)
class Block:
    """A line (part of a paragraph up to a `<br>`), a table row or a picture."""

    tag: str
    """p, h1 to h6, li, tr or img."""

    group: int
    """Lines of one paragraph, heading or list item share it."""

    container: tuple[str, int] | None = None
    """The list or table it stands in: (ul, ol or table, a number)."""

    cells: list[list[Run]] = field(default_factory=lambda: [[]])
    """The runs of a line; of a row, those of each cell."""

    image: Image | None = None
    """The picture, of an img block."""

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
        cells = [visible("".join(run.text for run in cell)) for cell in self.cells]
        return "\t".join(cells) if any(cells) else ""


def text_of(blocks: list[Block]) -> str:
    """Write blocks as plain text, one line each; what shows nothing gives no line."""
    return "\n".join(text for block in blocks if (text := block.text))


def html_of(blocks: list[Block]) -> str:
    """Write blocks as HTML; charts and empty lines are left out."""
    shown = [block for block in blocks if block.text or (block.image and block.image.kind == "photo")]
    parts = []
    for container, inside in groupby(shown, key=lambda block: block.container):
        written = [
            _element(list(lines)) for _, lines in groupby(inside, key=lambda block: (block.group, block.tag))
        ]
        parts.append(f"<{container[0]}>{''.join(written)}</{container[0]}>" if container else "\n".join(written))
    return "\n".join(parts)


def _element(lines: list[Block]) -> str:
    first = lines[0]
    if first.image:
        pictures = (f'<img src="{escape(line.image.url)}" alt="">' for line in lines if line.image)
        return f"<p>{''.join(pictures)}</p>"
    if first.tag == "tr":
        rows = ("".join(f"<td>{_inline(cell)}</td>" for cell in line.cells) for line in lines)
        return "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<{first.tag}>{'<br>'.join(_inline(line.cells[0]) for line in lines)}</{first.tag}>"


def _inline(runs: list[Run]) -> str:
    written = []
    for (tags, href), alike in groupby(_tidy(runs), key=lambda run: (run.tags, run.href)):
        words = escape("".join(run.text for run in alike), quote=False)
        for tag in reversed(tags):
            words = f"<{tag}>{words}</{tag}>"
        written.append(f'<a href="{escape(href)}" rel="noopener nofollow">{words}</a>' if href else words)
    return "".join(written)


def _tidy(runs: list[Run]) -> list[Run]:
    """Collapse blanks across runs, as `visible` does across the whole line."""
    tidy: list[Run] = []
    ends_blank = True
    for run in runs:
        shown = _BLANKS.sub(" ", unicodedata.normalize("NFC", _INVISIBLE.sub("", run.text)))
        shown = shown.removeprefix(" ") if ends_blank else shown
        if shown:
            tidy.append(Run(shown, run.tags, run.href))
            ends_blank = shown.endswith(" ")
    if tidy and ends_blank:
        tidy[-1].text = tidy[-1].text.removesuffix(" ")
    return [run for run in tidy if run.text]
