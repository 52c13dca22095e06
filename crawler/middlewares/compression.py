"""Compressed bodies: unpacked whole, or not at all.

From: responses with Content-Encoding. Gives: Scrapy's own middleware, repaired, and a body that is truncated or
garbled asked for again, as often as RETRY_TIMES says. Refuses, by name and counted in `compression/<name>`: a body
that stays so (`BrokenBodyError`), one that holds more than DOWNLOAD_MAXSIZE (`BodyTooLargeError`).

In Scrapy 2.19 a truncated or garbled gzip body gives whatever could be unpacked of it, as if that were the page.
"""

import zlib

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's numbers of the wrappings; some servers send deflate without its own
_MEMBERS_MAX = 8  # parts of a gzip body; servers send one. Each costs a copy of the rest


class BodyTooLargeError(IgnoreRequest):
    """A compressed body holds more than DOWNLOAD_MAXSIZE."""


class BrokenBodyError(IgnoreRequest):
    """A compressed body is truncated, garbled, or compressed in a way that was not asked for."""


class CompressionMiddleware(HttpCompressionMiddleware):
    """Takes the place of `HttpCompressionMiddleware` (590)."""

    def __init__(self, *, crawler: Crawler) -> None:
        super().__init__(crawler=crawler)
        self.crawler = crawler

    def process_request(self, request: Request) -> None:  # type: ignore[override]  # without the old argument
        """Ask for gzip and deflate: of the others, Scrapy does not tell a truncated body from a whole one."""
        request.headers.setdefault("Accept-Encoding", "gzip, deflate")

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # the same
        """Unpack a body, or ask for it again. Raises `BodyTooLargeError`, `BrokenBodyError`."""
        if not response.body:  # as of a 304, which may carry the header of what it stands for
            return response
        try:
            return super().process_response(request, response)
        except (BodyTooLargeError, BrokenBodyError) as error:
            self.crawler.stats.inc_value(f"compression/{type(error).__name__}")
            again = None
            if isinstance(error, BrokenBodyError) and self.crawler.spider:
                most = request.meta.get("max_retry_times", self.crawler.settings.getint("RETRY_TIMES"))
                again = get_retry_request(
                    request, spider=self.crawler.spider, reason=type(error).__name__, max_retry_times=most
                )
            if again is None:
                raise
            return again

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        return unpacked(body, encoding, max_size)


def unpacked(body: bytes, encoding: bytes, most: int) -> bytes:
    """Unpack a gzip or deflate body of at most so many bytes. Raises `BodyTooLargeError`, `BrokenBodyError`."""
    if encoding not in {b"gzip", b"x-gzip", b"deflate"}:
        raise BrokenBodyError(f"compressed with {encoding!r}, which was not asked for")
    try:
        if encoding != b"deflate":
            return _inflated(body, _GZIP, most)
        try:
            return _inflated(body, _ZLIB, most)
        except zlib.error:
            return _inflated(body, _RAW, most)
    except zlib.error as error:
        raise BrokenBodyError(f"garbled {encoding!r}: {error}") from error


def _inflated(body: bytes, wrapping: int, most: int) -> bytes:
    parts: list[bytes] = []
    for _ in range(_MEMBERS_MAX):
        member = zlib.decompressobj(wrapping)
        parts.append(member.decompress(body, most + 1))
        if sum(map(len, parts)) > most:
            raise BodyTooLargeError(f"more than {most} bytes unpacked")
        if not member.eof:
            raise BrokenBodyError("the body is truncated")
        body = member.unused_data
        if not body.strip(b"\0"):  # zeros may fill up the end
            return b"".join(parts)
    raise BrokenBodyError(f"more than {_MEMBERS_MAX} gzip members")
