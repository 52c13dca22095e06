"""`scrapy sandbox`, as an operator types it."""

import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.faults import FAULTS

PROJECT = Path(__file__).parent.parent
SCRAPY = [sys.executable, "-m", "scrapy", "sandbox"]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_two_lines_serves_and_ends_with_0(stop: signal.Signals) -> None:
    command = [*SCRAPY, "--port", "0", "--posts", "12", "--layout", "old", "--faults", "forbidden@2"]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().removeprefix("sandbox: ").strip()
            mirrors = process.stdout.readline()
            assert json.loads(mirrors.removeprefix("MIRRORS=")) == {"*": address}
            connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
            answers = []
            for _ in range(2):
                connection.request("GET", "/", headers={"Host": "finews.withounder.com"})
                answer = connection.getresponse()
                answers.append((answer.status, b"&copy; 2021" in answer.read()))
            connection.close()
            assert answers == [(200, True), (403, False)]
        finally:
            process.send_signal(stop)
        assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_help_lists_the_options_and_every_fault() -> None:
    shown = subprocess.run([*SCRAPY, "--help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for option in ("--port", "--posts", "--seed", "--layout", "--faults"):
        assert option in shown
    for name, (meaning, _) in FAULTS.items():
        assert f"  {name:20} {meaning}\n" in shown


def test_an_unknown_fault_is_named() -> None:
    run = subprocess.run([*SCRAPY, "--faults", "flood"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "no fault 'flood'; there are forbidden, captcha" in run.stderr
