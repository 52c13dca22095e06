"""The medium a post comes from: pure functions for the normalise stage.

A media post: its tags less one trailing 新闻. Rolling news: the 文章来源 line, else the brackets that end the
flash, if they hold a medium. The site's own news: none. Nothing else is taken for a medium.
"""

import re

from crawler.items import Media, Post
from crawler.urls import ROLLING_CATEGORY, SITE_CATEGORY, media_name, media_slug

_CLOSING_BRACKETS = re.compile(r"[（(](?:(?:文章)?来源[:：]|据)?\s*([^（）():：]{2,24}?)\s*[）)]\s*$")
_ENDING = 60  # characters that the closing brackets are looked for in: at most 24 of a name, its label, blanks
_KNOWN = frozenset(
    "券商中国 e公司 第一财经 财联社 界面 澎湃 每经 Wind 万得 格隆汇 36氪 钛媒体 虎嗅 亿欧 蓝鲸 雷锋网 品玩".split()
    + "金十数据 华尔街见闻 央视 经济观察 国是直通车 中国之声 证券时报·e公司 东方财富研究中心 彭博 路透".split()
    + "21世纪经济报道 人民网 新华网 央视网".split()
)
_MEDIUM = re.compile(
    r".*(?:..[报网社]|.(?:新闻|财经|证券|客户端|网站|周刊|杂志|电视台|电台|广播|频道|在线|公众号|微博|快讯|资讯|传媒"
    r"|新媒体|头条|APP))"
)
_NO_MEDIUM = re.compile(
    r".*(?:财报|(?<![青少])年报|季报|月报|中报|研报|业绩快报|(?<!大)公报|[通预警申汇上]报"
    r"|官网|[电联管]网|旅行社|合作社|出版社|供销社|信用社)"
)
"""They end alike, but name what a company files, or what it is."""


def medium(post: Post) -> Media | None:
    """Give the medium of a post, or None where the page names none."""
    if post.category == SITE_CATEGORY:
        return None
    rolling = post.rolling or post.category == ROLLING_CATEGORY
    # The site splits a name of several words into as many tags, and so does the category's slug.
    if not rolling and post.category and post.tags and len(post.category.split()) == len(post.tags):
        return Media(media_name(" ".join(post.tags)), post.category)
    name = post.body.media_raw or (_closing_medium(post) if rolling or post.form == "list" else None)
    # Two blanks in a name are one to a reader; the site's slug keeps both.
    return Media(" ".join(name.split()), media_slug(name)) if name else None


def _closing_medium(post: Post) -> str | None:
    for text in (post.digest, post.body.text):
        found = _CLOSING_BRACKETS.search((text or "").rstrip()[-_ENDING:])
        if found and is_medium(found[1]):
            return found[1]
    return None


def is_medium(name: str) -> bool:
    """Tell whether bracketed words name a medium: a known one, or ending as media do and as nothing else does."""
    return name in _KNOWN or bool(_MEDIUM.fullmatch(name) and not _NO_MEDIUM.fullmatch(name))
