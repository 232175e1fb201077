"""The last pure step before an event is stored: whether its claimed time may stand, and which remarks travel with it.

A claim beyond the tolerance in the future would hold clocks in a time that has not come: the receipt stands in for
it, the claim is kept as the attribute `claimed_at`, and the event says so. A claim from the past is believed however
old it is (retries arrive days late, and clocks are set back): the fold orders by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sla_domain.event import Actor, EventKind, IncidentEvent, TimeQuality
from sla_ingest.dialect.port import Noted, Remark, Translated

_NEXT = timedelta(microseconds=1)


def settled(one: Translated, tolerance: timedelta) -> Translated:
    """The event with the time that stands and the remarks as its warnings."""
    event = one.event
    if event.occurred_at <= event.received_at + tolerance:
        return _told(one)
    claimed = event.occurred_at.isoformat()
    event = replace(
        event,
        occurred_at=event.received_at,
        quality=TimeQuality.RECEIPT,
        attributes={**event.attributes, "claimed_at": claimed},
    )
    return _told(replace(one, event=event, remarks=(*one.remarks, Noted(Remark.FUTURE_TIME, claimed))))


def recognised(one: Translated, history: Iterable[IncidentEvent]) -> Translated:
    """An event of somebody who may turn out to be the reporter, judged by what is stored of the incident."""
    if not one.unless_reporter:
        return one
    reporter = next((who for event in history if (who := event.attributes.get("reporter_id"))), "")
    if not reporter:
        # The opening may still come: the fold then sees whether it was the reporter who wrote this.
        event = replace(one.event, actor=Actor.UNKNOWN)
        return _told(
            replace(one, event=event, remarks=(*one.remarks, Noted(Remark.REPORTER_UNKNOWN)), unless_reporter="")
        )
    if reporter != one.unless_reporter:
        return replace(one, unless_reporter="")
    event = replace(one.event, kind=EventKind.CUSTOMER_REPLIED, actor=Actor.CUSTOMER)
    return replace(one, event=event, unless_reporter="")


def behind_breaches(one: Translated, history: Iterable[IncidentEvent], ran_out: datetime | None) -> Translated:
    """An event that states only its earliest time, behind the last promise that had run out by its receipt.

    Nobody knows that it came before that breach, so it takes none back. When something has happened to the incident
    since the stated time, that time stands: then the event is history. `ran_out`: that promise's due instant.
    """
    if not one.not_before_told:
        return one
    event, settled_one = one.event, replace(one, not_before_told=False)
    since = any(other.occurred_at > event.occurred_at for other in history)
    if since or ran_out is None or ran_out < event.occurred_at:
        return settled_one
    # A clock that stops at its due instant has kept its promise: the first instant after it is meant.
    return replace(settled_one, event=replace(event, occurred_at=ran_out + _NEXT))


def _told(one: Translated) -> Translated:
    warnings = tuple(str(noted) for noted in one.remarks)
    return one if warnings == one.event.warnings else replace(one, event=replace(one.event, warnings=warnings))
