"""Damage done to a valid page: mostly a little, so that much of it still parses; now and then a lot. Pure."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

_JSON = re.compile(r"\s*(?:[\w.$ =]+\(?)?\s*\{")
"""JSON, and JSONP: a call or an assignment around it."""

WORDS = [
    *("", " ", "\n", "\r\n", "\t", "\0", "\x1b[2J", "\u00a0", "\u3000", "\u200b", "\u0301", "\u2028", "\ufffd"),
    *(
        "\ud800",
        "\U0001f600",
        "甲乙丙",
        "（文章来源：甲报）",
        "责任编辑：乙",
        "【甲】",
        "*",
        "|",
        "`",
        "~~",
        "- ",
        "1. ",
    ),
    *("&", "&amp;", "&#0;", "&#xD800;", "&nbsp;", "&lt;script&gt;", "]]>", "<!--", "-->", "<![CDATA[", "<?x ?>"),
    *("$where", "$$NOW", "a.b", "__proto__", "%s%n", "{0}", "../../etc/passwd", "é" * 40, "0" * 400),
    *("2022-02-30 25:61:61", "0000-00-00", "9999-12-31 23:59:59", "1e309", "NaN", "-0", "٣"),
]
"""What gets into the middle of words."""

TAGS = (
    "p div span a b strong i em sub sup br hr img ul ol li table tbody tr td th caption h1 h2 small pre code"
    " center blockquote section script style textarea title body html svg math select template iframe"
).split()
ATTRIBUTES = [
    *(
        'href="javascript:alert(1)"',
        'href="//[::1"',
        'href="http://a\tb"',
        'src="data:x"',
        'src=""',
        'onclick="x()"',
    ),
    *('style="display:none"', "hidden", 'class="em_media"', 'data-code="1,600519"', 'data-code="|||"', 'id="TAG"'),
    *('class="em_stock_key_common"', 'title="', 'class="wrapper"', 'rel="alternate"', 'type="html"'),
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**400, "", "甲", "\ud800", "-", "2022-02-30", "1e309", "9" * 5000, [], {}),
    *([None], [[]], {"": None}, {"$gt": ""}, ["甲", 1, None]),
]
"""What stands in the place of a value of JSON."""


def mutated(text: str, choose: random.Random) -> str:
    """Give `text` with one to three changes."""
    for _ in range(choose.choice((1, 1, 1, 2, 3))):
        ways = [_inserted, _inserted, _cut, _doubled, _moved, _tagged, _nested]
        if _JSON.match(text):
            ways += [_replaced] * 6 + [_reworded] * 20  # other damage to JSON mostly makes it none
        text = choose.choice(ways)(text, choose)
    return text


def _place(text: str, choose: random.Random) -> int:
    return choose.randrange(len(text) + 1)


def _inserted(text: str, choose: random.Random) -> str:
    place = _place(text, choose)
    return text[:place] + choose.choice(WORDS) + text[place:]


def _cut(text: str, choose: random.Random) -> str:
    place = _place(text, choose)
    # 4 times in 5 a few characters; else whatever follows, up to all of it: a truncated body.
    length = choose.randrange(40) if choose.random() < 0.8 else choose.randrange(len(text) + 1)
    return text[:place] + text[place + length :]


def _doubled(text: str, choose: random.Random) -> str:
    start = _place(text, choose)
    part = text[start : start + choose.randrange(400)]
    return text[:start] + part * choose.choice((2, 2, 30)) + text[start + len(part) :]


def _moved(text: str, choose: random.Random) -> str:
    start, end = sorted((_place(text, choose), _place(text, choose)))
    part, rest = text[start : start + 80], text[:start] + text[start + 80 :]
    return rest[:end] + part + rest[end:]


def _tagged(text: str, choose: random.Random) -> str:
    place = _place(text, choose)
    tag = choose.choice(TAGS)
    word = choose.choice([f"<{tag} {choose.choice(ATTRIBUTES)}>", f"<{tag}>", f"</{tag}>", f"<{tag}"])
    return text[:place] + word + text[place:]


def _nested(text: str, choose: random.Random) -> str:
    place = _place(text, choose)
    # 300 is deeper than lxml's own bound for markup it trusts; 20,000 is deeper than Python's stack.
    depth = choose.choice((2, 30, 300, 20_000))
    opening = choose.choice(["<div>", "<ul><li>", "<b>", "<table><tr><td>", "[", '{"a":'])
    return text[:place] + opening * depth + text[place:]


def _replaced(text: str, choose: random.Random) -> str:
    """Give JSON, or JSONP, with one value replaced or left out; text that is none as it was."""

    def change(holder: Any, key: Any) -> None:
        if isinstance(holder, dict) and choose.random() < 0.2:
            del holder[key]
        else:
            holder[key] = choose.choice(VALUES)

    return _changed(text, choose, change)


def _reworded(text: str, choose: random.Random) -> str:
    """Give JSON, or JSONP, with a word put into a string, or another number; text that is none as it was."""

    def change(holder: Any, key: Any) -> None:
        value = holder[key]
        if isinstance(value, str):
            holder[key] = _inserted(value, choose)
        elif isinstance(value, int | float):
            holder[key] = choose.choice((value + 1, -value, value // 3, 0.1))

    return _changed(text, choose, change)


def _changed(text: str, choose: random.Random, change: Callable[[Any, Any], None]) -> str:
    before, held, after = text.partition("{")
    inner = (held + after).rstrip("); \n")
    try:
        answer = json.loads(inner)
    except (ValueError, RecursionError):
        return text
    if not (holders := _holders(answer)):
        return text
    holder = choose.choice(holders)
    change(holder, choose.choice(list(holder) if isinstance(holder, dict) else range(len(holder))))
    return before + json.dumps(answer, ensure_ascii=choose.random() < 0.5) + text[len(before) + len(inner) :]


def _holders(answer: Any) -> list[Any]:
    """Give every object and array that holds something."""
    found, waiting = [], [answer]
    while waiting:
        value = waiting.pop()
        if isinstance(value, (dict, list)) and value:
            found.append(value)
            waiting += value.values() if isinstance(value, dict) else value
    return found
