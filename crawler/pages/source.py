"""Jekyll sources of posts: `_posts/YYYY-MM-DD-<name>.md`, `old_post/...`, in every generation of the generator.

From the file's text and path. Gives a `Post`: what the generator wrote, which is the truth behind the page. Its
front matter is read as it wrote it, not as YAML: it put title and tags between its own words unescaped, so a
title may hold quotes and backslashes on which Jekyll gives up. Kramdown is not run: digests and flashes are plain
text, bodies are HTML.
Raises EmptyPageError; SourceLayoutError where there is no front matter of a post.
Does not decide identity or medium: the normalise stage does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import unescape

from crawler.items import Body, Post
from crawler.pages.body import finished, parse_fragment
from crawler.pages.errors import EmptyPageError, SourceLayoutError
from crawler.pages.markdown import Ending, cut_ending
from crawler.pages.post import named_category, read_source_link
from crawler.pages.render import Block, Cell, Run, as_written
from crawler.pages.times import BEIJING
from crawler.urls import NEWS_YEARS, SourcePlace, archived_post_url, dated_post_url, source_place

_FRONT_MATTER = re.compile(
    r"\ufeff?(?P<blank>\s*)---[ \t]*\r?\n(?P<lines>.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE
)
_FIELD = re.compile(r"([A-Za-z_]\w*):(?:\s+(.*))?")
_OF_A_POST = frozenset({"title", "date", "categories", "tags"})

_ESCAPED = re.compile(r'(?:[^"\\]|\\["\\])*')
_YAML_STRING = re.compile(
    r'"(?:[^"\\]|\\(?:[0abtnvfre "/\\N_LP\t]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*"'
)
_NO_YAML_WORD = re.compile(r"[@`%\"'{}\[\]&*!|>#,?-]|[0-9.]+\Z|.*(?:: | #)")

_GENERATED = re.compile(r"[0-9]{4}(?:-[0-9]{2}){2} [0-9]{2}(?::[0-9]{2}){2}(?: ?\+08:?00)?")
_BEFORE_ZONE = re.compile(r" (?=[+-]|Z)")
# A word in angle brackets is HTML if it is one of HTML's own: a flash may name the 《A股》 <A股> as well.
_HTML = re.compile(
    r"<!--|</?(?:p|br|div|span|a|img|strong|b|em|i|u|center|table|tbody|thead|tr|td|th|ul|ol|li|h[1-6]|section|figure"
    r"|blockquote|pre|font|sub|sup|hr|iframe|video|script|style)(?=[\s/>])",
    re.IGNORECASE,
)
_EMPTY_LINE = re.compile(r"\r?\n[ \t]*\r?\n")
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")

_FOOTERS = ("../", "./", "//finews.zning.me", "//finews.withounder.com")
"""How the links back began, oldest generation first; in the last one a bar joins the two."""

_STEP = 100
"""Between the orders of two generations: room for what else tells versions apart."""


def parse_source(text: str, path: str, site: str, read_at: datetime) -> Post:
    """Parse a source read at `read_at` (aware UTC); `path` in its archive, `site` where its page is published."""
    place = source_place(path)
    if place is None:
        raise SourceLayoutError(path, "not the name of a source")
    head, rest = _front_matter(text, path)
    ending = cut_ending(rest)
    time = _time(head.fields.get("date", ""))
    post = Post(
        url=_page(head, place, site, time.shown_at),
        form=source_form(place.name),
        fetched_at=read_at,
        name=place.name,
        title=as_written(_title(head.fields.get("title", ""))),
        body=Body("", ""),
        tags=_unquoted(head.fields.get("tags", "")).split(),
        category=_unquoted(head.fields.get("categories", "")) or None,
        published_raw=time.raw,
        published_zoned=True,
        published_at=time.first if time.first == time.last else None,
        published_min=time.first,
        published_max=time.last,
        source_raw=text,
        source_path=path,
        source_order=_STEP * _generation(head, ending),
    )
    base = post.url or site
    _read_body(post, ending.before, base)
    read_source_link(post, ending.link, base)
    post.category = post.category or named_category(None, ending.footer_links, post.tags, base)
    return post


def content_of(text: str, path: str) -> Ending:
    """Give the Markdown of a source, source link and footer cut off. Raises SourceLayoutError, EmptyPageError."""
    return cut_ending(_front_matter(text, path)[1])


def source_form(name: str) -> str:
    """Tell by a source's name after the date whether it is the copy in the rolling news."""
    return "source-rolling" if name.isdigit() else "source"


@dataclass(frozen=True, slots=True)
class _Head:
    """The front matter."""

    fields: dict[str, str]
    hidden: bool
    """Whether a blank line before it hides it from Jekyll."""


def _front_matter(text: str, path: str) -> tuple[_Head, str]:
    """Read the front matter, and give what follows it."""
    if not text.strip("\ufeff \t\r\n"):
        raise EmptyPageError(path, "empty file")
    found = _FRONT_MATTER.match(text)
    if not found:
        raise SourceLayoutError(path, "no front matter")
    fields: dict[str, str] = {}
    last = ""
    for line in found["lines"].split("\n"):
        if field := _FIELD.fullmatch(line.rstrip()):
            last = field[1]
            fields[last] = (field[2] or "").strip()
        elif last and line.strip():  # a title of several lines
            fields[last] += f" {line.strip()}"
    if not fields.keys() & _OF_A_POST:
        raise SourceLayoutError(path, "no title, date, categories or tags in the front matter")
    return _Head(fields, bool(found["blank"])), text[found.end() :]


