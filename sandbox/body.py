"""Article bodies as structured data: what stands in an article, in order.

A body is written once and read twice: `sandbox.markup` renders it as upstream does, `sandbox.reading` says what
a reader must end with. Neither reads the other's result.
"""

from dataclasses import dataclass

from sandbox.securities import Security


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


def joined(runs: Runs) -> str:
    """Give the text of runs as written."""
    return "".join(run.text for run in runs)


def chart_url(security: Security) -> str:
    """Give the address of a security's price chart."""
    # The token is the constant that every real body carries.
    token = "28dfeb41d35cc81d84b4664d7c23c49f"  # noqa: S105 - a public constant, no secret
    return (
        f"https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid={security.secid}&imageType=k&token={token}&at=1"
    )
