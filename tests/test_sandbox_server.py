"""The sandbox over HTTP: hosts, validators, faults, the control host. A real child process each time."""

import http.client
import json
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from sandbox.faults import FAULTS, UnknownFaultError, parse, parse_list
from sandbox.process import SandboxError, SandboxProcess
from sandbox.server import host_kind

PROJECT = Path(__file__).parent.parent
SITE = "finews.withounder.com"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(posts=90) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: SandboxProcess) -> Iterator[None]:
    yield
    sandbox.set_faults()
    sandbox.clear_log()


def get(sandbox: SandboxProcess, path: str, host: str = SITE, **headers: str) -> tuple[int, dict[str, str], bytes]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return sandbox.request("GET", quote(path, safe="/?=&,.:()"), host=host, headers=names)


def test_it_prints_its_address_and_the_mirrors_value(sandbox: SandboxProcess) -> None:
    assert urlsplit(sandbox.url).hostname == "127.0.0.1"
    assert json.loads(sandbox.mirrors) == {"*": sandbox.url}


def test_every_page_of_every_truth_is_there(sandbox: SandboxProcess) -> None:
    truths = sandbox.truths()
    assert len(truths) == 90
    for url in (url for truth in truths for url in truth["post_urls"]):
        status, headers, body = get(sandbox, urlsplit(url).path)
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert body.endswith(b"</html>\n")


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/", 200, "text/html; charset=utf-8"),
        ("/emnews/", 200, "text/html; charset=utf-8"),
        ("/category/emnews", 200, "text/html; charset=utf-8"),
        ("/category/huadongcaijingguancha dongcaiguanchaAPP.html", 200, "text/html; charset=utf-8"),
        ("/feed.xml", 200, "application/xml"),
        ("/requirements.txt", 200, "text/plain; charset=utf-8"),
        ("/robots.txt", 404, "text/html; charset=utf-8"),
    ],
)
def test_what_the_site_answers(sandbox: SandboxProcess, path: str, status: int, kind: str) -> None:
    answer = get(sandbox, path)
    assert (answer[0], answer[1]["content-type"]) == (status, kind)
    assert (b"404 \xe6\x89\xbe" in answer[2]) == (status == 404)


def test_a_folder_without_slash_redirects_to_the_real_host(sandbox: SandboxProcess) -> None:
    status, headers, _ = get(sandbox, "/emnews")
    assert (status, headers["location"]) == (301, "https://finews.withounder.com/emnews/")


@pytest.mark.parametrize("path", ["/", "/category/emnews.html", "/feed.xml"])
def test_conditional_requests(sandbox: SandboxProcess, path: str) -> None:
    _, headers, _ = get(sandbox, path)
    tag, changed = headers["etag"], headers["last-modified"]
    assert get(sandbox, path, If_None_Match=tag)[0] == 304
    assert get(sandbox, path, If_None_Match=f'"other", W/{tag}')[0] == 304
    assert get(sandbox, path, If_None_Match='"other"', If_Modified_Since=changed)[0] == 200
    assert get(sandbox, path, If_Modified_Since=changed)[0] == 304
    assert get(sandbox, path, If_Modified_Since="Wed, 01 Dec 2021 00:00:00 GMT")[0] == 200
    assert get(sandbox, path, If_Modified_Since="never")[0] == 200
    status, again, body = get(sandbox, path, If_None_Match=tag)
    assert (status, again["etag"], body) == (304, tag, b"")
    assert "content-length" not in again


def test_validators_change_with_the_page_and_only_with_it(sandbox: SandboxProcess) -> None:
    home, list_page = get(sandbox, "/")[1]["etag"], get(sandbox, "/category/Wind.html")[1]["etag"]
    sandbox.add("rolling")
    assert get(sandbox, "/", If_None_Match=home)[0] == 200
    assert get(sandbox, "/category/Wind.html", If_None_Match=list_page)[0] == 304


def test_head_has_the_headers_of_get_and_no_body(sandbox: SandboxProcess) -> None:
    status, headers, body = sandbox.request("HEAD", "/", host=SITE)
    assert (status, body) == (200, b"")
    assert headers == get(sandbox, "/")[1]


def test_other_methods_are_refused(sandbox: SandboxProcess) -> None:
    assert sandbox.request("POST", "/", host=SITE, body=b"x=1")[0] == 405


