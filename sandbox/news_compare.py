"""What a stored document has to do with the truth of its news: for crawls that read upstream's lists.

From plain dicts: a document of `posts` as PyMongo gives it, a `NewsTruth` in JSON, and the names of the lists that
the crawl read. Gives the differences. Knows the store's contract, and imports nothing of the project.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sandbox.securities import BY_SECID

_SAME = ("title", "text", "editor", "body_from", "published_from")


def news_differences(document: dict[str, Any], truth: dict[str, Any], read: Collection[str]) -> list[str]:
    """Say, field by field, where a document of upstream alone differs from the truth.

    `read`: names such as `column/350`, `fast/102`. A Caifuhao post is known by its lists alone: its words are not
    compared, its title, time and author are.
    """
    shown_in = {name.partition("/")[0] for name in set(read) & set(truth["lists"])}
    expected = _expected(truth, shown_in)
    medium = document["media"]
    stored = {name: document[name] for name in (*_SAME, "digest", "symbols", "main_symbols")} | {
        "media": [medium["name"], medium["slug"]] if medium else None,
        "securities": [
            [one["secid"], one["symbol"], one["name"], one["mentions"], one["evidence"]]
            for one in document["securities"]
        ],
        "images": [[one["url"], one["kind"], one["caption"]] for one in document["images"]],
        "times": [document[name] for name in ("published_at", "published_min", "published_max")],
        "author": document["author"],
    }
    return [
        f"{name}: stored {stored[name]!r}, true {value!r}"
        for name, value in expected.items()
        if stored[name] != value
    ]


def _expected(truth: dict[str, Any], shown_in: set[str]) -> dict[str, Any]:
    at = datetime.fromisoformat(truth["published_at"])
    known = {"title": truth["title"], "times": [at] * 3}
    if "ticker" in shown_in or truth["kind"] != "caifuhao":  # columns print a Caifuhao account as the medium
        known["author"] = truth["author"]
    if truth["kind"] == "caifuhao":
        return known | {"body_from": "list", "published_from": "list"}
    securities = _with_named(truth["securities"], truth["named"] if "fast" in shown_in else [])
    digest = truth["digest"] or (truth["summary"] if "column" in shown_in else None)
    shown = f"{truth['title']}\n{digest or ''}"
    return known | {
        "text": truth["text"],
        "digest": digest,
        "editor": truth["editor"],
        "body_from": truth["body_from"],
        "published_from": truth["body_from"],
        "media": truth["media"],
        "securities": [
            [one["secid"], one["symbol"], one["name"], one["mentions"], list(one["evidence"])]
            for one in securities
        ],
        "symbols": sorted(one["symbol"] for one in securities),
        "main_symbols": sorted(one["symbol"] for one in securities if _is_about(one, shown)),
        "images": [[one["url"], one["kind"], one["caption"]] for one in truth["images"]],
    }


def _with_named(marked: list[dict[str, Any]], named: list[str]) -> list[dict[str, Any]]:
    """Give the securities that the body marks, then those that 7x24 alone names."""
    found = {
        one["secid"]: one | {"evidence": [*(["upstream"] if one["secid"] in named else []), *one["evidence"]]}
        for one in marked
    }
    for secid in named:
        symbol = BY_SECID[secid].symbol
        told = {"secid": secid, "symbol": symbol, "name": None, "mentions": 0, "evidence": ["upstream"]}
        found.setdefault(secid, told)
    return list(found.values())


def _is_about(security: dict[str, Any], shown: str) -> bool:
    told = {"upstream", "chart"} & set(security["evidence"])
    return bool(told) or (security["name"] is not None and security["name"] in shown)
