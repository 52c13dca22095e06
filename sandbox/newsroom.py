"""News that upstream has and the site never showed: articles, flashes, Caifuhao posts of the last days.

    newsroom = Newsroom(seed, now, taken); newsroom.write(newsroom.next_plan(...))

Drawn by a planner of its own, so that a site is the same whether there is more upstream or not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sandbox.plan import CAIFUHAO_DIGITS, Plan, Planner, dice
from sandbox.securities import Security

NEWS_KINDS = {"article": 8, "flash": 6, "flash-only": 4, "caifuhao": 2}
"""Kinds of news, and how frequent each is beyond the first one."""

DAYS = 3
"""Upstream's own news are of so many days before the world's present."""

_CLEAR = 20 * 60
"""Seconds around each full day before the present in which nothing appears: what is a day old is beyond doubt."""

_PLAN_KINDS = {
    "article": ("rolling", "rolling", "media"),
    "flash": ("flash-zoned",),
    "flash-only": ("flash-zoned",),
    "caifuhao": ("media",),
}
"""Kinds of posts (`sandbox.kinds`) whose words each kind of news has."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What news must be."""

    kind: str
    published_at: datetime
    column: int | None = None
    about: Security | None = None


class Newsroom:
    """Draws upstream's own news one after another; `taken` are the numbers that the site's posts have."""

    def __init__(self, seed: int, first_day: date, last_day: date, taken: set[int]) -> None:
        self.seed = f"upstream/{seed}"
        self._planner = Planner(self.seed, first_day, last_day, taken)
        self._count = 0

    def wishes(self, count: int, now: datetime) -> Iterator[Wish]:
        """Give kinds and times of the first `count` news: each kind once, then by weight."""
        chance = dice(self.seed, "kinds")
        drawn = chance.choices(list(NEWS_KINDS), list(NEWS_KINDS.values()), k=count)
        whole = now.replace(microsecond=0)
        for index, kind in enumerate([*NEWS_KINDS, *drawn][:count]):
            when = dice(self.seed, "time", index)
            ago = timedelta(days=when.randrange(DAYS), seconds=when.randint(_CLEAR, 86400 - _CLEAR))
            yield Wish(kind, whole - ago)

    def plan(self, wish: Wish) -> Plan:
        """Draw one more plan; raises ValueError for a kind that there is not."""
        if wish.kind not in NEWS_KINDS:
            raise ValueError(f"no kind of news {wish.kind!r}; there are {', '.join(NEWS_KINDS)}")
        chance = dice(self.seed, "news", self._count)
        plan = self._planner.plan(self._count, chance.choice(_PLAN_KINDS[wish.kind]), wish.published_at)
        self._count += 1
        plan = replace(plan, twin=None, about=wish.about)
        if wish.kind != "caifuhao":
            return plan
        rest = CAIFUHAO_DIGITS - len("YYYYMMDDHHMMSS")
        created = wish.published_at - timedelta(seconds=chance.randint(5, 600))
        return replace(plan, digits=f"{created:%Y%m%d%H%M%S}{chance.randrange(10**rest):0{rest}d}")
