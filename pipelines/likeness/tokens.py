"""A text as comparable words: numbers, days, times and tickers whole and in one form, Chinese by the character.

    #30 %5 ^1        a number, a percentage, percentage points: 3000万元 and 0.3亿 are #30000000, 25个基点 is ^0.25
    @2021-12-8 @-12- @今日 @q1-3    a day, a month, a year or a period, with what is told of it
    ~15:0            a time of the day
    &600519          a security's code
    ff nio et7       a Latin word

Gives tuples of such words; punctuation is none. Days are left as they are told: what 今日 means, `days` tells.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from pipelines.likeness.numerals import digits
from pipelines.likeness.words import one_name


_MULTIPLIERS = {
    "": 0,
    "百": 2,
    "千": 3,
    "万": 4,
    "十万": 5,
    "百万": 6,
    "千万": 7,
    "亿": 8,
    "十亿": 9,
    "百亿": 10,
    "千亿": 11,
    "万亿": 12,
}
_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_RELATIVE = "今日|今天|昨日|昨天|明日|明天|今年|去年|明年|(?<![目当此之以])前[日年]|本月|上月|上个月|下月|下个月"
_ONE_NAME = {"今天": "今日", "昨天": "昨日", "明天": "明日", "上个月": "上月", "下个月": "下月"}
_PERIODS = {"three": "@q1-3", "half": "@h1", "second": "@h2", "first": "@q1", "spring": "@q1"}
_WEEKDAYS = dict(zip("一二三四五六天", "123456日", strict=True))
_PARTS = {"%": ("%", 0), "‰": ("%", -1), "‱": ("%", -2)}
_WORD = re.compile(
    r"[^\W\d_a-z今昨前明去本上下第首早晚凌傍人周星]"  # most characters, told first because that is fast
    r"|(?:周|星期)(?P<weekday>[1-6日天一二三四五六](?![期年]))|"
    r"\((?:[a-z]{2,6}[:.])?(?P<bare>\d{5,6})\)"
    r"|(?<![a-z\d.])(?P<listed>\d{1,6})\.(?:sh|sz|bj|hk|ss|nq|of)(?![a-z])"
    r"|(?<![a-z\d.])(?:sh|sz|bj|hk)(?P<prefixed>\d{5,6})(?!\d)"
    r"|(?<![a-z\d.])(?P<foreign>[a-z]{1,5})\.(?:us|o|n)(?![a-z])"
    r"|\((?:nasdaq|nyse|纳斯达克|纽交所)\s*:\s*(?P<abroad>[a-z.]{1,6})\)"
    r"|(?P<ago>" + _RELATIVE + ")"
    r"|(?:前3季度?|(?<!\d)1-9月份?|前9个?月)(?P<three>)"
    r"|(?:上半年度?|半年度|(?<!\d)1-6月份?|前6个?月|(?<![a-z])h1(?!\d))(?P<half>)"
    r"|(?:下半年|(?<![a-z])h2(?!\d))(?P<second>)"
    r"|(?:第?(?P<quarter>[1-4])季度?|首季度?(?P<first>)|(?<![a-z\d])q(?P<q>[1-4])(?!\d)|(?<!\d)1-3月份?(?P<spring>))"
    r"|(?<!\d)(?P<y>(?:19|20)\d\d)(?:年|[-/.](?=\d{1,2}[-/.]\d))"
    r"(?:度|(?P<m>1[0-2]|0?[1-9])(?:月份?|[-/.](?=\d))(?:(?P<d>3[01]|[12]\d|0?[1-9])(?:[日号]|(?![\d.%]))(?![年内]))?)?"
    r"|(?<![\d.-])(?P<m2>1[0-2]|0?[1-9])月(?:(?P<d2>3[01]|[12]\d|0?[1-9])[日号]|份)?(?!期)"
    r"|(?<![\d.第续近前后每过来历超约达共])(?P<d3>3[01]|[12]\d|0?[1-9])日(?![均线内游累])"
    r"|(?:(?P<pm>下午|晚间?|傍晚)|上午|凌晨|早[上间]?)?(?<!\d)(?<!\d[.:])(?P<h>2[0-4]|1\d|0?\d)"
    r"(?::(?P<min>[0-5]\d)(?::[0-5]\d)?|(?:时|点)(?:(?P<min2>[0-5]?\d)分|(?P<half_past>半)|整))(?!\d)"
    r"|(?:(?P<pm2>下午|晚间?|傍晚)|上午|凌晨)(?P<h2>2[0-4]|1\d|0?\d)[时点](?!\d)"
    r"|(?:人民币)?(?P<sign>(?:(?<=[为至达降跌是(,:;、\s])|^)[-−])?(?P<n>\d+(?:\.\d+)?)[多余]?"
    r"(?:(?P<unit>个?百分点|pct|个?基点|个?bps?(?![a-z])|%|‰|‱)"
    r"|(?P<times>[百千万]亿|亿|[十百千]万|[万千百])?(?:元人民币|元(?![宇旦素件器])|人民币)?)"
    r"|[a-z]+[a-z\d]*|\d+[a-z]+[a-z\d]*|[^\W\d_]"
)
DAY = re.compile(r"@\d*-\d*-\d+|@周.")
"""A word that says of which day it speaks."""


def tokens(text: str) -> tuple[str, ...]:
    """Give the words of a folded text."""
    plain = one_name(_COMMA.sub("", digits(text)))
    return tuple(_word(match) for match in _WORD.finditer(plain))


def comparable(words: Iterable[str]) -> str:
    """Give the letters and digits of words, without the codes of securities, which one medium adds and another not."""
    return "".join(word.strip("@#~^") for word in words if word[0] != "&")


def _word(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind is None:
        return match[0]
    named = match.groupdict()
    if kind in {"bare", "listed", "prefixed"}:
        return f"&{int(match[kind])}"
    if kind in {"foreign", "abroad"}:
        return f"&{match[kind]}"
    if kind == "ago":
        return "@" + _ONE_NAME.get(match["ago"], match["ago"])
    if kind == "weekday":
        return "@周" + _WEEKDAYS.get(match[kind], match[kind])
    if kind in _PERIODS:
        return _PERIODS[kind]
    if kind in {"quarter", "q"}:
        return f"@q{match[kind]}"
    if named["n"] is not None:
        return _number(match)
    if named["h"] or named["h2"]:
        hour, minute = int(named["h"] or named["h2"]), int(named["min"] or named["min2"] or 0)
        late = (named["pm"] or named["pm2"]) and hour < 12
        return f"~{hour + 12 * bool(late)}:{30 if named['half_past'] else minute}"
    year, month, day = named["y"], named["m"] or named["m2"], named["d"] or named["d2"] or named["d3"]
    return f"@{year or ''}-{int(month) if month else ''}-{int(day) if day else ''}"


def _number(match: re.Match[str]) -> str:
    number = Decimal(match["n"])
    sign = "-" if match["sign"] in ("-", "−") else ""
    if unit := match["unit"]:
        kind, shift = _PARTS.get(unit, ("^", -2 if "基" in unit or "b" in unit else 0))
    else:
        kind, shift = "#", _MULTIPLIERS[match["times"] or ""]
    return f"{kind}{sign}{number.scaleb(shift).normalize():f}"


def is_number(word: str) -> bool:
    """Tell whether a word is a number, a percentage or a time of the day."""
    return word[0] in "#%^~"
