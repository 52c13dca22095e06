"""The site's posts as Jekyll holds them: source files, permalinks, rendered bodies.

From what a post consists of. Gives the file as the site's generator writes it, the page's path, and the HTML
that Jekyll makes of it.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from sandbox import kramdown
from sandbox.plan import BEIJING

SITE = "https://finews.withounder.com"
ROLLING = ("emnews", "东财滚动新闻")
NOTICES = ("sitenews", "站长消息")


_BLANKS = re.compile(r"[ \t\r\n]+")
_TAGS = re.compile(r"<script.*?</script>|<!--.*?-->|<style.*?</style>|<[^>]*>", re.DOTALL)


@dataclass(frozen=True)
class SitePost:
    """One post of the site: one source file, one page."""

    name: str
    """File name after the date: the article's digits, `NW` and the digits, or a word."""

    file_day: date
    stamped_at: datetime
    """Date and time in the front matter, Beijing wall clock, without zone."""

    zoned: bool
    """Whether the front matter names the zone. If not, Jekyll takes the time for UTC."""

    category: str
    tag: str
    """As written, blanks included; Jekyll splits it there."""

    title: str
    digest: str | None
    blocks: tuple[str, ...]
    """The HTML body, block by block; empty for a flash."""

    joint: str
    """What upstream puts between blocks."""

    link: str | None
    """Source link; empty if the record had none (`<>`), None where none is written at all."""

    footer: str
    leading_blank: bool = False
    """Whether a blank line hides the front matter from Jekyll."""

    archived: bool = False
    """Moved to old_post/: a page instead of a post."""

    @cached_property
    def shown_at(self) -> datetime:
        """Beijing wall clock as the page shows it: 8 hours late if the zone is missing."""
        if self.leading_blank:
            return datetime.combine(self.file_day, time())
        return self.stamped_at + (timedelta() if self.zoned else timedelta(hours=8))

    @property
    def late(self) -> bool:
        """Whether the page shows the post 8 hours late."""
        return not self.zoned and not self.leading_blank

    @property
    def shown_title(self) -> str:
        """What h1 and lists show."""
        return self.name if self.leading_blank else self.title

    @property
    def tags(self) -> list[str]:
        """Tags as the page shows them. An archived page does not split them."""
        if self.leading_blank:
            return []
        return [self.tag] if self.archived else self.tag.split()

    @property
    def categories(self) -> list[str]:
        """Categories as Jekyll files the post: split at blanks, none if it cannot read the front matter."""
        return [] if self.leading_blank or self.archived else self.category.split()

    @cached_property
    def path(self) -> str:
        """Path of the page on the site, not escaped."""
        if self.archived:
            return f"/old_post/{self.file_day}-{self.name}.html"
        folders = "".join(f"/{part.lower()}" for part in self.categories)
        return f"{folders}/{self.shown_at:%Y/%m/%d}/{self.name}.html"

    @property
    def url(self) -> str:
        """The page's address."""
        return SITE + self.path

    @property
    def file(self) -> str:
        """Path of the source file in the site's repository."""
        return f"{'old_post' if self.archived else '_posts'}/{self.file_day}-{self.name}.md"

    @property
    def published_time(self) -> str:
        """The time shown, as head and feed write it."""
        return self.shown_at.replace(tzinfo=BEIJING).isoformat()

    @cached_property
    def front_matter(self) -> str:
        """The front matter, as the site's generator writes it."""
        zone = " +0800" if self.zoned else ""
        # A straight quote would end the YAML string; written as here, Jekyll reads it.
        title = self.title.replace('"', '\\"')
        return (
            f'---\nlayout: post\ntitle: "{title}"\ndate: {self.stamped_at}{zone}\n'
            f"categories: {self.category}\ntags: {self.tag}\n---\n"
        )

    @cached_property
    def source(self) -> str:
        """The source file."""
        parts = []
        if self.digest is not None:
            parts.append(f"> {self.digest}" if self.blocks else self.digest)
        if self.blocks:
            parts.append(self.joint.join(self.blocks))
        if self.link is not None:
            parts.append(f"<{self.link}>")
        if self.footer != "none":
            between = "｜" if self.footer == "bar" else "\n"
            parts.append(between.join(f"[{text}]({url})" for text, url in self.footer_links))
        gap = "" if self.blocks else "\n"
        end = "\n" if self.footer == "none" and not self.leading_blank else ""
        return ("\n" if self.leading_blank else "") + self.front_matter + gap + "\n\n".join(parts) + end

    @property
    def footer_links(self) -> list[tuple[str, str]]:
        """Text and target of the links that end a post, by generation."""
        root = {
            "parent": "../",
            "here": "./",
            "zning": "//finews.zning.me/",
            "two-lines": "//finews.withounder.com/",
            "bar": "//finews.withounder.com/",
        }[self.footer]
        listing = "emnews/" if self.category == ROLLING[0] else f"category/{self.category}.html"
        return [(f"返回{self.tag}", root + listing), ("返回首页", root)]

    @cached_property
    def excerpt(self) -> str:
        """HTML of the first block of the source."""
        if self.leading_blank:
            return self._shown_front_matter
        if self.digest is not None:
            return kramdown.quote(self.digest) if self.blocks else kramdown.block(self.digest)
        return kramdown.raw(list(self.blocks))

    @property
    def _shown_front_matter(self) -> str:
        lines = self.front_matter.removeprefix("---\n").removesuffix("\n---\n")
        return f"<hr />\n<p>{kramdown.span(lines)}\n—</p>\n"

    @cached_property
    def content(self) -> str:
        """The rendered body with source link and footer."""
        parts = []
        if self.leading_blank:
            parts.append(f"\n{self._shown_front_matter}")
        if self.digest is not None:
            parts.append(kramdown.quote(self.digest) if self.blocks else kramdown.block(self.digest))
        if self.blocks:
            parts.append(kramdown.raw(list(self.blocks)))
        if self.link is not None:
            parts.append(kramdown.autolink(self.link))
        if self.footer != "none":
            between = "｜" if self.footer == "bar" else "\n"
            links = between.join(f'<a href="{url}">{text}</a>' for text, url in self.footer_links)
            parts.append(f"<p>{links}</p>\n")
        return "\n".join(parts)

    @cached_property
    def summary(self) -> str:
        """The excerpt without tags, blanks single."""
        return _BLANKS.sub(" ", _TAGS.sub("", self.excerpt)).strip(" ")
