"""What a stored document has to do with the truth of its post: for the demo and the tests.

From plain dicts: a document of `posts` as PyMongo gives it, and a `PostTruth` in JSON. Gives the differences.
Knows the store's contract, and imports nothing of the project.
"""

from datetime import UTC, date, datetime
from typing import Any

LAST_ZONELESS_DAY = date(2021, 12, 9)
"""Rolling news up to this id day may be stamped without a zone; the page alone cannot tell."""

_SAME = ("title", "digest", "text", "published_raw", "category", "share_url", "origin_url", "editor")
_LISTS = ("tags", "categories", "symbols", "main_symbols")


def with_upstream(truth: dict[str, Any]) -> dict[str, Any]:
    """Give the truth of a post whose linked upstream forms were read too: the article before the share text."""
    linked = {"origin": truth["origin_url"], "share": truth["share_url"]}
    upstream = {form["form"]: form for form in truth["upstream"]}
    read = [upstream[form] for form, url in linked.items() if url and form in upstream]
    if not read:
        return truth
    best, forms = read[0], [*read, *truth["forms"]]
    digest = next((form["digest"] for form in forms if form["digest"]), None)
    securities = _united(forms)
    shown = f"{best['title']}\n{digest or ''}"
    return truth | {
        **{name: best[name] for name in ("title", "text", "images", "published_at", "media")},
        "digest": digest,
        "editor": next((form["editor"] for form in forms if form["editor"]), None),
        "securities": securities,
        "symbols": sorted(one["symbol"] for one in securities),
        "main_symbols": sorted(
            one["symbol"] for one in securities if "chart" in one["evidence"] or (one["name"] or "\0") in shown
        ),
        "published_raw": None,  # as each of them prints it
    }


def _united(forms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    united: dict[str, dict[str, Any]] = {}
    for one in (security for form in forms for security in form["securities"]):
        known = united.setdefault(one["secid"], dict(one))
        evidence = {*known["evidence"], *one["evidence"]}
        known["evidence"] = [kind for kind in ("upstream", "chart", "link", "keyword") if kind in evidence]
        known["mentions"] = max(known["mentions"], one["mentions"])
        known["name"] = known["name"] or one["name"]
    return list(united.values())


def differences(document: dict[str, Any], truth: dict[str, Any]) -> list[str]:
    """Say, field by field, where a document read from the site's pages differs from the truth."""
    pairs = {name: (document[name], truth[name]) for name in _SAME}
    if truth["published_raw"] is None:
        del pairs["published_raw"]
    pairs |= {name: (document[name], list(truth[name])) for name in _LISTS}
    medium = document["media"]
    pairs["media"] = (
        [medium["name"], medium["slug"]] if medium else None,
        truth["media"] and list(truth["media"]),
    )
    pairs["securities"] = (
        [
            [one["secid"], one["symbol"], one["name"], one["mentions"], one["evidence"]]
            for one in document["securities"]
        ],
        [
            [one["secid"], one["symbol"], one["name"], one["mentions"], list(one["evidence"])]
            for one in truth["securities"]
        ],
    )
    pairs["images"] = (
        [[one["url"], one["kind"], one["caption"]] for one in document["images"]],
        [[one["url"], one["kind"], one["caption"]] for one in truth["images"]],
    )
    if truth["zoned"] or truth["published_raw"] is None:
        # Where the time may be shown 8 hours late, the site alone does not tell which of two was first.
        pairs["duplicate_of"] = (document["duplicate_of"], truth["duplicate_of"])
        pairs["duplicate_kind"] = (document["duplicate_kind"], truth["duplicate_kind"])
    pairs["post_urls"] = (
        [url.replace("%20", " ") for url in document["post_urls"]],
        [form["url"] for form in truth["forms"] if form["listed"]],
    )
    found = [f"{name}: stored {here!r}, true {there!r}" for name, (here, there) in pairs.items() if here != there]
    return found + _time_differences(document, datetime.fromisoformat(truth["published_at"]))


def _time_differences(document: dict[str, Any], true: datetime) -> list[str]:
    at, earliest, latest = document["published_at"], document["published_min"], document["published_max"]
    if at is not None:
        exact = at == earliest == latest == true
        return [] if exact else [f"published: stored {at}, {earliest}, {latest}; true {true.astimezone(UTC)}"]
    day = document["_id"][2:10]
    early = not day.isdecimal() or date.fromisoformat(day) <= LAST_ZONELESS_DAY
    undecided = early and earliest is not None and true in (earliest, latest)
    return [] if undecided else [f"published: stored {earliest} to {latest}; true {true.astimezone(UTC)}"]
