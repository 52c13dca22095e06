"""East Money's article hosts in the sandbox: the share page with its JSON, the article's JSON and page."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox import upstream
from sandbox.http import Request, Response
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
    assert truth.text.split("\n")[0] not in page
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
