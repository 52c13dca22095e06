"""What can go wrong with a host, by name.

A fault turns the response a host would have given into another one. Faults are asked for as
`[host:]name[@N[-M]]`: `captcha`, `share:error-500`, `drop@20` (from the 20th request to that host on),
`newsinfo:rate-limited@1-3` (the first three).
Hosts are named in `HOSTS`; without one the site is meant. New faults: one function with `@_fault` here, those that
know nothing of pages in `sandbox.broken`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.broken import BROKEN, Wrong
from sandbox.http import Request, Response, as_asked, html
from sandbox.templates import NOT_FOUND_PATH
from sandbox.world import World

HOSTS = (
    *("site", "share", "article", "newsinfo", "caifuhao"),
    *("listapi", "weblist", "newsapi"),
    *("quote", "push2", "push2his"),
)
"""What a fault can strike, as `sandbox.server` names its hosts."""

_ASKED = re.compile(r"(?:(?P<host>\w+):)?(?P<name>[\w-]+)(?:@(?P<since>[0-9]+)(?:-(?P<until>[0-9]+))?)?")

Change = Callable[[Request, Response, World], Response]
"""From a request, the right response and the world behind it to the response that comes instead."""

FAULTS: dict[str, tuple[str, Change]] = {}
"""Faults by name: what happens, and the function that makes it happen."""


class UnknownFaultError(ValueError):
    """Raised for a fault that has no such name, host or number."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as asked for."""

    host: str
    name: str
    since: int = 1
    """The first request to the host that it strikes, counted from 1."""

    until: int | None = None
    """The last one; None: there is none."""

    path: str | None = None
    """Strikes this path only, or this path with this query; None: any."""

    def strikes(self, host: str, count: int, request: Request) -> bool:
        """Tell whether it strikes the `count`-th request to a host."""
        within = self.since <= count and (self.until is None or count <= self.until)
        return host == self.host and within and self.path in {None, request.path, request.target}

    def strike(self, request: Request, response: Response, world: World) -> Response:
        """Give the response that comes instead of the right one."""
        return FAULTS[self.name][1](request, response, world)


def parse(asked: str, path: str | None = None) -> Fault:
    """Read one `[host:]name[@N[-M]]`; raises `UnknownFaultError`."""
    found = _ASKED.fullmatch(asked.strip())
    if not found or found["name"] not in FAULTS or (found["host"] or "site") not in HOSTS:
        raise UnknownFaultError(f"no fault {asked!r}; there are {', '.join(FAULTS)}, for {', '.join(HOSTS)}")
    until = int(found["until"]) if found["until"] else None
    return Fault(found["host"] or "site", found["name"], int(found["since"] or 1), until, path)


def parse_list(asked: str) -> list[Fault]:
    """Read a comma-separated list; empty gives none."""
    return [parse(one) for one in asked.split(",") if one.strip()]


def _fault(name: str, meaning: str) -> Callable[[Change], Change]:
    def register(change: Change) -> Change:
        FAULTS[name] = (meaning, change)
        return change

    return register


@_fault("forbidden", "403 for everything")
def _forbidden(_request: Request, _response: Response, _world: World) -> Response:
    return html("<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>", 403)


@_fault("captcha", "a captcha page with status 200 for everything")
def _captcha(_request: Request, _response: Response, _world: World) -> Response:
    return html(
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>安全验证</title></head><body>'
        '<div id="captcha"><p>访问过于频繁，请完成滑块验证后继续。</p><form action="/verify" method="post">'
        '<input type="hidden" name="token" value="0"></form></div></body></html>'
    )


@_fault("empty", "status 200 and an empty body for everything")
def _empty(_request: Request, _response: Response, _world: World) -> Response:
    return html("")


@_fault("error-500", "500 for everything")
def _error(_request: Request, _response: Response, _world: World) -> Response:
    return html("<html><body><h1>500 Internal Server Error</h1></body></html>", 500)


@_fault("rate-limited", "429 with Retry-After: 1 for everything")
def _rate_limited(_request: Request, _response: Response, _world: World) -> Response:
    return html("<html><body><h1>429 Too Many Requests</h1></body></html>", 429, **{"Retry-After": "1"})


@_fault("drop", "the connection closes without an answer")
def _drop(_request: Request, response: Response, _world: World) -> Response:
    return replace(response, manner="drop")


@_fault("short-body", "Content-Length promises more than the body holds")
def _short_body(_request: Request, response: Response, _world: World) -> Response:
    return replace(response, manner="short")


@_fault("hang", "the request is never answered")
def _hang(_request: Request, response: Response, _world: World) -> Response:
    return replace(response, manner="hang")


@_fault("empty-json", "{} for everything")
def _empty_json(request: Request, _response: Response, _world: World) -> Response:
    return as_asked(request, {})


@_fault("null-data", "JSON with a message and `data: null` for everything")
def _null_data(request: Request, _response: Response, _world: World) -> Response:
    return as_asked(request, {"rc": 102, "code": 0, "message": "系统繁忙", "data": None})


@_fault("passport", "JSON that holds the user's passport alone for everything, as throttled hosts answer")
def _passport(request: Request, _response: Response, _world: World) -> Response:
    said: dict[str, Any] = {"bizCode": "", "bizMsg": "", "code": 0, "extra": {}, "hitsTotal": 1, "msg": "OK"}
    return as_asked(request, said | {"result": {"passportWeb": [{"uid": "1000000000000001"}]}})


