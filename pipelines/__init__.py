"""What we believe: one module per stage, in the order of ITEM_PIPELINES.

    normalise (100) -> securities (200) -> duplicates (300) -> mongo (400) -> quotes (500)

Every drop is one of the exceptions below, counted as `rejected` or `duplicate` and, but for duplicates,
kept in the collection `rejects`.
"""

from scrapy.exceptions import DropItem


class InvalidPostError(DropItem):
    """A value of a post is there but cannot be believed."""

    def __init__(self, field: str, raw: object) -> None:
        super().__init__(f"{field}: {str(raw)[:200]!r}")


class InvalidQuoteError(DropItem):
    """A quote or a bar has no time, or a number that cannot be believed."""

    def __init__(self, field: str, raw: object) -> None:
        super().__init__(f"{field}: {str(raw)[:200]!r}")


class DuplicatePostError(DropItem):
    """An item says exactly what an earlier item of this run said, which is stored."""


class NotKeptError(DropItem):
    """MongoDB is away, and the spool takes no more either: this item is kept nowhere."""


class StoreRefusedError(DropItem):
    """MongoDB or BSON refuses this one item: its size, its types, a validator."""
