"""Sources in a folder and all below it, or in a single file.

Links are not followed, and what is no regular file is not opened. In whatever order the folders are in.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from crawler.archives.source_file import (
    MAX_SOURCE_BYTES,
    ArchiveError,
    DamagedFileError,
    NoFileError,
    SourceFile,
    Sources,
    SourceTooLargeError,
    Survey,
)
from crawler.urls import source_place


class Files:
    """A folder, or a single file."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        folder = self.path if self.path.is_dir() else self.path.parent
        # The folder's own name tells what its files are: posts, or archived ones.
        self.prefix = f"{folder.name}/" if folder.name.startswith(("_posts", "old_post")) else ""

    def survey(self) -> Survey:
        """Count what is there. Raises ArchiveError."""
        found = Survey()
        for path, _, _ in self._paths():
            found.see(path, is_source=self._is_source(path))
        return found

    def files(self) -> Sources:
        """Read the sources. Raises ArchiveError."""
        for path, place, is_file in self._paths():
            if self._is_source(path):
                yield _read(path, place) if is_file else SourceFile(path, problem=NoFileError())

    def _is_source(self, path: str) -> bool:
        return source_place(path) is not None or self.path.is_file()

    def _paths(self) -> Iterator[tuple[str, str, bool]]:
        """Give all that is no folder: its path from here, its place on disk, whether it is a regular file."""
        if not self.path.is_dir():
            yield self.prefix + _name(self.path.name), str(self.path), True
            return
        folders = [(self.prefix, str(self.path))]
        while folders:
            prefix, folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        path = prefix + _name(entry.name)
                        if entry.is_dir(follow_symlinks=False):
                            folders.append((f"{path}/", entry.path))
                        else:
                            yield path, entry.path, entry.is_file(follow_symlinks=False)
            except OSError as error:
                raise ArchiveError(f"{folder}: {error.strerror}") from error


def _name(name: str) -> str:
    """Give a file's name as text, whatever its bytes."""
    return os.fsencode(name).decode("utf-8", "replace")


def _read(path: str, place: str) -> SourceFile:
    try:
        # It may have become a link or a pipe since it was listed; opening a pipe would wait for a writer.
        number = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return SourceFile(path, problem=NoFileError())
            content = file.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        return SourceFile(path, problem=DamagedFileError(f"{type(error).__name__}: {error.strerror}"))
    if len(content) > MAX_SOURCE_BYTES:
        return SourceFile(path, problem=SourceTooLargeError())
    return SourceFile(path, content)
