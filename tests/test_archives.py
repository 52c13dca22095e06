"""Archives of sources: each kind gives the same files, and none can do harm."""

import gzip
import io
import os
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.archives import ArchiveError, SourceFile, open_archive, packed
from crawler.archives.source_file import (
    MAX_SOURCE_BYTES,
    DamagedFileError,
    NoFileError,
    NotUtf8Error,
    SourceTooLargeError,
)

A, B, C = "_posts/2022-03-01-NW202203012299000001.md", "old_post/2022-03-01-甲.md", "_posts/-202203012299000003.md"
FILES = {A: b"a\r\n", B: b"b", C: b"\xff", "README.md": b"r", "category/x.md": b"x", "_posts/a.py": b"y"}
NEWS = {path: FILES[path] for path in (A, B, C)}


def folder(at: Path, files: dict[str, bytes] | None = None) -> Path:
    for path, content in (files or FILES).items():
        (at / path).parent.mkdir(parents=True, exist_ok=True)
        (at / path).write_bytes(content)
    return at


def git(repository: Path, *arguments: str, at: int = 0) -> str:
    """Run git as a user with no configuration of their own."""
    when = f"{1646000000 + at} +0800"
    names = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {
        **names,
        "PATH": os.environ["PATH"],
        "HOME": str(repository),
        "GIT_COMMITTER_DATE": when,
        "GIT_AUTHOR_DATE": "1000000000 +0000",
    }
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def committed(repository: Path, files: dict[str, bytes | None], at: int) -> None:
    """Commit files (None: removed) so many seconds after the first moment."""
    for path, content in files.items():
        if content is None:
            (repository / path).unlink()
        else:
            folder(repository, {path: content})
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message=x", at=at)


def repository(at: Path) -> Path:
    at.mkdir(parents=True, exist_ok=True)
    git(at, "init", "--quiet", "--initial-branch=main")
    return at


def a_folder(at: Path) -> Path:
    return folder(at / "site")


