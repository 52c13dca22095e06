"""The posts that the site's generator makes of one article.

From a `Plan` and a `Draft`. One article gives one post, or two: the copy in the rolling news and the medium's own.
"""

from datetime import datetime

from sandbox.compose import Draft
from sandbox.jekyll import NOTICES, ROLLING, SitePost
from sandbox.kinds import KINDS
from sandbox.markup import body_blocks
from sandbox.plan import BEIJING, Plan

COLUMNS = (
    "finance.eastmoney.com/news/1350",
    "finance.eastmoney.com/news/1344",
    "stock.eastmoney.com/news/1407",
    "hk.eastmoney.com/news/1535",
    "futures.eastmoney.com/news/1516",
    "forex.eastmoney.com/news/11060",
)
"""Host and column of source links, as rolling news carries them."""


def site_posts(plan: Plan, draft: Draft) -> tuple[SitePost, ...]:
    """Give the posts of one article: the medium's own first, then the rolling one."""
    shape = KINDS[plan.kind].shape
    if shape == "notice":
        return (_notice(plan, draft),)
    forms = []
    if shape in {"media", "both"}:
        forms.append(_media_post(plan, draft))
    if shape in {"flash", "rolling", "both"}:
        forms.append(_rolling_post(plan, draft))
    return tuple(forms)


def _stamp(plan: Plan) -> datetime:
    return plan.published_at.astimezone(BEIJING).replace(tzinfo=None)


def _notice(plan: Plan, draft: Draft) -> SitePost:
    category, tag = NOTICES
    stamp = _stamp(plan)
    return SitePost(
        "init", stamp.date(), stamp, False, category, tag, draft.title, draft.digest, (), "", None, "none"
    )


def _rolling_post(plan: Plan, draft: Draft) -> SitePost:
    kind, stamp = KINDS[plan.kind], _stamp(plan)
    column = COLUMNS[plan.index % len(COLUMNS)]
    link = "" if kind.title == "empty" else f"http://{column},{plan.digits}.html"
    flash = kind.shape == "flash"
    return SitePost(
        plan.digits,
        stamp.date(),
        stamp,
        kind.zoned,
        *ROLLING,
        draft.title,
        draft.digest,
        () if flash else tuple(body_blocks(draft.body, marked=True)),
        joint(plan, marked=True),
        link,
        plan.footer,
        leading_blank=plan.kind == "flash-leading-blank",
    )


def _media_post(plan: Plan, draft: Draft) -> SitePost:
    stamp = _stamp(plan)
    return SitePost(
        plan.id,
        stamp.date(),
        stamp,
        True,
        plan.medium.slug,
        plan.medium.tag,
        draft.title,
        None,
        tuple(body_blocks(draft.body, marked=False)),
        joint(plan, marked=False),
        f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={plan.id}",
        "bar",
    )


def joint(plan: Plan, *, marked: bool) -> str:
    """Give what upstream puts between the blocks of a body; CR LF occurs in the form without marks only."""
    if "carriage-return" in plan.features and not marked:
        return "\r\n "
    return "\n " if plan.features & {"separated", "carriage-return"} else ""
