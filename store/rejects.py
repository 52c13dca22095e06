"""What was dropped or could not be read: the collection `rejects`."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from store.merge import milliseconds
from store.schema import Database

RAW_CHARACTERS = 100_000
"""How much of a page or item is kept; the longest real page has 30,000."""


@dataclass(slots=True)
class Rejects:
    """The rejects of one run."""

    database: Database
    run_id: str
    spider: str
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

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
        await self.database.rejects.insert_one(
            {
                "_id": f"{self.run_id}/{next(self._numbers):06d}",
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
