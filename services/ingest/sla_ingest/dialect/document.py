"""The JSON object of a delivery, and the frame of a translation: shared by dialects whose deliveries are one object."""

from __future__ import annotations

from collections.abc import Callable

from sla_catalogue.source import Source
from sla_ingest.dialect.json_text import parse_json
from sla_ingest.dialect.port import (
    Delivery,
    DoesNotFit,
    IngestRemark,
    Outcome,
    RemarkNote,
    Translation,
    body_id,
    fitting_id,
)
from sla_ingest.dialect.read import Node

JSON = frozenset({"application/json"})
"""The media types of senders that post plain JSON."""


def translate_object(
    delivery: Delivery, outcome: Callable[[Node, str], Outcome], own_id: Callable[[Node], str] | None = None
) -> Translation:
    """Return the translation of a delivery whose body is one JSON object.

    A body that cannot be read or does not fit is refused, without an exception.

    Args:
        outcome: Called with the object and the delivery's id. Returns the outcome (events, or why there are none), or
            raises DoesNotFit.
        own_id: Called with the object. Returns the sender's id of the delivery, or "". Without an id, a digest of the
            body is the delivery's id.
    """
    id_ = delivery.id or body_id(delivery)
    try:
        payload = object_of(delivery)
        if own_id is not None and not delivery.id:
            id_ = fitting_id(own_id(payload)) or id_
        return Translation(id_, outcome(payload, id_))
    except DoesNotFit as unfit:
        return Translation(id_, unfit.refused)


def object_of(delivery: Delivery) -> Node:
    """Return the JSON object that is the delivery's body.

    Raises:
        DoesNotFit: The body is not JSON, or is JSON but not an object.
    """
    value = parse_json(delivery.body, delivery.max_depth)
    if not isinstance(value, dict):
        raise DoesNotFit("a JSON object is expected")
    return value


def priority_of(source: Source, word: str) -> tuple[str, tuple[RemarkNote, ...]]:
    """Return the plan's priority for a sender's priority, with remarks.

    The source's table `priorities` translates it. A priority that the table lacks is returned unchanged, with a remark.
    For an empty priority the result is "".

    Args:
        source: The sender, with its table.
        word: The sender's priority.
    """
    if not word:
        return "", ()
    known = source.priority_of(word)
    return (word, (RemarkNote(IngestRemark.UNMAPPED_PRIORITY, word),)) if known is None else (known, ())
