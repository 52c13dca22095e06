"""Every knob, in the order data flows, each with its reason. The environment is read here alone.

`-s NAME=value` and scrapyd's `setting=` override what stands here. The names in the first and the MongoDB
block, MIRRORS and RUN_* are this project's own; the rest are Scrapy's.
"""

import os
from pathlib import Path

from scrapy.utils.conf import closest_scrapy_cfg


def _home() -> Path:
    """Where relative paths start: the folder of the nearest scrapy.cfg, else the user's data folder."""
    config = closest_scrapy_cfg()
    if config:
        return Path(config).parent
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "finews"


# --- what is crawled, and by whom -------------------------------------------------------------------------

BOT_NAME = "finews"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.commands"

FINEWS_SITE = os.environ.get("FINEWS_SITE", "https://finews.withounder.com/")
"""The site; also `-a site=`."""

USER_AGENT = os.environ.get("FINEWS_USER_AGENT", "finews/1.0 (+https://github.com/zning1994/finews; news archive)")
"""Honest, with a contact. Operators put their own in FINEWS_USER_AGENT."""

ROBOTSTXT_OBEY = True

# --- how it is reached ------------------------------------------------------------------------------------

MIRRORS = os.environ.get("MIRRORS", "{}")
"""JSON object, origin -> origin or null: where requests really go. For moved hosts, and for every test."""

DOWNLOAD_HANDLERS = {
    "http": "crawler.handlers.MirrorDownloadHandler",
    "https": "crawler.handlers.MirrorDownloadHandler",
    "file": None,  # no page may make us read this machine
    "ftp": None,
    "s3": None,
    "data": None,
}
DOWNLOADER = "crawler.downloader.PoliteDownloader"  # paces, holds and keeps apart hosts; with the queue below
SCHEDULER_PRIORITY_QUEUE = "crawler.downloader.HostQueue"
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.middlewares.allowed_hosts.AllowedHostsMiddleware": 50,  # in its place, without its exceptions
    "crawler.middlewares.browser.BrowserMiddleware": 80,  # outside of all that repeats or judges requests
    "crawler.middlewares.host_breaker.HostBreakerMiddleware": 90,  # before robots.txt is asked for in vain
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.robots.RobotsMiddleware": 100,  # the same, repaired
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.middlewares.retry_after.RetryAfterMiddleware": 560,  # the same, and it waits as long as it is told
    "crawler.middlewares.host_breaker.DropsMiddleware": 570,  # inside of retries: counts every try
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.compression.CompressionMiddleware": 590,  # the same; no part passes for the whole
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.middlewares.redirects.RedirectsMiddleware": 600,  # the same; no redirect is dropped without a word
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
}
COOKIES_ENABLED = False  # nothing here needs a session; Scrapy's cookies also fetch the public suffix list

CONCURRENT_REQUESTS = 64  # default 16; several hosts at once, each at its own pace (crawler/politeness.py)
CONCURRENT_REQUESTS_PER_DOMAIN = 4  # default 8; as many answers of a real host may be on their way
DOWNLOAD_DELAY_JITTER = 0  # default 0.5, which would send at up to twice the rate
AUTOTHROTTLE_ENABLED = False  # starts at 5 s and does not learn from 304 and 404
DOWNLOAD_TIMEOUT = 20  # default 180; the slowest real answer took under 5
RETRY_TIMES = 2  # three tries in all
RETRY_BACKOFF = 0.5  # seconds before a second try where the server names none; doubled before the third
RETRY_AFTER_MAX = 60  # seconds a server may ask us to wait; longer, and the request is given up
HOST_FAILURES_MAX = 5  # failed requests in a row after which a host is left alone for the rest of the run
# Tries in a row, robots.txt's among them, after which these are left alone: they ban by address, and for days.
HOST_DROPS_MAX = {"push2.eastmoney.com": 3, "push2his.eastmoney.com": 3}
DOWNLOAD_MAXSIZE = 16 * 2**20  # default 1 GiB; the largest real page has 60 KB, category pages grow to some MB
DOWNLOAD_WARNSIZE = 4 * 2**20  # default 32 MiB
REDIRECT_MAX_TIMES = 5  # default 20; the site needs one
METAREFRESH_ENABLED = False  # only the 404 page refreshes, to the home page
REFERRER_POLICY = "no-referrer"

COMPLETED_MAX_POSTS = 2_000
"""Stored posts that a run completes from upstream, newest first. At a request a second to each host that is half
an hour; an import of sources may leave a hundred thousand."""

