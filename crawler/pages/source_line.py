"""Lines that are no news: the 文章来源 and 责任编辑 lines, and the promotions between paragraphs.

From one line of a body as shown. Gives what a source line names, or None for a line of the article.
Refuses to take running text for a source line: one that is neither in brackets nor marked by the page must be
short and without a sentence's punctuation.
"""

import re
from dataclasses import dataclass

_LABEL = re.compile(r"(文章来源|责任编辑)\s?[:：]")
# Only where the page itself marks the line (class em_media) is the short label enough.
_MARKED_LABEL = re.compile(r"((?:文章)?来源|责任编辑)\s?[:：]")
_OPENING, _CLOSING = "(（[【", ")）]】"
_BETWEEN = " ，,；;|｜/"
_SENTENCE = re.compile(r"[，,。！!？?；;：:]")
# The longest medium met has 28 characters; in brackets up to 60 were seen to be one.
_LONGEST, _LONGEST_IN_BRACKETS = 40, 60
_LONGEST_LINE = 1_000  # two names of that length, their labels and brackets

_PROMOTIONS = (
    "主力资金加仓名单实时更新",
    "在东方财富看资讯行情，选东方财富证券一站式开户交易",
    "免责声明：本文基于AI生产，仅供参考",
    "相关报道>>>",
    "打开微信，点击底部的“发现”",
)
_SHARE_PANEL = frozenset({"打开微信，", "点击底部的“发现”"})


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What a source line names. None: that part is missing or empty."""

    media: str | None
    editor: str | None


def is_promotion(line: str) -> bool:
    """Tell whether a line is one of the promotions East Money puts between paragraphs."""
    return line.startswith(_PROMOTIONS) or line in _SHARE_PANEL


def source_line(line: str, *, marked: bool = False) -> SourceLine | None:
    """Read `（文章来源：X）`, `责任编辑：Y`, or both on one line, with or without brackets.

    `marked`: the page says that it is the source line. None for anything else.

    >>> source_line("（文章来源：安信国际证券(香港)）（责任编辑：DF120）")
    SourceLine(media='安信国际证券(香港)', editor='DF120')
    """
    if len(line) > _LONGEST_LINE:
        return None
    before, *pieces = (_MARKED_LABEL if marked else _LABEL).split(line)
    if not pieces or before.strip(_OPENING + " "):
        return None
    in_brackets = bool(before.strip()) and line.rstrip("。").endswith(tuple(_CLOSING))
    named: dict[str, str] = {}
    for label, value in zip(pieces[::2], pieces[1::2], strict=True):
        name = _name(value.rstrip("。") if in_brackets else value)
        if not _is_name(name, loose=marked or in_brackets):
            return None
        named.setdefault(label.removeprefix("文章"), name)
    return SourceLine(named.get("来源") or None, named.get("责任编辑") or None)


def _name(value: str) -> str:
    """Strip what separates and closes: brackets that have no partner, blanks, commas."""
    name = value.strip(_BETWEEN).rstrip(_OPENING + _BETWEEN)
    while name.endswith(tuple(_CLOSING)) and _depth(name) < 0:
        name = name[:-1].rstrip(_BETWEEN)
    return name


def _is_name(name: str, *, loose: bool) -> bool:
    if _depth(name[:-1]) < 0 or "。" in name:
        return False  # a bracket closed, and the text went on
    return len(name) <= _LONGEST_IN_BRACKETS if loose else len(name) <= _LONGEST and not _SENTENCE.search(name)


def _depth(text: str) -> int:
    """Give the brackets left open; negative where one closes that was never opened."""
    depth = 0
    for character in text:
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth < 0:
            return depth
    return depth
