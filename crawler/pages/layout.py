"""The frame around every page of the site, in both generations of its templates.

`div.wrapper > section` is the page; the header before it has an h1 of its own, and the older generation leaks
the body into the head a second time, so every selector of the other parsers starts from that section.
Raises `PageLayoutError`, or the kind of it that says what came instead.
"""

import re

from lxml.html import HtmlElement
from parsel import Selector, SelectorList

from crawler.pages.bounds import check_depth
from crawler.pages.errors import BlockPageError, EmptyPageError, NotFoundPageError, PageLayoutError
from crawler.pages.markup import parseable

# What captcha and refusal pages say, in title or text. Looked for only where the frame is missing,
# so that news about captchas stay news.
_BLOCKED = re.compile(
    "验证码|滑块|安全验证|人机验证|访问过于频繁|访问受限|请求过于频繁|拒绝访问|captcha|access denied|forbidden"
    "|just a moment|unusual traffic|too many requests|are you a robot|cf-challenge",
    re.IGNORECASE,
)
_NOT_FOUND_HEADING = re.compile(r"404 找不到页面")


def section_of(text: str, url: str) -> Selector:
    """Give the section of a page of the site.

    Raises EmptyPageError for a blank page, BlockPageError for a captcha or refusal, NotFoundPageError for the
    site's 404 page, PageLayoutError where wrapper, section or footer are not there exactly once (a page cut
    short has no footer), and where elements stand too deep.
    """
    text = parseable(text)
    if not text.strip():
        raise EmptyPageError(url, "empty page")
    page = Selector(text=text, type="html")  # a Selector of its own choice refuses XPath on JSON
    check_depth(page.root, url)
    wrappers = page.xpath("//div[contains(concat(' ', normalize-space(@class), ' '), ' wrapper ')][section]")
    if len(wrappers) != 1:
        problem = f"{len(wrappers)} elements div.wrapper with a section"
        raise (BlockPageError if is_block_page(text) else PageLayoutError)(url, problem)
    section = one(wrappers.xpath("./section"), "div.wrapper > section", url)
    one(wrappers.xpath("./footer"), "div.wrapper > footer", url)
    if any(_NOT_FOUND_HEADING.match(heading) for heading in section.xpath("./h2[1]/text()").getall()):
        raise NotFoundPageError(url, "the site's 404 page")
    return section


def is_block_page(text: str) -> bool:
    """Tell whether a page without its frame reads like a captcha or a refusal."""
    return bool(_BLOCKED.search(text))


def one(found: SelectorList[Selector], what: str, url: str) -> Selector:
    """Give the only element found; raises PageLayoutError if there is none or more than one."""
    if len(found) != 1:
        raise PageLayoutError(url, f"{len(found)} elements {what}")
    return found[0]


def elements(section: Selector) -> list[HtmlElement]:
    """Give the child elements of a section, comments included, in order."""
    root: HtmlElement = section.root
    return list(root)
