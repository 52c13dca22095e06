"""Every URL form of every host: recognised, built, and given one spelling."""

from datetime import date
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crawler.urls import (
    PageKind,
    PostPlace,
    article_id,
    article_url,
    canonical_url,
    category_slug,
    category_url,
    is_site_url,
    media_name,
    media_slug,
    page_kind,
    post_day,
    post_id,
    post_place,
    quote_url,
    share_code,
    site_url,
    tag_category,
    uncoded_post_id,
)

SITE = "https://finews.withounder.com/"
POST = f"{SITE}emnews/2021/12/08/202112082206672930.html"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://a.cn", "http://a.cn/"),
        ("HTTP://A.Cn:80/B?Q=1#f", "http://a.cn/B?Q=1"),
        ("https://a.cn:443/", "https://a.cn/"),
        ("https://a.cn:80/", "https://a.cn:80/"),
        ("https://a.cn./x", "https://a.cn/x"),
        ("https://user:secret@a.cn/", "https://a.cn/"),
        ("https://a.cn?x", "https://a.cn/?x"),
        (" https://a.cn/b c\n", "https://a.cn/b%20c"),
        ("https://a.cn/%e4%b8%ad 中", "https://a.cn/%E4%B8%AD%20%E4%B8%AD"),
        ("https://a.cn/100%", "https://a.cn/100%25"),
        ("https://a.cn/%2f%zz", "https://a.cn/%2F%25zz"),
        ("https://a.cn/a(b)c;d,e+f~g", "https://a.cn/a(b)c;d,e+f~g"),
        ('https://a.cn/"><b>', "https://a.cn/%22%3E%3Cb%3E"),
        ("https://a.cn/?nid=1.600519&imageType=k&&b=&a", "https://a.cn/?nid=1.600519&imageType=k&&b=&a"),
        ("https://a.cn/?q=中 文&r=[1|2]{3}", "https://a.cn/?q=%E4%B8%AD%20%E6%96%87&r=[1|2]{3}"),
        ("https://a.cn//b", "https://a.cn//b"),
        ("https://中国.cn/", "https://xn--fiqs8s.cn/"),
        ("http://127.0.0.1:8765/x", "http://127.0.0.1:8765/x"),
        ("http://[::1]:8765/x", "http://[::1]:8765/x"),
        ("http://a_b.cn/", "http://a_b.cn/"),
        ("https://a.cn/\ud800", "https://a.cn/%3F"),
    ],
)
def test_canonical_url(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical
    assert canonical_url(url, POST) == canonical


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("//finews.withounder.com/emnews/", f"{SITE}emnews/"),
        ("/category/a b.html", f"{SITE}category/a%20b.html"),
        ("../emnews/", f"{SITE}emnews/2021/12/emnews/"),
        ("./", f"{SITE}emnews/2021/12/08/"),
        ("../../../../../../x", f"{SITE}x"),
        ("?q=1", f"{POST}?q=1"),
        ("#top", POST),
        ("", None),
        (" \n\u3000", None),
    ],
)
def test_relative_urls_count_from_the_page(url: str, canonical: str | None) -> None:
    assert canonical_url(url, POST) == canonical
    assert canonical_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "javascript:void(0)",
        "JAVASCRIPT://a.cn/%0aalert(1)",
        "data:text/html,x",
        "mailto:a@a.cn",
        "ftp://a.cn/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://[",
        "http://[::1",
        "http://a.cn:x/",
        "http://a.cn:99999/",
        "http://a b.cn/",
        "http://a<b>.cn/",
        "http://a\\b.cn/",
        "http://a\x01b.cn/",
        "http://.cn/",
        "http://-/",
        "http://" + "中" * 64 + ".cn/",
        "http://\u2100.cn/",
    ],
)
def test_what_is_no_web_address(url: str) -> None:
    assert canonical_url(url) is None
    assert canonical_url(url, POST) is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", PageKind.HOME),
        ("emnews/", PageKind.ROLLING),
        ("emnews", PageKind.ROLLING),
        ("feed.xml", PageKind.FEED),
        ("category/emnews.html", PageKind.CATEGORY),
        ("category/emnews", PageKind.CATEGORY),
        ("category/21shijijingjibaodao%20%2021caijingAPP.html", PageKind.CATEGORY),
        ("category/anxinguojizhengquan(xianggang).html", PageKind.CATEGORY),
        ("emnews/2021/12/08/202112082206672930.html", PageKind.POST),
        ("21shijijingjibaodao/21caijingapp/2022/02/28/NW202202282291000004.html", PageKind.POST),
        ("2021/12/08/202112082206703990.html", PageKind.POST),
        ("sitenews/2021/12/01/init.html", PageKind.POST),
        ("old_post/2021-12-08-202112082206672930.html", PageKind.ARCHIVED),
        ("old_post/-202205262391921712.html", PageKind.ARCHIVED),
        ("old_post/notes.html", PageKind.OTHER),
        ("emnews/2021/12/emnews/", PageKind.OTHER),
        ("emnews/2021/12/08/", PageKind.OTHER),
        ("404.html", PageKind.OTHER),
        ("requirements.txt", PageKind.OTHER),
        ("assets/css/style.css", PageKind.OTHER),
        ("category/", PageKind.OTHER),
    ],
)
@pytest.mark.parametrize("site", [SITE, "http://127.0.0.1:8765/"])
def test_pages_of_the_site(path: str, kind: PageKind, site: str) -> None:
    assert page_kind(site + path, site) is kind


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://finews.zning.me/emnews/", PageKind.ROLLING),
        ("http://finews.withounder.com/", PageKind.HOME),
        ("http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202202072268137156", PageKind.SHARE),
        ("http://finance.eastmoney.com/a/202112082206672930.html", PageKind.ARTICLE),
        ("https://quote.eastmoney.com/unify/r/1.601628", PageKind.OTHER),
        ("https://example.org/emnews/", PageKind.OTHER),
        ("https://finews.withounder.com.example.org/", PageKind.OTHER),
        ("https://finews.withounder.com:8443/", PageKind.OTHER),
    ],
)
def test_pages_elsewhere(url: str, kind: PageKind) -> None:
    assert page_kind(url, SITE) is kind


