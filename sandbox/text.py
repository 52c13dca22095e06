"""Made-up Chinese finance sentences: templates filled with securities, figures and days.

From a source of chance and a day. Gives runs (see `sandbox.body`), so that a sentence knows which of its words
are securities or keyword links. Every sentence carries figures, so no two posts of a world say the same.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

from sandbox.body import Keyword, Mention, Run, Runs, Words
from sandbox.securities import Security

KEYWORDS = {
    "业绩": Keyword(3321, "http://data.eastmoney.com/bbsj/", "业绩"),
    "理财": Keyword(3304, "http://data.eastmoney.com/wtlc/", "理财"),
    "合同": Keyword(3300, "http://data.eastmoney.com/zdht/", "合同"),
    "融资融券": Keyword(3286, "http://data.eastmoney.com/rzrq/", "融资融券"),
    "新股": Keyword(3275, "http://data.eastmoney.com/xg/", "新股"),
}
"""Words that upstream links to its data pages."""

SENTENCES = {
    "stock": (
        "{S}公告称，预计{year}年度归母净利润为{yi}亿元，同比增长{pct}%。",
        "{S}在互动平台表示，公司目前在手订单约{yi}亿元，产能利用率达到{rate}%。",
        "{S}盘中一度涨逾{small}%，成交额超{yi}亿元，换手率{small}%。",
        "{S}拟以自有资金{wan}万元至{yi}亿元回购股份，回购价格不超过{price}元/股。",
        "机构席位净买入{S}约{wan}万元，北向资金净买入{wan}万元。",
        "{S}与{T}签署战略合作协议，双方计划在{year}年前投入{yi}亿元。",
        "{S}披露投资者关系活动记录表，{n}家机构于{month}月{dd}日参与调研。",
        "截至{month}月{dd}日收盘，{S}报{price}元，总市值{big}亿元。",
        "{S}公告，控股股东质押{wan}万股，占其所持股份的{small}%。",
        "{S}收到中标通知书，中标金额{yi}亿元，{合同}工期{n}个月。",
        "分析师认为，{S}{业绩}弹性主要来自海外业务，给予目标价{price}元。",
        "{S}表示，{city}基地二期项目已进入设备调试阶段，预计{month}月投产，年产能{wan}台。",
    ),
    "hong-kong": (
        "{S}早盘高开{small}%，报{price}港元，成交{yi}亿港元。",
        "大行发布研究报告，维持{S}“买入”评级，目标价{price}港元。",
        "{S}公布季度{业绩}，收入{yi}亿元，经调整净利润{yi}亿元，同比变动{pct}%。",
        "{S}于{month}月{dd}日斥资{wan}万港元回购{wan}股。",
    ),
    "us": (
        "{S}盘前涨{small}%，此前公司公布第{q}季度营收{yi}亿美元。",
        "{S}{month}月交付{big}辆，环比增长{pct}%。",
        "受消息影响，{S}收跌{small}%，报{price}美元。",
        "{S}董事会授权最高{yi}亿美元的股票回购计划。",
    ),
    "board": (
        "{S}板块震荡走强，板块内{n}只个股涨幅超过{small}%，主力资金净流入{yi}亿元。",
        "{S}概念午后回落，板块指数跌{small}%，成交{yi}亿元。",
        "{month}月以来{S}累计上涨{pct}%，{融资融券}余额增加{yi}亿元。",
    ),
    "index": (
        "截至收盘，{S}涨{small}%，成交额{big}亿元。",
        "{S}低开{small}%后震荡回升，两市逾{n}只个股涨停，成交{big}亿元。",
        "技术上看，{S}在{price}点附近存在支撑，{n}日均线走平。",
    ),
    "future": (
        "{S}夜盘收涨{small}%，报{price}元，持仓增加{wan}手。",
        "{S}日内跌幅扩大至{small}%，社会库存为{wan}吨。",
        "机构预计，{S}短期在{price}元附近震荡，关注{month}月供应变化，库存{wan}吨。",
    ),
    "metal": (
        "{S}收报{price}元/克，上涨{small}%，成交{wan}千克。",
        "避险情绪升温，{S}盘中触及{price}元/克，成交{wan}千克。",
    ),
    "fx": (
        "{S}报{price}，较前一交易日变动{n}个基点。",
        "{S}盘中突破{price}关口，为{month}月以来首次，日内波动{n}个基点。",
    ),
    "macro": (
        "{city}市统计局数据显示，{month}月规模以上工业增加值同比增长{small}%。",
        "央行公告，开展{big}亿元逆回购操作，中标利率{small}%，当日有{big}亿元逆回购到期。",
        "据{city}海关统计，前{q}个月进出口总值{yi}亿元，同比增长{pct}%。",
        "{city}出台{n}条措施支持中小企业，安排专项资金{yi}亿元。",
        "业内人士表示，{year}年银行{理财}规模有望达到{big}亿元。",
        "国家统计局公布，{month}月居民消费价格同比上涨{small}%，环比持平。",
        "发改委：{month}月全社会用电量{big}亿千瓦时，同比增长{small}%。",
        "本周共有{n}只{新股}申购，预计募集资金{yi}亿元。",
        "{city}市住建局：{month}月新建商品住宅成交{wan}套，环比增长{pct}%。",
        "财政部：前{q}个月全国一般公共预算收入{big}亿元，同比增长{small}%。",
    ),
}
"""Sentence templates by what they are about: a kind of security, or `macro` for none."""

TITLES = {
    "stock": (
        "{S}：{year}年净利预增{pct}%",
        "{S}拟回购不超{yi}亿元股份",
        "{S}获北向资金净买入{wan}万元",
        "{n}家机构调研{S}",
        "{S}中标{yi}亿元项目",
    ),
    "hong-kong": ("{S}高开{small}% 成交{yi}亿港元", "大行：予{S}目标价{price}港元"),
    "us": ("{S}盘前涨{small}%", "{S}{month}月交付{big}辆 环比增{pct}%"),
    "board": ("{S}板块走强 主力净流入{yi}亿元", "{S}概念回落 板块指数跌{small}%"),
    "index": ("收评：{S}涨{small}% 成交{big}亿元", "{S}低开{small}% 逾{n}股上涨"),
    "future": ("{S}夜盘涨{small}%", "{S}跌幅扩大至{small}%"),
    "metal": ("{S}涨{small}% 报{price}元/克",),
    "fx": ("{S}报{price} 变动{n}个基点",),
    "macro": (
        "央行今日净投放{big}亿元",
        "{city}：{month}月工业增加值同比增长{small}%",
        "{city}出台{n}条措施 安排资金{yi}亿元",
        "{month}月用电量{big}亿千瓦时 同比增长{small}%",
        "前{q}个月财政收入{big}亿元",
    ),
}
"""Headline templates, by the same subjects as the sentences."""

HEADINGS = ("市场怎么看", "资金流向有何变化", "后市展望", "影响几何", "产能与订单", "风险提示")
CAPTIONS = ("图片来源：公司官网", "图为{city}某生产基地", "数据来源：交易所公告", "本报记者 摄")
_CITIES = ("上海", "深圳", "杭州", "成都", "武汉", "合肥", "苏州", "青岛", "重庆", "西安", "长沙", "宁波")
_SLOT = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a text is about: a key of `SENTENCES`, and the securities it may name."""

    topic: str
    first: Security | None = None
    second: Security | None = None


