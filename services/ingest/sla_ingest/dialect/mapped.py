"""Any JSON that a source's map explains: deliveries of one event, and batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from sla_catalogue.source import Source
from sla_catalogue.source_map import MapAct
from sla_domain.event import EventKind, Snapshot, TimeQuality
from sla_ingest.dialect.adapter import OpenedDelivery, media_type
from sla_ingest.dialect.batch import gather_parts
from sla_ingest.dialect.json_text import parse_json
from sla_ingest.dialect.mapped_events import ENDS, applying, drafts_of, snapshot_of, with_remarks
from sla_ingest.dialect.mapped_reading import MapFailed, MapReading
from sla_ingest.dialect.port import (
    OWN_HEADERS,
    Delivery,
    DoesNotFit,
    EventDraft,
    Ignored,
    IgnoredBecause,
    Outcome,
    Parked,
    ParkedBecause,
    Translation,
    body_id,
    fitting_id,
    ignore_with_snapshot,
    incident_id,
    number_events,
)

MEDIA_TYPES = frozenset({"application/json", "text/plain", "text/json"})  # Amazon's topics send JSON as text/plain
PART_HEADER = f"{OWN_HEADERS}part"
"""The header that slad sets on an event of a batch: its body is `{"event": …, "body": …}`."""


@dataclass(frozen=True, slots=True)
class MappedDialect:
    """The dialect adapter for sources that send JSON of any form.

    The source's map (JMESPath expressions) says where each value is in a body, and whether a body is one event or a
    batch.
    """

    serves_events: bool = False
    answers_rules: bool = False
    id_in_headers: bool = False
    """The map reads only headers that the proof covers."""

    def bad_media_type(self, delivery: Delivery, *, signed: bool) -> str | None:
        """Return None if the Content-Type is absent, JSON or plain text; else the accepted types."""
        given = media_type({**delivery.hints, **delivery.headers})
        if not given or given in MEDIA_TYPES or given.endswith("+json"):
            return None
        return ", ".join(sorted(MEDIA_TYPES))

    def by_body(self, delivery: Delivery) -> Delivery:
        """Return the delivery unchanged, because the map never sees headers that the signature does not cover."""
        return delivery

    def parts(self, delivery: Delivery, source: Source | None) -> list[Delivery] | None:
        """Return the events of a batch as separate deliveries; None if the body is one event.

        The body of each delivery is a JSON object with an event of the batch (`event`), and the batch without its
        events (`body`).

        Raises:
            DoesNotFit: The batch is too large.
        """
        if source is None or source.map is None or source.map.events is None or PART_HEADER in delivery.headers:
            return None
        try:
            body = parse_json(delivery.body, delivery.max_depth)
        except DoesNotFit:
            return None  # which the translation reports, with the place
        items, rest = _divided(body, source.map.events)
        if items is None:
            return None
        headers = {**delivery.headers, PART_HEADER: "1"}
        # Deeper by one level than what came.
        parts = (
            replace(delivery, body=orjson.dumps({"event": item, "body": rest}), headers=headers,
                    max_depth=delivery.max_depth + 1)
            for item in items
        )  # fmt: skip
        return gather_parts(delivery, parts, len(items))

    def open(self, delivery: Delivery) -> OpenedDelivery:
        """Return the function that translates the delivery. No sender is read from the body."""
        return OpenedDelivery(partial(translate, delivery))


def _divided(body: Any, path: Sequence[str]) -> tuple[list[Any] | None, Any]:
    """Return the list at a path, and the body without it; (None, body) if there is no list that is worth dividing."""
    if not path:
        return (body, None) if isinstance(body, list) else (None, body)
    if not isinstance(body, dict):
        return None, body
    name, *further = path
    if not further:
        items = body.get(name)
        return (items if isinstance(items, list) else None), {key: one for key, one in body.items() if key != name}
    items, rest = _divided(body.get(name), further)
    return items, {**body, name: rest}


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a delivery into events by the map of its source.

    If there is no event, the result says why: the delivery is ignored (the map says so), parked (the map does not
    explain it) or refused (it is not JSON). These cases raise no exception.
    """
    try:
        # A part is one level deeper than what came.
        part = PART_HEADER in delivery.headers
        body = parse_json(delivery.body, delivery.max_depth + part)
    except DoesNotFit as unfit:
        return Translation(delivery.id or body_id(delivery), unfit.refused)
    event = body
    if part:
        event, body = body.get("event"), body.get("body")
    elif source.map is not None and source.map.events is not None:
        where = ".".join(source.map.events) or "the body"
        return Translation(body_id(delivery), Parked(ParkedBecause.UNKNOWN_TYPE, f"no list of events at {where}"))
    reading = MapReading(source, event, body, _given(delivery.headers))
    id_ = delivery.id or body_id(delivery)
    try:
        id_ = delivery.id or fitting_id(reading.identifier("id")) or id_
        return Translation(id_, _outcome(delivery, reading, id_))
    except MapFailed as failed:
        return Translation(id_, Parked(ParkedBecause.MAP_FAILED, str(failed)[:300]))
    except DoesNotFit as unfit:
        return Translation(id_, Parked(ParkedBecause.MAP_FAILED, unfit.refused.detail[:300]))


def _given(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if not name.startswith(OWN_HEADERS)}


def _outcome(delivery: Delivery, reading: MapReading, id_: str) -> Outcome:
    entries = applying(reading)
    if not entries:
        return Parked(ParkedBecause.NO_ENTRY)
    if all(entry.means is MapAct.IGNORED for _, entry in entries):
        return Ignored(IgnoredBecause.UNRELATED, f"when[{entries[0][0]}]")
    own = reading.identifier("incident")
    if not own:
        return Parked(ParkedBecause.NO_INCIDENT, "incident of the map finds no text or whole number")
    at = reading.time("time", TimeQuality.EXACT)
    drafts: list[EventDraft] = []
    for _, entry in entries:
        drafts += drafts_of(reading, entry, at)
    drafts = with_remarks(drafts, reading)
    incident = incident_id(reading.source.id, own)
    # What staff say may end the ticket in the same act, of which another delivery tells.
    ended = any(draft.kind in ENDS or draft.kind is EventKind.RESPONDED for draft in drafts)
    snapshot = snapshot_of(reading, at, delivery.received_at, dated_end=ended)
    if not drafts:
        return ignore_with_snapshot(
            delivery, reading.source, incident, id_, Ignored(IgnoredBecause.BOT_COMMENT), snapshot
        )
    seen = [draft for draft in drafts if draft.kind is not EventKind.OBSERVED]
    if not seen:
        drafts, snapshot = drafts[-1:], snapshot or Snapshot(at=at.at or delivery.received_at)
    return number_events(delivery, reading.source, incident, id_, seen or drafts, snapshot)
