"""Two posts tell the same news, or not (pipelines/likeness)."""

from datetime import UTC, datetime, timedelta

from pipelines.likeness import Likeness, News, band_keys, exact_key, likeness, near_enough_in_time

NOON = datetime(2021, 12, 8, 4, tzinfo=UTC)


def told(text: str, at: datetime | None = NOON, title: str = "", names: tuple[str, ...] = ()) -> News:
    return News("NW202112082200000001", title, text, at, at, names)


def test_width_head_dateline_and_source_are_no_news() -> None:
    plain = told("北向资金净流入达30亿元。")
    dressed = told("【北向资金大举买入】财联社12月8日电，北向资金净流入达３０亿元。（财联社）")
    assert likeness(plain, dressed) == Likeness("exact", 1.0)
    assert exact_key(plain) == exact_key(dressed) is not None
    assert band_keys(plain) == band_keys(dressed)


def test_another_number_is_another_news() -> None:
    assert likeness(told("北向资金净流入达80亿元。"), told("北向资金净流入达90亿元。")) is None


def test_a_post_without_text_is_like_no_other() -> None:
    empty = told("", title="北向资金净流入达80亿元")
    assert (exact_key(empty), band_keys(empty), likeness(empty, empty)) == (None, [], None)


def test_a_flash_that_names_no_day_speaks_of_its_own() -> None:
    dayless, dated = "北向资金净流入超40亿元。", "12月8日，北向资金净流入超40亿元。"
    midnight = NOON + timedelta(hours=12)
    before = midnight - timedelta(microseconds=1)
    assert near_enough_in_time(told(dayless, NOON), told(dayless, before))
    assert not near_enough_in_time(told(dayless, NOON), told(dayless, midnight))
    assert near_enough_in_time(told(dated, NOON), told(dated, NOON + timedelta(days=7)))
    assert not near_enough_in_time(told(dated, NOON), told(dated, NOON + timedelta(days=7, seconds=1)))
    assert not near_enough_in_time(told(dated, NOON), told(dated, None))
