"""News as upstream holds it: articles, flashes and Caifuhao posts, and the lists that each stands in.

From a plan and its draft. Gives a `News`: its number, the wordings that lists show, its columns, its securities.
The site shows some of them; others are upstream's own (`sandbox.newsroom`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from sandbox import reading
from sandbox.body import Paragraph, joined
from sandbox.compose import Draft, draft
from sandbox.kinds import KINDS
from sandbox.plan import BEIJING, Plan, dice

COLUMNS = {
    344: "finance",
    349: "finance",
    350: "finance",
    351: "finance",
    352: "finance",
    353: "finance",
    355: "finance",
    365: "finance",
    407: "stock",
    408: "stock",
    436: "stock",
    532: "hk",
    535: "hk",
}
"""Column numbers, and the host under which their articles are linked."""

_COLUMN_WEIGHTS = [3 if column in {350, 351} else 1 for column in COLUMNS]
_FLASH_SHAPES = {"flash", "rolling", "both"}
_REPEATED_SHARE = 0.08
"""Share of the flashes that 7x24 lists a second time, in their first wording."""


@dataclass(frozen=True)
class News:
    """One piece of news."""

    plan: Plan
    draft: Draft
    """The words of today."""

    kind: str
    """`article`, `flash` (has an article of the same words), `flash-only` (has none), `caifuhao`."""

    version: int = 0
    """How often it was rewritten."""

    column: int | None = None
    """A column it must stand in; None: whichever chance gives it."""

    on_site: bool = True

    @property
    def digits(self) -> str:
        """Its number."""
        return self.plan.digits

    @property
    def id(self) -> str:
        """The contract's `_id`."""
        return self.plan.id

    @property
    def has_article(self) -> bool:
        """Whether East Money's article hosts know it."""
        return self.kind in {"article", "flash"}

    @property
    def shown_at(self) -> datetime:
        """When it was published. Aware, Beijing."""
        return self.plan.published_at.astimezone(BEIJING)

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """The columns it stands in, its first one first; none for a flash."""
        if self.kind not in {"article", "caifuhao"}:
            return ()
        chance = dice("columns", self.digits)
        drawn = chance.choices(list(COLUMNS), _COLUMN_WEIGHTS, k=chance.choice((1, 1, 2, 3)))
        return tuple(dict.fromkeys(([self.column] if self.column else []) + drawn))[:3]

    @cached_property
    def fast_columns(self) -> tuple[int, ...]:
        """The columns of 7x24 it stands in: 102 has all, 101 what matters, 109 what concerns funds."""
        if self.kind == "caifuhao" or KINDS[self.plan.kind].shape not in _FLASH_SHAPES:
            return ()
        chance = dice("fast", self.digits)
        return (102, *([101] if chance.random() < 0.3 else []), *([109] if chance.random() < 0.05 else []))

    @property
    def stock_list(self) -> tuple[str, ...]:
        """The secids that 7x24 lists with it."""
        return tuple(security.secid for security in self.draft.about) if self.fast_columns else ()

    @cached_property
    def secids(self) -> frozenset[str]:
        """The securities under whose news it is listed: what it is about, and what its body marks."""
        marked = {one.secid for one in reading.securities(self.draft.body, marked=True)}
        return frozenset(marked | {one.secid for one in self.draft.about})

    @property
    def lead(self) -> str:
        """The digest; where it has none, the first sentence."""
        if self.draft.digest is not None:
            return self.draft.digest
        first = next(block for block in self.draft.body if isinstance(block, Paragraph))
        return reading.plain(joined(first.runs)).split("。")[0] + "。"

    @property
    def url(self) -> str | None:
        """The address of its page; None where it has none."""
        if self.kind == "caifuhao":
            return f"http://caifuhao.eastmoney.com/news/{self.digits}"
        return f"http://finance.eastmoney.com/a/{self.digits}.html" if self.has_article else None

    def earlier(self) -> "News | None":
        """Give it as 7x24 lists it a second time: some minutes before, in its wording then; mostly None."""
        chance = dice("earlier", self.digits)
        if not self.has_article or not self.draft.title or chance.random() >= _REPEATED_SHARE:
            return None
        before = self.plan.published_at - timedelta(seconds=chance.randint(60, 900))
        words = draft(self.plan, self.version - 1)
        return replace(self, plan=replace(self.plan, published_at=before), draft=words)


def sort_key(news: News) -> str:
    """Give upstream's sort key: epoch seconds, 0, and the last five digits of the number.

    It has sixteen digits, so that text sorts as numbers do.
    """
    return f"{int(news.plan.published_at.timestamp())}0{news.digits[-5:]}"
