"""The frame of the site's pages, in two generations.

`new`: the newest templates. `old`: an older generation, which leaks the page's raw body into og:description,
so that parsers open the body early and meet the article twice. From a `Head` and a page's inner HTML.
"""

import json
import re
from dataclasses import dataclass
from html import escape

from sandbox import kramdown
from sandbox.jekyll import SITE

NAME = "金融消息"
LAYOUTS = ("new", "old")
_MARKS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a page says."""

    path: str
    title: str
    leaked: str
    """What the older generation writes into og:description: the page's body before or after rendering."""

    description: str = ""
    """Excerpt, tags removed; posts only."""

    published_time: str = ""
    """ISO time with zone; posts and archived posts only."""

    kind: str = "WebPage"
    """JSON-LD type."""


def page(head: Head, content: str, layout: str) -> str:
    """Give a whole page."""
    return f"{_head(head, layout)}{_TOP}{content}\n\n{_BOTTOM[layout]}"


def _head(head: Head, layout: str) -> str:
    new = layout == "new"
    url = SITE + head.path
    described = head.title if new else head.leaked
    image = f"{SITE}/assets/img/xiaoxi.png" if new else "https://withounder.com/images/newzningnetcircle.png"
    here = url if new else f"https://finews.zning.me{head.path}"
    feed = f'    <link rel="alternate" type="application/atom+xml" title="{NAME}" href="{SITE}/feed.xml">\n'
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n  <head>\n    <meta charset="UTF-8">\n'
        '    <meta http-equiv="X-UA-Compatible" content="IE=edge">\n'
        '    <meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '    <meta content="ZNing" name="author" />\n    <meta property="og:type" content="website" />\n'
        # Neither title nor description is escaped here, on the real site either.
        f'    <meta property="og:title" content="{head.title}">\n'
        f'    <meta property="og:description" content="{described}">\n'
        f'    <meta property="og:image" content="{image}">\n    <meta property="og:url" content="{here}">\n'
        '    <meta name="theme-color" content="#1976D2">\n'
        '    <link rel="shortcut icon" href="https://withounder.com/images/favicon.ico">\n'
        f"{feed if new else ''}\n{_seo_tag(head, url)}\n{_HEAD_END}"
    )


def _seo_tag(head: Head, url: str) -> str:
    shown = _seo_text(head.title) or NAME
    title = shown if shown == NAME else f"{shown} | {NAME}"
    lines = [
        "<!-- Begin Jekyll SEO tag v2.8.0 -->",
        f"<title>{title}</title>",
        '<meta name="generator" content="Jekyll v3.9.2" />',
        f'<meta property="og:title" content="{shown}" />',
        '<meta name="author" content="ZNing" />',
        '<meta property="og:locale" content="zh_CN" />',
    ]
    if head.description:
        lines += [
            f'<meta name="description" content="{head.description}" />',
            f'<meta property="og:description" content="{head.description}" />',
        ]
    lines += [
        f'<link rel="canonical" href="{url}" />',
        f'<meta property="og:url" content="{url}" />',
        f'<meta property="og:site_name" content="{NAME}" />',
        f'<meta property="og:type" content="{"article" if head.published_time else "website"}" />',
    ]
    if head.published_time:
        lines.append(f'<meta property="article:published_time" content="{head.published_time}" />')
    lines += [
        '<meta name="twitter:card" content="summary" />',
        f'<meta property="twitter:title" content="{shown}" />',
        '<script type="application/ld+json">',
        f"{_json_ld(head, shown, url)}</script>",
        "<!-- End Jekyll SEO tag -->",
    ]
    return "\n".join(lines) + "\n"


def _json_ld(head: Head, shown: str, url: str) -> str:
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting" if head.published_time else head.kind,
        "author": {"@type": "Person", "name": "ZNing"},
    }
    if head.published_time:
        data |= {"dateModified": head.published_time, "datePublished": head.published_time}
    if head.description:
        data["description"] = head.description
    data["headline"] = shown
    if head.published_time:
        data["mainEntityOfPage"] = {"@type": "WebPage", "@id": url}
    if head.kind == "WebSite":
        data["name"] = NAME
    data["url"] = url
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _seo_text(title: str) -> str:
    # The plug-in renders a title as Markdown and drops the tags again.
    return escape_once(_MARKS.sub("", kramdown.span(title)))


def escape_once(text: str) -> str:
    """Escape text for an attribute, entities left as they are."""
    return re.sub(r"&amp;(?=[A-Za-z]+;|#\d+;)", "&", escape(text, quote=True)).replace("&#x27;", "&#39;")


_HEAD_END = """\
    <link rel="stylesheet" href="/assets/css/style.css?v=0000000000000000000000000000000000000000">
    <!--[if lt IE 9]>
    <script src="https://cdnjs.cloudflare.com/ajax/libs/html5shiv/3.7.3/html5shiv.min.js"></script>
    <![endif]-->
    <!-- start custom head snippets, customize with your own _includes/head-custom.html file -->

<!-- Setup Google Analytics -->

  <script>
    (function(i,s,o,g,r,a,m){i['GoogleAnalyticsObject']=r;i[r]=i[r]||function(){
    (i[r].q=i[r].q||[]).push(arguments)},i[r].l=1*new Date();a=s.createElement(o),
            m=s.getElementsByTagName(o)[0];a.async=1;a.src=g;m.parentNode.insertBefore(a,m)
        })(window,document,'script','//www.google-analytics.com/analytics.js','ga');
    ga('create', 'G-SANDBOX000', 'auto');
    ga('send', 'pageview');
  </script>



<!-- You can set your favicon here -->
<!-- link rel="shortcut icon" type="image/x-icon" href="/favicon.ico" -->

<!-- end custom head snippets -->

    <script type="text/JavaScript">
      function AutoRefresh( t ) {
       setTimeout("location.reload(true);", t);
      }
    </script>
  </head>
"""

_TOP = f"""\
  <body onload="JavaScript:AutoRefresh(60000);">
    <div class="wrapper">
      <header>
        <h1><a href="{SITE}/">{NAME}</a></h1>

{" " * 8}

        <p></p>

      </header>
      <section>

      """

_BOTTOM = {
    "new": """\
      </section>
      <footer>
        <p><small>【免责声明】<br />本沙盒所载内容均为虚构，仅供测试，不构成任何投资建议。</small></p>
        <p>&copy; 2020 - \
<script type="text/javascript">document.write((new Date()).getFullYear());</script> 金融消息沙盒. </p>
      </footer>
    </div>
    <script src="/assets/js/scale.fix.js"></script>
  </body>
</html>
""",
    "old": """\
      </section>
      <footer>
        <p>&copy; 2021</p>
      </footer>
    </div>
    <script src="/assets/js/scale.fix.js"></script>
  </body>
</html>
""",
}
