"""`scrapy crawl SPIDER`: Scrapy's own command, with an exit code that tells the truth.

Exit code 0: the run is ok (all that was to be had is stored); 1: it is not, and `runs` says why; 2: the command
was wrongly typed. (Scrapy alone exits 0 after an outage, a block page and an empty crawl alike.)
"""

import argparse
import sys

from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.exceptions import UsageError


class Command(CrawlCommand):
    """Run a spider and judge its run."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl; set the exit code. Raises UsageError."""
        from crawler.browser import BrowserMissingError
        from crawler.extensions.judge import Limits, LimitsError
        from crawler.mirrors import Mirrors, MirrorsError
        from crawler.spiders.arguments import ArgumentError
        from crawler.terminal import printable

        assert self.crawler_process is not None  # noqa: S101 - Scrapy sets it before it calls run
        assert self.settings is not None  # noqa: S101 - the same
        loader = self.crawler_process.spider_loader
        if len(args) != 1 or args[0] not in loader.list():
            raise UsageError(f"give one spider of: {', '.join(loader.list())}", print_help=False)
        crawler = self._create_crawler(args[0])
        try:
            Mirrors.parse(self.settings["MIRRORS"])
            Limits.of(self.settings)
            crawler.spidercls.understood(opts.spargs, self.settings)  # type: ignore[attr-defined]  # a StoreSpider
        except (MirrorsError, LimitsError, ArgumentError, BrowserMissingError) as error:
            raise UsageError(str(error), print_help=False) from error
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        if self.crawler_process.bootstrap_failed:
            self.exitcode = 1
        elif not crawler.stats.get_value("run/ok"):
            self.exitcode = 1
            for failure in crawler.stats.get_value("run/failures", []):
                sys.stderr.write(f"not ok: {printable(failure)}\n")
