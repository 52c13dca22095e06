"""Pages that fetch by script what they show: how spiders ask for them, and whether a browser is there for it.

What is read of such a page is an answer that the page itself fetches, the watched one: the response that a
callback gets is that answer, with its own URL and body, as if it had been asked for directly. How that is done
stands in `crawler.chromium`, which is imported with the first such page; here is nothing of scrapy-playwright.

A watch is plain data, so that requests can be kept: `{"path": ..., "query": {...}}`, see `watch`.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

WATCH = "browser"
"""The key in a request's meta: its page is opened in the browser, and the value is the watch."""

# The first needs a quarter of the time and two thirds of the memory of the others.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# `playwright install --dry-run` tells where the build of this version of Playwright is, or would be.
_INSTALL_LOCATION = re.compile(r"Install location:\s*(.*chromium_headless_shell.*)")


class BrowserMissingError(Exception):
    """There is no browser; the message says what to install."""


class NoAnswerError(IgnoreRequest):
    """A page did not fetch what was watched for. `response` is the page's document."""

    def __init__(self, response: Response, problem: str) -> None:
        super().__init__(f"{problem}: {response.url}")
        self.response = response


def watch(path: str, **query: str) -> dict[str, Any]:
    """Say which answer of a page is wanted, for meta `WATCH`: the end of its path, parameters it must carry.

    A parameter may be a comma-separated list that has the wanted value in it.
    """
    return {"path": path, "query": query}


def is_watched(url: str, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a URL that a page asks for is the watched one."""
    parts = urlsplit(url)
    given = parse_qs(parts.query)
    query: dict[str, str] = wanted["query"]
    listed = {name: values[0].split(",") for name, values in given.items() if len(values) == 1}
    return parts.path.endswith(wanted["path"]) and all(query[name] in listed.get(name, ()) for name in query)


def find_browser(named: str) -> str | None:
    """Give the path of a Chromium: the program `named` (CHROMIUM_PATH), else one on PATH.

    None: the build that Playwright has installed for itself. Raises BrowserMissingError.
    """
    if find_spec("scrapy_playwright") is None:
        raise BrowserMissingError("the package scrapy-playwright is missing: pip install -r requirements.txt")
    if named and not which(named):
        raise BrowserMissingError(f"CHROMIUM_PATH: {named} is no program")
    found = next(filter(None, map(which, [named] if named else _PROGRAMS)), None)
    if not found and not _has_own_build():
        raise BrowserMissingError(
            "no browser is installed: apt-get install chromium-headless-shell, or playwright install"
            " chromium-headless-shell, or name one in CHROMIUM_PATH"
        )
    return found


def has_browser(named: str) -> bool:
    """Tell whether `find_browser` finds one."""
    try:
        find_browser(named)
    except BrowserMissingError:
        return False
    return True


@cache
def _has_own_build() -> bool:
    """Ask Playwright, which takes half a second, and only where no other browser is."""
    told = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "--dry-run", "chromium-headless-shell"],
        capture_output=True,
        text=True,
        check=False,
    )
    location = _INSTALL_LOCATION.search(told.stdout)
    return location is not None and Path(location[1].strip()).is_dir()
