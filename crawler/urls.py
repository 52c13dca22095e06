"""Every URL form of every host: recognise, build, canonicalise. Pure; nothing is fetched.

The site (facts: its own templates on Jekyll 3.9):
    /                                        home
    /emnews/                                 rolling news, the 20 newest
    /category/<slug>.html                    a category; the slug is kept verbatim: capitals, spaces, brackets
    /<category>/YYYY/MM/DD/<name>.html       a post; the category is downcased and split at blanks
    /old_post/YYYY-MM-DD-<name>.html         the same post after about three days
    /feed.xml                                Atom, the 10 newest
Upstream (East Money): share pages ``NewsShare.html?infoCode=``, articles ``/a/ID.html``, ``/news/1COL,ID.html``.
Quote links are recognised in `crawler.securities`.

Refuses nothing: a URL that is none of these is `PageKind.OTHER`.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from urllib.parse import SplitResult, parse_qs, quote, unquote, urljoin, urlsplit, urlunsplit

from xpinyin import Pinyin

SITE_HOSTS = frozenset({"finews.withounder.com", "finews.zning.me"})
"""Hosts the site has had. Footers of older posts still link to the second one, which is dead."""

SHARE_HOSTS = frozenset({"finews.zning.xyz", "choicewzp1.eastmoney.com", "app.jg.eastmoney.com"})
"""Hosts that served NewsShare.html: the site author's proxy, then the Choice servers behind it."""

ROLLING_CATEGORY = "emnews"
SITE_CATEGORY = "sitenews"

TAG_CATEGORIES = {"东财滚动新闻": ROLLING_CATEGORY, "站长消息": SITE_CATEGORY}
"""The two tags whose category is not the pinyin of a medium's name."""

NEWS_YEARS = range(1992, 2101)
"""Years that news may be of: a day or a time of another is none. (China has had no daylight saving since 1991; and
of the last and the first years that Python knows, the days around do not all exist.)"""

LAST_DAY_SHOWN_LATE = date(2021, 12, 10)
"""Posts up to 2021-12-09 may lack a zone; shown 8 h late, the last of them bear the next day."""

_PINYIN = Pinyin()

_CODE = re.compile(r"(?:NW)?[0-9]{17,18}|CFH[0-9]{23}|A[NP][0-9]{18}")
_BARE_CAIFUHAO = re.compile(r"[0-9]{23}")
_ARTICLE_ID = re.compile(r"(?:/a/|,)([0-9]{17,18})\.s?html$")
_ARTICLE_JSON = re.compile(r"/kuaixun/v2/api/article/([0-9]{17,18})")
_DATED_POST = re.compile(r"(?P<category>(?:/[^/]+)*)/(?P<day>[0-9]{4}/[0-9]{2}/[0-9]{2})/(?P<name>[^/]+)\.html$")
_ARCHIVED_POST = re.compile(r"/old_post/(?:(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-|-)(?P<name>[^/]+)\.html$")
_CATEGORY_PAGE = re.compile(r"/category/(?P<slug>[^/]+?)(?:\.html)?\Z")
_LEADING_DATE = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?-(?=.)")
_SOURCE = re.compile(
    r"(?:.*/)??(?P<folder>[^/]*/)?(?P<stem>(?:(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-|-)?(?P<name>[^/]+))\.(?:md|markdown)"
)
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|[0-9a-f]*:[0-9a-f:.]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_SEGMENT = ":@!$&'()*+,;=~"
"""What a part of a path may hold unescaped."""


MAX_URL = 4_000
"""Characters, escapes included. The longest real one has 119, and servers take 8,000 at most."""


