"""Scrapy extensions, one job per module."""
