"""What one form of an article has said, reading by reading: an entry of `posts.forms`. Pure.

    at, hash           its present wording: first read, content_hash
    earlier            its wordings before, oldest first: [{at, hash}]
    block_at,          its present title, text, html, images and links, markup included: first read, hash
    block_hash
    said               its other fields: {field: {at, value}}, what it told last and since when
    urls, tags,        all it was seen with, sorted
    categories
    sources            of a Jekyll source, the versions that were read: [{hash, at: of the commit or None}], sorted

An entry is a function of the readings, in whatever order they come, and a reading with nothing new in it changes
nothing. Silence takes nothing back: a page that moved to the archive, and no longer tells its category, keeps it.

A page may be read again by a better parser: `entry_retold` puts what it says now in the place of what it was
taken to say, and leaves no trace here.

Limit: repeated sightings are not written. Of a form that said A, then B, then A again, where B arrives last, the
second A is not known, and B stands until the form is read again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from store.readings import Document, Reading

_NEVER = datetime.min.replace(tzinfo=UTC)


def wordings(entry: Document) -> list[tuple[datetime, str]]:
    """Give when each wording of a form was first read, and its hash, oldest first; the last is the present one."""
    return [(wording["at"], wording["hash"]) for wording in (*entry["earlier"], entry)]


def is_latest(entry: Document | None, read: Reading) -> bool:
    """Tell whether a reading is younger than all that its form has said (`entry`; None: nothing yet)."""
    if entry is None:
        return True
    said_last = max(entry["at"], entry["block_at"]), entry["hash"], entry["block_hash"]
    return (read.at, read.hash, read.block_hash) > said_last


def entry_after(entry: Document | None, read: Reading) -> Document:
    """Give the entry after one more reading (`entry`; None: the first)."""
    *earlier, (at, content_hash) = _runs(entry, read)
    if entry and entry["block_hash"] == read.block_hash:
        # No earlier than the wording: the same block may have stood before another one, too.
        block_at, block_hash = max(at, min(entry["block_at"], read.at)), read.block_hash
    elif entry is None or is_latest(entry, read):
        block_at, block_hash = read.at, read.block_hash
    else:
        block_at, block_hash = entry["block_at"], entry["block_hash"]
    said = dict(entry["said"]) if entry else {}
    for name, value in read.said.items():
        said[name] = _told(said.get(name), {"at": read.at, "value": value})
    category = read.said.get("category")
    sources = _sources(entry, read)
    return {
        "at": at,
        "hash": content_hash,
        "earlier": [{"at": before, "hash": wording} for before, wording in earlier],
        "block_at": block_at,
        "block_hash": block_hash,
        "said": said,
        "urls": _union(entry, "urls", read.urls),
        "tags": _union(entry, "tags", read.said.get("tags", [])),
        "categories": _union(entry, "categories", [category] if category else []),
        **({"sources": sources} if sources else {}),
    }


@dataclass(frozen=True, slots=True)
class Gave:
    """What was stored of a page when it was read before."""

    hash: str
    """The `content_hash` of its wording."""

    tags: list[str]
    category: str | None


def entry_retold(entry: Document, read: Reading, was: Gave, still: Collection[datetime]) -> Document:
    """Give the entry where the page that was read at that time, and gave `was`, says `read` instead.

    `still`: when other pages that can be read again said, and say, what this one was taken to say. A wording that
    was first met earlier is corrected with this one if none of them stands between: it keeps its time.
    """
    runs = wordings(entry)
    past = [place for place, (at, _) in enumerate(runs) if at <= read.at]
    if past and runs[past[-1]][1] == was.hash and not any(runs[past[-1]][0] <= at <= read.at for at in still):
        runs[past[-1]] = runs[past[-1]][0], read.hash
    runs = [run for place, run in enumerate(runs) if place == 0 or run[1] != runs[place - 1][1]]
    *earlier, (at, content_hash) = runs
    of_this = entry["block_at"] == read.at or content_hash != entry["hash"]
    taken_back = {
        **entry,
        "at": at,
        "hash": content_hash,
        "earlier": [{"at": before, "hash": wording} for before, wording in earlier],
        "block_at": at if content_hash != entry["hash"] else entry["block_at"],
        "block_hash": read.block_hash if of_this else entry["block_hash"],
        "said": {name: told for name, told in entry["said"].items() if told["at"] != read.at},
        "tags": [tag for tag in entry["tags"] if tag not in was.tags],
        "categories": [slug for slug in entry["categories"] if slug != was.category],
    }
    return entry_after(taken_back, read)


def _runs(entry: Document | None, read: Reading) -> list[tuple[datetime, str]]:
    """Give the wordings with one more sighting; of equal neighbours in time the first stays."""
    sightings = [(read.at, read.hash)]
    if entry:
        sightings += [*wordings(entry), (entry["block_at"], entry["hash"])]
    runs: list[tuple[datetime, str]] = []
    for sighting in sorted(sightings):
        if not runs or runs[-1][1] != sighting[1]:
            runs.append(sighting)
    return runs


def _told(known: Document | None, new: Document) -> Document:
    """Give what counts of two statements on a field: the later one; the same said twice counts from the first."""
    if known is None:
        return new
    if known["value"] == new["value"]:
        return {"at": min(known["at"], new["at"]), "value": known["value"]}
    return max(known, new, key=_weight)


def _weight(told: Document) -> tuple[bool, datetime, str]:
    value: Any = told["value"]
    # A time that was certain when the page was young stays certain: later the same page leaves two possible.
    uncertain = isinstance(value, dict) and value.get("published_at", "") is None
    return not uncertain, told["at"], repr(value)


def _union(entry: Document | None, name: str, values: list[str]) -> list[str]:
    return sorted({*(entry[name] if entry else ()), *values})


def _sources(entry: Document | None, read: Reading) -> list[Document]:
    """Give the versions of a source that were read, one more included."""
    found = list((entry or {}).get("sources", []))
    if read.source and read.source not in found:
        found.append(read.source)
    return sorted(found, key=lambda version: (version["at"] or _NEVER, version["hash"]))
