"""The rules of the house, held by reading its files: who imports whom, what is documented, what is named how."""

import ast
import asyncio
import importlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.settings import Settings, default_settings
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.misc import load_object

import pipelines
from crawler.politeness import HOST_DELAY, SITE_DELAY
from crawler.spiders.base import StoreSpider
from store.names import Mention, remember
from store.rejects import reject_document, write_reject

ROOT = Path(__file__).parent.parent
PACKAGES = ("crawler", "pipelines", "store", "sandbox")
BUILT = {".git", ".venv", "data", "build", "dist", "__pycache__", "project.egg-info"}
"""Directories that the commands of the Makefile make."""


def files_of(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path.read_text(encoding="utf-8") for path in files_of(*PACKAGES)}

# --- who may import whom -----------------------------------------------------------------------------------

_FORMS = ("crawler.items", "crawler.urls", "crawler.securities")
_REACHING = (*_FORMS, "crawler.markets", "crawler.mirrors", "crawler.politeness")
IMPORTS: dict[str, tuple[str, ...]] = {
    "crawler.settings": (),
    "crawler.items": (),
    "crawler.urls": (),
    "crawler.markets": (),
    "crawler.securities": ("crawler.markets",),
    "crawler.mirrors": (),
    "crawler.politeness": ("crawler.mirrors",),
    "crawler.archives": ("crawler.archives", "crawler.urls"),
    "crawler.handlers": _REACHING,
    "crawler.downloader": _REACHING,
    "crawler.logformatter": (*_FORMS, "pipelines!"),
    "crawler.pages": (*_FORMS, "crawler.pages"),
    "crawler.signals": (),
    "crawler.spiders": (
        *_FORMS,
        "crawler.pages",
        "crawler.archives",
        "crawler.signals",
        "crawler.browser!",
        "crawler.spiders",
        "store",
    ),
    "crawler.browser": (),
    "crawler.chromium": (*_REACHING, "crawler.browser"),
    "crawler.middlewares": (
        *_REACHING,
        "crawler.browser",
        "crawler.chromium",
        "crawler.downloader",
        "crawler.middlewares",
        "crawler.signals",
        "pipelines!",
        "store",
    ),
    "crawler.extensions": (
        *_REACHING,
        "crawler.downloader",
        "crawler.extensions",
        "crawler.pages.kinds!",  # the name under which a request says what reads its page
        "crawler.signals",
        "pipelines!",
        "pipelines.likeness",  # pure; the end of a run places its posts in groups, and hands the store this
        "store",
    ),
    "crawler.store_command": ("store",),
    "crawler.jekyll": ("crawler.items", "crawler.urls", "crawler.pages"),  # writes what pages.source reads
    "crawler.jekyll_site": ("crawler.urls",),
    "crawler.warc": ("store",),
    # Reading kept pages again is a crawl without the network: parsers, stages and store in one place.
    "crawler.replay": (*_FORMS, "crawler.pages", "pipelines", "store"),
    "crawler.commands": ("crawler", "pipelines", "store", "sandbox"),
    "crawler": (),
    "pipelines": (*_FORMS, "pipelines", "store"),
    "store": ("crawler.items", "store"),
    "sandbox": ("sandbox",),
}
"""What of the project each part may import; the longest name that fits counts. `!`: that module alone, here the
exceptions in `pipelines/__init__.py`. Nobody imports `crawler.settings`."""

NOT_IN_PAGES = frozenset(
    "scrapy twisted pymongo bson os io pathlib shutil tempfile glob socket ssl http asyncio threading subprocess"
    " multiprocessing logging time random secrets sqlite3 pickle urllib.request builtins importlib sys".split()
)
"""What opens, waits, remembers or asks the clock: parsing does none of it."""