def test_a_moved_site_knows_its_own_host_only() -> None:
    assert is_site_url("http://127.0.0.1:8765/x", "http://127.0.0.1:8765/")
    assert not is_site_url("http://127.0.0.1:8766/x", "http://127.0.0.1:8765/")
    assert not is_site_url(POST, "http://127.0.0.1:8765/")
    assert site_url("http://finews.zning.me/a%20b/?q=1", SITE) == f"{SITE}a%20b/?q=1"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (
            "emnews/2021/12/08/202112082206672930.html",
            PostPlace("emnews", date(2021, 12, 8), "202112082206672930", archived=False, rebuilt=False),
        ),
        (
            "21shijijingjibaodao/21caijingapp/2022/02/28/NW202202282291000004.html",
            PostPlace(
                "21shijijingjibaodao 21caijingapp",
                date(2022, 2, 28),
                "NW202202282291000004",
                archived=False,
                rebuilt=False,
            ),
        ),
        (
            "anxin%28xianggang%29/2022/02/28/x.html",
            PostPlace("anxin(xianggang)", date(2022, 2, 28), "x", archived=False, rebuilt=False),
        ),
        (
            "2021/12/08/202112082206703990.html",
            PostPlace(None, date(2021, 12, 8), "202112082206703990", archived=False, rebuilt=False),
        ),
        (
            "2022/06/02/2022-05-25-NW202205252390829633.html",
            PostPlace(None, date(2022, 6, 2), "NW202205252390829633", archived=False, rebuilt=True),
        ),
        (
            "2022/06/02/-202205262391921712.html",
            PostPlace(None, date(2022, 6, 2), "202205262391921712", archived=False, rebuilt=True),
        ),
        (
            "old_post/2021-12-08-202112082206672930.html",
            PostPlace(None, date(2021, 12, 8), "202112082206672930", archived=True, rebuilt=False),
        ),
        (
            "old_post/-202205262391921712.html",
            PostPlace(None, None, "202205262391921712", archived=True, rebuilt=False),
        ),
        (
            "old_post/2021-12-01-init.html",
            PostPlace(None, date(2021, 12, 1), "init", archived=True, rebuilt=False),
        ),
        ("emnews/2021/13/08/x.html", None),
        ("emnews/2021/02/30/x.html", None),
        ("old_post/2021-13-08-x.html", None),
        ("emnews/0001/01/01/x.html", None),  # the day before does not exist
        ("emnews/9999/12/31/x.html", None),  # nor does the day after
        ("emnews/", None),
        ("category/x.html", None),
    ],
)
def test_post_place(path: str, place: PostPlace | None) -> None:
    assert post_place(SITE + path) == place


@pytest.mark.parametrize(
    ("slug", "path"),
    [
        ("Wind", "category/Wind.html"),
        ("21shijijingjibaodao  21caijingAPP", "category/21shijijingjibaodao%20%2021caijingAPP.html"),
        ("anxinguojizhengquan(xianggang)", "category/anxinguojizhengquan(xianggang).html"),
        ("zhengquanshibao·egongsi", "category/zhengquanshibao%C2%B7egongsi.html"),
        ("100%", "category/100%25.html"),
    ],
)
def test_category_pages(slug: str, path: str) -> None:
    assert category_url(SITE, slug) == canonical_url(SITE + path)
    assert category_slug(SITE + path) == slug
    assert page_kind(SITE + path, SITE) is PageKind.CATEGORY


