"""What a perfect reader must end with for one body: lines of text, securities, pictures, links.

From the structured bodies of `sandbox.body`, never from HTML. Hidden parts, charts, adverts, source and editor
lines give no text, and marks in them do not count.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.body import (
    Block,
    Body,
    Bullets,
    Chart,
    Keyword,
    Mention,
    Paragraph,
    Picture,
    Run,
    Table,
    chart_url,
    joined,
)
from sandbox.securities import Security

_BLANKS = re.compile(r"[ \t\u00a0\u3000]+")


@dataclass(frozen=True, slots=True)
class SecurityTruth:
    """A security a reader must find in a post."""

    secid: str
    symbol: str
    code: str
    market: int
    kind: str
    name: str | None
    """As first shown by name; None if only a chart or its code shows it."""

    mentions: int
    evidence: tuple[str, ...]
    """Of `chart`, `link` (first mention), `keyword` (later ones), in this order."""


@dataclass(frozen=True, slots=True)
class ImageTruth:
    """A picture a reader must find in a post."""

    url: str
    kind: str
    caption: str | None


@dataclass(frozen=True, slots=True)
class LinkTruth:
    """A link, other than of a security, that a reader must find in a body."""

    url: str
    text: str


def plain(text: str) -> str:
    """Give text as a reader sees it: runs of blanks are one, none at the ends of a line, no empty lines."""
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def text(body: Body) -> str:
    """Give what a reader sees of a body: lines, table cells joined by a tab."""
    return "\n".join(line for block in body for line in _lines(block))


def _lines(block: Block) -> list[str]:
    match block:
        case Paragraph(runs):
            return [line for line in [plain(joined(runs))] if line]
        case Bullets(items):
            return [plain(joined(item)) for item in items]
        case Table(rows, lead):
            cells = [[plain(joined(cell)) for cell in row] for row in rows]
            return [line for line in [plain(joined(lead))] if line] + ["\t".join(row) for row in cells if any(row)]
        case Picture(_, caption):
            return [plain(caption)]
        case _:
            return []


def _runs_of(block: Block) -> Iterator[Run]:
    """Give the visible runs of a block in order."""
    match block:
        case Paragraph(runs):
            yield from runs
        case Bullets(items):
            for item in items:
                yield from item
        case Table(rows, lead):
            yield from lead
            for row in rows:
                for cell in row:
                    yield from cell
        case _:
            return


def securities(body: Body, *, marked: bool) -> tuple[SecurityTruth, ...]:
    """Give the securities of a body in order of appearance; without marks only charts tell of any."""
    found: dict[str, list[tuple[Security, str, str]]] = {}
    for block in body:
        if isinstance(block, Chart):
            found.setdefault(block.security.secid, []).append((block.security, "chart", ""))
        for run in _runs_of(block) if marked else ():
            if isinstance(run, Mention):
                seen = found.setdefault(run.security.secid, [])
                first = not any(evidence == "link" for _, evidence, _ in seen)
                seen.append((run.security, "link" if first else "keyword", run.text))
    return tuple(_security_truth(places) for places in found.values())


def _security_truth(places: Sequence[tuple[Security, str, str]]) -> SecurityTruth:
    security = places[0][0]
    kinds = {evidence for _, evidence, _ in places}
    kinds |= {"keyword"} if "link" in kinds else set()  # every link here is an automatic one
    names = [shown for _, _, shown in places if shown and shown != security.code]
    return SecurityTruth(
        security.secid,
        security.symbol,
        security.code,
        security.market,
        security.kind,
        names[0] if names else None,
        sum(evidence != "chart" for _, evidence, _ in places),
        tuple(kind for kind in ("chart", "link", "keyword") if kind in kinds),
    )


def images(body: Body) -> tuple[ImageTruth, ...]:
    """Give the pictures of a body: https, absolute."""
    found = []
    for block in body:
        if isinstance(block, Chart):
            found.append(ImageTruth(chart_url(block.security), "chart", None))
        elif isinstance(block, Picture):
            address = block.src.removeprefix("https:").removeprefix("http:")
            found.append(ImageTruth(f"https:{address}", "photo", plain(block.caption)))
    return tuple(found)


def links(body: Body, *, marked: bool) -> tuple[LinkTruth, ...]:
    """Give the links of a body that mark no security."""
    return tuple(
        LinkTruth(run.url, run.text)
        for block in body
        for run in _runs_of(block)
        if marked and isinstance(run, Keyword)
    )