def imports(source: str) -> Iterator[str]:
    """Give the name of every module that a source imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in SOURCES else str(node.module)


def within(module: str, part: str) -> bool:
    return module == part or module.startswith(f"{part}.")


def forbidden(module: str, source: str) -> list[str]:
    """Give the imports of a module that the house does not allow it."""
    part = max((part for part in IMPORTS if within(module, part)), key=len)
    found = []
    for name in imports(source):
        if name.partition(".")[0] in PACKAGES:
            allowed = any(
                name == rule[:-1] if rule.endswith("!") else within(name, rule) for rule in IMPORTS[part]
            )
            if not allowed or name == "crawler.settings":
                found.append(name)
        elif within(module, "crawler.pages") and any(within(name, banned) for banned in NOT_IN_PAGES):
            found.append(name)
    return found


@pytest.mark.parametrize("module", SOURCES)
def test_modules_import_only_what_they_may(module: str) -> None:
    assert forbidden(module, SOURCES[module]) == []


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("crawler.pages.new", "from store import queries", ["store.queries"]),
        ("crawler.pages.new", "from scrapy import Selector", ["scrapy"]),
        ("crawler.pages.new", "import urllib.request", ["urllib.request"]),
        ("crawler.pages.new", "from urllib.parse import urljoin\nfrom crawler import urls", []),
        ("crawler.pages.new", "def f():\n    import os.path", ["os.path"]),
        ("crawler.spiders.new", "from pipelines.media import medium", ["pipelines.media"]),
        ("crawler.extensions.new", "from pipelines import InvalidPostError", []),
        ("crawler.extensions.new", "from pipelines.media import medium", ["pipelines.media"]),
        ("crawler.commands.new", "import sandbox.cli, crawler.settings", ["crawler.settings"]),
        ("crawler.new", "import store", ["store"]),
        ("pipelines.new", "from crawler.pages.post import parse_post", ["crawler.pages.post"]),
        ("store.new", "from crawler import items, urls", ["crawler.urls"]),
        ("sandbox.new", "from crawler.items import Post", ["crawler.items"]),
        ("sandbox.new", "from scrapy import Request", []),
    ],
)
def test_the_rule_sees_what_breaks_it(module: str, source: str, found: list[str]) -> None:
    assert forbidden(module, source) == found


@pytest.mark.parametrize("module", [name for name in SOURCES if within(name, "crawler.pages")])
def test_parsers_open_nothing_and_ask_no_clock(module: str) -> None:
    calls = [node.func for node in ast.walk(ast.parse(SOURCES[module])) if isinstance(node, ast.Call)]
    names = {call.id if isinstance(call, ast.Name) else getattr(call, "attr", "") for call in calls}
    assert not names & {"open", "print", "input", "now", "utcnow", "today", "read_text", "getLogger"}


@pytest.mark.parametrize(
    "module", ["crawler.store_command", *(name for name in SOURCES if within(name, "crawler.commands"))]
)
def test_commands_import_the_project_only_when_run(module: str) -> None:
    """Scrapy imports every command at every start; what their base class needs, it imports as late."""
    top = [node for node in ast.parse(SOURCES[module]).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    found = {name for node in top for name in imports(ast.unparse(node))} - {"crawler.store_command"}
    assert not [name for name in found if name.partition(".")[0] in {*PACKAGES, "pymongo", "twisted"}]


# --- names and words ---------------------------------------------------------------------------------------


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)(_|$)")
    every = files_of(*PACKAGES, "tests", "benchmarks", "deploy")
    assert not [
        path for path in every for part in path.relative_to(ROOT).with_suffix("").parts if drawers.search(part)
    ]


@pytest.mark.parametrize("path", files_of(*PACKAGES, "tests", "benchmarks"), ids=module_name)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def undocumented_fields(source: str) -> list[str]:
    """Give the fields of classes that no docstring follows."""
    missing = []
    for found in ast.walk(ast.parse(source)):
        if isinstance(found, ast.ClassDef):
            for field, after in zip(found.body, [*found.body[1:], ast.Pass()], strict=True):
                said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and after.value.value
                if isinstance(field, ast.AnnAssign) and not (isinstance(said, str) and said.strip()):
                    missing.append(f"{found.name}.{ast.unparse(field.target)}")
    return missing


def test_every_field_of_an_item_is_documented() -> None:
    assert undocumented_fields(SOURCES["crawler.items"]) == []
    assert undocumented_fields('class A:\n  a: int\n  """A."""\n  b: int\n  c: int = 1\n  """ """') == [
        "A.b",
        "A.c",
    ]


def project_files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") for part in inside[:-1]) and inside[0] != ".ci"
        if path.is_file() and not hidden and not BUILT & set(inside) and path.suffix != ".pyc":
            yield path


def test_no_file_names_a_path_of_one_machine() -> None:
    places = re.compile(r"(?<![\w.:/}-])/(?:root|work|home/\w+)\b")
    found = []
    for path in project_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {place}" for place in places.findall(text)]
        # The corpus is beside the project on some machines; only its tests look there.
        if ("../" + "shared") in text and path.parent != ROOT / "tests":
            found.append(f"{path.relative_to(ROOT)}: the corpus")
    assert found == []
    assert places.findall("cd /" + "work/x; ls /" + "root") == ["/" + "work", "/" + "root"]
    assert places.findall("https://a.example/" + "work/ .//" + "root") == []


def unexplained(ignored: str) -> list[str]:
    """Give the lines of TOML lists of rule codes that no reason stands beside."""
    lines = [line.strip() for line in ignored.splitlines()]
    return [line for line in lines if re.search(r'"[A-Z]+\d*"', line) and not re.search(r"#\s*\w", line)]


def test_every_exception_from_a_lint_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["tool"]["ruff"]["lint"]["select"] == ["ALL"]
    lists = re.search(r"^ignore = \[\n.*?(?=^\[tool\.ruff\.lint\.pydocstyle\])", text, re.DOTALL | re.MULTILINE)
    assert lists
    assert unexplained(lists[0]) == []
    assert unexplained('    "D203", # why\n    "D102",\n"a/**" = ["T201"]') == ['"D102",', '"a/**" = ["T201"]']


# --- settings ----------------------------------------------------------------------------------------------

SETTINGS = ast.parse(SOURCES["crawler.settings"])
SETTING_LINES = SOURCES["crawler.settings"].splitlines()


def project_settings(**more: Any) -> dict[str, Any]:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    names = [name for name in settings if settings.getpriority(name)]
    return {name: settings[name] for name in names} | more


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for pair in value.items() for part in pair for text in strings(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for part in value for text in strings(part))


def test_every_dotted_path_in_the_settings_loads() -> None:
    paths = [
        text
        for text in strings(list(project_settings().values()))
        if re.fullmatch(r"(?:crawler|pipelines|store|scrapy)(?:\.\w+)+", text)
    ]
    assert {"crawler.spiders", "pipelines.mongo.MongoPipeline"} <= set(paths)
    for path in paths:
        if path in SOURCES:
            importlib.import_module(path)
        else:
            load_object(path)


def own_settings() -> list[tuple[str, ast.Assign, ast.stmt]]:
    """Give the settings that are none of Scrapy's, each with its statement and the one after it."""
    return [
        (node.targets[0].id, node, after)
        for node, after in zip(SETTINGS.body, [*SETTINGS.body[1:], ast.Pass()], strict=True)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and not hasattr(default_settings, node.targets[0].id)
    ]


