"""`scrapy crawl SPIDER`: Scrapy's own command, with an exit code that tells the truth.

Exit code 0: the run is ok (all that was to be had is stored); 1: it is not, and `runs` says why.
(Scrapy alone exits 0 after an outage, a block page and an empty crawl alike.)
"""

import argparse
import sys

from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.exceptions import UsageError


class Command(CrawlCommand):
    """Run a spider and judge its run."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl; set the exit code."""
        if len(args) != 1:
            raise UsageError("give one spider")
        assert self.crawler_process is not None  # noqa: S101 - Scrapy sets it before it calls run
        crawler = self._create_crawler(args[0])
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        ok = not self.crawler_process.bootstrap_failed and crawler.stats and crawler.stats.get_value("run/ok")
        if not ok:
            self.exitcode = 1
            for failure in crawler.stats.get_value("run/failures", []) if crawler.stats else []:
                sys.stderr.write(f"not ok: {failure}\n")
