"""The made-up world: the same from the same seed, every kind of post in it, truths that agree with each other."""

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import likeness
from sandbox.kinds import FEATURES, KINDS
from sandbox.media import MADE_UP, RARE_SHARE, Medium
from sandbox.reading import plain
from sandbox.truth import PostTruth, shown_as_utc
from sandbox.world import UnknownPostError, World
from store.groups import groups_of

PROJECT = Path(__file__).parent.parent
FINGERPRINT = (
    "import hashlib; from sandbox.world import World; world = World(seed=5, posts=80);"
    "print(hashlib.sha256(b''.join(world.site.get(path) for path in world.site.pages)"
    " + repr(world.truths).encode()).hexdigest())"
)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def truths(world: World) -> list[PostTruth]:
    return world.truths


def of_kind(truths: list[PostTruth], kind: str) -> PostTruth:
    return next(truth for truth in truths if truth.kind == kind)


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    seen = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            cwd=PROJECT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"))
    }
    assert len(seen) == 1


def test_another_seed_gives_other_words() -> None:
    one, other = ({truth.text for truth in World(seed, 60).truths} for seed in (1, 2))
    assert len(one & other) <= 1  # the notice of the site's opening


def test_a_world_of_300_has_every_kind_and_every_feature(truths: list[PostTruth]) -> None:
    assert len(truths) == 300
    assert {truth.kind for truth in truths} == set(KINDS)
    assert {feature for truth in truths for feature in truth.features} == set(FEATURES)


def test_texts_differ_but_for_the_repeated_ones() -> None:
    truths = World(posts=2000).truths
    groups: dict[str, set[str]] = {}
    for truth in truths:
        groups.setdefault(truth.text, set()).add(truth.duplicate_of or truth.id)
    assert [group for group in groups.values() if len(group) > 1] == []


def test_reposts_repeat_a_post_of_the_same_day_under_another_headline(truths: list[PostTruth]) -> None:
    by_id = {truth.id: truth for truth in truths}
    reposts = [truth for truth in truths if truth.duplicate_of]
    assert {truth.kind for truth in reposts} == {"flash-same-text", "repost"}
    assert {truth.duplicate_kind for truth in reposts} == {"exact", "near"}
    for repost in reposts:
        first = by_id[str(repost.duplicate_of)]
        assert first.duplicate_of is None
        assert first.title != repost.title
        assert timedelta(0) < repost.published_at - first.published_at < timedelta(hours=1)
        assert (first.text == repost.text) == (repost.duplicate_kind == "exact")
        assert repost.text.startswith(first.text)


def test_a_repost_is_none_once_either_has_other_words() -> None:
    world = World(posts=60)
    repost = next(truth for truth in world.truths if truth.kind == "repost")
    assert repost.duplicate_of
    assert world.change_post(repost.duplicate_of).duplicate_of is None
    assert world.truth(repost.id).duplicate_of is None
    world = World(posts=60)
    assert world.change_post(repost.id).duplicate_of is None
    world = World(posts=60)
    world.remove_post(repost.duplicate_of)
    assert world.truth(repost.id).duplicate_of is None


def test_the_rules_find_a_world_s_reposts_and_no_others_among_its_templates() -> None:
    """Flashes of a few templates, many on one day, which differ in figures and names alone."""
    truths = World(posts=600, seed=6).truths
    keys: dict[str, set[int]] = {}  # as far as the index is concerned

    class Found:
        """Likeness of posts that the index would find."""

        VERSION = likeness.VERSION

        def news(self, document: dict[str, Any]) -> likeness.News:
            found = likeness.news(document)
            keys.setdefault(found.post, set(likeness.band_keys(found)))
            return found

        def band_keys(self, news: likeness.News) -> list[int]:
            return likeness.band_keys(news)

        def likeness(self, a: likeness.News, b: likeness.News, days: int) -> likeness.Likeness | None:
            return likeness.likeness(a, b, days) if keys[a.post] & keys[b.post] else None

    documents = [
        {"_id": truth.id, "title": truth.title, "text": truth.text, "securities": []}
        | dict.fromkeys(("published_at", "published_min", "published_max"), truth.published_at)
        for truth in truths
    ]
    found = groups_of(documents, Found(), 7)
    assert {truth.id: truth.duplicate_of for truth in truths} == {
        post: group["duplicate_of"] for post, group in found.items()
    }