@pytest.mark.parametrize(("name", "node", "after"), [pytest.param(*own, id=own[0]) for own in own_settings()])
def test_every_setting_of_our_own_is_explained_and_used(name: str, node: ast.Assign, after: ast.stmt) -> None:
    docstring = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    lines = [SETTING_LINES[node.lineno - 2], SETTING_LINES[node.lineno - 1]]
    comment = lines[0].startswith("# ") and not lines[0].startswith("# ---")
    assert docstring or comment or "  # " in lines[1]
    assert any(f'"{name}"' in source for module, source in SOURCES.items() if module != "crawler.settings")


NOT_IN_SETTINGS = {
    *("Spider", "IgnoreRequest", "DownloaderInterface", "ScrapyCommand"),
    *("_LenientHTTP11ClientFactory", "_LenientHTTP11ClientProtocol"),  # the download handler brings them
}


def components() -> list[str]:
    """Give the paths of the classes made for Scrapy to use: they extend one of its own, or say `from_crawler`."""
    found = []
    for module in [name for name in SOURCES if within(name, "crawler") and not within(name, "crawler.commands")]:
        tree = ast.parse(SOURCES[module])
        scrapy = {
            alias.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and within(str(node.module), "scrapy")
            for alias in node.names
        } - NOT_IN_SETTINGS
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                if bases & scrapy or ("from_crawler" in own and not bases):
                    found.append(f"{module}.{node.name}")
    return found


@pytest.mark.parametrize("path", components())
def test_every_component_is_switched_on(path: str) -> None:
    assert path in set(strings(list(project_settings().values())))


