"""Where a page of the list of incidents ended, as an opaque text that is valid for one filter alone. Pure."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

import orjson

from sla_board.history.filter import IncidentFilter
from sla_platform.store.types import from_micros, to_micros

LONGEST = 1_000


class BadCursor(ValueError):
    """Raised when a text is no cursor, or when the cursor belongs to another filter."""


@dataclass(frozen=True, slots=True)
class ListPlace:
    """The position of a row in the list of incidents, from which the next page continues.

    The list is sorted by these fields in descending order.
    """

    at: datetime
    """The instant by which the list is sorted; the filter's `date` says which."""
    incident: str
    contract: str
    clock: str = ""
    """Id of the clock in a list of clocks. Else ""."""


def written_cursor(place: ListPlace, shown: IncidentFilter) -> str:
    """Return the cursor of the page that follows a row of the list.

    Args:
        place: The position of the row.
        shown: The filter of the list. The cursor is valid for this filter alone.
    """
    fields = [_mark(shown), to_micros(place.at), place.incident, place.contract, place.clock]
    return urlsafe_b64encode(orjson.dumps(fields)).decode().rstrip("=")


def read_cursor(written: str, shown: IncidentFilter) -> ListPlace:
    """Return the position that a cursor contains. The page begins with the row after this position.

    Args:
        written: The cursor from `written_cursor`.
        shown: The filter of the present request.

    Raises:
        BadCursor: The text is no cursor, or the cursor belongs to another filter.
    """
    try:
        padded = written + "=" * (-len(written) % 4)
        fields = orjson.loads(urlsafe_b64decode(padded.encode("ascii"))) if len(written) <= LONGEST else None
    except (ValueError, binascii.Error):
        fields = None
    match fields:
        case [str() as mark, int() as micros, str() as incident, str() as contract, str() as clock]:
            if mark != _mark(shown):
                raise BadCursor("the cursor is of another filter: begin without it")
            if bool(clock) != shown.of_clocks or (clock and not _is_clock(clock)):
                raise BadCursor("this is no cursor: pass `next` of the page before as it is")
            return ListPlace(from_micros(micros), incident, contract, clock)
        case _:
            raise BadCursor("this is no cursor: pass `next` of the page before as it is")


def _is_clock(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _mark(shown: IncidentFilter) -> str:
    return blake2b(shown.identity.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