def runs(template: str, subject: Subject, chance: random.Random, day: date) -> Runs:
    """Fill a template: `{S}` and `{T}` become mentions, `{业绩}` a keyword link, other slots figures."""
    filled: list[Run] = []
    for place, part in enumerate(_parts(template)):
        if not place % 2:
            filled.append(Words(part))
        elif part in {"S", "T"}:
            security = subject.first if part == "S" else subject.second
            if security is None:
                raise ValueError(f"a template about {subject.topic} needs a security: {template}")
            filled.append(Mention(security, security.name))
        else:
            filled.append(KEYWORDS.get(part) or Words(_figure(part, subject, chance, day)))
    return tuple(run for run in filled if run.text)


def sentences(count: int, subject: Subject, chance: random.Random, day: date) -> Runs:
    """Give the runs of `count` different sentences about a subject."""
    templates = SENTENCES[subject.topic]
    chosen = chance.sample(templates, min(count, len(templates)))
    return tuple(run for template in chosen for run in runs(template, subject, chance, day))


def title(subject: Subject, chance: random.Random, day: date) -> str:
    """Give a headline."""
    return "".join(run.text for run in runs(chance.choice(TITLES[subject.topic]), subject, chance, day))


def phrase(template: str, chance: random.Random, day: date) -> str:
    """Fill a template that names no security."""
    return "".join(run.text for run in runs(template, Subject("macro"), chance, day))


_FIGURES: dict[str, Callable[[random.Random, date], str]] = {
    "pct": lambda chance, _: f"{chance.uniform(1, 160):.2f}",
    "small": lambda chance, _: f"{chance.uniform(0.1, 9.9):.2f}",
    "rate": lambda chance, _: f"{chance.uniform(60, 99):.1f}",
    "price": lambda chance, _: f"{chance.uniform(3, 400):.2f}",
    "yi": lambda chance, _: f"{chance.uniform(0.5, 300):.2f}",
    "wan": lambda chance, _: str(chance.randint(100, 99999)),
    "big": lambda chance, _: str(chance.randint(300, 29999)),
    "n": lambda chance, _: str(chance.randint(2, 96)),
    "q": lambda chance, _: "一二三四"[chance.randrange(4)],
    "dd": lambda chance, _: str(chance.randint(1, 28)),
    "city": lambda chance, _: chance.choice(_CITIES),
    "year": lambda _, day: str(day.year),
    "month": lambda _, day: str(day.month),
}


def _figure(slot: str, subject: Subject, chance: random.Random, day: date) -> str:
    if slot == "price" and subject.first:
        return f"{subject.first.price * chance.uniform(0.9, 1.1):.{subject.first.decimals}f}"
    return _FIGURES[slot](chance, day)


@cache
def _parts(template: str) -> list[str]:
    return _SLOT.split(template)
