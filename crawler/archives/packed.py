"""Sources in a .zip, .tar or .tar.gz, read where they are packed: nothing is written to disk.

A pack may be made to do harm: each file is read up to a bound, and a pack that grows beyond all measure when it is
unpacked is given up (ArchiveError). Links, devices, encrypted files and rare ways of packing are not read.
"""

import gzip
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

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

MOST_GROWN = 200
"""How many times its size a pack may have unpacked; text of news packs to a third, and no text to a hundredth."""

ALWAYS_FINE = 256 * 2**20
"""Bytes that any pack may have unpacked."""

_STEP = 2**20

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, NotImplementedError)


def _check_growth(path: Path, unpacked: int, packed: int) -> None:
    if unpacked > max(ALWAYS_FINE, MOST_GROWN * packed):
        raise ArchiveError(f"{path}: {packed:,} bytes hold more than {unpacked:,}; it is given up")


class Zip:
    """A .zip. Its table of contents is held in memory, half a kilobyte a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def survey(self) -> Survey:
        """Count what is there. Raises ArchiveError."""
        found = Survey()
        with self._open() as pack:
            for info in pack.infolist():
                if not info.is_dir():
                    path = _path(info.filename)
                    found.see(path, is_source=source_place(path) is not None)
        return found

    def files(self) -> Sources:
        """Read the sources. Raises ArchiveError."""
        size, unpacked = self.path.stat().st_size, 0
        with self._open() as pack:
            for info in pack.infolist():
                path = _path(info.filename)
                if not info.is_dir() and source_place(path):
                    read = _read(pack, info, path)
                    is_large = isinstance(read.problem, SourceTooLargeError)
                    unpacked += MAX_SOURCE_BYTES if is_large else len(read.content)
                    _check_growth(self.path, unpacked, size)
                    yield read

    def _open(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except _UNREADABLE as error:
            raise ArchiveError(f"{self.path}: {error}") from error


def _read(pack: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> SourceFile:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind and kind != stat.S_IFREG:
        return SourceFile(path, problem=NoFileError())
    if info.flag_bits & 1:
        return SourceFile(path, problem=DamagedFileError("encrypted"))
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return SourceFile(path, problem=DamagedFileError(f"packed in way {info.compress_type}"))
    try:
        with pack.open(info) as file:
            content = file.read(MAX_SOURCE_BYTES + 1)
    except _UNREADABLE as error:
        return SourceFile(path, problem=DamagedFileError(str(error)))
    if len(content) > MAX_SOURCE_BYTES:
        return SourceFile(path, problem=SourceTooLargeError())
    return SourceFile(path, content)


def _path(name: str) -> str:
    """Give the path in a pack as text with slashes, whatever packed it."""
    return name.replace("\\", "/").encode("utf-8", "replace").decode()


class Tar:
    """A .tar or .tar.gz. It is read twice, once to count."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def survey(self) -> Survey:
        """Count what is there. Raises ArchiveError."""
        found = Survey()
        for member, _ in self._members():
            if not member.isdir():
                path = _path(member.name)
                found.see(path, is_source=source_place(path) is not None)
        return found

    def files(self) -> Sources:
        """Read the sources. Raises ArchiveError."""
        for member, unpacked in self._members():
            path = _path(member.name)
            if member.isdir() or not source_place(path):
                continue
            if not member.isreg() or member.issparse():
                yield SourceFile(path, problem=NoFileError())
            elif member.size > MAX_SOURCE_BYTES:
                yield SourceFile(path, problem=SourceTooLargeError())
            else:
                yield SourceFile(path, self._content(unpacked, member.size))

    def _content(self, unpacked: "_Unpacked", size: int) -> bytes:
        try:
            content = unpacked.read(size)
        except (zlib.error, EOFError, OSError) as error:
            raise ArchiveError(f"{self.path}: {error}") from error
        if len(content) < size:
            raise ArchiveError(f"{self.path}: cut short")
        return content

    def _members(self) -> Iterator[tuple[tarfile.TarInfo, "_Unpacked"]]:
        """Give the members in order, and the stream, which stands at each one's content."""
        with _Unpacked(self.path) as unpacked:
            try:
                with tarfile.open(fileobj=unpacked, mode="r:") as tar:  # type: ignore[call-overload]  # what it uses of a file
                    while (member := tar.next()) is not None:
                        tar.members.clear()  # it would keep them all
                        yield member, unpacked
            except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RecursionError) as error:
                raise ArchiveError(f"{self.path}: {error}") from error


class _Unpacked:
    """The unpacked bytes of a .tar.gz (or .tar) in order, no more at once than a source may have."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packed = path.open("rb")
        is_gzip = self._packed.read(2) == b"\x1f\x8b"
        self._packed.seek(0)
        self._file: IO[bytes] = gzip.GzipFile(fileobj=self._packed) if is_gzip else self._packed  # type: ignore[assignment]
        self._at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._packed.close()

    def tell(self) -> int:
        """Give how many bytes were read."""
        return self._at

    def read(self, size: int) -> bytes:
        """Read so many bytes, fewer at the end. Raises ArchiveError for more than a source may have."""
        if not 0 <= size <= MAX_SOURCE_BYTES:
            raise ArchiveError(f"{self._path}: a header of {size:,} bytes")
        content = self._file.read(size)
        self._at += len(content)
        _check_growth(self._path, self._at, self._packed.tell())
        return content

    def seek(self, place: int) -> None:
        """Go on to a place; there is no way back."""
        if place < self._at:
            raise ArchiveError(f"{self._path}: a header that leads backwards")
        while self._at < place and self.read(min(_STEP, place - self._at)):
            pass