UNLISTED_MAX_POSTS = 100
"""Posts that left the listings looked for in a run: at 4 requests a second half a minute where they were archived,
which is one request each, two where they are gone. The site has had some hundred new posts a day."""

CHROMIUM_PATH = os.environ.get("CHROMIUM_PATH", "")
"""The browser for share pages, where it is not on PATH as chromium or google-chrome, nor Playwright's own."""

# --- what we believe, and where it is kept ----------------------------------------------------------------

ITEM_PIPELINES = {
    "pipelines.normalise.NormalisePipeline": 100,  # one form for every value; identity
    "pipelines.securities.SecuritiesPipeline": 200,  # marks to symbols
    "pipelines.duplicates.DuplicatesPipeline": 300,  # after them, so that all that is said is compared
    "pipelines.mongo.MongoPipeline": 400,  # last of a post: what it passes on is stored
    "pipelines.quotes.QuotesPipeline": 500,  # quotes and bars, which the stages before pass
}
# Default 100. It counts per response, and Scrapy starts as many tasks for each; a page of ours gives one item.
# (1,758 pages took 20.6 s of processor time with 200, 12.2 s with 1; batches fill from many responses at once.)
CONCURRENT_ITEMS = 1

MONGO_URI = os.environ.get("MONGO_URI", "embedded")
"""A mongodb:// URI, or `embedded`: a mongod of this project's own, started when needed, left running."""

MONGO_DATABASE = os.environ.get("MONGO_DATABASE", "finews")
"""The database; its collections are made by the first run."""

MONGO_EMBEDDED_DIR = os.environ.get("MONGO_EMBEDDED_DIR", "data/mongo")
"""Where the embedded MongoDB keeps its data, relative to FINEWS_HOME."""

FINEWS_HOME = str(_home())
"""Where relative paths in settings start, also those given with `-s`."""

MONGO_OUTAGE_SECONDS = 60.0
"""How long MongoDB may be away, all outages of a run together: a restart takes 5 to 40 seconds."""

DUPLICATE_DAYS = 7
"""Posts that many days apart are never the same news: reposts follow within hours, template notices recur."""

SPOOL_DIR = os.environ.get("SPOOL_DIR", "data/spool")
"""Where a run keeps what it reads while MongoDB is away, until the next run; relative to FINEWS_HOME."""

SPOOL_MAX_BYTES = 256 * 2**20
"""Of all its files: some 20,000 readings, months of what the site publishes, and no danger to any disk."""

RAW_KEEP = True
"""Whether pages of posts are kept as they were fetched, for `scrapy replay`."""

RAW_MAX_BYTES = 2**30
"""What they may take, compressed; then the oldest go. A page of 8 KB takes 3: this holds some 300,000 of them."""

# --- when a run is good -----------------------------------------------------------------------------------

EXTENSIONS = {
    "crawler.extensions.raw.RawExtension": 50,
    "crawler.extensions.rejects.RejectsExtension": 100,
    "crawler.extensions.verdict.VerdictExtension": 200,
    "crawler.extensions.progress.ProgressExtension": 900,  # on a terminal alone; last, so its bar ends first
}
RUN_MIN_POSTS = 1
"""Posts that must be listed, known and new together."""

RUN_MAX_ERROR_RATIO = 0.05
"""Share of fetched pages that may fail or be unreadable; one vanishing post in a small run is no alarm."""

RUN_MAX_REJECT_RATIO = 0.05
"""Share of items that the pipelines may reject."""

RUN_MAX_EMPTIED_CATEGORIES = 0
"""Category pages that listed posts when last read and list none now, although posts of theirs still stand."""

RUN_MIN_FILL = {"title": 0.9, "text": 0.9, "published_raw": 0.9}
"""Field -> share of the readings stored that must have it, where there are 20 or more: one real post in a hundred
has neither title nor date, so a page that has lost either everywhere is told from a few odd posts."""

# --- what is said -----------------------------------------------------------------------------------------

LOG_LEVEL = os.environ.get("LOG_LEVEL", "INFO")  # default DEBUG, which logs every page
LOG_FORMATTER = "crawler.logformatter.QuietLogFormatter"
LOGSTATS_INTERVAL = 60.0
TELNETCONSOLE_ENABLED = False  # a port that runs code
REMOTE_CONTROL_ENABLED = False  # the same, over HTTP
MEMUSAGE_ENABLED = False
