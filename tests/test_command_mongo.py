"""`scrapy mongo`, as typed in a terminal."""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient
from scrapy.settings import Settings

from crawler.commands import mongo
from store import embedded

PROJECT = Path(__file__).parent.parent

NOT_RUNNING = "MongoDB is not running. Every crawl starts it, and so does `scrapy mongo start`.\n"


def scrapy_mongo(
    *words: str,
    uri: str = "embedded",
    directory: Path = Path("/nonexistent"),
    database: str = "news",
    typed: str | int = "",
    programs: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own; `programs` is all that is on PATH then."""
    settings = {"MONGO_URI": uri, "MONGO_EMBEDDED_DIR": directory, "MONGO_DATABASE": database}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "scrapy",
            "mongo",
            *words,
            *(f"--set={name}={settings[name]}" for name in settings),
        ],
        cwd=PROJECT,
        env=os.environ | {"PATH": str(programs)} if programs else None,
        **({"input": typed} if isinstance(typed, str) else {"stdin": typed}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def exit_code(action: str, uri: str) -> int:
    """Run the command in this process."""
    command = mongo.Command()
    command.settings = Settings({"MONGO_URI": uri})
    command.run([], Namespace(action=action))
    return command.exitcode


without_mongosh = pytest.mark.skipif(
    bool(shutil.which("mongosh") or shutil.which("mongo")), reason="mongosh is on PATH, and preferred to Python"
)


@pytest.fixture
def directory() -> Iterator[Path]:
    """Give a place for a server, which does not exist yet."""
    with tempfile.TemporaryDirectory(prefix="finews-") as parent:
        yield Path(parent) / "mongo"
        embedded.stop(Path(parent) / "mongo")


def test_a_server_s_day(directory: Path) -> None:
    uri = f"mongodb://{quote(str(directory / 'mongod.sock'), safe='')}"

    status = scrapy_mongo("status", directory=directory)
    assert (status.returncode, status.stdout) == (
        3,
        f"{NOT_RUNNING}Data: {directory}/db, 0.0 MB\n",
    )
    assert not directory.exists()

    start = scrapy_mongo("start", directory=directory)
    assert (start.returncode, start.stdout, start.stderr) == (
        0,
        f"{uri}\n",
        "It runs until `scrapy mongo stop`.\n",
    )

    status = scrapy_mongo("status", directory=directory)
    known = embedded.status(directory)
    first, second, third = status.stdout.splitlines()
    assert first == f"MongoDB {known.version} is running, process {known.pid}."
    assert second == f"URI:  {uri}"
    assert third.startswith(f"Data: {directory}/db, ")
    assert status.returncode == 0

    stop = scrapy_mongo("stop", directory=directory)
    assert (stop.returncode, stop.stdout) == (0, "MongoDB is stopped.\n")
    assert not embedded.status(directory).running
    stop = scrapy_mongo("stop", directory=directory)
    assert (stop.returncode, stop.stdout) == (0, "MongoDB was not running.\n")


def test_uri_prints_the_uri_alone_and_starts_what_it_names(directory: Path) -> None:
    answer = scrapy_mongo("uri", directory=directory)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"{embedded.status(directory).uri}\n", "")
    assert embedded.status(directory).running


def test_shell_is_mongosh_in_the_right_database(directory: Path, tmp_path: Path) -> None:
    for name in ("mongosh", "mongo"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} $#: $1; while read line; do echo typed $line; done")
        (tmp_path / name).chmod(0o755)
    uri = embedded.ensure_running(directory)
    shell = scrapy_mongo("shell", directory=directory, typed="db.posts.find()\n", programs=tmp_path)
    assert (shell.returncode, shell.stdout) == (0, f"mongosh 1: {uri}/news\ntyped db.posts.find()\n")
    (tmp_path / "mongosh").unlink()
    shell = scrapy_mongo("shell", directory=directory, programs=tmp_path)
    assert (shell.returncode, shell.stdout) == (0, f"mongo 1: {uri}/news\n")


@without_mongosh
def test_without_mongosh_the_shell_is_python_on_the_database(database: tuple[str, str]) -> None:
    uri, name = database
    typed = (
        "from datetime import UTC, datetime\n"
        "_ = db.posts.insert_many([{'_id': 'NW1', 'at': datetime(2022, 2, 7, tzinfo=UTC)}, {'_id': 'NW2'}])\n"
        "for post in db.posts.find():\n    post['_id'], str(post.get('at'))\n"  # and no blank line after it
        "client[db.name].posts.count_documents({})\n"
    )
    shell = scrapy_mongo("shell", uri=uri, database=name, typed=typed)
    assert shell.stdout == "('NW1', '2022-02-07 00:00:00+00:00')\n('NW2', 'None')\n2\n"
    assert (shell.returncode, shell.stderr) == (0, "")
    with MongoClient[dict[str, object]](uri) as client:
        assert client[name].posts.count_documents({}) == 2


@without_mongosh
def test_in_a_terminal_the_shell_is_a_prompt(mongo_uri: str) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"db.name * 2\n\x04")  # Ctrl-D
    shell = scrapy_mongo("shell", uri=mongo_uri, database="news", typed=theirs)
    os.close(ours)
    os.close(theirs)
    assert shell.returncode == 0
    assert "`db` is the database news (PyMongo)" in shell.stderr
    assert shell.stdout == ">>> 'newsnews'\n>>> "


@without_mongosh
def test_an_error_in_piped_commands_ends_them_with_code_1(mongo_uri: str) -> None:
    shell = scrapy_mongo("shell", uri=mongo_uri, typed="'before'\ndb.posts.no_such_method(1)\n'after'\n")
    assert (shell.returncode, shell.stdout) == (1, "'before'\n")
    assert "'Collection' object is not callable" in shell.stderr


@pytest.mark.parametrize("action", ["start", "stop"])
def test_a_server_of_somebody_else_is_neither_started_nor_stopped(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(action, "mongodb://finews:geheim@db.example/") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "MONGO_URI is mongodb://finews:***@db.example/: only the embedded MongoDB (MONGO_URI=embedded) can be"
        " started and stopped from here.\n"
    )


def test_uri_of_a_server_elsewhere_is_printed_as_it_is_configured(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("uri", "mongodb://finews:geheim@db.example/?tls=true") == 0
    assert capsys.readouterr() == ("mongodb://finews:geheim@db.example/?tls=true\n", "")


def test_status_of_a_server_elsewhere(mongo_uri: str, capsys: pytest.CaptureFixture[str]) -> None:
    with MongoClient[dict[str, object]](mongo_uri) as client:
        version = client.server_info()["version"]
    assert exit_code("status", f"{mongo_uri}/?appName=geheim") == 0
    assert capsys.readouterr() == (f"MongoDB {version} is running.\nURI:  {mongo_uri}/?...\n", "")


def test_status_of_a_server_that_does_not_answer_keeps_its_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo, "ANSWER_MS", 10)
    assert exit_code("status", "mongodb://finews:geheim@127.0.0.1:1/?tls=false") == 3
    shown = capsys.readouterr()
    assert shown.out.startswith("MongoDB does not answer at mongodb://finews:***@127.0.0.1:1/?...: 127.0.0.1:1: ")
    assert "geheim" not in shown.out + shown.err


def test_an_address_that_is_none_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("status", "http://db.example/") == 1
    assert capsys.readouterr() == (
        "",
        "Invalid URI scheme: URI must begin with 'mongodb://' or 'mongodb+srv://'\n",
    )


def test_trouble_is_told_without_a_traceback(directory: Path) -> None:
    directory.mkdir()
    (directory / "letter.txt").touch()
    answer = scrapy_mongo("start", directory=directory)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"{directory} holds other files. Set MONGO_EMBEDDED_DIR to a directory that does not exist yet.\n"
    )


@pytest.mark.parametrize("words", [(), ("restart",), ("status", "now")])
def test_wrong_words_are_explained(words: tuple[str, ...]) -> None:
    answer = scrapy_mongo(*words)
    assert answer.returncode == 2
    assert "scrapy mongo start|stop|status|uri|shell" in answer.stdout + answer.stderr


def test_help_names_every_action() -> None:
    answer = scrapy_mongo("--help")
    assert answer.returncode == 0
    assert all(
        f"{action}: " in " ".join(answer.stdout.split()) for action in ("start", "stop", "status", "uri", "shell")
    )


@given(st.text(min_size=1), st.sampled_from(["", "/", "/news", "/?tls=true"]))
def test_no_password_is_shown(password: str, rest: str) -> None:
    shown = mongo.without_secrets(f"mongodb://finews:{password}@db1:27017,db2{rest}")
    assert shown == f"mongodb://finews:***@db1:27017,db2{rest.replace('tls=true', '...')}"


@pytest.mark.parametrize(
    "uri", ["mongodb://db:27017", "mongodb://db1:1,db2:2/news", "mongodb://%2Ftmp%2Fmongod.sock"]
)
def test_a_uri_without_a_password_is_shown_as_it_is(uri: str) -> None:
    assert mongo.without_secrets(uri) == uri
