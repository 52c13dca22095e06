"""East Money's hosts in the sandbox: the share JSON, the article's JSON and page, quotes."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox import quotes, upstream
from sandbox.http import Request, Response
from sandbox.securities import BY_SECID
from sandbox.truth import PostTruth
from sandbox.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def truths(world: World) -> list[PostTruth]:
    return world.truths


def one(truths: list[PostTruth], kind: str) -> PostTruth:
    return next(truth for truth in truths if truth.kind == kind)


def request(target: str) -> Request:
    return Request("GET", target, {})


def loaded(response: Response) -> Any:
    assert response.status == 200
    return json.loads(response.body)


def words(markup: str) -> str:
    return re.sub(r"<[^>]*>|\s|&nbsp;", "", markup)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [("media", {"text"}), ("rolling", {"content"}), ("flash", {"content"}), ("both", {"text", "content"})],
)
def test_the_share_json(world: World, truths: list[PostTruth], kind: str, keys: set[str]) -> None:
    truth = one(truths, kind)
    news = loaded(upstream.share(world, request(f"/NewsData/GetNewsText.do?id={truth.id}&cid=1")))
    assert news.keys() & {"text", "content"} == keys
    assert (news["id"], news["newsid"], news["title"]) == (truth.id, truth.id[2:], truth.title)
    beijing = truth.published_at + timedelta(hours=8)
    assert news["date"] == f"{beijing:%Y-%m-%d %H:%M:%S}"
    first = truth.text.split("\n")[0].replace(" ", "")
    assert all(first in words(news[key]) for key in keys)
    if kind != "flash":
        assert truth.media
        assert " ".join(news["medianame"].split()) == truth.media[0]


def test_upstream_indents_paragraphs_and_the_site_does_not(world: World, truths: list[PostTruth]) -> None:
    truth = one(truths, "rolling")
    news = loaded(upstream.share(world, request(f"/NewsData/GetNewsText.do?id={truth.id}")))
    assert "<p>\u3000\u3000" in news["content"]
    page = world.site.get(truth.post_urls[0].removeprefix("https://finews.withounder.com"))
    assert page
    assert "<p>\u3000" not in page.decode()


@pytest.mark.parametrize("code", ["NW202201010000000000", "202201010000000000", ""])
def test_an_unknown_code_has_no_text(world: World, code: str) -> None:
    assert loaded(upstream.share(world, request(f"/NewsData/GetNewsText.do?id={code}"))) == {}


def test_the_share_page_is_a_shell(world: World, truths: list[PostTruth]) -> None:
    truth = one(truths, "media")
    page = upstream.share(world, request(f"/html_News/NewsShare.html?infoCode={truth.id}")).body.decode()
    assert "/NewsData/GetNewsText.do?id=" in page
    assert truth.title not in page
    assert upstream.share(world, request("/other")).status == 404


def test_the_article_json(world: World, truths: list[PostTruth]) -> None:
    truth = one(truths, "rolling-quotes")
    data = loaded(upstream.newsinfo(world, request(f"/kuaixun/v2/api/article/{truth.id[2:]}?guid=1")))["data"]
    assert data["Art_Title"] == truth.title
    assert '"在手订单充足"' in data["Art_Guidance"]
    shown = datetime.strptime(data["Art_ShowTime"] + "+0800", "%Y/%m/%d %H:%M:%S%z")
    assert shown == truth.published_at
    assert truth.media
    assert data["Art_Media_Name"] == truth.media[0]
    missing = loaded(upstream.newsinfo(world, request("/kuaixun/v2/api/article/202201010000000000")))
    assert missing == {"data": None}
    assert upstream.newsinfo(world, request("/kuaixun/v1/x")).status == 404


@pytest.mark.parametrize("path", ["/a/{}.html", "/news/1350,{}.html"])
def test_the_article_page(world: World, truths: list[PostTruth], path: str) -> None:
    truth = one(truths, "rolling")
    response = upstream.article(world, request(path.format(truth.id[2:])))
    page = response.body.decode()
    assert response.status == 200
    assert f"<title>{truth.title} _ 东方财富网</title>" in page
    assert f"{truth.published_at + timedelta(hours=8):%Y年%m月%d日 %H:%M}" in page
    assert 'id="ContentBody" class="txtinfos"' in page
    assert upstream.article(world, request("/a/1.html")).status == 404


def test_upstream_truths_are_exact_in_time_and_agree_with_the_site(truths: list[PostTruth]) -> None:
    for truth in truths:
        for form in truth.upstream:
            assert form.published_at == truth.published_at
            if not truth.kind.startswith("flash"):
                assert form.text == truth.text
                assert form.images == truth.images
            if truth.kind == "both":
                assert form.securities == truth.securities
        assert [form.form for form in truth.upstream] == (["share", "origin"] if truth.kind != "sitenews" else [])


FIELDS = "f43,f44,f45,f46,f47,f57,f58,f59,f60,f86,f107,f152,f169,f170"


@pytest.mark.parametrize("secid", sorted(BY_SECID))
def test_scaled_and_decimal_quotes_say_the_same(secid: str) -> None:
    path = f"/api/qt/stock/get?secid={secid}&fields={FIELDS}"
    scaled = loaded(quotes.push2(request(path)))["data"]
    decimal = loaded(quotes.push2(request(f"{path}&fltt=2")))["data"]
    assert scaled.keys() == set(FIELDS.split(","))
    for field in ("f43", "f44", "f45", "f46", "f60", "f169"):
        assert isinstance(scaled[field], int)
        assert scaled[field] / 10 ** scaled["f59"] == pytest.approx(decimal[field], abs=1e-9)
    assert scaled["f170"] / 100 == pytest.approx(decimal["f170"], abs=1e-9)
    assert f"{decimal['f107']}.{decimal['f57']}" == secid
    truth = quotes.quote(secid)
    assert truth
    assert (truth.last, truth.change_percent, truth.at) == (decimal["f43"], decimal["f170"], decimal["f86"])


def test_decimals_vary_as_on_the_real_host() -> None:
    assert {security.decimals for security in BY_SECID.values()} == {0, 1, 2, 3, 4}


def test_many_quotes_in_one_answer_leave_out_the_unknown() -> None:
    path = "/api/qt/ulist.np/get?fltt=2&secids=1.600519,9.999999,116.00700&fields=f2,f12,f13,f14,f18,f124"
    rows = loaded(quotes.push2(request(path)))["data"]["diff"]
    assert [(row["f13"], row["f12"], row["f14"]) for row in rows] == [
        (1, "600519", "贵州茅台"),
        (116, "00700", "腾讯控股"),
    ]
    truth = quotes.quote("116.00700")
    assert truth
    assert (rows[1]["f2"], rows[1]["f18"], rows[1]["f124"]) == (truth.last, truth.previous_close, truth.at)


def test_an_unknown_security_has_no_quote() -> None:
    assert loaded(quotes.push2(request("/api/qt/stock/get?secid=9.999999&fields=f43"))) == {
        "rc": 102,
        "rt": 4,
        "full": 1,
        "dlmkts": "",
        "data": None,
    }
    assert loaded(quotes.push2(request("/api/qt/ulist.np/get?secids=9.9&fields=f2")))["data"] is None
    assert quotes.push2(request("/api/qt/clist/get")).status == 404


@pytest.mark.parametrize(
    ("secid", "path"),
    [("1.600519", "/sh600519.html"), ("0.835185", "/bj/835185.html"), ("106.NIO", "/us/NIO.html")],
)
def test_unify_links_lead_to_instrument_pages_without_numbers(secid: str, path: str) -> None:
    redirect = quotes.instrument(request(f"/unify/r/{secid}"))
    assert (redirect.status, redirect.headers["Location"]) == (302, f"http://quote.eastmoney.com{path}")
    page = quotes.instrument(request(path))
    assert page.status == 200
    assert '<span class="price">-</span>' in page.body.decode()
    assert BY_SECID[secid].name in page.body.decode()
    assert quotes.instrument(request("/unify/r/9.9")).status == 404
    assert quotes.instrument(request("/nothing.html")).status == 404
