"""The medium of a post: what the page names as one, and nothing else that stands in brackets."""

import pytest

from crawler.items import Media
from pipelines.media import is_medium
from pipelines.normalise import normalised
from tests.articles import page

ROLLING = "202203012299000001"


def medium(**fields: object) -> tuple[str, str] | None:
    """Give name and slug of a page's medium."""
    media_raw = fields.pop("media_raw", None)
    post = page(**fields)  # type: ignore[arg-type]
    post.body.media_raw = media_raw  # type: ignore[assignment]
    found = normalised(post).media
    assert found is None or isinstance(found, Media)
    return (found.name, found.slug) if found else None


# --- posts of a medium -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "category", "expected"),
    [
        (["银川新闻网新闻"], "yinchuanxinwenwang", ("银川新闻网", "yinchuanxinwenwang")),
        (
            ["每日经济新闻新闻"],
            "meirijingjixinwen",
            ("每日经济新闻", "meirijingjixinwen"),
        ),  # one 新闻 less, not two
        (["Wind新闻"], "Wind", ("Wind", "Wind")),
        (
            ["21世纪经济报道", "21财经APP新闻"],  # the site splits tags at blanks
            "21shijijingjibaodao 21caijingAPP",
            ("21世纪经济报道 21财经APP", "21shijijingjibaodao 21caijingAPP"),
        ),
        (
            ["21世纪经济报道", "21财经APP新闻"],
            "21shijijingjibaodao  21caijingAPP",  # two blanks, as the site has it
            ("21世纪经济报道 21财经APP", "21shijijingjibaodao  21caijingAPP"),
        ),
        (["证券时报·e公司新闻"], "zhengquanshibao·egongsi", ("证券时报·e公司", "zhengquanshibao·egongsi")),
    ],
)
def test_a_media_post_is_of_the_medium_it_is_tagged_with(
    tags: list[str], category: str, expected: tuple[str, str]
) -> None:
    assert medium(tags=tags, category=category, media_raw="另一报") == expected


def test_a_media_post_without_tags_is_of_the_medium_its_source_line_names() -> None:
    assert medium(tags=[], category="yinchuanxinwenwang", media_raw="泉州晚报") == ("泉州晚报", "quanzhouwanbao")
    assert medium(tags=[], category=None) is None


def test_the_site_s_own_news_is_of_no_medium() -> None:
    assert medium(name="init", tags=["站长消息"], category="sitenews", media_raw="某报") is None


# --- rolling news ------------------------------------------------------------------------------------------


def rolling(text: str, digest: str | None = None, media_raw: str | None = None) -> tuple[str, str] | None:
    return medium(name=ROLLING, text=text, digest=digest, media_raw=media_raw)


def test_the_source_line_of_a_flash_goes_before_its_brackets() -> None:
    assert rolling("消息。（财联社）", media_raw="央视新闻客户端") == ("央视新闻客户端", "yangshixinwenkehuduan")
    assert rolling("消息。（财联社）") == ("财联社", "cailianshe")


@pytest.mark.parametrize(
    ("closing", "name"),
    [
        ("（财联社）", "财联社"),
        ("(中证网)", "中证网"),
        ("（ 新华社 ）", "新华社"),
        ("（来源：新华社）", "新华社"),
        ("（文章来源:北京日报）", "北京日报"),
        ("（据央视财经）", "央视财经"),
        ("（证券时报）\n", "证券时报"),
        ("（附名单）（界面新闻）", "界面新闻"),
        ("（附名单）", None),
        ("（记者 张三）", None),
        ("（00388.HK）", None),
        ("（财联社）。", None),
        ("（财联社）后续", None),
        ("财联社", None),
        ("（）", None),
        ("（社）", None),
        ("（来源：）", None),
        ("（" + "长" * 30 + "报）", None),
    ],
)
def test_the_brackets_that_end_a_flash_may_name_its_medium(closing: str, name: str | None) -> None:
    found = rolling("消息。" + closing)
    assert (found[0] if found else None) == name


def test_digest_and_text_are_both_looked_at() -> None:
    assert rolling("正文。（附名单）", digest="导语。（央视新闻）") == ("央视新闻", "yangshixinwen")
    assert rolling("正文。（财联社）", digest="导语。（附名单）") == ("财联社", "cailianshe")
    assert rolling("", digest="快讯。（e公司）") == ("e公司", "egongsi")


def test_media_posts_are_not_judged_by_their_brackets() -> None:
    assert medium(tags=[], category=None, text="消息。（财联社）") is None


MEDIA = (
    "财联社 新华社 路透社 人民日报 中国青年报 北京少年报 上海证券报 大公报 时代周报 都市快报 人民日报社 中新网"
    " 银川新闻网 证监会网站 界面新闻 每日经济新闻 央视财经 新华财经 国泰君安证券 央视新闻客户端 三联生活周刊"
    " 财新杂志 浙江电视台 中央广播 卫视频道 人民在线 新京报公众号 北京日报微博 券商中国 e公司 第一财经 Wind 澎湃"
    " 21世纪经济报道 智通财经APP"
).split()
NO_MEDIA = (
    "附名单 附股 附图 图 更新中 详见公告 记者张三 张三 00388.HK 601628 2021年第15号 北京时间 单位：亿元 待续 完"
    " 新闻 报 网 社 财经 证券 财报 年报 2021年年报 半年报 三季报 一季报 中报 业绩快报 统计公报 交易所通报 业绩预报"
    " 官网 公司官网 国家电网 南方电网 互联网 物联网 旅行社 合作社 供销社 出版社 中期财报 券商研报 现金申报"
).split()


@pytest.mark.parametrize("name", MEDIA)
def test_names_of_media_are_known_by_their_ends(name: str) -> None:
    assert is_medium(name)


@pytest.mark.parametrize("name", NO_MEDIA)
def test_words_that_end_alike_are_none(name: str) -> None:
    assert not is_medium(name)
