"""What upstream's articles and lists have in common, whichever endpoint answers.

From single values of JSON or HTML: words with stray tags, leads, bodies, times, codes of securities. Gives them
as the fields of a `Post` hold them.
A value of another type than expected says nothing. Refuses only what is about another article (PayloadError).
"""

import re
from html import unescape
from typing import Any

from crawler.items import Body, Mark, Post
from crawler.pages.body import parse_fragment
from crawler.pages.markup import parseable
from crawler.pages.payload import PayloadError
from crawler.pages.render import as_written, visible
from crawler.pages.times import printed
from crawler.securities import InvalidSecidError, candidates, kind, secid
from crawler.urls import post_id

# Tags that stand in titles and leads, with ASCII attributes only: `PE<10且PB>1` holds none.
_TAG = re.compile(r"</?(?:a|b|br|em|font|i|p|span|strong|sub|sup|u)(?:\s[ -;=?-~]*)?/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_LEADING_TITLE = re.compile(r"\s*【(?P<title>[^】]*)】")
_SECID = re.compile(r"(?P<market>[0-9]{1,4})[.,](?P<code>[0-9A-Za-z_-]+)")
_SIX_DIGITS = re.compile(r"[0-9]{6}")


def words(value: Any) -> str:
    """Give a title, a name or a code as plain text on one line; empty for anything but text and numbers.

    Two blanks inside stay two: the site spells the category of a medium by them.
    """
    return _tidy(_plain(value))


def lines(value: Any) -> str:
    """Give a lead or a flash as plain text, its lines joined by a line feed."""
    return "\n".join(line for part in _plain(value).splitlines() if (line := _tidy(part)))


def _tidy(text: str) -> str:
    return as_written(text.replace("\u3000", " "))


def _plain(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), _TAG.sub("", parseable(str(value))))


def after_title(text: str) -> tuple[str, str]:
    """Split a flash `【title】text` into the two; the title is empty where none leads.

    >>> after_title("【央行开展逆回购】今日【1000亿元】操作。")
    ('央行开展逆回购', '今日【1000亿元】操作。')
    """
    found = _LEADING_TITLE.match(text)
    return (found["title"].strip(), text[found.end() :].strip()) if found else ("", text)


def lead(value: Any, title: str, text: str) -> str | None:
    """Give the lead of an article; None where it is a placeholder that repeats the title, or is all the text."""
    said = after_title(lines(value))[1]
    return None if said in {"", title, text} else said


def names(value: Any) -> str | None:
    """Give the people that a field or a list names, joined by blanks; None where it names nobody."""
    people = value if isinstance(value, list) else [value]
    return " ".join(name for one in people if (name := words(one))) or None


def check_code(named: list[Any], code: str, url: str) -> None:
    """Refuse an answer about another article than `code`; one that names none is about the one asked for.

    Raises PayloadError.
    """
    posts = {post for value in named if (post := post_id(words(value)))}
    if posts and post_id(code) not in posts:
        raise PayloadError(url, f"about {', '.join(sorted(posts))}, not {code}")


def body(fragment: str, base: str) -> Body:
    """Parse an article's body, also one whose tags were all escaped once too often."""
    if "<" not in fragment and "&lt;p" in fragment:
        fragment = unescape(fragment)
    return parse_fragment(fragment, base)


def stamp(post: Post, value: Any) -> None:
    """Fill the time of a post. One that cannot be read stays as printed, for the normalise stage to refuse."""
    raw = words(value)
    if not raw:
        return
    post.published_raw, post.published_zoned = raw, True
    try:
        first, last = printed(raw)
    except ValueError:
        return
    post.published_at, post.published_min, post.published_max = first, first, last


def related(values: Any) -> list[Mark]:
    """Give the securities a list of upstream's names: secids, `{"Code": ..., "Name": ...}`, bare codes.

    Each once, in order. What cannot be told without a guess is left out.
    """
    marks: dict[str, Mark] = {}
    for value in values if isinstance(values, list) else []:
        row = value if isinstance(value, dict) else {"Code": value}
        found = _secid(words(row.get("QuoteID") or row.get("Code") or row.get("code")))
        if found:
            name = visible(words(row.get("Name") or row.get("name")))
            marks.setdefault(found, Mark(found, name, "upstream"))
    return list(marks.values())


def _secid(code: str) -> str | None:
    """Give the secid of `1.601628` or `601628.SH`, and of a bare code that only one market gives, to a stock.

    601628 can only be Shanghai's. 000001 is a stock in Shenzhen and an index in Shanghai, 002353 a stock, an
    open-end fund, and in Shanghai's range for treasuries: both stay out.
    """
    try:
        if found := _SECID.fullmatch(code):
            return secid(found["market"], found["code"])
        if _SIX_DIGITS.fullmatch(code):
            possible = [one for one in (secid(0, code), secid(1, code)) if kind(one) != "other"]
            return possible[0] if len(possible) == 1 and kind(possible[0]) == "stock" else None
    except InvalidSecidError:
        return None
    possible = candidates(code)
    return possible[0] if len(possible) == 1 else None
