"""Article pages: `/a/<id>.html`, `/news/1<column>,<id>.html` on any host of East Money, from 2013 to today.

From the page's text, decoded by the caller (GBK before about 2016), and its final URL. Gives a `Post` of form
`origin`. The body has always been `#ContentBody`; what stands around it had three templates and a rare fourth
(`div.content_text`), whose classes are all different, so one selector serves them all:

                2013 to 2015         2016 to mid 2021               since August 2021
    wrapper     div.newText          div.newsContent                div.contentwrap
    headline    h1                   h1                             div.title
    time        div.Info > span      div.time-source > .time        div.infos > .item
    source      the same             .source (@data-source, @alt)   the second .item, with or without a label
    author                           div.time-source > .author      a further .item
    lead                             div.b-review                   div.abstract > .txt
    editor                           p.res-edit                     div.zwothers, div.sourcebox

Raises EmptyPageError for a blank page, BlockPageError for a captcha or refusal, PageLayoutError where body or
headline is not there exactly once, where the line of time and source tells no time, and for a page that begins
as one and does not end so.
"""

import re
from collections.abc import Callable
from datetime import datetime

from lxml.html import HtmlElement
from parsel import Selector

from crawler.items import Post
from crawler.pages.body import parse_body
from crawler.pages.bounds import MAX_ARTICLE, check_depth, check_length
from crawler.pages.errors import BlockPageError, EmptyPageError, PageLayoutError
from crawler.pages.layout import is_block_page
from crawler.pages.markup import classes, parseable
from crawler.pages.payload import MissingPayloadError
from crawler.pages.render import as_written, visible
from crawler.pages.upstream import lead, stamp
from crawler.urls import article_id, article_url

_BEGINNING, _END = re.compile("<html[ >]", re.IGNORECASE), re.compile("</html", re.IGNORECASE)
_HEADLINE = ".contentwrap div.title, .newsContent h1, .newText h1, .content_text h1"
_HEADLINES_MAX = 50  # pages have one, bodies may have some; for each the page is searched for what follows it
_ITEMS = ".infos > .item"
_FACTS = f"{_ITEMS}, .time-source > .time, .time-source > .source, .time-source > .author, .Info > span"
_SOURCE_NAMES = ".source::attr(data-source), .source img::attr(alt)"
_LEAD = ".abstract .txt, .b-review"
_SMALL_PRINT = ".res-edit, .zwothers, .sourcebox"
_SITE_NAME = re.compile(r"_\s*东方财富网[^_]{0,30}$")  # `某公司龙虎榜数据(08-27) _ 东方财富网`
_TIME = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日 \d{1,2}:\d{2}(?::\d{2})?|\d{4}-\d{2}-\d{2} \d{2}:\d{2}(?::\d{2})?")
_SOURCE = re.compile(r"(?:文章)?来源\s?[:：]\s?(?P<name>.+)")
_AUTHOR = re.compile(r"作者\s?[:：]\s?(?P<name>.+)")
_SOURCE_BELOW = re.compile(r"文章来源\s?[:：]\s?(?P<name>[^\s()（）]+)")
_EDITOR = re.compile(r"责任编辑\s?[:：]\s?(?P<name>[^\s()（）]+)")


def parse_article(text: str, url: str, fetched_at: datetime) -> Post:
    """Parse an article page, read at `fetched_at` (aware UTC)."""
    number = article_id(url)
    if number is None:
        raise PageLayoutError(url, "not the URL of an article")
    check_length(text, MAX_ARTICLE, url)
    text = parseable(text)
    if not text.strip():
        raise EmptyPageError(url, "empty page")
    page = Selector(text=text, type="html")  # a Selector of its own choice refuses XPath on JSON
    check_depth(page.root, url)
    root = _content(page, text, url)
    title, facts, below = _headline(page, url), _shown(page, _FACTS), _shown(page, _SMALL_PRINT)
    leads = _inner_leads(root) + _shown(page, _LEAD, as_written)
    body = parse_body([root], url)
    if not body.text and not body.images:
        raise MissingPayloadError(url, "no text in #ContentBody")
    body.media_raw = _source(page) or body.media_raw or _named(_SOURCE_BELOW, below)
    body.editor = body.editor or _named(_EDITOR, below)
    digest = next((found for one in leads if (found := lead(one, title, body.text))), None)
    post = Post(url, "origin", fetched_at, number, title, body, digest=digest)
    post.author = _named(_AUTHOR, facts)
    post.origin_url = article_url(f"NW{number}")
    stamp(post, _time(page, facts, url))
    return post


def _content(page: Selector, text: str, url: str) -> HtmlElement:
    found = page.xpath("//*[@id='ContentBody']")
    if len(found) != 1:
        problem = f"{len(found)} elements #ContentBody"
        raise (BlockPageError if not found and is_block_page(text) else PageLayoutError)(url, problem)
    if _BEGINNING.search(text) and not _END.search(text):
        raise PageLayoutError(url, "the page ends in its middle")
    root: HtmlElement = found[0].root
    root.tail = None  # what follows the element is no part of the article
    return root


def _shown(page: Selector, css: str, tidy: Callable[[str], str] = visible) -> list[str]:
    """Give the words of elements, each on one line; those that show nothing are left out."""
    texts = (tidy(str(found.xpath("string()").get())) for found in page.css(css))
    return [text for text in texts if text]


def _named(pattern: re.Pattern[str], texts: list[str]) -> str | None:
    return next((found["name"].strip() for text in texts if (found := pattern.search(text))), None)


def _headline(page: Selector, url: str) -> str:
    """Give the headline above the body; what the page's title says where there is none, or more than one.

    Empty where both are empty, as some articles' are. Raises PageLayoutError where neither is there.
    """
    headlines = page.css(_HEADLINE)
    if len(headlines) > _HEADLINES_MAX:
        raise PageLayoutError(url, f"{len(headlines)} headlines")
    above = headlines.xpath("self::*[following::*[@id='ContentBody']]")
    named = {as_written(str(found.xpath("string()").get())) for found in above} - {""}
    if len(named) == 1:
        return named.pop()
    titles = page.xpath("(//title)[1]")
    if not above and not titles:
        raise PageLayoutError(url, "neither headline nor title")
    return _SITE_NAME.sub("", as_written(str(titles.xpath("string()").get() or ""))).rstrip()


def _inner_leads(root: HtmlElement) -> list[str]:
    """Take the leads out that older pages put into the body."""
    found = [child for child in root if "abstract" in classes(child)]
    texts = [as_written(str(child.text_content())) for child in found]
    for child in found:
        child.drop_tree()
    return texts


def _source(page: Selector) -> str | None:
    """Give the medium that stands beside the time: with its label, as an attribute, or bare in second place."""
    if labelled := _named(_SOURCE, _shown(page, _FACTS, as_written)):
        return labelled
    for name in page.css(_SOURCE_NAMES).getall():
        if as_written(name):
            return as_written(name)
    bare = _shown(page, _ITEMS, as_written)[1:2]
    return bare[0] if bare and not _TIME.search(bare[0]) and not _AUTHOR.search(bare[0]) else None


def _time(page: Selector, facts: list[str], url: str) -> str | None:
    """Give the time beside the headline; of a page without such a line, the only time that stands alone."""
    for text in facts:
        if found := _TIME.search(text):
            return found[0]
    if facts:
        raise PageLayoutError(url, f"no time in {facts[:3]!r}")
    outside = page.xpath("//text()[not(ancestor::*[@id='ContentBody'])]").getall()
    alone = {text for node in outside if _TIME.fullmatch(text := visible(node))}
    return alone.pop() if len(alone) == 1 else None
