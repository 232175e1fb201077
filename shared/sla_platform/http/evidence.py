"""A service's part of an incident's evidence over HTTP: lines of JSON, each with the file that it belongs to.

The last line counts the others, so that an answer that was cut off is not taken for a whole one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi.responses import StreamingResponse

JSON_LINES = "application/x-ndjson"
END = "end"
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {JSON_LINES: {}}, "description": "A line of JSON a record; the last line counts them"},
    404: {"description": "No such incident, as far as this key sees"},
}


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One line of the HTTP response of `evidence_response`: a record that belongs into an incident's evidence archive.

    The evidence of an incident is an archive of everything that proves its verdicts, such as events and clocks.
    """

    file: str
    """The name of the file in the evidence archive to which the record belongs."""
    content: dict[str, Any]
    """The record as JSON values."""


def evidence_response(lines: AsyncIterator[EvidenceLine]) -> StreamingResponse:
    """Return an HTTP response that streams the records which one service adds to an incident's evidence archive.

    Args:
        lines: The records, such as the events that the timer has stored about the incident.
    """
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(_encoded(lines), media_type=JSON_LINES, headers=headers)


async def _encoded(lines: AsyncIterator[EvidenceLine]) -> AsyncIterator[bytes]:
    count = 0
    async for line in lines:
        count += 1
        yield orjson.dumps({"file": line.file, "content": line.content}) + b"\n"
    yield orjson.dumps({"file": END, "content": {"lines": count}}) + b"\n"
