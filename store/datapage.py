"""docs/data.md: the page about the data, for whoever queries them.

From store/schema.py (every collection, field and index), the prose below, and one article run through the merge.
Gives Markdown. `python -m store.datapage` prints it.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from crawler.items import Body, Image, Link, Mark, Media, Post, Security
from store.merge import SCHEMA_VERSION, merge
from store.readings import Document, reading
from store.schema import COLLECTIONS, Collection, Field, Index

HEAD = """\
# The data

What lies in MongoDB, field by field. Queries to copy stand in [queries.md](queries.md).

This page is made from `store/schema.py`, which is also what MongoDB checks every write against: a document with
a field missing, a field too many or a value of another type is refused. To change the page, change the code,
then `make docs`.

## How to read it

### The `_id` of a post

One article is one document, however many pages show it. Its `_id` is East Money's own code of the article:

| `_id` | what it is |
| --- | --- |
| `NW` + 18 digits (17 before 2019) | an article; the site has it under the digits alone, too: one document |
| `AN…`, `AP…` + 18 digits | a document of East Money's other series, prefix kept |
| `CFH` + 23 digits | a post of East Money's author platform |
| `U` + 20 hex digits | a post without any code: from its category and file name |

It does not depend on host, layout, date in the URL or the time of the crawl, and is never given to another
article. It stays when the article is reworded, when it moves to the site's archive, and when another form of it
is read. A `U…` lasts as long as the post's category and file name do. The digits after the prefix begin with
the day of creation in Beijing: a lower bound of the time of publication, no more.

### Times

Every `date` is UTC, to the millisecond. Beijing is UTC+8 all year, so the Beijing day 2022-03-01 is
`2022-02-28T16:00:00Z` (inclusive) to `2022-03-01T16:00:00Z` (exclusive). mongosh shows UTC; PyMongo gives aware
times only from `MongoClient(uri, tz_aware=True)`.

| question | field |
| --- | --- |
| When was it published? | `published_at`, or its bounds |
| What could a strategy have known by then? | `available_at`: **back-tests use this**, not `published_at` |
| What did it say by then? | the wordings in `post_revisions` and the post, by when each was first read |
| What is new or changed since my last pull? | `updated_at` |
| Did the news itself change? | `revision` and `changed_at` |

`available_at` is the earliest of what shows that the post could be had, and never moves to a later time;
`available_from` says what that is. `crawl`: this project fetched it then. `commit`: the site's history recorded
its source then. `published`: it was imported from sources without a history, which prove nothing, so it is the
time of publication itself; a back-test that wants proof leaves these posts out. For a post published years before
its first crawl, and never imported, the two are years apart.

### `published_at` and its bounds

A time that is not known is null, never a guess: the bounds then hold the truth. Where it is known, both bounds
equal it. So "may lie in a span" is `published_min < end` and `published_max >= start`, for known and unknown
times alike.

The site shows some of its rolling news up to 2021-12-09 eight hours late, under the same "GMT+8" label as all
else. For these, S as printed and S - 8 h are both possible, unless one lies in the future of the reading or
before the day in the id. `published_from: "serial"` marks a time decided afterwards, by the exact times of the
posts numbered next to it. Some readings, and what follows from them:

| post | printed | read at | `published_at` | `published_min` | `published_max` | `published_from` |
| --- | --- | --- | --- | --- | --- | --- |
| NW202203012299000001 | 2022-03-01 11:51:03 | 2022-03-01T06:00:00Z | 2022-03-01T03:51:03Z | \
2022-03-01T03:51:03Z | 2022-03-01T03:51:03Z | `page` |
| 202112082299000002 | 2021-12-08 18:46:18 | 2021-12-08T04:00:00Z | 2021-12-08T02:46:18Z | 2021-12-08T02:46:18Z | \
2021-12-08T02:46:18Z | `page-8h` |
| 202112082299000002 | 2021-12-08 07:30:00 | 2022-03-01T06:00:00Z | 2021-12-07T23:30:00Z | 2021-12-07T23:30:00Z | \
2021-12-07T23:30:00Z | `page` |
| 202112082299000002 | 2021-12-08 18:46:18 | 2022-03-01T06:00:00Z | null | 2021-12-08T02:46:18Z | \
2021-12-08T10:46:18Z | `page` |
| 202112082299000002 | nothing | 2022-03-01T06:00:00Z | null | null | null | null |

