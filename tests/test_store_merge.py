"""A document is a function of the readings: of their set, not of their order, nor of who was killed meanwhile."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.items import FORMS, Body, Image, Mark, Media, Post, Security
from pipelines.normalise import news_hash
from pipelines.securities import securities
from store.merge import merge
from store.readings import Reading, reading
from tests.articles import NAME, SITE, article, minute

UTC_TIMES: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
ROLLING = NAME.removeprefix("NW")


@dataclass
class Kept:
    """One post in a store, by the writer's rules: history first, then the post; a kill may come in between."""

    document: dict[str, Any] | None = None
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, read: Reading, *, killed: bool = False) -> bool:
        """Write a reading; tell whether the document changed."""
        merged = merge(self.document, read)
        for row in merged.history:
            self.rows.setdefault(row["_id"], row)
        if merged.changed and not killed:
            self.document = bson.decode(bson.encode(merged.document), UTC_TIMES)
        return merged.changed

    def says(self, *readings: Post | Reading) -> dict[str, Any]:
        for read in readings:
            self.write(reading(read) if isinstance(read, Post) else read)
        assert self.document is not None
        return self.document


def stored(*posts: Post) -> dict[str, Any]:
    return Kept().says(*posts)


# --- one example after another -----------------------------------------------------------------------------


def test_a_first_reading_is_the_document() -> None:
    post = article(
        "中国人寿涨停。",
        digest="导语。",
        marks=[Mark("1.601628", "中国人寿", "link"), Mark("999.X1", "未知", "keyword")],
        share_url="https://finews.zning.xyz/html_News/NewsShare.html?infoCode=" + NAME,
    )
    post.body.images = [Image("https://e.com/a.png", "photo", "图")]
    document = stored(post)
    forms = document.pop("forms")
    assert forms.keys() == {"page"}
    assert document == {
        "_id": NAME,
        "title": "标题",
        "text": "中国人寿涨停。",
        "html": "<p>中国人寿涨停。</p>",
        "images": [{"url": "https://e.com/a.png", "kind": "photo", "caption": "图"}],
        "links": [],
        "content_hash": news_hash("标题", "中国人寿涨停。"),
        "text_hash": news_hash("中国人寿涨停。"),
        "hash_version": 1,
        "digest": "导语。",
        "media": {"name": "示例日报", "slug": "shiliribao"},
        "author": None,
        "editor": None,
        "category": "shiliribao",
        "categories": ["shiliribao"],
        "tags": ["示例日报新闻"],
        "share_url": post.share_url,
        "origin_url": None,
        "published_at": datetime(2022, 3, 1, 3, 51, 3, tzinfo=UTC),
        "published_min": datetime(2022, 3, 1, 3, 51, 3, tzinfo=UTC),
        "published_max": datetime(2022, 3, 1, 3, 51, 3, tzinfo=UTC),
        "published_raw": "2022-03-01 11:51:03",
        "published_from": "page",
        "body_from": "page",
        "post_url": post.url,
        "post_urls": [post.url],
        "securities": [
            {
                "secid": "1.601628",
                "symbol": "601628.SH",
                "code": "601628",
                "market": 1,
                "kind": "stock",
                "name": "中国人寿",
                "mentions": 1,
                "evidence": ["link"],
            },
            {
                "secid": "999.X1",
                "symbol": None,
                "code": "X1",
                "market": 999,
                "kind": "other",
                "name": "未知",
                "mentions": 1,
                "evidence": ["keyword"],
            },
        ],
        "symbols": ["601628.SH"],
        "main_symbols": [],
        "missing": ["share"],
        "absent": [],
        "revision": 1,
        "changed_at": None,
        "first_seen_at": minute(0),
        "available_at": minute(0),
        "available_from": "crawl",
    }


def test_the_same_form_saying_something_else_is_a_revision() -> None:
    kept = Kept()
    document = kept.says(article("旧。", 0), article("新。", 5))
    assert (document["text"], document["revision"], document["changed_at"]) == ("新。", 2, minute(5))
    (row,) = kept.rows.values()
    assert row["_id"] == f"{NAME}/{int(minute(0).timestamp() * 1000)}/page/{news_hash('标题', '旧。')}"
    shown = {name: row[name] for name in ("post", "form", "at", "text", "changed")}
    assert shown == {"post": NAME, "form": "page", "at": minute(0), "text": "旧。", "changed": ["text", "html"]}


