"""The project's own signals, for Scrapy's signal manager."""

answer_judged = object()
"""An answer with a good status was read: sent with `response` and `usable` (False: a block page, an empty or
meaningless answer). Middlewares that leave failing hosts alone listen to it."""

page_unread = object()
"""A page of posts could not be read by its parser: sent with `response` and `error`."""