### Null, empty, missing

Every field below is in every document: `{field: null}` finds what is not known, `{field: {$exists: false}}`
finds nothing. Null means that no source told it, or that it has not happened. A list without entries is `[]`,
never null. `title` and `text` are never null; where the source has none they are `""`.

### One text, several forms

The same article is met in several forms, here from best to worst: East Money's article (`origin`), the share
page (`share`), the site's source file (`source`), its page on the site (`page`), an entry of a list (`list`);
the copies in the rolling news rank below the medium's own. Title, text, html, images, links and the hashes
always come from **one** form, the best one read, named in `body_from`: they never mix. Every other field comes
from the best form that told it; `tags`, `categories`, `post_urls` and `securities` are united. What each form has
said, and since when, stands in `forms`; a form that falls silent on a field takes nothing back.

A better form replaces the text: that is completion, `revision` stays. The same form saying something else is a
revision: `revision` is one higher, `changed_at` is when that wording was first read. Either way the wording
before it is a row of `post_revisions`. A better parser that reads the same page again (`scrapy replay`) corrects
what that page was taken to say, at the time it was read: no revision, and the row it leaves has `parser` as `by`,
while all that somebody really said has `news`. Other markup, another footer or another width of characters is
neither: compare `content_hash`, and only within one `hash_version` and one form.

### Which securities

`symbols` is all that the text links to, false friends of automatic links included (太平洋 the ocean as 601099.SH).
`main_symbols` is what the post is about. A security of a market that no table knows has a null `symbol`: it is
in `securities`, under its `secid`, and in neither list.

### Quotes and bars

A quote is a snapshot: there is one for each time at which a crawl asked, under the time that it bears itself, so
one read twice is one document. A bar is a trading day. Prices are decimal, in the security's own currency; a value
that upstream does not give is null, and a quote without a time is not stored. Where upstream says otherwise later
under the same `_id` (a bar read before the end of its day, a correction), the document is replaced, and `read_at`
says since when it is so.

### What is never deleted

Posts, their former wordings, securities, media, quotes, bars and runs stay for good: nothing in this project
removes them.
Three collections forget: `rejects` after 90 days, `raw` once it holds more than `RAW_MAX_BYTES`, and `listings`,
which holds the last reading of each page only.

### The same news twice

`duplicate_of` names the first post that told the same news, and is null in that one: `{duplicate_of: null}` counts
each news once. It is today's view, and right once `pending` is null, at the end of each run. More in
[duplicates.md](duplicates.md).

