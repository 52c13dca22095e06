"""One module per kind of page: text and a URL in, dataclasses out. No Scrapy, no I/O."""
