"""The browser: real pages in a real Chromium, on the sandbox and on a server of the tests' own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from benchmarks.browser_memory import growth, sampled
from crawler.browser import WATCH, BrowserMissingError, find_browser, has_browser, is_watched, watch
from sandbox.process import SandboxProcess
from tests.crawling import ROOT, Crawler, crawler
from tests.installation import eventually
from tests.probe import Answer, Arrival, Crawled, Server, crawl, serving
from tests.processes import Process, commands, left_over, tree

needs_browser = pytest.mark.skipif(
    not has_browser(os.environ.get("CHROMIUM_PATH", "")) and "CI" not in os.environ,
    reason="no browser is installed (apt-get install chromium-headless-shell)",
)

SHARE_PAGE, SHARE_TEXT = "/html_News/NewsShare.html", "/NewsData/GetNewsText.do"


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take every browser away, also from the processes that the test starts."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)


# --- which answer, and which browser -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "watched"),
    [
        ("http://app.jg.eastmoney.com/NewsData/GetNewsText.do?id=NW1", True),
        ("https://finews.zning.xyz/x/NewsData/GetNewsText.do?cid=Admin&id=NW1&_=1", True),
        ("http://app.jg.eastmoney.com/NewsData/GetNewsText.do?id=NW12", False),
        ("http://app.jg.eastmoney.com/NewsData/GetNewsText.do?id=NW1&id=NW2", False),
        ("http://app.jg.eastmoney.com/NewsData/GetNewsText.do", False),
        ("http://app.jg.eastmoney.com/NewsData/GetNewsText.do.html?id=NW1", False),
        ("http://app.jg.eastmoney.com/?id=NW1&x=/NewsData/GetNewsText.do", False),
        ("data:,x", False),
    ],
)
def test_the_watched_answer_is_told_by_path_and_parameters(url: str, watched: bool) -> None:
    wanted = watch(SHARE_TEXT, id="NW1")
    assert is_watched(url, wanted) is watched
    assert is_watched(url, json.loads(json.dumps(wanted))) is watched


def test_a_watched_value_may_stand_in_a_list() -> None:
    wanted = watch("/api/qt/stock/get", secid="1.600519", fields="f43")
    quote = "https://push2.eastmoney.com/api/qt/stock/get?secid="
    assert is_watched(f"{quote}1.600519&fields=f57,f43,f58&cb=x", wanted)
    assert is_watched(f"{quote}1.600519&fields=f43", wanted)
    assert not is_watched(f"{quote}1.600519&fields=f57,f58", wanted)
    assert not is_watched(f"{quote}0.600519&fields=f43", wanted)


@pytest.mark.usefixtures("nothing_installed")
def test_browsers_are_found_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = {name: tmp_path / name for name in ("google-chrome", "chromium", "mine")}
    for program in programs.values():
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    assert find_browser("") == str(programs["chromium"])
    assert find_browser(str(programs["mine"])) == str(programs["mine"])
    assert find_browser("mine") == str(programs["mine"])
    programs["chromium"].unlink()
    assert find_browser("") == str(programs["google-chrome"])
    with pytest.raises(BrowserMissingError, match=r"CHROMIUM_PATH: /no/such is no program"):
        find_browser("/no/such")
    monkeypatch.setitem(sys.modules, "scrapy_playwright", None)  # as Python knows what is not there
    with pytest.raises(BrowserMissingError, match=r"pip install -r requirements\.txt"):
        find_browser("")


# --- pages of our own --------------------------------------------------------------------------------------

FETCH = f"fetch('{SHARE_TEXT}?id=NW1', {{headers: {{'X-Page': document.title}}}})"
LEAKS = """<title>leaky</title>
<link rel="stylesheet" href="/x.css"><link rel="prefetch" href="/prefetched"><link rel="icon" href="/x.ico">
<style>@font-face {{ font-family: x; src: url(/x.woff) }} p {{ font-family: x; background: url(/x.jpg) }}</style>
<img src="/x.png"><video src="/x.mp4" autoplay></video><iframe src="/frame"></iframe><p>x</p>
<form id="form" method="post" action="/posted"></form>
<script>
var direct = "{direct}";
window.open(direct + "/opened");
navigator.sendBeacon("/beacon", "x");
fetch("/sent", {{method: "POST", body: "x"}});
fetch("http://elsewhere.example/offsite");
fetch("http://refused.eastmoney.com/refused");
fetch(direct + "/direct");
new WebSocket(direct.replace("http", "ws") + "/socket");
new EventSource("/events");
new Worker(URL.createObjectURL(new Blob(["fetch('" + direct + "/worker')"])));
try {{
  var call = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1:{udp}"}}]}});
  call.createDataChannel("x");
  call.createOffer().then(function (offer) {{ call.setLocalDescription(offer); }});
}} catch (error) {{ document.title += " no calls"; }}
setTimeout(function () {{ {fetch}; }}, 1500);
</script>
"""
PAGES = {
    "/plain": "FETCH;",
    "/landed": "FETCH;",
    "/refusing": "FETCH;",
    "/reloads": "if (sessionStorage.again) { FETCH; } else { sessionStorage.again = 1; location.reload(); }",
    "/cookies": "document.cookie = 'mine=1'; fetch('/cookie').then(() => FETCH);",
    "/endless": "FETCH; setTimeout(() => { while (1); }, 300);",
    "/silent": "fetch('/other');",
    "/hung": "while (1);",
    "/hungry": "for (var all = [];;) all.push(new Array(1e6).fill(Math.random()));",
}


def answering(arrival: Arrival, _before: int) -> Answer:
    """Answer for the pages, and for what they ask for."""
    path = arrival.path.partition("?")[0]
    if path in PAGES:
        script = PAGES[path].replace("FETCH", FETCH)
        return Answer(body=f"<title>{path[1:]}</title><script>{script}</script>")
    if path == SHARE_TEXT:
        title = arrival.headers.get("X-Page", "")
        status = 500 if title == "refusing" else 200
        return Answer(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps({"title": title}))
    return {
        "/fetching.js": Answer(200, {"Content-Type": "text/javascript"}, FETCH),
        "/scripted": Answer(body="<title>scripted</title><script src=/fetching.js></script>"),
        "/redirected": Answer(302, {"Location": "/landed"}),
        "/cookie": Answer(200, {"Set-Cookie": "theirs=2; HttpOnly; Path=/"}),
        "/json": Answer(200, {"Content-Type": "application/json"}, "{}"),
        "/robots.txt": Answer(404),
    }.get(path, Answer(404))


def opened(server: Server, *paths: str, **settings: Any) -> Crawled:
    """Open pages of a share host that `server` mirrors; every other origin is refused."""
    host = "http://app.jg.eastmoney.com"
    requests = [{"url": host + path, "meta": {WATCH: watch(SHARE_TEXT, id="NW1")}} for path in paths]
    mirrors = {host: server.origin, "*": None}
    return crawl(
        requests,
        {"MIRRORS": json.dumps(mirrors), "USER_AGENT": "finews-tests/1.0", "ROBOTSTXT_OBEY": True} | settings,
        allowed_domains=["eastmoney.com"],
    )


def titles(done: Crawled) -> dict[str, str]:
    """Give what each page's watched answer says, or the exception in its place, by the path that was asked for."""
    return {
        result["asked"].partition(".com")[2]: result.get("error") or json.loads(result["body"])["title"]
        for result in done.results
    }


