"""The kinds of posts a world holds, the features their bodies may have, the generations of their footers.

Gives three tables; `sandbox.plan` draws from them, `sandbox.compose` writes what they promise.
"""

from dataclasses import dataclass

from sandbox.securities import GROUPS


@dataclass(frozen=True, slots=True)
class Kind:
    """What is special about posts of a kind."""

    shape: str
    """`flash` (its digest is all), `rolling`, `media`, `both` (rolling and media), `notice` (of the site)."""

    weight: float = 0.0
    """Relative frequency beyond the first one."""

    early: bool = False
    """Appears in early December 2021."""

    digest: str = ""
    """A digest that Markdown mangles (a key of `sandbox.compose.MANGLED`), `empty`, or `title`."""

    title: str = ""
    """`empty`, `specials`, `full-stop`."""

    medium: str = ""
    """Demands a medium: `capital`, `brackets`, `double-news`, `two-words`, `two-blanks`."""

    zoned: bool = True
    """Whether the front matter names a zone."""


KINDS = {
    "flash": Kind("flash", 25, early=True, zoned=False),
    "flash-zoned": Kind("flash", 5, early=True),
    "flash-next-day": Kind("flash", 2, early=True, zoned=False),
    "flash-leading-blank": Kind("flash", early=True, zoned=False),
    "flash-stars": Kind("flash", 0.2, early=True, digest="stars", zoned=False),
    "flash-quotes": Kind("flash", 0.2, early=True, digest="quotes", zoned=False),
    "flash-title": Kind("flash", 0.5, early=True, digest="title", zoned=False),
    "flash-full-stop": Kind("flash", 0.5, early=True, title="full-stop", zoned=False),
    "flash-same-text": Kind("flash", 0.3, early=True, zoned=False),
    "rolling": Kind("rolling", 22),
    "rolling-stars": Kind("rolling", 0.2, digest="stars"),
    "rolling-table": Kind("rolling", 0.2, digest="table"),
    "rolling-list": Kind("rolling", 0.2, digest="list"),
    "rolling-struck": Kind("rolling", 0.2, digest="struck"),
    "rolling-quotes": Kind("rolling", 0.2, digest="quotes"),
    "rolling-dash": Kind("rolling", 0.2, digest="dash"),
    "rolling-ellipsis": Kind("rolling", 0.2, digest="ellipsis"),
    "rolling-ampersand": Kind("rolling", 0.2, digest="ampersand"),
    "rolling-empty-digest": Kind("rolling", 0.2, digest="empty"),
    "rolling-title": Kind("rolling", 0.2, digest="title"),
    "rolling-no-link": Kind("rolling", 0.1, title="empty"),
    "rolling-specials": Kind("rolling", 0.2, title="specials"),
    "rolling-after-midnight": Kind("rolling", 0.5),
    "media": Kind("media", 22),
    "media-capital": Kind("media", 0.5, medium="capital"),
    "media-brackets": Kind("media", 0.5, medium="brackets"),
    "media-double-news": Kind("media", 0.5, medium="double-news"),
    "media-two-words": Kind("media", medium="two-words"),
    "media-two-blanks": Kind("media", medium="two-blanks"),
    "both": Kind("both", 18),
    "repost": Kind("media", 3),
    "sitenews": Kind("notice", zoned=False, early=True),
}
"""Kinds of posts by name."""

FEATURES = (
    *GROUPS,
    "macro",
    "spacer",
    "chart",
    "picture",
    "picture-relative",
    "heading",
    "table",
    "nested-table",
    "bullets",
    "break",
    "nbsp",
    "blank",
    "entity",
    "separated",
    "carriage-return",
    "linked-source",
    "plain-source",
    "no-source",
    "editor",
    "words-of-lines",
    "false-friend",
    "advert-toplink",
    "advert-picture",
    "advert-promotion",
    "advert-list",
    "advert-division",
)
"""What a body may hold: a group of securities as its subject, or a peculiarity of markup."""

FOOTERS = ("none", "parent", "here", "zning", "two-lines", "bar")
"""Generations of post footers, oldest first; posts with a body have the newest."""
