"""What is said of a run, from the stats of its crawl: pure, no clock, no database.

Gives the `finish_reason`, and in words why a run is not ok and what else an operator should know (rule 6: a green
run means complete). crawler/extensions/verdict.py asks, ends the run and keeps its books.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from scrapy.settings import BaseSettings

from crawler.items import Post

_BLOCKED = frozenset(
    {"Http401", "Http403", "Http418", "Http429", "Http451", "BlockPageError", "BlockedPayloadError"}
)
_CHANGED = frozenset({"PageLayoutError", "PayloadError"})
_GONE = frozenset({"Http404", "Http410"})
_LISTING_PAGES = ("rolling", "feed", "category", "list")
PRICE_PAGES = ("quotes", "bars")
"""Kinds of answers with prices."""

UNKNOWN_SHOWN = 20
"""Securities that upstream does not know named in a warning."""


FILL_SAMPLE = 20
"""Readings from which on a fill rate says something: of fewer, a single odd post is too large a share."""

FILL_FIELDS: dict[str, Callable[[Post], object]] = {
    "title": lambda post: post.title,
    "digest": lambda post: post.digest,
    "text": lambda post: post.body.text,
    "html": lambda post: post.body.html,
    "images": lambda post: post.body.images,
    "links": lambda post: post.body.links,
    "published_raw": lambda post: post.published_raw,
    "published_at": lambda post: post.published_at,
    "media": lambda post: post.media,
    "author": lambda post: post.author,
    "editor": lambda post: post.body.editor,
    "category": lambda post: post.category,
    "tags": lambda post: post.tags,
    "share_url": lambda post: post.share_url,
    "origin_url": lambda post: post.origin_url,
    "securities": lambda post: post.securities,
}
"""Fields whose fill rate can be demanded, by the names they have in `posts`."""


class LimitsError(ValueError):
    """A setting RUN_* makes no sense."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The assertions a run is held to (settings RUN_*)."""

    min_posts: int
    max_error_ratio: float
    max_reject_ratio: float
    max_emptied_categories: int = 0
    min_fill: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: BaseSettings) -> Self:
        """Read the settings. Raises LimitsError."""
        try:
            min_fill = {str(name): float(share) for name, share in settings.getdict("RUN_MIN_FILL").items()}
            limits = cls(
                settings.getint("RUN_MIN_POSTS"),
                settings.getfloat("RUN_MAX_ERROR_RATIO"),
                settings.getfloat("RUN_MAX_REJECT_RATIO"),
                settings.getint("RUN_MAX_EMPTIED_CATEGORIES"),
                min_fill,
            )
        except (TypeError, ValueError) as error:
            raise LimitsError(f"RUN_*: {error}") from error
        if unknown := sorted(min_fill.keys() - FILL_FIELDS.keys()):
            raise LimitsError(f"RUN_MIN_FILL: no field {', '.join(unknown)}; there are {', '.join(FILL_FIELDS)}")
        return limits