def test_ids_are_unique_and_carry_the_day_of_creation(truths: list[PostTruth]) -> None:
    coded = [truth for truth in truths if truth.kind != "sitenews"]
    assert len({truth.id for truth in truths}) == 300
    for truth in coded:
        created = datetime.strptime(truth.id[2:10], "%Y%m%d").replace(tzinfo=UTC).date()
        published = (truth.published_at + timedelta(hours=8)).date()
        assert created in {published, published - timedelta(days=1)}
        assert len(truth.id) == len("NW") + 18
    late = of_kind(truths, "rolling-after-midnight")
    assert f"{late.published_at + timedelta(hours=8):%Y%m%d}" > late.id[2:10]


def test_a_time_without_zone_is_shown_8_hours_late_in_early_december_only(truths: list[PostTruth]) -> None:
    for truth in truths:
        for form in truth.forms:
            shift = timedelta(hours=8) if form.late else timedelta()
            assert shown_as_utc(form) - truth.published_at == shift
    late_days = {(truth.published_at + timedelta(hours=8)).date() for truth in truths if truth.late}
    assert max(late_days) <= date(2021, 12, 9)
    moved = of_kind(truths, "flash-next-day")
    assert f"{moved.published_at + timedelta(hours=8):/%Y/%m/%d/}" not in moved.post_urls[0]


def test_both_forms_of_an_article_say_the_same_and_one_has_the_marks(truths: list[PostTruth]) -> None:
    for truth in truths:
        if truth.kind == "both":
            own, rolling = truth.forms
            assert (own.form, rolling.form) == ("page", "page-rolling")
            assert own.text == rolling.text == truth.text
            assert own.digest is None
            assert own.links == ()
            assert all(security.evidence == ("chart",) for security in own.securities)
            assert truth.categories == (own.category, "emnews")
            assert truth.post_urls[0].endswith(f"/{truth.id}.html")
            assert truth.post_urls[1].endswith(f"/{truth.id[2:]}.html")


def test_a_flash_is_text_and_not_digest(truths: list[PostTruth]) -> None:
    for truth in truths:
        if truth.kind.startswith("flash"):
            assert truth.digest is None
            assert truth.text
            assert "\n" not in truth.text


@pytest.mark.parametrize(
    ("kind", "shown", "upstream"),
    [
        ("rolling-stars", "*ST天润、*ST中捷", "*ST天润、*ST中捷"),
        ("rolling-table", "%|非制造业商务活动指数为", "%|非制造业商务活动指数为"),
        ("rolling-list", "1. 央行开展", "1. 央行开展"),
        ("rolling-struck", "~~原定", "~~原定"),
        ("rolling-quotes", "称”在手订单充足”，", '称"在手订单充足"，'),
        ("rolling-dash", "–", "--"),
        ("rolling-ellipsis", "回购…一文", "回购...一文"),
        ("rolling-ampersand", "R&D投入", "R&D投入"),
    ],
)
def test_digests_that_markdown_mangles(truths: list[PostTruth], kind: str, shown: str, upstream: str) -> None:
    truth = of_kind(truths, kind)
    origin = next(form for form in truth.upstream if form.form == "origin")
    assert shown in (truth.digest or "")
    assert upstream in (origin.digest or "")


@pytest.mark.parametrize("kind", ["rolling-empty-digest", "rolling-title", "media"])
def test_digests_that_are_none(truths: list[PostTruth], kind: str) -> None:
    assert of_kind(truths, kind).digest is None


