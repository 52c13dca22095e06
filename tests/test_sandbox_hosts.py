"""Upstream's hosts in the sandbox when they fail, the share page and its traffic, and bodies given as files."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.bodies import Bodies
from sandbox.faults import HOSTS
from sandbox.process import SandboxError, SandboxProcess
from sandbox.server import host_kind

COLUMN = "/comm/web/getNewsByColumns?client=web&biz=web_news_col&order=1&req_trace=1&column=350"
SHARE = "finews.zning.xyz"
TARGETS = {
    "share": (SHARE, "/NewsData/GetNewsText.do?id={}"),
    "newsinfo": ("newsinfo.eastmoney.com", "/kuaixun/v2/api/article/{:.18}"),
    "article": ("stock.eastmoney.com", "/a/{:.18}.html"),
    "listapi": ("np-listapi.eastmoney.com", COLUMN),
    "weblist": (
        "np-weblist.eastmoney.com",
        "/comm/web/getFastNewsList?client=web&biz=x&fastColumn=102&req_trace=1",
    ),
    "newsapi": ("newsapi.eastmoney.com", "/kuaixun/v1/getlist_102_ajaxResult_5_1_.html"),
    "push2": ("push2.eastmoney.com", "/api/qt/stock/get?secid=1.600519"),
    "push2his": ("push2his.eastmoney.com", "/api/qt/stock/kline/get?secid=1.600519&klt=101&lmt=1"),
    "quote": ("quote.eastmoney.com", "/sh600519.html"),
}


WRONG = {
    "forbidden": (403, b"403 Forbidden"),
    "captcha": (200, "滑块验证".encode()),
    "empty": (200, b""),
    "error-500": (500, b"500 Internal"),
    "rate-limited": (429, b"429 Too Many"),
    "empty-json": (200, b"{}"),
    "null-data": (200, b'"data":null'),
    "passport": (200, b'"result":{"passportWeb":[{"uid":'),
}
"""Status and words of the answers that faults give."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(posts=60, upstream_only=10) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: SandboxProcess) -> Iterator[None]:
    yield
    sandbox.set_faults()
    sandbox.clear_log()


@pytest.fixture(scope="module")
def both(sandbox: SandboxProcess) -> dict[str, Any]:
    return next(truth for truth in sandbox.truths() if truth["kind"] == "both")


