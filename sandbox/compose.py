"""The words of a post: headline, digest and body, from its plan.

Gives a `Draft`, the same for the same plan and version; a later version is a rewritten wording under the same
headline. The digest is held as upstream wrote it; `Draft.shown_digest` says what the site's page shows of it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sandbox import kramdown
from sandbox.body import (
    Advert,
    Block,
    Body,
    Bold,
    Break,
    Bullets,
    Chart,
    EditorLine,
    Mention,
    Paragraph,
    Picture,
    Run,
    SourceLine,
    Spacer,
    Table,
    Words,
    joined,
    plain,
)
from sandbox.plan import KINDS, Plan, dice
from sandbox.securities import BROKERAGE_BOARD, FALSE_FRIENDS, GROUPS, HONG_KONG, SHANGHAI, SHENZHEN, Security
from sandbox.text import CAPTIONS, HEADINGS, Subject, phrase, sentences, title

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


@dataclass(frozen=True, slots=True)
class Draft:
    """The words of one version of a post."""

    title: str
    digest: str | None
    """As upstream wrote it; None where the post has none."""

    body: Body

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
    return _flash(plan, version, repeated) if shape == "flash" else _article(plan, version)


def _flash(plan: Plan, version: int, repeated: Draft | None) -> Draft:
    kind, day = KINDS[plan.kind], plan.published_at.date()
    chance, wording = dice("flash", plan.digits), dice("flash", plan.digits, version)
    subject = _subject(plan, chance)
    headline = title(subject, chance, day) + ("。" if kind.title == "full-stop" else "")
    if repeated and version == 0:
        return Draft(headline, repeated.digest, repeated.body)
    if kind.digest in MANGLED:
        said = phrase(MANGLED[kind.digest], wording, day)
    elif kind.digest == "title":
        said = f"{headline}。" if version == 0 else f"{headline}，第{version + 1}稿。"
    else:
        said = joined(sentences(wording.choice((1, 1, 2)), subject, wording, day))
    medium = plan.medium.printed
    if kind.digest != "title":
        said += chance.choice((f"（{medium}）", f"（{medium}）", f"({medium})", "（附名单）", ""))
    return Draft(headline, said, (Paragraph((Words(said),)),))


def _article(plan: Plan, version: int) -> Draft:
    kind, day = KINDS[plan.kind], plan.published_at.date()
    chance, wording = dice("article", plan.digits), dice("article", plan.digits, version)
    subject = _subject(plan, chance)
    headline = title(subject, chance, day)
    if kind.title == "specials":
        headline = phrase(chance.choice(_SPECIAL_TITLES), chance, day)
    body = _Composer(plan, subject, wording).body()
    first = next(block for block in body if isinstance(block, Paragraph))
    lead = plain(joined(first.runs)).split("。")[0] + "。"
    digest = None if kind.shape == "media" else _digest(plan, headline, lead, wording)
    return Draft("" if kind.title == "empty" else headline, digest, body)


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
    if not group:
        return Subject("macro")
    first, *others = chance.sample(GROUPS[group], len(GROUPS[group]))
    return Subject(_TOPICS.get(group, group), first, others[0] if others else None)


class _Composer:
    """Builds the body of one version of an article, features in a fixed order."""

    def __init__(self, plan: Plan, subject: Subject, chance: random.Random) -> None:
        self.plan, self.subject, self.chance = plan, subject, chance
        self.day: date = plan.published_at.date()

    def body(self) -> Body:
        """Give the blocks: hidden and chart first, then paragraphs with the rest among them, then the tail."""
        head: list[Block] = []
        if "spacer" in self.plan.features:
            head.append(Spacer())
        if "chart" in self.plan.features:
            head.append(Chart(self.charted()))
        middle: list[Block] = [self.paragraph() for _ in range(self.chance.randint(2, 6))]
        for feature, make in _MIDDLE.items():
            if feature in self.plan.features:
                place = self.chance.randint(1, len(middle))
                middle[place:place] = make(self)
        return (*head, self.opening(), *middle, *self.tail())

    def charted(self) -> Security:
        """Choose the security of the chart: the subject if it has charts, else some stock."""
        first = self.subject.first
        if first and self.subject.topic in {"stock", "hong-kong", "us"}:
            return first
        return self.chance.choice(SHANGHAI + SHENZHEN + HONG_KONG)

    def opening(self) -> Block:
        """Give the first paragraph; it is about the subject, and upstream often ends it with a break."""
        said = sentences(2, self.subject, self.chance, self.day)
        return Paragraph((*said, Break()) if self.chance.random() < 0.5 else said)

    def paragraph(self) -> Paragraph:
        """Give a paragraph about the subject, the economy, or a stock."""
        others = (
            self.subject,
            Subject("macro"),
            Subject("stock", *self.chance.sample(SHANGHAI + SHENZHEN, 2)),
        )
        return Paragraph(sentences(self.chance.randint(1, 3), self.chance.choice(others), self.chance, self.day))

    def said(self, template: str) -> Paragraph:
        """Give a paragraph from a template that names no security."""
        return Paragraph((Words(phrase(template, self.chance, self.day)),))

    def tail(self) -> list[Block]:
        """Give the closing lines: medium and editor."""
        lines: list[Block] = []
        medium = self.plan.medium.printed
        if "no-source" not in self.plan.features:
            linked = "linked-source" in self.plan.features and BROKERAGE_BOARD.name in medium
            caught = (BROKERAGE_BOARD, BROKERAGE_BOARD.name) if linked else None
            lines.append(SourceLine(medium, caught, classed="plain-source" not in self.plan.features))
        if "editor" in self.plan.features:
            lines.append(EditorLine(f"DF{self.chance.randint(100, 999)}"))
        return lines

    def heading(self) -> list[Block]:
        """Give a heading: upstream sets a whole paragraph in bold, with a blank at its end."""
        return [Paragraph((Bold(f"{self.chance.choice(HEADINGS)} "),))]

    def picture(self) -> list[Block]:
        """Give a photograph with its caption."""
        number = self.chance.randrange(10**19, 10**20)
        address = f"dfscdn.dfcfw.com/download/D{number}_w800h555.jpg"
        scheme = "https:"
        if "picture-relative" in self.plan.features:
            address, scheme = (
                f"img.eastmoney.com/news/{self.day.year}/{number}.jpg",
                self.chance.choice(("", "http:")),
            )
        return [Picture(f"{scheme}//{address}", phrase(self.chance.choice(CAPTIONS), self.chance, self.day))]

    def table(self) -> list[Block]:
        """Give a table whose code cells are marked, with an empty row in it."""
        return [Table(self.rows())]

    def nested_table(self) -> list[Block]:
        """Give a table nested in the paragraph that introduces it."""
        return [
            Table(self.rows(), (Words(phrase("资金流入榜（{month}月{dd}日，{n}只）", self.chance, self.day)),))
        ]

    def rows(self) -> tuple[tuple[tuple[Run, ...], ...], ...]:
        """Give a heading row and one row per stock."""
        stocks = self.chance.sample(SHANGHAI + SHENZHEN, 4)
        rows = [
            ((Mention(stock, stock.code),), (Words(stock.name),), (Words(f"{self.chance.uniform(-9, 9):.2f}"),))
            for stock in stocks
        ]
        empty: tuple[tuple[Run, ...], ...] = ((), (), ())
        head = tuple((Words(name),) for name in ("代码", "简称", "涨跌幅(%)"))
        return (head, *rows[:2], empty, *rows[2:])

    def bullets(self) -> list[Block]:
        """Give a list."""
        return [Bullets(tuple(sentences(1, self.subject, self.chance, self.day) for _ in range(3)))]

    def broken(self) -> list[Block]:
        """Give a paragraph of two lines."""
        return [
            Paragraph((*self.paragraph().runs, Break(), *self.said("记者{month}月{dd}日获悉，共{n}项。").runs))
        ]

    def words_of_lines(self) -> list[Block]:
        """Give paragraphs that use the words of the closing lines in running text; they are part of the news."""
        return [
            self.said("网传截图未注明文章来源，公司{month}月{dd}日回应称内容不实，已就{n}个账号报案。"),
            self.said("通报指出，相关栏目的责任编辑未履行审核职责，{n}篇稿件被撤下。"),
        ]

    def false_friend(self) -> list[Block]:
        """Give a paragraph in which keyword links take common words for securities."""
        ocean, robot = FALSE_FRIENDS
        said = phrase("岛国论坛于{month}月{dd}日开幕，会上展出{n}台", self.chance, self.day)
        return [Paragraph((Mention(ocean, "太平洋"), Words(said), Mention(robot, "机器人"), Words("。")))]


_MIDDLE: dict[str, Callable[[_Composer], list[Block]]] = {
    "heading": _Composer.heading,
    "picture": _Composer.picture,
    "picture-relative": _Composer.picture,
    "table": _Composer.table,
    "nested-table": _Composer.nested_table,
    "bullets": _Composer.bullets,
    "break": _Composer.broken,
    "nbsp": lambda self: [
        self.said("截至{month}月{dd}日\u00a0\u00a0合计{yi}亿元\u00a0，环比增长{small}%。\u00a0")
    ],
    "blank": lambda self: [self.said("指数\u3000涨跌幅 {small}%  \u3000成交 {big}亿元，共{n}只。")],
    "entity": lambda self: [
        self.said("《<外商投资目录>修订稿》共{n}条，S&P评级>{small}分，自{month}月{dd}日起施行。")
    ],
    "words-of-lines": _Composer.words_of_lines,
    "false-friend": _Composer.false_friend,
    "advert-toplink": lambda _: [Advert("toplink")],
    "advert-picture": lambda _: [Advert("picture")],
    "advert-promotion": lambda _: [Advert("promotion")],
    "advert-list": lambda _: [Advert("list")],
    "advert-division": lambda _: [Advert("division")],
}
"""What a feature puts into the middle of a body."""
