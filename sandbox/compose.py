"""The words of a post: headline, digest and body, from its plan.

Gives a `Draft`, the same for the same plan and version; a later version is a rewritten wording under the same
headline. The digest is held as upstream wrote it; `Draft.shown_digest` says what the site's page shows of it.
"""

import random
from dataclasses import dataclass, replace

from sandbox import kramdown
from sandbox.article import article_body
from sandbox.body import Body, EditorLine, Mention, Paragraph, Runs, SourceLine, Words, joined
from sandbox.kinds import KINDS
from sandbox.plan import Plan, dice
from sandbox.reading import plain
from sandbox.securities import GROUPS, Security
from sandbox.text import Subject, phrase, sentences, title

_TOPICS = {"shanghai": "stock", "shenzhen": "stock", "beijing": "stock"}
"""Groups of securities whose sentences are filed under another name."""

MANGLED = {
    "stars": "今日{n}只个股跌停，*ST天润、*ST中捷跌幅居前，两市成交额{big}亿元。",
    "table": "制造业PMI为{rate}%|非制造业商务活动指数为{rate}%|综合PMI产出指数为{rate}%。",
    "list": "1. 央行开展{big}亿元逆回购操作，当日到期{big}亿元。",
    "struck": "~~原定{month}月{dd}日~~改为次日公布，涉及{n}家公司。",
    "quotes": '公司称"在手订单充足"，{year}年规模约{yi}亿元。',
    "dash": "预计全年出货{n}--{big}万台，金额约{yi}亿元。",
    "ellipsis": "停牌、解禁、回购...一文看懂{month}月{dd}日的{n}条公告。",
    "ampersand": "R&D投入{yi}亿元，同比增长{pct}%，涉及{n}个项目。",
}
"""Digests that Markdown does not leave as they are, by what happens to them."""

_SPECIAL_TITLES = (
    'A&H股溢价指数升至{price}点 机构称"折价"收窄',
    "R&D投入同比增长{pct}% 目标>{n}项专利",
)

_HEADLINES = ("今日关注：{}", "{} 一文看懂", "转载｜{}")
"""How a repost names what another medium has told."""

_ADDED = "有业内人士向本报表示，此事的后续进展仍有待观察，相关各方尚未作出进一步回应。"
"""What some media add to it of their own."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The words of one version of a post."""

    title: str
    digest: str | None
    """As upstream wrote it; None where the post has none."""

    body: Body
    about: tuple[Security, ...] = ()
    """What the headline is about, and what else a flash names: its words carry no marks."""

    @property
    def shown_digest(self) -> str | None:
        """The digest as the site's page shows it: quotes curled, dashes and dots joined."""
        return None if self.digest is None else kramdown.typographic(self.digest)


def draft(plan: Plan, version: int, repeated: Draft | None = None) -> Draft:
    """Write a post; `repeated` is the draft whose text its first version repeats under its own headline."""
    shape = KINDS[plan.kind].shape
    if shape == "notice":
        said = "本站今日开张。" if version == 0 else f"本站今日开张，第{version + 1}稿。"
        return Draft("开张公告", said, (Paragraph((Words(said),)),))
    if shape == "flash":
        return _flash(plan, version, repeated)
    return _repost(plan, version, repeated) if repeated else _article(plan, version)


def _flash(plan: Plan, version: int, repeated: Draft | None) -> Draft:
    kind, day = KINDS[plan.kind], plan.published_at.date()
    chance, wording = dice("flash", plan.digits), dice("flash", plan.digits, version)
    subject = _subject(plan, chance)
    headline = title(subject, chance, day) + ("。" if kind.title == "full-stop" else "")
    about = _named(subject)
    if repeated and version == 0:
        return Draft(headline, repeated.digest, repeated.body, tuple(dict.fromkeys((*about, *repeated.about))))
    if kind.digest in MANGLED:
        said = phrase(MANGLED[kind.digest], wording, day)
    elif kind.digest == "title":
        said = f"{headline}。" if version == 0 else f"{headline}，第{version + 1}稿。"
    else:
        runs = sentences(wording.choice((1, 1, 2)), subject, wording, day)
        said, about = joined(runs), _named(subject, runs)
    medium = plan.medium.printed
    if kind.digest != "title":
        said += chance.choice((f"（{medium}）", f"（{medium}）", f"({medium})", "（附名单）", ""))
    return Draft(headline, said, (Paragraph((Words(said),)),), about)


def _article(plan: Plan, version: int) -> Draft:
    kind, day = KINDS[plan.kind], plan.published_at.date()
    chance, wording = dice("article", plan.digits), dice("article", plan.digits, version)
    subject = _subject(plan, chance)
    headline = title(subject, chance, day)
    if kind.title == "specials":
        headline = phrase(chance.choice(_SPECIAL_TITLES), chance, day)
    body = article_body(plan, subject, wording)
    first = next(block for block in body if isinstance(block, Paragraph))
    lead = plain(joined(first.runs)).split("。")[0] + "。"
    digest = None if kind.shape == "media" else _digest(plan, headline, lead, wording)
    return Draft("" if kind.title == "empty" else headline, digest, body, _named(subject))


def _repost(plan: Plan, version: int, repeated: Draft) -> Draft:
    """Give the words of another article as the medium of this plan prints them; a later version has its own."""
    chance = dice("repost", plan.digits)
    headline = chance.choice(_HEADLINES).format(repeated.title)
    if version:
        return replace(_article(plan, version), title=headline, about=repeated.about)
    body = [block for block in repeated.body if not isinstance(block, SourceLine | EditorLine)]
    if chance.random() < 0.5:
        body.append(Paragraph((Words(_ADDED),)))
    tail = (SourceLine(plan.medium.printed), EditorLine(f"DF{chance.randint(100, 999)}"))
    return Draft(headline, None, (*body, *tail), repeated.about)


def _digest(plan: Plan, headline: str, lead: str, chance: random.Random) -> str:
    how = KINDS[plan.kind].digest
    if how == "empty":
        return ""
    if how == "title":
        return f"{headline}。"
    said = phrase(MANGLED[how], chance, plan.published_at.date()) if how else lead
    return said if "no-source" in plan.features else f"{said}（{plan.medium.printed}）"


def _subject(plan: Plan, chance: random.Random) -> Subject:
    group = next((name for name in GROUPS if name in plan.features), "")
    if plan.about:
        group = next(name for name, members in GROUPS.items() if plan.about in members)
    if not group:
        return Subject("macro")
    first, *others = chance.sample(GROUPS[group], len(GROUPS[group]))
    if plan.about and plan.about != first:
        first, others = plan.about, [first]
    return Subject(_TOPICS.get(group, group), first, others[0] if others else None)


def _named(subject: Subject, runs: Runs = ()) -> tuple[Security, ...]:
    mentioned = [run.security for run in runs if isinstance(run, Mention)]
    return tuple(dict.fromkeys([*([subject.first] if subject.first else []), *mentioned]))
