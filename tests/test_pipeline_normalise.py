"""One form for every value: whatever the words, and however often they pass."""

import unicodedata
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Body
from pipelines import InvalidPostError
from pipelines.normalise import NormalisePipeline, news_hash, normalised, same_words
from tests.articles import NAME, page

words = st.text(
    st.one_of(st.characters(), st.sampled_from("。，（） \t\n\u3000\xa0\ud800Ａa①é\u0301\u200b\0\r*")), max_size=12
)


# --- any words ---------------------------------------------------------------------------------------------


@given(
    words,
    words,
    st.one_of(st.none(), words),
    st.lists(words, max_size=2),
    st.sampled_from([NAME, NAME[2:], "init"]),
)
def test_a_normalised_post_passes_unchanged(
    title: str, text: str, digest: str | None, tags: list[str], name: str
) -> None:
    post = page(text, name=name, title=title, digest=digest, tags=tags)
    says_something = any(
        not character.isspace() and unicodedata.category(character) not in {"Cc", "Cs"}
        for character in title + text + (digest or "")
    )
    if not says_something:
        with pytest.raises(InvalidPostError):
            normalised(post)
        return
    once = normalised(post)
    assert normalised(deepcopy(once)) == once
    for value in (once.title, once.body.text, once.digest or "", *once.tags):
        assert unicodedata.is_normalized("NFC", value)
        value.encode()  # no lone surrogate is left
        assert "\0" not in value
        assert "\r" not in value
    assert once.title == once.title.strip()
    assert once.title or once.body.text
    assert once.digest is None or once.digest.strip() == once.digest != ""


plain_words = st.text("新闻净流入，。%+-.（）AaZz0189", min_size=1, max_size=12)


@given(plain_words, plain_words, st.sampled_from([" ", "\u3000", "\xa0", "\n", "\t", ""]))
def test_hashes_do_not_see_width_and_blanks(title: str, text: str, blank: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)
    assert news_hash(title, text) == news_hash(blank.join(title), f"{blank}{blank.join(wide)}{blank}")
    assert news_hash(title, text) != news_hash(title, text + "新")
    assert news_hash(title, text) != news_hash(title + "新", text)


# --- title, text, digest -----------------------------------------------------------------------------------


def test_hashes_change_with_the_news_and_with_nothing_else() -> None:
    post = normalised(page("净流入80亿元。", title="北向资金"))
    assert post.content_hash == news_hash("北向资金", "净流入80亿元。")
    assert post.text_hash == news_hash("净流入80亿元。")
    # printf '北向资金\n净流入80亿元。' | sha256sum
    assert post.content_hash == "f9869fb41c3025b394fbf7aa02e080b4b8db3d9357d65b11d62bd3368c4ac942"
    same = page("净流入８０亿元。", title="北向 资金", digest="净流入", author="某人", tags=["别的"])
    same.body.html = "<p>净流入<br>80亿元。</p>"
    assert (normalised(same).content_hash, same.text_hash) == (post.content_hash, post.text_hash)
    assert normalised(page("净流入90亿元。", title="北向资金")).content_hash != post.content_hash
    retitled = normalised(page("净流入80亿元。", title="南向资金"))
    assert (retitled.content_hash != post.content_hash, retitled.text_hash) == (True, post.text_hash)


def test_words_do_not_move_between_title_and_text_unnoticed() -> None:
    assert news_hash("甲乙", "丙") != news_hash("甲", "乙丙")
    assert news_hash("甲", "") != news_hash("", "甲")


def test_the_title_is_nfc_and_trimmed() -> None:
    assert normalised(page(title="\u3000Cafe\u0301 大涨\0\n")).title == "Café 大涨"


