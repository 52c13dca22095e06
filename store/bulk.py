"""Unordered bulk writes, and whose fault a failure is: one write's own, or the server's.

Gives what failed, write by write; raises what concerns the server, with which all writes have to be tried again.
"""

from collections.abc import Sequence

from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError

from store.readings import Document

DUPLICATE_KEY = 11000

_SERVER_TROUBLE = frozenset(
    {
        *(6, 7, 89, 9001),  # a host or socket that does not answer
        *(91, 11600, 11602),  # shutting down, interrupted by that or by a change of primary
        *(189, 10058, 10107, 13435, 13436),  # no primary any more, or not yet
        *(50, 64, 262),  # a time limit passed
        *(43, 175, 237, 11601),  # a question broken off amid its answers: by a restart, or by somebody
        14031,  # out of disk space
    }
)
"""Error codes that the same write does not meet again once the server is well."""


async def write_all(
    collection: AsyncCollection[Document],
    writes: Sequence[InsertOne[Document] | ReplaceOne[Document] | UpdateOne],
) -> dict[int, Document]:
    """Write what can be written; give the errors of the rest (`code`, `errmsg`) by place. Raises PyMongoError."""
    if not writes:
        return {}
    try:
        await collection.bulk_write(list(writes), ordered=False)
    except BulkWriteError as error:
        failed = error.details["writeErrors"]
        if error.details["writeConcernErrors"] or any(write["code"] in _SERVER_TROUBLE for write in failed):
            raise
        return {write["index"]: write for write in failed}
    return {}


def is_outage(error: PyMongoError) -> bool:
    """Tell whether an error passes once the server is well again."""
    if isinstance(error, OperationFailure) and error.code in _SERVER_TROUBLE:
        return True
    return isinstance(error, ConnectionFailure | BulkWriteError) or error.timeout