class PageKind(Enum):
    """What a URL leads to."""

    HOME = "home"
    ROLLING = "rolling"
    CATEGORY = "category"
    POST = "post"
    ARCHIVED = "archived"
    FEED = "feed"
    SHARE = "share"
    ARTICLE = "article"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PostPlace:
    """What the URL of a post on the site tells."""

    category: str | None
    """Downcased category, parts joined by one space; None under /old_post/ and where the post has none."""

    day: date | None
    """Day in the URL (Beijing), as the site shows it; it may be a day late (posts without a zone)."""

    name: str
    """File name after the date, without extension: an article code, or a word such as ``init``."""

    archived: bool
    """True under /old_post/."""

    rebuilt: bool
    """True where the site could not read the front matter: the URL's day is the day of the build."""


def canonical_url(url: str, base: str | None = None) -> str | None:
    """Give the one spelling of `url` (absolute, or relative to `base`), or None if it is no http(s) URL, or blank.

    None also for one of more than `MAX_URL` characters: no server takes it. Lower-case scheme and host, no default
    port, no fragment, no credentials, blanks and non-ASCII escaped, escapes in upper case. The query is kept:
    parameters are identity here.
    """
    if not url or url.isspace() or len(url) > MAX_URL:
        return None
    try:
        parts = urlsplit(urljoin(base or "", url.strip()))
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one: no such host name
        return None
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    path = _escaped(parts.path or "/", safe="/:@!$&'()*+,;=~%")
    query = _escaped(parts.query, safe="/:@!$&'()*+,;=~%?[]|{}")
    canonical = urlunsplit((parts.scheme, netloc, path, query, ""))
    return canonical if len(canonical) <= MAX_URL else None


def _escaped(text: str, safe: str) -> str:
    # A percent sign that starts no escape is itself escaped; surrogates become U+FFFD's escape.
    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return _ESCAPE.sub(lambda found: found[0].upper(), quote(text, safe=safe, errors="replace"))


def is_site_url(url: str, site: str) -> bool:
    """Tell whether `url` is a page of the site at `site`, under its present or a former host."""
    host = urlsplit(url).netloc
    return host == urlsplit(site).netloc or (host in SITE_HOSTS and urlsplit(site).netloc in SITE_HOSTS)


def site_url(url: str, site: str) -> str:
    """Give a page's URL at `site` for a URL that names a former host of it or another scheme."""
    here, there = urlsplit(site), urlsplit(url)
    return urlunsplit(SplitResult(here.scheme, here.netloc, there.path, there.query, ""))


def page_kind(url: str, site: str) -> PageKind:
    """Tell what a canonical `url` leads to, as seen from the site at `site`."""
    if is_site_url(url, site):
        return _site_page_kind(unquote(urlsplit(url).path))
    if share_code(url):
        return PageKind.SHARE
    return PageKind.ARTICLE if article_id(url) else PageKind.OTHER


def _site_page_kind(path: str) -> PageKind:
    fixed = {
        "/": PageKind.HOME,
        "/emnews/": PageKind.ROLLING,
        "/emnews": PageKind.ROLLING,
        "/feed.xml": PageKind.FEED,
    }
    if path in fixed:
        return fixed[path]
    if _ARCHIVED_POST.fullmatch(path):
        return PageKind.ARCHIVED
    if _DATED_POST.fullmatch(path):
        return PageKind.POST
    return PageKind.CATEGORY if _CATEGORY_PAGE.fullmatch(path) else PageKind.OTHER


def post_place(url: str) -> PostPlace | None:
    """Read the URL of a post on the site; None if it is not one, or names an impossible day."""
    path = unquote(urlsplit(url).path)
    archived = _ARCHIVED_POST.fullmatch(path)
    found = archived or _DATED_POST.fullmatch(path)
    if not found:
        return None
    try:
        day = _day(found["day"])
    except ValueError:
        return None
    if archived:
        return PostPlace(None, day, found["name"], archived=True, rebuilt=False)
    name = _LEADING_DATE.sub("", found["name"], count=1) if _LEADING_DATE.match(found["name"]) else found["name"]
    category = " ".join(found["category"].split("/")).strip() or None
    return PostPlace(category, day, name, archived=False, rebuilt=name != found["name"])