@needs_browser
def test_what_a_page_fetches_is_the_response_to_its_request() -> None:
    with serving(answering) as server:
        done = opened(server, "/plain", "/scripted", "/reloads", "/redirected", "/cookies", "/endless")
        asked = Counter(arrival.path for arrival in server.arrivals)
        fetched = [arrival for arrival in server.arrivals if arrival.path.startswith(SHARE_TEXT)]
    assert titles(done) == {
        "/plain": "plain",
        "/scripted": "scripted",
        "/reloads": "reloads",
        "/redirected": "landed",
        "/cookies": "cookies",
        "/endless": "endless",
    }
    assert {result["url"] for result in done.results} == {f"http://app.jg.eastmoney.com{SHARE_TEXT}?id=NW1"}
    assert {result["type"] for result in done.results} == {"JsonResponse"}
    assert {arrival.headers["User-Agent"] for arrival in server.arrivals} == {"finews-tests/1.0"}
    assert {arrival.host for arrival in server.arrivals} == {"app.jg.eastmoney.com"}
    (cookies,) = [arrival.headers["Cookie"] for arrival in fetched if arrival.headers["X-Page"] == "cookies"]
    assert sorted(cookies.split("; ")) == ["mine=1", "theirs=2"]
    assert all("Cookie" not in arrival.headers for arrival in fetched if arrival.headers["X-Page"] != "cookies")
    # each page once, and the reloading one twice
    assert [asked[path] for path in ("/plain", "/landed", "/endless", "/reloads")] == [1, 1, 1, 2]
    assert asked[f"{SHARE_TEXT}?id=NW1"] == 6
    assert done.stats["playwright/browser_count"] == 1
    assert "Traceback" not in done.log


