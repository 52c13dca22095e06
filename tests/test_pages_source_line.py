"""Source lines in every punctuation, and running text that merely begins alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.pages.source_line import SourceLine, is_promotion, source_line


@pytest.mark.parametrize(
    ("line", "media", "editor"),
    [
        ("（文章来源：江城晚报）", "江城晚报", None),
        ("(文章来源:江城晚报)", "江城晚报", None),
        ("（文章来源 : 江城晚报 ）", "江城晚报", None),
        ("文章来源：江城晚报", "江城晚报", None),
        ("文章来源:21世纪经济报道 21财经APP", "21世纪经济报道 21财经APP", None),
        ("【文章来源：江城晚报】", "江城晚报", None),
        ("[文章来源：江城晚报]", "江城晚报", None),
        ("（文章来源：江城晚报）。", "江城晚报", None),
        ("（文章来源：江城晚报)", "江城晚报", None),
        ("（文章来源：江城晚报", "江城晚报", None),
        ("文章来源：江城晚报）", "江城晚报", None),
        ("（文章来源：江城证券(香港)）", "江城证券(香港)", None),
        ("(文章来源:江城证券(香港))", "江城证券(香港)", None),
        ("（文章来源：江城证券(香港)", "江城证券(香港)", None),
        ("（文章来源：江城基金报（微信号：jcfund））", "江城基金报（微信号：jcfund）", None),
        ("（文章来源：江城时报·e公司）", "江城时报·e公司", None),
        ("（文章来源：江城晚报、河城日报）", "江城晚报、河城日报", None),
        ("（文章来源：本报记者综合公开资料，仅供参考）", "本报记者综合公开资料，仅供参考", None),
        ("（责任编辑：DF120）", None, "DF120"),
        ("责任编辑:李四", None, "李四"),
        ("（文章来源：江城晚报）（责任编辑：DF120）", "江城晚报", "DF120"),
        ("（文章来源：江城晚报） (责任编辑:DF120)", "江城晚报", "DF120"),
        ("（文章来源：江城晚报 责任编辑：李四）", "江城晚报", "李四"),
        ("（文章来源：江城晚报，责任编辑：李四）", "江城晚报", "李四"),
        ("文章来源：江城晚报 责任编辑：李四", "江城晚报", "李四"),
        ("（责任编辑：李四）（文章来源：江城晚报）", "江城晚报", "李四"),
        ("（文章来源：）", None, None),
        ("文章来源：", None, None),
        ("（文章来源：） （责任编辑：李四）", None, "李四"),
        ("（文章来源：江城晚报）（文章来源：河城日报）", "江城晚报", None),
    ],
)
@pytest.mark.parametrize("marked", [False, True])
def test_source_lines(line: str, media: str | None, editor: str | None, marked: bool) -> None:
    assert source_line(line, marked=marked) == SourceLine(media, editor)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "（江城晚报）",
        "来源：江城晚报",
        "文章来源于网络",
        "文章来源不明的消息在网上流传。",
        "文章来源：本报记者走访江城，一线调查发现",
        "文章来源：江城晚报的调查显示企业盈利改善。",
        "文章来源：" + "很" * 41,
        "（文章来源：" + "很" * 61 + "）",
        "（文章来源：江城晚报）电力板块走强（附名单）",
        "（文章来源：江城晚报）电力板块走强",
        "（完）（文章来源：江城晚报）",
        "本文（文章来源：江城晚报）",
        "责任编辑：这一岗位的要求是，从业五年以上",
        "（文章来源：江城晚报。记者李四）",
    ],
)
def test_running_text_is_no_source_line(line: str) -> None:
    assert source_line(line) is None


def test_where_the_page_marks_the_line_the_short_label_is_enough() -> None:
    assert source_line("（来源：江城晚报）", marked=True) == SourceLine("江城晚报", None)
    assert source_line("江城晚报", marked=True) is None


@pytest.mark.parametrize(
    "line",
    [
        "主力资金加仓名单实时更新，APP内免费看>>",
        "在东方财富看资讯行情，选东方财富证券一站式开户交易>>",
        "免责声明：本文基于AI生产，仅供参考。",
        "相关报道>>>",
        "打开微信，",
        "点击底部的“发现”",
    ],
)
def test_promotions(line: str) -> None:
    assert is_promotion(line)


@pytest.mark.parametrize("line", ["", "打开微信，扫一扫即可", "他说：相关报道>>>", "免责声明：据此操作风险自担"])
def test_what_is_no_promotion(line: str) -> None:
    assert not is_promotion(line)


NAMES = st.from_regex(r"[\u4e00-\u9fff]{2,10}(·[a-z]公司|\([\u4e00-\u9fff]{2}\))?", fullmatch=True)


@given(NAMES, NAMES, st.sampled_from(["（{}）", "({})", "【{}】", "{}"]), st.sampled_from([":", "：", " : "]))
def test_any_name_in_any_brackets(media: str, editor: str, brackets: str, colon: str) -> None:
    first, second = brackets.format(f"文章来源{colon}{media}"), brackets.format(f"责任编辑{colon}{editor}")
    assert source_line(first) == SourceLine(media, None)
    assert source_line(second) == SourceLine(None, editor)
    assert source_line(f"{first} {second}") == SourceLine(media, editor)


@given(st.text(), st.booleans())
def test_any_line_is_answered(line: str, marked: bool) -> None:
    found = source_line(line, marked=marked)
    assert found is None or "来源" in line or "责任编辑" in line
