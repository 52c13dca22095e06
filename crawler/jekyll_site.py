"""What an export needs beside its posts so that Jekyll makes a site of it: settings, layouts, lists. Pure.

Home, rolling news and category pages stand at the addresses of the real site, and so do the posts.
"""

import re
from collections.abc import Iterable

from crawler.urls import ROLLING_CATEGORY

_CONFIG = """\
title: 金融消息
timezone: Asia/Shanghai
permalink: /:categories/:year/:month/:day/:title:output_ext
future: true
defaults:
  - scope: {path: "", type: posts}
    values: {render_with_liquid: false}
  - scope: {path: old_post}
    values: {render_with_liquid: false}
"""
"""Posts are no templates: braces in them are words."""

_DEFAULT = """\
<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>{{ page.title | escape }}</title></head>
<body>
{{ content }}
</body>
</html>
"""

_POST = """\
---
layout: default
---
<small>[GMT+8, Asia/Shanghai, CST] {{ page.date | date: "%Y-%m-%d %H:%M:%S" }}</small>
<h1>{{ page.title | escape }}</h1>
{{ content }}
<small>tags: {% for tag in page.tags %}<em>{{ tag | escape }}</em> {% endfor %}</small>
"""

_LIST = """\
---
layout: default
title: "{title}"
permalink: {permalink}
---
<ul>
{{% for post in {posts} %}}<li><a href="{{{{ post.url }}}}">{{{{ post.title | escape }}}}</a></li>
{{% endfor %}}</ul>
"""

_SLUG = re.compile(r"[\w .()·（）+-]+")
"""What no template, file name or YAML takes for anything else."""


def site_files(categories: Iterable[str]) -> dict[str, str]:
    """Give the other files of a site with posts in these categories: path to text.

    As on the real site, the page of a category of several words lists nothing: Jekyll takes it for as many.
    """
    files = {"_config.yml": _CONFIG, "_layouts/default.html": _DEFAULT, "_layouts/post.html": _POST}
    files["index.html"] = _LIST.format(title="金融消息", permalink="/", posts="site.posts")
    files["emnews.html"] = _list(ROLLING_CATEGORY, "/emnews/")
    for category in sorted(set(categories) - {ROLLING_CATEGORY}):
        if _SLUG.fullmatch(category):
            files[f"category/{category}.html"] = _list(category, f"/category/{category}.html")
    return files


def _list(category: str, permalink: str) -> str:
    return _LIST.format(title=category, permalink=permalink, posts=f'site.categories["{category}"]')
