"""How fast hosts are asked, how Retry-After is kept, and that one bad host does not stop the others."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from crawler.middlewares.retry_after import asked_wait
from crawler.mirrors import Mirrors
from crawler.politeness import (
    HOST_DELAY,
    LOOPBACK_CONCURRENCY,
    SITE_DELAY,
    download_slots,
    slot_key,
)
from tests.probe import Answer, Arrival, crawl, serving

SITE = "https://finews.withounder.com/"
LOOPBACK = "http://127.0.0.1:8765"
UNTHROTTLED = {"delay": 0, "concurrency": LOOPBACK_CONCURRENCY}


def test_the_delays_are_the_rates_of_rule_7() -> None:
    assert 4 * SITE_DELAY > 1 > 3 * SITE_DELAY
    assert 1 < HOST_DELAY < 1.1


@pytest.mark.parametrize(
    ("rules", "delay", "slots"),
    [
        ({}, HOST_DELAY, {}),
        (
            {"https://finews.withounder.com": LOOPBACK},
            HOST_DELAY,
            {"finews.withounder.com on loopback": UNTHROTTLED},
        ),
        (
            {"https://finews.withounder.com": LOOPBACK, "*": None},
            0,
            {"finews.withounder.com on loopback": UNTHROTTLED},
        ),
        ({"*": LOOPBACK}, 0, {"finews.withounder.com on loopback": UNTHROTTLED}),
        ({"*": "http://mirror.example"}, HOST_DELAY, {}),
        ({"https://finews.withounder.com": "http://moved.example"}, HOST_DELAY, {}),
        # what leaves the machine in spite of "*" keeps its delay
        (
            {"*": LOOPBACK, "https://finance.eastmoney.com": "http://moved.example"},
            0,
            {
                "finance.eastmoney.com": {"delay": HOST_DELAY},
                "finews.withounder.com on loopback": UNTHROTTLED,
            },
        ),
        (
            {"http://emwap.eastmoney.com:8080": LOOPBACK},
            HOST_DELAY,
            {"emwap.eastmoney.com on loopback": UNTHROTTLED},
        ),
    ],
)
def test_slots_of_a_site_and_its_mirrors(
    rules: dict[str, str | None], delay: float, slots: dict[str, dict[str, float]]
) -> None:
    mirrors = Mirrors.parse(rules)
    site = {"finews.withounder.com": {"delay": SITE_DELAY}}
    # the quote hosts: one at a time, and one a second unless they are here
    own = "push2{}.eastmoney.com on loopback" if rules.get("*") == LOOPBACK else "push2{}.eastmoney.com"
    pace = {"delay": 0 if rules.get("*") == LOOPBACK else HOST_DELAY, "concurrency": 1}
    quotes = {own.format(name): pace for name in ("", "his")}
    assert download_slots(SITE, mirrors) == (delay, site | quotes | slots)


def test_a_request_that_leaves_the_machine_has_not_the_slot_of_one_that_stays() -> None:
    mirrors = Mirrors.parse({"https://finews.withounder.com": LOOPBACK})
    assert slot_key("https://finews.withounder.com/a", mirrors) == "finews.withounder.com on loopback"
    assert slot_key("http://FINEWS.withounder.com:80/a", mirrors) == "finews.withounder.com"
    assert slot_key("http://127.0.0.1:8765/a", mirrors) == "127.0.0.1"


NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "value", "date", "seconds"),
    [
        (503, "30", None, 30),
        (429, " 0 ", None, 0),
        (429, "Sun, 22 Nov 2026 08:30:45 GMT", None, 45),
        (429, "Sun, 22 Nov 2026 08:30:45 -0000", None, 45),
        (429, "Sun, 22 Nov 2026 08:29:00 GMT", None, 0),
        # the server's own clock decides, when it shows it
        (503, "Sun, 22 Nov 2026 09:00:10 GMT", "Sun, 22 Nov 2026 09:00:00 GMT", 10),
        (503, "Sun, 22 Nov 2026 08:30:10 GMT", "no date", 10),
        (503, "-1", None, None),
        (503, "1.5", None, None),
        (503, "٣", None, None),
        (503, "soon", None, None),
        (503, "", None, None),
        (503, None, None, None),
        (500, "30", None, None),
        (200, "30", None, None),
    ],
)
def test_what_retry_after_asks_for(
    status: int, value: str | None, date: str | None, seconds: float | None
) -> None:
    headers = {name: text for name, text in {"Retry-After": value, "Date": date}.items() if text is not None}
    assert asked_wait(Response("http://a.example", status=status, headers=headers), NOW) == seconds


@given(st.integers(0, 10**6), st.booleans())
def test_retry_after_as_seconds_and_as_a_date_mean_the_same(seconds: int, as_date: bool) -> None:
    value = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True) if as_date else str(seconds)
    assert asked_wait(Response("http://a.example", status=429, headers={"Retry-After": value}), NOW) == seconds


@given(st.binary())
def test_no_retry_after_breaks_the_reading(value: bytes) -> None:
    wait = asked_wait(Response("http://a.example", status=429, headers={"Retry-After": value}), NOW)
    assert wait is None or wait >= 0


def test_an_unmirrored_site_is_asked_four_times_a_second_even_on_loopback() -> None:
    with serving(lambda *_: Answer()) as server:
        crawled = crawl([f"{server.origin}/{number}" for number in range(9)], {}, site=f"{server.origin}/")
    assert len(crawled.results) == 9
    times = [arrival.at for arrival in server.arrivals]
    # Nine requests are eight delays, 2.08 s, apart. The first may be seen late on a busy machine, so the bounds
    # leave it a quarter of a second; at five a second the span would be 1.6 s.
    assert times[-1] - times[0] >= 1.8
    assert all(later - earlier >= 0.75 for earlier, later in zip(times, times[4:], strict=False))


def test_a_mirror_on_loopback_is_asked_sixteen_at_once() -> None:
    """No request is answered until sixteen are there; more never are."""
    together = threading.Barrier(16)
    inside = 0
    most = 0
    lock = threading.Lock()

    def script(*_: Any) -> Answer:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        together.wait(timeout=20)
        with lock:
            inside -= 1
        return Answer()

    with serving(script) as server:
        crawled = crawl(
            [f"https://site.example/{number}" for number in range(64)],
            {"MIRRORS": {"https://site.example": server.origin}},
            site="https://site.example/",
        )
    assert [result["status"] for result in crawled.results] == [200] * 64
    assert most == 16
    # at the site's rate they would take 16 s
    assert server.arrivals[-1].at - server.arrivals[0].at < 8


def test_robots_txt_is_obeyed_by_all_requests_that_wait_for_it() -> None:
    def script(arrival: Arrival, _: int) -> Answer:
        rules = "User-agent: *\nDisallow: /private/\n"
        return Answer(200, {"Content-Type": "text/plain"}, rules if arrival.path == "/robots.txt" else "")

    with serving(script) as server:
        private = [f"http://site.example/private/{number}" for number in range(7)]
        crawled = crawl(
            [*private, "http://site.example/public"],
            {"MIRRORS": {"*": server.origin}, "ROBOTSTXT_OBEY": True},
        )
    assert server.paths("site.example") == ["/robots.txt", "/public"]
    assert crawled.stats["robotstxt/forbidden"] == 7


def test_retry_after_holds_the_host_and_no_other() -> None:
    """One 429 of a busy host: nothing more goes to it for two seconds, while another host is read to its end.

    Without the hold its other requests would follow at once; without room kept for the other host, the held
    requests would take all places.
    """

    def script(arrival: Arrival, before: int) -> Answer:
        if arrival.path == "/busy-0" and before == 0:
            return Answer(429, {"Retry-After": "2"})
        return Answer()

    with serving(script) as server:
        crawled = crawl(
            [
                *(f"http://busy.example/busy-{number}" for number in range(30)),
                *(f"http://calm.example/calm-{number}" for number in range(30)),
            ],
            {
                "MIRRORS": {"*": server.origin},
                "CONCURRENT_REQUESTS": 10,
                "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            },
        )
    assert len(crawled.results) == 60
    assert all(result["status"] == 200 for result in crawled.results)
    assert crawled.stats["retry_after/held"] == 1
    hosts = [arrival.host for arrival in server.arrivals]
    resumed = hosts.index("busy.example", hosts.index("busy.example") + 1)
    assert hosts[:resumed].count("calm.example") == 30
    first, second = [arrival.at for arrival in server.arrivals if arrival.host == "busy.example"][:2]
    assert second - first >= 2


def test_requests_already_waiting_in_a_slot_are_held_too_and_a_longer_hold_stands() -> None:
    """Six requests wait for their turn behind two that are answered 503: first `2`, then `1`."""
    second_came = threading.Event()
    first_answered = threading.Event()
    first_was_read = threading.Event()
    ticks: list[Arrival] = []

    def script(arrival: Arrival, before: int) -> Answer:
        if arrival.host == "ticking.example":
            if first_answered.is_set():
                ticks.append(arrival)
            if len(ticks) == 3:  # they come one by one: the crawl has read the first answer since
                first_was_read.set()
        elif arrival.path == "/1" and before == 0:
            second_came.wait(timeout=10)
            first_answered.set()
            return Answer(503, {"Retry-After": "2"})
        elif arrival.path == "/2" and before == 0:
            second_came.set()
            first_was_read.wait(timeout=10)
            return Answer(503, {"Retry-After": "1"})
        return Answer()

    with serving(script) as server:
        crawled = crawl(
            [f"http://{host}.example/{number}" for number in range(1, 9) for host in ("busy", "ticking")],
            {
                "MIRRORS": {"*": server.origin},
                "DOWNLOAD_SLOTS": {
                    "busy.example on loopback": {"delay": 0.05, "concurrency": 2},
                    "ticking.example on loopback": {"delay": 0.1, "concurrency": 1},
                },
            },
        )
    assert [result["status"] for result in crawled.results] == [200] * 16
    assert crawled.stats["retry_after/held"] == 2
    assert first_was_read.is_set()
    times = [arrival.at for arrival in server.arrivals if arrival.host == "busy.example"]
    assert len(times) == 10
    assert times[2] - times[1] >= 2


def test_three_tries_in_all_with_a_growing_pause() -> None:
    # Each has a server of its own: Twisted repeats a request by itself when a connection used before is hung up.
    with serving(lambda *_: Answer(500)) as broken, serving(lambda *_: Answer(0)) as silent:
        crawled = crawl(
            ["http://broken.example/", "http://silent.example/"],
            {
                "MIRRORS": {"http://broken.example": broken.origin, "http://silent.example": silent.origin},
                "RETRY_BACKOFF": 0.2,
            },
        )
    assert crawled.of("http://broken.example/")["status"] == 500
    assert crawled.of("http://silent.example/")["error"] == "DownloadFailedError"
    for server in (broken, silent):
        first, second, third = [arrival.at for arrival in server.arrivals]
        assert second - first >= 0.2
        assert third - second >= 0.4


def test_too_long_a_wait_ends_the_request_and_leaves_the_host_alone_that_long() -> None:
    def script(arrival: Arrival, _: int) -> Answer:
        return Answer(503, {"Retry-After": "61"}) if arrival.host == "closed.example" else Answer()

    with serving(script) as server:
        crawled = crawl(
            [
                "http://closed.example/first",
                "http://open.example/first",
                "http://closed.example/second",
                "http://closed.example/third",
                "http://open.example/second",
            ],
            {"MIRRORS": {"*": server.origin}, "CONCURRENT_REQUESTS": 1},
        )
    assert server.paths("closed.example") == ["/first"]
    assert server.paths("open.example") == ["/first", "/second"]
    assert crawled.of("http://closed.example/first")["status"] == 503
    assert crawled.of("http://closed.example/second")["error"] == "HostLeftAloneError"
    assert crawled.stats["retry_after/too_long"] == 1
    assert crawled.stats["host/closed.example/left_alone"] == 2
    assert "retry/count" not in crawled.stats
    assert "Leaving closed.example alone: it asks for 61 s" in crawled.log


def test_a_host_that_keeps_failing_is_left_alone() -> None:
    """Two failures, a success, three failures: then nothing more is sent. robots.txt is not one of them."""
    failures = {"500.example": 500, "403.example": 403, "429.example": 429, "404.example": 404}

    def script(arrival: Arrival, _: int) -> Answer:
        return Answer(200 if arrival.path == "/3" else failures[arrival.host])

    hosts = ["refused.example", *failures]
    with serving(script) as server:
        crawled = crawl(
            [f"http://{host}/{number}" for number in range(1, 9) for host in hosts],
            {
                # nobody listens on the port of tcpmux
                "MIRRORS": {"http://refused.example": "http://127.0.0.1:1", "*": server.origin},
                "ROBOTSTXT_OBEY": True,
                "CONCURRENT_REQUESTS": 1,  # one after the other
                "HOST_FAILURES_MAX": 3,
                "RETRY_ENABLED": False,
            },
        )
    left_alone = {
        host: [
            result["asked"].rpartition("/")[2]
            for result in crawled.results
            if host in result["asked"] and result.get("error") == "HostLeftAloneError"
        ]
        for host in hosts
    }
    for host in ("500.example", "403.example", "429.example"):
        assert server.paths(host) == ["/robots.txt", "/1", "/2", "/3", "/4", "/5", "/6"]
        assert left_alone[host] == ["7", "8"]
        assert crawled.stats[f"host/{host}/left_alone"] == 2
    assert left_alone["refused.example"] == ["4", "5", "6", "7", "8"]
    assert crawled.stats["host/refused.example/left_alone"] == 5
    # a page that is not there is an answer
    assert left_alone["404.example"] == []
    assert "host/404.example/left_alone" not in crawled.stats
    assert len(server.paths("404.example")) == 9
    assert "Leaving 500.example alone: 3 requests in a row failed" in crawled.log


def test_a_connection_that_dies_in_use_costs_a_try_of_ours() -> None:
    """Twisted would send the request again by itself, past the pace, the breaker and the books."""

    def script(arrival: Arrival, before: int) -> Answer:
        return Answer(0) if arrival.path == "/second" and before == 0 else Answer()

    with serving(script) as server:
        urls = ["http://one.example/first", "http://one.example/second"]
        crawled = crawl(urls, {"MIRRORS": {"*": server.origin}, "CONCURRENT_REQUESTS_PER_DOMAIN": 1})
    assert [result["status"] for result in crawled.results] == [200, 200]
    assert [path for path in server.paths("one.example") if path != "/robots.txt"] == [
        "/first",
        "/second",
        "/second",
    ]
    assert crawled.stats["retry/count"] == 1
