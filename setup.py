"""Packs the project as an egg for scrapyd: `scrapyd-deploy` runs this file.

In: crawler, pipelines and store, with whatever files stand in their folders. Scrapyd leaves the egg zipped, so
data files are read with importlib.resources, never by a path made from `__file__`.
Out: tests and benchmarks, and the sandbox, which is no part of a crawl (`scrapy sandbox` is for a checkout).
What requirements.txt names is not packed: it is installed where scrapyd runs.
"""

from setuptools import find_packages, setup

setup(
    name="finews",
    version="1.0",  # the only place, but for the name that we crawl under, which a test holds to it
    description="Chinese finance news on the web into a clean, deduplicated, queryable MongoDB collection",
    python_requires=">=3.11",
    packages=find_packages(include=["crawler*", "pipelines*", "store*"]),
    package_data={"": ["**/*"]},
    exclude_package_data={"": ["__pycache__/*"]},
    entry_points={"scrapy": ["settings = crawler.settings"]},
    zip_safe=True,
)
