"""The news in a post's text: without head and dateline before it, and source, editor and small print after it.

Gives plain text, NFKC, in lower case. Refuses to leave nothing: a text that is all head, or all tail, stays.
"""

import re
import unicodedata

from pipelines.media import is_medium

_HEAD = re.compile(r"\s*【[^【】]{1,80}】\s*")
_BY = r"(?:\s*[(\[][^()\[\]]{1,40}[)\]])?"
_DATE = r"(?:(?:\d{4}年)?\d{1,2}月)?\d{1,2}日(?:\d{1,2}:\d\d)?"
_END = r"\s*[,:;\-—|丨]*\s*"
_OPENINGS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 新华社北京12月8日电(记者 某某)
        rf"\(?[\w·]{{2,14}}?\s?{_DATE}\s?(?:电讯|电|讯|丨|\|)\)?{_BY}{_END}",
        rf"(?P<medium>[\w·]{{2,14}}?)\s?{_DATE}\s?(?:消息|报道){_BY}{_END}",
        # 财联社讯, 证券时报网讯(记者 某某); but no 腾讯
        rf"[\w·]{{2,14}}(?<![通腾])讯(?=[\s,:(丨|\-—]){_BY}{_END}",
        rf"(?:据|来自)[\w·\s]{{2,20}}?(?:{_DATE})?(?:援引[^,]{{2,20}})?(?:报道称?|消息称?|获悉|讯)[,:]\s*",
        r"(?P<medium>[\w·]{2,12}?)(?:记者|app)?(?:独家)?获悉[,:]\s*",
        r"(?:[\w·]{0,10}记者\s*\|?\s*[\w·]{2,4}(?:\s+[\w·]{2,4}){0,3}\s+)(?:\w{2,4}报道\s*)?",
        rf"{_DATE}(?:消息|讯|电)[,:]?\s*",
        r"(?:快讯|突发|重磅|最新消息|刚刚|要闻|速递)\s*[!:,丨|]+\s*",
    )
)
_BYLINE = re.compile(r"[^,。!?;]{0,14}(?:记者|编辑|作者|文)\s*[|:/丨 ][^,。!?;]{1,40}|文\s?[|/][^,。]{2,20}")
_CREDIT = (
    r"(?:文章来源|本文来源|图片来源|来源|责任编辑|责编|值班编辑|编辑|校对|审核|审读|记者|作者|通讯员"
    r"|本文源自|原标题|原文标题|稿源)"
)
_SMALL_PRINT = (
    r"(?:免责声明|风险提示|特别提示|郑重声明|声明|投资有风险|市场有风险|本文不构成|以上内容|上述内容|本文仅"
    r"|本文转载|转载|版权|更多|欲知|想了解|扫码|扫描|关注|点击|下载|打开|举报|海量资讯|\(?完\)?$|\(?end\)?$)"
)
_FINE_LINE = re.compile(
    rf"\s*[(\[【]?(?:(?:免责|郑重)?声明|风险提示|{_CREDIT})\s*[::/|丨].{{0,100}}|\s*[(]?(?:完|end)[)]?\s*"
)
_TAIL_LINE = re.compile(rf"\s*[(\[【]?(?:{_CREDIT}\s*[::/|丨 ].{{0,60}}|{_SMALL_PRINT}.{{0,120}})", re.IGNORECASE)
_TAIL = re.compile(
    rf"(?<=[。!?;)\]”\"])\s*(?:{_CREDIT}\s*[::/|丨].{{0,60}}"
    r"|(?:更多|免责声明|风险提示|本文不构成|以上内容)[^。]{0,80}。?)$"
)
_CLOSING = re.compile(r"\s*[(\[【]([^()\[\]【】]{1,40})[)\]】]\s*。?$")
_CREDITED = re.compile(
    rf"{_CREDIT}|据|来自|本文|转自|实习|总台|见习|完$|end$|.*(?:记者|编辑|供稿|综合)", re.IGNORECASE
)
_MORE_MEDIA = frozenset("金融界 观点网 格隆汇 同花顺 和讯 东方财富 雪球 智通财经 快科技 亿邦动力".split())
_ROUNDS = 4
"""Head, dateline and byline may stand one after another, and so may source and editor; no text had more."""


def folded(text: str) -> str:
    """Give a text in NFKC and lower case, all of it."""
    return _narrow(text).casefold()


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def body(text: str) -> str:
    """Give the news of a text."""
    lines = [line for line in _narrow(text).split("\n") if line.strip()]
    lines = [line for line in lines if not _FINE_LINE.fullmatch(line)] or lines
    while len(lines) > 1 and _TAIL_LINE.fullmatch(lines[-1]):
        lines.pop()
    while len(lines) > 1 and _BYLINE.fullmatch(lines[0].strip()):
        del lines[0]
    return _without_tail(_without_opening("\n".join(lines).strip())).casefold()


def _without_opening(text: str) -> str:
    for _ in range(_ROUNDS):
        start = _opening(text)
        if not start or start == len(text):
            break
        text = text[start:]
    return text


def _opening(text: str) -> int:
    """Give where the first thing that stands before the news ends; 0 where nothing does."""
    if head := _HEAD.match(text):
        return head.end()
    for pattern in _OPENINGS:
        found = pattern.match(text)
        if found and ("medium" not in found.groupdict() or _of_medium(found["medium"])):
            return found.end()
    return 0


def _without_tail(text: str) -> str:
    for _ in range(_ROUNDS):
        found = _TAIL.search(text, max(0, len(text) - 100)) or _CLOSING.search(text, max(0, len(text) - 50))
        if not found or not found.start():
            break
        if found.re is _CLOSING and not (_CREDITED.match(found[1]) or _is_medium(found[1].strip())):
            break
        text = text[: found.start()]
    return text.rstrip()


def _of_medium(name: str) -> bool:
    """Tell whether a name begins with that of a medium; its place may follow (央广网北京), or is a Latin word."""
    return name.isascii() or any(_is_medium(name[:end]) for end in range(max(2, len(name) - 3), len(name) + 1))


def _is_medium(name: str) -> bool:
    return name in _MORE_MEDIA or is_medium(name)
