"""What an archive gives: the sources in it, one by one, and how many there are."""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

MAX_SOURCE_BYTES = 4 * 2**20
"""A larger file is no source; the longest real one has 60 KB."""


class ArchiveError(Exception):
    """An archive cannot be read, or not to its end."""


class SourceFileError(Exception):
    """One file of an archive cannot be read."""


class NoFileError(SourceFileError):
    """It is named like a source, but is a link, a device or the like."""

    def __init__(self) -> None:
        super().__init__("no regular file")


class SourceTooLargeError(SourceFileError):
    """It is larger than any source."""

    def __init__(self) -> None:
        super().__init__(f"more than {MAX_SOURCE_BYTES:,} bytes")


class DamagedFileError(SourceFileError):
    """It is there, but its content cannot be had."""


class NotUtf8Error(SourceFileError):
    """It is no text in UTF-8, which is all that the site's generator ever wrote."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source as it stands in an archive."""

    path: str
    """From the archive's root, with slashes."""

    content: bytes = b""
    problem: SourceFileError | None = None
    """Why there is no content."""

    committed_at: datetime | None = None
    """When the history recorded it. Aware, UTC. None: the archive has no history."""

    @property
    def text(self) -> str:
        """The content, byte by byte the same. Raises SourceFileError."""
        if self.problem:
            raise self.problem
        try:
            return self.content.decode()
        except UnicodeDecodeError as error:
            raise NotUtf8Error(f"byte {error.start:,}: {error.reason}") from error

    @property
    def folder(self) -> str:
        """The folder it stands in."""
        return self.path.rpartition("/")[0]


@dataclass(slots=True)
class Survey:
    """What an archive holds."""

    count: int = 0
    """Sources; in a history, versions of them."""

    others: int = 0
    """Files that are none by their name."""

    folders: set[str] = field(default_factory=set)
    """Folders that hold sources."""

    def see(self, path: str, *, is_source: bool) -> None:
        """Count one file."""
        if is_source:
            self.count += 1
            self.folders.add(path.rpartition("/")[0])
        else:
            self.others += 1


Sources = Generator[SourceFile, None, None]


class Archive(Protocol):
    """An archive of sources. Not safe for use by two threads at once."""

    def survey(self) -> Survey:
        """Count what is there. Raises ArchiveError."""

    def files(self) -> Sources:
        """Read the sources, one after another; closed before its end, it lets go of all. Raises ArchiveError."""
