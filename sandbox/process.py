"""The sandbox as a child process, for tests, demo and benchmarks.

    with SandboxProcess(posts=300) as sandbox:
        crawl(MIRRORS=sandbox.mirrors)
        sandbox.log()

Starts `python -m sandbox` on a free port, waits for the address it prints, stops it at the end. It stops by
itself when this process dies, in whatever way.
"""

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from sandbox.control import CONTROL_HOST

_STOP_SECONDS = 10
_ANSWER_SECONDS = 60


class SandboxError(Exception):
    """Raised when the process does not start, or refuses a control request."""


class SandboxProcess:
    """A running sandbox; also a context manager."""

    def __init__(self, *, faults: Sequence[str] = (), port: int = 0, **options: object) -> None:
        """Name the options as on the command line: `posts=300, seed=2, layout="old", archive_days=3`."""
        self._command = [sys.executable, "-m", "sandbox", "--with-parent", f"--port={port}"]
        self._command.append(f"--faults={','.join(faults)}")
        self._command += [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        """Its address, e.g. `http://127.0.0.1:43211`."""

        self.mirrors = ""
        """The value for MIRRORS: every origin to this sandbox."""

    def start(self) -> Self:
        """Start it and wait for its address; raises `SandboxError` if it ends instead."""
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        output = self._process.stdout
        lines = [output.readline() for _ in range(2)] if output else []
        if len(lines) < 2 or not lines[1]:
            raise SandboxError(f"{' '.join(self._command)} ended with exit code {self.stop()}")
        self.url = lines[0].removeprefix("sandbox: ").strip()
        self.mirrors = lines[1].removeprefix("MIRRORS=").strip()
        return self

    def stop(self) -> int:
        """Stop it and give its exit code."""
        process = self._process
        if process is None:
            return 0
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        self._process = None
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def request(
        self,
        method: str,
        target: str,
        *,
        host: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request for `host`; gives status, headers (names in lower case) and body."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_ANSWER_SECONDS)
        try:
            connection.request(method, target, body, {"Host": host, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def _control(self, method: str, target: str, asked: dict[str, object] | None = None) -> bytes:
        body = None if asked is None else json.dumps(asked).encode()
        status, _, answer = self.request(method, target, host=CONTROL_HOST, body=body)
        if status != 200:
            raise SandboxError(f"{method} {target}: {answer.decode()}")
        return answer

    def truths(self) -> list[dict[str, Any]]:
        """Give the truth of every post, as `sandbox.truth.PostTruth` in JSON."""
        return list(json.loads(self._control("GET", "/truth")))

    def truth(self, post: str) -> dict[str, Any]:
        """Give the truth of one post."""
        return dict(json.loads(self._control("GET", "/truth?" + urlencode({"id": post}))))

    def upstream_truths(self) -> list[dict[str, Any]]:
        """Give the truth of all that upstream has, as `sandbox.news_truth.NewsTruth` in JSON."""
        return list(json.loads(self._control("GET", "/upstream")))

    def upstream_truth(self, post: str) -> dict[str, Any]:
        """Give the truth of one piece of news."""
        return dict(json.loads(self._control("GET", "/upstream?" + urlencode({"id": post}))))

    def lists(self) -> dict[str, list[dict[str, Any]]]:
        """Give the entries of every list by its name, as `sandbox.news_truth.EntryTruth` in JSON."""
        return dict(json.loads(self._control("GET", "/lists")))

    def quotes(self) -> list[dict[str, Any]]:
        """Give the truth of every quote, as `sandbox.quotes.QuoteTruth` in JSON."""
        return list(json.loads(self._control("GET", "/quotes")))

    def bars(self, secid: str) -> list[dict[str, Any]]:
        """Give the truth of every daily bar of a security, as `sandbox.bars.BarTruth` in JSON, oldest first."""
        return list(json.loads(self._control("GET", "/bars?" + urlencode({"secid": secid}))))

    def sources(self) -> dict[str, str]:
        """Give the Jekyll sources by path."""
        return dict(json.loads(self._control("GET", "/sources")))

    def stats(self) -> dict[str, Any]:
        """Count posts, pages, listed pages and requests answered."""
        return dict(json.loads(self._control("GET", "/stats")))

    def log(self, since: int = 0) -> list[dict[str, Any]]:
        """Give the requests answered, oldest first: host, kind, method, path, status, fault, headers."""
        return [json.loads(line) for line in self._control("GET", f"/log?since={since}").splitlines()]

    @contextmanager
    def when_logged(self, count: int, path: str | None = None) -> Iterator[socket.socket]:
        """Give a socket that becomes readable when the log holds `count` requests.

        With `path`, so many for it, or for it with its query. A request is in the log when its answer, or what a
        fault makes of that, is about to be sent: before the client has it. For `select`, beside whatever else
        may happen first:

            with sandbox.when_logged(100) as hundredth:
                select.select([hundredth, ended], [], [], 60)
        """
        asked = urlencode({"count": count} | ({"path": path} if path else {}))
        host, _, port = urlsplit(self.url).netloc.partition(":")
        with socket.create_connection((host, int(port))) as asking:
            asking.sendall(f"GET /logged?{asked} HTTP/1.1\r\nHost: {CONTROL_HOST}\r\n\r\n".encode())
            yield asking

    def clear_log(self) -> None:
        """Forget the log and the counts of requests."""
        self._control("POST", "/clear-log")

    def add(self, kind: str = "both") -> dict[str, Any]:
        """Publish one more post; gives its truth."""
        return dict(json.loads(self._control("POST", "/add", {"kind": kind})))

    def change(self, post: str) -> dict[str, Any]:
        """Rewrite the words of a post; gives its new truth."""
        return dict(json.loads(self._control("POST", "/change", {"id": post})))

    def add_news(self, kind: str = "article", **wishes: object) -> dict[str, Any]:
        """Publish one more piece of news upstream; gives its truth. See `World.add_news`."""
        return dict(json.loads(self._control("POST", "/add-news", {"kind": kind, **wishes})))

    def change_news(self, post: str) -> dict[str, Any]:
        """Rewrite the words of any news upstream; gives its new truth."""
        return dict(json.loads(self._control("POST", "/change-news", {"id": post})))

    def remove(self, post: str) -> None:
        """Take a post off the site and from upstream; upstream's own news, too."""
        self._control("POST", "/remove", {"id": post})

    def restore(self, post: str) -> None:
        """Bring back what was removed."""
        self._control("POST", "/restore", {"id": post})

    def wait(self, days: int) -> None:
        """Let days pass on which nothing is published: quotes and bars go on."""
        self._control("POST", "/wait", {"days": days})

    def set_faults(self, *names: str, path: str | None = None) -> None:
        """Set the faults from now on, instead of those before; with `path`, for that path beside the others."""
        asked: dict[str, object] = {"faults": list(names)}
        self._control("POST", "/faults", asked if path is None else asked | {"path": path})
