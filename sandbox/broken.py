"""What can go wrong on the way, and what a hostile server does, by name: faults that know no host's pages.

From a request and the response it would have got. Gives `BROKEN`, which `sandbox.faults` adds to its own:
wrong lengths and encodings, broken compression, answers without end, redirects nobody should follow, headers
that contradict each other. Nothing here sends anything to the addresses it names.
"""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from sandbox.http import Request, Response, html

Wrong = Callable[[Request, Response], Response]
"""From a request and the right response to the one that comes instead."""

BOMB_BYTES = 256 * 2**20
"""What the gzip bomb holds; it travels as 250 KB. Far more than any client should unpack."""

HUGE_HEADER_BYTES = 4 * 2**20

_TEXTS = ("text/", "application/xml", "application/json", "application/javascript")


def _headers(response: Response, **changed: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return replace(response, headers={**response.headers, **named})


def _extra(response: Response, *lines: tuple[str, str]) -> Response:
    return replace(response, extra=lines)


def _manner(manner: str) -> Wrong:
    return lambda _request, response: replace(response, manner=manner)


def _place(request: Request, body: bytes) -> int:
    """Give a place inside a body: any, but for one address always the same."""
    return zlib.crc32(request.target.encode()) % max(len(body), 1)


def _cut(request: Request, response: Response) -> Response:
    return replace(response, body=response.body[: _place(request, response.body)])


def _zipped(response: Response, body: bytes) -> Response:
    return _headers(replace(response, body=body), Content_Encoding="gzip")


def _broken_gzip(_request: Request, response: Response) -> Response:
    packed = gzip.compress(response.body, mtime=0)
    middle = len(packed) // 2
    return _zipped(response, packed[:middle] + bytes(b ^ 0xFF for b in packed[middle:]))


def _cut_gzip(request: Request, response: Response) -> Response:
    packed = gzip.compress(response.body, mtime=0)
    return _zipped(response, packed[: max(20, _place(request, packed))])


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    blanks = b" " * 2**20
    return b"".join(packer.compress(blanks) for _ in range(BOMB_BYTES // len(blanks))) + packer.flush()


def _in_charset(response: Response, charset: str, declared: str | None) -> Response:
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if not kind.startswith(_TEXTS):
        return response
    body = response.body.decode("utf-8", "replace").encode(charset, "replace")
    declaration = f"; charset={declared}" if declared else ""
    return _headers(replace(response, body=body), Content_Type=kind + declaration)


def _redirect(to: str | None) -> Wrong:
    def redirected(request: Request, _response: Response) -> Response:
        return html("", 302, Location=(to or "") + request.target)

    return redirected


def _cookies(_request: Request, response: Response) -> Response:
    domains = ("com", "", "..", "eastmoney.com", "127.0.0.1", "a" * 300 + ".cn", "银行.cn", ".localhost")
    lines = [("Set-Cookie", f"c{n}=1; Domain={domain}; Path=/") for n, domain in enumerate(domains)]
    return _extra(response, *lines, ("Set-Cookie", "=;;; Domain=;"), ("Set-Cookie", "x" * 5000))


def _two_locations(request: Request, _response: Response) -> Response:
    return _extra(html("", 302, Location=request.target), ("Location", "https://elsewhere.example/"))


BROKEN: dict[str, tuple[str, Wrong]] = {
    "long-body": (
        "Content-Length promises less than the body holds",
        _manner("long"),
    ),
    "truncated": (
        "the body ends somewhere, and Content-Length agrees",
        _cut,
    ),
    "slow-drip": ("the body comes a byte at a time, twenty a second", _manner("drip")),
    "slow-header": ("the header comes a byte at a time, twenty a second", _manner("drip-header")),
    "endless": ("the body never ends, as fast as it is read", _manner("endless")),
    "endless-header": ("the header never ends, as fast as it is read", _manner("endless-header")),
    "huge-header": (
        "one header line of 4 MB",
        lambda _, response: _extra(response, ("X-Padding", "x" * HUGE_HEADER_BYTES)),
    ),
    "broken-gzip": ("Content-Encoding gzip, its second half garbled", _broken_gzip),
    "truncated-gzip": ("Content-Encoding gzip, which ends somewhere, and Content-Length agrees", _cut_gzip),
    "gzip-bomb": ("250 KB of gzip that hold 256 MB", lambda _, response: _zipped(response, _bomb())),
    "gbk-as-utf-8": (
        "texts are GBK and declared as UTF-8",
        lambda _, response: _in_charset(response, "gb18030", "utf-8"),
    ),
    "utf-8-as-gbk": (
        "texts are UTF-8 and declared as GBK",
        lambda _, response: _in_charset(response, "utf-8", "gbk"),
    ),
    "gbk-undeclared": (
        "texts are GBK, and the header declares no charset",
        lambda _, response: _in_charset(response, "gb18030", None),
    ),
    "utf-8-undeclared": (
        "texts are UTF-8, and the header declares no charset",
        lambda _, response: _in_charset(response, "utf-8", None),
    ),
    "redirect-loop": ("a redirect to the address that was asked", _redirect(None)),
    "redirect-elsewhere": ("a redirect to a host nobody knows", _redirect("https://elsewhere.example")),
    "redirect-metadata": ("a redirect to 169.254.169.254", _redirect("http://169.254.169.254")),
    "redirect-private": ("a redirect to 10.0.0.1", _redirect("http://10.0.0.1")),
    "redirect-loopback": ("a redirect to [::1]", _redirect("http://[::1]")),
    "redirect-localhost": ("a redirect to localhost, by name", _redirect("http://localhost")),
    "redirect-file": ("a redirect to a file of the client's machine", _redirect("file:///etc/hostname?")),
    "two-locations": ("a redirect with two Locations, itself and a host nobody knows", _two_locations),
    "two-types": (
        "two headers Content-Type, the second of another kind and charset",
        lambda _, response: _extra(response, ("Content-Type", "application/octet-stream; charset=gbk")),
    ),
    "two-lengths": (
        "two headers Content-Length that differ",
        lambda _, response: _extra(response, ("Content-Length", str(len(response.body) + 7))),
    ),
    "cookies": ("cookies for domains that are none, or are not the server's", _cookies),
    "not-modified": ("304 for everything, whether asked on a condition or not", lambda *_: Response(304)),
    "clock-back": (
        "the server's clock stands at the year 2000",
        lambda _, response: _headers(
            response, Date="Sat, 01 Jan 2000 00:00:00 GMT", Last_Modified="Sat, 01 Jan 2000 00:00:00 GMT"
        ),
    ),
    "clock-ahead": (
        "the server's clock stands at the year 2099",
        lambda _, response: _headers(
            response, Date="Thu, 01 Jan 2099 00:00:00 GMT", Last_Modified="Thu, 01 Jan 2099 00:00:00 GMT"
        ),
    ),
}
"""Faults by name: what happens, and the function that makes it happen."""
