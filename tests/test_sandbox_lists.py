"""East Money's lists in the sandbox, and what else upstream has beyond the site; their truths."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox import list_hosts, upstream
from sandbox.http import Request, Response
from sandbox.news_truth import EntryTruth, list_truths
from sandbox.newsroom import NEWS_KINDS
from sandbox.process import SandboxProcess
from sandbox.world import UnknownPostError, World

BEIJING = timezone(timedelta(hours=8))
COLUMNS = "/comm/web/getNewsByColumns?client=web&biz=web_news_col&order=1&needInteractData=0&req_trace=1"
FAST = "/comm/web/getFastNewsList?client=web&biz=web_724&req_trace=1"
TICKER = "/comm/web/getListInfo?client=web&type=1"


@pytest.fixture(scope="module")
def world() -> World:
    return World(upstream_only=60)


@pytest.fixture(scope="module")
def truths(world: World) -> dict[str, list[EntryTruth]]:
    return list_truths(world.news.values())


def listapi(world: World, target: str) -> Response:
    return list_hosts.listapi(world, Request("GET", target, {}))


def loaded(response: Response) -> Any:
    assert response.status == 200
    return json.loads(response.body)


def column_rows(world: World, column: int, size: int, order: int = 1) -> list[dict[str, Any]]:
    """Read a column page by page until a page is empty."""
    rows: list[dict[str, Any]] = []
    for page in range(1, 100):
        target = f"{COLUMNS}&column={column}&page_size={size}&page_index={page}".replace(
            "order=1", f"order={order}"
        )
        found = loaded(listapi(world, target))["data"]["list"]
        if not found:
            return rows
        rows += found
    raise AssertionError("a list without end")


def fast_rows(world: World, column: int, size: int) -> list[dict[str, Any]]:
    """Read a column of 7x24 by its cursor until a page is empty."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(100):
        data = loaded(listapi(world, f"{FAST}&fastColumn={column}&pageSize={size}&sortEnd={cursor}"))["data"]
        if not data["fastNewsList"]:
            assert data["sortEnd"] == cursor
            return rows
        rows += data["fastNewsList"]
        cursor = data["sortEnd"]
    raise AssertionError("a list without end")


