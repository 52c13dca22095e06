"""How Scrapy's own events are logged: one line each, and never a whole item."""

from typing import Any, cast

from scrapy import Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from pipelines import DuplicatePostError


class QuietLogFormatter(LogFormatter):
    """Scrapy's formatter, less the items: an item is a whole article, and its words are not ours."""

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        """Say which page gave an item that is stored, or spooled, now."""
        result = super().scraped(item, response, spider)
        kept = "Spooled" if cast("Any", spider).store.away else "Stored"
        result["msg"] = f"{kept} %(post)s of %(url)s"
        result["args"] = {"post": getattr(item, "post", type(item).__name__), "url": getattr(item, "url", None)}
        return result

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """Say what was dropped and why; a duplicate is no news."""
        result = super().dropped(item, exception, response, spider)
        result["msg"] = "Dropped %(name)s of %(url)s: %(problem)r"
        name, url = type(exception).__name__, getattr(item, "url", None)
        result["args"] = {"name": name, "url": url, "problem": str(exception)}
        if isinstance(exception, DuplicatePostError):
            result["level"] = 10
        return result

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """Say which item a pipeline failed on."""
        result = super().item_error(item, exception, response, spider)
        result["msg"] = "Error processing the item of %(url)s"
        result["args"] = {"url": getattr(item, "url", None)}
        return result
