"""Download handler for http and https that honours the MIRRORS setting.

From: requests for the original URLs. Gives: responses under the original URLs, whatever server gave them.
Refuses: origins that MIRRORS maps to null (`MirrorRefusedError`, counted in `mirrors/refused`).

Only this module and the wire know the mirror's address. (Also the signals `bytes_received` and `headers_received`,
which Scrapy's handler sends with the request as it goes out, and the text of a time-out.)
"""

from urllib.parse import urldefrag

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.mirrors import MirrorRefusedError, Mirrors, split_origin


class MirrorDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's own HTTP/1.1 handler, with MIRRORS between the request and the wire."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.mirrors = Mirrors.parse(crawler.settings.get("MIRRORS", {}))

    async def download_request(self, request: Request) -> Response:
        """Fetch the request from its mirror, or as it is when it has none. Raises `MirrorRefusedError`."""
        try:
            target = self.mirrors.target(request.url)
        except MirrorRefusedError:
            self.crawler.stats.inc_value("mirrors/refused")
            raise
        if target is None:
            return await super().download_request(request)
        sent = to_mirror(request, target)
        try:
            response = await super().download_request(sent)
        finally:
            # AutoThrottle and the books read it from the request they know; set even when the body times out.
            if "download_latency" in sent.meta:
                request.meta["download_latency"] = sent.meta["download_latency"]
        return from_mirror(response, request.url, self.mirrors)


def to_mirror(request: Request, target: str) -> Request:
    """Copy the request to the mirror's address: with the original `Host`, and past any proxy.

    Proxies of the environment arrive here as meta `proxy` too, put there by HttpProxyMiddleware.
    """
    split = split_origin(request.url)
    assert split is not None  # noqa: S101 - only a URL with an origin has a target
    headers = request.headers.copy()
    headers.setdefault("Host", split[0].partition("://")[2])
    headers.pop("Proxy-Authorization", None)
    meta = {key: value for key, value in request.meta.items() if key != "proxy"}
    return request.replace(url=target, headers=headers, meta=meta)


def from_mirror(response: Response, url: str, mirrors: Mirrors) -> Response:
    """Copy the mirror's response under the URL that was asked, redirects to the mirror turned back."""
    location = response.headers.get("Location")
    if location is not None:
        # surrogateescape: a Location in some legacy encoding passes through byte for byte
        text = location.decode(errors="surrogateescape")
        response.headers["Location"] = mirrors.original(text, url).encode(errors="surrogateescape")
    # Not response.replace(): that would detect the encoding of every page and then pass it off as declared.
    kept = {name: getattr(response, name) for name in Response.attributes if name != "url"}
    return type(response)(url=urldefrag(url).url, **kept)