def test_a_better_form_completes_without_a_revision() -> None:
    kept = Kept()
    document = kept.says(article("短讯。", 0, name=ROLLING), article("全文。", 5))
    assert (document["text"], document["revision"], document["changed_at"]) == ("全文。", 1, None)
    assert [(row["form"], row["text"]) for row in kept.rows.values()] == [("page-rolling", "短讯。")]


def test_a_worse_form_adds_what_it_alone_knows() -> None:
    kept = Kept()
    rolling = article("短讯。", 5, name=ROLLING, digest="导语。", marks=[Mark("106.NIO", "蔚来", "keyword")])
    document = kept.says(article("全文。", 0), rolling)
    assert document["text"] == "全文。"
    assert document["digest"] == "导语。"
    assert document["symbols"] == ["NIO.US"]
    assert (document["category"], document["categories"]) == ("shiliribao", ["shiliribao", "emnews"])
    assert document["tags"] == ["示例日报新闻", "东财滚动新闻"]
    assert document["post_urls"] == [
        f"{SITE}/shiliribao/2022/03/01/{NAME}.html",
        f"{SITE}/emnews/2022/03/01/{ROLLING}.html",
    ]
    assert [(row["form"], row["text"]) for row in kept.rows.values()] == [("page-rolling", "短讯。")]


def test_a_worse_form_reworded_is_no_revision() -> None:
    kept = Kept()
    document = kept.says(
        article("全文。", 0), article("短讯。", 1, name=ROLLING), article("短讯二。", 2, name=ROLLING)
    )
    assert document["revision"] == 1
    assert [row["text"] for row in kept.rows.values()] == ["短讯。", "短讯二。"]


def test_revisions_of_a_form_that_a_better_one_overtook_stay_counted_in_any_order() -> None:
    first, second = article("短讯。", 1, name=ROLLING), article("短讯二。", 2, name=ROLLING)
    better = article("短讯。", 3)  # the same words as the first
    orders = ([first, second, better], [better, first, second], [second, better, first], [better, second, first])
    assert [stored(*order)["revision"] for order in orders] == [2, 2, 2, 2]


def test_the_media_page_goes_before_a_rolling_source() -> None:
    source = article("源文。", 0, name=ROLLING, form="source-rolling")
    document = stored(source, article("全文。", 1))
    assert (document["body_from"], document["category"], document["post_url"]) == (
        "page",
        "shiliribao",
        f"{SITE}/shiliribao/2022/03/01/{NAME}.html",
    )


def test_other_markup_replaces_the_block_and_is_no_revision() -> None:
    kept = Kept()
    old, new = article("正文。", 0), article("正文。", 5)
    new.body.html = "<p>正文<br>。</p>"
    document = kept.says(old, new)
    assert (document["html"], document["revision"], kept.rows) == ("<p>正文<br>。</p>", 1, {})


@pytest.mark.parametrize("order", [(0, 5, 9), (0, 9, 5), (9, 5, 0), (5, 9, 0)])
def test_the_youngest_markup_stays_whatever_came_last(order: tuple[int, ...]) -> None:
    posts = {at: article("正文。", at) for at in order}
    for at, post in posts.items():
        post.body.html = f"<p>{at}</p>"
    assert stored(*(posts[at] for at in order))["html"] == "<p>9</p>"


def test_a_return_to_an_earlier_wording_is_two_revisions() -> None:
    document = stored(article("甲。", 0), article("乙。", 2), article("甲。", 5))
    assert (document["text"], document["revision"], document["changed_at"]) == ("甲。", 3, minute(5))


def test_of_a_return_whose_middle_comes_last_the_second_half_is_known_by_what_it_changed() -> None:
    other_markup = article("甲。", 5)
    other_markup.body.html = "<p><b>甲。</b></p>"
    document = stored(article("甲。", 0), other_markup, article("乙。", 2))
    assert (document["html"], document["revision"], document["changed_at"]) == ("<p><b>甲。</b></p>", 3, minute(5))


