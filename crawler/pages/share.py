"""Share links: the answer of `NewsData/GetNewsText.do?id=<infoCode>`, asked for directly or by the share page.

From the answer's text, the URL that answered and the code that was asked for. Gives a `Post` of form `share`.
The case of keys is not sure, so none counts. The body is in `text` or in `content`; the two say the same, and
where both are there the longer one is read: it has the marks of securities.
Raises PayloadError for what is no such answer or is about another article, BlockedPayloadError for a block page
or an empty answer, MissingPayloadError for one without any text.
"""

from datetime import datetime

from crawler.items import Post
from crawler.pages.payload import MissingPayloadError, PayloadError, load
from crawler.pages.upstream import body, check_code, names, related, stamp, words


def parse_share(text: str, url: str, fetched_at: datetime, code: str) -> Post:
    """Parse an answer about the article `code` (an infoCode), read at `fetched_at` (aware UTC)."""
    news = {key.lower(): value for key, value in load(text, url).items()}
    check_code([news.get("id"), news.get("newsid")], code, url)
    fragments = [part for key in ("content", "text") if isinstance(part := news.get(key), str)]
    if not fragments:
        raise PayloadError(url, "neither text nor content")
    read = body(max(fragments, key=len), url)
    if not read.text and not read.images:
        raise MissingPayloadError(url, f"no text of {code}")
    read.media_raw = words(news.get("medianame")) or words(news.get("from")) or read.media_raw
    read.marks += related(news.get("reletecodes"))  # upstream's spelling
    title = words(news.get("title"))
    post = Post(url, "share", fetched_at, code, title, read, author=names(news.get("author")))
    stamp(post, news.get("date"))
    return post