@pytest.mark.parametrize(
    ("digest", "kept"),
    [
        ("央行：降准。", None),
        ("【央行 降准】", None),
        ("央行降准", None),
        ("央 行　降－准！", None),
        ("央行降准0.5个百分点", "央行降准0.5个百分点"),
        ("央行", "央行"),
        ("", None),
        ("  \n ", None),
        (None, None),
    ],
)
def test_a_digest_that_only_repeats_the_title_is_none(digest: str | None, kept: str | None) -> None:
    assert normalised(page("正文。", title="央行降准", digest=digest)).digest == kept


def test_same_words_looks_past_punctuation_blanks_and_width_only() -> None:
    assert same_words("ＡＢＣ，1.5%", "abc 1 5")
    assert not same_words("涨1.5%", "涨2.5%")
    assert not same_words("涨", "跌")


def test_a_flash_that_is_all_digest_has_it_as_text() -> None:
    post = normalised(page("", title="快讯", digest="第一行<b>\n第二行"))
    assert (post.body.text, post.digest) == ("第一行<b>\n第二行", None)
    assert post.body.html == "<p>第一行&lt;b&gt;</p>\n<p>第二行</p>"


def test_a_flash_whose_digest_is_its_title_still_says_it() -> None:
    post = normalised(page("", title="央行降准", digest="央行降准。"))
    assert (post.body.text, post.digest) == ("央行降准。", None)


def test_empty_cells_at_the_ends_of_a_text_stay() -> None:
    assert normalised(page("\t甲\n乙\t\n")).body.text == "\t甲\n乙\t"
    assert normalised(page("\t\n \t", title="题")).body.text == ""


@pytest.mark.parametrize("blank", ["", " \u3000\n", "\0\ud800"])
def test_a_post_that_says_nothing_is_rejected(blank: str) -> None:
    with pytest.raises(InvalidPostError, match="post: 'says nothing'"):
        normalised(page(blank, title=blank, digest=blank))
    assert normalised(page("", title="题")).title == "题"


# --- identity ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("202112082206885265", "NW202112082206885265"),
        ("NW202112082206885265", "NW202112082206885265"),
        ("20180912944502216", "NW20180912944502216"),
        ("AN202608141827992716", "AN202608141827992716"),
        ("AP202608141827992716", "AP202608141827992716"),
        ("CFH20260702101113747001360", "CFH20260702101113747001360"),
        ("20260702101113747001360", "CFH20260702101113747001360"),
        # printf 'sitenews/init' | sha256sum | cut -c1-20
        ("init", "Ua4856ffe454273a17473"),
    ],
)
def test_an_article_has_one_identity_in_all_its_forms(name: str, identity: str) -> None:
    post = normalised(page(name=name, category="sitenews", url="https://elsewhere.example/x.html"))
    assert post.post == identity


def test_an_identity_without_a_code_comes_from_category_and_name_alone() -> None:
    one = normalised(page(name="init", category="sitenews", fetched_at=page().fetched_at, title="甲"))
    other = normalised(
        page(name="init", category="sitenews", at=99, title="乙", url="https://e.com/old_post/x.html")
    )
    assert one.post == other.post
    assert one.post != normalised(page(name="init", category="other")).post
    assert one.post != normalised(page(name="init2", category="sitenews")).post


@pytest.mark.parametrize(
    ("name", "linked", "origin"),
    [
        (NAME, "http://stock.eastmoney.com/news/1354,202203012299000001.html", "202203012299000001"),
        (NAME[2:], "https://finance.eastmoney.com/a/202203012299000001.html", "202203012299000001"),
        (NAME, None, None),
        ("AN202608141827992716", "https://finance.eastmoney.com/a/202203012299000001.html", None),
    ],
)
def test_the_origin_is_the_canonical_page_whatever_was_linked(
    name: str, linked: str | None, origin: str | None
) -> None:
    post = normalised(page(name=name, origin_url=linked))
    assert post.origin_url == (f"https://finance.eastmoney.com/a/{origin}.html" if origin else None)


def test_other_items_pass() -> None:
    item = Body("a", "b")
    assert NormalisePipeline().process_item(item) is item