def _day(written: str | None) -> date | None:
    """Read `2022-03-01` or `2022/03/01`. Raises ValueError for what is no day of news."""
    day = date.fromisoformat(written.replace("/", "-")) if written else None
    if day and day.year not in NEWS_YEARS:
        raise ValueError(f"no year of news: {day.year}")
    return day


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """What the path of a Jekyll source tells."""

    day: date | None
    """Day in the file's name (Beijing). None: it names none, and Jekyll leaves the file alone."""

    name: str
    """File name after the date, as in `PostPlace`."""

    stem: str
    """The whole file name without its extension."""

    archived: bool
    """True in a folder `old_post`, whose files become pages, not posts."""


def source_place(path: str) -> SourcePlace | None:
    """Read the path of a post's source; None for a file that is none by its name.

    Posts have a name that begins with a date, or with the dash after a missing one, or is an article's code; in
    the folders `_posts` and `old_post`, and versions of them such as `_posts-2021`, any Markdown is one.

    >>> source_place("site/_posts/2022-02-07-NW202202072268137156.md").name
    'NW202202072268137156'
    >>> source_place("README.md")
    """
    found = _SOURCE.fullmatch(path)
    if not found:
        return None
    folder, name = found["folder"] or "", found["name"]
    archived = folder.startswith("old_post")
    if found["stem"] == name and not (archived or folder.startswith("_posts") or post_id(name)):
        return None
    try:
        day = _day(found["day"])
    except ValueError:
        day = None
    return SourcePlace(day, name, found["stem"], archived)


def dated_post_url(site: str, category: str, day: date, name: str) -> str | None:
    """Build the URL of a post's page on the site at `site`; the category is downcased and split at blanks."""
    folders = "".join(f"/{_escaped(part.lower(), safe=_SEGMENT)}" for part in category.split())
    return canonical_url(f"{folders}/{day:%Y/%m/%d}/{_escaped(name, safe=_SEGMENT)}.html", site)


def archived_post_url(site: str, stem: str) -> str | None:
    """Build the URL of the page of a source in old_post, from its file name without extension."""
    return canonical_url(f"/old_post/{_escaped(stem, safe=_SEGMENT)}.html", site)


def archived_urls(url: str) -> list[str]:
    """Build the addresses that a dated post's page may move to; none for any other URL.

    The archive names the day of the file, which may be the one before the day shown.

    >>> archived_urls("https://finews.withounder.com/wind/2022/03/01/NW202203012299000001.html")
    ['https://finews.withounder.com/old_post/2022-03-01-NW202203012299000001.html']
    """
    place = post_place(url)
    if place is None or place.day is None or place.archived:
        return []
    days = [place.day, place.day - timedelta(days=1)] if place.day <= LAST_DAY_SHOWN_LATE else [place.day]
    stems = [f"{day}-{place.name}" for day in days]
    if place.rebuilt:  # the file's whole name is in the URL, and the day is that of the build
        stems = [unquote(urlsplit(url).path).rpartition("/")[2].removesuffix(".html")]
    return [page for stem in stems if (page := archived_post_url(url, stem))]


def category_slug(url: str) -> str | None:
    """Give the verbatim slug of a category page's URL, blanks as they are; None for any other URL.

    Relative links of old footers lead to `/emnews/2021/12/category/x.html`: the page is wrong, the slug is right.
    """
    found = _CATEGORY_PAGE.search(unquote(urlsplit(url).path))
    return found["slug"] if found else None


def category_url(site: str, slug: str) -> str:
    """Build the URL of a category page; blanks become %20, brackets stay."""
    return urljoin(site, f"/category/{quote(slug, safe='()+·~', errors='replace')}.html")


def media_slug(name: str) -> str:
    """Give the slug the site makes of a medium's name: xpinyin without its hyphens, all else as it is.

    >>> media_slug("银川新闻网"), media_slug("证券时报·e公司"), media_slug("21世纪经济报道 21财经APP")
    ('yinchuanxinwenwang', 'zhengquanshibao·egongsi', '21shijijingjibaodao 21caijingAPP')
    """
    slug: str = _PINYIN.get_pinyin(name).replace("-", "")
    return slug


