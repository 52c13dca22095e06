"""The last thing a run does to posts: it places them among those that tell the same news (store/groups.py).

From what is pending in the store, whoever left it there. Gives the stats `posts/placed`, `posts/grouped` and
`fingerprints/outdated`. Where MongoDB is away, all of it stays pending for the next run.
"""

from typing import Any

from scrapy.crawler import Crawler

from pipelines import likeness
from store.fingerprints import outdated
from store.groups import Groups, Swept
from store.schema import Database

OUTDATED = "posts are compared by other rules than before, and old ones are not found: run scrapy dedupe"


async def group(crawler: Crawler, spider: Any) -> None:
    """Place every post that is pending, in the name of the run of `spider`, a StoreSpider."""
    swept, stats = Swept(), crawler.stats

    async def sweep(database: Database) -> bool:
        days = crawler.settings.getint("DUPLICATE_DAYS")
        groups = Groups(database, likeness, days, spider.run_id, spider.name)
        await groups.sweep(swept)
        return await outdated(database, groups.version)

    stats.set_value("fingerprints/outdated", bool(await spider.store.ask(sweep)))
    stats.set_value("posts/placed", swept.placed)
    stats.set_value("posts/grouped", swept.grouped)