def test_of_a_return_that_changed_nothing_else_the_next_reading_repairs_what_the_middle_spoilt() -> None:
    readings = [article("甲。", 0), article("甲。", 5), article("乙。", 2)]
    assert stored(*readings)["text"] == "乙。", "the known limit: a repeated sighting is not written"
    document = stored(*readings, article("甲。", 7))
    assert (document["text"], document["revision"], document["changed_at"]) == ("甲。", 3, minute(7))


def test_a_reading_that_arrives_late_moves_only_what_tells_when() -> None:
    late_first = stored(article("旧。", 9), article("新。", 12), article("旧。", 2))
    assert late_first == stored(article("旧。", 2), article("旧。", 9), article("新。", 12))
    assert (late_first["first_seen_at"], late_first["revision"]) == (minute(2), 2)


def test_silence_takes_nothing_back() -> None:
    dated = article("正文。", 0, digest="导语。", author="某人")
    archived = article("正文。", 9, url=f"{SITE}/old_post/2022-03-01-{NAME}.html", category=None, tags=[])
    for order in ([dated, archived], [archived, dated]):
        document = stored(*order)
        assert document["category"] == "shiliribao"
        assert document["tags"] == ["示例日报新闻"]
        assert document["digest"] == "导语。"
        assert document["author"] == "某人"
        assert document["post_url"] == dated.url
        assert document["post_urls"] == [dated.url, archived.url]


def test_all_tags_and_categories_ever_seen_stay_the_present_ones_first() -> None:
    old = article("正文。", 0, tags=["甲新闻"], category="jia")
    new = article("正文。", 5, tags=["乙新闻"], category="yi")
    document = stored(old, new)
    assert (document["tags"], document["categories"]) == (["乙新闻", "甲新闻"], ["yi", "jia"])
    assert (document["category"], document["media"]) == ("yi", {"name": "乙", "slug": "yi"})


def test_a_text_that_names_no_security_any_more_has_none() -> None:
    marks = [Mark("1.601628", "中国人寿", "link")]
    assert stored(article("中国人寿。", 0, marks=marks), article("某公司。", 5))["symbols"] == []


def test_securities_of_all_forms_are_united() -> None:
    page = article("全文。", 0, marks=[Mark("1.601628", "", "chart"), Mark("0.300343", "联创股份", "link")])
    marks = [Mark("0.300343", "联创", "keyword")] * 3 + [Mark("1.601628", "中国人寿", "link")]
    document = stored(page, article("短讯。", 5, name=ROLLING, marks=marks))
    assert [
        (entry["symbol"], entry["name"], entry["mentions"], entry["evidence"]) for entry in document["securities"]
    ] == [
        ("601628.SH", "中国人寿", 1, ["chart", "link"]),
        ("300343.SZ", "联创股份", 3, ["link", "keyword"]),
    ]
    assert document["symbols"] == ["300343.SZ", "601628.SH"]


def test_missing_names_upstream_forms_until_they_are_read() -> None:
    share = "https://finews.zning.xyz/html_News/NewsShare.html?infoCode=" + NAME
    origin = "https://finance.eastmoney.com/a/202203012299000001.html"
    document = stored(article("正文。", 0, share_url=share, origin_url=origin))
    assert document["missing"] == ["share", "origin"]
    shared = article("正文。", 5, form="share")
    assert stored(article("正文。", 0, share_url=share, origin_url=origin), shared)["missing"] == ["origin"]


