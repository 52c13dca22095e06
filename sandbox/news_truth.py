"""What a perfect reader must end with for upstream's news: entry by entry of every list, and as stored.

From a world's news; texts come from structured bodies, never from HTML. An `EntryTruth` is one entry of one list,
a `NewsTruth` the document that `eastmoney` stores after it has read the article behind the list.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import lists, reading
from sandbox.news import COLUMNS, News
from sandbox.reading import ImageTruth, LinkTruth, SecurityTruth
from sandbox.truth import bracketed_medium, editor_of, is_about, shown_digest


@dataclass(frozen=True, slots=True)
class EntryTruth:
    """One entry of a list, read perfectly."""

    id: str
    """The contract's `_id`."""

    kind: str
    """`article`, `flash`, `flash-only` (no article behind it), `caifuhao`."""

    title: str
    """Without tags and blemishes."""

    summary: str | None
    """Without tags and without the title in brackets before it; None where the list has none."""

    published_at: datetime | None
    """Aware, UTC; None where the entry tells none."""

    media: tuple[str, str] | None
    """Name and slug, as the list names it; None where it names none."""

    secids: tuple[str, ...]
    """What the list names beside the entry."""

    url: str | None
    """The address of its page; None for a flash without one."""


@dataclass(frozen=True, slots=True)
class NewsTruth:
    """The document that a perfect crawl of upstream stores for one piece of news."""

    id: str
    kind: str
    on_site: bool
    """Whether it is behind a post of the site, too."""

    title: str
    digest: str | None
    """As its article says; None where that has none."""

    summary: str | None
    """What columns say for a digest where the article has none; None where that is the title alone."""

    text: str
    """Of the article; of a Caifuhao post, what its page says."""

    published_at: datetime
    """Aware, UTC."""

    body_from: str
    """`origin`; `list` for a flash without an article, and for a Caifuhao post, whose page is of another make."""

    media: tuple[str, str] | None
    author: str | None
    """Caifuhao posts only."""

    editor: str | None
    securities: tuple[SecurityTruth, ...]
    """As the body marks them."""

    symbols: tuple[str, ...]
    main_symbols: tuple[str, ...]
    """Of those that the body marks."""

    named: tuple[str, ...]
    """Secids that 7x24 names beside it: evidence `upstream`, for a crawl that read 7x24."""

    named_symbols: tuple[str, ...]
    """The same as symbols."""

    images: tuple[ImageTruth, ...]
    links: tuple[LinkTruth, ...]
    url: str | None
    lists: tuple[str, ...]
    """Names of the lists that show it: `column/350`, `fast/102`, `ticker/1.600519`."""


def news_truth(news: News) -> NewsTruth:
    """Say what a perfect crawl stores for one piece of news."""
    body, only = news.draft.body, news.kind == "flash-only"
    securities, text = reading.securities(body, marked=True), reading.text(body)
    digest = shown_digest(news.draft, text)
    shown = f"{news.draft.title}\n{digest or ''}"
    medium = (news.plan.medium.name, news.plan.medium.slug)
    told = news.draft.digest is None and news.columns and not lists.says_title_alone(news)
    return NewsTruth(
        id=news.id,
        kind=news.kind,
        on_site=news.on_site,
        title=news.draft.title,
        digest=digest,
        summary=reading.plain(news.lead) if told else None,
        text=text,
        published_at=news.plan.published_at.astimezone(UTC),
        body_from="origin" if news.has_article else "list",
        media=bracketed_medium(news.plan, news.draft) if only else medium,
        author=news.plan.medium.name if news.kind == "caifuhao" else None,
        editor=editor_of(news.draft),
        securities=securities,
        symbols=tuple(sorted(one.symbol for one in securities)),
        main_symbols=tuple(sorted(one.symbol for one in securities if is_about(one, shown))),
        named=news.stock_list,
        named_symbols=tuple(one.symbol for one in news.draft.about if news.stock_list),
        images=reading.images(body),
        links=reading.links(body, marked=True),
        url=news.url,
        lists=_names(news),
    )


def _names(news: News) -> tuple[str, ...]:
    tickers = () if news.kind == "flash-only" else tuple(sorted(news.secids))
    return (
        *(f"column/{column}" for column in news.columns),
        *(f"fast/{column}" for column in news.fast_columns),
        *(f"ticker/{secid}" for secid in tickers),
    )


def list_truths(news: Iterable[News]) -> dict[str, list[EntryTruth]]:
    """Say what every list that shows anything shows, all pages together, newest first.

    A piece that 7x24 lists twice is there once, in the wording of the later time. Lists of securities are those
    with Caifuhao posts.
    """
    every = list(news)
    found = {f"column/{number}": lists.column_list(every, {number}) for number in COLUMNS}
    found |= {f"fast/{number}": lists.fast_list(every, number) for number in (101, 102, 109)}
    secids = sorted({secid for one in every for secid in one.secids})
    found |= {f"ticker/{secid}": lists.ticker_list(every, secid, caifuhao=True) for secid in secids}
    return {name: _entries(name, shown) for name, shown in found.items() if shown}


def _entries(name: str, shown: list[News]) -> list[EntryTruth]:
    latest: dict[str, News] = {}
    for one in shown:
        latest.setdefault(one.id, one)
    return [entry_truth(one, name) for one in latest.values()]


def entry_truth(news: News, name: str) -> EntryTruth:
    """Say what one entry of the list of a name tells."""
    listing = name.partition("/")[0]
    fast, caifuhao = listing == "fast", news.kind == "caifuhao"
    medium = (news.plan.medium.name, news.plan.medium.slug)
    summary = news.draft.title if listing == "column" and lists.says_title_alone(news) else news.lead
    return EntryTruth(
        id=news.id,
        kind=news.kind,
        title=news.draft.title,
        summary=None if listing == "ticker" else reading.plain(summary),
        # 7x24 has records without title, time and link.
        published_at=None if fast and not news.draft.title else news.plan.published_at.astimezone(UTC),
        media={"column": medium, "fast": bracketed_medium(news.plan, news.draft)}.get(listing),
        secids=news.stock_list if fast else (),
        url=news.url if caifuhao or news.has_article else None,
    )


def as_json(truth: NewsTruth | EntryTruth) -> dict[str, Any]:
    """Give a truth as JSON values; times in ISO format, UTC."""
    return asdict(truth) | {"published_at": truth.published_at and truth.published_at.isoformat()}
