"""The connection to MongoDB of one run: one client, opened once, in the event loop that uses it.

From the settings' plain values. Gives the database with its collections, validators and indexes in place, and a
way to ask it that puts up with outages (store/outage.py).
Raises MongoUnavailableError where no MongoDB answers; its message never holds a password.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError, InvalidName, OperationFailure

from store.embedded import DirectoryRefusedError, MongodError, MongodMissingError, ensure_running
from store.outage import MongoUnavailableError, MongoUnusableError, Outage
from store.prepare import prepare
from store.schema import Database
from store.spool import Spool, SpoolError

__all__ = ["MongoUnavailableError", "MongoUnusableError", "Store"]

ANSWER_SECONDS = 5.0
"""How long MongoDB may take to be reached at all, in one try."""

OPERATION_SECONDS = 20.0
"""How long one operation may last: a server that hangs is as good as none. Real ones take
milliseconds; a restart of mongod, seconds."""

_REFUSALS = frozenset({13, 18, 73, 8000})
"""Error codes of a login that is refused or may not do what we need, and of a name that is none: no waiting mends
them. Whatever else is wrong with a server may be put right, such as a full disk."""

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class Store:
    """One run's MongoDB. Whoever asks it goes through `reach` or `ask`: one outage budget for the whole run."""

    def __init__(
        self,
        uri: str,
        database: str,
        embedded_directory: Path,
        outage_seconds: float = ANSWER_SECONDS,
        spool: Spool | None = None,
    ) -> None:
        """Remember where the database is; `uri` may be `embedded`. `outage_seconds`: how long it may be away."""
        self.uri = uri
        self.name = database
        self.embedded_directory = embedded_directory
        self.outage = Outage(outage_seconds)
        self.spool = spool
        self._client: AsyncMongoClient[dict[str, Any]] | None = None
        self._database: Database | None = None
        self._opening = asyncio.Lock()

    @property
    def database(self) -> Database:
        """The database, once opened."""
        if self._database is None:
            raise MongoUnavailableError("the store is not open")
        return self._database

    @property
    def is_open(self) -> bool:
        """Whether the store has been opened, and not closed."""
        return self._database is not None

    @property
    def away(self) -> str | None:
        """Why MongoDB is given up for the rest of the run; None: it is not."""
        return self.outage.away

    async def reach(
        self,
        work: Callable[Concatenate[Database, _Given], Awaitable[_Result]],
        *args: _Given.args,
        **kwargs: _Given.kwargs,
    ) -> _Result:
        """Do some work in the database, waiting out outages. Raises MongoUnavailableError."""
        return await self.outage.through(lambda: work(self.database, *args, **kwargs))

    async def ask(
        self,
        question: Callable[Concatenate[Database, _Given], Awaitable[_Result]],
        *args: _Given.args,
        **kwargs: _Given.kwargs,
    ) -> _Result | None:
        """Do the same where a run can go on without; None when MongoDB is given up."""
        try:
            return await self.reach(question, *args, **kwargs)
        except MongoUnavailableError:
            if not self.away:  # not an outage: the store has not been opened
                raise
            return None

    def put_off(self, *lines: bytes, beyond_limit: bool = False) -> None:
        """Give lines to the spool (store/spool.py), for a later run. Raises SpoolError."""
        if self.spool is None:
            raise SpoolError("there is no spool")
        self.spool.append(lines, beyond_limit=beyond_limit)

    async def open(self) -> Database:
        """Connect, start the embedded MongoDB if that is asked for, bring the schema up to date. Idempotent.

        Raises MongoUnusableError where that cannot help, MongoUnavailableError once the outage budget is spent.
        """
        async with self._opening:
            if self._database is None:
                self._database = await self._connected()
            return self._database

    async def _connected(self) -> Database:
        try:
            uri = self.uri
            if uri == "embedded":
                uri = await asyncio.to_thread(ensure_running, self.embedded_directory)
            self._client = _client(uri, self.outage.seconds)
            options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
            database = self._client.get_database(self.name, codec_options=options)
            await self.outage.through(lambda: _prepared(database))
        except (DirectoryRefusedError, MongodMissingError) as error:
            raise MongoUnusableError(str(error)) from error
        except (MongodError, OSError) as error:
            self.outage.give_up(error)
        except InvalidName as error:
            await self.close()
            raise MongoUnusableError(f"MONGO_DATABASE is not usable: {error}") from error
        except MongoUnavailableError:
            await self.close()
            raise
        return database

    async def close(self) -> None:
        """Close the connection and the spool; the embedded MongoDB goes on."""
        if self.spool:
            self.spool.close()
        if self._client is not None:
            await self._client.close()
            self._client, self._database = None, None


async def _prepared(database: Database) -> None:
    """See whether MongoDB answers, and bring the schema up to date. Raises PyMongoError, MongoUnusableError."""
    try:
        await database.command("ping")
        await prepare(database)
    except (ConfigurationError, OperationFailure) as error:
        if isinstance(error, OperationFailure) and error.code not in _REFUSALS:
            raise
        raise MongoUnusableError(f"MongoDB: {str(error)[:500]}") from error


def _client(uri: str, outage_seconds: float) -> AsyncMongoClient[dict[str, Any]]:
    """Give a client for `uri`. Raises MongoUnusableError for one that cannot be read."""
    try:
        return AsyncMongoClient(
            uri,
            # Without journal, a standalone mongod acknowledges up to 100 ms before its journal is on disk, and a
            # `kill -9` loses what was acknowledged (measured; it costs 1 ms per batch).
            journal=True,
            w="majority",  # the same for a replica set that loses its primary; on a standalone, that is itself
            readPreference="primary",  # a merge with what a secondary still says would lose every race
            tz_aware=True,
            tzinfo=UTC,
            appname="finews",
            # Not timeoutMS: with it PyMongo looks for a server that has gone as long as an operation may take.
            socketTimeoutMS=OPERATION_SECONDS * 1000,
            connectTimeoutMS=ANSWER_SECONDS * 1000,
            # No try lasts much longer than all of them may.
            serverSelectionTimeoutMS=min(ANSWER_SECONDS, max(1.0, outage_seconds)) * 1000,
        )
    except (ConfigurationError, ValueError, OSError) as error:
        # Their messages may quote the URI, password and all; a file of certificates is worth naming.
        where = f": {error.filename}" if isinstance(error, OSError) else ""
        raise MongoUnusableError(f"MONGO_URI is not usable ({type(error).__name__}{where})") from None
