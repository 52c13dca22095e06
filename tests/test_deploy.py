"""scrapyd, systemd and cron: what deploy/ and setup.py promise, with a real scrapyd and real crawls."""

import configparser
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pymongo import MongoClient

from crawler import settings
from sandbox.process import SandboxProcess
from store import embedded
from tests.installation import Scrapyd, checkout, eventually, scrapyd, typed

PROJECT = Path(__file__).resolve().parent.parent
PACKED = ("crawler", "pipelines", "store")
UNITS = ("finews.service", "finews.timer", "finews-mongo.service", "scrapyd.service")


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    """Give a checkout, short enough for a socket below it."""
    with tempfile.TemporaryDirectory(prefix="finews-") as parent:
        yield checkout(Path(parent) / "finews")
        embedded.stop(Path(parent) / "finews" / "data" / "mongo")


@pytest.fixture(scope="module")
def egg(project: Path) -> Path:
    """Build the egg as scrapyd-deploy does, of a project with data files in new places."""
    (project / "pipelines" / "planted.json").write_text("{}")
    (project / "crawler" / "data" / "deep").mkdir(parents=True)
    (project / "crawler" / "data" / "deep" / "planted.csv").write_text("a,b\n")
    built = typed("scrapyd-deploy --build-egg finews.egg", project)
    assert built.returncode == 0, built.stderr
    return project / "finews.egg"


@pytest.fixture(scope="module")
def deployed(egg: Path) -> Iterator[Scrapyd]:
    """Give a scrapyd that the egg was deployed to by scrapy.cfg, with another port."""
    project = egg.parent
    with tempfile.TemporaryDirectory(prefix="finews-scrapyd-") as directory, scrapyd(Path(directory)) as server:
        config = (project / "scrapy.cfg").read_text()
        assert "url = http://127.0.0.1:6800\n" in config  # a slash at the end would break scrapyd-client
        (project / "scrapy.cfg").write_text(config.replace(":6800\n", f":{server.port}\n"))
        answer = typed("scrapyd-deploy --egg finews.egg", project)
        assert (answer.returncode, '"status": "ok"' in answer.stdout) == (0, True), answer.stdout + answer.stderr
        yield server


def schedule(server: Scrapyd, world: SandboxProcess, database: tuple[str, str], *more: tuple[str, str]) -> str:
    """Schedule a crawl of a sandbox into a database; give the job's id."""
    uri, name = database
    answer = server.post(
        "schedule",
        ("project", "finews"),
        ("spider", "finews"),
        ("setting", f"MIRRORS={world.mirrors}"),
        ("setting", f"MONGO_URI={uri}"),
        ("setting", f"MONGO_DATABASE={name}"),
        *more,
    )
    assert answer["status"] == "ok"
    return str(answer["jobid"])


def test_the_egg_holds_the_packages_of_a_crawl_with_their_data_files(egg: Path) -> None:
    names = {name for name in zipfile.ZipFile(egg).namelist() if "__pycache__" not in name}
    sources = {
        str(path.relative_to(egg.parent))
        for package in PACKED
        for path in (egg.parent / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if not name.startswith("EGG-INFO/")} == sources
    assert {"pipelines/planted.json", "crawler/data/deep/planted.csv", "crawler/settings.py"} < sources
    assert "EGG-INFO/zip-safe" in names


def test_the_egg_says_what_it_is(egg: Path) -> None:
    with zipfile.ZipFile(egg) as packed:
        about = packed.read("EGG-INFO/PKG-INFO").decode()
        assert packed.read("EGG-INFO/entry_points.txt").decode() == "[scrapy]\nsettings = crawler.settings\n"
    version = re.search(r"^Version: (.+)$", about, re.MULTILINE)
    assert version
    assert "\nName: finews\n" in about
    assert settings.USER_AGENT.startswith(f"finews/{version[1]} ")


def test_every_module_is_imported_from_the_zip(egg: Path) -> None:
    names = sorted(
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in zipfile.ZipFile(egg).namelist()
        if name.endswith(".py")
    )
    program = (
        f"import importlib, sys; sys.path.insert(0, {str(egg)!r})\n"
        f"for name in {names!r}: print(importlib.import_module(name).__file__)"
    )
    child = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=egg.parent.parent, capture_output=True, text=True, check=False
    )
    assert child.stderr == ""
    imported = child.stdout.splitlines()
    assert len(imported) == len(names) > 40
    assert [path for path in imported if not path.startswith(f"{egg}/")] == []


def test_scrapyd_runs_the_crawl_from_the_egg(deployed: Scrapyd, database: tuple[str, str]) -> None:
    assert deployed.get("listspiders", project="finews")["spiders"] == [
        "archive",
        "eastmoney",
        "finews",
        "quotes",
        "rejected",
    ]
    assert deployed.get("listprojects")["projects"] == ["finews"]
    uri, name = database
    with SandboxProcess(posts=30) as world, MongoClient[dict[str, Any]](uri) as client:
        first = schedule(deployed, world, database, ("limit", "4"), ("refresh", "1h"))
        second = schedule(deployed, world, database, ("priority", "-1"))  # max_proc = 1: after the first
        eventually(lambda: deployed.is_finished(second))
        listed = [truth for truth in world.truths() if truth["listed"]]
        runs = list(client[name].runs.find(sort=[("started_at", 1)]))
        posts = list(client[name].posts.find())
    assert [(run["ok"], run["finish_reason"], run["arguments"]) for run in runs] == [
        (True, "limit", {"_job": first, "limit": "4", "refresh": "1h"}),
        (True, "finished", {"_job": second}),
    ]
    pages = [form["url"] for truth in listed for form in truth["forms"] if form["listed"]]
    assert runs[0]["counts"]["fetched"] == 4
    assert runs[1]["counts"]["known"] + runs[1]["counts"]["fetched"] == len(pages)
    assert sorted(unquote(url) for post in posts for url in post["post_urls"]) == sorted(pages)
    assert sorted(post["title"] for post in posts) == sorted(truth["title"] for truth in listed)
    for job, run in zip((first, second), runs, strict=True):
        log = (deployed.directory / "logs" / "finews" / "finews" / f"{job}.log").read_text()
        assert f"run {run['_id']}: {run['finish_reason']}" in log
        assert re.search(rf"Process finished: .*job='{job}'", deployed.log.read_text())