def words(listed: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", listed).replace("\u3000", " ").split())


def after_title(summary: str, title: str) -> str:
    said = words(summary)
    return said.removeprefix(f"【{title}】") if title else said


def at(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)


def number(post: str) -> str:
    return post.removeprefix("CFH").removeprefix("NW")


@pytest.mark.parametrize(("column", "size"), [(350, 20), (351, 7), (535, 200)])
def test_a_column_shows_what_its_truth_says(
    world: World, truths: dict[str, list[EntryTruth]], column: int, size: int
) -> None:
    rows = {row["code"]: row for row in column_rows(world, column, size)}
    entries = truths[f"column/{column}"]
    assert len(entries) > 15
    assert rows.keys() == {number(entry.id) for entry in entries}
    for entry in entries:
        row = rows[number(entry.id)]
        assert (words(row["title"]), at(row["showTime"])) == (entry.title, entry.published_at)
        assert after_title(row["summary"], entry.title) == " ".join((entry.summary or "").split())
        assert entry.media
        assert " ".join(row["mediaName"].split()) == entry.media[0]
        origin = row.get("np_dst") or row.get("Np_dst")
        if entry.kind == "caifuhao":
            assert (origin, row["url"], row["uniqueUrl"]) == ("CFH", entry.url, "")
            assert len(row["code"]) == 23
        else:
            assert (origin, row["uniqueUrl"]) == ("CMS", entry.url)
            assert row["url"].endswith(f".eastmoney.com/news/1{column},{row['code']}.html")


def test_columns_are_in_order_of_time_nearly_or_fully(world: World) -> None:
    loose = [row["showTime"] for row in column_rows(world, 350, 50)]
    strict = [row["showTime"] for row in column_rows(world, 350, 50, order=2)]
    assert strict == sorted(strict, reverse=True)
    assert loose != strict
    assert [sorted(loose[n : n + 3]) for n in range(0, 60, 3)] == [
        sorted(strict[n : n + 3]) for n in range(0, 60, 3)
    ]


def test_every_article_stands_in_one_to_three_columns(world: World) -> None:
    counts = Counter(len(news.columns) for news in world.news.values() if news.kind in {"article", "caifuhao"})
    assert counts.keys() == {1, 2, 3}
    assert not any(news.columns for news in world.news.values() if news.kind in {"flash", "flash-only"})


def test_several_columns_at_once_list_each_article_once(world: World, truths: dict[str, list[EntryTruth]]) -> None:
    data = loaded(listapi(world, f"{COLUMNS}&column=350,351&page_size=200&page_index=1"))["data"]
    listed = [row["code"] for row in data["list"]]
    both = {entry.id for name in ("column/350", "column/351") for entry in truths[name]}
    assert data["totle_hits"] == len(listed) == len(set(listed)) == len(both)


def test_codes_and_keys_vary_and_fields_are_kept_to(world: World) -> None:
    first, second = (loaded(listapi(world, f"{COLUMNS}&column=350&page_index={page}")) for page in (1, 2))
    assert (first["code"], second["code"]) == ("1", 1)
    rows = first["data"]["list"] + second["data"]["list"]
    assert {key for row in rows for key in row if key.lower() == "np_dst"} == {"np_dst", "Np_dst"}
    assert len(rows) == 40
    asked = loaded(listapi(world, f"{COLUMNS}&column=350&fields=code,showTime,Np_dst"))["data"]["list"][0]
    assert {key.lower() for key in asked} == {"code", "showtime", "np_dst"}


def test_blemishes_occur(world: World) -> None:
    rows = [row for column in (344, 350, 351) for row in column_rows(world, column, 200)]
    for blemish in ("<em>", "\u3000", "\r\n"):
        assert any(blemish in row["title"] for row in rows)
    for start in ("<p>", "【"):
        assert any(row["summary"].startswith(start) for row in rows)
    assert any(row["summary"] == words(row["title"]) for row in rows)


def test_a_page_is_never_longer_than_200(world: World) -> None:
    data = loaded(listapi(world, f"{FAST}&fastColumn=102&pageSize=1000"))["data"]
    assert len(data["fastNewsList"]) == 200 < data["total"]


@pytest.mark.parametrize("missing", ["req_trace", "column", "client", "biz", "order"])
def test_columns_refuse_in_words(world: World, missing: str) -> None:
    target = re.sub(rf"&?{missing}=\w+", "", f"{COLUMNS}&column=350")
    answer = loaded(listapi(world, target))
    assert answer["data"] is None
    assert answer["message"] == f"Required String parameter '{missing}' is not present"


@pytest.mark.parametrize("host", [list_hosts.listapi, list_hosts.weblist])
def test_7x24_refuses_without_trace(world: World, host: Any) -> None:
    response = host(world, Request("GET", FAST.replace("req_trace", "x") + "&fastColumn=102", {}))
    assert response.status == 403
    assert json.loads(response.body)["data"] is None


@pytest.mark.parametrize(("column", "size"), [(102, 50), (101, 9), (109, 1)])
def test_7x24_shows_what_its_truth_says(
    world: World, truths: dict[str, list[EntryTruth]], column: int, size: int
) -> None:
    rows = fast_rows(world, column, size)
    keys = [row["realSort"] for row in rows]
    assert keys == sorted(keys, reverse=True)
    latest: dict[str, dict[str, Any]] = {}
    for row in rows:
        latest.setdefault(row["code"], row)
    entries = truths[f"fast/{column}"]
    assert list(latest) == [number(entry.id) for entry in entries]
    for entry in entries:
        row = latest[number(entry.id)]
        assert words(row["title"]) == entry.title
        assert after_title(row["summary"], entry.title) == " ".join((entry.summary or "").split())
        assert (at(row["showTime"]) if row["showTime"] else None) == entry.published_at
        assert tuple(row["stockList"]) == entry.secids
        assert (row["titleColor"] > 0) == (column == 101 or row["code"] in str(truths["fast/101"]))


def test_sort_keys_hold_the_true_time(world: World) -> None:
    # As on the real host: epoch seconds, 0, the last five digits of the number.
    for row in fast_rows(world, 102, 200):
        if row["showTime"]:
            assert row["realSort"] == f"{int(at(row['showTime']).timestamp())}0{row['code'][-5:]}"
    assert any(not row["showTime"] and not row["title"] for row in fast_rows(world, 102, 200))


def test_some_flashes_are_listed_twice_in_two_wordings(world: World) -> None:
    rows = fast_rows(world, 102, 200)
    counts = Counter(row["code"] for row in rows)
    twice = [code for code, count in counts.items() if count == 2]
    assert 5 < len(twice) < len(rows) / 5
    assert max(counts.values()) == 2
    pairs = [[row for row in rows if row["code"] == code] for code in twice]
    assert all(new["showTime"] > old["showTime"] for new, old in pairs)
    assert any(new["summary"] != old["summary"] for new, old in pairs)


def test_a_flash_says_all_mostly_after_its_title(world: World) -> None:
    rows = [row for row in fast_rows(world, 102, 200) if row["title"]]
    starts = Counter(row["summary"][0] for row in rows)
    assert starts["【"] > 0.8 * len(rows)
    assert starts[" "] > 0


def test_the_older_7x24_shows_the_same(world: World) -> None:
    rows: list[dict[str, Any]] = []
    for page in range(1, 8):
        path = f"/kuaixun/v1/getlist_102_ajaxResult_100_{page}_.html"
        body = list_hosts.newsapi(world, Request("GET", path, {})).body.decode()
        assert body.startswith("var ajaxResult={")
        assert body.endswith(";") == bool(page % 2)
        rows += json.loads(body.removeprefix("var ajaxResult=").removesuffix(";"))["LivesList"]
    fast = fast_rows(world, 102, 200)
    assert [(row["newsid"], row["digest"], row["showtime"]) for row in rows] == [
        (row["code"], row["summary"], row["showTime"]) for row in fast
    ]
    assert all(row["url_w"].endswith(f",{row['id']}.html") for row in rows if row["title"])
    assert [row for row in rows if not row["title"] and not row["url_w"]]
    empty = list_hosts.newsapi(world, Request("GET", "/kuaixun/v1/getlist_102_ajaxResult_1_21_.html", {}))
    assert b'"LivesList": []' in empty.body
    assert list_hosts.newsapi(world, Request("GET", "/kuaixun/v2/x", {})).status == 404


def test_the_news_of_a_security(world: World, truths: dict[str, list[EntryTruth]]) -> None:
    entries = truths["ticker/1.600519"]
    data = loaded(listapi(world, f"{TICKER}&mTypeAndCode=1.600519&pageSize=200&pageIndex=1&cfh=1"))
    rows = data["data"]["list"]
    assert data["code"] == 1
    assert [row["Art_Code"] for row in rows] == [number(entry.id) for entry in entries]
    for row, entry in zip(rows, entries, strict=True):
        assert (words(row["Art_Title"]), at(row["Art_ShowTime"])) == (entry.title, entry.published_at)
        assert (row["Art_Url"], entry.summary) == (entry.url, None)
        caifuhao = entry.kind == "caifuhao"
        assert ("Author" in row) == ("RelatedUid" in row) == caifuhao == (row["Np_dst"] == "CFH")
        assert ("Art_OriginUrl" in row) == (not caifuhao)
    without = loaded(listapi(world, f"{TICKER}&mTypeAndCode=1.600519&pageSize=200"))["data"]["list"]
    assert without == [row for row in rows if row["Np_dst"] == "CMS"] != rows
    assert "flash-only" not in {entry.kind for entry in entries}


@pytest.mark.parametrize("asked", ["mTypeAndCode=1.600519&pageIndex=99", "mTypeAndCode=9.999999"])
def test_a_list_of_a_security_is_absent_when_empty(world: World, asked: str) -> None:
    assert "list" not in loaded(listapi(world, f"{TICKER}&{asked}"))["data"]


def test_the_list_of_a_security_refuses_in_words(world: World) -> None:
    answer = loaded(listapi(world, TICKER))
    assert answer["data"] is None
    assert answer["message"] == "Required String parameter 'mTypeAndCode' is not present"


def test_jsonp_comes_in_two_styles(world: World) -> None:
    target = f"{TICKER}&mTypeAndCode=1.600519"
    plain = listapi(world, target).body
    assert listapi(world, f"{target}&callback=jQuery1").body == b"/**/jQuery1(" + plain + b")"
    assert listapi(world, f"{target}&cb=jQuery2").body == b"jQuery2(" + plain + b");"


def test_upstream_has_news_of_every_kind_and_the_site_none_of_them() -> None:
    without, with_more = World(posts=60), World(posts=60, upstream_only=40)
    assert [news.on_site for news in with_more.news.values()].count(False) == 40
    assert {truth.kind for truth in with_more.upstream_truths if not truth.on_site} == set(NEWS_KINDS)
    assert without.truths == with_more.truths
    assert {path: without.site.get(path) for path in without.site.pages} == {
        path: with_more.site.get(path) for path in with_more.site.pages
    }
    own = [truth for truth in with_more.upstream_truths if not truth.on_site]
    for truth in own:
        age = with_more.now - truth.published_at
        assert timedelta(minutes=20) <= age < timedelta(days=3)
        assert age % timedelta(days=1) >= timedelta(minutes=20)
        assert truth.id.startswith("CFH") == (truth.kind == "caifuhao")


def test_upstream_truths_agree_with_the_site_s(world: World) -> None:
    found = {truth.id: truth for truth in world.upstream_truths}
    coded = [truth for truth in world.truths if truth.kind != "sitenews"]
    assert found.keys() >= {truth.id for truth in coded}
    for truth in coded:
        upstream, origin = found[truth.id], truth.upstream[1]
        assert (upstream.title, upstream.digest, upstream.text) == (origin.title, origin.digest, origin.text)
        assert (upstream.published_at, upstream.media) == (origin.published_at, origin.media)
        assert (upstream.securities, upstream.images) == (origin.securities, origin.images)
        assert upstream.body_from == "origin"


def test_every_truth_names_the_lists_that_show_it(world: World, truths: dict[str, list[EntryTruth]]) -> None:
    shown = Counter((name, entry.id) for name, entries in truths.items() for entry in entries)
    assert shown == Counter((name, truth.id) for truth in world.upstream_truths for name in truth.lists)


def test_a_flash_alone_has_no_article_and_no_page(world: World) -> None:
    for truth in world.upstream_truths:
        digits = number(truth.id)
        response = upstream.newsinfo(world, Request("GET", f"/kuaixun/v2/api/article/{digits}", {}))
        page = upstream.article(world, Request("GET", f"/a/{digits}.html", {}))
        news = upstream.share(world, Request("GET", f"/NewsData/GetNewsText.do?id=NW{digits}", {}))
        has_article = truth.kind in {"article", "flash"}
        assert (loaded(response)["data"] is not None) == (page.status == 200) == has_article
        assert (loaded(news) != {}) == has_article
        assert (truth.body_from == "origin") == has_article


def test_caifuhao_has_pages_of_its_own(world: World) -> None:
    own = [truth for truth in world.upstream_truths if truth.kind == "caifuhao"]
    for truth in own:
        assert truth.url
        path = truth.url.removeprefix("http://caifuhao.eastmoney.com")
        page = upstream.caifuhao(world, Request("GET", path, {})).body.decode()
        assert truth.text.split("\n")[0] in words(page)
        assert f"{truth.published_at.astimezone(BEIJING):%Y年%m月%d日 %H:%M}" in page
        assert truth.author
    assert own
    assert upstream.caifuhao(world, Request("GET", "/news/202206012396957996", {})).status == 404


def test_the_same_arguments_give_the_same_upstream() -> None:
    now = datetime(2026, 3, 4, 5, 6, 7, 89, UTC)
    one, other = (World(posts=20, upstream_only=20, now=now) for _ in range(2))
    assert one.upstream_truths == other.upstream_truths
    assert max(truth.published_at for truth in one.upstream_truths) > now - timedelta(days=1)


def test_news_can_be_added_rewritten_and_removed() -> None:
    world = World(posts=20, upstream_only=10)
    added = world.add_news("article", column=351, secid="105.AAPL")
    assert "column/351" in added.lists
    assert "AAPL.US" in added.symbols or added.named_symbols[0] == "AAPL.US"
    entries = list_truths(world.news.values())
    assert entries["column/351"][0].id == entries["ticker/105.AAPL"][0].id == added.id
    changed = world.change_news(added.id)
    assert changed.text != added.text
    assert (changed.title, changed.published_at, changed.lists[0]) == (
        added.title,
        added.published_at,
        "column/351",
    )
    world.remove_post(added.id)
    assert list_truths(world.news.values()) == list_truths(World(posts=20, upstream_only=10).news.values())
    with pytest.raises(UnknownPostError, match=f"no news '{added.id}'"):
        world.upstream_truth(added.id)
    with pytest.raises(ValueError, match="no kind of news 'rumour'"):
        world.add_news("rumour")


def test_a_flash_is_rewritten_upstream_and_on_the_site() -> None:
    world = World(posts=60, upstream_only=10)
    flash = next(truth for truth in world.truths if truth.kind == "flash")
    before = {entry.id: entry for entry in list_truths(world.news.values())["fast/102"]}[flash.id]
    changed = world.change_news(flash.id)
    after = {entry.id: entry for entry in list_truths(world.news.values())["fast/102"]}[flash.id]
    assert after.summary == changed.text == world.truth(flash.id).text != before.summary
    assert after.published_at == before.published_at
    own = next(truth for truth in world.upstream_truths if truth.kind == "flash-only")
    assert world.change_news(own.id).text != own.text


def test_it_is_all_served_on_the_hosts_and_controlled_by_the_process() -> None:
    now = "2026-03-04T05:06:07+08:00"
    with SandboxProcess(posts=20, upstream_only=20, now=now) as sandbox:
        world = World(posts=20, upstream_only=20, now=datetime.fromisoformat(now))
        assert len(sandbox.upstream_truths()) == len(world.news)
        lists = sandbox.lists()
        for host in ("np-listapi", "np-weblist"):
            _, _, body = sandbox.request("GET", f"{FAST}&fastColumn=102", host=f"{host}.eastmoney.com")
            assert json.loads(body)["data"]["fastNewsList"][0]["code"] == number(lists["fast/102"][0]["id"])
        _, _, body = sandbox.request(
            "GET", "/kuaixun/v1/getlist_102_ajaxResult_1_1_.html", host="newsapi.eastmoney.com"
        )
        assert number(lists["fast/102"][0]["id"]).encode() in body
        assert [entry["kind"] for entry in sandbox.log()] == ["listapi", "weblist", "newsapi"]
        added = sandbox.add_news("flash-only", secid="1.600519")
        assert sandbox.upstream_truth(added["id"]) == added
        assert (added["named"], added["published_at"]) == (["1.600519"], "2026-03-03T21:07:07+00:00")
        assert sandbox.change_news(added["id"])["text"] != added["text"]
        sandbox.remove(added["id"])
        assert sandbox.lists() == lists
