"""`scrapy sandbox`: a made-up world of finance news on one loopback port, to crawl without the network.

From: its options alone; no setting matters. Gives: two lines on stdout, the address and the MIRRORS value that
sends every origin to it; then serves until SIGINT or SIGTERM. Exit code 0: stopped; 1: the port is taken.
Refuses: any address but 127.0.0.1.
"""

import argparse
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand


class Command(ScrapyCommand):
    """Serve the sandbox."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def short_desc(self) -> str:
        """Return the line that `scrapy` lists."""
        return "Serve a made-up world of finance news on loopback"

    def long_desc(self) -> str:
        """Return what `scrapy sandbox --help` says, the faults by name included."""
        from sandbox.cli import description

        return description()

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the sandbox's options."""
        from sandbox.cli import add_arguments

        super().add_options(parser)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter  # the list of faults keeps its lines
        add_arguments(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Serve until SIGINT or SIGTERM."""
        from sandbox.cli import run

        self.exitcode = run(opts)