def test_category_slug() -> None:
    assert category_slug(f"{SITE}emnews/2021/12/category/Wind.html") == "Wind"
    assert category_slug(f"{SITE}category/Wind") == "Wind"
    assert category_slug(f"{SITE}emnews/") is None
    assert category_slug("") is None


@pytest.mark.parametrize(
    ("tag", "name", "slug"),
    [
        ("银川新闻网新闻", "银川新闻网", "yinchuanxinwenwang"),
        ("每日经济新闻新闻", "每日经济新闻", "meirijingjixinwen"),
        ("央视新闻客户端新闻", "央视新闻客户端", "yangshixinwenkehuduan"),
        ("Wind新闻", "Wind", "Wind"),
        ("21世纪经济报道 21财经APP新闻", "21世纪经济报道 21财经APP", "21shijijingjibaodao 21caijingAPP"),
        ("安信国际证券(香港)新闻", "安信国际证券(香港)", "anxinguojizhengquan(xianggang)"),
        ("Career In 投行PEVC新闻", "Career In 投行PEVC", "Career In touxingPEVC"),
        ("证券时报·e公司新闻", "证券时报·e公司", "zhengquanshibao·egongsi"),
    ],
)
def test_media_of_tags(tag: str, name: str, slug: str) -> None:
    assert (media_name(tag), media_slug(name), tag_category(tag)) == (name, slug, slug)


def test_the_two_tags_that_name_no_medium() -> None:
    assert tag_category("东财滚动新闻") == "emnews"
    assert tag_category("站长消息") == "sitenews"


@pytest.mark.parametrize("host", ["finews.zning.xyz", "choicewzp1.eastmoney.com", "app.jg.eastmoney.com"])
def test_share_code(host: str) -> None:
    page = f"http://{host}/html_News/NewsShare.html"
    assert share_code(f"{page}?infoCode=NW202202072268137156") == "NW202202072268137156"
    assert share_code(f"{page}?a=b&infoCode=AN202608141827992716&c") == "AN202608141827992716"
    assert share_code(f"{page}?infoCode=NW1&infoCode=NW202202072268137156") is None
    assert share_code(f"{page}?infoCode=1%27--") is None
    assert share_code(f"{page}?infoCode=") is None
    assert share_code(page) is None
    assert share_code(f"http://{host}/x.html?infoCode=NW202202072268137156") is None
    assert share_code("http://example.org/html_News/NewsShare.html?infoCode=NW202202072268137156") is None


@pytest.mark.parametrize(
    ("url", "digits"),
    [
        ("http://finance.eastmoney.com/a/202112082206672930.html", "202112082206672930"),
        ("https://wap.eastmoney.com/a/202112082206672930.html?x=1#y", "202112082206672930"),
        ("http://finance.eastmoney.com/news/11060,202112082206672930.html", "202112082206672930"),
        ("http://mss.eastmoney.com/news/1350,20180912944502216.html", "20180912944502216"),
        ("http://wap.eastmoney.com/3g/news/article,8,344,1,20171101797350781.shtml", "20171101797350781"),
        ("http://eastmoney.com/a/202112082206672930.html", "202112082206672930"),
        ("http://finance.eastmoney.com/a/2021120822066729300.html", None),
        ("http://finance.eastmoney.com/a/202112082206672930", None),
        ("http://caifuhao.eastmoney.com/news/20260702101113747001360", None),
        ("http://example.org/a/202112082206672930.html", None),
        ("http://noteastmoney.com/a/202112082206672930.html", None),
        ("http://eastmoney.com.example.org/a/202112082206672930.html", None),
        ("", None),
    ],
)
def test_article_id(url: str, digits: str | None) -> None:
    assert article_id(url) == digits


@pytest.mark.parametrize(
    ("post", "url"),
    [
        ("NW202112082206672930", "https://finance.eastmoney.com/a/202112082206672930.html"),
        ("NW20180912944502216", "https://finance.eastmoney.com/a/20180912944502216.html"),
        ("NW999999992206672930", None),
        ("CFH20260702101113747001360", None),
        ("AN202608141827992716", None),
        ("U0123456789abcdef0123", None),
    ],
)
def test_article_url(post: str, url: str | None) -> None:
    assert article_url(post) == url


def test_quote_url() -> None:
    assert quote_url("90.BK0493") == "https://quote.eastmoney.com/unify/r/90.BK0493"