def test_one_connection_serves_many_requests(sandbox: SandboxProcess) -> None:
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    sockets = set()
    for host in (SITE, "push2.eastmoney.com", SITE):
        connection.request("GET", "/", headers={"Host": host})
        connection.getresponse().read()
        sockets.add(id(connection.sock))
    connection.close()
    assert len(sockets) == 1


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        (SITE, "site"),
        ("127.0.0.1", "site"),
        ("finews.zning.xyz", "share"),
        ("choicewzp1.eastmoney.com", "share"),
        ("futures.eastmoney.com", "article"),
        ("newsinfo.eastmoney.com", "newsinfo"),
        ("quote.eastmoney.com", "quote"),
        ("push2.eastmoney.com", "push2"),
        ("push2his.eastmoney.com", "push2his"),
        ("np-listapi.eastmoney.com", "listapi"),
        ("np-weblist.eastmoney.com", "weblist"),
        ("newsapi.eastmoney.com", "newsapi"),
        ("caifuhao.eastmoney.com", "caifuhao"),
        ("finews.zning.me", None),
        ("example.org", None),
    ],
)
def test_hosts_are_told_apart(host: str, kind: str | None) -> None:
    assert host_kind(host) == kind


def test_an_unknown_host_is_refused_and_logged(sandbox: SandboxProcess) -> None:
    assert get(sandbox, "/x", host="Example.ORG:80")[0] == 421
    entry = sandbox.log()[-1]
    assert (entry["host"], entry["kind"], entry["status"]) == ("example.org", None, 421)


def test_the_log_has_every_request_in_order(sandbox: SandboxProcess) -> None:
    get(sandbox, "/", User_Agent="tester")
    get(sandbox, "/robots.txt")
    first, second = sandbox.log()
    assert (first["method"], first["host"], first["path"], first["status"]) == ("GET", SITE, "/", 200)
    assert first["headers"]["user-agent"] == "tester"
    assert (second["path"], second["status"], second["fault"]) == ("/robots.txt", 404, None)
    assert sandbox.log(since=1) == [second]
    assert sandbox.stats()["served"] == {"site": 2}


def is_readable(connection: socket.socket, seconds: float) -> bool:
    return bool(select.select([connection], [], [], seconds)[0])


def test_it_says_when_the_log_holds_so_many_requests(sandbox: SandboxProcess) -> None:
    with sandbox.when_logged(2) as second, sandbox.when_logged(1, "/emnews/") as listed:
        get(sandbox, "/")
        sandbox.stats()  # not logged, and not counted
        assert not is_readable(second, 0.1)
        get(sandbox, "/robots.txt")
        assert is_readable(second, 10)
        assert not is_readable(listed, 0.1)
        get(sandbox, "/emnews/?page=1")
        assert is_readable(listed, 10)
    with sandbox.when_logged(3) as past:
        assert is_readable(past, 10)
    sandbox.clear_log()
    with sandbox.when_logged(1) as first:
        assert not is_readable(first, 0.1)


def test_add_change_and_remove_show_at_once(sandbox: SandboxProcess) -> None:
    added = sandbox.add("media")
    path = urlsplit(added["post_urls"][0]).path
    assert path.encode() in get(sandbox, "/feed.xml")[2]
    before = get(sandbox, path)[2]
    changed = sandbox.change(added["id"])
    after = get(sandbox, path)[2]
    assert changed["text"].split("\n")[0].encode() in after
    assert before != after
    assert sandbox.truth(added["id"]) == changed
    sandbox.remove(added["id"])
    assert get(sandbox, path)[0] == 404
    with pytest.raises(SandboxError, match=f"UnknownPostError: this world holds no post '{added['id']}'"):
        sandbox.truth(added["id"])


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("forbidden", 403, b"403 Forbidden"),
        ("captcha", 200, "滑块验证".encode()),
        ("empty", 200, b""),
        ("error-500", 500, b"500 Internal"),
        ("rate-limited", 429, b"429 Too Many"),
    ],
)
def test_faults_of_the_whole_site(sandbox: SandboxProcess, fault: str, status: int, words: bytes) -> None:
    sandbox.set_faults(fault)
    for path in ("/", "/emnews/", "/robots.txt"):
        answer = get(sandbox, path)
        assert answer[0] == status
        assert words in answer[2]
        assert len(answer[2]) < 1000
    assert get(sandbox, "/", host="quote.eastmoney.com")[0] == 404
    assert sandbox.log()[0]["fault"] == fault