# --- main_symbols ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secid", "name", "evidence", "title", "is_main"),
    [
        ("1.601628", "中国人寿", "chart", "大盘收涨", True),
        ("1.601628", "中国人寿", "upstream", "大盘收涨", True),
        ("1.601628", "中国人寿", "link", "中国人寿公布保费", True),
        ("1.601628", "中国人寿", "keyword", "保险板块走强", False),
        ("1.601099", "太平洋", "link", "海上风电提速", False),
        ("0.000002", "万 科Ａ", "link", "万科A获增持", True),
        ("0.000002", "万科A", "link", "万　科Ａ获增持", True),
        ("0.002456", "欧菲光", "link", "机构调研(002456)", True),
        ("0.002456", "欧菲光", "link", "成交10024561元", False),
        ("0.002456", "欧菲光", "link", "报价0.002456", False),
        ("116.00700", "", "link", "腾讯00700.HK大涨", True),
        ("106.NIO", "蔚来", "link", "NIO.US盘前涨", True),
        ("106.NIO", "蔚来", "link", "SENIOR officials", False),
        ("106.A", "安捷伦", "link", "A股三大指数收涨", False),
        ("999.X1", "未知", "chart", "未知", False),
    ],
)
def test_main_symbols_are_those_the_post_is_about(
    secid: str, name: str, evidence: str, title: str, is_main: bool
) -> None:
    post = article("正文。", title=title)
    post.securities = securities([Mark(secid, name, evidence)])
    document = stored(post)
    assert bool(document["main_symbols"]) is is_main
    assert set(document["main_symbols"]) <= set(document["symbols"])
    post.title, post.digest = "标题", title
    assert bool(stored(post)["main_symbols"]) is is_main


def test_a_name_does_not_reach_from_title_into_digest() -> None:
    post = article("正文。", title="关注中国", digest="人寿保险走强", marks=[Mark("1.601628", "中国人寿", "link")])
    assert stored(post)["main_symbols"] == []


# --- times -------------------------------------------------------------------------------------------------

EARLY = "202112082299000001"
LATE_STAMP = "2021-12-08 18:46:18"
MORNING, EVENING = datetime(2021, 12, 8, 2, 46, 18, tzinfo=UTC), datetime(2021, 12, 8, 10, 46, 18, tzinfo=UTC)


def early(read_at: datetime, **fields: Any) -> Post:
    return article(name=EARLY, published_raw=LATE_STAMP, fetched_at=read_at, **fields)


def test_a_time_that_was_certain_stays_certain() -> None:
    young, old = early(datetime(2021, 12, 8, 4, tzinfo=UTC)), early(datetime(2022, 3, 1, tzinfo=UTC))
    for order in ([young, old], [old, young]):
        document = stored(*order)
        assert (document["published_at"], document["published_from"]) == (MORNING, "page-8h")
    kept = Kept()
    kept.says(young)
    assert not kept.write(reading(old)), "a second reading of the same page says nothing new"


def test_an_exact_time_of_any_form_goes_before_bounds() -> None:
    undecided = early(datetime(2022, 3, 1, tzinfo=UTC))
    document = stored(undecided)
    assert (document["published_at"], document["published_min"], document["published_max"]) == (
        None,
        MORNING,
        EVENING,
    )
    upstream = article(
        name=EARLY, form="list", published_raw="2021-12-08 10:46:18", fetched_at=datetime(2022, 3, 2, tzinfo=UTC)
    )
    for order in ([undecided, upstream], [upstream, undecided]):
        document = stored(*order)
        assert (document["published_at"], document["published_from"]) == (MORNING, "list")


def serial_decision(kept: Kept) -> None:
    assert kept.document is not None
    kept.document |= {
        "published_at": MORNING,
        "published_min": MORNING,
        "published_max": MORNING,
        "published_from": "serial",
    }


def test_a_decision_by_serial_holds_until_a_form_knows_better() -> None:
    kept = Kept()
    kept.says(early(datetime(2022, 3, 1, tzinfo=UTC)))
    serial_decision(kept)
    assert not kept.write(reading(early(datetime(2022, 3, 2, tzinfo=UTC))))
    document = kept.says(early(datetime(2022, 3, 3, tzinfo=UTC), text="新正文。"))
    assert (document["text"], document["published_from"], document["published_at"]) == (
        "新正文。",
        "serial",
        MORNING,
    )
    source = article(
        name=EARLY,
        form="source-rolling",
        published_raw="2021-12-08 10:46:18",
        fetched_at=datetime(2022, 3, 4, tzinfo=UTC),
    )
    document = kept.says(source)
    assert (document["published_from"], document["published_at"]) == ("source", MORNING)