def _title(value: str) -> str:
    """Give a title as it was before the generator put it between quotes.

    Only where every quote and backslash in it is escaped did somebody escape them.
    """
    if len(value) > 1 and value[0] == value[-1] == '"':
        inside = value[1:-1]
        return re.sub(r'\\(["\\])', r"\1", inside) if _ESCAPED.fullmatch(inside) else inside
    return _unquoted(value)


def _unquoted(value: str) -> str:
    return value[1:-1].strip() if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


@dataclass(frozen=True, slots=True)
class _Time:
    """What the date in the front matter tells."""

    raw: str | None
    """As printed, but for Beijing's zone, as the page shows it. None: nothing is printed."""

    shown_at: datetime | None = None
    """As Jekyll takes it. None: it cannot."""

    first: datetime | None = None
    last: datetime | None = None
    """What it may mean (aware UTC), where the generator did not write it. None: it did, or nobody knows."""


def _time(printed: str) -> _Time:
    """Read a date: the generator's own form, or another that Jekyll reads. Without a zone it is Beijing time."""
    raw = printed.removesuffix("+0800").removesuffix("+08:00").strip() or None
    try:
        at = datetime.fromisoformat(_BEFORE_ZONE.sub("", printed))
    except ValueError:
        return _Time(raw)
    if at.year not in NEWS_YEARS:  # normalising refuses it
        return _Time(raw)
    zoned, is_day = at.tzinfo is not None, "T" not in printed and " " not in printed
    at = at if zoned else at.replace(tzinfo=BEIJING)
    # Without a zone Jekyll takes a time for UTC, and shows it 8 hours late: maybe on the next day.
    shown_at = at if zoned or is_day else at + timedelta(hours=8)
    if _GENERATED.fullmatch(printed):
        return _Time(raw, shown_at)
    span = timedelta(days=1 if is_day else 0, minutes=printed.count(":") == 1, seconds=-1)
    first = at.astimezone(UTC)
    return _Time(printed, shown_at.astimezone(BEIJING), first, max(first, first + span))


def _page(head: _Head, place: SourcePlace, site: str, shown_at: datetime | None) -> str:
    """Give the URL of the page that Jekyll makes of a source; empty where it makes none, or none that lasts."""
    if place.archived:
        return "" if head.hidden else archived_post_url(site, place.stem) or ""
    if place.day is None:
        return ""
    if head.hidden:
        return dated_post_url(site, "", place.day, place.name) or ""
    category = head.fields.get("categories", "")
    if not _is_yaml(head.fields) or (head.fields.get("date") and shown_at is None):
        return ""  # its URL would hold the day of the build, and change with each
    day: date = shown_at.date() if shown_at else place.day
    return dated_post_url(site, _unquoted(category), day, place.name) or ""


def _is_yaml(fields: dict[str, str]) -> bool:
    """Tell whether Jekyll can read the front matter."""
    title = fields.get("title", "")
    if title.startswith('"') and not _YAML_STRING.fullmatch(title):
        return False
    words = (fields.get("categories", ""), fields.get("tags", ""))
    return not any(_NO_YAML_WORD.match(value) and value == _unquoted(value) for value in words)


def _generation(head: _Head, ending: Ending) -> int:
    """Tell which generation of the generator wrote a source: 0 is the oldest."""
    if not ending.footer_links:
        return 0 if head.hidden else 1
    if ending.on_one_line:
        return len(_FOOTERS) + 2
    roots = (place for place, root in enumerate(_FOOTERS, 2) if ending.footer_links[0].startswith(root))
    return next(roots, len(_FOOTERS) + 2)


def _read_body(post: Post, text: str, base: str) -> None:
    """Split digest and article. Rolling news whose article is missing is a flash: its digest is its text."""
    lead, rest = _lead(text) if post.rolling else ("", text)
    is_html = bool(_HTML.search(rest))
    post.body = parse_fragment(rest, base) if is_html else _plain_body(rest)
    if lead and post.body.text:
        post.digest = as_written(_readable(lead)) or None
    elif lead:
        post.body = _plain_body(lead)


def _lead(text: str) -> tuple[str, str]:
    """Cut the quoted digest off the beginning of a text."""
    text = text.lstrip()
    if not text.startswith(">"):
        return "", text
    paragraph, *rest = _EMPTY_LINE.split(text, maxsplit=1)
    return "\n".join(line.strip().removeprefix(">").strip() for line in paragraph.split("\n")), "".join(rest)


def _plain_body(text: str) -> Body:
    """Give a body of plain text: a paragraph to each run of lines."""
    return finished(
        [
            Block("p", number, cells=[Cell(runs=[Run(_readable(words))])])
            for number, words in enumerate(_paragraphs(text))
        ]
    )


def _paragraphs(text: str) -> Iterator[str]:
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.strip():
            lines.append(line)
        elif lines:
            yield " ".join(lines)
            lines = []


def _readable(text: str) -> str:
    """Give plain text with its entities read, as a browser shows them."""
    return _ENTITY.sub(lambda found: unescape(found[0]), text)
