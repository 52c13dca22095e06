"""The body of an article: paragraphs about its subject, and what the features of its plan put among them.

From a `Plan`, its subject and a source of chance. Gives a structured body (`sandbox.body`).
"""

import random
from collections.abc import Callable
from datetime import date

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
)
from sandbox.plan import Plan
from sandbox.securities import BROKERAGE_BOARD, FALSE_FRIENDS, HONG_KONG, SHANGHAI, SHENZHEN, Security
from sandbox.text import CAPTIONS, HEADINGS, Subject, phrase, sentences


def article_body(plan: Plan, subject: Subject, chance: random.Random) -> Body:
    """Write the body of one version of an article."""
    return _Writer(plan, subject, chance).body()


class _Writer:
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


_MIDDLE: dict[str, Callable[[_Writer], list[Block]]] = {
    "heading": _Writer.heading,
    "picture": _Writer.picture,
    "picture-relative": _Writer.picture,
    "table": _Writer.table,
    "nested-table": _Writer.nested_table,
    "bullets": _Writer.bullets,
    "break": _Writer.broken,
    "nbsp": lambda self: [
        self.said("截至{month}月{dd}日\u00a0\u00a0合计{yi}亿元\u00a0，环比增长{small}%。\u00a0")
    ],
    "blank": lambda self: [self.said("指数\u3000涨跌幅 {small}%  \u3000成交 {big}亿元，共{n}只。")],
    "entity": lambda self: [
        self.said("《<外商投资目录>修订稿》共{n}条，S&P评级>{small}分，自{month}月{dd}日起施行。")
    ],
    "words-of-lines": _Writer.words_of_lines,
    "false-friend": _Writer.false_friend,
    "advert-toplink": lambda _: [Advert("toplink")],
    "advert-picture": lambda _: [Advert("picture")],
    "advert-promotion": lambda _: [Advert("promotion")],
    "advert-list": lambda _: [Advert("list")],
    "advert-division": lambda _: [Advert("division")],
}
"""What a feature puts into the middle of a body."""
