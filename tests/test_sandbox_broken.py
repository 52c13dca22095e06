"""The sandbox's faults that break HTTP itself, redirect to where nobody should go, or let the site change."""

import gzip
import http.client
import socket
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from sandbox.broken import BOMB_BYTES, HUGE_HEADER_BYTES
from sandbox.faults import HOSTILE_WORDS
from sandbox.process import SandboxProcess

SITE = "finews.withounder.com"
SHARE = "finews.zning.xyz"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(posts=40) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: SandboxProcess) -> Iterator[None]:
    yield
    sandbox.set_faults()
    sandbox.clear_log()


def get(sandbox: SandboxProcess, path: str = "/", **headers: str) -> tuple[int, dict[str, str], bytes]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return sandbox.request("GET", path, host=SITE, headers=names)


def sent(sandbox: SandboxProcess, until: int | None = None) -> bytes:
    """Give the bytes that answer a request for the home page: all, or the first `until`."""
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), 20) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {SITE}\r\nConnection: close\r\n\r\n".encode())
        data = b""
        while (until is None or len(data) < until) and (more := connection.recv(2**16)):
            data += more
        return data


def test_a_body_can_be_longer_than_promised(sandbox: SandboxProcess) -> None:
    whole = get(sandbox)[2]
    sandbox.set_faults("long-body")
    head, _, body = sent(sandbox).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(whole) // 2}\r\n".encode() in head + b"\r\n"
    assert body == whole


def test_a_body_can_end_anywhere(sandbox: SandboxProcess) -> None:
    paths = ("/", "/emnews/", "/feed.xml")
    whole = [get(sandbox, path)[2] for path in paths]
    sandbox.set_faults("truncated")
    cut = [get(sandbox, path)[2] for path in paths]
    assert all(full.startswith(part) and len(part) < len(full) for full, part in zip(whole, cut, strict=True))
    assert len({len(part) for part in cut}) == 3
    assert cut == [get(sandbox, path)[2] for path in paths]


@pytest.mark.parametrize("fault", ["slow-drip", "slow-header"])
def test_an_answer_can_drip(sandbox: SandboxProcess, fault: str) -> None:
    sandbox.set_faults(fault)
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), 20) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
        head = b""
        while fault == "slow-drip" and not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert [len(connection.recv(100)) for _ in range(5)] == [1] * 5


@pytest.mark.parametrize(
    ("fault", "words"), [("endless", b"</p>\n<p>xx"), ("endless-header", b"\r\nX-Header-63: x")]
)
def test_an_answer_can_have_no_end(sandbox: SandboxProcess, fault: str, words: bytes) -> None:
    sandbox.set_faults(fault)
    data = sent(sandbox, until=2**23)
    assert len(data) >= 2**23
    assert words in data
    assert (b"\r\n\r\n" in data) == (fault == "endless")


def test_a_header_can_have_megabytes(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("huge-header")
    lines = sent(sandbox).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, lines)) == len("X-Padding: ") + HUGE_HEADER_BYTES


def test_compression_can_be_broken_cut_or_a_bomb(sandbox: SandboxProcess) -> None:
    whole = get(sandbox)[2]
    sandbox.set_faults("broken-gzip")
    _, headers, body = get(sandbox)
    assert headers["content-encoding"] == "gzip"
    with pytest.raises((zlib.error, gzip.BadGzipFile)):
        gzip.decompress(body)
    sandbox.set_faults("truncated-gzip")
    part = get(sandbox)[2]
    with pytest.raises(EOFError):
        gzip.decompress(part)
    assert whole.startswith(zlib.decompressobj(31).decompress(part))
    sandbox.set_faults("gzip-bomb")
    bomb = get(sandbox)[2]
    assert len(bomb) < BOMB_BYTES // 500
    assert len(zlib.decompressobj(31).decompress(bomb, 2**20)) == 2**20


@pytest.mark.parametrize(
    ("fault", "declared", "charset"),
    [
        ("gbk-as-utf-8", "text/html; charset=utf-8", "gb18030"),
        ("utf-8-as-gbk", "text/html; charset=gbk", "utf-8"),
        ("gbk-undeclared", "text/html", "gb18030"),
        ("utf-8-undeclared", "text/html", "utf-8"),
    ],
)
def test_the_charset_can_be_wrong(sandbox: SandboxProcess, fault: str, declared: str, charset: str) -> None:
    whole = get(sandbox)[2].decode()
    sandbox.set_faults(fault)
    _, headers, body = get(sandbox)
    assert (headers["content-type"], body.decode(charset)) == (declared, whole)


