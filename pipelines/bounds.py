"""What a post may hold at most: pure functions for the normalise stage.

From a `Post` as a parser gave it. Refuses (InvalidPostError, so it is counted and kept in `rejects`) what no news
is: text, lists or addresses far beyond the largest real ones, addresses that are none. Cuts nothing.
"""

import re

from crawler.items import Post
from crawler.urls import MAX_URL
from pipelines import InvalidPostError

# Characters. The longest of 123 real pages and bodies: title 46, digest 74, text 3,413, html 5,417.
# MongoDB takes documents of 16 MB; a character is three bytes of it, and text and html are both there.
MAX_CHARACTERS = {"title": 1_000, "digest": 50_000, "text": 500_000, "html": 2_000_000}
MAX_NAME = 300
"""Characters of an author, editor, medium, category, tag or file name; file systems end at 255 bytes."""

# Rows. The most in one of those: 4 pictures, 7 links, 29 marks, 1 tag. A table of all shares would have 6,000.
MAX_ROWS = {"images": 1_000, "links": 2_000, "marks": 20_000, "tags": 100}

_WEB_ADDRESS = re.compile(r"https?://[^\s/?#@\\]+(?:[/?#]\S*)?")


def check_bounds(post: Post) -> None:
    """Raise InvalidPostError for what no news holds."""
    body = post.body
    texts = {"title": post.title, "digest": post.digest or "", "text": body.text, "html": body.html}
    for field, text in texts.items():
        if len(text) > MAX_CHARACTERS[field]:
            raise InvalidPostError(field, f"{len(text)} characters")
    rows = {"images": len(body.images), "links": len(body.links), "marks": len(body.marks), "tags": len(post.tags)}
    for field, count in rows.items():
        if count > MAX_ROWS[field]:
            raise InvalidPostError(field, f"{count} of them")
    names = (post.name, post.category, post.author, body.editor, body.media_raw, *post.tags)
    for name in names:
        if len(name or "") > MAX_NAME:
            raise InvalidPostError("names", f"{len(name or '')} characters")
    urls = [link.url for link in body.links] + [image.url for image in body.images]
    for url in (*urls, post.share_url, post.origin_url):
        if url is not None and not is_web_address(url):
            raise InvalidPostError("url", url)


def is_web_address(url: str) -> bool:
    """Tell whether this is an http(s) address that may be stored: not endless, no credentials, no controls."""
    return len(url) <= MAX_URL and url.isprintable() and bool(_WEB_ADDRESS.fullmatch(url))