@needs_browser
def test_a_page_reaches_nothing_but_what_it_is_let_have() -> None:
    def script(arrival: Arrival, before: int) -> Answer:
        if arrival.path == "/leaky":
            return Answer(body=LEAKS.format(direct=server.origin, udp=udp.getsockname()[1], fetch=FETCH))
        return answering(arrival, before)

    with serving(script) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        done = opened(server, "/leaky")
        with pytest.raises(BlockingIOError):
            udp.recv(1)
    assert titles(done) == {"/leaky": "leaky no calls"}
    assert [(arrival.host, arrival.path) for arrival in server.arrivals] == [
        ("app.jg.eastmoney.com", "/robots.txt"),
        ("app.jg.eastmoney.com", "/leaky"),
        ("app.jg.eastmoney.com", f"{SHARE_TEXT}?id=NW1"),
    ]
    assert done.stats["mirrors/refused"] == 2  # /refused, and the robots.txt before it
    # what the page did try, so that this test would see it get through
    tried = done.stats
    for kind in ("image", "stylesheet", "font", "media", "fetch", "ping"):
        assert tried[f"playwright/request_count/resource_type/{kind}"] > 0, kind
    assert tried["playwright/request_count/method/POST"] == 2


@needs_browser
def test_pages_that_do_not_answer_are_named_errors() -> None:
    with serving(answering) as server:
        done = opened(server, "/silent", "/hung", "/hungry", "/gone", "/refusing", "/json", RETRY_TIMES=0)
    assert titles(done) == {
        "/silent": "NoAnswerError",
        "/hung": "NoAnswerError",
        "/hungry": "NoAnswerError",
        "/gone": "HttpError",
        "/refusing": "HttpError",
        "/json": "NoAnswerError",
    }
    assert {result["asked"][-5:]: result["status"] for result in done.results if result["status"] != 200} == {
        "/gone": 404,
        "using": 500,
    }
    assert "the page crashed" in done.of("http://app.jg.eastmoney.com/hungry")["detail"]
    assert "Traceback" not in done.log


@needs_browser
def test_a_program_that_is_no_browser_is_told() -> None:
    with serving(answering) as server:
        done = opened(server, "/plain", CHROMIUM_PATH=which("false"))
    assert titles(done) == {"/plain": "NoAnswerError"}
    assert "the browser failed" in done.results[0]["detail"]


@needs_browser
def test_playwright_s_own_build_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = find_browser(os.environ.get("CHROMIUM_PATH", ""))
    if browser is None:
        pytest.skip("it is the one that the other tests use")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    with serving(answering) as server:
        program = "from playwright.sync_api import sync_playwright as p\nwith p() as q: q.chromium.launch()"
        refused = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        place = re.search(rf"{tmp_path}\S+", refused.stderr)
        assert place
        own = Path(place[0])
        own.parent.mkdir(parents=True)
        own.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin exec {browser} "$@"\n')
        own.chmod(0o755)
        done = opened(server, "/plain")
    assert titles(done) == {"/plain": "plain"}


# --- the crawl ---------------------------------------------------------------------------------------------

