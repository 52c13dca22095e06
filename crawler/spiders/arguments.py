"""Spider arguments as operators type them: pure functions. Raise ArgumentError with the words to show."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urljoin

from crawler.archives import VERSIONS
from crawler.securities import candidates
from crawler.urls import LAST_DAY_SHOWN_LATE, canonical_url

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")

SHARE = ("api", "browser", "off")
"""How share links may be followed: the JSON behind them, their page in a browser, or not at all."""

QUOTES = ("batch", "page", "off")
"""How quote links may be followed: many securities in one request, each page in a browser, or not at all."""

MAIN_COLUMNS = ("345", "349", "350", "351", "353", "355")
"""Columns whose names and pages are sure: main news, companies, China, the world, markets, industry."""

_DURATION = re.compile(r"(\d{1,5})([dh])")
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1)}


class ArgumentError(ValueError):
    """A spider argument cannot be understood."""

    def __init__(self, name: str, value: str, wanted: str) -> None:
        super().__init__(f"-a {name}={value}: give {wanted}")


def duration(name: str, value: str) -> timedelta:
    """Read `3d` or `12h`."""
    found = _DURATION.fullmatch(value.strip())
    if not found:
        raise ArgumentError(name, value, "a number of days or hours, such as 3d or 12h")
    return int(found[1]) * _UNITS[found[2]]


def moment(name: str, value: str, now: datetime) -> datetime:
    """Read a Beijing day (`2022-01-31`: its first moment) or a time ago (`3d`, `12h`); give UTC."""
    if _DURATION.fullmatch(value.strip()):
        return now - duration(name, value)
    try:
        day = date.fromisoformat(value.strip())
    except ValueError as error:
        raise ArgumentError(name, value, "a day such as 2022-01-31, or a time ago such as 3d or 12h") from error
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING).astimezone(UTC)


def count(name: str, value: str) -> int:
    """Read a number above zero."""
    if not re.fullmatch(r"[1-9]\d{0,8}", value.strip()):
        raise ArgumentError(name, value, "a whole number from 1 on")
    return int(value)


def flag(name: str, value: str) -> bool:
    """Read `1` or `0`."""
    if value.strip() not in {"0", "1"}:
        raise ArgumentError(name, value, "1 or 0")
    return value.strip() == "1"


def choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """Read one of several words."""
    if value.strip() not in choices:
        raise ArgumentError(name, value, f"one of {', '.join(choices)}")
    return value.strip()


def site_root(arguments: Mapping[str, str], default: str) -> str:
    """Read `site`: give the site's home page."""
    site = canonical_url(arguments.get("site", default))
    if site is None:
        raise ArgumentError("site", arguments.get("site", default), "an http or https URL")
    return urljoin(site, "/")


def slugs(value: str) -> list[str]:
    """Read comma-separated category slugs."""
    return [slug.strip() for slug in value.split(",") if slug.strip()]


def symbols(name: str, value: str) -> list[str]:
    """Read comma-separated symbols, each once; the market that is meant may stay open, as in `NIO.US`."""
    found = list(dict.fromkeys(slugs(value)))
    for symbol in found:
        if not candidates(symbol):
            raise ArgumentError(name, symbol, "symbols such as 600519.SH,00700.HK")
    return found


