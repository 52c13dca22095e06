"""Makes near_duplicates.jsonl: pairs of made-up posts, each by a rule that its line names.

    python -m tests.data.make_near_duplicates > tests/data/near_duplicates.jsonl

Nothing here knows how pipelines/likeness decides; the file, once made, is the data.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.data.made_up_articles import ARTICLES, Article
from tests.data.made_up_notices import NOTICES
from tests.data.made_up_texts import SHORT, Text

SEED = 20231208
LONG = 400
"""Characters from which a text is an article: false pairs of articles are not made twice."""
DAY = datetime(2023, 12, 8, 2, 30, tzinfo=UTC)
"""The day on which the texts are told, 10:30 in Beijing."""

MEDIA = "财联社 证券时报网 上海证券报 每日经济新闻 第一财经 央视财经 中新网 界面新闻 澎湃新闻 北京商报".split()
PEOPLE = "张颖 李思远 王佳 陈默 赵一鸣 刘洋 孙亚男 周楠".split()
FULL_WIDTH = str.maketrans("0123456789%.,()", "０１２３４５６７８９％．，（）")
PUNCTUATION = str.maketrans("；、：。！", ";，:．!")
NUMERALS = "零一二三四五六七八九十"


class Told(NamedTuple):
    """A post."""

    title: str
    text: str
    at: datetime = DAY


Edit = Callable[[Told, random.Random], Told | None]
"""Gives the same news told otherwise; None where the edit does not apply."""


def headline(post: Told, _chance: random.Random) -> Told:
    """Another headline, of the same text."""
    return post._replace(title="快讯：" + post.title.split("：")[-1].replace("，", " "))


def source(post: Told, chance: random.Random) -> Told:
    """A source at the end of the text."""
    form = chance.choice(("（{}）", "（文章来源：{}）", "\n（来源：{}）", "\n文章来源：{}"))
    return post._replace(text=post.text + form.format(chance.choice(MEDIA)))


def editor(post: Told, chance: random.Random) -> Told:
    """An editor at the end of the text."""
    form = chance.choice(("\n责任编辑：{}", "（编辑 {}）", "\n（责任编辑：{} HF075）", "\n编辑：{} 校对：王磊"))
    return post._replace(text=post.text + form.format(chance.choice(PEOPLE)))


def dateline(post: Told, chance: random.Random) -> Told:
    """A dateline before the text."""
    forms = (
        "财联社12月8日电，",
        "财联社12月8日讯（记者 {}）",
        "新华社北京12月8日电（记者{}）",
        "中新网12月8日电 ",
        "证券时报网讯，",
        "e公司讯，",
        "每经AI快讯，",
        "北京商报讯（记者 {}）",
        "格隆汇12月8日丨",
        "上证报中国证券网讯（记者 {}）",
        "据财联社报道，",
        "智通财经APP获悉，",
    )
    return post._replace(text=chance.choice(forms).format(chance.choice(PEOPLE)) + post.text)


def head(post: Told, _chance: random.Random) -> Told:
    """The headline in brackets before the text."""
    return post._replace(text=f"【{post.title}】{post.text}")


def cut(post: Told, _chance: random.Random) -> Told | None:
    """The last paragraph, or the last of three sentences or more, cut."""
    paragraphs = post.text.split("\n")
    if len(paragraphs) > 2:
        return post._replace(text="\n".join(paragraphs[:-1]))
    sentences = re.findall(r"[^。]+。", post.text)
    if len(sentences) < 3 or len(sentences[-1]) > len(post.text) / 3:
        return None
    return post._replace(text="".join(sentences[:-1]))


def width(post: Told, _chance: random.Random) -> Told:
    """Half-width digits and brackets as full-width, full-width blanks before paragraphs."""
    return post._replace(text="\n".join("　　" + line for line in post.text.translate(FULL_WIDTH).split("\n")))


def numerals(post: Told, _chance: random.Random) -> Told | None:
    """Small numbers in Chinese numerals, whole percentages in words."""
    text = re.sub(r"(?<![\d.])(\d)0%", lambda m: NUMERALS[int(m[1])] + "成", post.text)
    text = re.sub(r"(?<![\d.])(\d)%", lambda m: "百分之" + NUMERALS[int(m[1])], text)
    text = re.sub(r"(?<![\d.])(\d)(?=[家个名只年款台万亿])", lambda m: NUMERALS[int(m[1])], text)
    return None if text == post.text else post._replace(text=text)


def figures(post: Told, _chance: random.Random) -> Told | None:
    """Chinese numerals as digits."""
    text = re.sub(
        r"(?<![十百千零])([一二三四五六七八九])(?=[家个名只年款台万亿])", lambda m: str(NUMERALS.index(m[1])), post.text
    )
    text = re.sub(r"(?<![十百千零])([一二三四五六七八九])成(?!立)", lambda m: f"{NUMERALS.index(m[1])}0%", text)
    return None if text == post.text else post._replace(text=text)


def punctuation(post: Told, _chance: random.Random) -> Told:
    """Other punctuation, no quotation marks."""
    return post._replace(text=re.sub("[“”《》]", "", post.text.translate(PUNCTUATION)))


def tail(post: Told, chance: random.Random) -> Told:
    """What another medium writes below every text."""
    forms = (
        "\n本文源自：金融界\n更多精彩资讯，请关注公众号。",
        "\n（完）\n声明：以上内容仅供参考，不构成投资建议。",
        "\n海量资讯、精准解读，尽在某某财经APP",
        "\n风险提示：市场有风险，投资需谨慎。",
    )
    return post._replace(text=post.text + chance.choice(forms))


def unit(post: Told, _chance: random.Random) -> Told | None:
    """No 元 after 亿, 人民币 before it, thousands by commas."""
    text = re.sub(r"(\d)(亿|万)元(?!/)", r"\1\2", post.text)
    text = re.sub(r"(?<![\d.])(\d)(\d{3})(?=[亿万元名点家手])", r"\1,\2", text)
    return None if text == post.text else post._replace(text=text)


def code(post: Told, _chance: random.Random) -> Told | None:
    """The code of a company after its first mention."""
    text = re.sub(r"^(\w{4,6}?)((?:晚间)?公告|发布|披露|融资融券)", r"\1（603917.SH）\2", post.text)
    return None if text == post.text else post._replace(text=text)


def full_name(post: Told, _chance: random.Random) -> Told | None:
    """The full name of a company for the short one."""
    text = re.sub(r"^(\w{4,6}?)((?:晚间)?公告|发布|披露)", r"\1股份有限公司\2", post.text)
    return None if text == post.text else post._replace(text=text)


def today(post: Told, _chance: random.Random) -> Told | None:
    """The date for 今日, and the other way round."""
    if "今日" in post.text:
        return post._replace(text=post.text.replace("今日", "12月8日", 1))
    if "12月8日" in post.text:
        return post._replace(text=post.text.replace("12月8日", "今日", 1))
    return None


def dated(post: Told, _chance: random.Random) -> Told:
    """The day put before a text that did not tell it."""
    return post._replace(text="12月8日，" + post.text)


def moved(post: Told, _chance: random.Random) -> Told | None:
    """Two paragraphs, or the last two sentences, in another order."""
    parts = post.text.split("\n")
    if len(parts) > 3:
        return post._replace(text="\n".join([*parts[:-2], parts[-1], parts[-2]]))
    sentences = re.findall(r"[^。]+。", post.text)
    if len(sentences) < 3:
        return None
    return post._replace(text="".join([*sentences[:-2], sentences[-1], sentences[-2]]))


def added(post: Told, chance: random.Random) -> Told | None:
    """A paragraph of background added below."""
    if len(post.text) < 80:
        return None
    forms = (
        "\n公开资料显示，该公司成立于2003年，主营业务涵盖研发与销售。",
        "\n市场人士认为，后续进展仍需关注政策与需求的变化。",
        "\n截至发稿，相关方面暂无进一步回应。",
    )
    return post._replace(text=post.text + chance.choice(forms))


def later(post: Told, _chance: random.Random) -> Told | None:
    """Told again the next day: a long text, or one that names its day."""
    named = re.search(r"\d+月\d+日", post.text)
    return post._replace(at=post.at + timedelta(hours=22)) if named or len(post.text) > 300 else None


DRESSES: dict[str, Edit] = {
    edit.__name__: edit
    for edit in (
        moved, cut, added, later, today, dated, numerals, figures, unit, code, full_name, headline, dateline, head,
        source, editor, tail, punctuation, width,
    )
}
"""Edits by rule, which leave the news what it was, in the order in which a text goes through them."""


CLASHES = ({"code", "full_name"}, {"head", "headline"}, {"today", "later"}, {"cut", "added"})
"""Edits that are not made to one text: together they make no sense, or another news."""

USED: Counter[str] = Counter()
"""How often each edit was made alone: the rarer go first."""


class Base(NamedTuple):
    """A made-up post with what may be done to it."""

    name: str
    post: Told
    other_title: str
    same: tuple[tuple[str, str], ...]
    false: tuple[tuple[str, str, str], ...]
    slips: tuple[tuple[str, str, str], ...] = ()
    """One figure or one character corrected deep inside: kind, what stands there, what should."""
    edits: int = 3
    """How many edits are made to it alone, and in combination."""


def bases() -> Iterator[Base]:
    """Give every made-up post."""
    for number, text in enumerate((*SHORT, *NOTICES)):
        yield Base(f"t{number:02}", Told(text.title, text.text), text.other_title, text.same, text.false)
    for number, article in enumerate(ARTICLES):
        yield _whole(f"a{number:02}", article, article.paragraphs)
        for place, paragraph in enumerate(article.paragraphs):
            yield Base(f"a{number:02}p{place}", Told(article.title, paragraph), article.other_title, (), (), edits=1)
    for number in range(8):
        parts = [ARTICLES[(number + step) % len(ARTICLES)] for step in range(2 + number % 4)]
        yield _whole(f"c{number:02}", parts[0], tuple(line for part in parts for line in part.paragraphs))


def _whole(name: str, article: Article, paragraphs: tuple[str, ...]) -> Base:
    post = Told(article.title, "\n".join(paragraphs))
    slips = (("figure", *article.figure), ("typo", *article.typo))
    return Base(name, post, article.other_title, article.same, article.lead, slips, 3 if name[0] == "a" else 1)


def changed(post: Told, old: str, new: str) -> Told:
    """Give a post with words replaced in its text, once, and wherever its headline has them."""
    if old not in post.text:
        raise ValueError(f"{old} is not in {post.text}")
    return post._replace(title=post.title.replace(old, new), text=post.text.replace(old, new, 1))


def dressed(post: Told, chance: random.Random, count: int) -> tuple[Told, str] | None:
    """Give a post after `count` edits that apply, and their names."""
    names: set[str] = set()
    for name in chance.sample(sorted(DRESSES), len(DRESSES)):
        clash = any(both <= {name, *names} for both in CLASHES)
        if not clash and len(names) < count and DRESSES[name](post, chance):
            names.add(name)
    made = [name for name in DRESSES if name in names]
    told: Told | None = post
    for name in made:
        told = DRESSES[name](told, chance) if told else None
    return (told, "+".join(made)) if told and len(made) == count else None


def true_pairs(base: Base, chance: random.Random) -> Iterator[tuple[str, str, Told, Told]]:
    """Give kind, rule and both posts of pairs that tell the same."""
    post = base.post
    for old, new in base.same[: base.edits]:
        yield "reword", f"{old} -> {new}", post, changed(post, old, new)
    if base.edits > 1 and len(base.same) > 1:
        told = post
        for old, new in base.same:
            told = changed(told, old, new) if old in told.text else told
        yield "reword", "all rewordings at once", post, told._replace(title=base.other_title)
    for kind, old, new in base.slips:
        yield kind, f"{old} -> {new}, deep inside", post, changed(post, old, new)
        combined = dressed(changed(post, old, new), chance, 2)
        if combined:
            yield f"{kind}+", f"{old} -> {new}, deep inside, {combined[1]}", post, combined[0]
    alone = 0
    for name in sorted(DRESSES, key=lambda name: (USED[name], name)):
        if alone < base.edits and (told := DRESSES[name](post, chance)):
            alone += 1
            USED[name] += 1
            yield name, str(DRESSES[name].__doc__), post, told
    for count in chance.sample((2, 3, 4), min(3, base.edits)):
        if combined := dressed(post, chance, count):
            yield f"combined {count}", combined[1], post, combined[0]._replace(title=base.other_title)


def false_pairs(base: Base, chance: random.Random) -> Iterator[tuple[str, str, Told, Told]]:
    """Give kind, rule and both posts of pairs that look alike and are two news."""
    for kind, old, new in base.false:
        other = changed(base.post, old, new)
        yield kind, f"{old} -> {new}", base.post, other
        if len(base.post.text) < LONG and (combined := dressed(other, chance, chance.choice((1, 2)))):
            yield f"{kind}+", f"{old} -> {new}, {combined[1]}", base.post, combined[0]
    if base.edits > 1 and len(base.post.text) < 180 and not re.search(r"\d日|周[一二三四五六日]", base.post.text):
        yield "other day", "the same flash on the next day", base.post, base.post._replace(
            at=DAY + timedelta(days=1)
        )


TEMPLATES = (
    (
        "margin notice",
        "{company}：融资净买入{a}万元，融资余额{b}亿元",
        "{company}融资融券信息显示，2023年12月{day}日融资净买入{a}万元；融资余额{b}亿元，较前一日{up}{c}%。融资方面，当日融资买入{d}万元，"
        "融资偿还{e}万元。融券方面，融券卖出{f}万股，融券余额{g}万元。融资融券余额{h}亿元。",
    ),
    (
        "market wrap",
        "收评：沪指{up}{c}% 两市成交{b}亿元",
        "今日A股三大指数震荡，截至收盘，沪指{up}{c}%报2{f}点，深成指{up}{a}%，创业板指{up}{g}%。两市成交额{b}亿元，北向资金净流入{d}亿元。"
        "盘面上，{name}板块走强，{other}板块走弱，全市场{e}只个股上涨。",
    ),
    (
        "block trade",
        "{company}发生大宗交易 成交{a}万元",
        "12月{day}日，{company}发生1笔大宗交易，合计成交量{f}万股，成交金额{a}万元，成交价格{b}元，相对收盘价折价{c}%。",
    ),
    (
        "pledge series",
        "{company}：关于股东股份质押的公告（2023-{f}）",
        "{company}公告，持股5%以上股东{holder}将其持有的{a}万股股份办理质押，占其所持股份的{c}%，占公司总股本的{g}%，质押用途为自身资金需求。"
        "截至公告日，{holder}累计质押{d}万股。",
    ),
    (
        "buyback progress",
        "{company}：累计回购{a}万股",
        "{company}公告，截至2023年11月{day}日，公司通过集中竞价交易方式累计回购股份{a}万股，占总股本的{g}%，最高成交价{b}元/股，最低成交价{c}元/股，"
        "成交总金额{d}万元。",
    ),
    ("intraday flash", "{company}涨超{c}%", "{company}盘中涨超{c}%，股价报{b}元，成交额{d}万元。"),
    ("flow flash", "北向资金净流入超{e}亿元", "北向资金净流入超{e}亿元，其中沪股通净流入{f}亿元。"),
)
COMPANIES = "恒源纺织 海诺科技 万福生态 西北轴承 中科微仪 绿洲环境 同辉软件 明微半导体 金龙传媒 临江城投 博雅新能 天宝食品".split()
SECTORS = "煤炭 传媒 半导体 白酒 光伏 医药 汽车 电力 军工 旅游".split()


def filled(template: str, chance: random.Random, company: str, day: int) -> dict[str, str]:
    """Give what a template is filled with."""
    name, other = chance.sample(SECTORS, 2)
    numbers = {letter: f"{chance.uniform(1, 9999):.2f}" for letter in "abdg"}
    return {
        **numbers,
        "c": f"{chance.uniform(0.1, 9.9):.2f}",
        "e": str(chance.randint(20, 4800)),
        "f": str(chance.randint(100, 999)),
        "h": f"{chance.uniform(1, 90):.2f}",
        "up": chance.choice("涨跌") if "wrap" in template else chance.choice(("增加", "减少")),
        "company": company,
        "holder": chance.choice(("浦江控股", "银龙集团", "启创投资", "华睿投资")),
        "day": str(day),
        "name": name,
        "other": other,
    }


def template_pairs(chance: random.Random) -> Iterator[tuple[str, str, Told, Told]]:
    """Give pairs of one template: another company on one day, the same one on another day, other figures alone."""
    for kind, title, text in TEMPLATES:
        for number in range(9):
            company, another = chance.sample(COMPANIES, 2)
            first = filled(kind, chance, company, 7)
            second = filled(kind, chance, another if number % 3 == 0 else company, 8 if number % 3 == 1 else 7)
            rule = ("another company", "another day", "other figures")[number % 3]
            at = DAY + timedelta(days=1) if number % 3 == 1 else DAY
            one = Told(title.format(**first), text.format(**first))
            yield f"template: {kind}", rule, one, Told(title.format(**second), text.format(**second), at)


def pairs() -> Iterator[dict[str, Any]]:
    """Give the lines of the file."""
    chance = random.Random(SEED)  # noqa: S311 - made to be made again, not to be secret
    made: list[tuple[bool, str, str, str, Told, Told]] = []
    for base in bases():
        made += [(True, base.name, *pair) for pair in true_pairs(base, chance)]
        made += [(False, base.name, *pair) for pair in false_pairs(base, chance)]
    made += [(False, "m", *pair) for pair in template_pairs(chance)]
    for number, (same, name, kind, rule, one, other) in enumerate(made):
        yield {
            "pair": f"{number:04}-{name}",
            "same": same,
            "kind": kind,
            "rule": rule,
            "a": _document(one, f"NW20231208{number:07}1"),
            "b": _document(other, f"NW20231208{number:07}2"),
        }


def _document(post: Told, name: str) -> dict[str, str]:
    return {"_id": name, "title": post.title, "text": post.text, "published_at": post.at.isoformat()}


if __name__ == "__main__":
    for line in pairs():
        print(json.dumps(line, ensure_ascii=False))  # noqa: T201 - it prints; that is its job