def test_rate_limited_says_when_to_come_back(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("rate-limited")
    assert get(sandbox, "/")[1]["retry-after"] == "1"


@pytest.mark.parametrize(("fault", "status"), [("not-found-home", 404), ("not-found-home-200", 200)])
def test_home_can_be_the_404_page(sandbox: SandboxProcess, fault: str, status: int) -> None:
    missing = get(sandbox, "/no-such-page")[2]
    sandbox.set_faults(fault)
    assert get(sandbox, "/")[::2] == (status, missing)
    assert get(sandbox, "/emnews/")[0] == 200


def test_home_can_be_cut_short(sandbox: SandboxProcess) -> None:
    whole = get(sandbox, "/")
    sandbox.set_faults("truncated-home")
    status, headers, body = get(sandbox, "/")
    assert status == 200
    assert whole[2].startswith(body)
    assert body.endswith(b"<li><a hr")
    assert int(headers["content-length"]) == len(body)
    assert headers["etag"] != whole[1]["etag"]


def test_the_wrapper_can_change_its_class(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("layout-change")
    body = get(sandbox, "/")[2]
    assert b'<div class="wrapper">' not in body
    assert b'<div class="page-content">' in body


@pytest.mark.parametrize("path", ["/", "/emnews/", "/category/emnews.html", "/feed.xml"])
def test_lists_can_be_empty(sandbox: SandboxProcess, path: str) -> None:
    entries = (b"<li>", b"&lt;li&gt;", b"<entry>")
    assert any(entry in get(sandbox, path)[2] for entry in entries)
    sandbox.set_faults("no-listing")
    status, _, body = get(sandbox, path)
    assert status == 200
    assert not any(entry in body for entry in entries)
    assert body.rstrip().endswith((b"</html>", b"</feed>"))


def test_a_connection_can_drop(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("drop")
    with pytest.raises(ConnectionError):
        get(sandbox, "/")
    assert sandbox.log()[-1]["status"] is None


def test_a_body_can_be_shorter_than_promised(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("short-body")
    with pytest.raises(http.client.IncompleteRead):
        get(sandbox, "/")


def test_an_answer_can_fail_to_come(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("hang")
    with socket.create_connection((urlsplit(sandbox.url).hostname, urlsplit(sandbox.url).port), 10) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
        while not sandbox.log():  # the request has arrived and was taken
            pass
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)


def test_a_fault_can_begin_later_and_strike_one_path_or_another_host(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("forbidden@3", "push2:error-500")
    assert [get(sandbox, "/")[0] for _ in range(4)] == [200, 200, 403, 403]
    assert get(sandbox, "/", host="push2.eastmoney.com")[0] == 500
    sandbox.set_faults()
    sandbox.set_faults("forbidden", path="/emnews/")
    assert (get(sandbox, "/")[0], get(sandbox, "/emnews/")[0]) == (200, 403)


def test_a_fault_can_pass_and_strike_one_query(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("error-500@2-3")
    assert [get(sandbox, "/")[0] for _ in range(4)] == [200, 500, 500, 200]
    sandbox.set_faults()
    sandbox.set_faults("forbidden", path="/?a=1")
    assert [get(sandbox, path)[0] for path in ("/", "/?a=1", "/?a=2")] == [200, 403, 200]


def test_faults_are_read_from_text() -> None:
    one, other = parse_list("captcha, share:drop@20")
    assert (one.host, one.name, one.since) == ("site", "captcha", 1)
    assert (other.host, other.name, other.since) == ("share", "drop", 20)
    assert parse_list("") == []
    span = parse("weblist:rate-limited@2-5")
    assert (span.host, span.name, span.since, span.until) == ("weblist", "rate-limited", 2, 5)
    for wrong in ("nothing", "moon:drop", "drop@soon", "drop@2-", "drop@-2", "@2"):
        with pytest.raises(UnknownFaultError, match=f"no fault '{wrong}'; there are forbidden, captcha"):
            parse(wrong)
    assert all(meaning for meaning, _ in FAULTS.values())


def test_faults_on_the_command_line_and_a_clean_stop() -> None:
    sandbox = SandboxProcess(posts=5, layout="old", faults=["error-500@2"]).start()
    assert [get(sandbox, "/")[0] for _ in range(2)] == [200, 500]
    assert sandbox.stop() == 0


def test_it_does_not_outlive_the_process_that_started_it() -> None:
    starter = "import time; from sandbox.process import SandboxProcess; s = SandboxProcess(posts=1).start(); "
    starter += "print(s.url, flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", starter], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        address = urlsplit(process.stdout.readline().strip())
        with socket.create_connection((address.hostname, address.port), 10) as connection:
            process.kill()
            assert connection.recv(1) == b""  # closed by the sandbox, at its end


def test_a_taken_port_is_said_plainly(sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str]) -> None:
    port = urlsplit(sandbox.url).port
    with pytest.raises(SandboxError, match="ended with exit code 1"):
        SandboxProcess(posts=1, port=port or 0).start()
    assert capfd.readouterr().err.startswith(f"cannot listen on 127.0.0.1:{port}: ")


def test_control_refuses_what_it_does_not_know(sandbox: SandboxProcess) -> None:
    status, _, body = sandbox.request("GET", "/unknown", host="control.sandbox")
    assert (status, json.loads(body)) == (404, {"error": "no control GET /unknown"})
    status, _, body = sandbox.request("POST", "/faults", host="control.sandbox", body=b"[]")
    assert status == 400
    with pytest.raises(SandboxError, match="no kind 'nonsense' to add"):
        sandbox.add("nonsense")
