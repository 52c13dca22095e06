"""What kinds of posts a world holds, when they appear and under which number.

From a seed, a size and two days. Gives one `Plan` per post: all about it but its words. The first posts of a
world take each kind, and each feature of a body, once; the rest are drawn by weight.
Raises ValueError for days in the wrong order, or on which no kind of post appeared.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from sandbox.kinds import FEATURES, FOOTERS, KINDS, Kind
from sandbox.media import KNOWN, MADE_UP, SPLIT, Medium
from sandbox.securities import BROKERAGE_BOARD, GROUPS, Security

BEIJING = timezone(timedelta(hours=8))

LAST_ZONELESS_DAY = date(2021, 12, 9)
"""Rolling news created after this day carries a zone on the real site."""

CLUSTER_DAY = date(2021, 12, 8)
"""The day from which most early posts of the real site survive."""

CLUSTER_SHARE = 0.7
"""Share of the early posts that fall on the cluster day."""

BODY_ERA = date(2021, 12, 20)
"""From here on rolling news carries the article's HTML, and media have posts of their own."""

NOTICE_ID = "U" + hashlib.sha256(b"sitenews/init").hexdigest()[:20]

CAIFUHAO_DIGITS = 23
"""Caifuhao numbers its posts by the second of creation and nine digits more."""

_SERIAL_EPOCH = datetime(2021, 12, 8, tzinfo=BEIJING)
_SERIAL_AT_EPOCH = 2_206_100_000
_SERIALS_PER_SECOND = 12.6
"""The running number of article ids, as read off real ids between 2021-12-08 and 2022-05-25."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All about a post but its words."""

    index: int
    kind: str
    digits: str
    """The article's number (18 digits; 23 in Caifuhao); empty for a notice of the site."""

    published_at: datetime
    """When it was really published. Aware, Beijing."""

    medium: Medium
    features: frozenset[str]
    footer: str
    twin: int | None = None
    """Index of the post whose text it repeats under another title, on the same day."""

    about: Security | None = None
    """What it must be about; None: whatever its features and chance say."""

    @property
    def id(self) -> str:
        """The post's `_id` by contract; a notice of the site has no number, so its place names it."""
        prefix = "CFH" if len(self.digits) == CAIFUHAO_DIGITS else "NW"
        return prefix + self.digits if self.digits else NOTICE_ID


def dice(*key: object) -> random.Random:
    """Give a source of chance that depends on the key alone, whatever the process or its hash seed."""
    return random.Random("/".join(map(str, key)))  # noqa: S311 - a made-up world, no secrets


