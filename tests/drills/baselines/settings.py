"""Settings of the plain spider. Beside these, Scrapy's defaults; JOBDIR comes by `-s`, as its page shows it."""

import os

BOT_NAME = "plain"
SPIDER_MODULES = ["tests.drills.baselines.spiders"]
ROBOTSTXT_OBEY = True
ITEM_PIPELINES = {"tests.drills.baselines.pipelines.MongoPipeline": 300}
MONGO_URI = os.environ["MONGO_URI"]
MONGO_DATABASE = os.environ["MONGO_DATABASE"]
LOG_LEVEL = "INFO"
TELNETCONSOLE_ENABLED = False  # a drill opens no ports but its own
REMOTE_CONTROL_ENABLED = False

if "REDIS_URL" in os.environ:
    REDIS_URL = os.environ["REDIS_URL"]
    SCHEDULER = "scrapy_redis.scheduler.Scheduler"
    DUPEFILTER_CLASS = "scrapy_redis.dupefilter.RFPDupeFilter"
    SCHEDULER_PERSIST = True  # "Don't cleanup redis queues, allows to pause/resume crawls."
