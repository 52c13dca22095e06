"""Runs ended from outside before their end: exit code and `runs`. SIGTERM alone stands in tests/test_crawl.py."""

import signal
import subprocess
from collections.abc import Iterator

import pytest

from sandbox.process import SandboxProcess
from tests.crawling import ROOT, Crawler, crawler

QUICKLY = ("-s", "LOG_LEVEL=DEBUG", "-s", "DOWNLOAD_TIMEOUT=2", "-s", "RETRY_TIMES=0")
"""A page that is never answered is given up soon."""


@pytest.fixture
def crawls(database: tuple[str, str]) -> Iterator[Crawler]:
    with crawler(*database) as ready:
        yield ready


def ended_by(crawls: Crawler, mirrors: str, *signals: signal.Signals) -> tuple[int, str]:
    """Crawl until a page is never answered, then send signals, each once the one before was heard."""
    process = subprocess.Popen(
        crawls.command("-a", "quotes=off", *QUICKLY),
        cwd=ROOT,
        env=crawls.environment(mirrors),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    waiting, said = list(signals), []
    for line in process.stderr:
        said.append(line)
        if waiting and ("Received SIG" if len(waiting) < len(signals) else "Stored NW") in line:
            process.send_signal(waiting.pop(0))
    process.stderr.close()
    assert not waiting, "".join(said)
    return process.wait(60), "".join(said)


def test_ctrl_c_ends_a_run_in_good_order_and_it_is_not_ok(crawls: Crawler) -> None:
    with SandboxProcess(posts=60, faults=["hang@45"]) as sandbox:
        code, said = ended_by(crawls, sandbox.mirrors, signal.SIGINT)
    run = crawls.last_run()
    assert (code, run["finish_reason"], run["ok"], run["failures"]) == (1, "shutdown", False, ["shutdown"]), said
    assert "Closing spider (shutdown)" in said


def test_a_second_signal_ends_a_run_at_once_and_it_is_not_ok(crawls: Crawler) -> None:
    with SandboxProcess(posts=60, faults=["hang@45"]) as sandbox:
        code, said = ended_by(crawls, sandbox.mirrors, signal.SIGINT, signal.SIGTERM)
        assert code == 1, said
        forced = crawls.last_run()
        assert forced["ok"] is not True
        sandbox.set_faults()
        assert crawls.crawl(sandbox.mirrors, "-a", "quotes=off").code == 0
    closed = crawls.database.runs.find_one({"_id": forced["_id"]}) or {}
    assert (closed["finish_reason"], closed["ok"]) == ("killed", False)
