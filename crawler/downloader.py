"""The downloader: which host's request may leave now.

From: the requests of all hosts. Gives: Scrapy's downloader and scheduler queue, with three differences.
- The slot of a request is that of its own URL. (Scrapy lets a redirected request keep the slot, and so the
  rate, of the host that redirected it.)
- A host can be held, as Retry-After asks: nothing leaves for it, not even requests that wait in its slot already.
- A host takes no more places than it may transfer at once; its other requests stay in the scheduler. (In Scrapy
  the requests of one slow, held or silent host fill all CONCURRENT_REQUESTS places, and the others stand still:
  its queue does not see requests that wait for robots.txt or for a retry.)

Settings: DOWNLOADER and SCHEDULER_PRIORITY_QUEUE name the two classes; they work only together.
"""

from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import Any, TypeVar

from scrapy import Request, Spider
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.pqueues import DownloaderAwarePriorityQueue, DownloaderInterface
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.asyncio import call_later
from twisted.internet.defer import Deferred

from crawler.mirrors import Mirrors
from crawler.politeness import download_slots, slot_key

Outcome = TypeVar("Outcome")


class PoliteDownloader(Downloader):
    """Scrapy's downloader, host by host. Raises `MirrorsError` at the start of a crawl with malformed MIRRORS."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.mirrors = Mirrors.parse(crawler.settings.get("MIRRORS", {}))
        delay, slots = download_slots(crawler.settings.get("FINEWS_SITE", ""), self.mirrors)
        # What an operator sets by hand goes before the pace of rule 7.
        self.per_slot_settings = slots | self.per_slot_settings
        if crawler.settings.getpriority("DOWNLOAD_DELAY") == SETTINGS_PRIORITIES["default"]:
            self._delay = delay
        self.places: Counter[str] = Counter()
        self.held_until: dict[str, float] = {}

    def get_slot_key(self, request: Request) -> str:
        """Name the slot by the URL alone; meta `download_slot`, which redirects carry along, is not asked."""
        return slot_key(request.url, self.mirrors)

    def fetch(self, request: Request, spider: Spider | None = None) -> Deferred[Response | Request]:  # noqa: ARG002 - Scrapy's signature
        """Download through the middlewares; the request has a place of its host until it is through."""
        key = self.get_slot_key(request)
        self.places[key] += 1
        return super().fetch(request).addBoth(self._leave, key)

    def has_room(self, key: str) -> bool:
        """Whether one more request of this slot may leave the scheduler."""
        concurrency: int = self.per_slot_settings.get(key, {}).get("concurrency", self.domain_concurrency)
        return self.places[key] < concurrency

    def hold(self, request: Request, seconds: float) -> None:
        """Send nothing more to the host of this request for so many seconds; a longer hold is not shortened."""
        key, slot = self._get_slot(request)
        until = monotonic() + seconds
        if until <= self.held_until.get(key, 0):
            return
        self.held_until[key] = until
        if slot.latercall:
            slot.latercall.cancel()
        # As Scrapy does it for a delay: while a later call is set, the slot's queue is left alone.
        slot.latercall = call_later(seconds, self._latercall, slot)

    def _leave(self, outcome: Outcome, key: str) -> Outcome:
        self.places[key] -= 1
        return outcome


class HostsWithRoom(DownloaderInterface):
    """What the scheduler's queue knows of the downloader: the hosts that have room, and how busy they are."""

    downloader: PoliteDownloader

    def stats(self, possible_slots: Iterable[str]) -> list[tuple[int, str]]:
        """Give (places taken, slot) of the slots that a request may be taken from."""
        downloader = self.downloader
        return [(downloader.places[key], key) for key in possible_slots if downloader.has_room(key)]


class HostQueue(DownloaderAwarePriorityQueue):
    """Scrapy's queue, which takes from the least busy host, but only from hosts with room."""

    def __init__(self, crawler: Crawler, *args: Any, **kwargs: Any) -> None:
        super().__init__(crawler, *args, **kwargs)
        self._downloader_interface = HostsWithRoom(crawler)
