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

    A body that cannot be read, or does not fit, gives a refusal. No exception is raised.

    Args:
        outcome: Called with the object and the delivery's id. Returns what the object means, or raises DoesNotFit.
        own_id: Called with the object. Returns the sender's id of the delivery, "" if it has none. Without it, and
            without an id, the body decides which delivery it is.
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
    """Return the plan's priority for a sender's word, and remarks.

    A word that the source's table `priorities` lacks goes on as it is, with a remark. "" stays "".

    Args:
        source: The sender, with its table.
        word: The sender's priority.
    """
    if not word:
        return "", ()
    known = source.priority_of(word)
    return (word, (RemarkNote(IngestRemark.UNMAPPED_PRIORITY, word),)) if known is None else (known, ())