@pytest.mark.parametrize(
    ("code", "post"),
    [
        ("202112082206885265", "NW202112082206885265"),
        ("NW202112082206885265", "NW202112082206885265"),
        ("20180912944502216", "NW20180912944502216"),
        ("NW20180912944502216", "NW20180912944502216"),
        ("AN202608141827992716", "AN202608141827992716"),
        ("AP202301111581866526", "AP202301111581866526"),
        ("CFH20260702101113747001360", "CFH20260702101113747001360"),
        ("20260702101113747001360", "CFH20260702101113747001360"),
        ("init", None),
        ("", None),
        ("nw202112082206885265", None),
        ("NW2021120822068852650", None),
        ("2021120822068852", None),
        ("２０２１１２０８２２０６８８５２６５", None),
        ("202112082206885265\n", None),
        (" 202112082206885265", None),
        ("AN20260814182799271", None),
        ("CFH202607021011137470013600", None),
    ],
)
def test_post_id(code: str, post: str | None) -> None:
    assert post_id(code) == post


@pytest.mark.parametrize(
    ("post", "day"),
    [
        ("NW202112082206885265", date(2021, 12, 8)),
        ("CFH20260702101113747001360", date(2026, 7, 2)),
        ("AN202608141827992716", date(2026, 8, 14)),
        ("NW202113082206885265", None),
        ("NW000000002206885265", None),
        ("U20211208220688526512", None),
        ("", None),
    ],
)
def test_post_day(post: str, day: date | None) -> None:
    assert post_day(post) == day


def test_uncoded_post_id_survives_a_move() -> None:
    assert uncoded_post_id("sitenews", "init") == "Ua4856ffe454273a17473"
    assert uncoded_post_id("Wind", "x") == uncoded_post_id("wind", "x")
    assert uncoded_post_id("wind", "x") != uncoded_post_id("wind", "X")


ANYTHING = st.text(st.characters())
HOSTS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,8}[A-Za-z0-9])?(\.[A-Za-z]{2,6}){1,3}", fullmatch=True)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,10}", fullmatch=True)
DIGITS = st.from_regex(r"[0-9]{17,18}", fullmatch=True)


@given(ANYTHING, st.sampled_from([None, SITE, POST]))
def test_any_text_has_one_spelling_or_none(url: str, base: str | None) -> None:
    canonical = canonical_url(url, base)
    if canonical is not None:
        assert canonical_url(canonical) == canonical
        assert canonical_url(canonical, POST) == canonical
        assert canonical.isascii()
        assert not set(canonical) & set(' "<>\\^`\t\n')
        assert canonical.startswith(("http://", "https://"))


@given(st.sampled_from(["http://", "https://", "HTTPS://", "//"]), HOSTS, ANYTHING)
def test_scheme_and_host_are_kept(scheme: str, host: str, rest: str) -> None:
    assume(not rest.startswith((":", "@", ".", "\t", "\n", "\r")))
    canonical = canonical_url(f"{scheme}{host}/{rest}", SITE)
    assert canonical is not None
    parts = urlsplit(canonical)
    assert (parts.scheme, parts.hostname) == ("http" if scheme == "http://" else "https", host.lower())


@given(st.lists(st.tuples(NAMES, ANYTHING), max_size=6))
def test_every_query_parameter_is_kept(parameters: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in parameters)
    canonical = canonical_url(f"http://a.cn/x?{query}") or ""
    kept = parse_qsl(urlsplit(canonical).query, keep_blank_values=True)
    assert kept == [(name, value.encode("utf-8", "replace").decode()) for name, value in parameters]


@given(
    ANYTHING,
    st.sampled_from([SITE, POST, "http://finance.eastmoney.com/", "http://finews.zning.xyz/NewsShare.html?"]),
)
def test_any_canonical_url_is_told_apart(url: str, base: str) -> None:
    canonical = canonical_url(url, base)
    if canonical is not None:
        page_kind(canonical, SITE)
        category_slug(canonical)
        place = post_place(canonical)
        assert place is None or (place.name and "/" not in place.name)


@given(ANYTHING)
def test_post_id_grammar(code: str) -> None:
    assert post_id(code) is None or code.isascii()


@given(DIGITS)
def test_both_names_of_an_article_are_one_post(digits: str) -> None:
    post = post_id(digits)
    assert post == post_id(f"NW{digits}") == f"NW{digits}"
    assert post_id(post) == post
    url = article_url(post)
    assert url is None if post_day(post) is None else article_id(str(url)) == digits


@given(st.from_regex(r"[A-Za-z0-9()·.~ ]{1,20}", fullmatch=True))
def test_a_slug_survives_its_url(slug: str) -> None:
    assume(not slug.endswith(".html"))
    url = category_url(SITE, slug)
    assert canonical_url(url) == url
    assert category_slug(url) == slug
