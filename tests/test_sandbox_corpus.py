"""The sandbox renders the real site's sources to the real site's pages, byte for byte, in both layouts.

What differs on purpose is named in `_OUR_WORDS`; pages whose words are the sandbox's own are left out.
"""

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from sandbox.jekyll import SitePost
from sandbox.site import Site, categories

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not on this machine")

_FOLDERS = {"new": CORPUS / "site", "old": CORPUS / "site-older-layout"}
_BLOCKS = re.compile(r"<!--.*?-->|<p[ >].*?</p>", re.DOTALL)
_OUR_WORDS = (
    ("G-MTYH758FNF", "G-SANDBOX000"),
    (re.compile("投资有风险，.*?投资观点。"), "本沙盒所载内容均为虚构，仅供测试，不构成任何投资建议。"),
    ("金融消息聚合简站.", "金融消息沙盒."),
)


def read_source(path: Path) -> SitePost:
    """Take a source file apart the way the generator put it together."""
    raw = path.read_bytes().decode()
    front, body = re.fullmatch(r"\n?---\n(.*?)\n---\n(.*)", raw, re.DOTALL).groups()  # type: ignore[union-attr]
    fields = dict(line.split(": ", 1) for line in front.split("\n"))
    parts = body.strip("\n").split("\n\n")
    footer = _footer(parts.pop()) if parts[-1].startswith("[") else "none"
    link = parts.pop()[1:-1] if parts[-1].startswith("<http") else None
    digest = parts.pop(0).removeprefix("> ") if not parts[0].startswith("<") else None
    html = parts.pop() if parts else ""
    assert not parts
    return SitePost(
        path.stem[11:],
        date.fromisoformat(path.stem[:10]),
        datetime.fromisoformat(fields["date"].removesuffix(" +0800")),
        fields["date"].endswith(" +0800"),
        fields["categories"],
        fields["tags"],
        fields["title"].strip('"'),
        digest,
        tuple(_BLOCKS.findall(html)),
        "\n " if "\n <p" in html else "",
        link,
        footer,
        leading_blank=raw.startswith("\n"),
    )


def _footer(links: str) -> str:
    marks = {"｜": "bar", "zning.me": "zning", "withounder": "two-lines", "../": "parent"}
    return next((name for mark, name in marks.items() if mark in links), "here")


@pytest.fixture(scope="module")
def posts() -> list[SitePost]:
    found: dict[str, SitePost] = {}
    for folder in ("old_post", "_posts"):  # where a file is in both, the site shows the second
        for path in sorted((CORPUS / "posts" / folder).glob("20*.md")):
            found[path.stem] = read_source(path)
    assert len(found) == 54
    return list(found.values())


def as_ours(page: str) -> str:
    for theirs, ours in _OUR_WORDS:
        page = theirs.sub(ours, page) if isinstance(theirs, re.Pattern) else page.replace(theirs, ours)
    return page


@pytest.mark.parametrize("layout", ["new", "old"])
def test_real_sources_become_the_real_pages(posts: list[SitePost], layout: str) -> None:
    folder = _FOLDERS[layout]
    feed = (folder / "feed.xml").read_text()
    built_at = re.search("<updated>(.*?)</updated>", feed)
    assert built_at
    site = Site(posts, categories(posts), built_at[1], layout)
    paths = {"/": "index.html", "/emnews/": "emnews/index.html", "/feed.xml": "feed.xml"}
    # Which category pages borrow another source's name is the sandbox's own choice.
    own_titles = ("emnews", "sitenews", "quanshangzhongguo", "quanzhouwanbao")
    paths |= {f"/category/{slug}.html": f"category/{slug}.html" for slug in own_titles}
    paths |= {post.path: post.path[1:] for post in posts}
    assert len(paths) == 61
    for path, file in paths.items():
        page = site.get(path)
        assert page is not None
        assert page.decode() == as_ours((folder / file).read_bytes().decode()), path