def tag_category(tag: str) -> str:
    """Give the category slug that the posts of a tag stand in: fixed for two tags, else the medium's pinyin.

    >>> tag_category("东财滚动新闻"), tag_category("每日经济新闻新闻"), tag_category("Wind新闻")
    ('emnews', 'meirijingjixinwen', 'Wind')
    """
    return TAG_CATEGORIES.get(tag) or media_slug(media_name(tag))


def media_name(tag: str) -> str:
    """Give the medium a tag names: the tag less one trailing 新闻, which the site adds to every name."""
    return tag.removesuffix("新闻")


def share_code(url: str) -> str | None:
    """Give the infoCode of a share link, whichever of the hosts it names; None for any other URL."""
    parts = urlsplit(url)
    if parts.hostname not in SHARE_HOSTS or not parts.path.endswith("/NewsShare.html"):
        return None
    codes = parse_qs(parts.query).get("infoCode", [])
    return codes[0] if len(codes) == 1 and _CODE.fullmatch(codes[0]) else None


def share_url_of(url: str) -> str | None:
    """Give the share page whose text stands at `url`, as `share_text_url` built it; None for any other URL."""
    parts = urlsplit(url)
    if parts.hostname not in SHARE_HOSTS or not parts.path.endswith("/NewsData/GetNewsText.do"):
        return None
    code = "".join(parse_qs(parts.query).get("id", []))
    page = urljoin(url, f"../html_News/NewsShare.html?infoCode={code}")
    return page if share_code(page) else None


def article_id(url: str) -> str | None:
    """Give the 17 or 18 digits of an East Money article URL, any subdomain, any form; None otherwise."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host != "eastmoney.com" and not host.endswith(".eastmoney.com"):
        return None
    found = _ARTICLE_ID.search(parts.path)
    return found[1] if found else None


def article_json_id(url: str) -> str | None:
    """Give the digits of an article whose JSON stands at `url`, as `article_json_url` built it; None otherwise."""
    parts = urlsplit(url)
    found = _ARTICLE_JSON.fullmatch(parts.path) if parts.hostname == "newsinfo.eastmoney.com" else None
    return found[1] if found else None


def article_url(post: str) -> str | None:
    """Build the canonical East Money page of a post; None for a post that has no page of that form."""
    digits = post.removeprefix("NW")
    return f"https://finance.eastmoney.com/a/{digits}.html" if post_day(post) and digits.isdigit() else None


def quote_url(secid: str) -> str:
    """Build East Money's own "unified quote link" of a security."""
    return f"https://quote.eastmoney.com/unify/r/{secid}"


def post_id(code: str) -> str | None:
    """Give the `_id` of a post from an article code; None if `code` is none.

    >>> post_id("202112082206885265"), post_id("NW202112082206885265")
    ('NW202112082206885265', 'NW202112082206885265')
    >>> post_id("AN202608141827992716"), post_id("20260702101113747001360"), post_id("init")
    ('AN202608141827992716', 'CFH20260702101113747001360', None)
    """
    if _BARE_CAIFUHAO.fullmatch(code):
        return f"CFH{code}"
    if not _CODE.fullmatch(code):
        return None
    return f"NW{code}" if code.isdigit() else code


def uncoded_post_id(category: str, name: str) -> str:
    """Give the `_id` of a post without any code: never of a date or a host, so it survives a move.

    The category is folded to lower case, since the post's URL shows it so.
    """
    return "U" + hashlib.sha256(f"{category.lower()}/{name}".encode()).hexdigest()[:20]


def post_day(post: str) -> date | None:
    """Give the day of creation (Beijing) that a post's `_id` carries; None where it has none."""
    digits = re.match(r"(?:NW|CFH|A[NP])([0-9]{8})", post)
    try:
        return date(int(digits[1][:4]), int(digits[1][4:6]), int(digits[1][6:])) if digits else None
    except ValueError:
        return None


