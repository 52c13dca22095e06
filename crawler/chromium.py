"""Chromium through scrapy-playwright, without a network of its own.

From: a page's document and a watch (`crawler.browser`). Gives: the watched answer. Raises NoAnswerError.

Every request of a page is intercepted and answered by the crawler itself, through all its downloader
middlewares: so MIRRORS, robots.txt, allowed domains, the pace of each host and hosts that are left alone hold in
the browser as they hold outside. Let through are GET requests for the page itself, its scripts and what they
fetch; pictures, stylesheets, fonts, media, frames and whatever sends something are refused. What cannot be
intercepted (new windows, WebSockets, Chromium's own traffic) finds no host: its resolver knows none.

Each page has a browser context of its own, which is closed with all that is in it, however the visit ends.
"""

import asyncio
from contextlib import suppress
from time import monotonic

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Route
from playwright.async_api import Request as PageRequest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Headers, Response
from scrapy.utils.misc import load_object
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler  # type: ignore[import-untyped]  # has no types

from crawler.browser import WATCH, NoAnswerError, find_browser, is_watched

VISIT_SECONDS = 30.0
"""How long a page may take in all: what it fetches waits its turn behind other requests to the host."""

QUIET_SECONDS = 3.0
"""A page that has asked for nothing so long, and waits for nothing, will not fetch the watched answer any more."""

CLOSING_SECONDS = 5.0
"""How long a page, or the browser, may take to close; it takes some hundredths of a second."""

_FLAGS = [
    "--host-resolver-rules=MAP * ~NOTFOUND",  # also for hosts written as numbers
    "--js-flags=--max-old-space-size=256",  # MB for the objects of one page
]
_NO_CALLS = "delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection"
"""WebRTC sends to addresses in its own way, and only some builds have a flag for that."""

_LET_THROUGH = frozenset({"document", "script", "xhr", "fetch"})
_NOT_SENT = frozenset({"host", "connection", "accept-encoding"})  # the crawler has its own
_NOT_TOLD = frozenset({"content-length", "content-encoding", "transfer-encoding"})  # the body is plain by now


class Chromium:
    """A browser, which starts with the first visit. One visit at a time. Raises BrowserMissingError."""

    def __init__(self, crawler: Crawler) -> None:
        program = find_browser(crawler.settings.get("CHROMIUM_PATH", ""))
        self.crawler = crawler
        self.handler = ScrapyPlaywrightDownloadHandler(crawler)
        self.handler.config.launch_options = {"args": _FLAGS} | ({"executable_path": program} if program else {})
        self.handler.abort_request = lambda _request: True  # its own route, for what a visit leaves unanswered
        self.started = False
        self.visits = 0

    async def visit(self, request: Request, document: Response) -> Response:
        """Open the page that `document` is of, and give the answer that `request` watches for, once it is there.

        Raises NoAnswerError.
        """
        visit = Visit(self.crawler, request, document)
        self.visits += 1
        name = f"visit {self.visits}"
        showing = asyncio.ensure_future(self._show(visit, name))
        try:
            async with asyncio.timeout(VISIT_SECONDS):
                return await visit.answered(showing)
        except TimeoutError as error:
            raise NoAnswerError(document, f"no answer in {VISIT_SECONDS:.0f} s") from error
        finally:
            visit.answer.cancel()
            showing.cancel()
            await asyncio.wait([showing])
            await self._leave(name)

    async def close(self) -> None:
        """Close the browser, if it was started. What does not close in time ends with this process."""
        if self.started:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self.handler.close()

    async def _show(self, visit: "Visit", name: str) -> None:
        if not self.started:
            self.started = True
            # scrapy-playwright calls it when the engine starts, which was before it was needed.
            await self.handler._launch()  # noqa: SLF001 - see above
        meta = {
            "playwright": True,
            "playwright_context": name,
            "playwright_context_kwargs": {
                "user_agent": self.crawler.settings["USER_AGENT"],
                "service_workers": "block",
                "accept_downloads": False,
            },
            "playwright_page_init_callback": visit.open,
            "playwright_page_goto_kwargs": {"wait_until": "commit"},
            "playwright_include_page": True,  # else it would be closed as soon as it is there
        }
        try:
            await self.handler.download_request(Request(visit.document.url, meta=meta))
        except PlaywrightError as error:
            # A page that is open may reload itself, or fail: what counts is what it fetches.
            if not visit.is_open:
                raise NoAnswerError(visit.document, f"the browser failed: {error.message}") from error

    async def _leave(self, name: str) -> None:
        opened = self.handler.context_wrappers.get(name)
        if opened is None:
            return
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await opened.context.close()
        except (TimeoutError, PlaywrightError):
            if hasattr(self.handler, "browser"):  # it is not there once it has crashed
                await self.handler.browser.close()  # the next visit starts another


