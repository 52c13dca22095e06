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

NOT_FOUND_PATH = "/404.html"
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
        return _FILES.get(path)

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
        head = Head("/", "首页", _HOME_TEMPLATE, kind="WebSite")
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
        return page(Head(f"/{category}/", tag, _ROLLING_TEMPLATE), content, self.layout)

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
        head = Head(NOT_FOUND_PATH, "404", _NOT_FOUND_OLD if self.layout == "old" else "")
        return page(head, _NOT_FOUND[self.layout], self.layout)

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


_FILES = {
    "/requirements.txt": "requests==2.25.1\nxpinyin==0.7.6\n",
    "/assets/css/style.css": "/* sandbox */\n",
    "/assets/js/scale.fix.js": "/* sandbox */\n",
}
_HOME_TEMPLATE = """\
{% for tag in site.tags %}
  <h2 id="{{ tag[0] }}">{{ tag[0] }}</h2>
  <ul>
    {% for post in site.posts limit:20 %}
      <li><a href="{{ post.url }}">{{ post.title }}</a></li>
    {% endfor %}
  </ul>
  ---
{% endfor %}
"""
_ROLLING_TEMPLATE = """\
{% for tag in site.tags %}
  {% if tag[0] == "东财滚动新闻" %}
    <h2 id="{{ tag[0] }}">{{ tag[0] }}</h2>
    <ul>
      {% for post in tag[1] limit:20 %}
        <li><a href="{{ post.url }}" target="_blank">{{ post.title }}</a></li>
      {% endfor %}
    </ul>
  {% endif %}
{% endfor %}
"""
_NOT_FOUND_OLD = """\
<script language="JavaScript"> 
  function myrefresh(){window.location="/";}
  setTimeout('myrefresh()',5000);
</script>

## 404 找不到页面 Page Not Found

此页面不存在。

<<script type="text/javascript">
    var url = window.location.pathname;
    var url2 = url.split("/");
    document.write('https://github.com/zning1994/finews/blob/main/old_post/'+url2[2]+'-'+url2[3]+'-'+url2[4]+'-'+url2[5].split(".")[0]+'.md')
</script>>

如继续浏览，请访问[首页](/) 

## 本页面将于5秒后跳转至首页
"""  # noqa: W291 - the real templates have these blanks
_NOT_FOUND = {
    "new": """\
<script language="JavaScript"> 
  function myrefresh(){window.location="/";}
  setTimeout('myrefresh()',5000);
</script>

<h2 id="404-找不到页面-page-not-found">404 找不到页面 Page Not Found</h2>

<p>此页面不存在。</p>

<script language="JavaScript">
    var url = window.location.pathname;
    var url2 = url.split("/");
    var url3 = 'https://github.com/zning1994/finews/blob/main/old_post/'+url2[2]+'-'+url2[3]+'-'+url2[4]+'-'+url2[5].split(".")[0]+'.md';
    var hotText = '三天前的消息已归档';
    document.write(hotText.link(url3));
</script>

<p><br />
如继续浏览，请访问<a href="/">首页</a></p>

<h2 id="本页面将于5秒后跳转至首页">本页面将于5秒后跳转至首页</h2>
""",  # noqa: W291 - as above
    "old": """\
<script language="JavaScript"> 
  function myrefresh(){window.location="/";}
  setTimeout('myrefresh()',5000);
</script>

<h2 id="404-找不到页面-page-not-found">404 找不到页面 Page Not Found</h2>

<p>此页面不存在。</p>

<p>«script type=”text/javascript”&gt;
    var url = window.location.pathname;
    var url2 = url.split(“/”);
    document.write(‘https://github.com/zning1994/finews/blob/main/old_post/’+url2[2]+’-‘+url2[3]+’-‘+url2[4]+’-‘+url2[5].split(“.”)[0]+’.md’)
&lt;/script&gt;&gt;</p>

<p>如继续浏览，请访问<a href="/">首页</a></p>

<h2 id="本页面将于5秒后跳转至首页">本页面将于5秒后跳转至首页</h2>
""",  # noqa: W291 - as above
}
