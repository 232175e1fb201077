"""The result of applying a map to a delivery, step by step, for the author of the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sla_catalogue.map_expression import Expression
from sla_catalogue.source import Source
from sla_catalogue.source_map import SourceMap
from sla_ingest.dialect.json_text import parse_json
from sla_ingest.dialect.mapped import PART_HEADER, MappedDialect, translate
from sla_ingest.dialect.mapped_events import applying
from sla_ingest.dialect.mapped_reading import MapFailed, MapReading
from sla_ingest.dialect.port import Delivery, DoesNotFit, Translation


@dataclass(frozen=True, slots=True, kw_only=True)
class MapTrial:
    """The result of applying a source's map to one event of a delivery, step by step, for the author of the map.

    A map says by JMESPath expressions how to read the deliveries of a source.
    """

    event: Any
    """The event, as it came. None if the body is no JSON."""
    found: Mapping[str, Any]
    """Key of the map -> what its expression found. None if it found nothing."""
    failed: Mapping[str, str]
    """Key of the map -> why its expression failed."""
    applied: tuple[int, ...]
    """The numbers of the entries of `when` that apply, from 0."""
    translation: Translation
    """What becomes of the event."""


def try_map(delivery: Delivery, source: Source) -> list[MapTrial]:
    """Apply the map of a source to each event of a delivery, store nothing, and return the results.

    Args:
        source: The sender, which must have a map.
    """
    parts = MappedDialect().parts(delivery, source)
    return [_tried(one, source) for one in ([delivery] if parts is None else parts)]


def _tried(delivery: Delivery, source: Source) -> MapTrial:
    translation = translate(delivery, source)
    part = PART_HEADER in delivery.headers
    try:
        body = parse_json(delivery.body, delivery.max_depth + part)
    except DoesNotFit:
        return MapTrial(event=None, found={}, failed={}, applied=(), translation=translation)
    event, whole = (body.get("event"), body.get("body")) if part else (body, body)
    found: dict[str, Any] = {}
    failed: dict[str, str] = {}
    for name, expression in _expressions(source).items():
        # Each by itself, so that one that fails hides none of the others.
        reading = MapReading(source, event, whole, delivery.headers)
        try:
            found[name] = reading.evaluated(name, expression)
        except MapFailed as why:
            failed[name] = str(why)
    try:
        entries = applying(MapReading(source, event, whole, delivery.headers))
    except MapFailed:
        entries = []
    applied = tuple(number for number, _ in entries)
    return MapTrial(event=event, found=found, failed=failed, applied=applied, translation=translation)


def _expressions(source: Source) -> dict[str, Expression]:
    assert source.map is not None
    found = {
        one.name: value for one in fields(SourceMap) if isinstance(value := getattr(source.map, one.name), Expression)
    }
    found |= {f"attributes.{name}": one for name, one in source.map.attributes.items()}
    found |= {f"when[{n}]": entry.when for n, entry in enumerate(source.map.entries) if entry.when is not None}
    return found
