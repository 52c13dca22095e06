"""Questions a run asks the store: which pages are known, what a listing said last."""

from datetime import datetime

from store.readings import Document, milliseconds
from store.schema import Database

LISTING_PARSER_VERSION = 1
"""Bump when the listing parsers read more than before: stored validators would hide it behind a 304."""


URLS_AT_ONCE = 4_000
"""A query is a document of 16 MB at most, and a category page lists all posts of years; a URL has 4,000 characters
at most (crawler/urls.py)."""

POSTS_AT_ONCE = 1_000
"""A few hundred KB of them."""


async def known_posts(database: Database, urls: list[str]) -> dict[str, datetime | None]:
    """Give those of `urls` that stored posts were read from, with the time of publication.

    None: not known, or the post is withdrawn; either is a reason to read it again.
    """
    known: dict[str, datetime | None] = {}
    for start in range(0, len(urls), URLS_AT_ONCE):
        wanted = set(urls[start : start + URLS_AT_ONCE])
        shown = {"_id": 0, "post_urls": 1, "published_at": 1, "withdrawn_at": 1}
        async for post in database.posts.find({"post_urls": {"$in": list(wanted)}}, shown):
            known |= dict.fromkeys(wanted.intersection(post["post_urls"]), _published(post))
    return known


def _published(post: Document) -> datetime | None:
    at: datetime | None = post["published_at"]
    return None if post["withdrawn_at"] else at


async def posts_at(database: Database, urls: list[str]) -> dict[str, Document]:
    """Give the posts read from `urls` by URL: what is needed to look for them elsewhere."""
    found: dict[str, Document] = {}
    shown = dict.fromkeys(("post_urls", "share_url", "origin_url", "absent", "withdrawn_at", "etag"), 1)
    for start in range(0, len(urls), URLS_AT_ONCE):
        wanted = set(urls[start : start + URLS_AT_ONCE])
        async for post in database.posts.find({"post_urls": {"$in": list(wanted)}}, shown):
            found |= dict.fromkeys(wanted.intersection(post["post_urls"]), post)
    return found


async def categories(database: Database) -> list[str]:
    """Give every category that stored posts stand in."""
    return [str(slug) for slug in await database.posts.distinct("categories")]


async def listing(database: Database, url: str) -> Document | None:
    """Give what a listing page said last; None where a parser of another version read it, or none did."""
    return await database.listings.find_one({"_id": url, "parser_version": LISTING_PARSER_VERSION})


async def listed_last(database: Database, url: str) -> list[str]:
    """Give the posts that a listing page named last, whatever parser read it."""
    last = await database.listings.find_one({"_id": url}, {"post_urls": 1})
    return list(last["post_urls"]) if last else []


async def remember_listing(  # noqa: PLR0913 - the fields of one document
    database: Database,
    url: str,
    *,
    post_urls: list[str],
    categories: list[str],
    etag: str | None,
    last_modified: str | None,
    read_at: datetime,
) -> None:
    """Keep what a listing page said, with the validators to ask again by."""
    document = {
        "_id": url,
        "validators": {"etag": etag, "last_modified": last_modified},
        "post_urls": post_urls,
        "categories": categories,
        "parser_version": LISTING_PARSER_VERSION,
        "read_at": milliseconds(read_at),
    }
    await database.listings.replace_one({"_id": url}, document, upsert=True)


async def incomplete(database: Database, before: str | None = None) -> list[Document]:
    """Give the next posts whose upstream parts are still to be read: `_id`, `missing`, `share_url`; newest first.

    `before`: the last `_id` of those given before. Not all at once: they may be many, and a cursor that waits for
    the crawl is one that an outage cuts off.
    """
    wanted: Document = {"missing": {"$in": ["share", "origin"]}} | ({"_id": {"$lt": before}} if before else {})
    found = database.posts.find(wanted, {"missing": 1, "share_url": 1}).sort("_id", -1)
    return await found.limit(POSTS_AT_ONCE).to_list()


async def known_ids(database: Database, ids: list[str]) -> dict[str, datetime | None]:
    """Give those of `ids` that are stored, with the time of publication (None: as in `known_posts`)."""
    found = database.posts.find({"_id": {"$in": ids}}, {"published_at": 1, "withdrawn_at": 1})
    return {post["_id"]: _published(post) async for post in found}


async def known_secids(database: Database, secids: list[str]) -> list[str]:
    """Give those of `secids` that stored posts name, in their order."""
    found = {security["_id"] async for security in database.securities.find({"_id": {"$in": secids}}, {"_id": 1})}
    return [secid for secid in secids if secid in found]


async def unquoted(database: Database, spider: str) -> list[str]:
    """Give the secids of posts that a spider's runs stored since its last good one.

    A run asks for quotes at its end: one that was killed, or broken off, did not come to it.
    """
    good = await database.runs.find_one({"spider": spider, "ok": True}, sort=[("started_at", -1)])
    since = {"started_at": {"$gt": good["started_at"]}} if good else {}
    runs = [run["_id"] async for run in database.runs.find({"spider": spider} | since, {"_id": 1})]
    return [str(secid) for secid in await database.posts.distinct("securities.secid", {"run_id": {"$in": runs}})]


async def known_sources(database: Database, ids: list[str]) -> dict[str, dict[str, list[datetime | None]]]:
    """Give the versions of sources that posts were read from: `<form>/<_id>` -> hash -> times of commit."""
    known: dict[str, dict[str, list[datetime | None]]] = {}
    forms = ("source", "source-rolling")
    shown = {f"forms.{form}.sources": 1 for form in forms}
    async for post in database.posts.find({"_id": {"$in": ids}}, shown):
        for form in forms:
            for version in post["forms"].get(form, {}).get("sources", []):
                versions = known.setdefault(f"{form}/{post['_id']}", {})
                versions.setdefault(version["hash"], []).append(version["at"])
    return known
