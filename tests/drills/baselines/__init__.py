"""What common crawlers do: one plain spider, kept on the way by Scrapy's JOBDIR or by scrapy-redis.

As their documentation shows it: Scrapy's tutorial for the spider, its page on item pipelines for writing to
MongoDB (`insert_one`), its page on jobs for JOBDIR, the README of scrapy-redis for an ordinary spider's settings.
"""