def ask(sandbox: SandboxProcess, kind: str, post: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    host, target = TARGETS[kind]
    code = post["id"] if kind == "share" else post["id"].removeprefix("NW")
    return sandbox.request("GET", target.format(code), host=host)


def test_every_host_can_fail() -> None:
    assert {host_kind(host) for host, _ in TARGETS.values()} | {"site", "caifuhao"} == set(HOSTS)


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("fault", WRONG)
def test_a_host_fails_and_the_others_do_not(
    sandbox: SandboxProcess, both: dict[str, Any], kind: str, fault: str
) -> None:
    status, body = WRONG[fault]
    well = ask(sandbox, kind, both)
    assert well[0] == 200
    assert fault == "empty" or body not in well[2]
    sandbox.set_faults(f"{kind}:{fault}")
    answer = ask(sandbox, kind, both)
    assert answer[0] == status
    assert body in answer[2]
    assert (answer[2] == b"") == (fault == "empty")
    assert len(answer[2]) < 1000
    assert ("retry-after" in answer[1]) == (fault == "rate-limited")
    assert all(ask(sandbox, other, both)[0] == 200 for other in TARGETS if other != kind)
    assert [entry["fault"] for entry in sandbox.log() if entry["fault"]] == [fault]


@pytest.mark.parametrize("kind", TARGETS)
def test_a_host_drops_connections(sandbox: SandboxProcess, both: dict[str, Any], kind: str) -> None:
    sandbox.set_faults(f"{kind}:drop@2")
    assert ask(sandbox, kind, both)[0] == 200
    with pytest.raises(ConnectionError):
        ask(sandbox, kind, both)


@pytest.mark.parametrize("fault", ["empty-json", "null-data", "passport"])
def test_failing_answers_keep_to_the_callback(sandbox: SandboxProcess, fault: str) -> None:
    sandbox.set_faults(f"push2:{fault}")
    _, _, body = sandbox.request("GET", "/api/qt/stock/get?cb=f", host="push2.eastmoney.com")
    assert body.startswith(b"f({")
    assert body.endswith(b"});")


def test_keys_can_be_spelled_otherwise(sandbox: SandboxProcess, both: dict[str, Any]) -> None:
    well = json.loads(ask(sandbox, "share", both)[2])
    sandbox.set_faults("share:key-case")
    other = json.loads(ask(sandbox, "share", both)[2])
    assert {"Id", "Newsid", "Title", "Date", "Text", "Content"} <= other.keys()
    assert {key.lower(): value for key, value in other.items()} == {key.lower(): v for key, v in well.items()}
    page = sandbox.request("GET", f"/html_News/NewsShare.html?infoCode={both['id']}", host=SHARE)
    assert page[2].startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(("kind", "empty"), [("media", "content"), ("rolling", "text")])
def test_the_other_key_can_be_there_too(sandbox: SandboxProcess, kind: str, empty: str) -> None:
    post = next(truth for truth in sandbox.truths() if truth["kind"] == kind)
    well = json.loads(ask(sandbox, "share", post)[2])
    assert empty not in well
    sandbox.set_faults("share:both-keys")
    assert json.loads(ask(sandbox, "share", post)[2]) == well | {empty: ""}


def test_many_securities_at_once_can_be_too_many(sandbox: SandboxProcess) -> None:
    def asked(count: int) -> int:
        secids = ",".join(["1.600519"] * count)
        return sandbox.request("GET", f"/api/qt/ulist.np/get?secids={secids}", host="push2.eastmoney.com")[0]

    assert asked(300) == 200
    sandbox.set_faults("push2:large-batch")
    assert asked(100) == 200
    with pytest.raises(http.client.RemoteDisconnected):
        asked(101)


def test_plain_requests_can_be_refused(sandbox: SandboxProcess, both: dict[str, Any]) -> None:
    sandbox.set_faults("share:plain-refused")
    assert json.loads(ask(sandbox, "share", both)[2]) == {}
    page = f"/html_News/NewsShare.html?infoCode={both['id']}"
    assert b"GetNewsText.do" in sandbox.request("GET", page, host=SHARE)[2]
    for headers in ({"Referer": f"http://{SHARE}{page}"}, {"Sec-Fetch-Site": "same-origin"}):
        target = f"/NewsData/GetNewsText.do?id={both['id']}"
        _, _, body = sandbox.request("GET", target, host=SHARE, headers=headers)
        assert json.loads(body)["title"] == both["title"]


def test_what_the_share_page_asks_for_is_logged(sandbox: SandboxProcess, both: dict[str, Any]) -> None:
    status, _, body = sandbox.request("GET", f"/html_News/NewsShare.html?infoCode={both['id']}", host=SHARE)
    assert status == 200
    assert b"location.reload()" in body
    for path, kind in (("/html_News/css/share.css", "text/css"), ("/html_News/images/logo.png", "image/png")):
        assert f'"{path}"'.encode() in body
        status, headers, _ = sandbox.request("GET", path, host=SHARE)
        assert (status, headers["content-type"], sandbox.log()[-1]["path"]) == (200, kind, path)


def article(**more: str) -> str:
    told = {"title": "题", "date": "2019-01-02 03:04:05", "from": "某报"}
    return json.dumps(told | more, ensure_ascii=False)


def test_bodies_are_answered_with(tmp_path: Path) -> None:
    (tmp_path / "NW201901021234567890.json").write_text(article(text="<p>甲</p>"), encoding="utf-8")
    (tmp_path / "20190102123456789.json").write_text(article(content="<p>乙</p>"), encoding="utf-8")
    (tmp_path / "README").write_text("no article", encoding="utf-8")
    with SandboxProcess(posts=5, bodies=tmp_path) as sandbox:
        for code, key, body in (
            ("NW201901021234567890", "text", "<p>甲</p>"),
            ("NW20190102123456789", "content", "<p>乙</p>"),
        ):
            _, _, said = sandbox.request("GET", f"/NewsData/GetNewsText.do?id={code}", host=SHARE)
            news = json.loads(said)
            assert (news["id"], news["newsid"], news["date"]) == (code, code[2:], "2019-01-02 03:04:05")
            assert (news["title"], news["from"], news[key]) == ("题", "某报", body)
            target = f"/kuaixun/v2/api/article/{code[2:]}?guid=1"
            _, _, said = sandbox.request("GET", target, host="newsinfo.eastmoney.com")
            data = json.loads(said)["data"]
            assert (data["Art_Title"], data["Art_Media_Name"], data["Art_Content"]) == ("题", "某报", body)
            assert data["Art_ShowTime"] == "2019/01/02 03:04:05"
        truth = sandbox.truths()[0]
        _, _, said = sandbox.request("GET", f"/NewsData/GetNewsText.do?id={truth['id']}", host=SHARE)
        assert json.loads(said)["title"] == truth["title"]


@pytest.mark.parametrize(
    "text", ["[]", article(), article(text="x", url="y"), '{"title": "题", "text": "x"}', "no JSON"]
)
def test_files_that_are_no_articles_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "1.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"1\.json is no object of title|Expecting value"):
        Bodies(tmp_path)


def test_a_missing_folder_is_said_plainly(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SandboxError, match="ended with exit code 2"):
        SandboxProcess(posts=1, bodies=tmp_path / "none").start()
    assert "No such file or directory" in capfd.readouterr().err
