"""What is said of a run, from its stats alone: exact reasons, failures and warnings."""

from typing import Any

import pytest
from scrapy.settings import Settings

from crawler.extensions.judge import FILL_SAMPLE, Limits, LimitsError, filled, judge
from tests.articles import article

LIMITS = Limits(1, 0.05, 0.05, 0, {"title": 0.9, "published_raw": 0.9})
GOOD: dict[str, Any] = {
    "posts/shown": 40,
    "pages/home/read": 1,
    "pages/post/read": 40,
    "posts/scraped": 40,
    "fill/readings": 40,
    "fill/title": 40,
    "fill/published_raw": 40,
}


def said(**more: Any) -> tuple[str, list[str], list[str]]:
    verdict = judge(GOOD | {name.replace("__", "/"): value for name, value in more.items()}, LIMITS)
    return verdict.reason, verdict.failures, verdict.warnings


def test_a_good_run_is_finished() -> None:
    assert said() == ("finished", [], [])
    assert said(pages__category__failed__Http404=5) == ("finished", [], []), (
        "not each inferred category has a page"
    )
    assert said(pages__home__listed=0) == ("no_posts", ["the home page lists no posts"], [])
    assert said(posts__beyond_limit=3) == ("limit", [], [])


def test_a_field_that_too_few_pages_have_is_named_with_its_figures() -> None:
    assert said(fill__title=36) == ("finished", [], [])
    assert said(fill__title=35, fill__published_raw=0) == (
        "layout_changed",
        [
            "title: 35 of 40 posts have it, at least 90% expected",
            "published_raw: 0 of 40 posts have it, at least 90% expected",
        ],
        [],
    )


def test_a_few_odd_posts_are_no_changed_layout() -> None:
    few = FILL_SAMPLE - 1
    assert said(fill__readings=few, fill__title=0)[0] == "finished"
    assert said(fill__readings=FILL_SAMPLE, fill__title=0)[0] == "layout_changed"


def test_a_category_that_lists_nothing_is_named_with_its_figures() -> None:
    emptied = [("Wind", 12, 3)]
    failure = "category Wind lists no posts; it listed 12 when last read, 3 of them still stand"
    assert said(categories__emptied=emptied) == ("no_posts", [failure], [])
    assert said(categories__emptied=[]) == ("finished", [], [])
    allowed = Limits(1, 0.05, 0.05, max_emptied_categories=1)
    assert judge(GOOD | {"categories/emptied": emptied}, allowed).reason == "finished"


def test_causes_go_before_their_effects() -> None:
    assert said(fill__title=0, pages__category__failed__Http500=2)[0] == "site_unavailable"
    assert said(fill__title=0, posts__rejected=3)[:2] == ("too_many_errors", ["3 of 40 items rejected"])


def test_what_is_left_to_later_runs_is_a_warning() -> None:
    assert said(posts__sought_later=7) == (
        "finished",
        [],
        ["7 posts that left the listings will be looked for by later runs"],
    )
    assert said(posts__completed_later=True)[2] == [
        "older posts than COMPLETED_MAX_POSTS lack upstream parts, which later runs will ask for"
    ]
    assert said(pages__unlisted__failed__Http500=2) == ("finished", [], ["2 unlisted pages: Http500"])


def test_fields_of_a_reading_go_by_the_names_of_the_document() -> None:
    post = article("正文。", digest="导语。", author="某人")
    assert filled(post) == [
        *("title", "digest", "text", "html", "published_raw", "published_at", "media", "author"),
        *("category", "tags"),
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"RUN_MIN_FILL": '{"titel": 0.9}'}, "RUN_MIN_FILL: no field titel; there are title, "),
        ({"RUN_MIN_FILL": '{"title": "most"}'}, "RUN_*: could not convert string to float: 'most'"),
        ({"RUN_MIN_FILL": "{"}, "RUN_*: Expecting property name"),
        ({"RUN_MIN_POSTS": "some"}, "RUN_*: invalid literal"),
    ],
)
def test_limits_that_make_no_sense_are_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(LimitsError) as refused:
        Limits.of(Settings(settings))
    assert str(refused.value).startswith(message)


def test_limits_are_read_from_the_settings() -> None:
    given = {
        "RUN_MIN_POSTS": "3",
        "RUN_MAX_ERROR_RATIO": "0.1",
        "RUN_MAX_REJECT_RATIO": "0.2",
        "RUN_MAX_EMPTIED_CATEGORIES": "2",
        "RUN_MIN_FILL": '{"media": 0.5}',
    }
    assert Limits.of(Settings(given)) == Limits(3, 0.1, 0.2, 2, {"media": 0.5})


def test_a_few_stored_posts_that_are_gone_are_no_loss_and_many_are() -> None:
    few = {"pages__post__read": 0, "pages__post__failed__Http404": 2}
    assert said(**few) == ("too_many_errors", ["2 of 2 posts: 2 Http404"], ["2 post pages: Http404"])
    assert said(**few, posts__known_vanished=2) == ("finished", [], ["2 post pages: Http404"])
    assert said(**few, posts__known_vanished=1)[:2] == ("too_many_errors", ["1 of 1 posts: 2 Http404"])
    many = {"pages__post__read": 0, "pages__post__failed__Http404": 3}
    assert said(**many, posts__known_vanished=3)[:2] == ("too_many_errors", ["3 of 3 posts: 3 Http404"])
