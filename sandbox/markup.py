"""Body HTML as upstream writes it, from the structured bodies of `sandbox.body`.

Two forms: `content` with marks and keyword links, `text` without them (the same paragraphs).
The first mention of a security is a link in a span with an id, followed by an empty span for the live price;
later ones are spans with an href. What a keyword link catches inside a medium's name counts as a mention too.
"""

from html import escape
from typing import assert_never

from sandbox.body import (
    Advert,
    Block,
    Body,
    Bold,
    Break,
    Bullets,
    Chart,
    EditorLine,
    Keyword,
    Mention,
    Paragraph,
    Picture,
    Run,
    Runs,
    SourceLine,
    Spacer,
    Table,
    Words,
    chart_url,
)
from sandbox.securities import Security

ADVERTS = {
    "toplink": (
        (
            '<p><a class="toplink" href="https://ai.eastmoney.com/mxtest" target="_blank">'
            "妙想投研助理，立即体验&gt;&gt;</a></p>"
        ),
    ),
    "picture": (
        (
            '<p style="text-align:center;"><a href="https://acttg.eastmoney.com/pub/banner" target="_blank">'
            '<img src="https://np-newspic.dfcfw.com/download/D25000000000000000001_w640h90.jpg" '
            'class="em_handle_adv_close" width="580" /></a></p>'
        ),
    ),
    "promotion": ("<p>在东方财富看资讯行情，选东方财富证券一站式开户交易&gt;&gt;</p>",),
    "list": (
        '<p><a href="https://acttg.eastmoney.com/pub/sandbox_list">主力资金加仓名单实时更新，APP内免费看&gt;&gt;</a></p>',
    ),
    "division": ("<!-- 正文中部 内嵌广告 -->", '<div class="ad_context3"><p>广告</p></div>'),
}
"""Adverts by kind, as they stand between the paragraphs of real bodies."""

_SPACER = '<p style="display:none;height:1px;overflow:hidden;"><br /></p>'
_CHART_TYPES = {1: (1, 2), 0: (2, 6), 116: (5, 3), 105: (7, 3), 106: (7, 3)}
"""Market number -> market type and sub-type in a chart's data-code."""


def body_blocks(body: Body, *, marked: bool, indent: str = "") -> list[str]:
    """Render a body block by block; `marked` gives the form with marks and keyword links.

    `indent` starts every plain paragraph.
    """
    writer = _Writer(marked=marked, indent=indent)
    return [html for block in body for html in writer.block(block)]


def body_html(body: Body, *, marked: bool, joint: str = "", indent: str = "") -> str:
    """Render a body as one string, blocks joined by `joint` (nothing, or a line break and a blank)."""
    return joint.join(body_blocks(body, marked=marked, indent=indent))


class _Writer:
    """Writes blocks in order and remembers which securities it has named."""

    def __init__(self, *, marked: bool, indent: str) -> None:
        self.marked = marked
        self.indent = indent
        self.named: set[str] = set()

    def block(self, block: Block) -> list[str]:  # noqa: PLR0911 - one arm per kind of block
        """Give the top-level elements of a block."""
        match block:
            case Paragraph(runs):
                return [f"<p>{self.indent}{self.runs(runs)}</p>"]
            case Bullets(items):
                return ["<ul>" + "".join(f"<li>{self.runs(item)}</li>" for item in items) + "</ul>"]
            case Table(rows, lead):
                return [self.table(rows, lead)]
            case Picture(src, caption):
                return _picture(src, caption)
            case Chart(security):
                return _chart(security)
            case SourceLine():
                return [self.source_line(block)]
            case EditorLine(editor):
                return [f"<p>（责任编辑：{editor}）</p>"]
            case Spacer():
                return [_SPACER]
            case Advert(kind):
                return list(ADVERTS[kind])
            case _:
                assert_never(block)

    def runs(self, runs: Runs) -> str:
        """Give the inner HTML of a paragraph."""
        return "".join(self.run(run) for run in runs)

    def run(self, run: Run) -> str:
        """Give the HTML of one run."""
        match run:
            case Words(text):
                return _escaped(text)
            case Bold(text):
                return f"<strong>{_escaped(text)}</strong>"
            case Break():
                return "<br />"
            case Mention(security, text):
                return self.mention(security, text)
            case Keyword(number, url, text):
                link = f'<span id="Info.{number}"><a href="{url}" class="infokey">{text}</a></span>'
                return link if self.marked else text
            case _:
                assert_never(run)

    def mention(self, security: Security, text: str) -> str:
        """Give a security's name, marked as a first or a later mention."""
        if not self.marked:
            return _escaped(text)
        secid, pair = security.secid, f"{security.market},{security.code}"
        href = f"http://quote.eastmoney.com/unify/r/{secid}"
        if secid in self.named:
            return f'<span web="1" href="{href}" class="em_stock_key_common" data-code="{pair}">{text}</span>'
        self.named.add(secid)
        span, price = ("bk", "bkquote") if security.kind == "board" else ("stock", "quote")
        link = f'<a href="{href}" class="keytip" data-code="{pair}">{text}</a>'
        return f'<span id="{span}_{secid}">{link}</span><span id="{price}_{secid}"></span>'

    def table(self, rows: tuple[tuple[Runs, ...], ...], lead: Runs) -> str:
        """Give a table, inside its paragraph if it has a lead."""
        lead_html = self.runs(lead)
        head, *others = rows
        cells = "".join(f"<th>{self.runs(cell)}</th>" for cell in head)
        body = "".join("<tr>" + "".join(f"<td>{self.runs(cell)}</td>" for cell in row) + "</tr>" for row in others)
        grid = f"<tbody><tr>{cells}</tr>{body}</tbody></table>"
        if lead:
            return f"<p>{lead_html}<table>{grid}</p>"
        return f'<table class="cms_autoformat_table">{grid}'

    def source_line(self, line: SourceLine) -> str:
        """Give the line that names the medium, perhaps with a keyword link in the middle of the name."""
        name = _escaped(line.medium)
        if line.linked:
            security, part = line.linked
            before, after = line.medium.split(part, 1)
            name = _escaped(before) + self.mention(security, part) + _escaped(after)
        css = ' class="em_media"' if line.classed else ""
        return f"<p{css}>（文章来源：{name}）</p>"


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\u00a0", "&nbsp;")


def _picture(src: str, caption: str) -> list[str]:
    style = "border:#d1d1d1 1px solid;padding:3px;margin:5px 0;"
    return [
        f'<center><img src="{src}" alt="Image" width="552" style="{style}" /></center>',
        f'<p style="text-align:center;">{_escaped(caption)}</p>',
    ]


def _chart(security: Security) -> list[str]:
    kind, sub = _CHART_TYPES[security.market]
    short, long = f"{security.code}|{security.market}|{kind}", f"{security.code}|{security.market}|{sub}|"
    # The ampersands in src are bare in real bodies, too.
    image = (
        f'<img src="{chart_url(security)}" border="0" alt="K图 {security.code}_0" data-code="K {short}"'
        f' data-code2="K {long}" style="border:#d1d1d1 1px solid;" width="578" height="276" />'
    )
    link = (
        f'<a href="http://quote.eastmoney.com/unify/r/{security.secid}" data-code="{short}"'
        f' data-code2="{long}" class="EmImageRemark" target="_blank">{image}</a>'
    )
    return ["<!-- EM_StockImg_Start -->", f'<p style="text-align:center;">{link}</p>', "<!-- EM_StockImg_End -->"]
