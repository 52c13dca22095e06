"""What the commands that work on the store have in common: they open it, do one thing, and say how it went.

From: the settings MONGO_URI, MONGO_DATABASE and MONGO_EMBEDDED_DIR. Exit code 0: done; 1: no MongoDB, or what the
job itself answers.
"""

import argparse
import asyncio
import sys
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings

if TYPE_CHECKING:
    from store.schema import Database


class StoreCommand(ScrapyCommand):
    """A command that works on the store, without a crawl."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}
    settings: Settings  # Scrapy sets it before it calls anything here

    @abstractmethod
    async def work(self, database: "Database", opts: argparse.Namespace) -> int:
        """Do it; give the exit code."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Open the store, work, close it; set the exit code."""
        self.exitcode = asyncio.run(self._opened(opts))

    async def _opened(self, opts: argparse.Namespace) -> int:
        from store.connection import MongoUnavailableError, Store  # noqa: PLC0415 - as commands do

        directory = Path(self.settings["FINEWS_HOME"]) / self.settings["MONGO_EMBEDDED_DIR"]
        store = Store(self.settings["MONGO_URI"], self.settings["MONGO_DATABASE"], directory)
        try:
            return await self.work(await store.open(), opts)
        except MongoUnavailableError as error:
            print(error, file=sys.stderr)  # noqa: T201 - commands print
            return 1
        finally:
            await store.close()
