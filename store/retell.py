"""How pages that are read again by a better parser change a document: pure, no clock, no database.

What a page says now takes the place of what it was taken to say, at the time it was fetched, as if it had been
read so from the first: that is no revision of the news. The count of revisions stays, unless it was the parser
alone that saw one. What was stored before stays as a row of `post_revisions` that is marked as the parser's; rows
of former wordings that nobody ever said get the same mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from store.forms import Gave, entry_retold, wordings
from store.merge import Merged, best_form, document_after, is_revised, merge, row, row_id, says_more
from store.readings import BLOCK, Document, Reading


@dataclass(frozen=True, slots=True)
class Retold:
    """What a page says to today's parser."""

    read: Reading
    was: Gave | None
    """What was stored of it; None: the same, or nothing, and this is a reading like any other."""


def retell(stored: Document | None, retold: Sequence[Retold]) -> Merged:
    """Merge pages of one post that were read again into the stored document (None: a new post).

    In order: those that say something else, oldest first; then those of the same forms that say the same. In the
    end each is merged as it is, in order of time: what it told counts again where another falls silent.
    """
    document, history, disowned = stored, [], []
    for one in retold:
        if document and one.was and one.read.form in document["forms"]:
            still = [other.read.at for other in retold if _says(other.read, one.read.form, one.was.hash)]
            entry = document["forms"][one.read.form]
            told = entry_retold(entry, one.read, one.was, still)
            document = document_after(document, one.read, document["forms"] | {one.read.form: told})
            disowned += _disowned(one, entry, told)
            history.append(_worded(one.read, told, document))
    for one in sorted(retold, key=lambda one: one.read.at):
        merged = merge(document, one.read)
        history += merged.history
        document = merged.document
    if document is None or not says_more(stored, document):
        return Merged(document or {}, [], [], changed=False, revised=False)
    kept = {former["_id"]: former for former in history if _is_former(former, document)}
    parsers = _parsers(stored, document) if stored else []
    return Merged(
        document,
        [*kept.values(), *parsers],
        [name for name in disowned if name not in kept],
        changed=True,
        revised=is_revised(stored, document),
    )


def _says(read: Reading, form: str, content_hash: str) -> bool:
    return (read.form, read.hash) == (form, content_hash)


def _disowned(one: Retold, before: Document, after: Document) -> list[str]:
    """Name the rows of wordings that are none any more."""
    gone = set(wordings(before)).difference(wordings(after))
    return [
        row_id(one.read.post, at, one.read.form, said)
        for at, said in sorted(gone)
        if one.was and said == one.was.hash
    ]


def _worded(read: Reading, entry: Document, document: Document) -> Document:
    """Give the row of a better wording, in case it is a former one."""
    since = [at for at, said in wordings(entry) if at <= read.at and said == read.hash]
    return row({"_id": read.post, **read.block}, read.form, since[-1] if since else read.at, document)


def _is_former(kept: Document, document: Document) -> bool:
    """Tell whether a row holds a wording that a form had, and that is not the document's own."""
    said = wordings(document["forms"][kept["form"]])
    return kept["content_hash"] != document["content_hash"] and (kept["at"], kept["content_hash"]) in said


def _parsers(stored: Document, document: Document) -> list[Document]:
    """Give the row for what was stored of a page that says something else, if that is what changed."""
    form = best_form(stored["forms"])
    before, after = stored["forms"][form], document["forms"][form]
    reworded = (before["at"], before["hash"]) not in wordings(after)
    reshaped = before["block_at"] == after["block_at"] and before["block_hash"] != after["block_hash"]
    if not (reworded or reshaped) or all(stored[name] == document[name] for name in BLOCK):
        return []
    kept = row(stored, form, before["at"], document)
    return [kept | {"_id": f"{kept['_id']}/parser/{before['block_hash']}", "by": "parser"}]
