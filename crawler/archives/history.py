"""Sources in a git repository, read with git itself, without a work tree: the newest version of each, or all.

Every version tells when it was committed. The line of first parents counts: what a branch held before it was
merged was not on the site. Oldest versions first, or, of newest ones alone, the youngest commits first.
The repository may be anybody's: nothing in its configuration can make git run a program or reach a network here.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import IO

from crawler.archives.source_file import (
    MAX_SOURCE_BYTES,
    ArchiveError,
    DamagedFileError,
    NoFileError,
    SourceFile,
    SourceFileError,
    Sources,
    SourceTooLargeError,
    Survey,
)
from crawler.urls import source_place

_OPTIONS = ("-c", "core.bigFileThreshold=4m", "--no-pager", "--no-replace-objects")
"""No large file whole in git's memory."""

_ENVIRONMENT = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
"""What a partial clone lacks is not fetched, whatever its configuration allows: that could run any program."""

_LOG = (
    *(
        "log",
        "--first-parent",
        "-m",
        "--root",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--no-show-signature",
    ),
    *("--no-ext-diff", "--no-textconv", "--ignore-submodules", "--format=%x02%ct"),
)
_FILE_MODES = frozenset({"100644", "100755"})
_NO_CONTENT = frozenset({"000000", "160000"})
"""Deleted; another repository."""

_CHUNK = 64 * 1024
_LONGEST = 2**20
_COMPLAINT_BYTES = 2000

_LAST_SECOND = 4_102_444_800
"""2100-01-01: a later commit has a wrong clock, and some are beyond what a date can hold."""


class History:
    """A git repository."""

    def __init__(self, path: Path, *, every: bool) -> None:
        """`every`: all versions of each source, not the newest alone."""
        self.path = path
        self.git_dir = path / ".git" if (path / ".git").exists() else path
        self.every = every

    def survey(self) -> Survey:
        """Count the versions to be read. Raises ArchiveError."""
        found = Survey()
        for version in self._versions():
            found.see(version.path, is_source=source_place(version.path) is not None)
        return found

    def files(self) -> Sources:
        """Read the versions. Raises ArchiveError."""
        with self._git("cat-file", "--batch") as blobs:
            for version in self._versions():
                if source_place(version.path):
                    is_file = version.mode in _FILE_MODES
                    content, problem = self._content(blobs, version.blob) if is_file else (b"", NoFileError())
                    yield SourceFile(version.path, content, problem, version.committed_at)

    def _versions(self) -> Iterator["_Version"]:
        """Give the versions that are wanted."""
        seen: set[bytes] = set()  # 8 bytes stand for a path: 100,000 of them take 8 MB
        for version in self._changes():
            if not self.every:
                key = blake2b(version.path.encode(), digest_size=8).digest()
                if key in seen:
                    continue
                seen.add(key)
            if version.mode not in _NO_CONTENT:
                yield version

    def _changes(self) -> Iterator["_Version"]:
        """Give what each commit left of the files it changed, in order; backwards for the newest."""
        order = ["--reverse"] if self.every else []
        at = datetime.min.replace(tzinfo=UTC)
        with self._git(*_LOG, *order, "HEAD", "--") as log:
            tokens = _tokens(_pipe(log.stdout))
            for token in tokens:
                if token.startswith("\x02"):
                    last, at = at, datetime.fromtimestamp(min(max(int(token[1:]), 0), _LAST_SECOND), UTC)
                    if self.every:  # a clock that was wrong, or commits of one second, keep their order
                        at = max(at, last + timedelta(milliseconds=1))
                else:
                    _, mode, _, blob, _ = token.split(" ")
                    yield _Version(next(tokens, ""), mode, blob, at)

    @contextmanager
    def _git(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run git. Raises ArchiveError where it is not there, or fails."""
        command = ["git", f"--git-dir={self.git_dir}", *_OPTIONS, *arguments]
        # Other variables of git's, such as a hook has, would point it elsewhere.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        with tempfile.TemporaryFile() as complaints:
            try:
                process = subprocess.Popen(  # noqa: S603 - no shell, and the path is part of one argument
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    env=environment | _ENVIRONMENT,
                )
            except OSError as error:
                raise ArchiveError(f"{self.path}: git cannot be run: {error.strerror}") from error
            read_to_its_end = False
            try:
                yield process
                read_to_its_end = True
            finally:
                if not read_to_its_end:
                    process.kill()
                process.communicate()
            if process.returncode:
                complaints.seek(0)
                said = complaints.read(_COMPLAINT_BYTES).decode(errors="replace").strip()
                raise ArchiveError(f"{self.path}: git: {said}")

    def _content(self, blobs: subprocess.Popen[bytes], blob: str) -> tuple[bytes, SourceFileError | None]:
        """Ask git for a blob. Raises ArchiveError where it does not answer."""
        asked, answers = _pipe(blobs.stdin), _pipe(blobs.stdout)
        try:
            asked.write(f"{blob}\n".encode())
            asked.flush()
        except BrokenPipeError as error:
            raise ArchiveError(f"{self.path}: git has ended") from error
        head = answers.readline().split()
        if head[1:] == [b"missing"]:
            return b"", DamagedFileError(f"{blob} is not in the repository")
        if len(head) != 3:
            raise ArchiveError(f"{self.path}: git has ended")
        left = int(head[2]) + 1  # a line feed follows
        if left > MAX_SOURCE_BYTES:
            while left and (part := answers.read(min(left, MAX_SOURCE_BYTES))):
                left -= len(part)
            return b"", SourceTooLargeError()
        return answers.read(left)[:-1], None


@dataclass(frozen=True, slots=True)
class _Version:
    """What a commit left of a file."""

    path: str
    mode: str
    blob: str
    committed_at: datetime


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - asked for
    return pipe


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    """Give what NULs end."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        *tokens, rest = (rest + chunk).split(b"\0")
        if len(rest) > _LONGEST:
            raise ArchiveError(f"git: a path of more than {_LONGEST:,} bytes")
        for token in tokens:
            yield token.decode("utf-8", "replace").removeprefix("\n")
