"""docs/operating.md says what is so: its commands are typed as they stand there, its tables held to the code."""

import inspect
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from scrapy.settings import default_settings

from crawler import settings
from crawler.spiders.finews import FinewsSpider
from sandbox.process import SandboxProcess
from store import embedded
from store.schema import COLLECTIONS
from tests.installation import ROOT, checkout, environment, eventually, scrapyd, typed

PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

OWN_SETTINGS = {name for name in dir(settings) if name.isupper() and not hasattr(default_settings, name)}


def blocks(needs: str) -> list[str]:
    """Give the console blocks that are marked as tested, and as needing this; "" is nothing."""
    mark = f": {needs}" if needs else ""
    return re.findall(rf"<!-- tested{mark} -->\n```console\n(.*?)```", PAGE, re.DOTALL)


def rows(mark: str) -> list[list[str]]:
    """Give the cells of the table after a mark."""
    table = PAGE.partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def assert_prints(block: str, directory: Path, port: int = 6800, **variables: str) -> None:
    """Type the lines behind `$` in one shell, and hold what it prints to the other lines; … is anything."""
    lines = block.replace(":6800/", f":{port}/").splitlines()
    script = "\n".join(line.removeprefix("$ ") for line in lines if line.startswith("$ "))
    said = typed(script, directory, **variables)
    expected = "".join(re.escape(line).replace("…", ".*") + "\n" for line in lines if not line.startswith("$ "))
    assert re.fullmatch(expected, said.stdout), f"{script}\nprinted\n{said.stdout}{said.stderr}"


@pytest.fixture
def project() -> Iterator[Path]:
    """Give a checkout, short enough for a socket below it."""
    with tempfile.TemporaryDirectory(prefix="finews-") as parent:
        yield checkout(Path(parent) / "finews")
        embedded.stop(Path(parent) / "finews" / "data" / "mongo")


def test_the_commands_of_the_page_do_what_it_says(project: Path) -> None:
    with SandboxProcess(posts=8) as world:
        marked = re.findall(r"<!-- tested(: no mongosh)? -->\n```console\n(.*?)```", PAGE, re.DOTALL)
        assert len(marked) == 7
        for needs, block in marked:
            if not needs or not (shutil.which("mongosh") or shutil.which("mongo")):
                assert_prints(block, project, MIRRORS=world.mirrors)
    with MongoClient[dict[str, Any]](embedded.ensure_running(project / "data" / "mongo")) as client:
        runs = list(client.finews.runs.find(sort=[("started_at", 1)]))  # as the backup brought them back
    assert [run["finish_reason"] for run in runs] == ["finished", "site_unavailable", "finished"]


@pytest.mark.skipif(not shutil.which("curl"), reason="the page asks scrapyd with curl")
def test_the_commands_for_scrapyd_do_what_the_page_says(
    project: Path, tmp_path: Path, database: tuple[str, str]
) -> None:
    uri, name = database
    (block,) = blocks("scrapyd")
    with (
        SandboxProcess(posts=3) as world,
        scrapyd(tmp_path, MIRRORS=world.mirrors, MONGO_URI=uri, MONGO_DATABASE=name) as server,
    ):
        config = project / "scrapy.cfg"
        config.write_text(config.read_text().replace(":6800\n", f":{server.port}\n"))
        assert_prints(block, project, server.port)
        eventually(lambda: server.get("daemonstatus")["finished"] > 0)


def test_every_reason_to_finish_is_explained() -> None:
    (reasons,) = [field for one in COLLECTIONS for field in one.fields if field.name == "finish_reason"]
    assert sorted(row[0].strip("`") for row in rows("reasons")) == sorted(re.findall(r"`(\w+)`", reasons.meaning))


def test_every_argument_of_the_spider_is_explained() -> None:
    table = PAGE.partition("| argument |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == FinewsSpider.known_arguments


def values(names: list[str], **variables: str) -> dict[str, str]:
    """Give settings as a new process reads them, in an environment with these variables alone."""
    program = (
        "import json, sys, crawler.settings as s; print(json.dumps({n: str(getattr(s, n)) for n in sys.argv[1:]}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, *names],
        cwd=ROOT,
        env={
            name: value for name, value in environment(**variables).items() if name in variables or name == "PATH"
        },
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, str] = json.loads(said.stdout)
    return answer


def test_the_settings_of_the_page_are_those_of_the_code() -> None:
    names = [row[0].strip("`") for row in rows("settings")]
    assert len(set(names)) == len(names)
    assert set(names) >= OWN_SETTINGS
    told = {row[0].strip("`"): row[2].strip("`") for row in rows("settings") if row[2].startswith("`")}
    assert told.keys() == set(names) - {"FINEWS_HOME"}
    assert values(list(told)) == told


def test_the_environment_of_the_page_is_what_the_settings_read() -> None:
    variables = {row[1].strip("`"): row[0].strip("`") for row in rows("settings") if row[1]}
    read = re.findall(r'os\.environ\.get\("(\w+)"', inspect.getsource(settings))
    assert set(variables) | {"XDG_DATA_HOME"} == set(read)
    given = {variable: f"given-{variable}" for variable in variables}
    assert values(list(variables.values()), **given) == {variables[name]: value for name, value in given.items()}


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)[)#]", PAGE))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()