class Planner:
    """Draws plans one after another between two days (Beijing, both included); numbers are unique.

    Planners of one world share the numbers that are taken.
    """

    def __init__(self, seed: object, first_day: date, last_day: date, taken: set[int] | None = None) -> None:
        if first_day > last_day:
            raise ValueError(f"the first day, {first_day}, comes after the last, {last_day}")
        self.seed = seed
        span = [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]
        self.early_days = [day for day in span if day <= LAST_ZONELESS_DAY]
        self.late_days = [day for day in span if day >= BODY_ERA]
        self.bodies = 0
        self.taken = set() if taken is None else taken
        self._latest: dict[str, tuple[int, datetime]] = {}
        """Index and time of the post that the next repetition of each shape repeats."""

    def kinds(self, count: int) -> Iterator[str]:
        """Give the kinds of the posts: each once that the days allow, then by weight."""
        possible = [name for name, kind in KINDS.items() if (self.early_days if kind.early else self.late_days)]
        if not possible:
            raise ValueError("no kind of post appeared on the days of this world")
        # A repeated text needs a text to repeat, a two-word medium more than one post.
        once = [*possible, *(name for name in possible if KINDS[name].medium.startswith("two-"))]
        yield from once[:count]
        chance = dice(self.seed, "kinds")
        weights = [KINDS[name].weight for name in possible]
        if count > len(once):
            yield from chance.choices(possible, weights, k=count - len(once))

    def plan(self, index: int, kind: str, published_at: datetime | None = None) -> Plan:
        """Draw the plan of one post; `published_at` overrides the day and time it would have had."""
        chance = dice(self.seed, index)
        traits = KINDS[kind]
        published = published_at or self._published(kind, chance)
        twin, first_published = self._latest.get(_REPEATED.get(kind, ""), (None, None))
        if first_published and not published_at:
            published = first_published + timedelta(minutes=chance.randint(5, 50))
        # Created some minutes before it was published: the median of real posts is 7.5 minutes, rarely an hour.
        lead = min(int(chance.expovariate(1 / 650)), 4200)
        if kind == "rolling-after-midnight":
            lead = 4000  # created before midnight, published after it
        created = published - timedelta(seconds=lead)
        digits = "" if traits.shape == "notice" else self._digits(created)
        if kind in _REPEATED.values():
            self._latest[kind] = index, published
        features = frozenset() if kind == "repost" else self._features(traits, chance)
        footer = chance.choice(FOOTERS) if traits.shape == "flash" else "bar"
        if kind == "flash-leading-blank":
            footer = "none"  # that generation of the generator wrote none
        medium = _medium(traits, "linked-source" in features, chance)
        return Plan(index, kind, digits, published, medium, features, footer, twin)

    def _published(self, kind: str, chance: random.Random) -> datetime:
        traits = KINDS[kind]
        days = self.early_days if traits.early else self.late_days
        if traits.shape == "notice":
            return datetime.combine(days[0], time(13, 33, 50), BEIJING)
        day = chance.choice(days)
        if traits.early and CLUSTER_DAY in days and chance.random() < CLUSTER_SHARE:
            day = CLUSTER_DAY
        hours = _HOURS.get(kind, (7, 22))
        return datetime.combine(day, time(), BEIJING) + timedelta(
            hours=chance.randint(*hours), minutes=chance.randrange(60), seconds=chance.randrange(60)
        )

    def _digits(self, created: datetime) -> str:
        number = _SERIAL_AT_EPOCH + int((created - _SERIAL_EPOCH).total_seconds() * _SERIALS_PER_SECOND)
        while number in self.taken:
            number += 1
        self.taken.add(number)
        return f"{created:%Y%m%d}{number:010d}"

    def _features(self, traits: Kind, chance: random.Random) -> frozenset[str]:
        if traits.shape == "notice":
            return frozenset()
        if traits.shape == "flash":
            return frozenset({chance.choice((*GROUPS, "macro"))})
        # Every body has one feature in turn, so that a world of a few dozen bodies has them all.
        turn = FEATURES[self.bodies % len(FEATURES)]
        self.bodies += 1
        topic = turn if turn in GROUPS or turn == "macro" else chance.choice((*GROUPS, "macro"))
        others = [name for name in FEATURES if name not in GROUPS and name != "macro"]
        drawn = {name for name in others if chance.random() < _ODDS.get(name, 0.06)}
        return frozenset(_settled({*drawn, topic, turn}, turn))


_REPEATED = {"flash-same-text": "flash", "repost": "both"}
"""Kinds that repeat the text of another post, and the kind which that one is of."""

_ODDS = {"chart": 0.35, "spacer": 0.3, "picture": 0.25, "heading": 0.3, "table": 0.12, "editor": 0.15}
_HOURS = {"flash-next-day": (16, 23), "flash-leading-blank": (9, 15), "rolling-after-midnight": (0, 0)}
"""Hours of publication where a kind needs certain ones: after 16:00 a post without zone moves to the next day."""

_EXCLUSIVE = (
    ("separated", "carriage-return"),
    ("linked-source", "plain-source", "no-source"),
    ("picture", "picture-relative"),
)


def _settled(features: set[str], turn: str) -> set[str]:
    # Of features that exclude each other, the one whose turn it is stays, else the first.
    for group in _EXCLUSIVE:
        held = [name for name in group if name in features]
        keep = turn if turn in held else held[0] if held else ""
        features -= set(held) - {keep}
    return features


def _medium(traits: Kind, linked: bool, chance: random.Random) -> Medium:
    special = {
        "capital": next(medium for medium in KNOWN if medium.printed == "Wind"),
        "brackets": next(medium for medium in MADE_UP if "(" in medium.printed),
        "double-news": next(medium for medium in KNOWN if medium.printed == "每日经济新闻"),
        "two-words": SPLIT[0],
        "two-blanks": SPLIT[1],
    }
    if traits.medium:
        return special[traits.medium]
    if linked:
        return chance.choice([medium for medium in KNOWN if BROKERAGE_BOARD.name in medium.printed])
    return chance.choice(KNOWN if traits.shape == "flash" else KNOWN + MADE_UP)
