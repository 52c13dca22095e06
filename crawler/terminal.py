"""Words from pages on a terminal. Pure."""


def printable(text: str) -> str:
    r"""Give `text` with every character that a terminal would obey written out (`\x1b`), on one line.

    >>> printable("涨停\x1b[2J\n")
    '涨停\\x1b[2J\\n'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
