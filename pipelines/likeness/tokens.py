"""A text as comparable words: numbers, days, times and tickers whole and in one form, Chinese by the character.

    #30 %5 ^1        a number, a percentage, percentage points: 3000万元 and 0.3亿 are #30000000, 25个基点 is ^0.25
    @2021-12-8 @-12- @今日 @q1-3    a day, a month, a year or a period, with what is told of it
    ~15:0            a time of the day
    &600519          a security's code
    ff nio et7       a Latin word

Gives tuples of such words; punctuation is none. Days are left as they are told: what 今日 means, `days` tells.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from pipelines.likeness.numerals import digits
from pipelines.likeness.words import one_name

_MULTIPLIERS = dict(zip("百 千 万 十万 百万 千万 亿 十亿 百亿 千亿 万亿".split(), range(2, 13), strict=True)) | {
    None: 0
}
_PARTS = {"%": ("%", 0), "‰": ("%", -1), "‱": ("%", -2)}
_WEEKDAYS = dict(zip("一二三四五六天", "123456日", strict=True))
_ONE_NAME = {"今天": "今日", "昨天": "昨日", "明天": "明日", "上个月": "上月", "下个月": "下月"}
_PERIODS = {"three": "q1-3", "half": "h1", "second": "h2", "first": "q1", "spring": "q1"}

_MONTH = r"1[0-2]|0?[1-9]"
_DAY = r"3[01]|[12]\d|0?[1-9]"
_HOUR = r"2[0-4]|1\d|0?\d"
_WORD = re.compile(
    r"(?P<run>[^\W\d_a-z今昨前明去本上下第首早晚凌傍人周星]+)|"  # most of a text, told first because that is fast
    r"(?:周|星期)(?P<weekday>[1-6日天一二三四五六](?![期年]))|"
    r"\((?:[a-z]{2,6}[:.])?(?P<bare>\d{5,6})\)|"
    r"(?<![a-z\d.])(?P<listed>\d{1,6})\.(?:sh|sz|bj|hk|ss|nq|of)(?![a-z])|"
    r"(?<![a-z\d.])(?:sh|sz|bj|hk)(?P<prefixed>\d{5,6})(?!\d)|"
    r"(?<![a-z\d.])(?P<foreign>[a-z]{1,5})\.(?:us|o|n)(?![a-z])|"
    r"\((?:nasdaq|nyse|纳斯达克|纽交所)\s*:\s*(?P<abroad>[a-z.]{1,6})\)|"
    r"(?P<ago>今[日天年]|昨[日天]|明[日天年]|去年|(?<![目当此之以])前[日年]|本月|上个?月|下个?月)|"
    r"(?:前3季度?|(?<!\d)1-9月份?|前9个?月)(?P<three>)|"
    r"(?:上半年度?|半年度|(?<!\d)1-6月份?|前6个?月|(?<![a-z])h1(?!\d))(?P<half>)|"
    r"(?:下半年|(?<![a-z])h2(?!\d))(?P<second>)|"
    r"第?(?P<quarter>[1-4])季度?|(?<![a-z\d])q(?P<q>[1-4])(?!\d)|"
    r"首季度?(?P<first>)|(?<!\d)1-3月份?(?P<spring>)|"
    rf"(?<!\d)(?P<y>(?:19|20)\d\d)(?:年|[-/.](?=\d{{1,2}}[-/.]\d))"
    rf"(?:度|(?P<m>{_MONTH})(?:月份?|[-/.](?=\d))(?:(?P<d>{_DAY})(?:[日号]|(?![\d.%]))(?![年内]))?)?|"
    rf"(?<![\d.-])(?P<m2>{_MONTH})月(?:(?P<d2>{_DAY})[日号]|份)?(?!期)|"
    rf"(?<![\d.第续近前后上每过来历超约达共])(?P<d3>{_DAY})日(?![均线内游累])|"  # not 连续5日, 60日均线
    rf"(?:(?P<pm>下午|晚间?|傍晚)|上午|凌晨|早[上间]?)?(?<!\d)(?<!\d[.:])(?P<h>{_HOUR})"
    r"(?::(?P<min>[0-5]\d)(?::[0-5]\d)?|[时点](?:(?P<min2>[0-5]?\d)分|(?P<half_past>半)|整))(?!\d)|"
    rf"(?:(?P<pm2>下午|晚间?|傍晚)|上午|凌晨)(?P<h2>{_HOUR})[时点](?!\d)|"
    r"(?:人民币)?(?P<sign>(?:(?<=[为至达降跌是(,:、\s])|^)[-−])?(?P<n>\d+(?:\.\d+)?)[多余]?"
    r"(?:(?P<unit>个?百分点|pct|个?基点|个?bps?(?![a-z])|%|‰|‱)"
    r"|(?P<times>[百千万]亿|亿|[十百千]万|[万百]|千(?![米瓦克卡伏赫]))?(?:元人民币|元(?![宇旦素件器])|人民币)?)|"
    r"[a-z]+(?:[a-z\d]*[a-z\d](?!\d*[月年]))?|\d+[a-z]+[a-z\d]*|[^\W\d_]"
)
_NO_PART = re.compile(r"(?<=\d),(?=\d{3}(?!\d))|(?<=[^\x00-\x7f])[ \t]+|[ \t]+(?=[^\x00-\x7f])")
"""Commas within a number, and blanks beside a character that is no Latin one."""
_SENTENCE_END = re.compile(r"[。!?;\n]")
_SIGNS = "#%^@~&"

DAY = re.compile(r"@\d*-\d*-\d+|@周.")
"""A word that says of which day it speaks."""


def sentences(text: str) -> tuple[tuple[str, ...], ...]:
    """Give the words of a folded text, by sentences; what has no words is no sentence."""
    plain = one_name(_NO_PART.sub("", digits(text)))
    return tuple(filter(None, map(_words, _SENTENCE_END.split(plain))))


def comparable(words: Iterable[str]) -> str:
    """Give the letters and digits of words, but for the codes of securities: one medium adds them, another not."""
    return "".join(word if len(word) == 1 else word.strip(_SIGNS) for word in words if word[0] != "&")


def is_number(word: str) -> bool:
    """Tell whether a word is a number, a percentage or a time of the day."""
    return word[0] in "#%^~"


def _words(sentence: str) -> tuple[str, ...]:
    words: list[str] = []
    for match in _WORD.finditer(sentence):
        if match.lastgroup == "run":
            words += match[0]
        else:
            words.append(_SPELT[match.lastgroup](match))
    return tuple(words)


def _code(match: re.Match[str]) -> str:
    code = match[str(match.lastgroup)]
    return f"&{int(code) if code.isdecimal() else code}"


def _ago(match: re.Match[str]) -> str:
    return "@" + _ONE_NAME.get(match[0], match[0])


def _weekday(match: re.Match[str]) -> str:
    return "@周" + _WEEKDAYS.get(match["weekday"], match["weekday"])


def _period(match: re.Match[str]) -> str:
    return "@" + _PERIODS.get(str(match.lastgroup), f"q{match['quarter'] or match['q']}")


def _day(match: re.Match[str]) -> str:
    month, day = match["m"] or match["m2"], match["d"] or match["d2"] or match["d3"]
    return f"@{match['y'] or ''}-{int(month) if month else ''}-{int(day) if day else ''}"


def _time(match: re.Match[str]) -> str:
    hour = int(match["h"] or match["h2"])
    minute = int(match["min"] or match["min2"] or 30 * bool(match["half_past"]))
    late = (match["pm"] or match["pm2"]) and hour < 12
    return f"~{hour + 12 * bool(late)}:{minute}"


def _number(match: re.Match[str]) -> str:
    number, unit = match["n"], match["unit"]
    if unit:
        kind, shift = _PARTS.get(unit, ("^", -2 if "基" in unit or "b" in unit else 0))
    else:
        kind, shift = "#", _MULTIPLIERS[match["times"]]
    if shift or "." in number:
        number = f"{Decimal(number).scaleb(shift).normalize():f}"
    return f"{kind}{'-' if match['sign'] else ''}{number}"


_SPELT: dict[str | None, Callable[[re.Match[str]], str]] = {
    **dict.fromkeys("bare listed prefixed foreign abroad".split(), _code),
    **dict.fromkeys("three half second quarter q first spring".split(), _period),
    **dict.fromkeys("y m d m2 d2 d3".split(), _day),
    **dict.fromkeys("pm h min min2 half_past pm2 h2".split(), _time),
    **dict.fromkeys("sign n unit times".split(), _number),
    "ago": _ago,
    "weekday": _weekday,
    None: lambda match: match[0],
}
"""How a word of each form is written, by the last group of its pattern that matched."""
