"""feed.xml: Atom, the ten newest posts of the site.

From the feed's text and URL. Gives the posts it links to and their categories, which a feed spells verbatim.
Raises PageLayoutError where it is no whole Atom feed or an entry has no link; an empty feed is valid.
Does not read the bodies it carries: the post pages are read anyway.
"""

from parsel import Selector

from crawler.items import Listing
from crawler.pages.bounds import check_depth, check_listed
from crawler.pages.errors import BlockPageError, EmptyPageError, PageLayoutError
from crawler.pages.layout import is_block_page, one
from crawler.pages.markup import parseable
from crawler.urls import PageKind, canonical_url, page_kind, post_place, site_url


def parse_feed(text: str, url: str) -> Listing:
    """Parse the site's Atom feed."""
    text = parseable(text)
    if not text.strip():
        raise EmptyPageError(url, "empty feed")
    if not text.rstrip().endswith("</feed>"):
        raise (BlockPageError if is_block_page(text) else PageLayoutError)(url, "no whole Atom feed")
    feed = Selector(text=text, type="xml")
    check_depth(feed.root, url)
    feed.register_namespace("a", "http://www.w3.org/2005/Atom")
    one(feed.xpath("/a:feed"), "feed", url)
    try:
        return _listing(feed, url)
    except UnicodeDecodeError as error:  # libxml2 takes a reference to half a character, and lxml cannot read it
        raise PageLayoutError(url, "a reference to a character that is none") from error


def _listing(feed: Selector, url: str) -> Listing:
    posts: dict[str, None] = {}
    categories: dict[str, None] = {}
    for entry in feed.xpath("/a:feed/a:entry"):
        link = one(entry.xpath("./a:link[@rel='alternate']/@href"), "link of an entry", url).get()
        target = canonical_url(str(link), url)
        if target is None or page_kind(target, url) not in (PageKind.POST, PageKind.ARCHIVED):
            continue
        posts[site_url(target, url)] = None
        place = post_place(target)
        terms = {str(term).lower(): str(term) for term in entry.xpath("./a:category/@term").getall()}
        if place and place.category:
            categories[" ".join(terms.get(word, word) for word in place.category.split())] = None
    check_listed(list(posts), list(categories), url)
    return Listing(list(posts), list(categories))
