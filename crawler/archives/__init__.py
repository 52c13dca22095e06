"""Where Jekyll sources stand: a folder, a file, a .zip, a .tar or .tar.gz, a git repository, bare or checked out.

From a path. Gives the sources in it one after another, so memory stays flat; their paths are names and nothing
else: nothing is unpacked to disk, no link is followed. What is no source by its name is passed over, and counted.
Raises ArchiveError where the whole cannot be read to its end; a single file that cannot be read carries a
SourceFileError instead of its content.
"""

from pathlib import Path

from crawler.archives.files import Files
from crawler.archives.history import History
from crawler.archives.packed import Tar, Zip
from crawler.archives.source_file import Archive, ArchiveError, SourceFile, SourceFileError, Sources, Survey

__all__ = [
    "VERSIONS",
    "Archive",
    "ArchiveError",
    "SourceFile",
    "SourceFileError",
    "Sources",
    "Survey",
    "open_archive",
]

VERSIONS = ("newest", "all")
"""Which versions of a source to read, of a git repository."""

_GZIP, _ZIP = b"\x1f\x8b", b"PK"
_TAR_AT, _TAR = 257, b"ustar"


def open_archive(path: Path, versions: str = "newest") -> Archive:
    """Open what stands at `path`. Raises ArchiveError where that is nothing that can hold sources."""
    try:
        if path.is_dir():
            return History(path, every=versions == "all") if _is_repository(path) else Files(path)
        if not path.is_file():
            raise ArchiveError(f"{path}: no file and no folder")
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise ArchiveError(f"{path}: {error.strerror}") from error
    if start.startswith(_ZIP):
        return Zip(path)
    if start.startswith(_GZIP) or start[_TAR_AT:].startswith(_TAR):
        return Tar(path)
    if path.suffix not in {".md", ".markdown"}:
        raise ArchiveError(f"{path}: neither Markdown nor a .zip, .tar or .tar.gz")
    return Files(path)


def _is_repository(path: Path) -> bool:
    is_bare = (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()
    return is_bare or (path / ".git").exists()
