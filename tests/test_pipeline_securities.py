"""Marks to securities: gathered in order, counted where a reader sees them."""

import pytest
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler

from crawler.items import Body, Mark, Security
from pipelines.securities import SecuritiesPipeline, securities
from tests.articles import page


def test_marks_are_gathered_by_security_in_order_of_first_mention() -> None:
    marks = [
        Mark("1.601628", "", "chart"),
        Mark("0.300343", "联创股份", "link"),
        Mark("1.601628", "中国人寿", "keyword"),
        Mark("0.300343", "联创", "keyword"),
        Mark("90.BK0493", "新能源", "link"),
        Mark("1.601628", "人寿", "link"),
    ]
    assert securities(marks) == [
        Security("1.601628", "601628.SH", "601628", 1, "stock", "中国人寿", 2, ("chart", "link", "keyword")),
        Security("0.300343", "300343.SZ", "300343", 0, "stock", "联创股份", 2, ("link", "keyword")),
        Security("90.BK0493", "BK0493", "BK0493", 90, "board", "新能源", 1, ("link",)),
    ]


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (Mark("0.920519", "国子软件", "link"), ("920519.BJ", "stock")),
        (Mark("116.00700", "腾讯控股", "link"), ("00700.HK", "stock")),
        (Mark("106.NIO", "蔚来", "link"), ("NIO.US", "stock")),
        (Mark("113.cu2501", "沪铜", "link"), ("CU2501.SHF", "future")),
        (Mark("999.X1", "未知", "link"), (None, "other")),
    ],
)
def test_each_market_has_its_symbol_and_kind(mark: Mark, expected: tuple[str | None, str]) -> None:
    (security,) = securities([mark])
    assert (security.symbol, security.kind) == expected


def test_a_chart_is_evidence_but_no_mention() -> None:
    (security,) = securities([Mark("1.601628", "", "chart")])
    assert (security.mentions, security.name, security.evidence) == (0, None, ("chart",))


def test_the_stage_fills_posts_and_counts_unknown_markets() -> None:
    crawler = get_crawler()
    stats = StatsCollector(crawler)
    stage = SecuritiesPipeline(stats)
    post = page(marks=[Mark("999.X1", "甲", "link"), Mark("998.X2", "乙", "link"), Mark("1.601628", "", "chart")])
    assert stage.process_item(post) is post
    assert [security.secid for security in post.securities] == ["999.X1", "998.X2", "1.601628"]
    assert stats.get_value("securities/unknown_market") == 2
    item = Body("a", "b")
    assert stage.process_item(item) is item
    assert stage.process_item(page()).securities == []