# --- upstream's interfaces ----------------------------------------------------------------------------------

LIST_ROWS = 50
"""Rows of a page of a list. Up to 200 are answered, but pages are read until one is known, so small ones do."""

# Interfaces of lists refuse a request without a trace; any value will do, and a fixed one is the same request.
_TRACE = "req_trace=1"
_COLUMN_FIELDS = "code,showTime,title,mediaName,summary,image,url,uniqueUrl,Np_dst"
_QUOTE_FIELDS = "f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f12,f13,f14,f15,f16,f17,f18,f20,f21,f23,f124,f152"
_BAR_FIELDS = "f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61"
_SUGGEST_TOKEN = "D43BF722C8E33BDC906FB84D85E326E8"  # noqa: S105 - the public constant of the quote pages


def share_text_url(share_url: str) -> str | None:
    """Build the address of the JSON behind a share page, on the same host; None for any other URL."""
    code = share_code(share_url)
    return urljoin(share_url, f"../NewsData/GetNewsText.do?id={code}") if code else None


def article_json_url(post: str) -> str | None:
    """Build the address of an article's JSON; None for a post that has no article of that form."""
    page = article_url(post)
    digits = page and article_id(page)
    return f"https://newsinfo.eastmoney.com/kuaixun/v2/api/article/{digits}?guid=1" if digits else None


def columns_url(columns: str, page: int) -> str:
    """Build the address of a page (from 1) of the news of columns: `350`, or several, `350,351`."""
    return (
        "https://np-listapi.eastmoney.com/comm/web/getNewsByColumns?client=web&biz=web_news_col"
        f"&column={columns}&order=1&needInteractData=0&page_index={page}&page_size={LIST_ROWS}"
        f"&fields={_COLUMN_FIELDS}&types=1,20&{_TRACE}"
    )


def ticker_url(secid: str, page: int) -> str:
    """Build the address of a page (from 1) of a security's news, Caifuhao's posts among them."""
    return (
        "https://np-listapi.eastmoney.com/comm/web/getListInfo?client=web&type=1&cfh=1"
        f"&mTypeAndCode={secid}&pageSize={LIST_ROWS}&pageIndex={page}"
    )


def fast_url(cursor: str = "") -> str:
    """Build the address of a page of 7x24: the first, or the one that the `cursor` of another asks for."""
    return (
        "https://np-weblist.eastmoney.com/comm/web/getFastNewsList?client=web&biz=web_724&fastColumn=102"
        f"&sortEnd={quote(cursor, safe='')}&pageSize={LIST_ROWS}&{_TRACE}"
    )


def kuaixun_url(page: int) -> str:
    """Build the address of a page (from 1) of the older 7x24."""
    return f"https://newsapi.eastmoney.com/kuaixun/v1/getlist_102_ajaxResult_{LIST_ROWS}_{page}_.html"


def quotes_url(secids: list[str]) -> str:
    """Build the address of the quotes of many securities, in decimal numbers. Up to 300 are answered."""
    return (
        f"https://push2.eastmoney.com/api/qt/ulist.np/get?fltt=2&invt=2&fields={_QUOTE_FIELDS}"
        f"&secids={','.join(secids)}"
    )


def bars_url(secid: str, since: date) -> str:
    """Build the address of a security's daily bars since a day of its exchange, unadjusted."""
    return (
        f"https://push2his.eastmoney.com/api/qt/stock/kline/get?secid={secid}&klt=101&fqt=0"
        f"&beg={since:%Y%m%d}&end=20500101&fields1=f1,f2,f3,f4,f5,f6&fields2={_BAR_FIELDS}"
    )


def suggest_url(text: str) -> str:
    """Build the address of the securities that upstream's search suggests for a code or a name."""
    return (
        f"https://searchapi.eastmoney.com/api/suggest/get?input={quote(text, safe='')}&type=14"
        f"&token={_SUGGEST_TOKEN}&count=10"
    )