def test_cancelling_a_job_by_term_is_a_shutdown(deployed: Scrapyd, database: tuple[str, str]) -> None:
    uri, name = database
    with SandboxProcess(posts=30, faults=["hang@6"]) as world, MongoClient[dict[str, Any]](uri) as client:
        # The pages that hang are waited for.
        brief = ("setting", "DOWNLOAD_TIMEOUT=1"), ("setting", "RETRY_ENABLED=0")
        job = schedule(deployed, world, database, *brief)
        eventually(lambda: [entry for entry in world.log() if entry["fault"] == "hang"])
        answer = deployed.post("cancel", ("project", "finews"), ("job", job), ("signal", "TERM"))
        assert answer["prevstate"] == "running"
        eventually(lambda: deployed.is_finished(job))
        (run,) = client[name].runs.find()
    assert (run["finish_reason"], run["ok"], run["failures"]) == ("shutdown", False, ["shutdown"])
    assert "Received SIGTERM" in (deployed.directory / "logs" / "finews" / "finews" / f"{job}.log").read_text()
    log = deployed.log.read_text()
    assert re.search(rf"Process died: exitstatus=1 .*job='{job}'", log)
    assert "not ok: shutdown" in log


def test_scrapyd_knows_every_option_that_we_set() -> None:
    ours, theirs = configparser.ConfigParser(), configparser.ConfigParser()
    ours.read(PROJECT / "deploy" / "scrapyd.conf")
    theirs.read_string((files("scrapyd") / "default_scrapyd.conf").read_text())
    assert ours.sections() == ["scrapyd"]
    assert set(ours["scrapyd"]) <= set(theirs["scrapyd"])


def unit(name: str) -> configparser.ConfigParser:
    """Read a unit file as systemd writes them: names keep their case."""
    read = configparser.ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # configparser's documented way to keep case
    read.read(PROJECT / "deploy" / name)
    return read


def test_the_units_belong_together() -> None:
    assert sorted(UNITS) == sorted(
        path.name for path in (PROJECT / "deploy").iterdir() if path.suffix in {".service", ".timer"}
    )
    crawl, mongo, server = unit("finews.service"), unit("finews-mongo.service"), unit("scrapyd.service")
    for started in (crawl, server):
        assert "finews-mongo.service" in started["Unit"]["After"].split()
        assert "finews-mongo.service" in started["Unit"]["Wants"].split()
    assert unit("finews.timer")["Install"]["WantedBy"] == "timers.target"
    assert crawl["Service"]["Type"] == mongo["Service"]["Type"] == "oneshot"
    assert mongo["Service"]["RemainAfterExit"] == "yes"
    assert {one["Service"]["User"] for one in (crawl, mongo, server)} == {"finews"}
    assert not server["Service"]["WorkingDirectory"].startswith("/srv/finews")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here to ask")
def test_systemd_finds_no_fault_with_the_units(project: Path, tmp_path: Path) -> None:
    for name in UNITS:
        text = (PROJECT / "deploy" / name).read_text()
        (tmp_path / name).write_text(text.replace("/srv/finews", str(project)))
    verdict = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / name for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verdict.returncode, verdict.stdout, verdict.stderr) == (0, "", "")


def cron_command() -> str:
    """Give the command of the one job in the crontab."""
    lines = (PROJECT / "deploy" / "finews.cron").read_text().splitlines()
    jobs = [line for line in lines if line and not line.startswith("#") and not re.match(r"[A-Z]+=", line)]
    (fields,) = [re.fullmatch(r"(?:[\d*/,-]+ ){5}([^%]+)", job) for job in jobs]  # cron reads % as a line's end
    assert fields
    return fields[1]


def test_cron_and_systemd_crawl_alike() -> None:
    crawl = unit("finews.service")["Service"]["ExecStart"].removeprefix("/srv/finews/")
    assert crawl == ".venv/bin/scrapy crawl finews"
    assert f" {crawl} " in cron_command()


def test_the_lines_of_systemd_and_cron_do_what_they_say(project: Path) -> None:
    def started(line: str, world: SandboxProcess) -> tuple[int, str]:
        done = typed(
            line.replace("/srv/finews", str(project)), project, MIRRORS=world.mirrors, FINEWS=str(project)
        )
        return done.returncode, done.stdout + done.stderr

    mongo = unit("finews-mongo.service")["Service"]
    with SandboxProcess(posts=5) as world:
        code, said = started(mongo["ExecStart"], world)
        assert (code, said.splitlines()[-1]) == (0, "It runs until `scrapy mongo stop`.")
        assert started(cron_command(), world) == (0, "")
        world.set_faults("forbidden")
        assert started(cron_command(), world) == (1, "not ok: home page: Http403\n")
        assert started(mongo["ExecStop"], world) == (0, "MongoDB is stopped.\n")
    log = (project / "data" / "finews.log").read_text()
    assert re.findall(r"INFO: run \S+: (\w+)", log) == ["finished", "blocked"]
