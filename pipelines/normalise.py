"""Stage 1 of 5. Gives every value its one form, and the post its identity, medium, times and hashes.

In: a `Post` as a parser gave it. Out: the same with `post`, `media`, `published_*`, `content_hash`, `text_hash`.
Drops (InvalidPostError): a printed time that is none; a post that says nothing at all, or more than news can
(`pipelines.bounds`).
Idempotent: a normalised post passes unchanged.
"""

import hashlib
import re
import unicodedata
from html import escape
from typing import Any

from crawler.items import Post
from crawler.urls import article_url, post_day, post_id, uncoded_post_id
from pipelines import InvalidPostError
from pipelines.bounds import check_bounds
from pipelines.media import medium
from pipelines.published import (
    LAST_ZONELESS_DAY,
    UNKNOWN,
    Published,
    beijing_time,
    exact,
    first_day,
    shown_on_page,
)
from pipelines.safe_html import safe_html

_NO_NEWS = re.compile(r"[\W_]+")
_BLANKS = re.compile(r"\s+")


class NormalisePipeline:
    """Stage 1 of 5: one form for every value."""

    def process_item(self, item: Any) -> Any:
        """Normalise a `Post`; other items pass."""
        return normalised(item) if isinstance(item, Post) else item


def normalised(post: Post) -> Post:
    """Fill what follows from the page's own words. Raises InvalidPostError."""
    check_bounds(post)
    _tidy(post)
    if not post.title and not post.body.text and not post.digest:
        raise InvalidPostError("post", "says nothing")
    # A row of a column points to an article: its digest is no flash.
    if post.digest and not post.body.text and not post.form.startswith("list-"):
        post.body.text, post.digest = post.digest, None
        lines = post.body.text.split("\n")
        post.body.html = "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)
    post.body.html = safe_html(plain(post.body.html))
    if post.digest and same_words(post.digest, post.title):
        post.digest = None
    post.post = post_id(post.name) or uncoded_post_id(post.category or "", post.name)
    post.origin_url = article_url(post.post) if post.origin_url else None
    post.media = medium(post)
    times = published(post)
    post.published_at, post.published_min, post.published_max = times.at, times.min, times.max
    post.published_from = times.source
    post.content_hash = news_hash(post.title, post.body.text)
    post.text_hash = news_hash(post.body.text)
    return post


def _tidy(post: Post) -> None:
    post.title = plain(post.title).strip()
    post.digest = plain(post.digest or "").strip() or None
    post.author = plain(post.author or "").strip() or None
    post.tags = [tag for words in post.tags if (tag := plain(words).strip())]
    text = plain(post.body.text)
    # A tab at an end is an empty cell; lines keep theirs, and so does the whole.
    post.body.text = text.strip(" \n") if text.strip() else ""


def plain(text: str) -> str:
    """Give `text` in NFC, without characters that no text has (controls, lone surrogates)."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", kept)


def same_words(one: str, other: str) -> bool:
    """Tell whether two texts differ at most in punctuation, blanks, width and case."""
    return _words(one) == _words(other)


def _words(text: str) -> str:
    return _NO_NEWS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def news_hash(*parts: str) -> str:
    """Give the SHA-256 of texts that changes when the news does: width and blanks do not count.

    Version 1 (`hash_version`): NFKC, no white space, parts joined by a line feed.
    """
    folded = (_BLANKS.sub("", unicodedata.normalize("NFKC", part)) for part in parts)
    return hashlib.sha256("\n".join(folded).encode()).hexdigest()


def published(post: Post) -> Published:
    """Give the time of publication as this form tells it. Raises InvalidPostError for an unreadable time."""
    if post.published_raw is None:
        return UNKNOWN
    if post.published_zoned and post.published_max:  # upstream's parsers know its many formats
        return Published(post.published_at, post.published_min, post.published_max, post.form.split("-")[0])
    try:
        shown = beijing_time(post.published_raw)
    except ValueError as error:
        raise InvalidPostError("published_raw", post.published_raw) from error
    form = post.form.split("-")[0]
    if post.published_zoned or form != "page":
        return exact(shown, form)
    created = post_day(post.post)
    # Media posts always carried a zone. A post without a code has only its printed day to go by, maybe a day late.
    zoneless = (post.rolling or created is None) and (created or first_day(shown)) <= LAST_ZONELESS_DAY
    return shown_on_page(shown, post.fetched_at, created, zoneless=zoneless)
