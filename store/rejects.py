"""What was dropped or could not be read: the collection `rejects`."""

from dataclasses import dataclass
from datetime import UTC, datetime

from store.connection import Store
from store.merge import milliseconds

RAW_CHARACTERS = 100_000
"""How much of a page or item is kept; the longest real page has 30,000."""


@dataclass(slots=True)
class Rejects:
    """The rejects of one run."""

    store: Store
    run_id: str
    spider: str
    _count: int = 0

    async def add(
        self,
        stage: str,
        error: BaseException,
        *,
        url: str | None = None,
        post: str | None = None,
        raw: str | None = None,
    ) -> None:
        """Keep one: where it was rejected, why, and what it was."""
        self._count += 1
        await self.store.database.rejects.insert_one(
            {
                "_id": f"{self.run_id}/{self._count:06d}",
                "run_id": self.run_id,
                "spider": self.spider,
                "stage": stage,
                "reason": type(error).__name__,
                "detail": _storable(str(error))[:2000],
                "url": _storable(url) if url else None,
                "post": post or None,
                "raw": _storable(raw)[:RAW_CHARACTERS] if raw else None,
                "at": milliseconds(datetime.now(UTC)),
            }
        )


def _storable(text: str) -> str:
    # BSON takes no lone surrogates.
    return text.encode("utf-8", "replace").decode()
