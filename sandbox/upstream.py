"""East Money's news hosts: the share page with its JSON, the article's JSON and page, Caifuhao's page.

From a world's articles. All times are naive Beijing time, as upstream prints them; paragraphs are indented
with two U+3000, which the site's generator removes.
"""

from html import escape

from sandbox.assets import asset
from sandbox.compose import Draft
from sandbox.forms import joint
from sandbox.http import Request, Response, as_json, html
from sandbox.kinds import KINDS
from sandbox.markup import body_html
from sandbox.plan import BEIJING, Plan
from sandbox.share_page import SHARE_PAGE
from sandbox.world import World


def share(world: World, request: Request) -> Response:
    """Answer on the hosts of share pages: `NewsShare.html` is a shell, `GetNewsText.do` has the text."""
    if request.path.endswith("/NewsShare.html"):
        return html(SHARE_PAGE)
    if not request.path.endswith("/NewsData/GetNewsText.do"):
        return asset(request.path) or html("", 404)
    code = request.query("id")
    found = world.article(code.removeprefix("NW")) if code.startswith("NW") else None
    if world.was_removed(code):  # an answer in order, about nothing: `{}` is what throttled hosts say, too
        return as_json({"id": code, "newsid": code.removeprefix("NW"), "title": "", "date": "", "text": ""})
    return as_json(_news_text(*found) if found else {})


def _news_text(plan: Plan, draft: Draft) -> dict[str, object]:
    shape = KINDS[plan.kind].shape
    news: dict[str, object] = {
        "id": plan.id,
        "newsid": plan.digits,
        "title": draft.title,
        "date": f"{plan.published_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
        "from": plan.medium.printed,
        "medianame": plan.medium.printed,
        "Author": [],
        "Order": 0,
        "docreader": "",
        "reletecodes": [],
        "relkey": "",
        "url": "",
    }
    # Items of the rolling feed carry `content`, those of the media feeds `text`.
    if shape != "media":
        news["content"] = _body(plan, draft, marked=True)
    if shape in {"media", "both"}:
        news["text"] = _body(plan, draft, marked=False)
    return news


def _body(plan: Plan, draft: Draft, *, marked: bool) -> str:
    return body_html(draft.body, marked=marked, joint=joint(plan, marked=marked), indent="　　")


def newsinfo(world: World, request: Request) -> Response:
    """Answer on the host of articles' JSON: `data` is null for an unknown number."""
    folder, _, digits = request.path.rpartition("/")
    if folder != "/kuaixun/v2/api/article":
        return html("", 404)
    found = world.article(digits)
    if not found:
        return as_json({"data": None})
    plan, draft = found
    return as_json(
        {
            "data": {
                "Art_Title": draft.title,
                "Art_Guidance": draft.digest or "",
                "Art_Media_Name": plan.medium.printed,
                "Art_ShowTime": f"{plan.published_at.astimezone(BEIJING):%Y/%m/%d %H:%M:%S}",
                "Art_Keyword": "",
                "Art_Content": _body(plan, draft, marked=True),
            }
        }
    )


def article(world: World, request: Request) -> Response:
    """Answer on the hosts of article pages: `/a/<digits>.html` and `/news/1<column>,<digits>.html`."""
    digits = request.path.removesuffix(".html").replace(",", "/").rpartition("/")[2]
    found = world.article(digits)
    if not found:
        return html("<html><head><title>404</title></head><body>页面不存在</body></html>", 404)
    plan, draft = found
    stamp = plan.published_at.astimezone(BEIJING)
    return html(
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8" />\n'
        f"<title>{escape(draft.title)} _ 东方财富网</title>\n</head>\n<body>\n"
        f'<div class="main"><div class="contentwrap">\n<div class="title">{escape(draft.title)}</div>\n'
        f'<div class="tipbox"><div class="infos">\n<div class=" item">{stamp:%Y年%m月%d日 %H:%M}</div>\n'
        f'<div class=" item">来源：{escape(plan.medium.printed)}</div>\n</div></div>\n'
        '<div class="contentbox"><div class="mainleft"><div class="zwinfos">\n'
        f'<div class="abstract"><div class="txt">{escape(draft.digest or "")}</div></div>\n'
        f'<div id="ContentBody" class="txtinfos">\n<!--文章主体-->\n{_body(plan, draft, marked=True)}\n'
        "<!-- 正文中部 -->\n</div>\n</div></div></div>\n</div></div>\n</body>\n</html>\n"
    )


def caifuhao(world: World, request: Request) -> Response:
    """Answer on Caifuhao's host: `/news/<23 digits>`."""
    found = world.news.get(request.path.removeprefix("/news/"))
    if not found or found.kind != "caifuhao":
        return html("<html><head><title>404</title></head><body>页面不存在</body></html>", 404)
    plan, draft = found.plan, found.draft
    return html(
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8" />\n'
        f"<title>{escape(draft.title)} _ 财富号</title>\n</head>\n<body>\n"
        '<div id="main"><div class="g_content"><div class="article page-article">\n'
        f'<h1 class="article-title">{escape(draft.title)}</h1>\n<div class="article-meta">'
        f"<span>{found.shown_at:%Y年%m月%d日 %H:%M}</span> <span>{escape(plan.medium.printed)}</span></div>\n"
        f'<div class="article-body">{_body(plan, draft, marked=True)}</div>\n'
        "</div></div></div>\n</body>\n</html>\n"
    )
