"""The rendered corpus, crawled from disk under its real host name, against the sources it was rendered from.

`python -m tests.corpus` (or `make corpus`) prints how many documents there are and every difference.
The truth is read from the sources by the shortest route, with none of the project's parsers.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from store.embedded import ensure_running, stop

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
LAYOUTS = ("site", "site-older-layout")
SITE = "https://finews.withounder.com"
needs_corpus = pytest.mark.skipif(
    not CORPUS.is_dir() and not os.environ.get("CI"), reason="the corpus is not beside this checkout"
)
"""For tests on the corpus: skipped where it is absent, required in CI."""

UNLINKED = "202112082206703990"
"""Rendered, but no page of the site links to it: its front matter was not read."""

_SUFFIXES = {"0": ".SZ", "1": ".SH", "90": "", "106": ".US"}
_BRACKETED_MEDIA = {
    "财联社": "cailianshe",
    "证券时报": "zhengquanshibao",
    "证券时报网": "zhengquanshibaowang",
    "银柿财经": "yinshicaijing",
    "央视财经": "yangshicaijing",
    "北京日报": "beijingribao",
    "中新网": "zhongxinwang",
    "e公司": "egongsi",
    "中证网": "zhongzhengwang",
}


def truths() -> dict[str, dict[str, Any]]:
    """Give what the sources say, by `_id`; both forms of an article as one."""
    sources = [*(CORPUS / "posts" / "_posts").glob("2*.md"), *(CORPUS / "posts" / "old_post").glob("2*.md")]
    by_name = {path.stem[11:]: path for path in sorted(sources)}
    merged: dict[str, dict[str, Any]] = {}
    for name in sorted(by_name, key=lambda name: (name.isdigit(), name)):  # the medium's own form first
        if name == UNLINKED:
            continue
        post = _source(name, by_name[name].read_text(encoding="utf-8"))
        first = merged.setdefault(post.pop("_id"), post)
        if first is not post:
            for field in ("tags", "categories", "symbols"):
                first[field] = [*first[field], *post[field]]
            first |= {
                field: first[field] or post[field] for field in ("digest", "share_url", "origin_url", "media")
            }
    return {post: {**truth, "symbols": sorted(set(truth["symbols"]))} for post, truth in merged.items()}


def _source(name: str, source: str) -> dict[str, Any]:
    head, _, rest = source.lstrip("\n").removeprefix("---\n").partition("\n---\n")
    fields = dict(line.split(": ", 1) for line in head.split("\n"))
    content, link = rest, None
    if found := re.search(r"^<(https?://\S+)>$", rest, re.MULTILINE):
        content, link = rest[: found.start()], found[1]
    digest, _, markup = (
        content.strip().partition("\n\n") if content.startswith("> ") else ("", "", content.strip())
    )
    markup, source_line = (
        re.sub(r'<p class="em_media">.*?</p>', "", markup),
        re.search(r"文章来源：(.*?)）", markup),
    )
    lines = [_line(part) for part in re.split(r"</p>|<br />", markup)]
    text = "\n".join(line for line in lines if line)
    title = fields["title"].strip('"')
    number = name.removeprefix("NW")
    share = link if link and "NewsShare" in link else None
    return {
        "_id": f"NW{number}" if number.isdigit() else "U" + _hash(f"{fields['categories']}/{name}"),
        "title": title,
        "digest": digest.removeprefix("> ") or None,
        "text": text,
        "tags": [fields["tags"]],
        "categories": [fields["categories"]],
        "media": _medium(fields, source_line[1] if source_line else None, text),
        "symbols": [code + _SUFFIXES[market] for market, code in _codes(markup)],
        "share_url": share,
        "origin_url": f"https://finance.eastmoney.com/a/{number}.html" if link and not share else None,
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _line(part: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", part)).split())


def _codes(markup: str) -> list[tuple[str, str]]:
    linked = re.findall(r"unify/r/(\d+)\.(\w+)", markup)
    return [(market, code) for market, code in linked]


def _medium(fields: dict[str, str], named: str | None, text: str) -> dict[str, str] | None:
    if fields["categories"] == "sitenews":
        return None
    if fields["categories"] != "emnews":
        return {"name": fields["tags"].removesuffix("新闻"), "slug": fields["categories"]}
    if named:
        spelt = {"券商中国": "quanshangzhongguo", "央视新闻客户端": "yangshixinwenkehuduan"}
        return {"name": named, "slug": spelt[named]}
    bracketed = re.search(r"[（(]([^（()）]+)[)）]$", text)
    name = bracketed[1] if bracketed and bracketed[1] in _BRACKETED_MEDIA else None
    return {"name": name, "slug": _BRACKETED_MEDIA[name]} if name else None


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback; give its origin."""

    class Quiet(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    Quiet.extensions_map = {".html": "text/html; charset=utf-8", ".xml": "application/xml"}
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def crawl(layout: str, uri: str, database: str) -> subprocess.CompletedProcess[str]:
    """Crawl a rendered layout into a database, as an operator would."""
    with served(CORPUS / layout) as origin:
        environment = {
            **os.environ,
            "MIRRORS": json.dumps({SITE: origin, "*": None}),
            "MONGO_URI": uri,
            "MONGO_DATABASE": database,
        }
        command = [sys.executable, "-m", "scrapy", "crawl", "finews"]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def differences(documents: list[dict[str, Any]]) -> list[str]:
    """Say where stored documents differ from the sources."""
    expected, stored = truths(), {post["_id"]: post for post in documents}
    found = [
        f"{post}: {'not stored' if post in expected else 'unexpected'}" for post in stored.keys() ^ expected.keys()
    ]
    for post in sorted(stored.keys() & expected.keys()):
        for field, true in expected[post].items():
            if stored[post][field] != true:
                found.append(f"{post} {field}: stored {stored[post][field]!r}, source {true!r}")
    return found


def main() -> int:
    """Crawl both layouts and print what differs from the sources; give an exit code."""
    if not CORPUS.is_dir():
        print("The corpus is not beside this checkout.")
        return 1
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="finews-corpus-") as folder:
        uri = ensure_running(Path(folder))
        with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
            for layout in LAYOUTS:
                done = crawl(layout, uri, layout)
                documents = list(client[layout].posts.find())
                found = differences(documents)
                print(
                    f"{layout}: exit code {done.returncode}, {len(documents)} documents, {len(found)} differences"
                )
                print("\n".join(found))
                wrong += len(found) + done.returncode
        stop(Path(folder))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
