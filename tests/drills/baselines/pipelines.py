"""The pipeline of Scrapy's page on item pipelines, "Write items to MongoDB"."""

from typing import Any, Self

import pymongo
from itemadapter import ItemAdapter
from scrapy.crawler import Crawler


class MongoPipeline:
    """Insert every item into the collection `scrapy_items`."""

    collection_name = "scrapy_items"

    def __init__(self, mongo_uri: str, mongo_db: str) -> None:
        self.mongo_uri = mongo_uri
        self.mongo_db = mongo_db

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it from MONGO_URI and MONGO_DATABASE."""
        return cls(crawler.settings["MONGO_URI"], crawler.settings["MONGO_DATABASE"])

    def open_spider(self) -> None:
        """Connect."""
        self.client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(self.mongo_uri)
        self.db = self.client[self.mongo_db]

    def close_spider(self) -> None:
        """Disconnect."""
        self.client.close()

    def process_item(self, item: Any) -> Any:
        """Insert an item."""
        self.db[self.collection_name].insert_one(ItemAdapter(item).asdict())
        return item
