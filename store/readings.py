"""A reading, in the store's shape: what one form of an article said at one time.

From a normalised `Post`. Gives plain values as BSON takes them, times cut to milliseconds.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from crawler.items import FORMS, Post

HASH_VERSION = 1
"""Of the normalisation behind the hashes. A new one needs a migration that rewrites them, also in `forms`:
otherwise every post would seem reworded."""

Document = dict[str, Any]

_ORDERS = timedelta(seconds=1)
"""Room for every `Post.source_order`, in milliseconds."""

WORDING = ("title", "text", "html", "images", "links")
BLOCK = (*WORDING, "content_hash", "text_hash", "hash_version")
"""The fields that always come from one form together."""

PUBLISHED = ("published_at", "published_min", "published_max", "published_raw", "published_from")
"""The fields that tell a time of publication together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one form of an article said at one time."""

    post: str
    form: str
    at: datetime
    """When it said so: when it was read, but for sources (`_said_at`)."""

    read_at: datetime
    available: tuple[datetime, str]
    """When this project could first have known it, and what that rests on: `crawl`, `commit` or `published`."""

    block: Document
    block_hash: str
    """Of the whole block, markup included; `hash` is of its words alone."""

    said: Document
    """The other fields by name; what the form does not tell is not in it."""

    urls: list[str]
    """The page on the site that it was read from, or is the source of."""

    source: Document | None = None
    """Which source it was read from: `hash` of its bytes, `at` of its commit, if any. None: it was read from
    something else."""

    source_file: Document | None = None
    """That source itself: `path` in its archive, `text`. None: it was read from something else."""

    @property
    def hash(self) -> str:
        """The `content_hash` of its wording."""
        return str(self.block["content_hash"])

    @property
    def fingerprint(self) -> str:
        """A hash of all it says, but for when."""
        said = json.dumps([self.block_hash, self.said, self.urls], default=str, sort_keys=True)
        return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def milliseconds(at: datetime) -> datetime:
    """Cut an aware time to what BSON keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def storable_text(text: str) -> str:
    """Give `text` with a question mark for each lone surrogate, which BSON does not take."""
    return text.encode("utf-8", "replace").decode()


def reading(post: Post) -> Reading:
    """Put a normalised `Post` into the store's shape. Raises ValueError for a form that is none of FORMS."""
    FORMS.index(post.form)
    on_site = post.form.split("-")[0] in {"page", "source"} and post.url
    block, at = _block(post), _said_at(post)
    return Reading(
        post=post.post,
        form=post.form,
        at=at,
        read_at=milliseconds(post.fetched_at),
        available=_available(post),
        block=block,
        block_hash=hashlib.blake2b(json.dumps(block).encode(), digest_size=16).hexdigest(),
        said=_said(post),
        urls=[post.url] if on_site else [],
        source=_source(post, at),
        source_file=None if post.source_raw is None else {"path": post.source_path or "", "text": post.source_raw},
    )


def _source(post: Post, at: datetime) -> Document | None:
    if post.source_raw is None:
        return None
    return {
        "hash": source_hash(post.source_raw.encode()),
        "at": at if post.committed_at else None,
    }


def source_hash(source: bytes) -> str:
    """Give what tells one version of a Jekyll source from another."""
    return hashlib.blake2b(source, digest_size=16).hexdigest()


def _said_at(post: Post) -> datetime:
    """Give when a post said so, as far as it is known.

    A source tells by its commit. One without a history may be of any time since it was published: its versions
    stand right after that, in their order, and stand there however often and in whatever parts they are read.
    """
    read_at = milliseconds(post.fetched_at)
    if post.source_raw is None:
        return read_at
    if post.committed_at:
        return min(milliseconds(post.committed_at), read_at)
    published = milliseconds(post.published_max) if post.published_max else read_at - _ORDERS
    return min(published + timedelta(milliseconds=post.source_order), read_at)


def _available(post: Post) -> tuple[datetime, str]:
    if post.source_raw is not None and post.committed_at:
        return min(milliseconds(post.committed_at), milliseconds(post.fetched_at)), "commit"
    if post.source_raw is not None and post.published_max and post.published_max < post.fetched_at:
        return milliseconds(post.published_max), "published"
    return milliseconds(post.fetched_at), "crawl"


def _block(post: Post) -> Document:
    body = post.body
    return {
        "title": post.title,
        "text": body.text,
        "html": body.html,
        "images": [asdict(image) for image in body.images],
        "links": [asdict(link) for link in body.links],
        "content_hash": post.content_hash,
        "text_hash": post.text_hash,
        "hash_version": HASH_VERSION,
    }


def _said(post: Post) -> Document:
    published: Document = {name: getattr(post, name) for name in PUBLISHED}
    for name in ("published_at", "published_min", "published_max"):
        published[name] = milliseconds(published[name]) if published[name] else None
    said: Document = {
        "digest": post.digest,
        "media": asdict(post.media) if post.media else None,
        "author": post.author,
        "editor": post.body.editor,
        "category": post.category,
        "tags": list(post.tags) or None,
        "share_url": post.share_url,
        "origin_url": post.origin_url,
        "published": published if post.published_from else None,
        # Always there: a text that names no security any more says so with an empty list.
        "securities": [{**asdict(security), "evidence": list(security.evidence)} for security in post.securities],
    }
    return {name: value for name, value in said.items() if value is not None}
