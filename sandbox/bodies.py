"""Articles given as files: the share and newsinfo hosts answer with them, whatever world there is.

From a folder of `NAME.json`, NAME being an article's number with or without `NW`, each an object of `title`,
`date` (`YYYY-MM-DD HH:MM:SS`, Beijing), `from`, and `text` or `content` (HTML). Raises ValueError or OSError for a
folder or a file that is not so.
"""

import json
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from sandbox.http import Request, Response, as_asked, as_json

_NEEDED, _BODY = {"title", "date", "from"}, {"text", "content"}


class Bodies:
    """The articles of a folder, read once; of no folder, none."""

    def __init__(self, folder: Path | None = None) -> None:
        found = sorted(folder.iterdir()) if folder else []
        self._news = {path.stem.removeprefix("NW"): _read(path) for path in found if path.suffix == ".json"}

    def share(self, request: Request) -> Response | None:
        """Answer GetNewsText.do; None for another request, or an article that is not here."""
        digits = request.query("id").removeprefix("NW")
        news = self._news.get(digits)
        if news is None or not request.path.endswith("/NewsData/GetNewsText.do"):
            return None
        return as_json({"id": f"NW{digits}", "newsid": digits, "medianame": news["from"], "url": ""} | news)

    def newsinfo(self, request: Request) -> Response | None:
        """Answer for an article's JSON; None for one that is not here."""
        news = self._news.get(request.path.rpartition("/")[2])
        if news is None:
            return None
        return as_asked(
            request,
            {
                "data": {
                    "Art_Title": news["title"],
                    "Art_Guidance": "",
                    "Art_Media_Name": news["from"],
                    "Art_ShowTime": news["date"].replace("-", "/"),
                    "Art_Keyword": "",
                    "Art_Content": news.get("content") or news.get("text"),
                }
            },
        )


def _read(path: Path) -> dict[str, Any]:
    news = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(news, dict) or not _is_article(news.keys()):
        raise ValueError(f"{path.name} is no object of title, date, from, and text or content")
    return news


def _is_article(fields: AbstractSet[str]) -> bool:
    return _NEEDED <= fields <= _NEEDED | _BODY and bool(fields & _BODY)
