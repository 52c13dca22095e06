"""The medium a post comes from: pure functions for the normalise stage.

A media post: its tags less one trailing 新闻. Rolling news: the 文章来源 line, else the brackets that end the
flash, if they hold a medium. Nothing else is taken for a medium.
"""

import re

from crawler.items import Media, Post
from crawler.urls import TAG_CATEGORIES, media_name, media_slug

_ENDINGS = (
    "报", "网", "社", "新闻", "财经", "证券", "客户端", "网站", "报道", "周刊", "杂志", "电视台", "电台", "广播",
    "频道", "在线", "公众号", "微博", "快讯", "资讯", "传媒", "新媒体", "头条", "号", "时间", "APP", "日报",
)  # fmt: skip
_KNOWN = frozenset(
    "券商中国 e公司 第一财经 财联社 界面 澎湃 每经 Wind 万得 格隆汇 36氪 钛媒体 虎嗅 亿欧 蓝鲸 雷锋网 品玩".split()
    + "金十数据 华尔街见闻 央视 经济观察 国是直通车 中国之声 证券时报·e公司 东方财富研究中心 彭博 路透".split()
)
_CLOSING_BRACKETS = re.compile(r"[（(]([^（）()]{2,24})[）)]\s*$")


def medium(post: Post) -> Media | None:
    """Give the medium of a post, or None where the page names none."""
    if not post.rolling and post.category and post.category not in TAG_CATEGORIES.values():
        # The site splits a name of several words into as many tags, and so does the category's slug.
        if post.tags and len(post.category.split()) == len(post.tags):
            return Media(media_name(" ".join(post.tags)), post.category)
    name = post.body.media_raw or (_closing_medium(post) if post.rolling else None)
    return Media(name, media_slug(name)) if name else None


def _closing_medium(post: Post) -> str | None:
    for text in (post.digest, post.body.text):
        found = _CLOSING_BRACKETS.search(text or "")
        if found and is_medium(found[1].strip()):
            return found[1].strip()
    return None


def is_medium(name: str) -> bool:
    """Tell whether bracketed words name a medium: a known one, or ending as media do."""
    return name in _KNOWN or (name.endswith(_ENDINGS) and name not in _ENDINGS)
