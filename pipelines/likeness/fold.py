"""The news in a post's text: without the head, the dateline, and the source and editor lines around it.

Gives plain text in NFKC and lower case. Refuses to leave nothing: what is all head, or all tail, stays.
"""

import re
import unicodedata

_HEAD = re.compile(r"\s*【[^【】]{1,80}】\s*")
_MEDIA = r"[\w·]{2,12}?"
_DATELINE = re.compile(
    r"^\s*(?:"
    r"(?:[(\[]\s*)?[\w·]{2,14}?\d{1,2}月\d{1,2}日(?:电|讯|消息)(?:\s*[(][^()]{1,30}[)])?"
    r"|[\w·]{2,14}?(?:网|社|报|app|公司|财经|在线)?讯(?:\s*[(][^()]{1,30}[)])?"
    r")\s*[,::;\-—|丨]*\s*",
)
_CLOSING = re.compile(r"\s*[(]\s*(?:文章来源|来源|责任编辑|责编|编辑|记者|作者)?\s*[::]?\s*[^()。]{2,30}[)]\s*$")
_TAIL_LINE = re.compile(
    r"\s*(?:文章来源|本文来源|来源|责任编辑|责编|编辑|校对|记者|作者|本文源自|原标题)\s*[::/|].{0,60}"
)


def body(text: str) -> str:
    """Give the news of a text."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    lines = [line for line in folded.split("\n") if line.strip()]
    while len(lines) > 1 and _TAIL_LINE.fullmatch(lines[-1]):
        lines.pop()
    kept = "\n".join(lines)
    for cut in (_HEAD, _DATELINE):
        found = cut.match(kept)
        if found and found.end() < len(kept):
            kept = kept[found.end() :]
    found = _CLOSING.search(kept)
    return kept[: found.start()] if found and found.start() else kept
