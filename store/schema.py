"""Every collection: its fields, their types and meaning, its indexes and the query each one serves.

One table for three uses: the `$jsonSchema` validators and the indexes (store/prepare.py), and docs/data.md
(store/datapage.py).
"""

from dataclasses import dataclass, field
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.database import AsyncDatabase

Database = AsyncDatabase[dict[str, Any]]

STRING, DATE, INT, DOUBLE, BOOL, ARRAY, OBJECT, NULL = (
    ("string",), ("date",), ("int", "long"), ("double",), ("bool",), ("array",), ("object",), ("null",),
)  # fmt: skip
BINARY = ("binData",)
STRING_OR_NULL, DATE_OR_NULL = STRING + NULL, DATE + NULL


@dataclass(frozen=True)
class Field:
    """A documented field of a collection or of its sub-documents."""

    name: str
    types: tuple[str, ...]
    meaning: str
    inside: tuple["Field", ...] = ()
    """Fields of the sub-document, or of each element of an array of them."""

    items: tuple[str, ...] = ()
    """Types of the elements of an array of plain values."""

    least: float | None = None
    """The smallest number allowed."""


@dataclass(frozen=True)
class Index:
    """A named index and the query it serves."""

    name: str
    keys: tuple[tuple[str, int], ...]
    serves: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Collection:
    """A collection of the database."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    indexes: tuple[Index, ...] = ()


_SECURITY = (
    Field("secid", STRING, "East Money's `<market>.<code>`, e.g. `1.601628`"),
    Field("symbol", STRING_OR_NULL, "as Chinese terminals write it, e.g. `601628.SH`; null: unknown market"),
    Field("code", STRING, "the exchange's code, leading zeros kept"),
    Field("market", INT, "East Money's market number"),
    Field("kind", STRING, "stock, index, board, fund, bond, future, option, fx, metal, yield, other"),
    Field("name", STRING_OR_NULL, "as first shown in the post; null: only a chart"),
    Field("mentions", INT, "visible mentions in the body; 0 for a chart alone", least=0),
    Field(
        "evidence",
        ARRAY,
        "why: `upstream`, `chart`, `link` (the first mention links to its quotes), `keyword` (an automatic"
        " mention, the first one's link included: it may be a false friend)",
        items=STRING,
    ),
)
_BLOCK = (
    Field("title", STRING, "headline, plain text, NFC; empty where the source has none"),
    Field("text", STRING, "the article as a reader sees it: lines joined by a line feed, table cells by a tab"),
    Field("html", STRING, "the same as HTML of a closed vocabulary, safe to show"),
    Field("images", ARRAY, "pictures in order", inside=(
        Field("url", STRING, "https, absolute"),
        Field("kind", STRING, "`photo` or `chart` (drawn when asked for)"),
        Field("caption", STRING_OR_NULL, "the centred line under it"),
    )),
    Field("links", ARRAY, "links of the body that mark no security, and the source link as found", inside=(
        Field("url", STRING, "absolute"),
        Field("text", STRING, "the linked words"),
    )),
    Field("content_hash", STRING, "SHA-256 of normalised title and text; changes when the news does"),
    Field("text_hash", STRING, "SHA-256 of normalised text alone"),
    Field("hash_version", INT, "version of the normalisation behind the hashes"),
)  # fmt: skip
_TIMES = (
    Field("published_at", DATE_OR_NULL, "when it was published, UTC; null: not known exactly, the bounds hold it"),
    Field("published_min", DATE_OR_NULL, "not published before; null: nothing was printed"),
    Field("published_max", DATE_OR_NULL, "not published after; null: nothing was printed"),
    Field("published_raw", STRING_OR_NULL, "the time as printed, e.g. `2022-02-07 11:51:03`"),
    Field("published_from", STRING_OR_NULL, "what the times rest on: `origin`, `share`, `source`, `list`, `page`,"
          " `page-8h` (shown 8 h late), `serial`"),
)  # fmt: skip
_MEDIA = Field("media", OBJECT + NULL, "the source medium; null: the page names none", inside=(
    Field("name", STRING, "e.g. 银川新闻网"),
    Field("slug", STRING, "its pinyin as the site spells it, e.g. yinchuanxinwenwang"),
))  # fmt: skip

POSTS = Collection(
    "posts",
    "One document per article, whichever forms it was met in.",
    (
        Field("_id", STRING, "the article: `NW` + 18 digits (17 before 2019), `AN…`, `AP…`, `CFH` + 23 digits, or"
              " `U` + 20 hex digits for a post without a code"),
        *_BLOCK,
        Field("digest", STRING_OR_NULL, "lead of the source; null: none, or it only repeats the title"),
        *_TIMES,
        Field("available_at", DATE, "when this project could first have known the post; back-tests use this"),
        Field("available_from", STRING, "what that rests on: `crawl` (first fetch), `commit` (an archive's),"
              " `published` (`published_max`)"),
        _MEDIA,
        Field("author", STRING_OR_NULL, "named by the source"),
        Field("editor", STRING_OR_NULL, "whom the 责任编辑 line names"),
        Field("category", STRING_OR_NULL, "the site's category, verbatim; of several the medium's own"),
        Field("categories", ARRAY, "all categories it stands in", items=STRING),
        Field("tags", ARRAY, "all tags it was seen with", items=STRING),
        Field("post_url", STRING_OR_NULL, "its page on the site, the medium's own first"),
        Field("post_urls", ARRAY, "every page it was read from; a URL in here is known", items=STRING),
        Field("share_url", STRING_OR_NULL, "NewsShare page as linked"),
        Field("origin_url", STRING_OR_NULL, "`https://finance.eastmoney.com/a/<id>.html`; null: none was linked"),
        Field("symbols", ARRAY, "symbols of `securities`, sorted, each once", items=STRING),
        Field("securities", ARRAY, "securities in order of first mention", inside=_SECURITY),
        Field("main_symbols", ARRAY, "those of `symbols` it is about: charted, told by upstream, or named in title"
              " or digest; without the false friends of automatic links", items=STRING),
        Field("duplicate_of", STRING_OR_NULL, "the post whose news this repeats, the first of its group, which is"
              " itself no duplicate; null: this is the first, or the only one"),
        Field("duplicate_kind", STRING_OR_NULL, "`exact` (equal texts, whatever the titles) or `near`"),
        Field("similarity", DOUBLE + NULL, "to the post in `duplicate_of`, 0 to 1", least=0),
        Field("revision", INT, "1 + how often the same form said something else", least=1),
        Field("first_seen_at", DATE, "first read"),
        Field("changed_at", DATE_OR_NULL, "when the last revision was first read; null: there was none"),
        Field("updated_at", DATE, "last change of anything in the document but `pending`, for incremental pulls"),
        Field("withdrawn_at", DATE_OR_NULL, "when it was found gone from the site, its archive and upstream; null:"
              " it is not, or came back"),
        Field("body_from", STRING, "form that title, text, html, images and links come from: `origin`, `share`,"
              " `source`, `page` or `list`"),
        Field("forms", OBJECT, "what each form has said, `{form: {at, hash, ...}}`: `at` = its present wording was"
              " first read, `hash` = its content_hash, `earlier` = its wordings before (`[{at, hash}]`, oldest"
              " first), `block_at` and `block_hash` = the same for title, text, html, images and links, markup"
              " included, `said` = its other fields (`{field: {at, value}}`), `urls`, `tags` and `categories` ="
              " all it was seen with, `sources` = the versions of a Jekyll source that were read (`[{hash, at}]`:"
              " of its bytes, of its commit or null; a wording without a commit stands right after publication)."
              " Forms as for body_from, the copies in the rolling news as `page-rolling`, `source-rolling`"),
        Field("missing", ARRAY, "upstream forms linked but not read yet: `share`, `origin`", items=STRING),
        Field("absent", ARRAY, "upstream forms linked, which upstream says it does not have", items=STRING),
        Field("first_run_id", STRING, "run that stored it"),
        Field("run_id", STRING, "run that changed it last"),
        Field("spider", STRING, "spider of that run"),
        Field("schema_version", INT, "version of this layout"),
        Field("etag", INT, "counts writes; every writer compares and bumps it", least=1),
        Field("pending", STRING_OR_NULL, "what is still to be done about its group: `changed` (place it, and look"
              " at the posts after it again), `recheck` (place it), `recompute` (as `changed`, by `scrapy"
              " dedupe`); null: nothing. It does not move `updated_at`, nor `etag` when it is cleared"),
    ),
    (
        Index("post_urls", (("post_urls", ASCENDING),), "which URLs of a listing are known"),
        Index("symbols_published", (("symbols", ASCENDING), ("published_at", DESCENDING)), "news of a security"),
        Index("main_symbols_published", (("main_symbols", ASCENDING), ("published_at", DESCENDING)),
              "news about a security, without false friends"),
        Index("media_published", (("media.slug", ASCENDING), ("published_at", DESCENDING)), "news of a medium"),
        Index("categories_published", (("categories", ASCENDING), ("published_at", DESCENDING)), "a category"),
        Index("published", (("published_at", DESCENDING),), "a day, the newest"),
        Index("available", (("available_at", ASCENDING),), "what was available at a time"),
        Index("updated", (("updated_at", ASCENDING),), "incremental pulls"),
        Index("run", (("run_id", ASCENDING),), "what a run changed"),
        Index("text_hash", (("text_hash", ASCENDING),), "the same text under another id"),
        Index("duplicate_of", (("duplicate_of", ASCENDING),), "the members of a group",
              {"partialFilterExpression": {"duplicate_of": {"$gt": ""}}}),
        Index("pending", (("pending", ASCENDING), ("published_at", ASCENDING)), "posts whose group is to be"
              " computed", {"partialFilterExpression": {"pending": {"$gt": ""}}}),
        Index("missing", (("missing", ASCENDING),), "posts whose upstream parts are still to be read",
              {"partialFilterExpression": {"missing": {"$gt": ""}}}),
    ),
)  # fmt: skip

FINGERPRINTS = Collection(
    "fingerprints",
    "By which posts that may tell the same news are found: two that have a key in common, near in time.",
    (
        Field("_id", STRING, "the post"),
        Field("version", STRING, "of the rules that made it, and the days within which news may be the same; only"
              " fingerprints of one version are compared"),
        Field("keys", ARRAY, "32-bit keys, each of a part of the text's MinHash", items=("int",)),
        Field("earliest", DATE_OR_NULL, "lower bound of when the post was published; null: nothing is known"),
        Field("latest", DATE_OR_NULL, "upper bound"),
        Field("etag", INT, "counts writes; every writer compares and bumps it", least=1),
    ),
    (
        Index("keys_earliest", (("keys", ASCENDING), ("earliest", ASCENDING)), "what may tell the same news"),
        Index("version", (("version", ASCENDING),), "fingerprints by older rules"),
    ),
)  # fmt: skip

POST_REVISIONS = Collection(
    "post_revisions",
    "Wordings a post had before, or that another form had; written before the post.",
    (
        Field("_id", STRING, "`<post>/<at in ms>/<form>/<content_hash>`; `/parser/` and a hash after it where a"
              " page was read again"),
        Field("post", STRING, "the post"),
        Field("form", STRING, "the form that said so"),
        Field("at", DATE, "when this wording was first read"),
        Field("changed", ARRAY, "fields of the wording that the post said otherwise when this row was written",
              items=STRING),
        Field("by", STRING, "`news`: said so; `parser`: what an older parser made of a page that `scrapy replay`"
              " read again: nobody ever said so, and it counts for nothing"),
        *_BLOCK,
    ),
    (Index("post_at", (("post", ASCENDING), ("at", ASCENDING)), "the history of a post"),),
)  # fmt: skip

SECURITIES = Collection(
    "securities",
    "Securities that posts name, or that were quoted.",
    (
        Field("_id", STRING, "the secid"),
        Field("symbol", STRING_OR_NULL, "as in posts"),
        Field("kind", STRING, "as in posts"),
        Field("name", STRING_OR_NULL, "the first name met; null: only charts, and never quoted"),
        Field("named_at", DATE_OR_NULL, "when `name` was first met"),
        Field("names", ARRAY, "every name it was met with, in posts and quotes, sorted; at most 50", items=STRING),
        Field("first_seen_at", DATE, "first met in a post or a quote"),
    ),
    (Index("symbol", (("symbol", ASCENDING),), "symbol to secids"),),
)

MEDIA = Collection(
    "media",
    "Source media.",
    (
        Field("_id", STRING, "the slug"),
        Field("name", STRING, "the first name met"),
        Field("named_at", DATE, "when `name` was first met"),
        Field("names", ARRAY, "every name it was met with, sorted; at most 50", items=STRING),
        Field("first_seen_at", DATE, "first met in a post"),
    ),
)

_PRICED = (
    Field("secid", STRING, "the security"),
    Field("symbol", STRING_OR_NULL, "as in posts; null: unknown market"),
)
_READ = (
    Field("read_at", DATE, "when these values were first read; back-tests use this"),
    Field("run_id", STRING, "the run that read them"),
)
_NUMBER = DOUBLE + NULL

QUOTES = Collection(
    "quotes",
    "What securities cost, at the times of the quotes themselves.",
    (
        Field("_id", STRING, "`<secid>@<at>`, e.g. `1.601628@2022-03-01T07:00:00Z`"),
        *_PRICED,
        Field("name", STRING_OR_NULL, "its name in this quote"),
        Field("at", DATE, "time of the quote"),
        Field("status", INT + NULL, "East Money's number: 2 trading, 3 midday break, 5 closed, 6 suspended, 7"
              " delisted, 13 holiday; null in quotes of many at once", least=0),
        Field("last", _NUMBER, "latest price, in the security's own currency, or points of an index"),
        Field("open", _NUMBER, "first price of the day"),
        Field("high", _NUMBER, "highest price of the day"),
        Field("low", _NUMBER, "lowest price of the day"),
        Field("previous_close", _NUMBER, "last price of the trading day before"),
        Field("change", _NUMBER, "`last` less `previous_close`"),
        Field("change_percent", _NUMBER, "the same in percent"),
        Field("average", _NUMBER, "average price of the day; null in quotes of many at once"),
        Field("limit_up", _NUMBER, "highest price allowed that day; null in quotes of many at once"),
        Field("limit_down", _NUMBER, "lowest price allowed that day; null in quotes of many at once"),
        Field("volume", INT + NULL, "what was traded, as its exchange counts: lots of 100 shares in Shanghai and"
              " Shenzhen", least=0),
        Field("amount", _NUMBER, "what was paid for it"),
        Field("amplitude_percent", _NUMBER, "`high` less `low`, in percent of `previous_close`"),
        Field("turnover_percent", _NUMBER, "part of the tradable shares that changed hands"),
        Field("volume_ratio", _NUMBER, "volume a minute against that of the last five days"),
        Field("pe", _NUMBER, "price to earnings, by the latest quarter"),
        Field("pb", _NUMBER, "price to book value"),
        Field("market_cap", _NUMBER, "worth of all shares"),
        Field("float_cap", _NUMBER, "worth of the tradable shares"),
        *_READ,
    ),
    (Index("symbol_at", (("symbol", ASCENDING), ("at", DESCENDING)), "the latest quote of a security"),),
)  # fmt: skip

BARS = Collection(
    "bars",
    "What securities cost from day to day; not adjusted for dividends and splits.",
    (
        Field("_id", STRING, "`<secid>/<day>`, e.g. `1.601628/2022-03-01`"),
        *_PRICED,
        Field(
            "day", STRING, "trading day of the exchange, `YYYY-MM-DD`; one not over by `read_at` is as it was then"
        ),
        Field("open", _NUMBER, "first price"),
        Field("close", _NUMBER, "last price"),
        Field("high", _NUMBER, "highest price"),
        Field("low", _NUMBER, "lowest price"),
        Field("volume", INT + NULL, "as in quotes", least=0),
        Field("amount", _NUMBER, "as in quotes"),
        Field("amplitude_percent", _NUMBER, "`high` less `low`, in percent of the close before"),
        Field("change_percent", _NUMBER, "against the close before, in percent"),
        Field("change", _NUMBER, "against the close before"),
        Field("turnover_percent", _NUMBER, "as in quotes"),
        *_READ,
    ),
    (Index("symbol_day", (("symbol", ASCENDING), ("day", ASCENDING)), "bars of a security and a span"),),
)

LISTINGS = Collection(
    "listings",
    "What the site's listing pages said last, for conditional requests: after a 304 these URLs are compared with"
    " the store as if the page had been read.",
    (
        Field("_id", STRING, "URL of the listing page"),
        Field("validators", OBJECT, "`etag` and `last_modified` as the server sent them", inside=(
            Field("etag", STRING_OR_NULL, "the ETag header"),
            Field("last_modified", STRING_OR_NULL, "the Last-Modified header"),
        )),
        Field("post_urls", ARRAY, "posts it listed, in order", items=STRING),
        Field("categories", ARRAY, "categories it named", items=STRING),
        Field("parser_version", INT, "the parser that read it; validators of another version are not sent"),
        Field("read_at", DATE, "when the page was last read whole"),
    ),
)  # fmt: skip

UNLISTED = Collection(
    "unlisted",
    "Pages of posts that left the site's listings, until it is known where they went.",
    (
        Field("_id", STRING, "URL of the page, as last listed"),
        Field("since", DATE, "when a listing that had named it was first read without it"),
        Field("asked_at", DATE_OR_NULL, "when it was last looked for; null: not yet"),
        Field("next_at", DATE, "not looked for again before"),
    ),
    (Index("turn", (("asked_at", ASCENDING), ("since", DESCENDING)), "the next pages to look for"),),
)

RUNS = Collection(
    "runs",
    "One document per run of a spider.",
    (
        Field("_id", STRING, "`<start, UTC>-<spider>-<6 hex digits>`"),
        Field("spider", STRING, "its spider"),
        Field("arguments", OBJECT, "the spider arguments, as given"),
        Field("versions", OBJECT, "of Python, Scrapy, PyMongo and this project"),
        Field("host", STRING, "where it ran"),
        Field("pid", INT, "its process"),
        Field("started_at", DATE, "begin"),
        Field("alive_at", DATE, "last sign of life, each minute"),
        Field("ended_at", DATE_OR_NULL, "end; null: still running, or killed and not yet noticed"),
        Field("finish_reason", STRING_OR_NULL, "`finished`, `no_posts`, `site_unavailable`, `blocked`,"
              " `layout_changed`, `mongo_unavailable`, `redis_unavailable`, `too_many_errors`, `limit`,"
              " `shutdown`, `killed`"),
        Field("ok", BOOL + NULL, "whether all that was to be had is stored"),
        Field("failures", ARRAY, "why not, in words", items=STRING),
        Field("warnings", ARRAY, "what else an operator should know", items=STRING),
        Field("counts", OBJECT, "posts `listed`, `known`, `fetched`; items `scraped` = `rejected` + `duplicate` +"
              " `inserted` + `updated` + `unchanged` + `spooled`; `revised` of them are revisions; `grouped`: how"
              " often a post joined or left a group of reposts. Rows `quotes` = `quotes_rejected` +"
              " `quotes_inserted` + `quotes_updated` + `quotes_unchanged`; `bars` likewise."
              " `sought`: posts that left the listings, looked for; `withdrawn`: those marked as gone"),
        Field("requests", ARRAY, "requests by host and kind of page", inside=(
            Field("host", STRING, "asked host"),
            Field("kind", STRING, "kind of page"),
            Field("count", INT, "requests answered or failed, retries left out"),
        )),
        Field("coverage", ARRAY, "posts by category", inside=(
            Field("category", STRING, "the category"),
            Field("listed", INT, "posts its listings showed"),
            Field("known", INT, "of these, stored before the run"),
            Field("stored", INT, "of these, stored after the run"),
            Field("missing", ARRAY, "URLs of those that are not; the first 100", items=STRING),
        )),
        Field("bytes", INT, "received"),
        Field("seconds", DOUBLE + NULL, "duration", least=0),
        Field("peak_memory", INT + NULL, "largest resident size of the process, bytes"),
    ),
    (
        Index("spider_started", (("spider", ASCENDING), ("started_at", DESCENDING)), "the latest runs"),
        Index("ended", (("ended_at", ASCENDING),), "runs that have not ended"),
    ),
)  # fmt: skip

REJECTS = Collection(
    "rejects",
    "Everything dropped or unreadable; kept 90 days.",
    (
        Field("_id", STRING, "`<run>/<number>`, or of a spool `<file>/<byte>`"),
        Field("run_id", STRING, "the run"),
        Field("spider", STRING, "its spider"),
        Field("stage", STRING, "`fetch`, `parse`, the item pipeline, or `spool`: a line of an earlier run"),
        Field("reason", STRING, "name of the exception"),
        Field("detail", STRING, "its message"),
        Field("url", STRING_OR_NULL, "the page"),
        Field("post", STRING_OR_NULL, "the post, if it had an identity yet"),
        Field("raw", STRING_OR_NULL, "the page, or the item as JSON; the first 100,000 characters"),
        Field("at", DATE, "when"),
        Field(
            "retried_by", STRING_OR_NULL, "the run that read its page again, and rejected nothing; null: none did"
        ),
    ),
    (
        Index("kept_90_days", (("at", ASCENDING),), "removal after 90 days", {"expireAfterSeconds": 90 * 86_400}),
        Index("run_reason", (("run_id", ASCENDING), ("reason", ASCENDING)), "what a run rejected"),
        Index("reason_at", (("reason", ASCENDING), ("at", DESCENDING)), "rejects of a kind"),
    ),
)

SOURCES = Collection(
    "sources",
    "Jekyll sources as they were imported (`scrapy crawl archive`), the newest version of each: what"
    " `scrapy export --to jekyll` gives back byte for byte.",
    (
        Field("_id", STRING, "`<post>/<form>`, and `/old_post` after it for one that stood in such a folder"),
        Field("post", STRING, "the post"),
        Field("form", STRING, "`source`, or `source-rolling`: the copy in the rolling news"),
        Field("path", STRING, "where it stood in its archive"),
        Field("text", STRING, "the file, line ends as they were"),
        Field("at", DATE, "when it said so: its commit, else right after its time of publication"),
        Field("hash", STRING, "of its bytes, as in `posts.forms`"),
    ),
    (Index("post", (("post", ASCENDING),), "the sources of posts"),),
)

RAW = Collection(
    "raw",
    "Pages of posts as they were fetched, whether they could be read or not: what `scrapy replay` reads again. The"
    " oldest go when there are more than `RAW_MAX_BYTES`.",
    (
        Field("_id", STRING, "SHA-256 of the body, 64 hex digits"),
        Field("body", BINARY, "what the server sent, HTTP's own compression undone, compressed by zlib"),
        Field("length", INT, "bytes of the body", least=0),
        Field("size", INT, "bytes of `body`, compressed", least=0),
        Field("last_at", DATE, "when it was fetched last; what was fetched last the longest ago goes first"),
        Field("fetches", ARRAY, "the times it was fetched, the last 10", inside=(
            Field("at", DATE, "when; the time of every reading of it, by which it is found in `posts.forms`"),
            Field("run_id", STRING, "the run"),
            Field("spider", STRING, "its spider"),
            Field("url", STRING, "final URL, after redirects"),
            Field("status", INT, "HTTP status"),
            Field("headers", ARRAY, "of the response, without cookies and credentials", inside=(
                Field("name", STRING, "its name"),
                Field("value", STRING, "its value"),
            )),
            Field("charset", STRING_OR_NULL, "how the text was decoded; null: it is no text"),
            Field("read_as", OBJECT, "its parser and what the request knew: `kind` (`post`, `share`, `origin`,"
                  " `article`, `column`, `ticker`, `fast`, `kuaixun`), `post`, `code`"),
            Field("gave", ARRAY, "the readings that were stored of it", inside=(
                Field("post", STRING, "the post"),
                Field("form", STRING, "the form"),
                Field("hash", STRING, "its content_hash"),
                Field("tags", ARRAY, "its tags", items=STRING),
                Field("category", STRING_OR_NULL, "its category"),
                Field("reading", STRING, "hash of all it said"),
            )),
            Field("reason", STRING_OR_NULL, "name of the exception by which the page, or something on it, was"
                  " rejected; null: nothing was"),
            Field("rejected", ARRAY, "file names or codes of the posts that were; empty: none, or the whole page",
                  items=STRING),
        )),
    ),
    (
        Index("last_at", (("last_at", ASCENDING), ("_id", ASCENDING), ("size", ASCENDING)),
              "removal of the oldest"),
        Index("post", (("fetches.gave.post", ASCENDING),), "the pages behind a post"),
        Index("fetched", (("fetches.at", ASCENDING),), "the pages of a day"),
    ),
)  # fmt: skip

COLLECTIONS = (
    *(POSTS, POST_REVISIONS, FINGERPRINTS, SECURITIES, MEDIA),
    *(QUOTES, BARS, LISTINGS, UNLISTED, SOURCES, RAW, RUNS, REJECTS),
)
"""Every collection, in the order of docs/data.md."""
