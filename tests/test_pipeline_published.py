"""Times of publication: the site shows posts stamped without a zone 8 h late, and no page tells which."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Post
from pipelines import InvalidPostError
from pipelines.normalise import normalised
from pipelines.published import BEIJING, beijing_time, shown_on_page
from tests.articles import page

LATER = "2022-03-01T00:00:00"
"""A time of reading from which no post here lies in the future."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(name: str, printed: str | None, at: str = LATER, **fields: object) -> Post:
    return normalised(page(name=name, published_raw=printed, fetched_at=utc(at), **fields))


def times(post: Post) -> tuple[datetime | None, datetime | None, datetime | None, str | None]:
    return post.published_at, post.published_min, post.published_max, post.published_from


@pytest.mark.parametrize(
    ("name", "printed", "read_at", "at", "source"),
    [
        # Stamped 10:46:18 without a zone, shown as 18:46:18: at noon only the former is past.
        ("202112082299000001", "2021-12-08 18:46:18", "2021-12-08T04:00:00", "2021-12-08T02:46:18", "page-8h"),
        # Five minutes of clock skew are allowed, a second more is not.
        ("202112082299000001", "2021-12-08 18:46:18", "2021-12-08T10:41:17", "2021-12-08T02:46:18", "page-8h"),
        # Stamped 17:30 of the day before, shown as 01:30: the same by the clock.
        ("202112082299000001", "2021-12-09 01:30:00", "2021-12-08T10:00:00", "2021-12-08T09:30:00", "page-8h"),
        # Eight hours earlier it would be older than its own code.
        ("202112082299000001", "2021-12-08 07:59:59", LATER, "2021-12-07T23:59:59", "page"),
        ("202112082299000001", "2021-12-08 00:00:00", LATER, "2021-12-07T16:00:00", "page"),
        # From 2021-12-10 on all rolling news carries a zone; so does all that media posts print.
        ("202112102299000001", "2021-12-10 18:46:18", LATER, "2021-12-10T10:46:18", "page"),
        ("NW202112082299000001", "2021-12-08 18:46:18", LATER, "2021-12-08T10:46:18", "page"),
        # Unless it would lie in the future.
        ("202203012299000001", "2022-03-01 18:46:18", "2022-03-01T04:00:00", "2022-03-01T02:46:18", "page-8h"),
        ("NW202203012299000001", "2022-03-01 18:46:18", "2022-03-01T04:00:00", "2022-03-01T02:46:18", "page-8h"),
        # A post without a code was certainly printed with a zone if both of its days are late enough.
        ("init", "2021-12-10 08:00:00", LATER, "2021-12-10T00:00:00", "page"),
    ],
)
def test_a_time_is_exact_where_one_of_two_is_impossible(
    name: str, printed: str, read_at: str, at: str, source: str
) -> None:
    assert times(read(name, printed, read_at)) == (utc(at), utc(at), utc(at), source)


_AT_18_41 = "2021-12-08T10:41:18"


@pytest.mark.parametrize(
    ("name", "printed", "read_at", "first", "last"),
    [
        ("202112082299000001", "2021-12-08 18:46:18", LATER, "2021-12-08T02:46:18", "2021-12-08T10:46:18"),
        ("202112082299000001", "2021-12-08 18:41:18", "2021-12-08T10:36:18", "2021-12-08T02:41:18", _AT_18_41),
        ("202112082299000001", "2021-12-09 01:30:00", LATER, "2021-12-08T09:30:00", "2021-12-08T17:30:00"),
        ("202112082299000001", "2021-12-08 08:00:00", LATER, "2021-12-07T16:00:00", "2021-12-08T00:00:00"),
        ("202112092299000001", "2021-12-10 07:00:00", LATER, "2021-12-09T15:00:00", "2021-12-09T23:00:00"),
        ("init", "2021-12-01 21:33:50", LATER, "2021-12-01T05:33:50", "2021-12-01T13:33:50"),
        ("init", "2021-12-10 07:59:59", LATER, "2021-12-09T15:59:59", "2021-12-09T23:59:59"),
        # Neither is possible: both lie in the future of a clock that is wrong, or before the code.
        ("NW202203012299000001", "2022-03-03 18:46:18", LATER, "2022-03-03T02:46:18", "2022-03-03T10:46:18"),
        ("202112082299000001", "2021-12-07 18:46:18", LATER, "2021-12-07T02:46:18", "2021-12-07T10:46:18"),
    ],
)  # fmt: skip
def test_a_time_is_null_between_its_bounds_where_nothing_decides(
    name: str, printed: str, read_at: str, first: str, last: str
) -> None:
    assert times(read(name, printed, read_at)) == (None, utc(first), utc(last), "page")


@pytest.mark.parametrize("form", ["source", "source-rolling", "list", "share", "origin"])
def test_only_the_site_s_own_pages_show_times_late(form: str) -> None:
    at = utc("2021-12-08T10:46:18")
    post = read("202112082299000001", "2021-12-08 18:46:18", form=form)
    assert times(post) == (at, at, at, form.removesuffix("-rolling"))


def test_a_time_that_a_page_prints_with_its_zone_is_exact() -> None:
    at = utc("2021-12-08T10:46:18")
    post = read("202112082299000001", "2021-12-08 18:46:18", published_zoned=True)
    assert times(post) == (at, at, at, "page")


def test_nothing_printed_is_nothing_known() -> None:
    assert times(read("202112082299000001", None)) == (None, None, None, None)


@pytest.mark.parametrize(
    "printed",
    ["", "yesterday", "2022-03-01", "2022-02-30 10:00:00", "2022-03-01 25:00:00", "1991-12-31 23:59:59",
     "0001-01-01 00:00:00", "9999-12-31 23:59:59", "10000-01-01 00:00:00",
     "2022-03-01 10:00:00 +0800", "２０２２年"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["202112082299000001", "init"])
def test_a_printed_time_that_is_none_rejects_the_post(name: str, printed: str) -> None:
    with pytest.raises(InvalidPostError, match=r"^published_raw: "):
        read(name, printed)


@given(
    st.datetimes(datetime(1992, 1, 1), datetime(2100, 12, 31)),  # noqa: DTZ001 - hypothesis wants naive ones
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.one_of(st.none(), st.dates(datetime(1900, 1, 1).date(), datetime(9999, 12, 31).date())),  # noqa: DTZ001
    st.booleans(),
)
def test_no_time_is_invented(shown: datetime, read_at: datetime, created: object, zoneless: bool) -> None:
    at = beijing_time(f"{shown:%Y-%m-%d %H:%M:%S}".rjust(19, "0"))
    fetched_at = read_at.replace(tzinfo=UTC)
    found = shown_on_page(at, fetched_at, created, zoneless=zoneless)  # type: ignore[arg-type]
    if found.at is None:
        assert (found.min, found.max, found.source) == (at - timedelta(hours=8), at, "page")
        return
    assert found.min == found.max == found.at <= fetched_at + timedelta(minutes=5)
    assert found.at == {"page": at, "page-8h": at - timedelta(hours=8)}[found.source or ""]
    if zoneless and created is not None:
        assert found.at.astimezone(BEIJING).date() >= created  # type: ignore[operator]
