"""Pages as they were fetched, as an archive of the web: WARC 1.1, gzipped record by record (ISO 28500).

From the collection `raw`, oldest fetches first. Gives one `response` record for each body, `revisit` records where
the same body came again. What a header says of the transfer (its coding, its length then) is left out: the body
stands there as it came out of it.
"""

import io
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from store.raw import unpacked
from store.schema import Database

_OF_THE_TRANSFER = frozenset({"content-encoding", "transfer-encoding", "content-length", "connection"})


async def write_warc(database: Database, path: Path, since: datetime | None, until: datetime | None) -> int:
    """Write what was fetched in a span of time (aware; `until` exclusive; None: open); give how many records."""
    records = 0
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "finews"}))
        async for document in database.raw.find().sort("last_at", 1):
            first: dict[str, Any] | None = None
            for fetch in sorted(document["fetches"], key=lambda fetch: fetch["at"]):
                if (since is None or fetch["at"] >= since) and (until is None or fetch["at"] < until):
                    writer.write_record(_record(writer, document, fetch, first))
                    first, records = first or fetch, records + 1
    return records


def _record(
    writer: WARCWriter, document: dict[str, Any], fetch: dict[str, Any], first: dict[str, Any] | None
) -> Any:
    """Give the record of a fetch; `first`: the fetch that the body stands with in this file, if it does."""
    digest, http = f"sha256:{document['_id']}", _http(fetch, document["length"])
    if first:
        return writer.create_revisit_record(
            fetch["url"], digest, first["url"], _date(first["at"]), http, {"WARC-Date": _date(fetch["at"])}
        )
    named = {"WARC-Date": _date(fetch["at"]), "WARC-Payload-Digest": digest}
    payload = io.BytesIO(unpacked(document))
    return writer.create_warc_record(fetch["url"], "response", payload, warc_headers_dict=named, http_headers=http)


def _http(fetch: dict[str, Any], length: int) -> StatusAndHeaders:
    kept = [
        (header["name"], header["value"])
        for header in fetch["headers"]
        if header["name"].lower() not in _OF_THE_TRANSFER
    ]
    status = f"{fetch['status']} {HTTPStatus(fetch['status']).phrase}"
    return StatusAndHeaders(status, [*kept, ("Content-Length", str(length))], protocol="HTTP/1.1")


def _date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
