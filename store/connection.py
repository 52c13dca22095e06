"""The connection to MongoDB of one run: one client, opened once, in the event loop that uses it.

From the settings' plain values. Gives the database with its collections, validators and indexes in place.
Raises MongoUnavailableError where no MongoDB answers; its message never holds a password.
"""

import asyncio
from datetime import UTC
from pathlib import Path
from typing import Any

import pymongo
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError, InvalidName, PyMongoError

from store.embedded import MongodError, ensure_running
from store.prepare import prepare
from store.schema import Database

ANSWER_SECONDS = 5.0
"""How long MongoDB may take to be reached at all."""

OPERATION_SECONDS = 20.0
"""How long one operation may last, finding a server included: one that hangs is as good as none. Real ones take
milliseconds; a restart of mongod, seconds."""


class MongoUnavailableError(Exception):
    """MongoDB cannot be reached, or refuses us."""


class Store:
    """One run's MongoDB."""

    def __init__(self, uri: str, database: str, embedded_directory: Path) -> None:
        """Remember where the database is; `uri` may be `embedded`."""
        self.uri = uri
        self.name = database
        self.embedded_directory = embedded_directory
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

    async def open(self) -> Database:
        """Connect, start the embedded MongoDB if that is asked for, bring the schema up to date. Idempotent."""
        async with self._opening:
            if self._database is None:
                self._database = await self._connected()
            return self._database

    async def _connected(self) -> Database:
        try:
            uri = self.uri
            if uri == "embedded":
                uri = await asyncio.to_thread(ensure_running, self.embedded_directory)
            self._client = _client(uri)
            options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
            database = self._client.get_database(self.name, codec_options=options)
            with pymongo.timeout(ANSWER_SECONDS):
                await database.command("ping")
            await prepare(database)
        except MongodError as error:
            raise MongoUnavailableError(str(error)) from error
        except InvalidName as error:
            await self.close()
            raise MongoUnavailableError(f"MONGO_DATABASE is not usable: {error}") from error
        except PyMongoError as error:
            await self.close()
            raise MongoUnavailableError(f"MongoDB: {str(error)[:500]}") from error
        return database

    async def close(self) -> None:
        """Close the connection; the embedded MongoDB goes on."""
        if self._client is not None:
            await self._client.close()
            self._client, self._database = None, None


def _client(uri: str) -> AsyncMongoClient[dict[str, Any]]:
    """Give a client for `uri`. Raises MongoUnavailableError for one that cannot be read."""
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
            timeoutMS=OPERATION_SECONDS * 1000,
        )
    except (ConfigurationError, ValueError, OSError) as error:
        # Their messages may quote the URI, password and all; a file of certificates is worth naming.
        where = f": {error.filename}" if isinstance(error, OSError) else ""
        raise MongoUnavailableError(f"MONGO_URI is not usable ({type(error).__name__}{where})") from None