def possible_times(shown: str) -> list[datetime]:
    """Give the moments (UTC) that a time shown by the site may mean: early posts may be shown 8 h late.

    An unreadable time gives none; the normalise stage would reject it.
    """
    try:
        at = datetime.strptime(shown, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return []
    return [at, at - timedelta(hours=8)] if at.date() <= LAST_DAY_SHOWN_LATE else [at]


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time of publication that is wanted; None: open. Aware UTC, `until` exclusive."""

    since: datetime | None
    until: datetime | None

    @classmethod
    def parse(cls, since: str | None, until: str | None, now: datetime) -> "Window":
        """Read `since` and `until`; a day given as `until` is part of the span."""
        first = moment("since", since, now) if since else None
        last = moment("until", until, now) if until else None
        if last is not None and until and not _DURATION.fullmatch(until.strip()):
            last += timedelta(days=1)
        return cls(first, last)

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies in the span."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def may_hold_day(self, day: date) -> bool:
        """Tell whether a post that the site shows under a Beijing day may lie in the span.

        The site shows posts without a zone up to a day late, so the day before counts too.
        """
        shown = datetime(day.year, day.month, day.day, tzinfo=BEIJING)
        begins, ends = shown - timedelta(days=1), shown + timedelta(days=1)
        return (self.since is None or ends > self.since) and (self.until is None or begins < self.until)


@dataclass(frozen=True, slots=True)
class SiteArguments:
    """The arguments of the spider of the site, understood."""

    site: str
    """The site's home page."""

    only: list[str]
    """Slugs of the wanted categories; empty: all."""

    window: Window
    limit: int | None
    """Posts to read at most."""

    refresh_from: datetime
    """Posts published since then are read again although stored. Aware UTC."""

    full: bool
    """Whether all stored posts are read again."""

    share: str
    """How share links are followed, one of `SHARE`."""

    quotes: str
    """How quote links are followed, one of `QUOTES`."""

    @classmethod
    def parse(cls, arguments: Mapping[str, str], default_site: str, now: datetime) -> "SiteArguments":
        """Read what was typed after `-a`."""
        return cls(
            site=site_root(arguments, default_site),
            only=slugs(arguments.get("category", "")),
            window=Window.parse(arguments.get("since"), arguments.get("until"), now),
            limit=count("limit", arguments["limit"]) if "limit" in arguments else None,
            refresh_from=now - duration("refresh", arguments.get("refresh", "1d")),
            full=flag("full", arguments.get("full", "0")),
            share=choice("share", arguments.get("share", "api"), SHARE),
            quotes=choice("quotes", arguments.get("quotes", "batch"), QUOTES),
        )


@dataclass(frozen=True, slots=True)
class UpstreamArguments:
    """The arguments of the spider of East Money, understood."""

    columns: list[str]
    """Numbers of the wanted columns."""

    fast: bool
    """Whether 7x24 is wanted."""

    symbols: list[str]
    """Securities whose news is wanted."""

    pages: int
    """Pages of each list to read at most."""

    window: Window
    limit: int | None
    refresh_from: datetime
    full: bool

    @classmethod
    def parse(cls, arguments: Mapping[str, str], now: datetime) -> "UpstreamArguments":
        """Read what was typed after `-a`; without any list named, the main columns and 7x24 are wanted."""
        columns, named = slugs(arguments.get("columns", "")), symbols("symbols", arguments.get("symbols", ""))
        for column in columns:
            if not re.fullmatch(r"[0-9]{1,5}", column):
                raise ArgumentError("columns", column, "numbers of columns, such as 350,351")
        fast = flag("fast", arguments.get("fast", "0"))
        if not columns and not named and not fast:
            columns, fast = list(MAIN_COLUMNS), True
        return cls(
            columns=columns,
            fast=fast,
            symbols=named,
            pages=count("pages", arguments.get("pages", "20")),
            window=Window.parse(arguments.get("since"), arguments.get("until"), now),
            limit=count("limit", arguments["limit"]) if "limit" in arguments else None,
            refresh_from=now - duration("refresh", arguments.get("refresh", "1d")),
            full=flag("full", arguments.get("full", "0")),
        )


@dataclass(frozen=True, slots=True)
class QuoteArguments:
    """The arguments of the spider of quotes, understood."""

    symbols: list[str]
    """Securities to quote; empty: all that the store knows."""

    bars: bool
    """Whether daily bars are wanted, too."""

    since: date | None
    """First day of the wanted bars. None: those after the stored ones."""

    @classmethod
    def parse(cls, arguments: Mapping[str, str], now: datetime) -> "QuoteArguments":
        """Read what was typed after `-a`."""
        named = symbols("symbols", arguments.get("symbols", ""))
        if "symbols" in arguments and not named:
            raise ArgumentError("symbols", arguments["symbols"], "symbols such as 600519.SH,00700.HK")
        since = moment("since", arguments["since"], now) if "since" in arguments else None
        return cls(
            symbols=named,
            bars="bars" in arguments and bool(choice("bars", arguments["bars"], ("day",))),
            since=since.astimezone(BEIJING).date() if since else None,
        )


@dataclass(frozen=True, slots=True)
class ArchiveArguments:
    """The arguments of the spider of archives, understood."""

    path: Path
    """Where the sources are."""

    versions: str
    """Which versions of them are wanted, one of `VERSIONS`."""

    full: bool
    """Whether sources that the store knows are read again."""

    site: str
    """The home page of the site that they are the sources of."""

    @classmethod
    def parse(cls, arguments: Mapping[str, str], default_site: str) -> "ArchiveArguments":
        """Read what was typed after `-a`."""
        path = Path(arguments.get("path", "")).expanduser()
        if not arguments.get("path") or not path.exists():
            wanted = "a folder, a file, a .zip, a .tar.gz or a git repository that is there"
            raise ArgumentError("path", arguments.get("path", ""), wanted)
        return cls(
            path=path.absolute(),
            versions=choice("versions", arguments.get("versions", "newest"), VERSIONS),
            full=flag("full", arguments.get("full", "0")),
            site=site_root(arguments, default_site),
        )
