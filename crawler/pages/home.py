"""The home page: for each tag a heading and up to five posts (older layout: the site's 20 newest under each tag).

From the page's text and URL. Gives the posts it links to and the categories its headings and links imply.
Raises PageLayoutError where a heading has no list. A home without headings lists nothing; the run then fails.
Does not follow, filter or drop anything.
"""

from parsel import Selector

from crawler.items import Listing
from crawler.pages.bounds import MAX_HOME, check_length, check_listed
from crawler.pages.errors import PageLayoutError
from crawler.pages.layout import section_of
from crawler.pages.listing import post_categories, post_links
from crawler.pages.render import visible
from crawler.urls import tag_category

_TAG_MAX = 300  # characters; a medium's name has 28


def parse_home(text: str, url: str) -> Listing:
    """Parse the home page of the site."""
    check_length(text, MAX_HOME, url)
    section = section_of(text, url)
    headings = section.xpath("./h2")
    listed = section.xpath("./h2[following-sibling::*[1][self::ul]]")
    if len(headings) != len(listed):
        raise PageLayoutError(url, f"{len(headings)} headings but {len(listed)} lists under them")
    posts = post_links(section, url)
    # A tag that a title opens and never closes takes the rest of the page into its list.
    slugs = [tag_category(tag) for heading in section.xpath(".//h2") if (tag := _tag(heading, url))]
    categories = list(dict.fromkeys([*slugs, *post_categories(posts)]))
    check_listed(posts, categories, url)
    return Listing(posts, categories)


def _tag(heading: Selector, url: str) -> str:
    shown = visible(str(heading.xpath("string()").get()))
    if len(shown) > _TAG_MAX:
        raise PageLayoutError(url, f"a heading of {len(shown)} characters")
    return shown
