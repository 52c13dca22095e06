"""The plain spider: home page, category pages, posts."""

import re
from collections.abc import Iterator
from typing import Any

from scrapy import Spider
from scrapy.http import Response

POST = re.compile(r"/(?P<category>[^/]+)/\d{4}/\d\d/\d\d/[^/]+\.html$")


class PostsSpider(Spider):
    """Follow every link to a post, and to the page of its category."""

    name = "posts"

    def __init__(self, site: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.start_urls = [site]

    def parse(self, response: Response) -> Iterator[Any]:
        """Follow what a list shows."""
        for link in response.css("a::attr(href)").getall():
            if found := POST.search(link):
                yield response.follow(f"/category/{found['category']}.html", self.parse)
                yield response.follow(link, self.parse_post)

    def parse_post(self, response: Response) -> Iterator[Any]:
        """Read a post."""
        yield {
            "url": response.url,
            "title": response.css("h1::text").get(),
            "text": "\n".join(response.css("section ::text, .wrapper ::text").getall()),
        }
