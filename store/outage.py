"""How long a run puts up with a MongoDB that is away: one budget for all that the run asks and writes.

From the errors of PyMongo. Gives the answer, however many tries it takes; once the budget is spent, or MongoDB
refuses us, everything fails at once for the rest of the run (MongoUnavailableError): a run that waited again and
again would neither end nor get anywhere.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from pymongo.errors import PyMongoError, WriteError

from store.bulk import is_outage

_RETRY_SECONDS = 0.5
"""Between two tries; an attempt that finds no server lasts seconds by itself."""

_Result = TypeVar("_Result")


class MongoUnavailableError(Exception):
    """MongoDB cannot be reached, or refuses us."""


class MongoUnusableError(MongoUnavailableError):
    """As it is set up, MongoDB will never take anything: its address, the login, the database's name."""


class Outage:
    """The outage budget of a run, and what is left of it. Time during which several wait counts once."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long MongoDB may be away, all outages together."""
        self.seconds = seconds
        self.away: str | None = None
        """Why MongoDB is given up for the rest of the run; None: it is not."""
        self._spent = 0.0
        self._since: float | None = None

    async def through(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do some work, again and again while an outage lasts; it must not matter how often it is done.

        Raises MongoUnavailableError; WriteError where MongoDB refuses this one document.
        """
        while True:
            if self.away:
                raise MongoUnavailableError(self.away)
            began = time.monotonic()
            try:
                result = await work()
            except PyMongoError as error:
                if isinstance(error, WriteError) and not is_outage(error):
                    raise
                self._since = began if self._since is None else self._since
                spent = self._spent + time.monotonic() - self._since
                if not is_outage(error) or spent > self.seconds:
                    self.give_up(error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                if self._since is not None and began >= self._since:
                    self._spent += time.monotonic() - self._since
                    self._since = None
                return result

    def give_up(self, error: Exception) -> NoReturn:
        """Put up with it no longer. Raises MongoUnavailableError."""
        spent = self._spent + (time.monotonic() - self._since if self._since is not None else 0)
        # PyMongo goes on to describe its time-outs and all it knows of the servers.
        said = " ".join(str(error).partition(" (configured timeouts")[0].split())[:500]
        self.away = self.away or f"MongoDB, after {spent:.0f} s of outages: {said}"
        raise MongoUnavailableError(self.away) from error
