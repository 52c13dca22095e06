"""Jekyll sources as they were imported: the collection `sources`, for `scrapy export --to jekyll`.

One document for each form of a post that was read from a source, and one more for its copy in `old_post`, whose
bytes may differ: the newest version of each, whichever arrived last. Written before the post, which says by its
`forms` that the source is known.
"""

from collections.abc import Iterable

from pymongo import UpdateOne

from store.bulk import DUPLICATE_KEY, write_all
from store.readings import Document, Reading
from store.schema import Database


async def keep_sources(database: Database, reads: Iterable[Reading]) -> None:
    """Keep the sources that readings were read from, each unless a newer version is there. Raises PyMongoError."""
    sources = [
        _document(read, read.source, read.source_file) for read in reads if read.source and read.source_file
    ]
    writes = [_write(source, upsert=True) for source in sources]
    failed = await write_all(database.sources, writes)
    # There is a version already, a newer one or, stored at this very moment, an older one.
    again = [sources[place] for place, problem in failed.items() if problem["code"] == DUPLICATE_KEY]
    await write_all(database.sources, [_write(source, upsert=False) for source in again])


def _document(read: Reading, version: Document, file: Document) -> Document:
    archived = file["path"].rpartition("/")[0].rpartition("/")[2].startswith("old_post")
    name = f"{read.post}/{read.form}" + ("/old_post" if archived else "")
    return {"_id": name, "post": read.post, "form": read.form, **file, "at": read.at, "hash": version["hash"]}


def _write(source: Document, *, upsert: bool) -> UpdateOne:
    older = [{"at": {"$lt": source["at"]}}, {"at": source["at"], "hash": {"$lt": source["hash"]}}]
    return UpdateOne({"_id": source["_id"], "$or": older}, {"$set": source}, upsert=upsert)


async def sources_of(database: Database, posts: list[str]) -> dict[str, list[Document]]:
    """Give the sources of posts, by post; of each form the one that is not archived first. Raises PyMongoError."""
    found: dict[str, list[Document]] = {}
    async for source in database.sources.find({"post": {"$in": posts}}).sort("_id", 1):
        found.setdefault(source["post"], []).append(source)
    return found
