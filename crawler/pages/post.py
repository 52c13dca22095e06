"""Post pages: /<category>/YYYY/MM/DD/<name>.html and /old_post/YYYY-MM-DD-<name>.html, both layouts.

From the page's text and URL. Gives a `Post` as the page says it: time as printed, title, digest, body, source
link, category, tags. Nothing wraps the body: it is what stands between the h1 and the source link.
Raises PageLayoutError where time, title or tags are not there exactly once.
Does not decide identity, medium or time zone: the normalise stage does.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import urljoin

from lxml.html import HtmlElement
from parsel import Selector

from crawler.items import Body, Link, Post
from crawler.pages.body import parse_body
from crawler.pages.errors import PageLayoutError
from crawler.pages.layout import elements, one, section_of
from crawler.pages.markdown import written
from crawler.pages.render import visible
from crawler.urls import (
    ROLLING_CATEGORY,
    PostPlace,
    article_id,
    canonical_url,
    category_slug,
    post_place,
    share_code,
    tag_category,
)

_TIME = re.compile(r"[\[(]GMT\+8, Asia/Shanghai, CST[\])] ?(?P<time>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})?")
_TAGS = re.compile(r"tags: ?")
# Where a blank line stood before the front matter, the site prints it as a paragraph after a rule.
_LEAKED = re.compile(
    r"layout: post title: [“\"]?(?P<title>.*?)[”\"]? date: ?(?P<time>[-\d: ]*?)(?: ?\+0800)? "
    r"categories: ?(?P<category>.*?) tags: ?(?P<tags>.*?) [—-]+"
)


def parse_post(text: str, url: str, fetched_at: datetime) -> Post:
    """Parse a post page of the site, dated or archived, read at `fetched_at` (aware UTC)."""
    place = post_place(url)
    if place is None:
        raise PageLayoutError(url, "not the URL of a post")
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
    _read_source_link(post, page.source_link, url)
    post.category = post.category or _category(place, page.footer_links, post.tags, url)
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
    time = one(section.xpath("./*[1][self::small]"), "section > small:first-child", url)
    title = one(section.xpath("./*[2][self::h1]"), "section > small + h1", url)
    tags = one(section.xpath("./*[last()][self::small][preceding-sibling::h1]"), "section > small:last-child", url)
    printed = _TIME.fullmatch(visible(_text(time)))
    if not printed:
        raise PageLayoutError(url, f"time line {_text(time)[:60]!r}")
    if not _TAGS.match(visible(_text(tags)) + " "):
        raise PageLayoutError(url, f"tags line {_text(tags)[:60]!r}")
    body = elements(section)
    body = body[body.index(title.root) + 1 : body.index(tags.root)]
    footer_links: list[str] = []
    while body and (links := _footer_links(body[-1])):
        footer_links += links
        body.pop()
    source_link = _autolink(body[-1]) if body else None
    if source_link is not None:
        body.pop()
    return _Parts(
        time=printed["time"],
        title=visible(_text(title)),
        body=body,
        source_link=source_link,
        footer_links=footer_links,
        tags=[tag for em in tags.xpath("./em") if (tag := visible(_text(em)))],
    )


def _text(selector: Selector) -> str:
    return str(selector.xpath("string()").get())


def _footer_links(element: HtmlElement) -> list[str]:
    """Give the targets of a "back to" paragraph, in any of its generations; [] if the element is none."""
    if element.tag != "p":
        return []
    links = element.findall("a")
    shown = visible("".join(element.itertext()))
    words = [visible("".join(link.itertext())) for link in links]
    rest = shown
    for word in words:
        rest = rest.replace(word, "", 1)
    if not links or rest.strip(" ｜") or not all(word.startswith("返回") for word in words):
        return []
    return [link.get("href") or "" for link in links]


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
    """Take title, time and category from front matter that the site printed as text."""
    if len(page.body) < 2 or page.body[0].tag != "hr" or post.title != post.name:
        return
    leaked = _LEAKED.fullmatch(visible("".join(page.body[1].itertext())))
    if leaked:
        post.title = leaked["title"]
        post.published_raw = leaked["time"] or None
        post.published_zoned = True
        post.category = leaked["category"] or None
        post.tags = leaked["tags"].split()
        page.body = page.body[2:]


def _read_body(post: Post, body: list[HtmlElement], url: str) -> None:
    """Split digest and body. Rolling news without either markup or digest is itself Markdown: a flash."""
    rolling = post.form == "page-rolling"
    lead = body[0] if rolling and body and body[0].tag == "blockquote" else None
    if lead is not None:
        post.digest = "\n".join(written([lead])) or None
        body = body[1:]
    post.body = parse_body(body, url)
    flash = post.digest.split("\n") if lead is not None and post.digest and not post.body.text else None
    if rolling and lead is None and not any(element.attrib for top in body for element in top.iter("p", "span")):
        flash = written(body)
    if flash:
        post.body.text = "\n".join(flash)
        post.body.html = "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in flash)
        post.digest = None


def _read_source_link(post: Post, link: str | None, url: str) -> None:
    target = canonical_url(link, url) if link else None
    if target is None:
        return
    post.body.links.append(Link(target, link or ""))
    if share_code(target):
        post.share_url = target
    elif article_id(target):
        post.origin_url = target


def _category(place: PostPlace, footer_links: list[str], tags: list[str], url: str) -> str | None:
    """Give the category verbatim: as the footer spells it, else the tags, else the URL, which is downcased."""
    named = []
    for link in footer_links:
        target = urljoin(url, link)
        named += [ROLLING_CATEGORY] if target.endswith("/emnews/") else []
        named += [slug] if (slug := category_slug(target)) else []
    named += [tag_category(" ".join(tags))] if tags else []
    for slug in named:
        if place.category is None or " ".join(slug.lower().split()) == place.category:
            return slug
    return place.category