class Visit:
    """One page in the browser, and what it asks for."""

    def __init__(self, crawler: Crawler, request: Request, document: Response) -> None:
        self.crawler = crawler
        self.document = document
        self.wanted = request.meta[WATCH]
        self.meta = {
            "page": "browser",
            "dont_retry": True,  # what a page lacks, the next run tries again
            "download_timeout": request.meta["download_timeout"],
        }
        self.errors = (
            IgnoreRequest,
            DownloadCancelledError,  # longer than DOWNLOAD_MAXSIZE
            *(load_object(name) for name in crawler.settings.getlist("RETRY_EXCEPTIONS")),
        )
        self.answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.is_open = False
        self.is_shown = False
        self.fetching = 0
        self.active_at = monotonic()

    async def open(self, page: Page, _request: Request) -> None:
        """Intercept what a new page asks for; scrapy-playwright calls it before the page goes anywhere."""
        page.on("crash", lambda _page: self.fail("the page crashed"))
        await page.context.add_init_script(_NO_CALLS)
        await page.route("**/*", self.route)
        self.is_open, self.is_shown, self.active_at = True, False, monotonic()

    async def answered(self, showing: asyncio.Future[None]) -> Response:
        """Wait for the watched answer. Raises NoAnswerError once the page will not fetch it any more.

        `showing` is what opens the page; it may go on, or hang, while the answer comes.
        """
        while not self.answer.done():
            if showing.done():
                showing.result()
            if self.is_open and not self.fetching and monotonic() - self.active_at > QUIET_SECONDS:
                raise NoAnswerError(self.document, "the page did not fetch what it was to show")
            await asyncio.wait([self.answer], timeout=0.5)
        return self.answer.result()

    def fail(self, problem: str) -> None:
        """Let the visit end with NoAnswerError."""
        if not self.answer.done():
            self.answer.set_exception(NoAnswerError(self.document, problem))

    async def route(self, route: Route) -> None:
        """Answer a request of the page."""
        response = await self.response_to(route.request)
        with suppress(PlaywrightError):  # the page was closed, or went elsewhere, meanwhile
            if response is None:
                await route.abort()
            else:
                await route.fulfill(status=response.status, headers=_told(response.headers), body=response.body)

    async def response_to(self, asked: PageRequest) -> Response | None:
        """Fetch what the page asks for; None: it shall not, or cannot, have it."""
        if not _may_have(asked) or self.answer.done():
            return None
        if asked.is_navigation_request() and not self.is_shown:
            self.is_shown = True
            return self.document
        headers = {name: value for name, value in asked.headers.items() if name not in _NOT_SENT}
        watched = is_watched(asked.url, self.wanted)
        self.fetching += 1
        try:
            response = await self.crawler.engine.download_async(
                Request(asked.url, headers=headers, meta=self.meta)
            )
        except self.errors as error:
            if watched:
                self.fail(f"{type(error).__name__}, {error}")
            return None
        finally:
            self.fetching -= 1
            self.active_at = monotonic()
        if watched and not self.answer.done():
            self.answer.set_result(response)
        return response


def _may_have(asked: PageRequest) -> bool:
    """Tell whether a page is let have what it asks for; frames in it are not."""
    in_frame = asked.resource_type == "document" and asked.frame.parent_frame is not None
    return asked.method == "GET" and asked.resource_type in _LET_THROUGH and not in_frame


def _told(headers: Headers) -> dict[str, str]:
    """Give headers as Playwright wants them: cookies one a line, other values of one name in one line."""
    lines = {name.decode("latin-1").lower(): headers.getlist(name) for name in headers}
    return {
        name: (b"\n" if name == "set-cookie" else b", ").join(values).decode("latin-1")
        for name, values in lines.items()
        if name not in _NOT_TOLD
    }
