"""MIRRORS: what is accepted, where URLs go and come back to, and a real crawl that sees only the original URLs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.settings import BaseSettings

from crawler.mirrors import MirrorRefusedError, Mirrors, MirrorsError, split_origin
from tests.probe import Answer, Arrival, crawl, serving

SITE = "https://finews.withounder.com"
MIRROR = "http://127.0.0.1:8765"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        ("null", "must be an object"),
        (7, "must be an object"),
        ({1: MIRROR}, "1 is not a text"),
        ({SITE: 8765}, "8765 is not a text"),
        ({SITE: "*"}, "'\\*' is not an http or https origin"),
        ({SITE: ["http://a"]}, "is not a text"),
        ({"finews.withounder.com": MIRROR}, "not an http or https origin"),
        ({"ftp://finews.withounder.com": MIRROR}, "not an http or https origin"),
        ({"": MIRROR}, "not an http or https origin"),
        ({"https://": MIRROR}, "not an http or https origin"),
        ({"https://新闻.cn": MIRROR}, "not an http or https origin"),
        ({SITE: "http://127.0.0.1:65536"}, "not an http or https origin"),
        ({SITE: "http://127.0.0.1:0"}, "not an http or https origin"),
        ({SITE: "http://[::1"}, "not an http or https origin"),
        ({SITE: "http://[:::1]"}, "not an http or https origin"),
        ({SITE: "http://localhost:8765 "}, "not an http or https origin"),
        ({f"{SITE}/": MIRROR}, "more than an origin; leave out '/'"),
        ({f"{SITE}/emnews": MIRROR}, "leave out '/emnews'"),
        ({SITE: f"{MIRROR}?x=1"}, "leave out '\\?x=1'"),
        ({SITE: f"{MIRROR}#x"}, "leave out '#x'"),
        ({SITE: "http://me:secret@127.0.0.1"}, "http://127.0.0.1 must not carry credentials"),
        ({SITE: MIRROR, "HTTPS://FINEWS.withounder.com:443": MIRROR}, "names https://finews.withounder.com twice"),
        ('{"*": null, "*": "http://127.0.0.1"}', "names \\* twice"),
    ],
)
def test_a_malformed_setting_is_refused_with_its_reason(setting: Any, message: str) -> None:
    text = json.dumps(setting) if isinstance(setting, list) else setting
    with pytest.raises(MirrorsError, match=message):
        Mirrors.parse(text)


def test_credentials_of_a_refused_setting_are_not_repeated() -> None:
    with pytest.raises(MirrorsError) as refusal:
        Mirrors.parse({SITE: "http://me:secret@127.0.0.1"})
    assert "secret" not in str(refusal.value)


def test_json_text_a_mapping_and_scrapy_settings_say_the_same() -> None:
    mapping = {
        "HTTPS://Finews.Withounder.COM:443": "http://LOCALHOST:080",
        "http://[0:0::1]:8080": None,
        "*": MIRROR,
    }
    mirrors = Mirrors.parse(mapping)
    assert mirrors.rules == {
        "https://finews.withounder.com": "http://localhost",
        "http://[::1]:8080": None,
        "*": MIRROR,
    }
    assert Mirrors.parse(json.dumps(mapping)) == mirrors
    assert Mirrors.parse(BaseSettings(mapping)) == mirrors
    assert Mirrors.parse("").rules == Mirrors.parse("{}").rules == Mirrors.parse({}).rules == {}


def test_only_named_origins_are_mirrored_without_a_rule_for_the_others() -> None:
    mirrors = Mirrors.parse({SITE: MIRROR})
    assert mirrors.target(f"{SITE}/a%20b/?q=1&&x#f") == f"{MIRROR}/a%20b/?q=1&&x#f"
    assert mirrors.target("HTTPS://FINEWS.Withounder.com:443?") == f"{MIRROR}?"
    assert mirrors.target("https://me@finews.withounder.com/") == f"{MIRROR}/"
    assert mirrors.target("http://finews.withounder.com/") is None
    assert mirrors.target(f"{SITE}:8443/") is None
    assert mirrors.target("https://finews.withounder.com.evil.example/") is None
    assert mirrors.target("https://evil.example/@finews.withounder.com/") is None
    assert mirrors.target("file:///etc/hosts") is None


def test_the_star_maps_or_refuses_every_other_origin() -> None:
    everything = Mirrors.parse({SITE: "http://moved.example", "*": MIRROR, "https://no.example": None})
    assert everything.target(f"{SITE}/x") == "http://moved.example/x"
    assert everything.target("http://any.example:8080/x") == f"{MIRROR}/x"
    with pytest.raises(MirrorRefusedError, match=r"MIRRORS refuses https://no\.example"):
        everything.target("https://no.example/x")
    closed = Mirrors.parse({SITE: MIRROR, "*": None})
    assert closed.target(f"{SITE}/x") == f"{MIRROR}/x"
    assert closed.target("data:,x") is None
    for url in ("http://finews.withounder.com/", f"{MIRROR}/x", "http://h:99999/", "https://a%2fb/"):
        with pytest.raises(MirrorRefusedError):
            closed.target(url)


@pytest.mark.parametrize(
    ("location", "original"),
    [
        (f"{MIRROR}/a?b#c", f"{SITE}/a?b#c"),
        ("HTTP://127.0.0.1:8765", SITE),
        ("//127.0.0.1:8765/a", f"{SITE}/a"),
        (f" {MIRROR}/a", f"{SITE}/a"),
        ("/a", "/a"),
        ("?page=2", "?page=2"),
        ("", ""),
        ("https://127.0.0.1:8765/a", "https://127.0.0.1:8765/a"),
        ("http://127.0.0.1:9000/a", "http://127.0.0.1:9000/a"),
        ("//127.0.0.1/a", "//127.0.0.1/a"),
        (f"{MIRROR}0/a", f"{MIRROR}0/a"),
        ("http://[::1/a", "http://[::1/a"),
        (f"https://other.example/?to={MIRROR}/", f"https://other.example/?to={MIRROR}/"),
    ],
)
def test_a_redirect_to_the_mirror_comes_back_to_the_original(location: str, original: str) -> None:
    mirrors = Mirrors.parse({SITE: MIRROR})
    assert mirrors.original(location, SITE) == original
    assert mirrors.original(location, f"{SITE}/some/page") == original


def test_one_mirror_of_many_origins_sends_each_back_to_its_own() -> None:
    mirrors = Mirrors.parse({"*": MIRROR, "http://no.example": None})
    assert mirrors.original(f"{MIRROR}/x", "http://a.example:81/") == "http://a.example:81/x"
    assert mirrors.original(f"{MIRROR}/x", "https://b.example") == "https://b.example/x"
    assert mirrors.original(f"{MIRROR}/x", "http://no.example/") == f"{MIRROR}/x"
    assert mirrors.original(f"{MIRROR}/x", "not a URL") == f"{MIRROR}/x"


@pytest.mark.parametrize(
    ("mirror", "loopback"),
    [
        ("http://127.0.0.1:8765", True),
        ("http://127.9.8.7", True),
        ("https://[::1]", True),
        ("http://[::1]:80", True),
        ("http://localhost:1", True),
        ("http://finews.localhost", True),
        ("http://128.0.0.1", False),
        ("http://10.0.0.1", False),
        ("http://[::2]:80", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
    ],
)
def test_loopback_is_told_by_the_name_of_the_mirror(mirror: str, loopback: bool) -> None:
    assert Mirrors.parse({SITE: mirror}).is_loopback(f"{SITE}/x") is loopback
    assert Mirrors.parse({"*": mirror}).is_loopback("http://any.example") is loopback
    # what is not mirrored is fetched as it is, wherever it may be
    assert Mirrors.parse({SITE: mirror}).is_loopback(mirror) is False
    assert Mirrors.parse({SITE: None}).is_loopback(SITE) is False


HOSTS = st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,2}", fullmatch=True) | st.just("[2001:db8::1]")
ORIGINS = st.builds(
    lambda scheme, host, port: f"{scheme}://{host}" + (f":{port}" if port else ""),
    st.sampled_from(["http", "https"]),
    HOSTS,
    st.integers(1, 65535) | st.none(),
)
RESTS = st.just("") | st.builds(
    str.__add__, st.sampled_from("/?#"), st.text(st.characters(codec="ascii", min_codepoint=33))
)


@given(ORIGINS, ORIGINS, RESTS)
def test_there_and_back_again_changes_nothing_but_the_spelling_of_the_origin(
    origin: str, mirror: str, rest: str
) -> None:
    mirrors = Mirrors.parse({origin: mirror, "*": None})
    target = mirrors.target(origin + rest)
    assert target is not None
    split = split_origin(origin)
    mirror_split = split_origin(mirror)
    assert split is not None
    assert mirror_split is not None
    assert target == mirror_split[0] + rest
    assert mirrors.original(target, origin) == split[0] + rest


@given(ORIGINS, RESTS)
def test_an_origin_is_the_same_in_capitals_with_its_default_port_and_normalised(origin: str, rest: str) -> None:
    split = split_origin(origin + rest)
    assert split is not None
    normal, end = split
    assert end == rest
    assert split_origin(normal + rest) == split
    assert split_origin(origin.upper() + rest) == split
    if not origin.rpartition("]")[2].rpartition(":")[2].isdigit():
        port = 443 if normal.startswith("https") else 80
        assert split_origin(f"{origin}:{port}{rest}") == split


@given(st.text())
def test_no_text_breaks_the_look_ups(text: str) -> None:
    mirrors = Mirrors.parse({SITE: MIRROR})
    target = mirrors.target(text)
    assert target is None or target.startswith(MIRROR)
    assert isinstance(mirrors.original(text, SITE), str)
    assert isinstance(mirrors.is_loopback(text), bool)


def test_a_crawl_sees_only_original_urls_whatever_the_mirror_and_the_proxies_say() -> None:
    """Hosts, robots.txt, redirects, offsite and duplicates go by the original URL; no proxy is asked."""
    dead_proxy = "http://127.0.0.1:1"  # nobody listens on the port of tcpmux

    def script(arrival: Arrival, _: int) -> Answer:
        mirror = f"http://127.0.0.1:{server.server_port}"
        redirects = {
            "/absolute": f"{mirror}/landed?from=absolute",
            "/schemeless": f"//127.0.0.1:{server.server_port}/landed?from=schemeless",
            "/relative": "landed?from=relative",
            "/away": "http://plain.example:8080/landed?from=away",
        }
        if arrival.path in redirects:
            return Answer(302, {"Location": redirects[arrival.path]})
        if arrival.path == "/robots.txt":
            secret = "/secret" if arrival.host == "site.example" else "/other"
            return Answer(200, {"Content-Type": "text/plain"}, f"User-agent: *\nDisallow: {secret}\n")
        return Answer(body=f"{arrival.host}{arrival.path}")

    with serving(script) as server:
        crawled = crawl(
            [
                "https://site.example/first#fragment",
                {"url": "https://site.example/second", "meta": {"proxy": f"http://me:pw@{dead_proxy[7:]}"}},
                "http://plain.example:8080/second",
                "https://site.example/absolute",
                "https://site.example/schemeless",
                "https://site.example/relative",
                "https://site.example/away",
                "https://site.example/secret",
                "https://site.example/first",
                "http://offsite.example/",
                "http://refused.example/",
            ],
            {
                "MIRRORS": json.dumps(
                    {
                        "https://site.example": server.origin,
                        "http://plain.example:8080": server.origin,
                        "*": None,
                    }
                ),
                "ROBOTSTXT_OBEY": True,
            },
            allowed_domains=["site.example", "plain.example", "refused.example"],
            environment={"http_proxy": dead_proxy, "https_proxy": dead_proxy},
        )

    assert crawled.code == 0
    assert "Traceback" not in crawled.log
    assert {result["asked"]: (result["url"], result.get("body")) for result in crawled.results} == {
        "https://site.example/first#fragment": ("https://site.example/first", "site.example/first"),
        "https://site.example/second": ("https://site.example/second", "site.example/second"),
        "http://plain.example:8080/second": (
            "http://plain.example:8080/second",
            "plain.example:8080/second",
        ),
        "https://site.example/absolute": (
            "https://site.example/landed?from=absolute",
            "site.example/landed?from=absolute",
        ),
        "https://site.example/schemeless": (
            "https://site.example/landed?from=schemeless",
            "site.example/landed?from=schemeless",
        ),
        "https://site.example/relative": (
            "https://site.example/landed?from=relative",
            "site.example/landed?from=relative",
        ),
        "https://site.example/away": (
            "http://plain.example:8080/landed?from=away",
            "plain.example:8080/landed?from=away",
        ),
        "https://site.example/secret": ("https://site.example/secret", None),
        "http://refused.example/": ("http://refused.example/", None),
        "http://offsite.example/": ("http://offsite.example/", None),
    }
    assert crawled.of("https://site.example/secret")["detail"] == "Forbidden by robots.txt"
    assert crawled.of("http://refused.example/")["error"] == "MirrorRefusedError"
    # its robots.txt and itself, each once: a refusal is not retried
    assert crawled.stats["mirrors/refused"] == 2
    assert "retry/count" not in crawled.stats
    assert crawled.stats["hosts/not_allowed"] == 1
    assert crawled.stats["dupefilter/filtered"] == 1
    assert sorted(server.paths("site.example")) == [
        "/absolute",
        "/away",
        "/first",
        "/landed?from=absolute",
        "/landed?from=relative",
        "/landed?from=schemeless",
        "/relative",
        "/robots.txt",
        "/schemeless",
        "/second",
    ]
    assert sorted(server.paths("plain.example:8080")) == ["/landed?from=away", "/robots.txt", "/second"]
    assert all("Proxy-Authorization" not in arrival.headers for arrival in server.arrivals)
    second = crawled.of("https://site.example/second")
    assert second["request_url"] == "https://site.example/second"
    assert second["type"] == "HtmlResponse"
    assert 0 < second["meta"]["download_latency"] < 10
    # a redirect to another host goes at that host's rate
    assert crawled.of("https://site.example/away")["meta"]["download_slot"] == "plain.example on loopback"


def test_a_malformed_setting_ends_the_crawl_before_any_request() -> None:
    with serving(lambda *_: Answer()) as server:
        crawled = crawl([f"{server.origin}/"], {"MIRRORS": '{"http://a.example/": null}'})
    assert "MirrorsError: MIRRORS: 'http://a.example/' is more than an origin" in crawled.log
    assert server.arrivals == []
    assert crawled.results == []
