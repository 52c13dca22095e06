"""How fast each host may be asked (rule 7): Scrapy's download delays and slots for a site and its mirrors.

From: the site's URL and the MIRRORS setting. Gives: the slot of a request, the default delay, and DOWNLOAD_SLOTS.
Pure; the downloader goes by it. DOWNLOAD_DELAY_JITTER must be 0: Scrapy's 0.5 would send at up to twice the rate.
"""

from urllib.parse import urlsplit

from crawler.mirrors import OTHERS, Mirrors, on_loopback

# Seconds between requests: 4 a second to the site, 1 a second to East Money's and any other host. Four hundredths
# above the even number, because requests that leave evenly do not arrive evenly, and the limit holds at their end.
SITE_DELAY = 0.26
HOST_DELAY = 1.04
# A mirror on loopback is our own sandbox or archive: no delay. 16 at once keep one crawling process busy (it
# needs about 2.5 ms a page); more only lengthen the queue.
LOOPBACK_CONCURRENCY = 16
# These ban by address, after a handful of requests: nothing more leaves for them before the last answer is there.
ONE_AT_A_TIME = ("push2.eastmoney.com", "push2his.eastmoney.com")


def slot_key(url: str, mirrors: Mirrors) -> str:
    """Name the download slot of a URL: its host, kept apart where the request stays on this machine.

    Apart, because one host may be both: https mirrored on loopback, a stray http link going out to the real host.
    """
    host = urlsplit(url).hostname or ""
    return f"{host} on loopback" if mirrors.is_loopback(url) else host


def download_slots(site: str, mirrors: Mirrors) -> tuple[float, dict[str, dict[str, float | int]]]:
    """Give DOWNLOAD_DELAY in seconds for hosts without a slot of their own, and DOWNLOAD_SLOTS."""
    slots: dict[str, dict[str, float | int]] = {}
    for origin in [site, *(rule for rule in mirrors.rules if rule != OTHERS)]:
        if mirrors.is_loopback(origin):
            slots[slot_key(origin, mirrors)] = {"delay": 0, "concurrency": LOOPBACK_CONCURRENCY}
        else:
            slots[slot_key(origin, mirrors)] = {"delay": HOST_DELAY}
    for host in ONE_AT_A_TIME:
        delay = 0 if mirrors.is_loopback(f"https://{host}") else HOST_DELAY
        slots[slot_key(f"https://{host}", mirrors)] = {"delay": delay, "concurrency": 1}
    slots[urlsplit(site).hostname or ""] = {"delay": SITE_DELAY}
    return (0 if _others_stay_here(mirrors) else HOST_DELAY), slots


def _others_stay_here(mirrors: Mirrors) -> bool:
    """Whether no request of an origin that MIRRORS does not name leaves the machine: on loopback, or refused."""
    if OTHERS not in mirrors.rules:
        return False
    mirror = mirrors.rules[OTHERS]
    return mirror is None or on_loopback(mirror)