def test_a_decision_by_serial_falls_with_the_time_it_was_about() -> None:
    kept = Kept()
    kept.says(early(datetime(2022, 3, 1, tzinfo=UTC)))
    serial_decision(kept)
    document = kept.says(
        article(name=EARLY, published_raw="2021-12-08 20:00:00", fetched_at=datetime(2022, 3, 2, tzinfo=UTC))
    )
    assert document["published_at"] is None
    assert document["published_max"] == datetime(2021, 12, 8, 12, tzinfo=UTC)


# --- sources -----------------------------------------------------------------------------------------------


def source(text: str = "正文。", at: int = 0, **fields: Any) -> Post:
    """Give a Jekyll source without a history, read at minute `at`."""
    return article(text, at, **{"form": "source", "source_raw": text, "published_zoned": True, **fields})


def test_a_source_tells_by_its_commit_when_it_said_so() -> None:
    document = stored(source("旧。", 90, committed_at=minute(2)), source("新。", 90, committed_at=minute(7)))
    assert (document["text"], document["revision"], document["changed_at"]) == ("新。", 2, minute(7))
    assert (document["first_seen_at"], document["available_at"]) == (minute(90), minute(2))
    assert document["available_from"] == "commit"
    assert [version["at"] for version in document["forms"]["source"]["sources"]] == [minute(2), minute(7)]


def test_a_source_without_a_history_stands_where_the_post_was_published() -> None:
    published = datetime(2022, 3, 1, 3, 51, 3, tzinfo=UTC)
    versions = [source("旧。", 9, source_order=100), source("新。", 9, source_order=500)]
    for order in (versions, versions[::-1], [*versions[::-1], source("旧。", 99, source_order=100)]):
        document = stored(*order)
        assert (document["text"], document["revision"], document["first_seen_at"]) == ("新。", 2, minute(9))
        assert (document["available_at"], document["available_from"]) == (published, "published")
    undated = stored(source("旧。", 9, published_raw=None), source("新。", 9, published_raw=None, source_order=1))
    assert (undated["text"], undated["available_at"], undated["available_from"]) == ("新。", minute(9), "crawl")


def test_available_is_the_earliest_of_all_that_tells() -> None:
    fetched = article("正文。", 1)
    for order in ([fetched, source(at=5)], [source(at=5), fetched]):
        assert stored(*order)["available_from"] == "published"
    late = source(at=5, committed_at=minute(3))
    for order in ([fetched, late], [late, fetched]):
        document = stored(*order)
        assert (document["available_at"], document["available_from"]) == (minute(1), "crawl")
    from_the_future = source(at=1, committed_at=minute(8))
    assert stored(from_the_future)["available_at"] == minute(1)


def test_versions_that_differ_in_footers_only_are_remembered_and_make_no_revision() -> None:
    document = stored(source(source_raw="a"), source(source_raw="b", source_order=5), source(at=7, source_raw="b"))
    assert (document["revision"], len(document["forms"]["source"]["sources"])) == (1, 2)


def test_a_source_of_no_page_has_no_address() -> None:
    assert (stored(source(url=""))["post_url"], stored(source(url=""))["post_urls"]) == (None, [])


# --- any readings, any order, any kills --------------------------------------------------------------------


@dataclass(frozen=True)
class Sighting:
    """What a form said at a minute; of each field a number that only grows, since A, B, A is a known limit."""

    form: str
    at: int
    words: int
    markup: int
    digest: int | None
    tag: int | None
    securities: int
    printed: int
    certain: bool
    late: int
    """Minutes later that a source was read; the minute it said so is that of its commit."""

    @property
    def read_at(self) -> int:
        return self.at + (self.late if self.form.startswith("source") else 0)

    def read(self) -> Reading:
        text = f"{self.words}。"  # the same words in every form: their hashes meet
        at = minute(self.printed)
        is_source = self.form.startswith("source")
        post = Post(
            url=f"{SITE}/{self.form}/{self.tag}.html",
            form=self.form,
            fetched_at=minute(self.read_at),
            source_raw=f"{self.words} {self.markup}" if is_source else None,
            committed_at=minute(self.at) if is_source else None,
            name=NAME,
            title="题",
            body=Body(text, f"<p>{text}{self.markup}</p>"),
            digest=None if self.digest is None else f"{self.form}{self.digest}",
            tags=[] if self.tag is None else [f"{self.form}{self.tag}", "共"],
            category=None if self.tag is None else f"{self.form}{self.tag}",
            post=NAME,
            media=Media("某报", "moubao"),
            published_raw=str(self.printed),
            published_at=at if self.certain else None,
            published_min=at if self.certain else minute(self.printed - 480),
            published_max=at,
            published_from=self.form.split("-")[0],
            content_hash=news_hash(text),
            text_hash=news_hash(text),
            securities=[
                Security(f"1.{self.securities}", f"{self.securities}.SH", "", 1, "stock", None, 1, ("link",))
            ],
        )
        return reading(post)


