"""Scrapy middlewares, one job per module."""
