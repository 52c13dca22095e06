"""Redirects that are followed to their end, or refused by name.

From: responses that redirect. Gives: Scrapy's own middleware, repaired. Refuses: more than REDIRECT_MAX_TIMES in a
row (`TooManyRedirectsError`, counted in `redirects/too_many`). Where they may lead is not judged here: each is a
request of its own, and stands before `crawler.middlewares.allowed_hosts`.

In Scrapy 2.19 a redirect to an address that was asked before, be it by itself, is dropped by the filter of
duplicates: no callback, no errback, no count. The page that was listed would be missing without a word.
"""

from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest


class TooManyRedirectsError(IgnoreRequest):
    """A page redirects again and again."""


class RedirectsMiddleware(RedirectMiddleware):
    """Takes the place of `RedirectMiddleware` (600)."""

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        try:
            following = super()._redirect(redirected, request, reason)
        except IgnoreRequest as error:
            self.crawler.stats.inc_value("redirects/too_many")
            raise TooManyRedirectsError(f"{self.max_redirect_times} redirects, and more: {request.url}") from error
        following.dont_filter = True
        return following
