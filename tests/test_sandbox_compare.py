"""The comparison of stored documents with the truth of upstream's news: it finds differences, and no others."""

import json
from datetime import datetime
from typing import Any

import pytest

from sandbox.news_compare import news_differences
from sandbox.news_truth import as_json
from sandbox.securities import BY_SECID
from sandbox.world import World


@pytest.fixture(scope="module")
def truths() -> list[dict[str, Any]]:
    every = [as_json(truth) for truth in World(upstream_only=60).upstream_truths]
    return list(json.loads(json.dumps(every)))


def stored(truth: dict[str, Any], *read: str) -> dict[str, Any]:
    """Write the document of a perfect crawl of the lists `read`."""
    at = datetime.fromisoformat(truth["published_at"])
    lists = [name for name in read if name in truth["lists"]]
    fast = any(name.startswith("fast/") for name in lists)
    securities = [dict(one) | {"evidence": list(one["evidence"])} for one in truth["securities"]]
    for secid in truth["named"] if fast else []:
        known = next((one for one in securities if one["secid"] == secid), None)
        if known is None:
            known = {"secid": secid, "symbol": BY_SECID[secid].symbol, "name": None, "mentions": 0, "evidence": []}
            securities.append(known)
        known["evidence"].insert(0, "upstream")
    about = [one for one in securities if {"upstream", "chart"} & set(one["evidence"])]
    columns = any(name.startswith("column/") for name in lists)
    digest = truth["digest"] or (truth["summary"] if columns else None)
    shown = truth["title"] + "\n" + (digest or "")
    about += [one for one in securities if one not in about and one["name"] and one["name"] in shown]
    return {
        **{name: truth[name] for name in ("title", "text", "editor", "author", "images", "body_from")},
        "published_from": truth["body_from"],
        "digest": digest,
        "published_at": at,
        "published_min": at,
        "published_max": at,
        "media": truth["media"] and dict(zip(("name", "slug"), truth["media"], strict=True)),
        "securities": securities,
        "symbols": sorted(one["symbol"] for one in securities),
        "main_symbols": sorted(one["symbol"] for one in about),
    }


def test_a_perfect_document_has_no_differences(truths: list[dict[str, Any]]) -> None:
    for truth in truths:
        assert news_differences(stored(truth, *truth["lists"]), truth, truth["lists"]) == []
    assert any(truth["summary"] for truth in truths)
    assert any(set(truth["named_symbols"]) - set(truth["symbols"]) for truth in truths)


@pytest.mark.parametrize(("read", "added"), [("column/350", "digest"), ("fast/102", "securities")])
def test_what_a_list_adds_is_expected_of_who_read_it(truths: list[dict[str, Any]], read: str, added: str) -> None:
    shown = [truth for truth in truths if read in truth["lists"] and truth["kind"] != "caifuhao"]
    assert not [line for truth in shown for line in news_differences(stored(truth, read), truth, [read])]
    unread = [line for truth in shown for line in news_differences(stored(truth), truth, [read])]
    assert added in {line.split(":")[0] for line in unread}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x"),
        ("text", "x"),
        ("digest", "x"),
        ("editor", "x"),
        ("author", "x"),
        ("body_from", "share"),
        ("published_from", "page"),
        ("published_at", None),
        ("published_max", None),
        ("media", None),
        ("securities", []),
        ("symbols", []),
        ("main_symbols", ["X"]),
        ("images", [{"url": "x", "kind": "photo", "caption": None}]),
    ],
)
def test_every_difference_is_found(truths: list[dict[str, Any]], field: str, value: object) -> None:
    truth = next(one for one in truths if one["kind"] == "article" and one["symbols"] and one["digest"])
    (line,) = news_differences(stored(truth, *truth["lists"]) | {field: value}, truth, truth["lists"])
    assert line.startswith("times" if field in {"published_at", "published_max"} else field)