def test_the_stage_table_is_the_order_of_the_pipelines() -> None:
    table = re.findall(r"(\w+) \((\d+)\)", pipelines.__doc__ or "")
    set_up = sorted(project_settings()["ITEM_PIPELINES"].items(), key=lambda stage: stage[1])
    assert table == [(path.split(".")[1], str(order)) for path, order in set_up]
    for place, (stage, _) in enumerate(table, 1):
        module = ast.get_docstring(ast.parse(SOURCES[f"pipelines.{stage}"])) or ""
        assert module.startswith(f"Stage {place} of {len(table)}. ")


# --- spiders -----------------------------------------------------------------------------------------------

SPIDERS = SpiderLoader(Settings(project_settings()))
TERMS = ["Follows", "Leaves alone", "Arguments", "Settings", "Caveats"]


def described(spider: type[StoreSpider]) -> dict[str, str]:
    """Give what the docstring of a spider's module says under each term, in its order."""
    _, _, said = (ast.get_docstring(ast.parse(SOURCES[spider.__module__])) or "").partition("\n")
    parts = re.split(r"^([A-Z][a-z ]+): ", said, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_spider_of_the_site_is_there() -> None:
    assert "finews" in SPIDERS.list()


@pytest.mark.parametrize("name", SPIDERS.list())
def test_spiders_say_what_they_do(name: str) -> None:
    spider = SPIDERS.load(name)
    said = described(spider)
    assert list(said) == TERMS
    assert all(text.strip() for text in said.values())
    arguments = re.sub(r"\([^()]*\)", "", said["Arguments"])
    assert set(re.findall(r"`(\w+)`", arguments)) == spider.known_arguments
    settings = set(re.findall(r"[A-Z][A-Z_]+", said["Settings"]))
    assert settings <= set(project_settings())


NEEDED = {"archive": {"path": str(ROOT / "tests")}}
"""Arguments without which a spider does not start."""


def started(name: str, **more: Any) -> Crawler:
    """Give a crawler as Scrapy sets it up before it asks for the first requests."""
    # Nothing is downloaded here, and a reactor can be started only once in a process.
    crawler = Crawler(SPIDERS.load(name), project_settings(TWISTED_REACTOR_ENABLED=False, **more))
    crawler.spider = crawler._create_spider(**NEEDED.get(name, {}))
    crawler._apply_settings()
    return crawler


SITE = "https://finews.withounder.com"
SECURITY = Mention("securities", "1.601628", {"symbol": "601628.SH", "kind": "stock"}, None, datetime.now(UTC))


@pytest.mark.parametrize("name", SPIDERS.list())
def test_spiders_name_the_hosts_they_ask(name: str) -> None:
    async def named() -> list[str] | None:
        crawler = started(name, FINEWS_SITE="https://site.example/")
        return crawler.spider.allowed_domains if crawler.settings["DOWNLOAD_HANDLERS"]["http"] else None

    domains = asyncio.run(named())
    if domains is None:
        return  # it asks no host
    assert "eastmoney.com" in domains
    assert all(re.fullmatch(r"[a-z0-9.-]+", domain) for domain in domains)


@pytest.mark.parametrize("name", SPIDERS.list())
def test_spiders_start(name: str, database: tuple[str, str]) -> None:
    async def first_requests() -> list[Any]:
        spider = started(name, MONGO_URI=database[0], MONGO_DATABASE=database[1]).spider
        store = await spider.store.open()
        await remember(store, [SECURITY])  # the spider of quotes asks for what the store holds
        rejected = reject_document("a/1", "a", "finews", "parse", ValueError(), url=f"{SITE}/x/2022/03/01/a.html")
        await write_reject(store, rejected)  # and that of rejects
        found = [request async for request in spider.start()]
        await spider.store.close()
        return found

    requests = asyncio.run(first_requests())
    assert requests
    assert all(isinstance(request, Request) and request.errback and request.meta["page"] for request in requests)


@pytest.mark.parametrize("name", SPIDERS.list())
def test_spiders_keep_the_pace_of_rule_7(name: str) -> None:
    async def delays(*urls: str) -> list[float]:
        crawler = started(name, MIRRORS="{}", FINEWS_SITE="https://finews.withounder.com/")
        downloader = load_object(crawler.settings["DOWNLOADER"])(crawler)
        found = [downloader._get_slot(Request(url))[1].download_delay() for url in urls]
        downloader.close()
        return found

    urls = ("https://finews.withounder.com/feed.xml", "https://finance.eastmoney.com/a/202203012299000001.html")
    assert asyncio.run(delays(*urls)) == [SITE_DELAY, HOST_DELAY]
