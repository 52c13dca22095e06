"""Post pages: /<category>/YYYY/MM/DD/<name>.html and /old_post/YYYY-MM-DD-<name>.html, both layouts.

From the page's text and URL. Gives a `Post` as the page says it: time as printed, title, digest, body, source
link, category, tags. Nothing wraps the body: it is what stands between the h1 and the source link.
Raises PageLayoutError where time, title or tags are not there exactly once.
Does not decide identity, medium or time zone: the normalise stage does.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from lxml.html import HtmlElement
from parsel import Selector

from crawler.items import Body, Link, Post
from crawler.pages.body import parse_body
from crawler.pages.bounds import MAX_ARTICLE, check_length
from crawler.pages.errors import PageLayoutError
from crawler.pages.layout import elements, one, section_of
from crawler.pages.markdown import parse_markdown, take_shown_ending, with_tags, written
from crawler.pages.render import as_written, visible
from crawler.urls import (
    ROLLING_CATEGORY,
    article_id,
    canonical_url,
    category_slug,
    post_place,
    share_code,
    tag_category,
)

_TIME = re.compile(
    r"[\[(]GMT\+8, Asia/Shanghai, CST[\])] ?(?P<time>[0-9]{4}(?:-[0-9]{2}){2} [0-9]{2}(?::[0-9]{2}){2})?"
)
_TAGS = re.compile(r"tags: ?")
_FOOTER_LINKS_MAX = 20  # two in every generation
# A body without these is plain text: Markdown gives attributes to links, pictures and headings only.
_MARKED_TAGS = ("p", "span", "div", "table", "td", "center", "section")


def parse_post(text: str, url: str, fetched_at: datetime) -> Post:
    """Parse a post page of the site, dated or archived, read at `fetched_at` (aware UTC)."""
    place = post_place(url)
    if place is None:
        raise PageLayoutError(url, "not the URL of a post")
    check_length(text, MAX_ARTICLE, url)
    page = _parts(section_of(text, url), url)
    post = Post(
        url=url,
        form="page-rolling" if place.name.isdigit() else "page",
        fetched_at=fetched_at,
        name=place.name,
        title=page.title,
        body=Body("", ""),
        tags=page.tags,
        published_raw=None if place.rebuilt else page.time,
    )
    _read_leaked_front_matter(post, page)
    _read_body(post, page.body, url)
    read_source_link(post, page.source_link, url)
    post.category = post.category or named_category(place.category, page.footer_links, post.tags, url)
    return post


@dataclass(slots=True)
class _Parts:
    """The parts of a post page, none of them interpreted."""

    time: str | None
    title: str
    body: list[HtmlElement]
    source_link: str | None
    footer_links: list[str]
    tags: list[str]


def _parts(section: Selector, url: str) -> _Parts:
    one(section.xpath("./small[following-sibling::*[1][self::h1]]"), "section > small + h1", url)
    time = one(section.xpath("./*[1][self::small]"), "section > small:first-child", url)
    title = one(section.xpath("./*[2][self::h1]"), "section > small:first-child + h1", url)
    tags = one(section.xpath("./*[last()][self::small][preceding-sibling::h1]"), "section > small:last-child", url)
    printed = _TIME.fullmatch(visible(_text(time)))
    if not printed:
        raise PageLayoutError(url, f"time line {_text(time)[:60]!r}")
    if not _TAGS.match(visible(_text(tags)) + " "):
        raise PageLayoutError(url, f"tags line {_text(tags)[:60]!r}")
    body = elements(section)
    body = body[body.index(title.root) + 1 : body.index(tags.root)]
    source_link, footer_links = _cut_ending(body)
    return _Parts(
        time=printed["time"],
        title=as_written(_text(title)),
        body=[with_tags(element, url) for element in body],
        source_link=source_link,
        footer_links=footer_links,
        tags=[tag for em in tags.xpath("./em") if (tag := visible(_text(em)))],
    )


def _text(selector: Selector) -> str:
    return str(selector.xpath("string()").get())


def _cut_ending(body: list[HtmlElement]) -> tuple[str | None, list[str]]:
    """Cut source link and footer off a body, and give their targets; the link is "" for `<>`, None for none."""
    footer_links: list[str] = []
    while body and (links := _footer_links(body[-1])):
        footer_links += links
        body.pop()
    source_link = _autolink(body[-1]) if body else None
    if source_link is not None:
        body.pop()
    elif not footer_links:
        source_link, footer_links = take_shown_ending(body) or (None, [])
    return source_link, footer_links


def _footer_links(element: HtmlElement) -> list[str]:
    """Give the targets of a "back to" paragraph, in any of its generations; [] if the element is none."""
    links = list(element.iter("a"))
    if not 0 < len(links) <= _FOOTER_LINKS_MAX:
        return []
    rest = visible("".join(element.itertext()))
    for link in links:
        words = visible("".join(link.itertext()))
        if not words.startswith("返回"):
            return []
        rest = rest.replace(words, "", 1)
    return [] if rest.strip(" ｜|") else [link.get("href") or "" for link in links]


def _autolink(element: HtmlElement) -> str | None:
    """Give the URL of a paragraph that is nothing but a link named by its own URL ("" for `<>`), else None."""
    if element.tag != "p":
        return None
    shown = visible("".join(element.itertext()))
    if shown == "<>":
        return ""
    link = element.find("a")
    return shown if link is not None and len(element) == 1 and shown == visible(link.get("href") or "") else None


def _read_leaked_front_matter(post: Post, page: _Parts) -> None:
    """Take title, time, category and tags from front matter that the site printed as text.

    Where a blank line stood before it, the site shows a rule and a paragraph of its lines, and makes the title of
    the file's name (`NW2022…` becomes `Nw2022…`).
    """
    if len(page.body) < 2 or page.body[0].tag != "hr" or post.title.lower() != post.name.lower():
        return
    lines = "".join(page.body[1].itertext()).split("\n")
    named = {
        name.strip(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon
    }
    if not named.keys() >= {"layout", "title", "date", "categories", "tags"}:
        return
    post.title = as_written(named["title"].strip('“”"'))
    post.published_raw = named["date"].removesuffix("+0800").strip() or None
    post.published_zoned = True
    post.category = named["categories"] or None
    post.tags = named["tags"].split()
    page.body = page.body[2:]


def _read_body(post: Post, body: list[HtmlElement], url: str) -> None:
    """Split digest and article. Rolling news whose article is missing is a flash: its digest is its text."""
    rolling = post.form == "page-rolling"
    lead = body[:1] if rolling and body and body[0].tag == "blockquote" else []
    is_flash = rolling and not lead and _is_plain(body)
    post.body = parse_markdown(body, url) if is_flash else parse_body(body[len(lead) :], url)
    if lead and post.body.text:
        post.digest = written(lead) or None
    elif lead:
        post.body = parse_markdown(body, url)


def _is_plain(body: list[HtmlElement]) -> bool:
    """Tell a body that Markdown made of plain text from HTML: that has attributes, or headings in bold."""
    if any(element.attrib for top in body for element in top.iter(*_MARKED_TAGS)):
        return False
    return len(body) == 1 or not any(True for top in body for _ in top.iter("strong"))


def read_source_link(post: Post, link: str | None, url: str) -> None:
    """Keep the link to where a post comes from (empty or None: there is none); relative ones count from `url`."""
    target = canonical_url(link, url) if link else None
    if target is None:
        return
    post.body.links.append(Link(target, link or ""))
    if share_code(target):
        post.share_url = target
    elif article_id(target):
        post.origin_url = target


def named_category(shown: str | None, footer_links: list[str], tags: list[str], url: str) -> str | None:
    """Give the category verbatim: as the footer spells it, else the tags, else as the URL shows it, downcased."""
    named = []
    for link in footer_links:
        target = canonical_url(link, url) or ""
        named += [ROLLING_CATEGORY] if target.endswith("/emnews/") else []
        named += [slug] if (slug := category_slug(target)) else []
    named += [tag_category(" ".join(tags))] if tags else []
    for slug in named:
        if shown is None or " ".join(slug.lower().split()) == shown:
            return slug
    return shown
