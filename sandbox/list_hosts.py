"""East Money's list hosts: columns, the news of a security, 7x24 and its predecessor.

    np-listapi.eastmoney.com   /comm/web/getNewsByColumns, /comm/web|wap/getListInfo, /comm/web/getFastNewsList
    np-weblist.eastmoney.com   /comm/web/getFastNewsList
    newsapi.eastmoney.com      /kuaixun/v1/getlist_{column}_ajaxResult_{size}_{page}_.html

From a world's news. A missing parameter gives `data: null` with a message, in 7x24 with status 403; past the end
a list is empty, or absent in the list of a security. Codes are text or number, and keys spelled one way or the
other, as on the real hosts.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox import lists
from sandbox.http import Request, Response, as_asked, html, script
from sandbox.news import COLUMNS, News, sort_key
from sandbox.plan import dice
from sandbox.securities import BY_SECID
from sandbox.world import World

_MOST = 200
"""Entries that a page holds at most, whatever is asked for."""

_MOST_HITS = 5000
_OLD_PAGES = 20
"""The old 7x24 has no more pages."""

_OLD_LIST = re.compile(r"/kuaixun/v1/getlist_(\d+)_ajaxResult_(\d+)_(\d+)_\.html")


class _MissingError(Exception):
    """Raised for a request without a parameter that the host demands."""


def listapi(world: World, request: Request) -> Response:
    """Answer on np-listapi."""
    answers: dict[str, Callable[[World, Request], Response]] = {
        "/comm/web/getNewsByColumns": _columns,
        "/comm/web/getListInfo": _ticker,
        "/comm/wap/getListInfo": _ticker,
    }
    if request.path not in answers:
        return weblist(world, request)
    try:
        return answers[request.path](world, request)
    except _MissingError as missing:
        return _refused(request, missing)


def weblist(world: World, request: Request) -> Response:
    """Answer on np-weblist."""
    if request.path != "/comm/web/getFastNewsList":
        return html("", 404)
    try:
        return _fast(world, request)
    except _MissingError as missing:
        return replace(_refused(request, missing), status=403)


def _refused(request: Request, missing: _MissingError) -> Response:
    message = f"Required String parameter '{missing}' is not present"
    return as_asked(request, {"code": "400", "message": message, "data": None})


def _demanded(request: Request, *names: str) -> list[str]:
    for name in names:
        if not request.query(name):
            raise _MissingError(name)
    return [request.query(name) for name in names]


def _page(request: Request, index: str, size: str) -> tuple[int, int]:
    number, most = (request.query(name) or default for name, default in ((index, "1"), (size, "20")))
    if not (number.isdecimal() and most.isdecimal() and int(number) and int(most)):
        raise _MissingError(index)
    return int(number), min(int(most), _MOST)


def _columns(world: World, request: Request) -> Response:
    trace, column, *_ = _demanded(request, "req_trace", "column", "client", "biz", "order")
    index, size = _page(request, "page_index", "page_size")
    asked = {int(one) for one in column.split(",") if one.isdecimal()}
    found = lists.column_list(world.news.values(), asked, loose=request.query("order") == "1")
    fields = {name.lower() for name in request.query("fields").split(",") if name}
    rows = [_column_row(one, asked, request.query("biz")) for one in found[(index - 1) * size : index * size]]
    return as_asked(
        request,
        {
            "req_trace": trace,
            "code": "1" if index % 2 else 1,
            "message": "success",
            "data": {
                "page_index": index,
                "page_size": size,
                "totle_hits": len(found),
                "list": [
                    {key: value for key, value in row.items() if not fields or key.lower() in fields}
                    for row in rows
                ],
            },
        },
    )


def _column_row(news: News, asked: set[int], biz: str) -> dict[str, Any]:
    column = next(one for one in news.columns if one in asked)
    caifuhao = news.kind == "caifuhao"
    link = f"http://{COLUMNS[column]}.eastmoney.com/news/1{column},{news.digits}.html"
    row: dict[str, Any] = {
        "code": news.digits,
        _origin_key(news): "CFH" if caifuhao else "CMS",
        "showTime": f"{news.shown_at:%Y-%m-%d %H:%M:%S}",
        "title": lists.listed_title(news, marked=True),
        "mediaName": news.plan.medium.printed,
        "summary": lists.column_summary(news),
        "image": "",
        "url": news.url if caifuhao else link,
        "uniqueUrl": "" if caifuhao else news.url,
    }
    secids = [security.secid for security in news.draft.about]
    if biz == "web_724":
        row["stockList"] = secids
    elif biz == "web_news":
        row["stockList"] = [{"Code": one.code, "Name": one.name} for one in news.draft.about]
    return row


def _origin_key(news: News) -> str:
    return "Np_dst" if int(news.digits[-1]) % 2 else "np_dst"


def _fast(world: World, request: Request) -> Response:
    column, *_ = _demanded(request, "fastColumn", "req_trace", "client", "biz")
    _, size = _page(request, "pageIndex", "pageSize")
    found = lists.fast_list(world.news.values(), int(column) if column.isdecimal() else 0)
    after = request.query("sortEnd")
    rest = [one for one in found if not after or sort_key(one) < after]
    rows = rest[:size]
    data = {
        "fastNewsList": [_fast_row(one) for one in rows],
        "sortEnd": sort_key(rows[-1]) if rows else after,
        "total": len(found),
    }
    return as_asked(
        request, {"req_trace": request.query("req_trace"), "code": "1", "message": "success"} | {"data": data}
    )


def _fast_row(news: News) -> dict[str, Any]:
    return {
        "summary": lists.flash_words(news),
        "code": news.digits,
        "titleColor": 3 if 101 in news.fast_columns else 0,
        "realSort": sort_key(news),
        "showTime": _time(news),
        "title": lists.listed_title(news, marked=False),
        "stockList": list(news.stock_list),
        "image": [],
    }


def _time(news: News) -> str:
    # Records without a title have neither time nor link in 7x24.
    return f"{news.shown_at:%Y-%m-%d %H:%M:%S}" if news.draft.title else ""


def _ticker(world: World, request: Request) -> Response:
    secid, *_ = _demanded(request, "mTypeAndCode", "client", "type")
    index, size = _page(request, "pageIndex", "pageSize")
    known = secid if secid in BY_SECID else ""
    found = lists.ticker_list(world.news.values(), known, caifuhao=request.query("cfh") == "1")
    rows = found[(index - 1) * size : index * size]
    data: dict[str, Any] = {
        "page_index": index,
        "totle_hits": min(len(found), _MOST_HITS),
        "page_size": size,
    }
    if rows:
        data["list"] = [_ticker_row(one, wap="/wap/" in request.path) for one in rows]
    return as_asked(request, {"code": 1, "message": "success", "data": data})


def _ticker_row(news: News, *, wap: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "Art_Code": news.digits,
        "Art_ShowTime": f"{news.shown_at:%Y-%m-%d %H:%M:%S}",
        "Art_Title": lists.listed_title(news, marked=True),
        "Art_Url": news.url,
        "Art_SortStart": sort_key(news),
        "Art_VideoCount": 0,
    }
    if wap:
        row |= {"Art_MediaName": news.plan.medium.printed, "Art_Image": ""}
    if news.kind == "caifuhao":
        uid = dice("uid", news.plan.medium.name).randrange(10**15, 10**16)
        return row | {"Np_dst": "CFH", "Author": news.plan.medium.printed, "RelatedUid": str(uid)}
    column = news.columns[0] if news.columns else 354
    return row | {
        "Art_OriginUrl": f"http://finance.eastmoney.com/news/1{column},{news.digits}.html",
        "Np_dst": "CMS",
    }


def newsapi(world: World, request: Request) -> Response:
    """Answer on newsapi."""
    asked = _OLD_LIST.fullmatch(request.path)
    if not asked:
        return html("", 404)
    column, size, page = map(int, asked.groups())
    found = lists.fast_list(world.news.values(), column) if page <= _OLD_PAGES else []
    rows = [_old_row(one) for one in found[(page - 1) * size : page * size]] if page else []
    said = json.dumps({"rc": 1, "me": "操作成功", "LivesList": rows}, ensure_ascii=False)
    return script(f"var ajaxResult={said}" + (";" if page % 2 else ""))


def _old_row(news: News) -> dict[str, Any]:
    linked = bool(news.draft.title)
    return {
        "id": news.digits,
        "newsid": news.digits,
        "title": lists.listed_title(news, marked=False),
        "digest": lists.flash_words(news),
        "url_w": f"http://finance.eastmoney.com/news/1350,{news.digits}.html" if linked else "",
        "url_m": f"http://wap.eastmoney.com/a/{news.digits}.html" if linked else "",
        "url_unique": f"http://finance.eastmoney.com/a/{news.digits}.html" if linked else "",
        "showtime": _time(news),
        "ordertime": _time(news),
        "column": ",".join(str(column) for column in (100, *news.fast_columns)),
        "newstype": "1",
        "simtitle": "",
        "simdigest": "",
        "image": "",
    }
