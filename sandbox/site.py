"""The site: every path it answers, as GitHub Pages serves Jekyll's output.

From the posts of a world, newest first. Gives the bytes of a page, or None for a path it does not know;
`NOT_FOUND_PATH` is the page served for those.

    /                       per tag the 5 newest posts (older layout: per tag the 20 newest of the whole site)
    /emnews/                the 20 newest of the rolling news, as escaped text inside pre > code
    /category/<slug>.html   all posts of a category; empty where the slug holds blanks
    /<category>/Y/M/D/<name>.html, /old_post/<day>-<name>.html
    /feed.xml               the 10 newest posts
    /404.html, /requirements.txt, /assets/...
"""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from sandbox import kramdown
from sandbox.jekyll import NOTICES, ROLLING, SITE, SitePost
from sandbox.layout import NAME, Head, escape_once, page
from sandbox.templates import FILES, HOME_TEMPLATE, NOT_FOUND, NOT_FOUND_OLD, NOT_FOUND_PATH, ROLLING_TEMPLATE

_HOME_PER_TAG = 5
_HOME_OLD = 20
_ROLLING_LIST = 20
_FEED = 10


class Site:
    """The pages of one state of the site."""

    def __init__(self, posts: Iterable[SitePost], categories: Sequence[str], built_at: str, layout: str) -> None:
        everything = sorted(posts, key=lambda post: (post.shown_at, post.name), reverse=True)
        self.pages = {post.path: post for post in everything}
        self.posts = [post for post in everything if not post.archived]
        self.categories = categories
        self.built_at = built_at
        self.layout = layout
        self._rendered: dict[str, bytes] = {}

    def get(self, path: str) -> bytes | None:
        """Give the body of an unescaped path."""
        if path in self.pages:
            return self._post(self.pages[path]).encode()
        if path not in self._rendered:
            text = self._listing(path)
            if text is None:
                return None
            self._rendered[path] = text.encode()
        return self._rendered[path]

    def listed(self) -> set[str]:
        """Give the paths of the posts that home, lists or feed link to."""
        home = self.posts[:_HOME_OLD] if self.layout == "old" else []
        if self.layout == "new":
            home = [post for posts in self._by_tag().values() for post in posts[:_HOME_PER_TAG]]
        filed = [post for post in self.posts if len(post.categories) == 1]
        return {post.path for post in (*home, *filed, *self._newest())}

    def _newest(self) -> list[SitePost]:
        # The feed sorts by time alone and turns the list around: of two posts of one second it names the
        # other first.
        return sorted(self.posts, key=lambda post: post.shown_at)[::-1][:_FEED]

    def _listing(self, path: str) -> str | None:
        pages: dict[str, Callable[[], str]] = {
            "/": self._home,
            "/emnews/": self._rolling,
            "/feed.xml": self._feed,
            NOT_FOUND_PATH: self._not_found,
        }
        if path in pages:
            return pages[path]()
        category = path.removeprefix("/category/").removesuffix(".html")
        if path == f"/category/{category}.html" and category in self.categories:
            return self._category(category)
        return FILES.get(path)

    def _by_tag(self) -> dict[str, list[SitePost]]:
        # Tags in order of first appearance by ascending date; posts of a tag newest first.
        found: dict[str, list[SitePost]] = {}
        for post in reversed(self.posts):
            for tag in post.tags:
                found.setdefault(tag, []).insert(0, post)
        return found

    def _home(self) -> str:
        content = ""
        for tag, tagged in self._by_tag().items():
            posts = tagged[:_HOME_PER_TAG] if self.layout == "new" else self.posts[:_HOME_OLD]
            items = "".join(
                f'    \n      <li><a href="{post.path}">{_in_markdown(post.shown_title)}</a></li>\n'
                for post in posts
            )
            content += f'\n<h2 id="{tag}">{tag}</h2>\n<ul>\n{items}    \n  </ul>\n<hr />\n'
        head = Head("/", "首页", HOME_TEMPLATE, kind="WebSite")
        return page(head, f"{content}\n", self.layout)

    def _rolling(self) -> str:
        category, tag = ROLLING
        posts = [post for post in self.posts if tag in post.tags][:_ROLLING_LIST]
        items = "".join(
            f'  \n    <li><a href="{post.path}" target="_blank">{post.shown_title}</a></li>\n' for post in posts
        )
        listing = escape(f'<h2 id="{tag}">{tag}</h2>\n<ul>\n{items}  \n</ul>\n', quote=False)
        content = (
            '\n<div class="language-plaintext highlighter-rouge"><div class="highlight">'
            f'<pre class="highlight"><code>{listing}</code></pre></div></div>\n\n'
        )
        return page(Head(f"/{category}/", tag, ROLLING_TEMPLATE), content, self.layout)

    def _category(self, category: str) -> str:
        posts = [post for post in self.posts if category in post.categories]
        items = "".join(f'  \n    <li><a href="{post.path}">{post.shown_title}</a></li>\n' for post in posts)
        tag = posts[0].tags[0] if posts and self.layout == "new" else ""
        heading = f'<h2 id="{tag}">{tag}</h2>\n\n' if posts else ""
        head = Head(f"/category/{category}.html", self._category_title(category), "")
        return page(head, f"\n{heading}<ul>\n{items}  \n</ul>\n", self.layout)

    def _category_title(self, category: str) -> str:
        # Later pages of the real site carry the name of another source; every third does here.
        place, own = self.categories.index(category), {ROLLING[0], NOTICES[0]}
        named = [post.tag for post in self.posts if post.category not in {category, *own}]
        borrowed = place % 3 == 1 and category not in own and named
        return named[place % len(named)] if borrowed else category.capitalize()

    def _post(self, post: SitePost) -> str:
        stamp = f"{post.shown_at:%Y-%m-%d %H:%M:%S}"
        line = f"[GMT+8, Asia/Shanghai, CST] {stamp} &nbsp; "
        if self.layout == "old":
            line = f"(GMT+8, Asia/Shanghai, CST) {stamp}"
        tags = "</em> - <em>".join(post.tags)
        content = (
            f"<small>{line}</small>\n<h1>{post.shown_title}</h1>\n\n{post.content}\n\n\n"
            f"  <small>tags: <em>{tags}</em></small>\n\n"
        )
        described = "" if post.archived else post.summary
        head = Head(post.path, post.shown_title, post.content, escape_once(described), post.published_time)
        return page(head, content, self.layout)

    def _not_found(self) -> str:
        head = Head(NOT_FOUND_PATH, "404", NOT_FOUND_OLD if self.layout == "old" else "")
        return page(head, NOT_FOUND[self.layout], self.layout)

    def _feed(self) -> str:
        entries = "".join(_entry(post) for post in self._newest())
        return (
            '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">'
            '<generator uri="https://jekyllrb.com/" version="3.9.2">Jekyll</generator>'
            f'<link href="{SITE}/feed.xml" rel="self" type="application/atom+xml" />'
            f'<link href="{SITE}/" rel="alternate" type="text/html" hreflang="zh-CN" />'
            f"<updated>{self.built_at}</updated><id>{SITE}/feed.xml</id>"
            f'<title type="html">{NAME}</title><author><name>ZNing</name></author>{entries}</feed>'
        )


def _entry(post: SitePost) -> str:
    title = escape(kramdown.typographic(post.shown_title))
    terms = "".join(f'<category term="{term}" />' for term in (*post.categories, *post.tags))
    summary = f'<summary type="html">{escape(post.summary)}</summary>' if post.summary else ""
    return (
        f'<entry><title type="html">{title}</title>'
        f'<link href="{post.url}" rel="alternate" type="text/html" title="{title}" />'
        f"<published>{post.published_time}</published><updated>{post.published_time}</updated>"
        f"<id>{post.url.removesuffix('.html')}</id>"
        f'<content type="html" xml:base="{post.url}">{escape(post.content.strip())}</content>'
        f"<author><name>ZNing</name></author>{terms}{summary}</entry>"
    )


def _in_markdown(title: str) -> str:
    # Home is a Markdown page: kramdown escapes what is bare in its raw HTML.
    return kramdown.raw([title]).removesuffix("\n").replace(">", "&gt;")


def categories(posts: Iterable[SitePost]) -> list[str]:
    """Give the slugs that have a category page: those of all posts, in order of first appearance."""
    return list(dict.fromkeys(post.category for post in sorted(posts, key=lambda post: post.stamped_at)))
