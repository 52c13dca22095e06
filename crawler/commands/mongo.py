"""`scrapy mongo start|stop|status|uri|shell`: the MongoDB that MONGO_URI means, by hand.

From: the settings MONGO_URI, MONGO_DATABASE and MONGO_EMBEDDED_DIR.
Gives: what was asked for on stdout, everything else on stderr. Exit code 0: done; 1: it failed; 2: wrongly used;
3: not running (`status`).
Refuses: to start or stop a server that is not the embedded one.
"""

import argparse
import ast
import code
import os
import re
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

if TYPE_CHECKING:
    from store.embedded import Status

EMBEDDED = "embedded"
"""The value of MONGO_URI that means a mongod of the project's own."""

FAILED, WRONGLY_USED, NOT_RUNNING = 1, 2, 3
"""Exit codes; 3 is what `systemctl status` answers for a service that does not run."""

ANSWER_MS = 5000
"""How long `status` waits for a server that is not the embedded one."""


class Command(ScrapyCommand):
    """Start, stop, look at and talk to MongoDB."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}
    settings: Settings  # Scrapy sets it before it calls anything here

    def syntax(self) -> str:
        """Return what follows the name of the command."""
        return "start|stop|status|uri|shell"

    def short_desc(self) -> str:
        """Return the line that `scrapy` lists."""
        return "Start, stop, look at and talk to MongoDB"

    def long_desc(self) -> str:
        """Return what `scrapy mongo --help` says."""
        return (
            "start: start the embedded MongoDB unless it runs, and print its URI. stop: shut it down."
            " status: say whether it runs (exit code 0) or not (3), where, and how much it holds."
            ' uri: print the URI and nothing else, starting it if need be: mongosh "$(scrapy mongo uri)".'
            " shell: open mongosh on it, or a Python prompt with `db` where there is no mongosh;"
            " both take commands from a pipe, too."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the action to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument("action", choices=["start", "stop", "status", "uri", "shell"])

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what was asked for, and set the exit code."""
        from pymongo.errors import ConfigurationError, OperationFailure

        from store.mongod import MongodError

        if args:
            raise UsageError(f"Not understood: {' '.join(args)}")
        try:
            if self.settings["MONGO_URI"] == EMBEDDED:
                self._run_embedded(opts.action)
            else:
                self._run_configured(opts.action)
        except (MongodError, ConfigurationError, OperationFailure) as error:
            print(error, file=sys.stderr)
            self.exitcode = FAILED

    def _run_embedded(self, action: str) -> None:
        from store import embedded

        directory = Path(self.settings["FINEWS_HOME"]) / self.settings["MONGO_EMBEDDED_DIR"]
        if action == "stop":
            print("MongoDB is stopped." if embedded.stop(directory) else "MongoDB was not running.")
        elif action == "status":
            self._print_status(embedded.status(directory))
        else:
            uri = embedded.ensure_running(directory)
            if action == "shell":
                _open_shell(
                    uri, f"{uri}/{quote(self.settings['MONGO_DATABASE'])}", self.settings["MONGO_DATABASE"]
                )
                return
            print(uri)
            if action == "start":
                print("It runs until `scrapy mongo stop`.", file=sys.stderr)

    def _run_configured(self, action: str) -> None:
        uri = self.settings["MONGO_URI"]
        if action == "uri":
            print(uri)
        elif action == "shell":
            _open_shell(uri, uri, self.settings["MONGO_DATABASE"])
        elif action == "status":
            self._print_answer(uri)
        else:
            print(
                f"MONGO_URI is {without_secrets(uri)}: only the embedded MongoDB (MONGO_URI=embedded) can be"
                " started and stopped from here.",
                file=sys.stderr,
            )
            self.exitcode = WRONGLY_USED

    def _print_status(self, status: "Status") -> None:
        if status.running:
            print(f"MongoDB {status.version} is running, process {status.pid}.\nURI:  {status.uri}")
        else:
            print("MongoDB is not running. Every crawl starts it, and so does `scrapy mongo start`.")
            self.exitcode = NOT_RUNNING
        print(f"Data: {status.dbpath}, {status.data_bytes / 1e6:.1f} MB")

    def _print_answer(self, uri: str) -> None:
        from pymongo import MongoClient
        from pymongo.errors import ConnectionFailure

        try:
            with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=ANSWER_MS) as client:
                version = client.server_info()["version"]
        except ConnectionFailure as error:
            print(f"MongoDB does not answer at {without_secrets(uri)}: {error}")
            self.exitcode = NOT_RUNNING
        else:
            print(f"MongoDB {version} is running.\nURI:  {without_secrets(uri)}")


def without_secrets(uri: str) -> str:
    """Return the URI with its password, and all options (some are passwords), left out.

    >>> without_secrets("mongodb://finews:geheim@db1,db2/finews?tls=true")
    'mongodb://finews:***@db1,db2/finews?...'
    """
    # Up to the last @: a password may hold anything, written by somebody who did not escape it.
    shown = re.sub(r"(?<=://)([^:@/?]*):.*@", r"\1:***@", uri, flags=re.DOTALL)
    address, question_mark, _ = shown.partition("?")
    return f"{address}?..." if question_mark else address


def _open_shell(uri: str, mongosh_address: str, database: str) -> None:
    """Become mongosh, or the older mongo; where there is neither, offer Python."""
    program = shutil.which("mongosh") or shutil.which("mongo")
    if program:
        os.execv(program, [program, mongosh_address])  # noqa: S606 this is what was asked for
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        names = {"client": client, "db": client[database]}
        if not sys.stdin.isatty():
            _run_statements(sys.stdin.read(), names)
            return
        with suppress(ImportError):  # not in every Python
            import readline  # noqa: F401 once imported, it edits lines and recalls them
        code.interact(
            banner=f"There is no mongosh on PATH; this is Python.\n`db` is the database {database} (PyMongo)."
            " Try db.posts.find_one(). Ctrl-D ends.",
            local=names,
            exitmsg="",
        )


def _run_statements(source: str, names: dict[str, Any]) -> None:
    """Run each statement as at a prompt: the value of an expression is printed. The first error ends it."""
    for statement in ast.parse(source, "<stdin>").body:
        exec(compile(ast.Interactive([statement]), "<stdin>", "single"), names)  # noqa: S102 a shell runs what it reads
