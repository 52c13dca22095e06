"""Two posts tell the same news, or not (pipelines/likeness): forms, words, vetoes and properties."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.likeness import (
    VERSION,
    Likeness,
    News,
    band_keys,
    exact_key,
    likeness,
    near_enough_in_time,
    news,
)
from pipelines.likeness.days import Day, day, may_be_one
from pipelines.likeness.fold import body
from pipelines.likeness.numerals import digits
from pipelines.likeness.tokens import sentences
from tests.likeness_report import labelled

NOON = datetime(2021, 12, 8, 4, tzinfo=UTC)
"""Noon in Beijing, on a Wednesday."""


def told(text: str, at: datetime | None = NOON, title: str = "", names: tuple[str, ...] = ()) -> News:
    return News("NW202112082200000001", title, text, at, at, names)


# --- forms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "北向资金净流入达30亿元。",
        "【北向资金大举买入】北向资金净流入达30亿元。",
        "财联社12月8日电，北向资金净流入达３０亿元。（财联社）",
        "新华社北京12月8日电（记者 王某某）北向资金净流入达30亿元。（完）",
        "【快讯】证券时报网讯，北向资金净流入达30亿元。\n责任编辑：李某",
        "据央视财经报道，北向资金净流入达30亿元。来源：央视财经",
        "智通财经APP获悉，北向资金净流入达30亿元。\n（文章来源：智通财经）",
        "每经记者 张某 每经编辑 李某\n北向资金净流入达三十亿元\n风险提示：市场有风险。",
        "12月8日消息，北向 资金净流入达 30 亿元",
        "北京商报讯（记者 张某）北上资金净流入达人民币30亿",
        "北向资金净流入达3,000,000,000元。\n更多精彩，请关注公众号",
    ],
)
def test_what_surrounds_the_news_and_how_it_is_written_is_none(text: str) -> None:
    plain, dressed = told("北向资金净流入达30亿元。"), told(text, title="另一个标题")
    assert likeness(plain, dressed) == likeness(dressed, plain) == Likeness("exact", 1.0)
    assert exact_key(plain) == exact_key(dressed) is not None
    assert band_keys(plain) == band_keys(dressed)


@pytest.mark.parametrize(
    "text",
    [
        "腾讯：推出游戏发行新品牌。",
        "商务部12月8日消息，将出台新措施。",
        "记者从甲公司获悉，项目开工。",
        "来看看都买了哪些股？（附名单）",
        "甲公司（NIO.US）",
        "【只有标题的快讯】",
        "来源：某报",
    ],
)
def test_words_of_the_news_are_not_taken_for_what_surrounds_it(text: str) -> None:
    folded = body(text)
    assert len(folded) == len(text)


@pytest.mark.parametrize(
    ("text", "digital"),
    [
        ("三成、两成半、三成五", "30%、25%、35%"),
        ("百分之五、百分之十二点五、千分之三", "5%、12.5%、3‰"),
        ("二十亿、三千五百万、一万二千、两百", "20亿、3500万、12000、200"),
        ("二〇二一年十二月八日", "2021年12月8日"),
        ("三点五亿元、十点半", "3.5亿元、10点半"),
        ("第三家、四部门、超五百亿", "第3家、4部门、超500亿"),
        ("统一、一方面、百度、万科、千金、成立", "统一、一方面、百度、万科、千金、成立"),
    ],
)
def test_numerals(text: str, digital: str) -> None:
    assert digits(text) == digital


def spelt(number: int) -> str:
    """Spell a number below a hundred million as Chinese does, the long way."""
    if number >= 10_000:
        rest = spelt(number % 10_000) if number % 10_000 else ""
        gap = "零" if rest and number % 10_000 < 1_000 else ""
        return spelt(number // 10_000) + "万" + gap + rest
    text, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += ("零" if gap and text else "") + "零一二三四五六七八九"[digit] + name
        gap = not digit
    return text


@given(st.integers(11, 99_999_999).filter(lambda number: number % 10_000))
def test_spelt_numbers_are_read(number: int) -> None:
    assert digits(f"共{spelt(number)}。") == f"共{number}。"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5个百分点、25个基点、1.50%、‰", "^5 ^0.25 %1.5"),
        (
            "8000万元、0.8亿元、人民币80亿元、1.2万亿、20多万",
            "#80000000 #80000000 #8000000000 #1200000000000 #200000",
        ),
        ("2021年12月8日、12月8日、8日、2021-12-08、12月份", "@2021-12-8 @-12-8 @--8 @2021-12-8 @-12-"),
        ("第三季度、一季度、Q1、前三季度、1-9月、上半年", "@q3 @q1 @q1 @q1-3 @q1-3 @h1"),
        ("今日、昨天、去年、上个月、周三、星期天", "@今日 @昨日 @去年 @上月 @周3 @周日"),
        ("上午10点30分、10:30、下午3点、15时整、十点半", "~10:30 ~10:30 ~15:0 ~15:0 ~10:30"),
        ("(600519.SH)、(600519)、sh600519、00388.HK、(NASDAQ: NIO)", "&600519 &600519 &600519 &388 &nio"),
        ("目前日均3600点、60日均线、-5%、15%-20%", "目 前 日 均 #3600 点 #60 日 均 线 %-5 %15 %20"),
        ("ET7、HFO-1234yf、沪综指、上海证券交易所", "et7 hfo #1234 yf 沪 指 上 交 所"),
    ],
)
def test_words(text: str, words: str) -> None:
    found = [word for sentence in sentences(body(text)) for word in sentence]
    assert found == words.split()


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("@2021-12-8", Day(2021, 12, 8)),
        ("@-12-", Day(None, 12, None)),
        ("@今日", Day(2021, 12, 8)),
        ("@昨日", Day(2021, 12, 7)),
        ("@上月", Day(2021, 11, None)),
        ("@去年", Day(2020, None, None)),
        ("@周3", Day(2021, 12, 8)),
        ("@周5", Day(2021, 12, 3)),
        ("@q3", None),
    ],
)
def test_days(word: str, meant: Day | None) -> None:
    assert day(word, NOON) == meant
    untimed = day(word, None)
    assert untimed == meant if meant is None or "-" in word else untimed == Day(None, None, None)


def test_a_day_in_january_is_a_month_before() -> None:
    assert day("@上月", datetime(2022, 1, 1, tzinfo=UTC)) == Day(2021, 12, None)
    assert may_be_one(Day(None, 12, 8), Day(2021, 12, 8))
    assert not may_be_one(Day(None, 12, 8), Day(2021, 12, 9))


# --- times -------------------------------------------------------------------------------------------------


def test_a_flash_that_names_no_day_speaks_of_its_own() -> None:
    dayless, dated = "北向资金净流入超40亿元。", "12月8日，北向资金净流入超40亿元。"
    midnight = NOON + timedelta(hours=12)
    before = midnight - timedelta(microseconds=1)
    assert near_enough_in_time(told(dayless, NOON), told(dayless, before))
    assert not near_enough_in_time(told(dayless, NOON), told(dayless, midnight))
    assert not near_enough_in_time(told(dated, NOON), told(dayless, midnight))
    assert near_enough_in_time(told(dated, NOON), told(dated, NOON + timedelta(days=7)))
    assert not near_enough_in_time(told(dated, NOON), told(dated, NOON + timedelta(days=7, seconds=1)))
    assert near_enough_in_time(told(dated, NOON), told(dated, NOON + timedelta(days=9)), days=9)


def test_a_long_text_need_not_name_a_day() -> None:
    text = "".join(f"第{number}条意见说的是另一件事情。" for number in range(20))
    assert likeness(told(text), told(text, NOON + timedelta(days=6)))
    assert not likeness(told(text), told(text, NOON + timedelta(days=8)))


def test_a_dateline_names_no_day_of_the_news() -> None:
    first = told("财联社12月8日电，北向资金净流入超40亿元。")
    assert likeness(first, told("财联社12月9日电，北向资金净流入超40亿元。", NOON + timedelta(days=1))) is None


def test_bounds_of_a_time_are_times_it_may_be() -> None:
    document = {
        "_id": "NW202112082200000002",
        "title": "",
        "text": "北向资金净流入超40亿元。",
        "published_at": None,
        "published_min": NOON + timedelta(hours=10),
        "published_max": NOON + timedelta(hours=18),
    }
    late = news(document)
    assert late.at is None
    assert near_enough_in_time(late, told(late.text))
    assert near_enough_in_time(late, told(late.text, NOON + timedelta(hours=20)))
    assert not near_enough_in_time(late, told(late.text, NOON + timedelta(days=2)))
    assert not near_enough_in_time(late, told(late.text, None))


# --- decisions ---------------------------------------------------------------------------------------------

FLASH = "甲工机械公告，拟以8000万元回购股份，回购价格不超过23.5元/股，将于12月10日起实施。"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("8000万元", "0.8亿元"),
        ("公告，", "晚间公告称，"),
        ("拟以", "计划以"),
        ("甲工机械公告", "甲工机械(600999.SH)公告"),
        ("甲工机械公告", "甲工机械股份有限公司公告"),
        ("12月10日", "10日"),
        ("12月10日", "2021年12月10日"),
        ("实施。", "实施。公司成立于2003年。"),
    ],
)
def test_the_same_told_otherwise(old: str, new: str) -> None:
    assert old in FLASH
    found = likeness(told(FLASH), told(FLASH.replace(old, new)))
    assert found is not None
    assert found.similarity >= 0.5


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("8000万元", "9000万元"),
        ("23.5元", "32.5元"),
        ("12月10日", "12月11日"),
        ("甲工机械", "乙工机械"),
        ("甲工机械", "远山生物科技"),
        ("甲工机械公告", "甲工机械(600999.SH)公告"),
        ("拟以", "不再以"),
        ("回购股份", "转让股份"),
        ("不超过", "不低于"),
    ],
)
def test_something_replaced_is_another_news(old: str, new: str) -> None:
    other = FLASH.replace(old, new)
    first = FLASH.replace("甲工机械公告", "甲工机械(600888.SH)公告") if "600999" in new else FLASH
    assert old in FLASH
    assert likeness(told(first), told(other)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("北向资金净流入80亿元。", "北向资金净流入90亿元。"),
        ("北向资金净流入80亿元。", "北向资金净流出80亿元。"),
        ("北向资金净流入80亿元。", "南向资金净流入80亿元。"),
        ("北向资金净流入近80亿元。", "北向资金净流入超80亿元。"),
        ("沪指涨1%，深成指涨2%。", "沪指涨2%，深成指涨1%。"),
        ("离岸人民币兑美元升破6.35关口。", "在岸人民币兑美元升破6.35关口。"),
        ("美国上月零售销售环比增0.3%。", "英国上月零售销售环比增0.3%。"),
        ("证监会同意甲公司注册申请。", "证监会不同意甲公司注册申请。"),
        ("甲公司拟减持乙公司3%股份。", "甲公司已减持乙公司3%股份。"),
        ("某银行行长张大山任职资格获批。", "某银行行长李小河任职资格获批。"),
        ("甲公司前三季度净利润1.2亿元。", "甲公司第三季度净利润1.2亿元。"),
        ("生猪期货主力合约早盘涨超2%。", "生猪期货主力合约午后涨超2%。"),
    ],
)
def test_flashes_that_look_alike(one: str, other: str) -> None:
    assert likeness(told(one), told(other)) is None


def test_today_is_the_day_of_its_own_text() -> None:
    today, dated = told("央行今日开展1000亿元逆回购。"), told("央行12月8日开展1000亿元逆回购。")
    assert likeness(today, dated)
    assert likeness(told("央行昨日开展1000亿元逆回购。"), dated) is None


PAIRS = labelled()
PARAGRAPHS = next(pair.a.text for pair in PAIRS if pair.name.endswith("-a03"))


def test_one_figure_deep_inside_a_long_text_may_be_corrected() -> None:
    assert PARAGRAPHS.count("4500万元") == 1
    corrected = PARAGRAPHS.replace("4500万元", "5400万元")
    found = likeness(told(PARAGRAPHS), told(corrected))
    assert found is not None
    assert 0.95 < found.similarity < 1
    assert likeness(told(PARAGRAPHS), told(corrected.replace("800名", "900名"))) is None
    headline = "老厂改造：一家供应商贷款{}万元"
    assert (
        likeness(told(PARAGRAPHS, title=headline.format(4500)), told(corrected, title=headline.format(5400)))
        is None
    )


def test_a_figure_in_the_lead_of_a_long_text_is_the_news() -> None:
    assert "用11个月时间" in PARAGRAPHS
    assert likeness(told(PARAGRAPHS), told(PARAGRAPHS.replace("用11个月时间", "用16个月时间"))) is None


def test_paragraphs_that_changed_places_are_no_change() -> None:
    first, *middle, last = PARAGRAPHS.split("\n")
    assert likeness(told(PARAGRAPHS), told("\n".join([first, last, *middle])))
    assert ("九天" in last, "十二天" in last) == (True, True)
    changed = last.replace("九天", "六天").replace("十二天", "十天")
    assert likeness(told(PARAGRAPHS), told("\n".join([first, changed, *middle]))) is None


def test_half_of_an_article_is_the_article_a_paragraph_is_not() -> None:
    parts = PARAGRAPHS.split("\n")
    assert likeness(told(PARAGRAPHS), told("\n".join(parts[:4])))
    assert likeness(told(PARAGRAPHS), told(parts[0])) is None


def test_a_post_without_text_is_like_no_other() -> None:
    empty = told("", title="北向资金净流入达80亿元")
    assert (exact_key(empty), band_keys(empty), likeness(empty, empty)) == (None, [], None)
    marks = told("！？……")
    assert (exact_key(marks), band_keys(marks), likeness(marks, marks)) == (None, [], None)


def test_news_is_read_from_a_document() -> None:
    made = news(
        {
            "_id": "NW202112082200000003",
            "title": "标题",
            "text": "正文",
            "published_at": NOON,
            "securities": [{"name": name, "kind": "stock"} for name in ("乙", "甲", None, "甲")]
            + [{"name": "酿酒行业", "kind": "board"}],
        }
    )
    assert made == News("NW202112082200000003", "标题", "正文", NOON, NOON, ("乙", "甲"))
    assert news({"_id": "U1"}) == News("U1", "", "", None, None, ())


# --- properties --------------------------------------------------------------------------------------------

TEXTS = sorted({text for pair in PAIRS for text in (pair.a.text, pair.b.text) if len(text) < 300})
PIECES = st.sampled_from(TEXTS)


@st.composite
def edited(draw: st.DrawFn) -> str:
    """Give a text of the set with a few passages cut, doubled, moved or replaced."""
    text = draw(PIECES)
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        new = draw(
            st.sampled_from(["", "不", "跌", "30亿元", "12月9日", "。", text[start:end], draw(PIECES)[:40]])
        )
        text = text[:start] + new + text[end:]
    return text


@st.composite
def alike(draw: st.DrawFn) -> tuple[News, News]:
    """Give two posts that are likely to have something in common."""
    pair = draw(st.sampled_from(PAIRS))
    texts = (pair.a.text, draw(edited())), (pair.b.text, pair.a.text[: draw(st.integers(0, 300))])
    hours = draw(st.integers(-200, 200))
    one, other = (draw(st.sampled_from(side)) for side in texts)
    return told(one, title=pair.a.title), told(other, NOON + timedelta(hours=hours), pair.b.title)


@given(alike())
def test_likeness_is_the_same_from_both_sides(pair: tuple[News, News]) -> None:
    one, other = pair
    assert likeness(one, other) == likeness(other, one)


@given(alike())
def test_exact_is_what_shares_the_exact_key(pair: tuple[News, News]) -> None:
    one, other = pair
    found = likeness(one, other)
    equal = exact_key(one) is not None and exact_key(one) == exact_key(other)
    assert (found is not None and found.kind == "exact") == (equal and near_enough_in_time(one, other))


@given(st.text(), st.text(alphabet=string.printable + "一二十百千万亿点成今日年月周0123456789.%（）【】\n"))
def test_any_text_is_compared(one: str, other: str) -> None:
    for text in (one, other):
        keys = band_keys(told(text))
        assert len(keys) <= 28
        assert all(-(2**31) <= key < 2**31 for key in keys)
        assert bool(keys) == (exact_key(told(text)) is not None)
        assert (likeness(told(text), told(text)) is None) == (not keys)
    assert likeness(told(one), told(other)) == likeness(told(other), told(one))


def test_a_change_of_keys_is_a_new_version() -> None:
    """Stored keys are compared with those of their VERSION alone: raise `_RULES` when this test has to change."""
    flash = told("财联社12月8日电，甲工机械(600999.SH)三季度净利润2.35亿元，同比增长四成。")
    key = exact_key(flash)
    assert key is not None
    assert (VERSION, key[:8], band_keys(flash)[::9]) == (
        "1-rminhash2",
        "f0440695",
        [-2046201499, -932018017, 938425790],
    )
