"""Article bodies as structured data: what stands in an article, in order.

A body is written once and read twice: `sandbox.markup` renders it as upstream does, and this module says what
a reader must end with: the lines of text, the securities, pictures and links. Neither reads the other's result.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.securities import Security

_BLANKS = re.compile(r"[ \t\u00a0\u3000]+")


@dataclass(frozen=True, slots=True)
class Words:
    """Plain words. U+00A0 is written as an entity, as `<`, `>` and `&` are."""

    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A security named in the text; upstream marks it."""

    security: Security
    text: str


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word that upstream links to one of its data pages."""

    number: int
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Bold:
    """Words set in bold."""

    text: str


@dataclass(frozen=True, slots=True)
class Break:
    """A line break inside a paragraph."""

    text: str = "\n"


Run = Words | Mention | Keyword | Bold | Break
Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A visible paragraph."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[Runs, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; with `lead`, upstream nests it inside the paragraph that introduces it."""

    rows: tuple[tuple[Runs, ...], ...]
    lead: Runs = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A centred photograph with its caption."""

    src: str
    caption: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A price chart, drawn when asked for."""

    security: Security


@dataclass(frozen=True, slots=True)
class SourceLine:
    """The line that names the medium; `linked` is the part a keyword link has caught."""

    medium: str
    linked: tuple[Security, str] | None = None
    classed: bool = True


@dataclass(frozen=True, slots=True)
class EditorLine:
    """The line that names the editor."""

    editor: str


@dataclass(frozen=True, slots=True)
class Spacer:
    """A hidden paragraph."""


@dataclass(frozen=True, slots=True)
class Advert:
    """An advert or a promotion; `kind` is one of `sandbox.markup.ADVERTS`."""

    kind: str


Block = Paragraph | Bullets | Table | Picture | Chart | SourceLine | EditorLine | Spacer | Advert
Body = tuple[Block, ...]


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


def joined(runs: Runs) -> str:
    """Give the text of runs as written."""
    return "".join(run.text for run in runs)


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


def runs_of(block: Block) -> Iterator[Run]:
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
        for run in runs_of(block) if marked else ():
            if isinstance(run, Mention):
                seen = found.setdefault(run.security.secid, [])
                first = not any(evidence == "link" for _, evidence, _ in seen)
                seen.append((run.security, "link" if first else "keyword", run.text))
    return tuple(_security_truth(places) for places in found.values())


def _security_truth(places: Sequence[tuple[Security, str, str]]) -> SecurityTruth:
    security = places[0][0]
    kinds = {evidence for _, evidence, _ in places}
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
        for run in runs_of(block)
        if marked and isinstance(run, Keyword)
    )


def chart_url(security: Security) -> str:
    """Give the address of a security's price chart."""
    # The token is the constant that every real body carries.
    token = "28dfeb41d35cc81d84b4664d7c23c49f"  # noqa: S105 - a public constant, no secret
    return (
        f"https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid={security.secid}&imageType=k&token={token}&at=1"
    )