def test_titles_as_their_kinds_promise(truths: list[PostTruth]) -> None:
    assert of_kind(truths, "rolling-no-link").title == ""
    assert of_kind(truths, "rolling-no-link").origin_url is None
    assert of_kind(truths, "flash-full-stop").title.endswith("。")
    assert set('"&>') & set(of_kind(truths, "rolling-specials").title)
    twice = of_kind(truths, "flash-same-text")
    assert [truth.kind for truth in truths if truth.text == twice.text and truth.title != twice.title]


def test_media_as_their_kinds_promise(truths: list[PostTruth]) -> None:
    assert of_kind(truths, "media-capital").category == "Wind"
    assert of_kind(truths, "media-brackets").category == "nanduqihuo(shanghai)"
    assert of_kind(truths, "media-double-news").tags == ("每日经济新闻新闻",)
    two = of_kind(truths, "media-two-words")
    assert two.category == "huadongcaijingguancha dongcaiguanchaAPP"
    assert two.tags == ("华东财经观察", "东财观察APP新闻")
    assert two.media == ("华东财经观察 东财观察APP", two.category)
    assert "/huadongcaijingguancha/dongcaiguanchaapp/2022/" in two.post_urls[0] or "/2021/" in two.post_urls[0]
    assert of_kind(truths, "media-two-blanks").category == "donghaishangbao  shangbaoshuziban"
    for truth in truths:
        if truth.kind.startswith("media"):
            assert truth.share_url == (f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={truth.id}")
            assert truth.origin_url is None


def test_two_word_media_stay_within_what_home_lists() -> None:
    kinds = Counter(truth.kind for truth in World(posts=1500).truths)
    assert 2 <= kinds["media-two-words"] <= RARE_SHARE
    assert 2 <= kinds["media-two-blanks"] <= RARE_SHARE


def test_slugs_are_spelled_as_the_site_spells_them() -> None:
    # As the real site's categories read.
    assert Medium("银川新闻网").slug == "yinchuanxinwenwang"
    assert Medium("21世纪经济报道 21财经APP").slug == "21shijijingjibaodao 21caijingAPP"
    assert Medium("安信国际证券(香港)").slug == "anxinguojizhengquan(xianggang)"
    assert len({medium.slug for medium in MADE_UP}) == len(MADE_UP)


def test_parts_a_reader_does_not_see_are_not_in_the_truth(truths: list[PostTruth]) -> None:
    for truth in truths:
        for line in truth.text.split("\n"):
            assert not line.startswith(
                ("（文章来源：", "（责任编辑：", "在东方财富看资讯行情", "妙想投研助理", "主力资金加仓")
            )
    kept = next(truth for truth in truths if "words-of-lines" in truth.features)
    assert "未注明文章来源，" in kept.text
    assert "相关栏目的责任编辑未履行" in kept.text


def test_marks_in_a_medium_s_name_do_not_count(truths: list[PostTruth]) -> None:
    linked = [truth for truth in truths if "linked-source" in truth.features and truth.kind != "media"]
    assert linked
    assert all("BK0473" not in truth.symbols for truth in linked)


def test_every_market_is_marked_somewhere(truths: list[PostTruth]) -> None:
    suffixes = {symbol.rpartition(".")[2][:2] for truth in truths for symbol in truth.symbols}
    assert {"SH", "SZ", "BJ", "HK", "US", "GI", "BK", "SG", "FX"} <= suffixes
    assert suffixes & {"DC", "CZ", "IN"}
    for truth in truths:
        assert list(truth.symbols) == sorted({security.symbol for security in truth.securities})
        assert set(truth.main_symbols) <= set(truth.symbols)
        for security in truth.securities:
            assert (security.mentions == 0) == (security.evidence == ("chart",))
            assert security.mentions < 2 or "keyword" in security.evidence


def test_false_friends_are_marked_but_not_what_a_post_is_about(truths: list[PostTruth]) -> None:
    truth = next(
        truth for truth in truths if "false-friend" in truth.features and truth.kind.startswith("rolling")
    )
    assert {"601099.SH", "300024.SZ"} <= set(truth.symbols)
    assert not {"601099.SH", "300024.SZ"} & set(truth.main_symbols)


def test_tables_give_one_line_a_row_and_none_for_an_empty_one(truths: list[PostTruth]) -> None:
    truth = next(truth for truth in truths if "table" in truth.features and "nested-table" not in truth.features)
    rows = [line.split("\t") for line in truth.text.split("\n") if "\t" in line]
    assert rows[0] == ["代码", "简称", "涨跌幅(%)"]
    assert [len(row) for row in rows] == [3, 3, 3, 3, 3]


def test_images_are_absolute_and_photos_have_captions(truths: list[PostTruth]) -> None:
    for truth in truths:
        for image in truth.images:
            assert image.url.startswith("https://")
            assert (image.kind == "photo") == (image.caption is not None)
            assert image.caption is None or image.caption in truth.text.split("\n")


def test_all_but_the_hidden_front_matter_is_listed(truths: list[PostTruth]) -> None:
    assert [truth.kind for truth in truths if not truth.listed] == ["flash-leading-blank"]


def test_a_change_rewrites_words_and_keeps_the_rest() -> None:
    world = World(posts=40)
    for before in world.truths:
        after = world.change_post(before.id)
        assert after.text != before.text
        assert (after.id, after.title, after.published_at) == (before.id, before.title, before.published_at)
        assert after.post_urls == before.post_urls


def test_an_added_post_is_the_newest_and_listed() -> None:
    world = World(posts=40)
    newest = max(truth.published_at for truth in world.truths)
    truth = world.add_post("both")
    assert truth.published_at > newest
    assert truth.listed
    assert len(world.truths) == 41
    world.remove_post(truth.id)
    assert len(world.truths) == 40
    with pytest.raises(UnknownPostError, match=truth.id):
        world.truth(truth.id)


def test_archived_posts_move_to_old_post_and_leave_the_lists() -> None:
    world = World(posts=120, archive_days=3)
    archived = [truth for truth in world.truths if "/old_post/" in truth.post_urls[0]]
    assert len(archived) > 100
    for truth in archived:
        assert not truth.listed
        assert not truth.late
    two = next(truth for truth in archived if truth.kind == "media-two-words")
    assert two.tags == ("华东财经观察 东财观察APP新闻",)


def test_a_world_without_early_days_has_no_early_kinds() -> None:
    truths = World(posts=60, first_day=date(2022, 1, 1), last_day=date(2022, 1, 31)).truths
    assert {KINDS[truth.kind].early for truth in truths} == {False}
    assert not any(truth.late for truth in truths)


def test_impossible_worlds_are_refused() -> None:
    with pytest.raises(ValueError, match="comes after"):
        World(first_day=date(2022, 1, 2), last_day=date(2022, 1, 1))
    with pytest.raises(ValueError, match="no kind of post"):
        World(first_day=date(2021, 12, 12), last_day=date(2021, 12, 13))
    with pytest.raises(ValueError, match="no layout"):
        World(layout="newest")
    with pytest.raises(ValueError, match="no kind 'sitenews' to add"):
        World(posts=1).add_post("sitenews")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**9), posts=st.integers(1, 50), layout=st.sampled_from(["new", "old"]))
def test_every_page_of_every_truth_is_served(seed: int, posts: int, layout: str) -> None:
    world = World(seed, posts, layout=layout)
    truths = world.truths
    assert len({truth.id for truth in truths}) == posts
    for form in (form for truth in truths for form in truth.forms):
        page = world.site.get(form.url.removeprefix("https://finews.withounder.com"))
        assert page is not None
        assert page.endswith(b"</html>\n")


@given(st.text(alphabet="a中 \t\u00a0\u3000\n", max_size=30))
def test_plain_text_has_single_blanks_and_none_at_the_ends(text: str) -> None:
    lines = plain(text).split("\n")
    assert plain(plain(text)) == plain(text)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line == " ".join(line.split()) for line in lines)