def filled(post: Post) -> list[str]:
    """Give the fields that a reading has."""
    return [name for name, value in FILL_FIELDS.items() if value(post)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a run."""

    reason: str
    failures: list[str]
    warnings: list[str]


def judge(stats: dict[str, Any], limits: Limits) -> Verdict:
    """Judge a crawl that has nothing left to do, by its stats."""
    problems = _problems(stats)
    for page in _LISTING_PAGES:  # a list that is not there lists nothing; not each inferred category has a page
        problems[page] = Counter({name: count for name, count in problems[page].items() if name not in _GONE})
    warnings = [*_warnings(problems), *_unknown(stats), *_later(stats)]
    for reason, failures in _post_failures(stats, problems, limits):
        return Verdict(reason, failures, warnings)
    return Verdict("limit" if stats.get("posts/beyond_limit") else "finished", [], warnings)


def _post_failures(
    stats: dict[str, Any], problems: dict[str, Counter[str]], limits: Limits
) -> Iterator[tuple[str, list[str]]]:
    """Give what is wrong with a crawl of posts, the cause before its effects."""
    shown = stats.get("posts/shown", 0)
    listings = sum((problems[page] for page in _LISTING_PAGES), Counter[str]())
    if problems["home"]:
        yield _cause(problems["home"]), [f"home page: {', '.join(problems['home'])}"]
    if shown < limits.min_posts:
        reason = _cause(listings) if listings else "no_posts"
        yield reason, [f"{shown} posts listed, at least {limits.min_posts} expected"]
    if stats.get("pages/home/listed") == 0:  # every category has its newest posts there
        yield "no_posts", ["the home page lists no posts"]
    if listings:
        yield _cause(listings), [f"listing pages: {_written(listings)}"]
    failed, known_vanished = problems["post"].total(), stats.get("posts/known_vanished", 0)
    if known_vanished <= limits.max_error_ratio * shown:  # a few stored posts are gone: withdrawals, and no loss
        failed -= known_vanished
    asked = stats.get("pages/post/read", 0) + failed
    if failed > limits.max_error_ratio * asked:
        causes = {_cause(Counter([name])) for name in problems["post"] if name not in _GONE}
        reason = causes.pop() if len(causes) == 1 else "too_many_errors"
        yield reason, [f"{failed} of {asked} posts: {_written(problems['post'])}"]
    rejected, scraped = stats.get("posts/rejected", 0), stats.get("posts/scraped", 0)
    if rejected > limits.max_reject_ratio * scraped:
        yield "too_many_errors", [f"{rejected} of {scraped} items rejected"]
    if hollow := _hollow(stats, limits):
        yield "layout_changed", hollow
    emptied = stats.get("categories/emptied", [])
    if len(emptied) > limits.max_emptied_categories:
        yield "no_posts", [_emptied(*row) for row in emptied]


def judge_prices(stats: dict[str, Any], limits: Limits) -> Verdict:
    """Judge a crawl of the spider `quotes`: push2 is its own site, and it lists no posts."""
    warnings = [*_warnings(_problems(stats)), *_unknown(stats)]
    for reason, failure in _price_failures(stats, limits):
        return Verdict(reason, [failure], warnings)
    return Verdict("finished", [], warnings)


def _price_failures(stats: dict[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    """Give what is wrong with a crawl of quotes, the cause before its effects."""
    problems, asked = _problems(stats), stats.get("prices/asked", 0)
    if not asked:
        yield "no_posts", "no stored post names a security: crawl posts first, or name some with symbols="
    for page in PRICE_PAGES:
        failed = problems.get(page, Counter())
        sent = stats.get(f"pages/{page}/read", 0) + failed.total()
        if failed.total() > limits.max_error_ratio * sent:
            said = f"{failed.total()} of {sent} answers with {page}: {_written(failed)}"
            yield _cause(failed + _hosts_failed(stats)), said
    if lost := stats.get("prices/failed", 0):
        yield "too_many_errors", f"{lost} answers with prices could not be stored"
    if not stats.get("prices/quotes"):
        yield "no_posts", f"upstream knows none of {asked} securities"
    if stats.get("prices/unknown_bars") and not stats.get("pages/bars/read"):
        yield "no_posts", f"upstream has bars of none of {asked} securities"
    rejected = sum(stats.get(f"prices/{page}_rejected", 0) for page in PRICE_PAGES)
    rows = sum(stats.get(f"prices/{page}", 0) for page in PRICE_PAGES)
    if rejected > limits.max_reject_ratio * rows:
        yield "too_many_errors", f"{rejected} of {rows} quotes and bars rejected"


def judge_archive(stats: dict[str, Any], limits: Limits) -> Verdict:
    """Judge a run of the spider `archive`: the archive is its site, and every source in it counts."""
    problems = _problems(stats)
    unread, found = problems.get("source", Counter()), stats.get("posts/listed", 0)
    warnings = _warnings(problems)
    if broken := problems.get("archive"):
        return Verdict(
            "site_unavailable", [f"the archive could not be read to its end: {_written(broken)}"], warnings
        )
    if found < limits.min_posts:
        return Verdict("no_posts", [f"{found} sources found, at least {limits.min_posts} expected"], warnings)
    if unread.total() > limits.max_error_ratio * found:
        failure = f"{unread.total()} of {found} sources: {_written(unread)}"
        all_of_layout = set(unread) <= {"SourceLayoutError", "EmptyPageError"}
        return Verdict("layout_changed" if all_of_layout else "too_many_errors", [failure], warnings)
    rejected, scraped = stats.get("posts/rejected", 0), stats.get("posts/scraped", 0)
    if rejected > limits.max_reject_ratio * scraped:
        return Verdict("too_many_errors", [f"{rejected} of {scraped} items rejected"], warnings)
    return Verdict("finished", [], warnings)


def judge_retries(stats: dict[str, Any], limits: Limits) -> Verdict:  # noqa: ARG001 - every judge has them
    """Judge a crawl of the spider `rejected`: every page it asked for is read now, or it is not ok."""
    problems = sum(_problems(stats).values(), Counter[str]())
    asked = stats.get("rejects/asked", 0)
    if not asked:
        return Verdict("no_posts", ["no reject names a page that can be read again"], [])
    if problems:
        return Verdict(_cause(problems), [f"{problems.total()} of {asked} pages: {_written(problems)}"], [])
    if rejected := stats.get("posts/rejected", 0):
        return Verdict("too_many_errors", [f"{rejected} of {stats.get('posts/scraped', 0)} items rejected"], [])
    return Verdict("finished", [], [])


JUDGES = {"quotes": judge_prices, "archive": judge_archive, "rejected": judge_retries}
"""Who judges the runs of a spider, where it is not `judge`."""


def _warnings(problems: dict[str, Counter[str]]) -> list[str]:
    return [f"{count} {page} pages: {name}" for page in problems for name, count in problems[page].items()]


def _hollow(stats: dict[str, Any], limits: Limits) -> list[str]:
    """Give the fields that too few of the readings stored have."""
    readings = stats.get("fill/readings", 0)
    if readings < FILL_SAMPLE:
        return []
    counts = {name: stats.get(f"fill/{name}", 0) for name in limits.min_fill}
    return [
        f"{name}: {counts[name]} of {readings} posts have it, at least {share:.0%} expected"
        for name, share in limits.min_fill.items()
        if counts[name] < share * readings
    ]


def _emptied(slug: str, listed: int, standing: int) -> str:
    return f"category {slug} lists no posts; it listed {listed} when last read, {standing} of them still stand"


def _later(stats: dict[str, Any]) -> list[str]:
    """Give warnings for what is left to later runs."""
    count, warnings = stats.get("posts/sought_later", 0), []
    if count:
        warnings.append(f"{count} posts that left the listings will be looked for by later runs")
    if stats.get("posts/completed_later"):
        warnings.append("older posts than COMPLETED_MAX_POSTS lack upstream parts, which later runs will ask for")
    return warnings


def _unknown(stats: dict[str, Any]) -> list[str]:
    """Give warnings that name the securities upstream does not know."""
    found = {page: stats.get(f"prices/unknown_{page}", []) for page in PRICE_PAGES}
    return [
        f"upstream has no {page} of {', '.join(names[:UNKNOWN_SHOWN])} ({len(names)} in all)"
        for page, names in found.items()
        if names
    ]


def _problems(stats: dict[str, Any]) -> dict[str, Counter[str]]:
    """Give what went wrong, by kind of page."""
    found: dict[str, Counter[str]] = {page: Counter() for page in ("home", *_LISTING_PAGES, "post")}
    for name, value in stats.items():
        match name.split("/"):
            case ["pages", page, "failed" | "unreadable", reason]:
                found.setdefault(page, Counter())[reason] += value
    return found


def _hosts_failed(stats: dict[str, Any]) -> Counter[str]:
    """Give why hosts were left alone: their requests themselves only tell that they were not sent."""
    return Counter(
        value for name, value in stats.items() if name.startswith("host/") and name.endswith("/left_alone_for")
    )


def _cause(reasons: Counter[str]) -> str:
    names = set(reasons)
    if names & _BLOCKED:
        return "blocked"
    return "layout_changed" if names & _CHANGED else "site_unavailable"


def _written(reasons: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in reasons.most_common())
