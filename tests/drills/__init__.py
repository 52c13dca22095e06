"""Drills: crawls that are killed, starved and lied to on purpose, with real processes, and what is left after.

python -m tests.drills --help

kills       SIGKILL at a random request, start again, kill again, to the end; field by field as undisturbed
baselines   the same for a bare Scrapy spider with JOBDIR, and for scrapy-redis
outages     MongoDB killed for a while or for good, its disk full; two crawls at once
faults      what a site does wrong in the middle of a run, and a healthy run after it
"""