OF_THE_RUN = {"available_at", "first_seen_at", "changed_at", "updated_at", "run_id", "first_run_id", "etag"}


def timeless(value: Any) -> Any:
    """Leave out of a stored document when and by which run it was read."""
    if isinstance(value, dict):
        return {key: timeless(part) for key, part in value.items() if key not in OF_THE_RUN | {"at", "block_at"}}
    return [timeless(part) for part in value] if isinstance(value, list) else value


@contextmanager
def running(crawls: Crawler, sandbox: SandboxProcess) -> Iterator[subprocess.Popen[str]]:
    """Start a crawl that opens share pages in the browser; it does not outlive the test."""
    with subprocess.Popen(
        crawls.command("-a", "share=browser"),
        cwd=ROOT,
        env=crawls.environment(sandbox.mirrors),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@needs_browser
def test_the_browser_gives_the_documents_that_the_interface_gives(crawls: Crawler) -> None:
    with SandboxProcess(posts=40) as sandbox:
        direct = crawls.crawl(sandbox.mirrors, "-a", "share=api")
        assert direct.code == 0, direct.output
        expected = {post: timeless(document) for post, document in crawls.posts().items()}
        with_share = [post for post in expected.values() if "share" in post["forms"]]
        assert len(with_share) > 5
        assert not [entry for entry in sandbox.log() if entry["path"].startswith(SHARE_PAGE)]

        crawls.database.client.drop_database(crawls.name)
        sandbox.clear_log()
        done = crawls.crawl(sandbox.mirrors, "-a", "share=browser")
        assert (done.code, done.run["warnings"]) == (0, []), done.output
        assert {post: timeless(document) for post, document in crawls.posts().items()} == expected

        asked = Counter(entry["path"].partition("?")[0] for entry in sandbox.log() if entry["kind"] == "share")
    assert asked.keys() == {"/robots.txt", SHARE_PAGE, SHARE_TEXT}  # no picture, no stylesheet
    assert asked[SHARE_TEXT] == len(with_share)
    assert done.run["requests"].count({"host": "finews.zning.xyz", "kind": "share", "count": len(with_share)}) == 1


@needs_browser
def test_what_plain_requests_are_refused_the_browser_gets(crawls: Crawler) -> None:
    with SandboxProcess(posts=30, faults=["share:plain-refused"]) as sandbox:
        done = crawls.crawl(sandbox.mirrors)
        pages = [entry["path"] for entry in sandbox.log() if entry["path"].startswith(SHARE_PAGE)]
    assert (done.code, done.run["warnings"]) == (0, []), done.output
    linked = [post for post in crawls.posts().values() if post["share_url"]]
    assert linked
    assert all("share" in post["forms"] and not post["missing"] for post in linked)
    assert len(pages) == len(set(pages)) == len(linked)


@pytest.mark.usefixtures("nothing_installed")
def test_without_a_browser_a_refusal_stays_one(crawls: Crawler) -> None:
    with SandboxProcess(posts=30, faults=["share:plain-refused"]) as sandbox:
        done = crawls.crawl(sandbox.mirrors)
        assert not [entry for entry in sandbox.log() if entry["path"].startswith(SHARE_PAGE)]
    assert done.code == 0, done.output
    assert any("share pages: BlockedPayloadError" in warning for warning in done.run["warnings"])
    linked = [post for post in crawls.posts().values() if post["share_url"]]
    assert linked
    assert all(post["missing"] == ["share"] for post in linked)


@pytest.mark.usefixtures("nothing_installed")
def test_asking_for_a_browser_that_is_not_there_is_told_in_one_line(crawls: Crawler) -> None:
    with SandboxProcess(posts=5) as sandbox:
        done = crawls.crawl(sandbox.mirrors, "-a", "share=browser", "-s", "LOG_LEVEL=WARNING")
        assert sandbox.log() == []
    assert done.code == 2
    (line,) = [line for line in done.output.splitlines() if "error" in line]
    assert "no browser is installed: apt-get install chromium-headless-shell" in line
    assert "Traceback" not in done.output


def test_without_the_package_all_but_the_browser_works(crawls: Crawler) -> None:
    program = (
        "import sys; sys.modules['scrapy_playwright'] = sys.modules['playwright'] = None\n"  # as if not installed
        "from scrapy.cmdline import execute; execute(['scrapy', *sys.argv[1:]])"
    )

    def typed(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, "crawl", "finews", *arguments],
            cwd=ROOT,
            env=crawls.environment(sandbox.mirrors),
            capture_output=True,
            text=True,
            check=False,
        )

    with SandboxProcess(posts=20) as sandbox:
        plain = typed()
        assert plain.returncode == 0, plain.stderr
        assert all(not post["missing"] for post in crawls.posts().values())
        asked = typed("-a", "share=browser")
    assert asked.returncode == 2
    assert "scrapy-playwright is missing: pip install -r requirements.txt" in asked.stderr
    assert "Traceback" not in asked.stderr


