"""Where the figures of the drills are published: docs/drills.md, and a short table in README.md.

Both hold a pair of marks; what stands between them is this module's, the rest is written by hand.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from store.mongod import mongod_path
from tests.crawling import ROOT
from tests.drills.rows import Row, markdown

PAGE, README = ROOT / "docs" / "drills.md", ROOT / "README.md"
BEGIN, END = "<!-- drills: begin -->\n", "<!-- drills: end -->\n"


def surroundings() -> dict[str, str]:
    """Say where and with what the drills ran: date, machine, versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "MongoDB": _said(str(mongod_path()), r"v([\d.]+)"),
        "Redis": _said(shutil.which("redis-server"), r"v=([\d.]+)"),
    }
    return found | {name: _installed(name) for name in ("Scrapy", "pymongo", "scrapy-redis")}


def _said(program: str | None, pattern: str) -> str:
    if program is None:
        return "none"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(pattern, said.stdout)
    return found[1] if found else said.stdout.strip()


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def publish(rows: Sequence[Row], spread: Mapping[str, str], about: Mapping[str, object]) -> None:
    """Write rows, the spread of the kills by drill, and where it was, into both files."""
    lines = [", ".join(f"{name} {value}" for name, value in about.items()) + ".\n\n", markdown(rows)]
    for name, drawn in spread.items():
        lines.append(f"\nThe kills of {name}, by the request of an undisturbed crawl:\n\n```text\n{drawn}```\n")
    wrong = [f"- {row.drill}: {line}\n" for row in rows for line in row.wrong]
    lines += ["\nWrong:\n\n", *wrong] if wrong else []
    _write(PAGE, "".join(lines))
    _write(README, short(rows))


def short(rows: Sequence[Row]) -> str:
    """Give the table of README: who is killed, and what is left."""
    lines = ["| | kills | posts | lost | doubled | and said |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    for row in rows:
        if row.killed:
            numbers = (row.repetitions, row.expected, row.lost, row.doubled)
            who = row.killed if row.ours else f"{row.killed} (pages)"
            cells = [who, *(f"{number:,}" for number in numbers), row.verdict.partition(";")[0]]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _write(path: Path, lines: str) -> None:
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no pair of marks")
    path.write_text(f"{before}{BEGIN}\n{lines}\n{END}{after}", encoding="utf-8")
