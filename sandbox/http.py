"""HTTP/1.1 as far as the sandbox needs it: one request read, one response written, connections kept alive.

Its own little protocol instead of a framework's, because faults must be able to break it on purpose:
no answer at all, a closed connection, a body shorter or longer than it claims, one that drips or never ends.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    target: str
    """As sent: path and query, escaped."""

    headers: Mapping[str, str]
    """Names in lower case."""

    body: bytes = b""

    @property
    def host(self) -> str:
        """The Host header without port, in lower case."""
        return self.headers.get("host", "").rsplit(":", 1)[0].lower()

    @property
    def path(self) -> str:
        """The path, unescaped."""
        return unquote(urlsplit(self.target).path)

    def query(self, name: str) -> str:
        """Give the first value of a query parameter; empty if it is missing."""
        return parse_qs(urlsplit(self.target).query).get(name, [""])[0]

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object; an empty body is an empty one."""
        value = json.loads(self.body or b"{}")
        if not isinstance(value, dict):
            raise ValueError("the body must be a JSON object")  # noqa: TRY004 - one error for any bad body
        return value


@dataclass(frozen=True, slots=True)
class Response:
    """One response, or the way in which none is given."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: str = "whole"
    """`whole`; `short`: claims more than it sends; `long`: claims less; `drip`, `drip-header`: the body, or all of
    it, a byte at a time; `endless`, `endless-header`: more and more of it; `drop`: closes without a word; `hang`:
    never answers."""

    extra: tuple[tuple[str, str], ...] = ()
    """Header lines besides, which may repeat a name."""

    @property
    def is_sent(self) -> bool:
        """Whether any of it is sent."""
        return self.manner not in {"drop", "hang"}


def html(text: str | bytes, status: int = 200, **headers: str) -> Response:
    """Give an HTML response."""
    body = text.encode() if isinstance(text, str) else text
    return Response(status, body, {"Content-Type": "text/html; charset=utf-8"} | headers)


def as_json(value: object, status: int = 200) -> Response:
    """Give a JSON response."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, {"Content-Type": "application/json; charset=utf-8"})


def as_asked(request: Request, value: object) -> Response:
    """Give a JSON response, or JSONP where `callback` or `cb` names a function, in the styles real hosts mix."""
    callback, short = request.query("callback"), request.query("cb")
    answer = as_json(value)
    if not callback and not short:
        return answer
    said = answer.body.decode()
    return script(f"/**/{callback}({said})" if callback else f"{short}({said});")


def script(text: str) -> Response:
    """Give a JavaScript response."""
    return Response(200, text.encode(), {"Content-Type": "application/javascript; charset=utf-8"})


Handler = Callable[[Request], Awaitable[Response]]

DRIP_SECONDS = 0.05
"""Between two bytes of an answer that drips: a page of 8 KB would take seven minutes."""

_ENDLESS = b"<p>" + b"x" * 2**16 + b"</p>\n"
_ENDLESS_HEADER = b"".join(b"X-Header-%d: %s\r\n" % (n, b"x" * 1000) for n in range(64))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
    """Answer the requests of one connection until it closes."""
    try:
        while (request := await _read(reader)) is not None:
            response = await handler(request)
            if response.manner == "hang":
                await reader.read()  # until the client gives up
                break
            if response.manner == "drop":
                writer.transport.abort()
                break
            await _send(writer, *_encoded(request, response), response.manner)
            if response.manner != "whole" or request.headers.get("connection", "").lower() == "close":
                break
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
        pass  # the client went away, or the server stops: either may end a connection at any point
    finally:
        writer.close()


async def _send(writer: asyncio.StreamWriter, head: bytes, body: bytes, manner: str) -> None:
    if manner == "endless-header":
        writer.write(head.removesuffix(b"\r\n"))
        await _send_for_ever(writer, _ENDLESS_HEADER)
    if manner == "drip-header":
        await _drip(writer, head)
    else:
        writer.write(head)
    if manner == "endless":
        await _send_for_ever(writer, _ENDLESS)
    if manner == "drip":
        await _drip(writer, body)
    else:
        writer.write(body)
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


async def _send_for_ever(writer: asyncio.StreamWriter, data: bytes) -> None:
    while True:  # until the client goes away, which drain() raises as ConnectionError
        writer.write(data)
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)


def _encoded(request: Request, response: Response) -> tuple[bytes, bytes]:
    """Give the header and the body as they are sent."""
    length = {"short": len(response.body) * 2 + 1, "long": len(response.body) // 2}.get(
        response.manner, len(response.body)
    )
    headers = dict(response.headers)
    if response.status != HTTPStatus.NOT_MODIFIED and response.manner != "endless":
        headers["Content-Length"] = str(length)
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in (*headers.items(), *response.extra)]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    return head, b"" if request.method == "HEAD" else response.body
