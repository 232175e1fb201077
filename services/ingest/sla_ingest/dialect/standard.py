"""Standard Webhooks: the envelope `{type, timestamp, data}`, whose data are slad's own events.

Standard Webhooks fixes how a message is signed, named and dated, and says nothing of what it means. A system that can
be taught what to send speaks slad's vocabulary in it: `type` is a kind of event as in CloudEvents (`incident.opened`,
`opened`, `io.slad.incident.opened.v1`), `data` its fields (docs/events.md), `data.incident` the incident's own id.

- **Time**: `timestamp` of the body. The header `webhook-timestamp` is the attempt's, and says only how fresh it is.
- **Staff**: `data.actor`, or the name as for CloudEvents.
- **Snapshot**: `data.snapshot`.
- **Redelivery**: the header `webhook-id`, which the signature covers.
- **Unknown**: a type of another vocabulary, which is parked.
"""

from __future__ import annotations

from sla_catalogue.source import Source
from sla_domain.event import EventKind, TimeQuality
from sla_ingest.dialect.canonical import event_draft, kind_of
from sla_ingest.dialect.document import translate_object
from sla_ingest.dialect.port import (
    Delivery,
    DoesNotFit,
    Outcome,
    Parked,
    ParkedBecause,
    Translation,
    Worked,
    incident_id,
    number_events,
)
from sla_ingest.dialect.read import Node, claimed_time, clean_text, identifier_text
from sla_ingest.dialect.work import read_work, says_work


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a message of the specification Standard Webhooks into an event of an incident.

    If there is no event, the result says why: the delivery is parked (not understood) or refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    named = identifier_text(delivery.headers.get("webhook-id", ""))
    return translate_object(delivery, lambda payload, id_: _outcome(delivery, source, payload, id_), lambda _: named)


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    written = payload.get("type")
    if not isinstance(written, str) or not written:
        raise DoesNotFit("a message of Standard Webhooks names its type", "/type")
    kind, worked = kind_of(written), says_work(written)
    if kind is None and not worked:
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(written, 100))
    data = payload.get("data")
    if not isinstance(data, dict):
        raise DoesNotFit("the data of an incident event is an object", "/data")
    own = identifier_text(data.get("incident"))
    if not own:
        raise DoesNotFit("data.incident is the id of the incident", "/data/incident")
    incident = incident_id(source.id, own.removeprefix(f"{source.id}:"), "/data/incident")
    stamp = claimed_time(payload.get("timestamp"), TimeQuality.EXACT, zone=source.zone)
    if kind is None:
        return Worked(read_work(data, incident, stamp.at or delivery.received_at, source))
    what = event_draft(kind, data, stamp, source)
    for of, other, name in (
        (EventKind.MERGED, what.merged_into, "merged_into"),
        (EventKind.RENAMED, what.known_as, "known_as"),
    ):
        if kind is of and other == incident:
            raise DoesNotFit(f"{name} is another incident than data.incident", f"/data/{name}")
    return number_events(delivery, source, incident, id_, [what])
