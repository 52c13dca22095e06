"""The sandbox's upstream, read by the parsers: every article of a world, by every host, equals its truth."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest

from crawler.items import Link, NewsEntry, NewsList, Post
from crawler.pages.article import parse_article
from crawler.pages.article_json import parse_article_json
from crawler.pages.news_list import entry_post, parse_columns, parse_fast, parse_kuaixun_v1, parse_ticker
from crawler.pages.payload import BlockedPayloadError, MissingPayloadError, RefusedPayloadError
from crawler.pages.quote import parse_klines, parse_stock, parse_ulist
from crawler.pages.share import parse_share
from crawler.urls import (
    article_json_url,
    article_url,
    bars_url,
    columns_url,
    fast_url,
    kuaixun_url,
    media_slug,
    quotes_url,
    share_text_url,
    ticker_url,
)
from pipelines.normalise import same_words
from pipelines.securities import securities
from sandbox import bars, list_hosts, quotes, upstream
from sandbox.http import Request
from sandbox.news_truth import EntryTruth, list_truths
from sandbox.securities import BY_SECID
from sandbox.truth import UpstreamTruth
from sandbox.world import World

AT = datetime(2026, 10, 1, tzinfo=UTC)
SHARE_PAGE = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode="
UNKNOWN = "NW202201010000000000"


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=3, posts=300, upstream_only=40)


def request(url: str) -> Request:
    return Request("GET", "/" + url.split("/", 3)[3], {})


def by_share(world: World, post: str) -> Post:
    url = share_text_url(SHARE_PAGE + post) or ""
    return parse_share(upstream.share(world, request(url)).body.decode(), url, AT, post)


def by_json(world: World, post: str) -> Post:
    url = article_json_url(post) or ""
    return parse_article_json(upstream.newsinfo(world, request(url)).body.decode(), url, AT, post)


def by_page(world: World, post: str) -> Post:
    url = article_url(post) or ""
    return parse_article(upstream.article(world, request(url)).body.decode(), url, AT)


def medium_of(printed: str | None) -> tuple[str, str] | None:
    """Give name and slug as the normalise stage makes them of a printed name."""
    return (" ".join(printed.split()), media_slug(printed)) if printed else None


def check(post: Post, truth: UpstreamTruth) -> None:
    body = post.body
    assert (post.form, post.title, body.text, body.editor) == (truth.form, truth.title, truth.text, truth.editor)
    assert medium_of(body.media_raw) == truth.media
    assert [(image.url, image.kind, image.caption) for image in body.images] == [
        (image.url, image.kind, image.caption) for image in truth.images
    ]
    assert [(link.url, link.text) for link in body.links] == [(link.url, link.text) for link in truth.links]
    assert [
        (one.secid, one.symbol, one.code, one.market, one.kind, one.name, one.mentions, one.evidence)
        for one in securities(body.marks)
    ] == [
        (one.secid, one.symbol, one.code, one.market, one.kind, one.name, one.mentions, one.evidence)
        for one in truth.securities
    ]
    # A digest that is the title but for punctuation is dropped by the normalise stage.
    repeats = truth.digest is None and same_words(post.digest or "", truth.title)
    assert repeats or post.digest == truth.digest


def test_every_article_by_every_host_equals_the_truth(world: World) -> None:
    read = 0
    for truth in world.truths:
        forms = {form.form: form for form in truth.upstream}
        if not forms:
            continue
        shared, detailed, paged = (by(world, truth.id) for by in (by_share, by_json, by_page))
        check(shared, forms["share"])
        check(detailed, forms["origin"])
        check(paged, forms["origin"])
        for post in (shared, detailed):
            assert post.published_at == post.published_min == post.published_max == truth.published_at
        assert paged.published_min == truth.published_at.replace(second=0)
        assert paged.published_max == truth.published_at.replace(second=59)
        assert detailed.origin_url == paged.origin_url == article_url(truth.id)
        read += 1
    assert read >= 290


# --- lists -------------------------------------------------------------------------------------------------


def pages(world: World, name: str) -> Iterator[tuple[str, NewsList]]:
    """Read all pages of a list, as the address of each asks for it."""
    kind, _, which = name.partition("/")
    cursor: str | None = ""
    for number in count(1):
        if kind == "column":
            url = columns_url(which, number)
            found = parse_columns(list_hosts.listapi(world, request(url)).body.decode(), url)
        elif kind == "ticker":
            url = f"{ticker_url(which, number)}&callback=cb"
            found = parse_ticker(list_hosts.listapi(world, request(url)).body.decode(), url)
        elif kind == "fast":
            url = fast_url(cursor or "").replace("fastColumn=102", f"fastColumn={which}")
            found = parse_fast(list_hosts.weblist(world, request(url)).body.decode(), url)
            cursor = found.cursor
        else:
            url = kuaixun_url(number)
            found = parse_kuaixun_v1(list_hosts.newsapi(world, request(url)).body.decode(), url)
        if not found.entries:
            return
        yield url, found


def check_entry(entry: NewsEntry, post: Post, truth: EntryTruth, kind: str) -> None:
    flash = kind in {"fast", "old"}
    said, other = (entry.text, entry.digest) if flash else (entry.digest, entry.text)
    assert (entry.post, entry.title) == (truth.id, truth.title)
    assert (said or None) == (None if truth.summary in {"", truth.title} else truth.summary)
    assert not other
    assert (post.name, post.title, post.published_at) == (truth.id, truth.title, truth.published_at)
    assert (post.body.text, post.digest) == (entry.text, entry.digest)
    if kind == "column":
        assert medium_of(entry.media) == truth.media
    if kind == "fast":
        assert tuple(mark.secid for mark in entry.marks) == truth.secids
    if truth.url is not None and "caifuhao" in truth.url:
        assert (post.origin_url, post.body.links) == (None, [Link(truth.url, "")])
    else:
        assert post.origin_url == article_url(truth.id)


def test_every_entry_of_every_list_equals_its_truth(world: World) -> None:
    truths = list_truths(world.news.values())
    truths["old/102"] = truths["fast/102"]
    assert {name.partition("/")[0] for name in truths} == {"column", "fast", "ticker", "old"}
    for name, expected in truths.items():
        latest: dict[str | None, tuple[NewsEntry, Post]] = {}
        for url, found in pages(world, name):
            for entry in found.entries:
                latest.setdefault(entry.post, (entry, entry_post(entry, url, AT)))
        assert latest.keys() == {truth.id for truth in expected}
        for truth in expected:
            check_entry(*latest[truth.id], truth, name.partition("/")[0])


@pytest.mark.parametrize(
    ("host", "parse", "url"),
    [
        (list_hosts.listapi, parse_columns, columns_url("350", 1).replace("req_trace", "x")),
        (list_hosts.listapi, parse_ticker, ticker_url("1.600519", 1).replace("mTypeAndCode", "x")),
        (list_hosts.weblist, parse_fast, fast_url().replace("req_trace", "x")),
    ],
)
def test_a_list_without_what_it_demands_refuses(world: World, host: Any, parse: Any, url: str) -> None:
    with pytest.raises(RefusedPayloadError, match="Required String parameter") as refused:
        parse(host(world, request(url)).body.decode(), url)
    assert refused.value.code == "400"


# --- what is not there -------------------------------------------------------------------------------------


def test_an_unknown_article_is_none(world: World) -> None:
    with pytest.raises(BlockedPayloadError):
        by_share(world, UNKNOWN)
    with pytest.raises(MissingPayloadError):
        by_json(world, UNKNOWN)


@pytest.mark.parametrize("secid", sorted(BY_SECID))
@pytest.mark.parametrize("unit", ["&fltt=2", ""])
def test_every_quote_in_either_unit(secid: str, unit: str) -> None:
    fields = "f43,f44,f45,f46,f47,f48,f57,f58,f59,f60,f86,f107,f152,f169,f170,f292"
    url = f"https://push2.eastmoney.com/api/qt/stock/get?secid={secid}&fields={fields}{unit}"
    many = quotes_url([secid, "9.999999"]).replace("fltt=2&", unit.replace("&fltt=2", "fltt=2&"))
    one = parse_stock(quotes.push2(request(url)).body.decode(), url)
    (listed,) = parse_ulist(quotes.push2(request(many)).body.decode(), many)
    truth = quotes.quote(secid)
    assert truth is not None
    for found in (one, listed):
        assert (found.secid, found.name) == (secid, truth.name)
        assert found.at == datetime.fromtimestamp(truth.at, UTC)
        for field in (
            "last",
            "open",
            "high",
            "low",
            "previous_close",
            "change",
            "change_percent",
            "volume",
            "amount",
        ):
            assert getattr(found, field) == getattr(truth, field), field
    assert one.status == (5 if truth.last else 6)


@pytest.mark.parametrize("secid", ["1.600519", "116.00700", "105.AAPL", "113.rbm"])
def test_every_bar(world: World, secid: str) -> None:
    url = bars_url(secid, date(2022, 5, 20))
    found = parse_klines(bars.push2his(world.now, request(url)).body.decode(), url)
    expected = [truth for truth in bars.bars(secid, world.now) if truth.day >= "2022-05-20"]
    assert len(found) == len(expected) == 8  # weekdays to 2022-05-31
    for bar, truth in zip(found, expected, strict=True):
        assert (bar.secid, bar.day.isoformat()) == (truth.secid, truth.day)
        for field in ("open", "close", "high", "low", "volume", "amount"):
            assert getattr(bar, field) == getattr(truth, field), field


def test_an_unknown_security_is_none(world: World) -> None:
    url = bars_url("9.999999", date(2022, 5, 20))
    with pytest.raises(MissingPayloadError):
        parse_klines(bars.push2his(world.now, request(url)).body.decode(), url)
    url = quotes_url(["9.999999"])
    with pytest.raises(MissingPayloadError):
        parse_ulist(quotes.push2(request(url)).body.decode(), url)