def a_zip(at: Path) -> Path:
    with zipfile.ZipFile(at / "x", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.mkdir("_posts")
        for path, content in FILES.items():
            pack.writestr(path, content)
    return at / "x"


def a_tar(at: Path, mode: str = "w") -> Path:
    with tarfile.open(at / "x", mode) as pack:  # type: ignore[call-overload]
        pack.add(folder(at / "site"), arcname="")
    return at / "x"


def a_checkout(at: Path) -> Path:
    checkout = repository(at / "site")
    committed(checkout, dict(FILES), 0)
    folder(checkout, {A: b"not committed"})
    return checkout


def a_bare_repository(at: Path) -> Path:
    git(at, "clone", "--quiet", "--bare", str(a_checkout(at)), "x.git")
    return at / "x.git"


@pytest.mark.parametrize(
    ("make", "has_history"),
    [
        (a_folder, False),
        (a_zip, False),
        (a_tar, False),
        (lambda at: a_tar(at, "w:gz"), False),
        (a_checkout, True),
        (a_bare_repository, True),
    ],
)
def test_every_kind_of_archive_gives_the_same_sources(
    make: Callable[[Path], Path], has_history: bool, tmp_path: Path
) -> None:
    archive = open_archive(make(tmp_path))
    survey = archive.survey()
    assert (survey.count, survey.others, survey.folders) == (3, 3, {"_posts", "old_post"})
    read = {file.path: file for file in archive.files()}
    assert {path: file.content for path, file in read.items()} == NEWS
    assert {file.problem for file in read.values()} == {None}
    committed_at = datetime.fromtimestamp(1646000000, UTC) if has_history else None
    assert {file.committed_at for file in read.values()} == {committed_at}
    assert read[A].text == "a\r\n"
    with pytest.raises(NotUtf8Error):
        assert read[C].text


def test_a_folder_of_posts_and_a_single_file_keep_the_name_of_their_folder(tmp_path: Path) -> None:
    site = folder(tmp_path)
    for path in ("old_post", B):
        (file,) = open_archive(site / path).files()
        assert (file.path, file.content) == (B, b"b")


def only(archive: Path) -> SourceFile:
    (file,) = open_archive(archive).files()
    return file


# --- histories ---------------------------------------------------------------------------------------------


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Give a repository: a reworded post that moved, one that was removed, a clock that went back."""
    site = repository(tmp_path / "site")
    committed(site, {A: b"1", C: b"c"}, 0)
    committed(site, {A: b"2", "README.md": b"r"}, 60)
    committed(site, {C: None, B: b"b"}, 30)
    committed(site, {A: b"1"}, 90)
    committed(site, {A: None, "old_post/2022-03-01-NW202203012299000001.md": b"1"}, 120)
    return site


def seconds(file: SourceFile) -> float:
    assert file.committed_at
    return file.committed_at.timestamp() - 1646000000


def test_the_newest_versions_are_those_of_the_last_commit(history: Path) -> None:
    archive = open_archive(history)
    assert archive.survey().count == 2
    found = {(file.path, file.content, seconds(file)) for file in archive.files()}
    assert found == {("old_post/2022-03-01-NW202203012299000001.md", b"1", 120), (B, b"b", 30)}


def test_all_versions_come_oldest_first_whatever_the_clocks_said(history: Path) -> None:
    archive = open_archive(history, "all")
    assert archive.survey().count == 6
    found = [(file.path, file.content, round(seconds(file), 3)) for file in archive.files()]
    assert found[2:] == [
        (A, b"2", 60),
        (B, b"b", 60.001),
        (A, b"1", 90),
        ("old_post/2022-03-01-NW202203012299000001.md", b"1", 120),
    ]
    assert set(found[:2]) == {(A, b"1", 0), (C, b"c", 0)}


def test_what_a_branch_held_counts_from_its_merge(history: Path) -> None:
    git(history, "checkout", "--quiet", "-b", "draft")
    committed(history, {B: b"draft"}, 200)
    committed(history, {B: b"final"}, 210)
    git(history, "checkout", "--quiet", "main")
    committed(history, {"README.md": b"s"}, 220)
    git(history, "merge", "--quiet", "--no-edit", "draft", at=300)
    (newest,) = [file for file in open_archive(history).files() if file.path == B]
    assert (newest.content, seconds(newest)) == (b"final", 300)
    every = [file.content for file in open_archive(history, "all").files() if file.path == B]
    assert every == [b"b", b"final"]


def test_a_repository_cannot_make_git_run_anything(history: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n")
    program.chmod(0o700)
    for name in (
        "core.pager",
        "core.fsmonitor",
        "core.sshCommand",
        "gpg.program",
        "diff.external",
        "core.askPass",
    ):
        git(history, "config", name, str(program))
    for name, value in (
        ("log.showSignature", "true"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", f"ext::{program}"),
        ("remote.origin.promisor", "true"),
        ("protocol.ext.allow", "always"),
        ("core.repositoryFormatVersion", "1"),
    ):
        git(history, "config", name, value)
    blob = git(history, "rev-parse", f"HEAD:{B}")
    (history / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert not ran.exists()
    files = {file.path: file for file in open_archive(history).files()}
    assert isinstance(files[B].problem, DamagedFileError)
    assert files["old_post/2022-03-01-NW202203012299000001.md"].content == b"1"
    assert not ran.exists()


def test_links_and_large_files_in_a_repository_are_named(tmp_path: Path) -> None:
    site = repository(tmp_path / "site")
    folder(site, {A: b"x" * (MAX_SOURCE_BYTES + 1), B: b"b"})
    (site / C).symlink_to("/etc/passwd")
    committed(site, {}, 0)
    found = {file.path: type(file.problem) for file in open_archive(site).files()}
    assert found == {A: SourceTooLargeError, B: type(None), C: NoFileError}


def test_a_repository_without_a_commit_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="git: fatal"):
        open_archive(repository(tmp_path / "site")).survey()


def test_a_history_given_up_in_the_middle_leaves_no_git_behind(history: Path) -> None:
    files = open_archive(history, "all").files()
    next(files)
    files.close()
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    commands = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    assert not [command for command in commands if b"cat-file" in command or b"--raw" in command]


# --- harm --------------------------------------------------------------------------------------------------


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    site = folder(tmp_path / "site", {A: b"a"})
    secret = tmp_path / "secret.md"
    secret.write_bytes(b"secret")
    (site / C).symlink_to(secret)
    (site / "_posts" / "loop").symlink_to(site)
    os.mkfifo(site / "_posts" / "2022-03-01-pipe.md")
    found = {file.path: type(file.problem) for file in open_archive(site).files()}
    assert found == {A: type(None), C: NoFileError, "_posts/2022-03-01-pipe.md": NoFileError}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = folder(tmp_path / "site", {A: b"a"})

    def refused(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)  # root may read everything
    (file,) = open_archive(site).files()
    assert (type(file.problem), str(file.problem)) == (DamagedFileError, "PermissionError: Permission denied")


def test_names_of_any_bytes_are_names(tmp_path: Path) -> None:
    site = folder(tmp_path / "site")
    Path(os.fsdecode(os.fsencode(site) + b"/_posts/2022-03-01-\xff.md")).write_bytes(b"a")
    assert "_posts/2022-03-01-\ufffd.md" in {file.path for file in open_archive(site).files()}


@pytest.mark.parametrize("pack", ["zip", "tar"])
def test_paths_that_lead_out_are_names_and_nothing_else(pack: str, tmp_path: Path) -> None:
    path, name = tmp_path / "x", "../../2022-03-01-out.md"
    if pack == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"a")
    else:
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(_member(name, size=1), io.BytesIO(b"a"))
    assert only(path) == SourceFile(name, b"a")
    assert [file.name for file in tmp_path.parent.parent.glob("**/2022-03-01-out.md")] == []


def _member(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = size, kind, "/etc/passwd"
    return member


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_named(kind: bytes, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x", "w") as archive:
        archive.addfile(_member(A, kind=kind))
    assert isinstance(only(tmp_path / "x").problem, NoFileError)


def test_links_in_a_zip_are_named(tmp_path: Path) -> None:
    info = zipfile.ZipInfo(A)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert isinstance(only(tmp_path / "x").problem, NoFileError)


@pytest.mark.parametrize("how", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_rare_ways_of_packing_are_named(how: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x", "w", how) as archive:
        archive.writestr(A, b"a")
    assert str(only(tmp_path / "x").problem) == f"packed in way {how}"


def test_a_damaged_or_encrypted_file_in_a_zip_is_named_and_its_neighbours_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in ((A, b"aaaa"), (B, b"bbbb"), (C, b"cccc")):
            archive.writestr(name, content)
    spoilt = bytearray(path.read_bytes().replace(b"aaaa", b"aaax"))
    entry = spoilt.rindex(b"PK\x01\x02")  # of the last file, in the table of contents
    spoilt[entry + 8] |= 1
    path.write_bytes(spoilt)
    found = [(file.path, file.content, str(file.problem)) for file in open_archive(path).files()]
    assert found == [
        (A, b"", f"Bad CRC-32 for file {A!r}"),
        (B, b"bbbb", "None"),
        (C, b"", "encrypted"),
    ]


@pytest.mark.parametrize("pack", ["zip", "tar", "folder"])
def test_a_huge_file_is_named_and_not_read_whole(pack: str, tmp_path: Path) -> None:
    huge = b"\0" * (MAX_SOURCE_BYTES + 1)
    path = tmp_path / "x"
    if pack == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(A, huge)
    elif pack == "tar":
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(_member(A, size=len(huge)), io.BytesIO(huge))
    else:
        folder(path, {A: huge})
    assert isinstance(only(path).problem, SourceTooLargeError)


@pytest.mark.parametrize("pack", ["zip", "tar"])
def test_a_bomb_is_given_up(pack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "ALWAYS_FINE", 2**20)
    path, content = tmp_path / "x", b"\0" * 2**20
    if pack == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(9):
                archive.writestr(f"2022-03-01-{number}.md", content)
    else:
        with tarfile.open(path, "w:gz") as archive:  # what is passed over has to be unpacked, too
            archive.addfile(_member("zeros", size=9 * len(content)), io.BytesIO(9 * content))
            archive.addfile(_member(A))
    with pytest.raises(ArchiveError, match="it is given up"):
        list(open_archive(path).files())


def test_a_tar_cut_short_or_spoilt_is_no_whole_archive(tmp_path: Path) -> None:
    whole = a_tar(tmp_path, "w:gz").read_bytes()
    path = tmp_path / "y"
    for broken in (whole[:-40], whole[:60], whole[:30] + b"\xff" * 30 + whole[60:], gzip.compress(b"no tar")):
        path.write_bytes(broken)
        with pytest.raises(ArchiveError):
            list(open_archive(path).files())


def test_a_header_that_wants_all_memory_is_refused(tmp_path: Path) -> None:
    member = _member("x", size=2**33, kind=tarfile.GNUTYPE_LONGNAME)
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024))
    with pytest.raises(ArchiveError, match="a header of"):
        open_archive(path).survey()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x1f\x8b no gzip", b"text"])
def test_what_holds_no_sources_is_no_archive(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(ArchiveError):
        open_archive(path).survey()
    with pytest.raises(ArchiveError, match="no file and no folder"):
        open_archive(tmp_path / "nowhere")
    with pytest.raises(ArchiveError, match="no file and no folder"):
        open_archive(Path("/dev/null"))