@_fault("plain-refused", "{} for requests that no page of the same host makes, as if only browsers were served")
def _plain_refused(request: Request, response: Response, _world: World) -> Response:
    by_page = request.host in request.headers.get("referer", "") or "sec-fetch-site" in request.headers
    return response if by_page or request.path.endswith(".html") else as_asked(request, {})


@_fault("key-case", "the keys of JSON objects begin with a capital letter")
def _key_case(_request: Request, response: Response, _world: World) -> Response:
    return _rewritten(response, lambda news: {key.capitalize(): value for key, value in news.items()})


@_fault("both-keys", "news with only one of `text` and `content` have the other one, too, empty")
def _both_keys(_request: Request, response: Response, _world: World) -> Response:
    return _rewritten(response, lambda news: {"text": "", "content": ""} | news if "title" in news else news)


def _rewritten(response: Response, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    if not response.body.startswith(b"{"):
        return response
    return replace(response, body=json.dumps(change(json.loads(response.body)), ensure_ascii=False).encode())


@_fault("no-time", "quotes bear no time, as before the first trade")
def _no_time(_request: Request, response: Response, _world: World) -> Response:
    return replace(response, body=re.sub(rb'"(f124|f86)": ?[0-9]+', rb'"\1": "-"', response.body))


@_fault("large-batch", "the connection closes when more than 100 securities are asked for at once")
def _large_batch(request: Request, response: Response, _world: World) -> Response:
    return replace(response, manner="drop") if request.query("secids").count(",") >= 100 else response


@_fault("not-found-home", "the home page is the 404 page, status 404")
def _not_found_home(request: Request, response: Response, world: World) -> Response:
    return _not_found(world) if request.path == "/" else response


@_fault("not-found-home-200", "the home page is the 404 page, status 200")
def _not_found_home_200(request: Request, response: Response, world: World) -> Response:
    return replace(_not_found(world), status=200) if request.path == "/" else response


def _not_found(world: World) -> Response:
    return html(world.site.get(NOT_FOUND_PATH) or b"", 404)


@_fault("truncated-home", "the home page ends in the middle of a list")
def _truncated_home(request: Request, response: Response, _world: World) -> Response:
    if request.path != "/":
        return response
    middle = response.body.find(b"<li>", len(response.body) // 2)
    return replace(response, body=response.body[: middle + len(b"<li><a hr")])


@_fault("layout-change", "the class of the element around every page is another one")
def _layout_change(_request: Request, response: Response, _world: World) -> Response:
    return replace(response, body=response.body.replace(b'<div class="wrapper">', b'<div class="page-content">'))


@_fault("no-listing", "home, lists and feed are there, but list nothing")
def _no_listing(_request: Request, response: Response, _world: World) -> Response:
    return replace(response, body=_ENTRIES.sub(b"", response.body))


_ENTRIES = re.compile(rb"\s*<li><a href=.*?</li>|\s*&lt;li&gt;.*?&lt;/li&gt;|<entry>.*?</entry>", re.DOTALL)


@_fault("vanished-posts", "posts are 404, although the lists show them")
def _vanished_posts(request: Request, response: Response, world: World) -> Response:
    return _not_found(world) if world.post_at(request.path) else response


@_fault("changing-posts", "each post is rewritten the moment after its page was read, upstream, too")
def _changing_posts(request: Request, response: Response, world: World) -> Response:
    if post := world.post_at(request.path):
        world.change_post(post)
    return response


@_fault("earlier-times", "the pages of posts print a time a year earlier")
def _earlier_times(_request: Request, response: Response, _world: World) -> Response:
    return replace(response, body=_PRINTED.sub(_a_year_earlier, response.body))


_PRINTED = re.compile(rb"(?<=CST[\])] )[0-9]{4}")


def _a_year_earlier(year: re.Match[bytes]) -> bytes:
    return b"%d" % (int(year[0]) - 1)


@_fault("no-headlines", "the pages of posts have empty headlines")
def _no_headlines(_request: Request, response: Response, _world: World) -> Response:
    return replace(response, body=_WHOLE_HEADLINE.sub(rb"\1</h1>", response.body))


_WHOLE_HEADLINE = re.compile(rb"(</small>\s*<h1>).*?</h1>", re.DOTALL)


@_fault("hostile-words", "headlines hold terminal escapes, format directives, operators, markup and a path")
def _hostile_words(_request: Request, response: Response, _world: World) -> Response:
    html_words = HOSTILE_WORDS.replace("&", "&amp;").replace("<", "&lt;").encode()
    json_words = json.dumps(HOSTILE_WORDS, ensure_ascii=False)[1:-1].encode()
    body = _HEADLINE.sub(lambda found: found[0] + html_words, response.body)
    return replace(response, body=_JSON_HEADLINE.sub(lambda found: found[0] + json_words, body))


HOSTILE_WORDS = (
    "\x1b]0;owned\x07\x1b[31m\x9b31m%s %(name)s {0.__class__} $where $$NOW ../../etc/passwd \u202e"
    "<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) "
)
"""What the fault `hostile-words` puts before headlines."""

_HEADLINE = re.compile(rb"</small>\s*<h1>")
_JSON_HEADLINE = re.compile(rb'"(?:Art_T|t)itle": ?"')


def _in_any_world(wrong: Wrong) -> Change:
    return lambda request, response, _world: wrong(request, response)


for _name, (_meaning, _wrong) in BROKEN.items():
    FAULTS[_name] = (_meaning, _in_any_world(_wrong))
