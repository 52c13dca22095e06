"""A bar on the terminal, with rate and time left, for spiders that know how much there is to do.

From `spider.progress`: what is done and what there is in all (None: not known yet). Shows it on stderr, below the
log, four times a second. Refuses (NotConfigured) to work where stderr is no terminal: logs in files stay logs.
"""

import logging
import sys
from typing import Any, Self, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

TICK_SECONDS = 0.25


class ProgressExtension:
    """Shows how far a run is."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            RateColumn(),
            TimeRemainingColumn(),
            console=self.console,
            auto_refresh=False,  # a thread of its own would write into the middle of log lines
            transient=True,
        )
        self.ticking = create_looping_call(self.tick)
        self.handlers: list[tuple[logging.StreamHandler[Any], TextIO]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension. Raises NotConfigured."""
        if not sys.stderr.isatty():
            raise NotConfigured
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    @property
    def progress(self) -> tuple[int, int | None] | None:
        """How far the running spider is; None for one that does not tell."""
        return getattr(self.crawler.spider, "progress", None)

    def spider_opened(self) -> None:
        """Show the bar, and have the log written above it. Not earlier: Scrapy changes its handlers until now."""
        if self.progress is None:
            return
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
                self.handlers.append((handler, handler.stream))
                handler.setStream(AboveBar(self.console))
        self.bar.add_task("reading", total=None)
        self.bar.start()
        self.ticking.start(TICK_SECONDS, now=False)

    def tick(self) -> None:
        """Show how far it is now."""
        if self.progress:
            done, total = self.progress
            self.bar.update(self.bar.task_ids[0], completed=done, total=total)
            self.bar.refresh()

    def spider_closed(self) -> None:
        """Take the bar away, and leave the log as it was."""
        if self.ticking.running:
            self.ticking.stop()
            self.bar.stop()
        for handler, stream in self.handlers:
            handler.setStream(stream)


class RateColumn(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """Give the rate of late."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


class AboveBar:
    """A stream that writes above the bar."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def write(self, text: str) -> int:
        """Write a log line as it is: no markup, no colours, no wrapping."""
        self.console.print(text, end="", markup=False, highlight=False, soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        """Do nothing: it is written already."""
