"""The site's source files, as the newest form of its generator writes them. Pure.

From a source that was imported, or from a post as it is stored. Gives the name of the file and its text.
A source in the newest form is given as it is, byte for byte; an older one in the newest form, its words as they
are; a post that is known from pages or upstream alone with its sanitised HTML.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from crawler.items import Post
from crawler.pages.source import content_of, parse_source
from crawler.pages.times import BEIJING
from crawler.urls import ROLLING_CATEGORY, TAG_CATEGORIES, SourcePlace, post_day, post_place, source_place

_ROOT = "//finews.withounder.com/"
_ROLLING_TAG = next(tag for tag, category in TAG_CATEGORIES.items() if category == ROLLING_CATEGORY)

_NEWEST = re.compile(
    r"---\nlayout: post\ntitle: .*^date: [^\n]*\+0800\n.*^---\n.*"
    r"\[返回[^\]\n]*\]\(//finews\.withounder\.com/[^)\n]*\)｜\[返回首页\]\(//finews\.withounder\.com/\)\s*",
    re.DOTALL | re.MULTILINE,
)
_DATE = re.compile(r"^date: *(?P<time>\S+ \S+) \+0800$", re.MULTILINE)
_WORDS = re.compile(r"[^\W\d_][\w .()·（）+-]*")
"""What YAML takes for words as it stands: begins with a letter, and holds nothing that means anything there."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file of the site's repository."""

    name: str
    text: str

    kind: str
    """`as it was`, `renewed` (imported in an older form), or `written` (known from pages or upstream alone)."""

    folder: str = "_posts"


def files_of(post: dict[str, Any], sources: Iterable[dict[str, Any]]) -> list[SourceText]:
    """Give the files of a stored post: one for each of its forms on the site, and one for a post without any.

    `sources`: its documents in the collection `sources`, of each form the one that is not archived first. A copy
    in `old_post` in the newest form that differs from it, if only by a byte, is one more file, and stays there.
    """
    forms = {form.replace("page", "source") for form in post["forms"] if form.startswith(("page", "source"))}
    files: list[SourceText] = []
    found: dict[str, str] = {}
    for source in sources:
        forms.discard(source["form"])
        first = found.setdefault(source["form"], source["text"])
        if first is source["text"]:
            files.append(_imported(source))
        elif first != source["text"] and is_newest(source["text"]):
            files.append(replace(_imported(source), folder="old_post"))
    if not forms and not files:
        forms = {"source" if post["media"] else "source-rolling"}
    return files + [_stored(post, form) for form in sorted(forms)]


def is_newest(text: str) -> bool:
    """Tell whether a source is in the newest form."""
    return bool(_NEWEST.fullmatch(text))


def _imported(source: dict[str, Any]) -> SourceText:
    place = source_place(source["path"])
    if place is None:
        raise ValueError(f"{source['path']} is no source's name")
    if is_newest(source["text"]):
        return SourceText(f"{_stem(place, source['text'])}.md", source["text"], "as it was")
    text = renewed(source["text"], source["path"], source["at"])
    return SourceText(f"{_stem(place, text)}.md", text, "renewed")


def _stem(place: SourcePlace, text: str) -> str:
    """Give a file's name: its own, but without the day where its time would end a build of the whole site."""
    found = _DATE.search(text)
    try:
        at = datetime.strptime(found["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING) if found else None
    except ValueError:
        at = None
    if at is None and re.search("^date:", text, re.MULTILINE):
        return f"-{place.name}"
    return place.stem


def renewed(text: str, path: str, at: datetime) -> str:
    """Give a source, read at `at` (aware), in the newest form. Raises PageLayoutError for what is none."""
    post = parse_source(text, path, f"https:{_ROOT}", at)
    ending = content_of(text, path)
    return _written(
        post.title, _printed(post), post.category or "", " ".join(post.tags), ending.before, ending.link
    )


def _printed(post: Post) -> str:
    return post.published_raw or ""


def _stored(post: dict[str, Any], form: str) -> SourceText:
    """Give a form of a post as it is stored: one form's words for all, the site's category and tag of each."""
    rolling = form == "source-rolling"
    page = post["forms"].get(form.replace("source", "page"))
    place = next((found for url in page["urls"] if (found := post_place(url))), None) if page else None
    said = {name: told["value"] for name, told in page["said"].items()} if page else {}
    media = post["media"] or {"name": "", "slug": ""}
    at = post["published_at"] or post["published_max"]
    shown = at.astimezone(BEIJING) if at else None
    day: date = shown.date() if shown else _day(post)
    digest = [f"> {line}" for line in (post["digest"] or "").splitlines()] if rolling else []
    link = post["origin_url"] if rolling else post["share_url"] or post["origin_url"]
    text = _written(
        post["title"],
        f"{shown:%Y-%m-%d %H:%M:%S}" if shown else "",
        ROLLING_CATEGORY if rolling else said.get("category") or media["slug"] or post["category"] or "",
        _ROLLING_TAG if rolling else " ".join(said.get("tags", [])) or f"{media['name']}新闻",
        "\n\n".join(part for part in ("\n".join(digest), post["html"]) if part),
        link or "",
    )
    name = place.name if place else post["_id"].removeprefix("NW") if rolling else post["_id"]
    return SourceText(f"{day}-{name}.md", text, "written")


def _day(post: dict[str, Any]) -> date:
    found: datetime = post["first_seen_at"]
    return post_day(post["_id"]) or found.astimezone(BEIJING).date()


def _written(  # noqa: PLR0913, PLR0917 - the parts of a file
    title: str, printed: str, category: str, tag: str, content: str, link: str | None
) -> str:
    """Write a file. `printed`: Beijing time, empty where none is known: then Jekyll goes by the file's name."""
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    head = ["layout: post", f'title: "{quoted}"', f"date: {printed} +0800" if printed else ""]
    head += [f"categories: {_yaml(category)}", f"tags: {_yaml(tag)}"]
    content = content.strip()
    listing = "emnews/" if category == ROLLING_CATEGORY else f"category/{category}.html"
    footer = f"[返回{tag}]({_ROOT}{listing})｜[返回首页]({_ROOT})"
    # The generator leaves a line free before a flash, whose text is no HTML and no quotation.
    parts = [content if content.startswith(("<", ">")) else f"\n{content}"]
    parts += [f"<{link}>"] if link is not None else []
    return "\n".join(["---", *filter(None, head), "---", "\n\n".join([*parts, footer])])


def _yaml(words: str) -> str:
    """Write words as the generator does, bare, unless YAML would take them for anything else."""
    if _WORDS.fullmatch(words) or re.fullmatch(r"[0-9]+[^\W\d_][\w .()·（）+-]*", words):
        return words
    quoted = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