@pytest.mark.parametrize(
    ("fault", "location"),
    [
        ("redirect-loop", "/emnews/?a=1"),
        ("redirect-elsewhere", "https://elsewhere.example/emnews/?a=1"),
        ("redirect-metadata", "http://169.254.169.254/emnews/?a=1"),
        ("redirect-private", "http://10.0.0.1/emnews/?a=1"),
        ("redirect-loopback", "http://[::1]/emnews/?a=1"),
        ("redirect-localhost", "http://localhost/emnews/?a=1"),
        ("redirect-file", "file:///etc/hostname?/emnews/?a=1"),
    ],
)
def test_redirects_can_lead_anywhere(sandbox: SandboxProcess, fault: str, location: str) -> None:
    sandbox.set_faults(fault)
    status, headers, _ = get(sandbox, "/emnews/?a=1")
    assert (status, headers["location"]) == (302, location)


@pytest.mark.parametrize(
    ("fault", "name", "values"),
    [
        ("two-locations", "Location", [b"/", b"https://elsewhere.example/"]),
        ("two-types", "Content-Type", [b"text/html; charset=utf-8", b"application/octet-stream; charset=gbk"]),
    ],
)
def test_a_header_can_stand_there_twice(
    sandbox: SandboxProcess, fault: str, name: str, values: list[bytes]
) -> None:
    sandbox.set_faults(fault)
    lines = sent(sandbox).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line.partition(b": ")[2] for line in lines if line.startswith(name.encode())] == values


def test_two_lengths_differ(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("two-lengths")
    head, _, body = sent(sandbox).partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
    assert lengths == [len(body), len(body) + 7]


def test_cookies_can_be_odd(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("cookies")
    head = sent(sandbox).partition(b"\r\n\r\n")[0]
    assert head.count(b"\r\nSet-Cookie: ") == 10
    assert b"Domain=eastmoney.com;" in head
    assert b"Domain=..;" in head


def test_304_can_come_unasked(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("not-modified")
    assert get(sandbox)[::2] == (304, b"")


@pytest.mark.parametrize(("fault", "year"), [("clock-back", "2000"), ("clock-ahead", "2099")])
def test_the_clock_can_stand_elsewhere(sandbox: SandboxProcess, fault: str, year: str) -> None:
    sandbox.set_faults(fault)
    _, headers, body = get(sandbox)
    assert year in headers["date"]
    assert year in headers["last-modified"]
    assert body.endswith(b"</html>\n")


def test_posts_can_vanish_after_they_were_listed(sandbox: SandboxProcess) -> None:
    path = urlsplit(sandbox.truths()[0]["post_urls"][0]).path
    sandbox.set_faults("vanished-posts")
    assert (get(sandbox)[0], get(sandbox, path)[0]) == (200, 404)
    assert path.encode() in get(sandbox, "/category/" + path.split("/")[1] + ".html")[2] + get(sandbox)[2]


def test_posts_can_change_while_they_are_read(sandbox: SandboxProcess) -> None:
    before = next(truth for truth in sandbox.truths() if truth["kind"] == "media")
    path = urlsplit(before["post_urls"][0]).path
    sandbox.set_faults("changing-posts@1-1")
    first, second = get(sandbox, path)[2], get(sandbox, path)[2]
    after = sandbox.truth(before["id"])
    assert first != second
    assert before["text"] != after["text"]
    assert second == get(sandbox, path)[2]


def test_posts_can_grow_older(sandbox: SandboxProcess) -> None:
    path = urlsplit(sandbox.truths()[0]["post_urls"][0]).path
    before = get(sandbox, path)[2].decode()
    printed = before.partition("CST] ")[2][:19]
    sandbox.set_faults("earlier-times")
    assert get(sandbox, path)[2].decode() == before.replace(
        f"CST] {printed}", f"CST] {int(printed[:4]) - 1}{printed[4:]}"
    )


def test_headlines_can_be_hostile(sandbox: SandboxProcess) -> None:
    truth = next(truth for truth in sandbox.truths() if truth["kind"] == "media")
    sandbox.set_faults("hostile-words", "share:hostile-words")
    page = get(sandbox, urlsplit(truth["post_urls"][0]).path)[2].decode()
    assert f"<h1>{HOSTILE_WORDS.replace('<', '&lt;')}" in page
    status, _, body = sandbox.request("GET", f"/NewsData/GetNewsText.do?id={truth['id']}", host=SHARE)
    assert status == 200
    assert b'"title":"\\u001b]0;owned' in body


def test_these_faults_pass_too(sandbox: SandboxProcess) -> None:
    sandbox.set_faults("redirect-loop@2-2", "short-body@3-3")
    assert [get(sandbox)[0] for _ in range(2)] == [200, 302]
    with pytest.raises(http.client.IncompleteRead):
        get(sandbox)
    assert get(sandbox)[0] == 200
    assert [entry["fault"] for entry in sandbox.log()] == [None, "redirect-loop", "short-body", None]
