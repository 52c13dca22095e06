"""Download handler for http and https that honours the MIRRORS setting, and keeps to the public network.

From: requests for the original URLs. Gives: responses under the original URLs, whatever server gave them.
Refuses: origins that MIRRORS maps to null (`MirrorRefusedError`, counted in `mirrors/refused`); names that resolve
to an address that is not public (`PrivateAddressError`, counted in `hosts/private`), unless a mirror or the
operator's own FINEWS_SITE is meant; headers of more than `HEADER_BYTES_MAX`.
Not covered: a proxy resolves names by itself.

Only this module and the wire know the mirror's address. (Also the signals `bytes_received` and `headers_received`,
which Scrapy's handler sends with the request as it goes out, and the text of a time-out.)
"""

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urldefrag, urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web._newclient import BODY, DONE
from twisted.web._newclient import Request as SentRequest
from twisted.web.iweb import IResponse

from crawler.mirrors import MirrorRefusedError, Mirrors, split_origin
from crawler.urls import SITE_HOSTS

HEADER_BYTES_MAX = 256 * 2**10
"""Of a response. Real ones have 1 KB; Twisted takes lines of 16 KB at most, but any number of them."""


class PrivateAddressError(IgnoreRequest):
    """A name of the public network leads to a machine of the operator's own: nothing was sent."""


class HeaderTooLargeError(Exception):
    """A response whose header does not end."""


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's side of a connection, which closes it when a header does not end."""

    header_bytes = 0

    def request(self, request: SentRequest) -> Deferred[IResponse]:
        """Send a request."""
        self.header_bytes = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take what arrives, a piece of up to 64 KB."""
        if self._parser is not None and self._parser.state not in {BODY, DONE}:
            self.header_bytes += len(data)
            if self.header_bytes > HEADER_BYTES_MAX + 2**16:  # the last piece may be body already
                error = HeaderTooLargeError(f"{self.header_bytes} bytes of header")
                self._giveUp(Failure(error))  # type: ignore[no-untyped-call]  # Twisted's
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]  # the same


class BoundedFactory(_LenientHTTP11ClientFactory):
    """Builds `BoundedProtocol`."""

    def buildProtocol(self, addr: IAddress | None) -> BoundedProtocol:  # noqa: ARG002, N802 - Twisted's signature
        """Give the protocol for a new connection."""
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]  # the same


class MirrorDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's own HTTP/1.1 handler, with MIRRORS between the request and the wire."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = BoundedFactory  # noqa: SLF001 - as Scrapy itself sets it
        self.mirrors = Mirrors.parse(crawler.settings.get("MIRRORS", {}))
        site = urlsplit(crawler.settings.get("FINEWS_SITE", "")).hostname or ""
        self.own_hosts = {site} - SITE_HOSTS
        # Twisted would repeat what a dying connection had sent, unseen by the pace, the breaker and the books.
        self._pool.retryAutomatically = False

    async def download_request(self, request: Request) -> Response:
        """Fetch the request from its mirror, or as it is when it has none.

        Raises `MirrorRefusedError`, `PrivateAddressError`.
        """
        try:
            target = self.mirrors.target(request.url)
        except MirrorRefusedError:
            self.crawler.stats.inc_value("mirrors/refused")
            raise
        if target is None:
            if "proxy" not in request.meta:
                await self.refuse_private(urlsplit(request.url).hostname or "")
            return await super().download_request(request)
        sent = to_mirror(request, target)
        try:
            response = await super().download_request(sent)
        finally:
            # AutoThrottle and the books read it from the request they know; set even when the body times out.
            if "download_latency" in sent.meta:
                request.meta["download_latency"] = sent.meta["download_latency"]
        return from_mirror(response, request.url, self.mirrors)

    async def refuse_private(self, host: str) -> None:
        """Raise `PrivateAddressError` for a host whose address is not public.

        Scrapy connects to the address found here: it asks the same resolver, which keeps it for the whole run.
        """
        if host in self.own_hosts:
            return
        from twisted.internet import reactor  # noqa: PLC0415 - importing it chooses one

        with suppress(DNSLookupError):  # a name that leads nowhere: the request itself will say so
            address = await maybe_deferred_to_future(reactor.resolve(host))  # type: ignore[arg-type]  # wrongly declared
            if not is_public(address):
                self.crawler.stats.inc_value("hosts/private")
                raise PrivateAddressError(f"{host} is {address}, which is not public")


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public network: no private, loopback, link-local or shared one."""
    found = ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_global and not found.is_multicast


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
