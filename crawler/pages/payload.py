"""What upstream's hosts answer with: JSON, bare, in a callback (JSONP) or assigned to a variable.

From the text of an answer. Gives the object in it, or what it holds under `data`.
Refuses, by name: a block page, an empty answer and one of `passportWeb` alone (BlockedPayloadError); an answer
that says no (RefusedPayloadError); one that knows of no such article or security (MissingPayloadError); all that
is no JSON object, or not of the shape asked for (PayloadError).
"""

import json
import re
from typing import Any

from crawler.pages.bounds import is_deep
from crawler.pages.errors import BlockPageError, NotFoundPageError, PageLayoutError
from crawler.pages.layout import is_block_page

_LONGEST = 4_000_000
"""Characters. The largest list asked for has 200 rows and stays under one million."""

_MESSAGE = 1_000
"""Characters kept of what an answer says about itself; it is shown to people, and never stored as news."""

_BLANK = "\ufeff \t\r\n"
# `/**/jQuery351_1764({...});` and `var ajaxResult={...};`
_CALLBACK = re.compile(r"(?:/\*[^*]{0,100}\*/)?\s*[\w$.]{1,200}\s*\(")
_ASSIGNED = re.compile(r"(?:var\s+)?[\w$.]{1,200}\s*=\s*")


class PayloadError(PageLayoutError):
    """An answer is no JSON, not of the shape asked for, or about something else."""


class BlockedPayloadError(BlockPageError):
    """A block page, nothing at all, or the user's passport came instead of the answer: ask no more for now."""


class RefusedPayloadError(PageLayoutError):
    """The answer is in order and says no."""

    def __init__(self, url: str, code: str, message: str) -> None:
        super().__init__(url, f"refused with code {code!r}: {message[:200]!r}")
        self.code = code
        self.message = message


class MissingPayloadError(NotFoundPageError):
    """The answer is in order, and upstream has no such article or security."""


def load(text: str, url: str) -> dict[str, Any]:
    """Give the JSON object of an answer. Raises BlockedPayloadError or PayloadError."""
    shown = text.strip(_BLANK)
    if len(shown) > _LONGEST:
        raise PayloadError(url, f"{len(shown)} characters")
    if not shown or shown.startswith("<"):
        raise BlockedPayloadError(url, "an HTML page" if shown else "an empty answer")
    try:
        answer = json.loads(_bare(shown, url), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise PayloadError(url, f"no JSON ({type(error).__name__}), begins {shown[:60]!r}") from error
    if is_deep(answer):
        raise PayloadError(url, "objects too deep inside one another")
    if not answer:
        raise BlockedPayloadError(url, f"an empty answer, {shown[:20]!r}")
    if not isinstance(answer, dict):
        raise PayloadError(url, f"a JSON {type(answer).__name__}, not an object")
    if any(_only_passport(part) for part in (answer, answer.get("result"), answer.get("data"))):
        raise BlockedPayloadError(url, "the user's passport alone")
    return answer


def _bare(shown: str, url: str) -> str:
    """Give what stands in a callback or after an assignment."""
    if shown[0] in '{["':
        return shown
    if _CALLBACK.match(shown):
        return shown[shown.index("(") + 1 : max(shown.rfind(")"), 0)]
    if assigned := _ASSIGNED.match(shown):
        return shown[assigned.end() :].rstrip(_BLANK + ";")
    if is_block_page(shown):
        raise BlockedPayloadError(url, f"a refusal, {shown[:60]!r}")
    return shown


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _only_passport(part: object) -> bool:
    return isinstance(part, dict) and part.keys() == {"passportWeb"}


def data(answer: dict[str, Any], url: str, *, ok: str) -> dict[str, Any]:
    """Give what an answer holds under `data`.

    `ok`: the code that this endpoint means "yes" by, as text, since some write it as a number; an answer without
    a code is one. Raises RefusedPayloadError for any other code and for `data: null`; PayloadError.
    """
    code, found = str(answer.get("code", ok)), answer.get("data")
    if code != ok or found is None:
        raise RefusedPayloadError(url, code, message(answer))
    return mapping(found, "data", url)


def message(answer: dict[str, Any]) -> str:
    """Give what an answer says about itself; empty where it says nothing."""
    said = next((answer[key] for key in ("message", "msg") if answer.get(key)), "")
    return str(said)[:_MESSAGE]


def mapping(value: object, name: str, url: str) -> dict[str, Any]:
    """Give `value` if it is a JSON object; raises PayloadError."""
    if not isinstance(value, dict):
        raise PayloadError(url, f"{name} is a JSON {type(value).__name__}, not an object")
    return value


def rows(value: object, name: str, url: str) -> list[dict[str, Any]]:
    """Give the objects of a list, of `{"list": [...]}`, or of `{"0": ..., "1": ...}`; none for null.

    Raises PayloadError.
    """
    if isinstance(value, dict):
        value = value["list"] if value.keys() == {"list"} else list(value.values())
    if not isinstance(value, (list, type(None))):
        raise PayloadError(url, f"{name} is a JSON {type(value).__name__}, not a list")
    return [mapping(row, f"a row of {name}", url) for row in value or []]