### One post, whole
"""

EXAMPLE = Post(
    url="https://finews.withounder.com/shiliribao/2022/03/01/NW202203012299000001.html",
    form="page",
    fetched_at=datetime(2022, 3, 1, 6, tzinfo=UTC),
    name="NW202203012299000001",
    title="中国人寿公布二月保费收入",
    body=Body(
        text="示例日报3月1日电 中国人寿今日公布，二月保费收入同比增长3.2%。\n公司称，增长来自续期业务。",
        html='<p>示例日报3月1日电 <a href="https://quote.eastmoney.com/unify/r/1.601628" rel="noopener nofollow">'
        "中国人寿</a>今日公布，二月保费收入同比增长3.2%。</p>\n<p>公司称，增长来自续期业务。</p>",
        images=[
            Image("https://webquotepic.eastmoney.com/GetPic.aspx?nid=1.601628&imageType=k&token=0", "chart", None)
        ],
        links=[
            Link(
                "https://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202203012299000001",
                "https://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202203012299000001",
            )
        ],
        marks=[Mark("1.601628", "中国人寿", "link"), Mark("1.601628", "", "chart")],
    ),
    tags=["示例日报新闻"],
    category="shiliribao",
    published_raw="2022-03-01 11:51:03",
    share_url="https://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202203012299000001",
    post="NW202203012299000001",
    media=Media("示例日报", "shiliribao"),
    published_at=datetime(2022, 3, 1, 3, 51, 3, tzinfo=UTC),
    published_min=datetime(2022, 3, 1, 3, 51, 3, tzinfo=UTC),
    published_max=datetime(2022, 3, 1, 3, 51, 3, tzinfo=UTC),
    published_from="page",
    content_hash="e75f0ec089cab886e1880cf03560bfca68c4bf3f0dd0a755f431f46d555b7135",
    text_hash="69e5cc1a68b356bf189a3c6a512e49d67ad3a0ab90f2116f8b9ef98165df1c07",
    securities=[Security("1.601628", "601628.SH", "601628", 1, "stock", "中国人寿", 1, ("chart", "link"))],
)
"""A made-up article as the pipelines pass it to the store."""


def example() -> Document:
    """Give the document of `EXAMPLE` as a first run stores it."""
    run = "20220301T055958-finews-1a2b3c"
    return merge(None, reading(EXAMPLE)).document | {
        "duplicate_of": None,
        "duplicate_kind": None,
        "similarity": None,
        "withdrawn_at": None,
        "updated_at": datetime(2022, 3, 1, 6, 0, 1, tzinfo=UTC),
        "first_run_id": run,
        "run_id": run,
        "spider": "finews",
        "schema_version": SCHEMA_VERSION,
        "etag": 1,
        "pending": None,
    }


def render() -> str:
    """Give the page."""
    lines = [HEAD, "```js", *_shown(example()), "```", "", "## Collections", ""]
    lines += ["| collection | holds |", "| --- | --- |"]
    lines += [f"| [`{entry.name}`](#{entry.name}) | {entry.meaning} |" for entry in COLLECTIONS]
    for entry in COLLECTIONS:
        lines += ["", *_collection(entry)]
    return "\n".join(lines) + "\n"


def _shown(document: Document) -> list[str]:
    """Write a document as mongosh does, one line a field, in the order of the schema."""
    order = [field.name for field in COLLECTIONS[0].fields]
    fields = [f"  {name}: {_value(document[name])}" for name in sorted(document, key=order.index)]
    return ["{", ",\n".join(fields), "}"]


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=lambda at: f"ISODate({at:%Y-%m-%dT%H:%M:%SZ})")
    return re.sub(r'"ISODate\(([^)"]*)\)"', r'ISODate("\1")', text)


def _collection(entry: Collection) -> Iterator[str]:
    yield from [f"## {entry.name}", "", entry.meaning, "", "| field | type | meaning |", "| --- | --- | --- |"]
    yield from _rows(entry.fields, "")
    yield from ["", "| index | keys | serves |", "| --- | --- | --- |", "| `_id_` | `_id` | one document |"]
    yield from (f"| `{index.name}` | {_keys(index)} | {index.serves} |" for index in entry.indexes)


def _rows(fields: tuple[Field, ...], path: str) -> Iterator[str]:
    for field in fields:
        yield f"| `{path}{field.name}` | {_type(field)} | {field.meaning} |"
        yield from _rows(field.inside, f"{path}{field.name}{'[]' if 'array' in field.types else ''}.")


def _type(field: Field) -> str:
    """Name the type; `long` is how the server keeps an int too big for 32 bits."""
    if "array" in field.types:
        return f"[{field.items[0] if field.items else 'object'}]"
    return " or ".join(name for name in field.types if name != "long")


def _keys(index: Index) -> str:
    return ", ".join(f"`{name}`{' descending' if direction < 0 else ''}" for name, direction in index.keys)


if __name__ == "__main__":
    sys.stdout.write(render())
