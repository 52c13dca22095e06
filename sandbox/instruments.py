"""East Money's instrument pages: `quote.eastmoney.com`, and the links that lead to them.

From `sandbox.securities`. Unify links redirect. A page shows no number of its own: its script asks push2, by a
script element whose answer calls a function (JSONP), as the real one does.
"""

from sandbox.assets import asset
from sandbox.http import Request, Response, html
from sandbox.quotes import STOCK_FIELDS
from sandbox.securities import BY_SECID, Security


def instrument(request: Request) -> Response:
    """Answer on the host of instrument pages."""
    for prefix in ("/unify/r/", "/unify/cr/"):
        if request.path.startswith(prefix):
            found = BY_SECID.get(request.path.removeprefix(prefix))
            return html("", 302, Location=f"http://quote.eastmoney.com{_path(found)}") if found else html("", 404)
    for security in BY_SECID.values():
        if request.path == _path(security):
            return html(_PAGE.format(security=security, fields=",".join(STOCK_FIELDS)))
    return asset(request.path) or html("", 404)


def _path(security: Security) -> str:
    suffix = security.symbol.rpartition(".")[2].lower()
    if security.kind == "stock":
        return {
            "sh": f"/sh{security.code}.html",
            "sz": f"/sz{security.code}.html",
            "bj": f"/bj/{security.code}.html",
            "hk": f"/hk/{security.code}.html",
            "us": f"/us/{security.code}.html",
        }[suffix]
    return f"/unify/page/{security.secid}.html"


_PAGE = """\
<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{security.name}({security.code})行情_东方财富网</title>
<link rel="stylesheet" href="/css/quote.css">
<script>
window.onload = function () {{
  window.jQuery35105_1 = function (answer) {{
    var price = answer.data.f43 / Math.pow(10, answer.data.f59);
    document.querySelector(".price").textContent = answer.data.f43 === "-" ? "-" : price;
  }};
  var script = document.createElement("script");
  script.src = "https://push2.eastmoney.com/api/qt/stock/get?secid={security.secid}"
    + "&fields={fields}&invt=2&cb=jQuery35105_1";
  document.head.appendChild(script);
}};
</script></head>
<body><h1 class="name">{security.name}</h1><span class="code">{security.code}</span><span class="price">-</span>
<img src="/images/chart.png" alt="">
</body></html>
"""
