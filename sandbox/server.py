"""The sandbox on one loopback port: hosts are told apart by the Host header.

    finews.withounder.com (and 127.0.0.1, localhost)       the site
    finews.zning.xyz, choicewzp1, app.jg .eastmoney.com    share pages and GetNewsText.do
    newsinfo.eastmoney.com                                 the article's JSON
    finance, stock, hk, ... .eastmoney.com                 article pages
    caifuhao.eastmoney.com                                 pages of Caifuhao posts
    np-listapi, np-weblist, newsapi .eastmoney.com         lists of news
    quote, push2, push2his .eastmoney.com                  instrument pages, quotes, daily bars
    control.sandbox                                        see `sandbox.control`

Pages of the site carry ETag and Last-Modified; conditional requests get 304. Every request but those to
control.sandbox is logged. Any other host gets 421: nothing the crawler asks for goes unnoticed.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from sandbox import bars, faults, http, instruments, list_hosts, quotes, upstream
from sandbox.bodies import Bodies
from sandbox.control import CONTROL_HOST, Control
from sandbox.http import Request, Response, html
from sandbox.jekyll import SITE
from sandbox.templates import NOT_FOUND_PATH
from sandbox.world import World

_SITE_HOSTS = {"finews.withounder.com", "127.0.0.1", "localhost"}
_SHARE_HOSTS = {"finews.zning.xyz", "choicewzp1.eastmoney.com", "app.jg.eastmoney.com"}
_ARTICLE_HOSTS = {
    f"{name}.eastmoney.com" for name in ("finance", "stock", "hk", "futures", "forex", "fund", "bond", "global")
}


def host_kind(host: str) -> str | None:
    """Tell which of `faults.HOSTS` a host name stands for; None: none of them."""
    if host in _SITE_HOSTS:
        return "site"
    if host in _SHARE_HOSTS:
        return "share"
    if host in _ARTICLE_HOSTS:
        return "article"
    return {
        "newsinfo.eastmoney.com": "newsinfo",
        "caifuhao.eastmoney.com": "caifuhao",
        "np-listapi.eastmoney.com": "listapi",
        "np-weblist.eastmoney.com": "weblist",
        "newsapi.eastmoney.com": "newsapi",
        "quote.eastmoney.com": "quote",
        "push2.eastmoney.com": "push2",
        "push2his.eastmoney.com": "push2his",
    }.get(host)


class Sandbox:
    """A world behind HTTP, with its faults and its log."""

    def __init__(self, world: World, asked_faults: list[faults.Fault], bodies: Bodies | None = None) -> None:
        self.world = world
        self.bodies = bodies or Bodies()
        self.faults = asked_faults
        self.log: list[dict[str, object]] = []
        self.served: Counter[str] = Counter()
        """Requests answered, by kind of host."""

        self._logged = asyncio.Condition()
        self._control = Control(self)

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        if request.host == CONTROL_HOST:
            return await self._control.handle(request)
        kind = host_kind(request.host)
        self.served[kind or "unknown"] += 1
        response, struck = self._answer(kind, request)
        self.log.append(
            {
                "host": request.host,
                "kind": kind,
                "method": request.method,
                "path": request.target,
                "status": response.status if response.is_sent else None,
                "fault": struck,
                "headers": dict(request.headers),
            }
        )
        async with self._logged:
            self._logged.notify_all()
        return response

    async def logged(self, count: int, path: str | None = None) -> None:
        """Wait until the log holds `count` requests; with `path`, so many for it, or for it with its query."""
        async with self._logged:
            await self._logged.wait_for(lambda: self._count(path) >= count)

    def _count(self, path: str | None) -> int:
        if path is None:
            return len(self.log)
        return sum(path in {entry["path"], str(entry["path"]).partition("?")[0]} for entry in self.log)

    def _answer(self, kind: str | None, request: Request) -> tuple[Response, str | None]:
        if kind is None:
            return html("<html><body><h1>421 Misdirected Request</h1></body></html>", 421), None
        response, struck = self._right_answer(kind, request), None
        for fault in self.faults:
            if fault.strikes(kind, self.served[kind], request):
                response, struck = fault.strike(request, response, self.world), fault.name
                break
        if kind == "site":
            response = _conditional(request, self._validated(response))
        return response, struck

    def _right_answer(self, kind: str, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return html("", 405)
        answers: dict[str, Callable[[], Response]] = {
            "site": lambda: self._site(request),
            "share": lambda: self.bodies.share(request) or upstream.share(self.world, request),
            "article": lambda: upstream.article(self.world, request),
            "newsinfo": lambda: self.bodies.newsinfo(request) or upstream.newsinfo(self.world, request),
            "caifuhao": lambda: upstream.caifuhao(self.world, request),
            "listapi": lambda: list_hosts.listapi(self.world, request),
            "weblist": lambda: list_hosts.weblist(self.world, request),
            "newsapi": lambda: list_hosts.newsapi(self.world, request),
            "quote": lambda: instruments.instrument(request),
            "push2": lambda: quotes.push2(request, self.world.now),
            "push2his": lambda: bars.push2his(self.world.now, request),
        }
        return answers[kind]()

    def _site(self, request: Request) -> Response:
        path = request.path
        if path == "/emnews":
            return html("", 301, Location=f"{SITE}/emnews/")
        # GitHub Pages finds x.html for /x.
        body = self.world.site.get(path) or self.world.site.get(f"{path}.html")
        if body is None:
            return html(self.world.site.get(NOT_FOUND_PATH) or b"", 404)
        kind = {
            "xml": "application/xml",
            "txt": "text/plain; charset=utf-8",
            "css": "text/css; charset=utf-8",
            "js": "application/javascript; charset=utf-8",
        }.get(path.rpartition(".")[2], "text/html; charset=utf-8")
        return Response(200, body, {"Content-Type": kind})

    def _validated(self, response: Response) -> Response:
        if response.status != 200 or response.manner != "whole":
            return response
        validators = {
            "Server": "GitHub.com",
            "Last-Modified": format_datetime(self.world.now.astimezone(UTC), usegmt=True),
            "ETag": f'"{hashlib.sha256(response.body).hexdigest()[:16]}"',
            "Cache-Control": "max-age=600",
        }
        return replace(response, headers={**validators, **response.headers})  # a fault's clock goes first


def _conditional(request: Request, response: Response) -> Response:
    tag, changed = response.headers.get("ETag"), response.headers.get("Last-Modified")
    if not tag or not changed:
        return response
    known_tags, known_time = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    if known_tags is not None:
        fresh = any(known.strip().removeprefix("W/") in {tag, "*"} for known in known_tags.split(","))
    else:
        fresh = known_time is not None and _time(known_time) >= _time(changed)
    return Response(304, b"", response.headers) if fresh else response


def _time(header: str) -> datetime:
    try:
        return parsedate_to_datetime(header)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


async def listen(sandbox: Sandbox, port: int) -> asyncio.Server:
    """Listen on 127.0.0.1, nowhere else; port 0 takes a free one."""
    return await asyncio.start_server(
        lambda reader, writer: http.serve(reader, writer, sandbox.handle), "127.0.0.1", port
    )
