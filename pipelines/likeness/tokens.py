"""A text as comparable words: numbers, days, tickers and Latin words whole, Chinese by the character."""

import re

_TOKEN = re.compile(r"\d{1,2}日|\d+(?:\.\d+)?%?|[a-z]+|[^\W\d_a-z]")
DAY = re.compile(r"\d{1,2}日")


def tokens(text: str) -> tuple[str, ...]:
    """Give the words of a folded text."""
    return tuple(_TOKEN.findall(re.sub(r"(?<=\d),(?=\d{3})", "", text)))


def comparable(words: tuple[str, ...]) -> str:
    """Give the letters and digits of words."""
    return "".join(words)


def is_number(token: str) -> bool:
    """Tell whether a word is a number."""
    return token[0].isdigit()
