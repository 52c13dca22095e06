"""Whose fault a failed write is: its own, or the server's."""

import asyncio
from typing import Any

import pytest
from pymongo import InsertOne
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from store.bulk import is_outage, write_all


class Collection:
    """Answers every bulk write with one error. No mongod can be brought to give most of them."""

    def __init__(self, codes: list[int], concern: list[dict[str, Any]]) -> None:
        written = [{"index": place, "code": code, "errmsg": "why"} for place, code in enumerate(codes)]
        self.error = BulkWriteError({"writeErrors": written, "writeConcernErrors": concern})

    async def bulk_write(self, writes: list[Any], *, ordered: bool) -> None:
        assert writes
        assert not ordered
        raise self.error


def failures(codes: list[int], concern: list[dict[str, Any]] | None = None) -> dict[int, int]:
    collection: Any = Collection(codes, concern or [])
    failed = asyncio.run(write_all(collection, [InsertOne({}) for _ in codes or [0]]))
    return {place: problem["code"] for place, problem in failed.items()}


def test_what_failed_for_its_own_sake_is_told_by_place() -> None:
    assert failures([11000, 121, 10334, 2]) == {0: 11000, 1: 121, 2: 10334, 3: 2}


@pytest.mark.parametrize("code", [11600, 11602, 91, 189, 10107, 14031, 50, 262])
def test_what_failed_for_the_server_s_sake_has_to_be_tried_again(code: int) -> None:
    with pytest.raises(BulkWriteError) as raised:
        failures([11000, code])
    assert is_outage(raised.value)


def test_an_acknowledgement_that_is_no_majority_s_has_to_be_tried_again() -> None:
    with pytest.raises(BulkWriteError):
        failures([], [{"code": 64, "errmsg": "waiting for replication timed out"}])


def test_nothing_to_write_asks_nobody() -> None:
    collection: Any = Collection([11600], [])
    assert asyncio.run(write_all(collection, [])) == {}


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (AutoReconnect("connection closed"), True),
        (ServerSelectionTimeoutError("nobody"), True),
        (NetworkTimeout("timed out"), True),
        (NotPrimaryError("stepped down"), True),
        (ExecutionTimeout("time limit", 50), True),
        (OperationFailure("time limit", 262), True),
        (OperationFailure("not authorized", 13), False),
        (OperationFailure("a view", 166), False),
        (InvalidOperation("after close"), False),
    ],
)
def test_an_outage_is_what_passes(error: PyMongoError, passes: bool) -> None:
    assert is_outage(error) is passes
