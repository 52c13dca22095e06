"""`scrapy crawl quotes`, and the quotes of `scrapy crawl finews`: whole processes, a sandbox, a real MongoDB."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import encode

from crawler.extensions.judge import Limits, judge_prices
from crawler.spiders.arguments import ArgumentError, QuoteArguments
from crawler.spiders.quoting import batches
from sandbox.process import SandboxProcess
from sandbox.securities import BY_SECID
from store.connection import Store
from store.names import Mention, remember
from tests.crawling import Crawl, Crawler, crawler

SYMBOLS = {security.secid: security.symbol for security in BY_SECID.values()}
NUMBERS = (
    *("last", "open", "high", "low", "previous_close", "change", "change_percent", "volume", "amount"),
)  # fmt: skip
QUICK = ("-s", "RETRY_BACKOFF=0.05")
"""The same as by default, with shorter pauses between tries."""

PUSH2, PUSH2HIS = "push2.eastmoney.com", "push2his.eastmoney.com"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    """Give a sandbox whose site nobody crawls; it begins each test without faults and with an empty log."""
    with SandboxProcess(posts=2) as running:
        yield running


@pytest.fixture
def upstream(sandbox: SandboxProcess) -> SandboxProcess:
    sandbox.set_faults()
    sandbox.clear_log()
    return sandbox


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def quoted(crawls: Crawler, sandbox: SandboxProcess, *arguments: str) -> Crawl:
    return crawls.crawl(sandbox.mirrors, *QUICK, *arguments, spider="quotes")


def stored(crawls: Crawler, collection: str = "quotes") -> dict[str, dict[str, Any]]:
    return {document["_id"]: document for document in crawls.database[collection].find()}


def truths(sandbox: SandboxProcess, *secids: str) -> dict[str, dict[str, Any]]:
    """Give the fields of the quotes that must be stored now, by `_id`."""
    expected = {}
    for truth in sandbox.quotes():
        at = datetime.fromtimestamp(truth["at"], UTC)
        if truth["secid"] in secids:
            fields = {name: truth[name] for name in (*NUMBERS, "secid", "name")}
            expected[f"{truth['secid']}@{at:%Y-%m-%dT%H:%M:%SZ}"] = {
                **fields, "at": at, "symbol": SYMBOLS[truth["secid"]],
            }  # fmt: skip
    return expected


def bar_truths(sandbox: SandboxProcess, since: str, *secids: str) -> dict[str, dict[str, Any]]:
    """Give the fields of the bars that must be stored now, by `_id`."""
    return {
        f"{bar['secid']}/{bar['day']}": bar | {"symbol": SYMBOLS[bar["secid"]]}
        for secid in secids
        for bar in sandbox.bars(secid)
        if bar["day"] >= since
    }


def assert_says(documents: dict[str, dict[str, Any]], expected: dict[str, dict[str, Any]]) -> None:
    """Hold documents to what they must say; other fields are not looked at."""
    assert {key: {name: documents[key][name] for name in expected.get(key, {})} for key in documents} == expected


def asked(sandbox: SandboxProcess, host: str) -> list[str]:
    return [entry["path"] for entry in sandbox.log() if entry["host"] == host]


# --- all that posts mention --------------------------------------------------------------------------------


def test_the_securities_of_stored_posts_are_quoted_each_once_a_time(crawls: Crawler) -> None:
    with SandboxProcess(posts=50) as sandbox:
        sandbox.set_faults("push2:drop")
        done = crawls.crawl(sandbox.mirrors, *QUICK, "-a", "share=off")
        assert (done.code, done.run["finish_reason"], done.run["ok"]) == (0, "finished", True), done.output
        assert [warning for warning in done.run["warnings"] if "quotes" in warning]
        # Three tries. A connection of before that turns out closed makes Scrapy send a try anew, at once.
        assert 3 <= len(asked(sandbox, PUSH2)) <= 6
        assert stored(crawls) == {}
        mentioned = {one["secid"] for post in crawls.posts().values() for one in post["securities"]}
        assert len(mentioned) > 20

        sandbox.set_faults()
        sandbox.clear_log()
        first = quoted(crawls, sandbox)
        assert (first.code, first.run["finish_reason"], first.run["warnings"]) == (0, "finished", []), first.output
        assert [path for path in asked(sandbox, PUSH2) if "ulist" not in path] == ["/robots.txt"]
        assert len(asked(sandbox, PUSH2)) == 2
        assert_says(stored(crawls), truths(sandbox, *mentioned))
        counts = first.run["counts"]
        assert (counts["quotes"], counts["quotes_inserted"], counts["scraped"]) == (len(mentioned),) * 2 + (0,)
        names = {truth["secid"]: truth["name"] for truth in sandbox.quotes()}
        for security in crawls.database.securities.find():
            assert names[security["_id"]] in security["names"]
            assert security["name"]

        before = {key: encode(document) for key, document in stored(crawls).items()}
        second = quoted(crawls, sandbox)
        assert (second.code, second.run["counts"]["quotes_unchanged"]) == (0, len(mentioned)), second.output
        assert {key: encode(document) for key, document in stored(crawls).items()} == before

        sandbox.wait(days=1)
        third = quoted(crawls, sandbox)
        assert (third.code, third.run["counts"]["quotes_inserted"]) == (0, len(mentioned)), third.output
        after = stored(crawls)
        assert {key: encode(after.pop(key)) for key in before} == before
        assert_says(after, truths(sandbox, *mentioned))


def test_posts_are_quoted_at_the_end_of_their_crawl(crawls: Crawler) -> None:
    with SandboxProcess(posts=25) as sandbox:
        done = crawls.crawl(sandbox.mirrors, "-a", "share=off")
        mentioned = {one["secid"] for post in crawls.posts().values() for one in post["securities"]}
        assert done.code == 0, done.output
        assert_says(stored(crawls), truths(sandbox, *mentioned))
        assert len([path for path in asked(sandbox, PUSH2) if "ulist" in path]) == 1
        assert done.run["counts"]["quotes_inserted"] == len(mentioned)
        counts = done.run["counts"]
        assert counts["scraped"] == sum(
            counts[name] for name in ("rejected", "duplicate", "inserted", "updated", "unchanged")
        )
        sandbox.clear_log()
        done = crawls.crawl(sandbox.mirrors, "-a", "full=1", "-a", "limit=3", "-a", "quotes=off")
        assert (done.code, done.run["counts"]["quotes"]) == (0, 0), done.output
        assert asked(sandbox, PUSH2) == []


async def name_securities(place: tuple[str, str], secids: list[str]) -> None:
    store = Store(*place, Path())
    fixed = {"symbol": None, "kind": "stock"}
    at = datetime(2022, 5, 1, tzinfo=UTC)
    await remember(await store.open(), [Mention("securities", secid, fixed, None, at) for secid in secids])
    await store.close()


def test_many_securities_are_asked_for_a_hundred_at_a_time(crawls: Crawler, upstream: SandboxProcess) -> None:
    unknown = [f"1.{600000 + number}" for number in range(1000) if f"1.{600000 + number}" not in SYMBOLS][:150]
    asyncio.run(name_securities((crawls.uri, crawls.name), [*SYMBOLS, *unknown]))
    upstream.set_faults("push2:large-batch")
    done = quoted(crawls, upstream)
    assert (done.code, done.run["finish_reason"]) == (0, "finished"), done.output
    lists = [path for path in asked(upstream, PUSH2) if "ulist" in path]
    sizes = [path.partition("&secids=")[2].count(",") + 1 for path in lists]
    assert sorted(sizes) == [len(SYMBOLS) + 150 - 200, 100, 100]
    assert_says(stored(crawls), truths(upstream, *SYMBOLS))
    (warning,) = done.run["warnings"]
    assert warning == f"upstream has no quotes of {', '.join(sorted(unknown)[:20])} (150 in all)"
    names = {doc["_id"]: doc["name"] for doc in crawls.database.securities.find({"_id": {"$in": list(SYMBOLS)}})}
    assert names == {security.secid: security.name for security in BY_SECID.values()}


# --- some of them, and bars --------------------------------------------------------------------------------


def test_symbols_of_any_market_are_found_and_bars_follow(crawls: Crawler) -> None:
    secids = ["1.600519", "0.835185", "116.00700", "106.NIO", "100.N225", "90.BK0493", "113.aum", "119.EURUSD"]
    secids += ["0.300024", "1.000001", "118.AU9999"]  # the first is suspended, and has no bars
    symbols = ",".join(SYMBOLS[secid] for secid in secids).lower() + ",600999.SH"
    only = ("-a", f"symbols={symbols}", "-a", "bars=day")
    with SandboxProcess(posts=2) as upstream:
        first = quoted(crawls, upstream, *only, "-a", "since=2022-05-24")
        assert (first.code, first.run["finish_reason"]) == (0, "finished"), first.output
        assert first.run["warnings"] == ["upstream has no quotes of 1.600999 (1 in all)"]
        assert_says(stored(crawls), truths(upstream, *secids))
        expected = bar_truths(upstream, "2022-05-24", *secids)
        assert len(expected) == 6 * (len(secids) - 1)
        assert_says(stored(crawls, "bars"), expected)
        assert first.run["counts"]["bars"] == first.run["counts"]["bars_inserted"] == len(expected)

        before = {key: encode(document) for key, document in stored(crawls, "bars").items()}
        unfinished = "1.600519/2022-05-31"
        crawls.database.bars.update_one({"_id": unfinished}, {"$set": {"close": 1.0}})  # as if it was read at noon
        upstream.clear_log()
        second = quoted(crawls, upstream, *only)
        counts = second.run["counts"]
        assert (second.code, counts["bars_inserted"], counts["bars_updated"]) == (0, 0, 1), second.output
        assert counts["bars_unchanged"] == len(secids) - 2
        assert_says(stored(crawls, "bars"), expected)
        del before[unfinished]
        assert {
            key: encode(document) for key, document in stored(crawls, "bars").items() if key in before
        } == before
        lines = asked(upstream, PUSH2HIS)
        assert len([line for line in lines if "&beg=20220531&" in line]) == len(secids) - 1
        assert len([line for line in lines if "kline" in line]) == len(secids)
        assert all("fqt=0" in line for line in lines if "kline" in line)
        # The store knows by now on which exchange NIO is traded.
        (line,) = [line for line in asked(upstream, PUSH2) if "ulist" in line]
        assert ("106.NIO" in line, "105.NIO" in line, "107.NIO" in line) == (True, False, False)

        upstream.wait(days=1)
        third = quoted(crawls, upstream, *only)
        assert third.code == 0, third.output
        after = stored(crawls, "bars")
        assert_says(after, bar_truths(upstream, "2022-05-24", *secids))
        assert len(after) == len(expected) + len(secids) - 1
        assert {key: encode(after[key]) for key in before} == before


# --- when it fails -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason", "requests"),
    [
        ("drop", "site_unavailable", 3),
        ("rate-limited", "blocked", 3),
        ("empty", "blocked", 2),
        ("passport", "blocked", 2),
        ("null-data", "site_unavailable", 2),
        ("no-time", "too_many_errors", 2),
    ],
)
def test_what_is_no_quotes_is_never_taken_for_none(
    crawls: Crawler, upstream: SandboxProcess, fault: str, reason: str, requests: int
) -> None:
    upstream.set_faults(f"push2:{fault}")
    done = quoted(crawls, upstream, "-a", "symbols=600519.SH,00700.HK")
    assert (done.code, done.run["finish_reason"], done.run["ok"]) == (1, reason, False), done.output
    assert done.run["failures"]
    assert len(asked(upstream, PUSH2)) == requests
    assert stored(crawls) == {}
    if fault == "no-time":
        reasons = crawls.database.rejects.distinct("reason")
        assert (reasons, done.run["counts"]["quotes_rejected"]) == (["InvalidQuoteError"], 2)


def test_bars_that_fail_leave_the_quotes(crawls: Crawler, upstream: SandboxProcess) -> None:
    upstream.set_faults("push2his:drop")
    secids = sorted(SYMBOLS)[:8]
    asyncio.run(name_securities((crawls.uri, crawls.name), secids))
    done = quoted(crawls, upstream, "-a", "bars=day")
    assert (done.code, done.run["finish_reason"]) == (1, "site_unavailable"), done.output
    assert_says(stored(crawls), truths(upstream, *secids))
    assert 3 <= len(asked(upstream, PUSH2HIS)) <= 6  # as above
    assert crawls.database.rejects.count_documents({}) <= 3


def test_nothing_to_quote_is_told(crawls: Crawler, upstream: SandboxProcess) -> None:
    done = quoted(crawls, upstream)
    assert (done.code, done.run["finish_reason"]) == (1, "no_posts"), done.output
    assert upstream.log() == []
    assert "no stored post names a security" in done.output


# --- judged, and typed -------------------------------------------------------------------------------------


READ = {"prices/asked": 3, "pages/quotes/read": 1, "prices/quotes": 3}


@pytest.mark.parametrize(
    ("stats", "reason"),
    [
        ({}, "finished"),
        ({"prices/quotes": 0, "prices/unknown_quotes": ["1.6"]}, "no_posts"),
        ({"prices/unknown_bars": ["1.6"]}, "no_posts"),
        ({"prices/unknown_bars": ["1.6"], "pages/bars/read": 2}, "finished"),
        ({"pages/quotes/failed/Http404": 1}, "site_unavailable"),
        ({"pages/quotes/failed/TimeoutError": 1, "pages/quotes/read": 19}, "finished"),
        ({"pages/bars/failed/HostLeftAloneError": 2, "pages/bars/read": 8}, "site_unavailable"),
        ({"pages/bars/failed/HostLeftAloneError": 2, "host/push2his.x/left_alone_for": "Http403"}, "blocked"),
        ({"pages/bars/unreadable/BlockedPayloadError": 1}, "blocked"),
        ({"pages/quotes/unreadable/PayloadError": 1}, "layout_changed"),
        ({"prices/failed": 1}, "too_many_errors"),
        ({"prices/bars": 97, "prices/bars_rejected": 5}, "finished"),
        ({"prices/bars": 97, "prices/quotes_rejected": 6}, "too_many_errors"),
    ],
)
def test_runs_of_quotes_are_judged_by_their_own_host(stats: dict[str, Any], reason: str) -> None:
    verdict = judge_prices(READ | stats, Limits(min_posts=1, max_error_ratio=0.05, max_reject_ratio=0.05))
    assert verdict.reason == reason
    assert len(verdict.failures) == (reason != "finished")


NOW = datetime(2022, 6, 1, 17, tzinfo=UTC)  # the day after, in Beijing


def test_arguments_are_understood() -> None:
    assert QuoteArguments.parse({}, NOW) == QuoteArguments([], bars=False, since=None)
    given = {"symbols": " 600519.sh,00700.HK,,600519.sh", "bars": "day", "since": "1d"}
    assert QuoteArguments.parse(given, NOW) == QuoteArguments(["600519.sh", "00700.HK"], True, date(2022, 6, 1))
    assert QuoteArguments.parse({"since": "2022-05-31"}, NOW).since == date(2022, 5, 31)


@pytest.mark.parametrize("given", [{"symbols": ","}, {"symbols": "600519"}, {"bars": "week"}, {"since": "today"}])
def test_what_is_typed_wrongly_is_told(given: dict[str, str]) -> None:
    (name,) = given
    with pytest.raises(ArgumentError, match=f"^-a {name}="):
        QuoteArguments.parse(given, NOW)


def test_batches_keep_groups_whole() -> None:
    three = [["105.A", "106.A", "107.A"]] * 34
    assert [len(batch) for batch in batches(three)] == [33, 1]
    assert [len(batch) for batch in batches([["1.600519"]] * 200)] == [100, 100]
    assert list(batches([])) == []
    assert [group for batch in batches(three) for group in batch] == three
