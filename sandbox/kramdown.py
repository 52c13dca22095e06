"""The little of kramdown 2.3 (with Jekyll's GFM input) that the site's posts meet.

From Markdown spans and raw HTML blocks; gives HTML as kramdown prints it, with its line breaks and indents.
Knows only what occurs in posts: emphasis, strike-through, typography, one-line tables, lists and quotes,
autolinks. Everything else is text.
"""

import re
from html import escape

_STARS = re.compile(r"\*(?=\S)([^*]+?)(?<=\S)\*")
_STRUCK = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_BARE_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]*|#\d+|#x[0-9A-Fa-f]+);)")
_ITEM = re.compile(r"\d+\. +(.*)")


def typographic(text: str) -> str:
    """Give text with kramdown's curly quotes, dashes and ellipses; the rest unchanged.

    A straight quote opens after a blank or an opening bracket and at the start, and closes after anything else:
    between Chinese characters both close.
    """
    text = text.replace("---", "—").replace("--", "–").replace("...", "…")
    text = re.sub(r"(?<=[^\s\[{(\\-])\"", "”", text)
    return text.replace('"', "“")


def span(text: str) -> str:
    """Render one line of Markdown text as inline HTML."""
    html = escape(typographic(text), quote=False)
    html = _STARS.sub(r"<em>\1</em>", html)
    return _STRUCK.sub(r"<del>\1</del>", html)


def block(line: str, indent: str = "") -> str:
    """Render one line of Markdown as a block: a table, a list item or a paragraph; ends with a line feed."""
    if item := _ITEM.fullmatch(line):
        return f"{indent}<ol>\n{indent}  <li>{span(item[1])}</li>\n{indent}</ol>\n"
    if "|" in line:
        cells = "".join(f"{indent}      <td>{span(cell.strip())}</td>\n" for cell in line.split("|"))
        return (
            f"{indent}<table>\n{indent}  <tbody>\n{indent}    <tr>\n{cells}"
            f"{indent}    </tr>\n{indent}  </tbody>\n{indent}</table>\n"
        )
    return f"{indent}<p>{span(line)}</p>\n"


def quote(line: str) -> str:
    """Render `> line`; an empty line gives an empty quote."""
    inner = block(line, "  ") if line else "\n"
    return f"<blockquote>\n{inner}</blockquote>\n"


def raw(blocks: list[str]) -> str:
    """Render raw HTML blocks: one per line, only bare ampersands escaped, line ends unified."""
    return "".join(f"{_escaped(html)}\n" for html in blocks)


def autolink(url: str) -> str:
    """Render `<url>` in a paragraph of its own; an empty one is no link but text."""
    return f'<p><a href="{url}">{url}</a></p>\n' if url else "<p>&lt;&gt;</p>\n"


def _escaped(html: str) -> str:
    return _BARE_AMPERSAND.sub("&amp;", html.replace("\r\n", "\n"))
