"""The sandbox on one loopback port: hosts are told apart by the Host header.

    finews.withounder.com (and 127.0.0.1, localhost)       the site
    finews.zning.xyz, choicewzp1, app.jg .eastmoney.com    share pages and GetNewsText.do
    newsinfo.eastmoney.com                                 the article's JSON
    finance, stock, hk, ... .eastmoney.com                 article pages
    quote.eastmoney.com, push2.eastmoney.com               quotes
    control.sandbox                                        the strings behind the stage (see `_Control`)

Pages of the site carry ETag and Last-Modified; conditional requests get 304. Every request but those to
control.sandbox is logged. Any other host gets 421: nothing the crawler asks for goes unnoticed.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from sandbox import faults, http, quotes, upstream
from sandbox.http import Request, Response, as_json, html
from sandbox.jekyll import SITE
from sandbox.plan import KINDS
from sandbox.securities import BY_SECID
from sandbox.site import NOT_FOUND_PATH
from sandbox.truth import as_json as truth_json
from sandbox.world import UnknownPostError, World

CONTROL_HOST = "control.sandbox"

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
        "quote.eastmoney.com": "quote",
        "push2.eastmoney.com": "push2",
    }.get(host)


class Sandbox:
    """A world behind HTTP, with its faults and its log."""

    def __init__(self, world: World, asked_faults: list[faults.Fault]) -> None:
        self.world = world
        self.faults = asked_faults
        self.log: list[dict[str, object]] = []
        self.served: Counter[str] = Counter()
        """Requests answered, by kind of host."""

        self._control = _Control(self)

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        if request.host == CONTROL_HOST:
            return self._control.handle(request)
        kind = host_kind(request.host)
        self.served[kind or "unknown"] += 1
        response, struck = self._answer(kind, request)
        self.log.append(
            {
                "host": request.host,
                "kind": kind,
                "method": request.method,
                "path": request.target,
                "status": response.status if response.manner in {"whole", "short"} else None,
                "fault": struck,
                "headers": dict(request.headers),
            }
        )
        return response

    def _answer(self, kind: str | None, request: Request) -> tuple[Response, str | None]:
        if kind is None:
            return html("<html><body><h1>421 Misdirected Request</h1></body></html>", 421), None
        right = self._right_answer(kind, request)
        for fault in self.faults:
            if fault.strikes(kind, self.served[kind], request.path):
                page = self.world.site.get(NOT_FOUND_PATH) or b""
                wrong = fault.strike(request, right, page)
                return _conditional(request, self._validated(wrong)) if kind == "site" else wrong, fault.name
        return (_conditional(request, self._validated(right)) if kind == "site" else right), None

    def _right_answer(self, kind: str, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return html("", 405)
        answers: dict[str, Callable[[], Response]] = {
            "site": lambda: self._site(request),
            "share": lambda: upstream.share(self.world, request),
            "article": lambda: upstream.article(self.world, request),
            "newsinfo": lambda: upstream.newsinfo(self.world, request),
            "quote": lambda: quotes.instrument(request),
            "push2": lambda: quotes.push2(request),
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
        return replace(response, headers={**response.headers, **validators})


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


class _Control:
    """What tests pull: the truth, the log, faults, and changes to the world.

    GET  /truth, /truth?id=, /quotes, /sources, /kinds, /stats, /log?since=N (JSON lines)
    POST /add {kind}, /change {id}, /remove {id}, /faults {faults: [...], path: ...}, /clear-log
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def handle(self, request: Request) -> Response:
        """Answer one control request; 400 with the reason if it cannot be done."""
        name = f"{request.method} {request.path}"
        actions = {
            "GET /truth": self.truth,
            "GET /quotes": self.quotes,
            "GET /sources": lambda _: as_json(self.sandbox.world.sources()),
            "GET /kinds": lambda _: as_json(sorted(KINDS)),
            "GET /stats": self.stats,
            "GET /log": self.log,
            "POST /clear-log": self.clear_log,
            "POST /add": lambda request: as_json(
                truth_json(self.world.add_post(request.json().get("kind", "both")))
            ),
            "POST /change": lambda request: as_json(truth_json(self.world.change_post(request.json()["id"]))),
            "POST /remove": self.remove,
            "POST /faults": self.faults,
        }
        if name not in actions:
            return as_json({"error": f"no control {name}"}, 404)
        try:
            return actions[name](request)
        except (ValueError, KeyError, UnknownPostError) as error:
            return as_json({"error": f"{type(error).__name__}: {error}"}, 400)

    @property
    def world(self) -> World:
        """The world behind the sandbox."""
        return self.sandbox.world

    def truth(self, request: Request) -> Response:
        """Give the truth of all posts, or of one."""
        one = request.query("id")
        if one:
            return as_json(truth_json(self.world.truth(one)))
        return as_json([truth_json(truth) for truth in self.world.truths])

    def quotes(self, _request: Request) -> Response:
        """Give the truth of all quotes."""
        found = [quotes.quote(secid) for secid in BY_SECID]
        return as_json([{name: getattr(one, name) for name in one.__slots__} for one in found if one])

    def stats(self, _request: Request) -> Response:
        """Count posts, pages, listed pages and requests answered."""
        site = self.world.site
        return as_json(
            {
                "posts": len(self.world.ids),
                "pages": len(site.pages),
                "listed": len(site.listed()),
                "served": dict(self.sandbox.served),
                "categories": site.categories,
                "now": self.world.now.isoformat(),
            }
        )

    def log(self, request: Request) -> Response:
        """Give the request log as JSON lines, from entry `since` (counted from 0) on."""
        entries = self.sandbox.log[int(request.query("since") or 0) :]
        text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        return Response(200, text.encode(), {"Content-Type": "application/x-ndjson"})

    def clear_log(self, _request: Request) -> Response:
        """Forget the log and the counts of requests."""
        self.sandbox.log.clear()
        self.sandbox.served.clear()
        return as_json({})

    def remove(self, request: Request) -> Response:
        """Remove a post."""
        self.world.remove_post(request.json()["id"])
        return as_json({})

    def faults(self, request: Request) -> Response:
        """Set the faults from now on; with `path`, for that path only, beside those set before."""
        asked = request.json()
        path = asked.get("path")
        set_now = [faults.parse(one, path) for one in asked["faults"]]
        kept = [fault for fault in self.sandbox.faults if path is not None and fault.path != path]
        self.sandbox.faults = [*kept, *set_now]
        return as_json([f"{fault.host}:{fault.name}@{fault.since}" for fault in self.sandbox.faults])


async def listen(sandbox: Sandbox, port: int) -> asyncio.Server:
    """Listen on 127.0.0.1, nowhere else; port 0 takes a free one."""
    return await asyncio.start_server(
        lambda reader, writer: http.serve(reader, writer, sandbox.handle), "127.0.0.1", port
    )
