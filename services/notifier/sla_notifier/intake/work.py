"""Work on tickets puts off the expiry of acknowledgements. Which events are work is decided without the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sla_domain.escalation import EscalationPolicy
from sla_domain.event import Actor, EventKind, IncidentEvent
from sla_notifier.alert import store as alerts
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.expiring import note_work
from sla_notifier.context import NotifierContext
from sla_notifier.notification.unit_of_work import write_changes
from sla_platform.envelope import Envelope
from sla_platform.store.instant import store_now
from sla_platform.wire.incident import decode_event, event_type

_CHANGES = frozenset(
    {
        EventKind.RESPONDED,
        EventKind.UPDATED,
        EventKind.ASSIGNED,
        EventKind.WAITING,
        EventKind.RESUMED,
        EventKind.WORKAROUND_PROVIDED,
        EventKind.DOWNGRADE_PROPOSED,
    }
)
_WORK = _CHANGES | {EventKind.COMMENTED, EventKind.PRIORITY_CHANGED, EventKind.RECLASSIFIED, EventKind.ESCALATED}
_TYPES = frozenset(map(event_type, _WORK))


def expires_idle(policies: Mapping[str, EscalationPolicy]) -> bool:
    """Return whether any escalation policy lets an acknowledgement expire when nobody works on the ticket.

    The alert then opens again.
    """
    return any(each.acknowledgement is not None and each.acknowledgement.after for each in policies.values())


def work_of(envelopes: Iterable[Envelope]) -> dict[str, datetime]:
    """Return incident id -> when somebody of the support last worked on the ticket.

    Work is an answer, a comment, an assignment or a change by the support's people. If an event does
    not say who caused it, it is work only if events of its kind always come from the support. Events of customers,
    programs and imports are not work.

    Args:
        envelopes: Events of the topic `incidents`.

    Raises:
        BadEnvelope: An event cannot be read.
    """
    found: dict[str, datetime] = {}
    for event in (decode_event(each) for each in envelopes if each.type in _TYPES):
        if _is_work(event):
            found[event.incident] = max(event.occurred_at, found.get(event.incident, event.occurred_at))
    return found


def _is_work(event: IncidentEvent) -> bool:
    if event.history or event.carried_from is not None:
        return False
    return event.actor is Actor.STAFF or (event.actor is Actor.UNKNOWN and event.kind in _CHANGES)


async def put_off_expiries(work: Mapping[str, datetime], context: NotifierContext) -> None:
    """Put off the expiry of acknowledgements of alerts, because somebody has worked on their tickets.

    An escalation policy can let an acknowledgement expire when nobody works on the ticket for some time. A second call
    with the same work changes nothing.

    Args:
        work: Incident id -> when somebody worked on the ticket.

    Raises:
        StoreBusy: The database fails.
    """
    async with context.store.reading() as connection:
        if not await alerts.any_expiring(connection, work):
            return
    async with context.store.transaction() as connection:
        now = await store_now(connection, context.time_source)
        batch = ChangeSet(await alerts.lock_expiring(connection, work))
        for alert in batch.known.values():
            batch.add(note_work(alert, work[alert.incident], now))
        if batch.alerts:
            await write_changes(connection, batch, context.catalogue(), context.render_config, now)
