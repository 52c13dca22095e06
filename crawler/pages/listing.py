"""Pages that list posts: /emnews/ and /category/<slug>.html, both layouts.

From the page's text and URL. Gives the posts it links to, in page order, and the categories they stand in.
/emnews/ prints its list as escaped text inside `pre > code`: links are read from that text too.
Raises PageLayoutError where there is no list at all; an empty list is a valid page (every category of two words).
Does not follow, filter or drop anything.
"""

from lxml.html import HtmlElement
from parsel import Selector

from crawler.items import Listing
from crawler.pages.bounds import check_listed
from crawler.pages.errors import PageLayoutError
from crawler.pages.layout import section_of
from crawler.urls import PageKind, canonical_url, page_kind, post_place, site_url

_CODES_MAX = 10  # /emnews/ has one; of one inside another the inner one is read for each


def parse_listing(text: str, url: str) -> Listing:
    """Parse a category page or the rolling list of the site."""
    section = section_of(text, url)
    if not section.xpath("./ul | .//pre/code"):
        raise PageLayoutError(url, "no list")
    posts = post_links(section, url)
    categories = post_categories(posts)
    check_listed(posts, categories, url)
    return Listing(posts, categories)


def post_links(section: Selector, url: str) -> list[str]:
    """Give the posts a section links to, canonical, each once, in page order."""
    root: HtmlElement = section.root
    links = [str(href) for href in root.xpath(".//a/@href")]
    codes = root.xpath(".//pre/code")
    if len(codes) > _CODES_MAX:
        raise PageLayoutError(url, f"{len(codes)} elements pre > code")
    for code in codes:
        links += Selector(text="".join(code.itertext()), type="html").xpath("//a/@href").getall()
    found: dict[str, None] = {}
    for link in links:
        target = canonical_url(link, url)
        if target and page_kind(target, url) in (PageKind.POST, PageKind.ARCHIVED):
            found[site_url(target, url)] = None
    return list(found)


def post_categories(posts: list[str]) -> list[str]:
    """Give the categories in the URLs of posts, each once; several words cannot be told from their URL."""
    places = (post_place(post) for post in posts)
    return list(dict.fromkeys(p.category for p in places if p and p.category and " " not in p.category))
