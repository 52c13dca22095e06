"""Scrapy project commands. Scrapy imports every module here at every start: import inside run()."""
