"""The text of a page: its bytes, read in the one charset they can be in.

From the bytes and the charset declared for them. Gives the text. All pages there are were written in UTF-8 or, at
East Money before about 2016, in GBK. What can be read as UTF-8 is: text in GBK practically never can, so where a
header claims otherwise, the header is wrong.
Raises PageLayoutError for bytes that are neither UTF-8 nor what is declared, for any other charset, and for a page
too long to be one: never a replacement character in the place of a letter. One that stands in the page itself, as
some do, stays.
"""

from crawler.pages.errors import PageLayoutError

MAX_BYTES = 16_000_000
"""As DOWNLOAD_MAXSIZE has it, for whoever reads pages from elsewhere; the largest lists have some MB."""

_GBK = frozenset({"gb2312", "gbk", "gb18030", "hz-gb-2312", "cp936"})


def decoded(body: bytes, declared: str, url: str) -> str:
    """Give the text of a page of which a header, or the page itself, declares the charset."""
    if len(body) > MAX_BYTES:
        raise PageLayoutError(url, f"{len(body)} bytes")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if declared.lower() not in _GBK:
            raise PageLayoutError(url, f"no UTF-8 ({error.reason}), declared {declared[:40]!r}") from error
    try:
        return body.decode("gb18030")
    except UnicodeDecodeError as error:
        raise PageLayoutError(url, f"neither UTF-8 nor GBK ({error.reason})") from error
