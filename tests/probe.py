"""A real HTTP server that remembers who asked what and when, and a real crawl of given URLs in a child process.

The crawl has the project's downloader, handler and middlewares with their settings, and nothing else of it. Run as
a script, this module is that child: a job in, results out, both JSON.
"""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings
from twisted.python.failure import Failure

# The project's own values, so that what is wired there is what is tested here.
PROJECT_SETTINGS = Settings()
PROJECT_SETTINGS.setmodule("crawler.settings")
PROJECT = PROJECT_SETTINGS.copy_to_dict()
SETTINGS: dict[str, Any] = {
    **{
        name: PROJECT[name]
        for name in (
            "DOWNLOADER",
            "SCHEDULER_PRIORITY_QUEUE",
            "DOWNLOAD_HANDLERS",
            "DOWNLOADER_MIDDLEWARES",
            "DOWNLOAD_DELAY_JITTER",
            "CONCURRENT_REQUESTS",
            "CONCURRENT_REQUESTS_PER_DOMAIN",
            "RETRY_TIMES",
            "RETRY_AFTER_MAX",
            "HOST_FAILURES_MAX",
            "COOKIES_ENABLED",
            "TELNETCONSOLE_ENABLED",
            "REMOTE_CONTROL_ENABLED",
        )
    },
    "RETRY_BACKOFF": 0.05,
    "DOWNLOAD_TIMEOUT": 10,
}


@dataclass(frozen=True)
class Arrival:
    """One request as the server saw it. `at`: monotonic seconds."""

    host: str
    path: str
    headers: dict[str, str]
    at: float


@dataclass(frozen=True)
class Answer:
    """What the server says. Status 0: nothing, it hangs up."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


# Gets the arrival and how often this host and path were asked before.
Script = Callable[[Arrival, int], Answer]


class Server(ThreadingHTTPServer):
    """Listens on a free loopback port and answers by a script. `arrivals` is in order of arrival."""

    daemon_threads = True
    request_queue_size = 128  # with the usual 5, a burst of connections waits a second for its second SYN

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.arrivals: list[Arrival] = []
        self.asked: Counter[tuple[str, str]] = Counter()
        self.lock = threading.Lock()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, arrival: Arrival) -> Answer:
        with self.lock:
            before = self.asked[arrival.host, arrival.path]
            self.asked[arrival.host, arrival.path] += 1
            self.arrivals.append(arrival)
        return self.script(arrival, before)

    def paths(self, host: str) -> list[str]:
        return [arrival.path for arrival in self.arrivals if arrival.host == host]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would meet Nagle's 40 ms
    server: Server

    def do_GET(self) -> None:
        arrival = Arrival(self.headers["Host"], self.path, dict(self.headers), monotonic())
        answer = self.server.answer(arrival)
        if answer.status == 0:
            self.close_connection = True
            return
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "text/html", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    with Server(script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Crawled:
    """What the child reported: its exit code, a result per finished request, its stats, its log."""

    code: int
    results: list[dict[str, Any]]
    stats: dict[str, Any]
    log: str

    def of(self, asked: str) -> dict[str, Any]:
        """Give the one result of the request that started as this URL."""
        (result,) = [result for result in self.results if result["asked"] == asked]
        return result


def crawl(
    requests: list[str | dict[str, Any]],
    settings: dict[str, Any],
    *,
    site: str | None = None,
    allowed_domains: list[str] | None = None,
    environment: dict[str, str] | None = None,
) -> Crawled:
    """Crawl the requests (URLs, or arguments of `Request`); with `site`, at the rate of that site."""
    job = {
        "requests": [{"url": request} if isinstance(request, str) else request for request in requests],
        "settings": {**SETTINGS, "FINEWS_SITE": site or "", **settings},
        "allowed_domains": allowed_domains,
    }
    child = subprocess.run(
        [sys.executable, "-m", "tests.probe"],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, **(environment or {})},
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    report = json.loads(child.stdout or '{"results": [], "stats": {}}')
    return Crawled(child.returncode, report["results"], report["stats"], child.stderr)


class Probe(Spider):
    """Asks what the job says and notes what came of it."""

    name = "probe"

    def __init__(self, job: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job = job
        self.results: list[dict[str, Any]] = []
        if job["allowed_domains"]:
            self.allowed_domains = job["allowed_domains"]

    async def start(self) -> AsyncIterator[Request]:
        for arguments in self.job["requests"]:
            yield Request(
                **arguments,
                callback=self.note,
                errback=self.note_failure,
                cb_kwargs={"asked": arguments["url"]},
            )

    def note(self, response: Response, asked: str) -> None:
        self.results.append(
            {
                "asked": asked,
                "url": response.url,
                "status": response.status,
                "body": response.text,
                "type": type(response).__name__,
                "request_url": response.request.url,
                "meta": response.meta,
            }
        )

    def note_failure(self, failure: Failure) -> None:
        request = failure.request
        status = getattr(getattr(failure.value, "response", None), "status", None)
        self.results.append(
            {
                "asked": request.cb_kwargs["asked"],
                "url": request.url,
                "status": status,
                "error": type(failure.value).__name__,
                "detail": str(failure.value),
            }
        )


def main() -> None:
    job = json.load(sys.stdin)
    process = AsyncCrawlerProcess(job["settings"])
    crawler = process.create_crawler(Probe)
    process.crawl(crawler, job=job)
    process.start()
    json.dump({"results": crawler.spider.results, "stats": crawler.stats.get_stats()}, sys.stdout, default=str)


if __name__ == "__main__":
    main()
