"""`scrapy export --to jekyll`: what was imported comes back byte for byte, and Jekyll makes a site of it."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.jekyll import files_of, is_newest, renewed
from crawler.jekyll_site import site_files
from crawler.pages.source import parse_source
from pipelines.published import BEIJING
from sandbox.process import SandboxProcess
from tests.corpus import CORPUS, SITE, needs_corpus
from tests.crawling import ROOT, Crawler, crawler

AT = datetime(2022, 6, 1, tzinfo=UTC)
END = "[返回东财滚动新闻](//finews.withounder.com/emnews/)｜[返回首页](//finews.withounder.com/)"
NEWEST = (
    '---\nlayout: post\ntitle: "某公司"\ndate: 2022-03-01 11:51:03 +0800\ncategories: emnews\n'
    "tags: 东财滚动新闻\n---\n\n某公司今日公告。\n\n"
    f"<http://finance.eastmoney.com/news/1351,202203012299000001.html>\n\n{END}"
)
PATH = "_posts/2022-03-01-202203012299000001.md"


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def at(fetch: dict[str, Any]) -> datetime:
    return fetch["at"]  # type: ignore[no-any-return]  # MongoDB says so


def export(crawls: Crawler, folder: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "export", "--to", "jekyll", "--out", str(folder), *words],
        cwd=ROOT,
        env=crawls.environment('{"*": null}'),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def imported(crawls: Crawler, folder: Path) -> None:
    done = crawls.crawl('{"*": null}', "-a", f"path={folder}", "-s", "RUN_MAX_ERROR_RATIO=1", spider="archive")
    assert done.code == 0, done.output


def read(folder: Path) -> dict[str, bytes]:
    """Give the files of an export, those of `old_post` under its name."""
    posts = {path.name: path.read_bytes() for path in (folder / "_posts").iterdir()}
    archived = folder / "old_post"
    return posts | {f"old_post/{path.name}": path.read_bytes() for path in archived.glob("*.md")}


def round_trip(crawls: Crawler, folder: Path, out: Path) -> tuple[dict[str, set[bytes]], dict[str, bytes], str]:
    """Import and export; give the sources of the newest form by name, what came out, and what was said."""
    sources: dict[str, set[bytes]] = {}
    for path in sorted(folder.rglob("*.md")):
        content = path.read_bytes()
        if is_newest(content.decode()):
            sources.setdefault(path.name, set()).add(content)
    imported(crawls, folder)
    code, said = export(crawls, out)
    assert code == 0, said
    return sources, read(out), said


@needs_corpus
def test_the_corpus_comes_back_byte_for_byte(crawls: Crawler, tmp_path: Path) -> None:
    sources, files, said = round_trip(crawls, CORPUS / "posts", tmp_path)
    # One stands in both folders, with other blanks between its paragraphs.
    twice = "2022-01-07-202201072239307540.md"
    assert [name for name, versions in sources.items() if len(versions) > 1] == [twice]
    assert {files[twice], files.pop(f"old_post/{twice}")} == sources[twice]
    assert {name: {files[name]} for name in sources if name != twice} == {
        name: versions for name, versions in sources.items() if name != twice
    }
    assert len(sources) == 32
    assert " 33 imported in the newest form, byte for byte\n" in said
    # Every other file is there too, once for each form, and says in the newest form what it said.
    posts = crawls.posts()
    forms = sum(form.startswith("source") for post in posts.values() for form in post["forms"])
    assert (len(files), len(posts)) == (forms, 53)
    assert all(is_newest(content.decode()) for name, content in files.items() if not name.startswith("-"))


def test_the_sources_of_a_world_come_back(crawls: Crawler, tmp_path: Path) -> None:
    with SandboxProcess(posts=120, archive_days=3) as sandbox:
        for path, text in sandbox.sources().items():
            file = tmp_path / "in" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
    sources, files, said = round_trip(crawls, tmp_path / "in", tmp_path / "out")
    assert len(sources) > 60
    assert {name: {files[name]} for name in sources} == sources
    assert f"  {len(sources)} imported in the newest form" in said
    if shutil.which("jekyll"):
        assert_builds(tmp_path / "out", files)

    before = crawls.posts()
    assert export(crawls, tmp_path / "none", "--symbol", "nothing")[0] == 1
    one = next(post for post in before.values() if post["symbols"] and post["published_at"])
    assert export(crawls, tmp_path / "one", "--symbol", one["symbols"][0], "--unique")[0] == 0
    found = {post["_id"] for post in before.values() if one["symbols"][0] in post["symbols"]}
    assert {parsed(name, text).name.removeprefix("NW") for name, text in read(tmp_path / "one").items()} == {
        post.removeprefix("NW") for post in found if before[post]["duplicate_of"] is None
    }


def parsed(name: str, content: bytes) -> Any:
    return parse_source(content.decode(), f"_posts/{name}", SITE, AT)


def assert_builds(folder: Path, files: dict[str, bytes]) -> None:
    """Have Jekyll build an export, and find its posts and category pages."""
    built = subprocess.run(["jekyll", "build", "--quiet"], cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    pages = {path.relative_to(folder / "_site").as_posix() for path in (folder / "_site").rglob("*.html")}
    names = {path.rpartition("/")[2].removesuffix(".html") for path in pages}
    shown = {name for name in files if not name.startswith("-")}
    assert {parsed(name, files[name]).name for name in shown} <= names
    assert {"index.html", "emnews/index.html"} <= pages
    listed = (folder / "_site" / "emnews" / "index.html").read_text(encoding="utf-8")
    assert listed.count("<li>") == sum(parsed(name, files[name]).category == "emnews" for name in shown)
    assert any(page.startswith("category/") for page in pages)


def test_posts_known_from_pages_are_written_from_what_is_stored(crawls: Crawler, tmp_path: Path) -> None:
    with SandboxProcess(posts=25) as sandbox:
        assert crawls.crawl(sandbox.mirrors, "-a", "quotes=off").code == 0
    code, said = export(crawls, tmp_path)
    posts = crawls.posts()
    forms = sum(form.startswith("page") for post in posts.values() for form in post["forms"])
    assert (code, f"{forms} files of {len(posts)} posts" in said) == (0, True)
    by_name: dict[str, dict[str, Any]] = {}
    for post in posts.values():
        by_name |= {url.rpartition("/")[2].removesuffix(".html"): post for url in post["post_urls"]}
    for name, content in read(tmp_path).items():
        again = parsed(name, content)
        post = by_name[again.name]
        assert is_newest(content.decode())
        assert (again.title, again.category in post["categories"]) == (post["title"], True)
        assert again.body.text == post["text"]
        if post["published_at"]:
            assert again.published_raw == f"{post['published_at'].astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def test_pages_are_an_archive_of_the_web(crawls: Crawler, tmp_path: Path) -> None:
    file = tmp_path / "pages.warc.gz"
    assert export(crawls, file, "--to", "warc") == (1, f"0 pages in {file}\n")
    with SandboxProcess(posts=20, first_day="2021-12-20") as sandbox:
        for _ in range(2):
            assert crawls.crawl(sandbox.mirrors, "-a", "quotes=off", "-a", "full=1").code == 0
    assert export(crawls, file, "--to", "warc")[0] == 0
    assert export(crawls, file, "--to", "warc", "--unique")[0] == 2
    kept = {document["_id"]: document for document in crawls.database.raw.find()}
    fetches = sum(len(document["fetches"]) for document in kept.values())
    assert fetches > len(kept) > 20
    assert export(crawls, file, "--to", "warc") == (0, f"{fetches} pages in {file}\n")
    with file.open("rb") as archive:
        records = [
            (
                record.rec_type,
                record.rec_headers["WARC-Target-URI"],
                hashlib.sha256(record.content_stream().read()),
            )
            for record in ArchiveIterator(archive, check_digests="raise")
        ]
    found = sorted((url, digest.hexdigest()) for kind, url, digest in records if kind == "response")
    assert found == sorted((min(doc["fetches"], key=at)["url"], name) for name, doc in kept.items())
    assert sum(kind == "revisit" for kind, _, _ in records) == fetches - len(kept)


@pytest.mark.parametrize(
    "older",
    [
        NEWEST.replace(" +0800", ""),
        NEWEST.replace("｜", "\n"),
        NEWEST.replace("//finews.withounder.com/", "../"),
        f"\n{NEWEST}",
        NEWEST.replace("\n", "\r\n"),
    ],
)
def test_an_older_form_becomes_the_newest(older: str) -> None:
    assert not is_newest(older)
    assert renewed(older, PATH, AT) == NEWEST


@pytest.mark.parametrize("date", ["", "2022-02-30 11:51:03", "soon"])
def test_a_time_that_ends_a_build_takes_its_file_out_of_it(date: str) -> None:
    text = NEWEST.replace("2022-03-01 11:51:03", date)
    source = {"path": PATH, "text": text, "form": "source-rolling", "at": AT}
    (file,) = files_of({"forms": {"source-rolling": {}}}, [source])
    assert (file.name, file.text) == ("-202203012299000001.md", text)


def test_titles_and_categories_are_written_so_that_jekyll_reads_them() -> None:
    odd = (
        NEWEST.replace('某公司"', '称"见底" \\ 反弹"')
        .replace("｜", "\n")
        .replace("categories: emnews", "categories: 36")
    )
    text = renewed(odd, PATH, AT)
    assert 'title: "称\\"见底\\" \\\\ 反弹"\n' in text
    assert 'categories: "36"\n' in text
    assert parse_source(text, PATH, SITE, AT).title == '称"见底" \\ 反弹'


def test_no_category_page_is_named_by_what_templates_or_files_take_for_more() -> None:
    files = site_files(["emnews", "36ke", "{% raw %}", "../../etc", "安信(香港)"])
    assert [name for name in files if name.startswith("category/")] == [
        "category/36ke.html",
        "category/安信(香港).html",
    ]