@st.composite
def sightings(draw: st.DrawFn) -> list[Sighting]:
    """Draw what several forms said, oldest first; times may meet across forms."""
    found = []
    for form in draw(st.lists(st.sampled_from(FORMS), min_size=1, max_size=4, unique=True)):
        times = sorted(draw(st.sets(st.integers(0, 12), min_size=1, max_size=5)))
        numbers = [0] * 6
        for at in times:
            numbers = [number + draw(st.integers(0, 1)) for number in numbers]
            words, markup, digest, tag, securities, printed = numbers
            silent, untagged, certain = (draw(st.booleans()) for _ in range(3))
            found.append(
                Sighting(
                    form=form,
                    at=at,
                    words=words,
                    markup=markup,
                    digest=None if silent else digest,
                    tag=None if untagged else tag,
                    securities=securities,
                    printed=printed,
                    certain=certain,
                    late=draw(st.integers(0, 9)),
                )
            )
    return found


def expected(found: list[Sighting]) -> dict[str, Any]:
    """Give what the document must say, from all sightings at once."""
    by_form: dict[str, list[Sighting]] = {}
    for sighting in sorted(found, key=lambda one: one.at):
        by_form.setdefault(sighting.form, []).append(sighting)
    ranked = [by_form[form] for form in FORMS if form in by_form]
    best = ranked[0][-1]
    revision, current = 1, None
    for one in sorted(found, key=lambda one: (one.at, -FORMS.index(one.form))):
        if current is None or FORMS.index(one.form) < FORMS.index(current.form):
            current = one
        elif one.form == current.form:
            revision += one.words != current.words
            current = one
    digests = [next((one for one in reversed(form) if one.digest is not None), None) for form in ranked]
    digest = next((one for one in digests if one), None)
    certain = [
        next(one for one in reversed(form) if one.certain) for form in ranked if any(o.certain for o in form)
    ]
    sources = ["origin", "share", "source", "list", "page"]
    dated = min(certain, key=lambda one: sources.index(one.form.split("-")[0]), default=None)
    return {
        "text": f"{best.words}。",
        "html": f"<p>{best.words}。{best.markup}</p>",
        "body_from": best.form.split("-")[0],
        "revision": revision,
        "digest": f"{digest.form}{digest.digest}" if digest else None,
        "published_at": minute(dated.printed) if dated else None,
        "symbols": sorted({f"{form[-1].securities}.SH" for form in ranked}),
        "first_seen_at": minute(min(one.read_at for one in found)),
        "available_at": minute(min(one.at for one in found)),
    }


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_order_any_replay_any_kill_ends_in_the_same_document(data: st.DataObject) -> None:
    found = data.draw(sightings())
    in_order = Kept().says(*(one.read() for one in sorted(found, key=lambda one: one.at)))
    assert {name: in_order[name] for name in expected(found)} == expected(found)
    replays = data.draw(st.lists(st.sampled_from(found), max_size=4))
    kept = Kept()
    for one in data.draw(st.permutations(found + replays)):
        for killed in (*data.draw(st.lists(st.just(True), max_size=2)), False):
            kept.write(one.read(), killed=killed)
    assert kept.document == in_order
    rows = len(kept.rows)
    assert not any(kept.write(one.read()) for one in found), "a replay changes nothing"
    assert len(kept.rows) == rows
    wordings = {entry["hash"] for form in in_order["forms"].values() for entry in [form, *form["earlier"]]}
    kept_wordings = {row["content_hash"] for row in kept.rows.values()} | {in_order["content_hash"]}
    assert wordings <= kept_wordings, "every wording is kept: in the post or in its history"