@needs_browser
def test_a_host_whose_pages_say_nothing_is_left_alone(crawls: Crawler) -> None:
    with SandboxProcess(posts=90, faults=["share:captcha"]) as sandbox:
        done = crawls.crawl(sandbox.mirrors, "-a", "share=browser", "-s", "HOST_FAILURES_MAX=1")
        pages = [entry["path"] for entry in sandbox.log() if entry["path"].startswith(SHARE_PAGE)]
    assert done.code == 0, done.output
    linked = [post for post in crawls.posts().values() if post["share_url"]]
    assert all(post["missing"] == ["share"] for post in linked)
    assert 0 < len(pages) < len(linked)
    assert any("share pages: NoAnswerError" in warning for warning in done.run["warnings"])
    assert any("share pages: HostLeftAloneError" in warning for warning in done.run["warnings"])


@needs_browser
def test_pages_of_quotes_give_the_quotes_that_they_show(crawls: Crawler) -> None:
    with SandboxProcess(posts=25) as sandbox:
        done = crawls.crawl(sandbox.mirrors, "-a", "quotes=page", "-a", "share=off")
        truths = {truth["secid"]: truth for truth in sandbox.quotes()}
        asked = Counter(entry["path"].partition("?")[0] for entry in sandbox.log() if entry["kind"] != "site")
    assert done.code == 0, done.output
    stored = {quote["secid"]: quote for quote in crawls.database.quotes.find()}
    mentioned = {security["secid"] for post in crawls.posts().values() for security in post["securities"]}
    assert len(mentioned) > 5
    assert stored.keys() == mentioned & truths.keys()
    figures = (
        "name",
        "last",
        "open",
        "high",
        "low",
        "previous_close",
        "change",
        "change_percent",
        "volume",
        "amount",
    )
    for secid, quote in stored.items():
        assert {name: quote[name] for name in figures} == {name: truths[secid][name] for name in figures}
        assert quote["at"].timestamp() == truths[secid]["at"]
    assert asked["/api/qt/stock/get"] == len(stored)
    assert asked["/api/qt/ulist.np/get"] == 0
    assert not [path for path in asked if path.endswith((".png", ".css"))]


@needs_browser
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_no_process_outlives_a_crawl(crawls: Crawler, end: signal.Signals | None) -> None:
    with SandboxProcess(posts=30) as sandbox, running(crawls, sandbox) as process:
        seen: set[Process] = set()
        told = ""

        def has_page() -> bool:
            """Look on until a page is open, or to the end."""
            nonlocal told
            now = tree(process.pid)
            told += commands(now - seen)
            seen.update(now)
            ended = process.poll() is not None
            return ended or (end is not None and "--type=renderer" in told)

        eventually(has_page)
        if end is not None:
            process.send_signal(end)
        process.communicate()
    assert process.returncode == {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: 1, None: 0}[end]
    assert "--type=renderer" in told
    assert "playwright/driver/node" in told
    assert left_over(seen) == ""


@needs_browser
def test_memory_does_not_grow_with_pages(database: tuple[str, str]) -> None:
    """Enough for a second browser to be started; at 200 pages: `python -m benchmarks.browser_memory`."""
    after, end = growth(sampled(55, *database))
    assert 0.8 < end / after < 1.2
