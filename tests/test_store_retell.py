"""What a better parser makes of pages that were stored: as if they had been read so from the first."""

from dataclasses import dataclass
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from store.forms import Gave, wordings
from store.merge import merge
from store.readings import BLOCK, Document, Reading, reading
from store.retell import Retold, retell
from tests.articles import NAME, article, minute


@dataclass(frozen=True)
class Page:
    """What a parser makes of a page."""

    text: str
    digest: str | None = None
    tag: str = "示例日报新闻"


def stored(pages: list[Page], document: Document | None = None, start: int = 0) -> Document:
    """Give the document after pages that were read one a minute."""
    for at, page in enumerate(pages, start):
        document = merge(document, reading(article(page.text, at, digest=page.digest, tags=[page.tag]))).document
    assert document
    return document


def gave(read: Reading) -> Gave:
    return Gave(read.hash, read.said["tags"], read.said["category"])


def retold(before: list[Page], after: list[Page]) -> list[Retold]:
    """Give what is retold where pages, read one a minute, say something else."""
    reads = [
        [reading(article(page.text, at, digest=page.digest, tags=[page.tag])) for at, page in enumerate(pages)]
        for pages in (before, after)
    ]
    both = list(zip(*reads, strict=True))
    changed = [Retold(new, gave(old)) for old, new in both if old.fingerprint != new.fingerprint]
    return changed + [Retold(new, None) for old, new in both if old.fingerprint == new.fingerprint]


def told(document: Document) -> dict[str, Any]:
    """Give what a reader sees of a document, and its time line."""
    names = (*BLOCK, "digest", "tags", "revision", "changed_at", "published_at", "media")
    return {name: document[name] for name in names} | {"line": wordings(document["forms"]["page"])}


PAGES = st.builds(
    Page, st.sampled_from("甲乙丙丁"), st.sampled_from([None, "导语一", "导语二"]), st.sampled_from("子丑")
)


@given(st.lists(st.tuples(PAGES, PAGES), min_size=1, max_size=6))
@example([(Page("甲"), Page("丙")), (Page("乙"), Page("乙")), (Page("甲"), Page("丙"))])
def test_a_document_is_what_its_pages_say_to_the_better_parser(pages: list[tuple[Page, Page]]) -> None:
    before, after = [page for page, _ in pages], [page for _, page in pages]
    merged = retell(stored(before), retold(before, after))
    assert told(merged.document) == told(stored(after))
    assert merged.changed == (told(stored(before)) != told(stored(after))) or before != after
    again = retell(merged.document, retold(after, after))
    assert told(again.document) == told(merged.document)


def test_a_correction_is_no_revision_and_the_next_wording_is() -> None:
    before, after = [Page("旧的。"), Page("新的。")], [Page("旧的，"), Page("新的，")]
    document = stored(before)
    merged = retell(document, retold(before, after))
    assert (document["revision"], merged.document["revision"], merged.revised) == (2, 2, False)
    assert (merged.document["changed_at"], merged.document["text"]) == (minute(1), "新的，")
    assert stored([Page("第三稿")], merged.document, 2)["revision"] == 3


def test_a_revision_that_only_the_parser_saw_is_taken_back() -> None:
    before, after = [Page("正文。广告"), Page("正文。")], [Page("正文。"), Page("正文。")]
    merged = retell(stored(before), retold(before, after))
    assert (merged.document["revision"], merged.document["changed_at"]) == (1, None)
    (gone,) = wordings(stored(before)["forms"]["page"])[:1]
    assert merged.disowned == [f"{NAME}/{int(gone[0].timestamp() * 1000)}/page/{gone[1]}"]
    assert merged.history == []


def test_what_was_stored_is_kept_as_the_parsers() -> None:
    before, after = [Page("旧的。"), Page("正文。")], [Page("旧的，"), Page("正文，")]
    document = stored(before)
    merged = retell(document, retold(before, after))
    rows = {(row["by"], row["text"]): row for row in merged.history}
    assert rows.keys() == {("news", "旧的，"), ("parser", "正文。")}
    own = rows["parser", "正文。"]
    assert (
        own["_id"]
        == f"{NAME}/{int(minute(1).timestamp() * 1000)}/page/{own['content_hash']}/parser/"
        + (document["forms"]["page"]["block_hash"])
    )
    assert (own["at"], own["changed"]) == (minute(1), ["text", "html"])
    assert [name.rpartition("/")[2] for name in merged.disowned] == [
        before_hash for _, before_hash in wordings(document["forms"]["page"])
    ]


def test_other_markup_of_the_same_words_is_kept_too() -> None:
    document = stored([Page("正文。")])
    better = article("正文。")
    better.body.html = "<p><b>正文。</b></p>"
    merged = retell(document, [Retold(reading(better), gave(reading(article("正文。"))))])
    assert (merged.document["html"], merged.document["revision"]) == ("<p><b>正文。</b></p>", 1)
    assert [(row["by"], row["html"], row["changed"]) for row in merged.history] == [
        ("parser", "<p>正文。</p>", ["html"])
    ]
    assert merged.disowned == []


def test_a_page_that_is_left_corrects_what_an_expired_one_had_said_as_well() -> None:
    document = stored([Page("正文。"), Page("正文。")])
    read = reading(article("正文，", 1))
    merged = retell(document, [Retold(read, gave(reading(article("正文。", 1))))])
    assert wordings(merged.document["forms"]["page"]) == [(minute(0), read.hash)]
    assert merged.document["revision"] == 1


def test_a_better_form_that_can_be_read_at_last_is_a_reading_like_any_other() -> None:
    document = stored([Page("正文。")])
    origin = reading(article("全文。", 1, form="origin", published_zoned=True))
    merged = retell(document, [Retold(origin, None)])
    assert (merged.document["body_from"], merged.document["text"], merged.document["revision"]) == (
        "origin",
        "全文。",
        1,
    )
    assert [(row["by"], row["text"]) for row in merged.history] == [("news", "正文。")]
