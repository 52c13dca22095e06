"""The collection `sources`: of each form of a post the newest version, in whatever order they come."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from store.connection import Store
from store.readings import Reading, reading
from store.sources import keep_sources, sources_of
from tests.articles import NAME, article, minute

Place = tuple[str, str]


def version(text: str, committed: int, form: str = "source") -> Reading:
    post = article(text, 100, form=form, source_raw=f"---\n$title: {text}\r\n---\n", published_zoned=True)
    post.source_path, post.committed_at = f"_posts/2022-03-01-{NAME}.md", minute(committed)
    return reading(post)


def kept(place: Place, orders: Sequence[Sequence[Reading]]) -> list[dict[str, object]]:
    """Give what is kept after some batches of readings were written at once, twice."""

    async def scenario() -> list[dict[str, object]]:
        store = Store(*place, Path())
        await store.open()
        try:
            for _ in range(2):
                await asyncio.gather(*(keep_sources(store.database, reads) for reads in orders))
            return (await sources_of(store.database, [NAME]))[NAME]
        finally:
            await store.close()

    return asyncio.run(scenario())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_newest_version_stays_in_any_order(database: Place, order: tuple[int, ...]) -> None:
    versions = [version(f"第{number}稿", number) for number in range(3)]
    other = version("滚动", 0, "source-rolling")
    first, second = kept(database, [[versions[place], other] for place in order])
    assert (first["_id"], first["text"], first["at"]) == (
        f"{NAME}/source",
        "---\n$title: 第2稿\r\n---\n",
        minute(2),
    )
    assert first["path"] == f"_posts/2022-03-01-{NAME}.md"
    assert (second["_id"], second["text"]) == (f"{NAME}/source-rolling", "---\n$title: 滚动\r\n---\n")


def test_a_copy_in_the_archive_is_kept_beside(database: Place) -> None:
    live, archived = version("第一稿", 0), version("第二稿", 1)
    assert archived.source_file
    archived.source_file["path"] = f"site/old_post-2022/2022-03-01-{NAME}.md"
    assert [(source["_id"], source["hash"]) for source in kept(database, [[live], [archived]])] == [
        (f"{NAME}/source", live.source["hash"] if live.source else ""),
        (f"{NAME}/source/old_post", archived.source["hash"] if archived.source else ""),
    ]


def test_pages_keep_no_source(database: Place) -> None:
    async def scenario() -> int:
        store = Store(*database, Path())
        await store.open()
        try:
            await keep_sources(store.database, [reading(article("正文。"))])
            return await store.database.sources.count_documents({})
        finally:
            await store.close()

    assert asyncio.run(scenario()) == 0
