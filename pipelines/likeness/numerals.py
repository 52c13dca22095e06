"""Chinese numerals as digits: 三成 -> 30%, 百分之五 -> 5%, 二十亿 -> 20亿, 十点半 -> 10点半, 二〇二一年 -> 2021年.

Gives plain text. A single numeral is a number only beside a word that counts (三家, 第三); 一方面 and 统一 stay.
"""

import re

_DIGITS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_SECTIONS = {"万": 10_000, "亿": 100_000_000}
_COUNTED = (
    "成个家名只股亿万元年月日号季倍次人项批期届轮天周秒吨辆套台艘笔档条位座部类线份支款宗起层所间场站头城省市县区国手桶"
    "根匹张颗粒瓶盒片袋箱栋幢枚口处例篇册双对排列队群折星集章门节"
)
_NUMERAL = "[零〇一二两三四五六七八九十]"
_RUN = rf"{_NUMERAL}[零〇一二两三四五六七八九十百千万亿]*(?:点[零〇一二三四五六七八九]+)?"
_FRACTION = re.compile(rf"([百千万])分之({_RUN}|\d+(?:\.\d+)?)")
_NUMBER = re.compile(
    rf"{_NUMERAL}(?:[零〇一二两三四五六七八九十百万亿]|千(?![米瓦克卡伏赫]))+(?:点[零〇一二三四五六七八九]+)?|{_NUMERAL}点[零〇一二三四五六七八九]+"
    rf"|(?<=[第近超逾约达共前后连每]){_NUMERAL}|{_NUMERAL}(?=[{_COUNTED}]|小时|分钟|时[零一二三四五六七八九十\d])|{_NUMERAL}(?=点(?:钟|半|整))"
)
_TENTHS = re.compile(
    r"(?<![\d.])(\d{1,2})成(?:(?P<fifth>[一二三四五六七八九\d](?!成|[家个年月]))|半)?(?![立功为本交果员都熟长])"
)


def digits(text: str) -> str:
    """Give the text with its numerals as digits; what counts in tenths (三成, 两成半) as a percentage."""
    found = _FRACTION.sub(_share, text)
    return _TENTHS.sub(_tenths, _NUMBER.sub(lambda match: value(match[0]), found))


def value(numeral: str) -> str:
    """Give the value of a run of numerals as digits: 三千五百万 -> 3500万, 一点二 -> 1.2, 二〇二一 -> 2021.

    What ends in 万 or 亿 keeps that unit, as numbers in digits do.
    """
    whole, _, decimals = numeral.partition("点")
    fraction = "".join(str(_DIGITS[digit]) for digit in decimals)
    section = re.search("(?:万亿|[万亿])$", whole)
    unit = section[0] if section and not fraction else ""
    number = whole.removesuffix(unit)
    if not set(number) & (_UNITS.keys() | _SECTIONS.keys()):
        spelt = "".join(str(_DIGITS[digit]) for digit in number)
    else:
        spelt = str(_counted(number))
    return spelt + (f".{fraction}" if fraction else "") + unit


def _counted(numeral: str) -> int:
    total = section = digit = 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            section += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            total = (total + section + digit) * _SECTIONS[character]
            section = digit = 0
    if digit and len(numeral) > 1 and numeral[-2] in "百千万亿":  # 一千五 is 1500
        digit *= {**_UNITS, **_SECTIONS}[numeral[-2]] // 10
    return total + section + digit


def _share(match: re.Match[str]) -> str:
    number = match[2] if match[2][0].isdigit() and match[2].isascii() else value(match[2])
    return number + {"百": "%", "千": "‰", "万": "‱"}[match[1]]


def _tenths(match: re.Match[str]) -> str:
    rest = _DIGITS.get(match["fifth"], match["fifth"]) or ("5" if match[0].endswith("半") else "0")
    return f"{int(match[1])}{rest}%"
