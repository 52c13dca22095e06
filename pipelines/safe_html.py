"""The second lock on stored HTML: what nh3 lets through of it, by the vocabulary that the parsers build from.

From HTML of any kind. Gives HTML without script, style, handlers and frames, and with http(s) addresses only. What
the parsers build (`crawler.pages.render`) passes as it is; so this changes nothing until a parser is wrong.
Refuses nothing.
"""

import nh3

_PLAIN_TAGS = "p h1 h2 h3 h4 h5 h6 ul ol li table tbody tr td th strong em sub sup br".split()

VOCABULARY: dict[str, set[str]] = {tag: set() for tag in _PLAIN_TAGS} | {"a": {"href"}, "img": {"src", "alt"}}
"""Tags, and the attributes each may have; links get `rel` besides."""

_CLEANER = nh3.Cleaner(
    tags=set(VOCABULARY),
    attributes=VOCABULARY,
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="noopener nofollow",
)


def safe_html(html: str) -> str:
    """Give what is safe to show of `html`; it holds no lone surrogates."""
    return _CLEANER.clean(html)
