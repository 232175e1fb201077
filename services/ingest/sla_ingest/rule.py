"""Rules of a plan that senders can break: an event that breaks one is refused with its text (clauses B5, E9,
docs/clauses.md).
"""

from __future__ import annotations

import structlog

from sla_domain.event import EventKind, IncidentEvent
from sla_domain.fold import fold
from sla_domain.incident import Remark, RemarkKind
from sla_domain.rulebook import Rulebook
from sla_ingest.dialect.port import Refused
from sla_ingest.entry import InboxEntry
from sla_ingest.history import IncidentHistory

_log = structlog.get_logger(__name__)
_TITLE = "The agreement does not count"
_VOID = {RemarkKind.AGREED_DATE_REFUSED: "/data/agreed", RemarkKind.DOWNGRADE_NOT_AGREED: "/data/agreed_by"}


def rule_refusal(entry: InboxEntry, history: IncidentHistory, rulebook: Rulebook) -> Refused | None:
    """Return the error with which to refuse a delivery because of an agreement in it; None if nothing is refused.

    An agreement is a report that the customer has agreed to another due instant, or to a lower priority. It is refused
    in three cases:

    1. The agreed due instant had passed when the delivery was received.
    2. The plan does not allow the agreement at the incident's priority.
    3. The plan requires the customer's consent, and the agreement was made without the customer.

    Cases 2 and 3 are checked only if `history` has events of the incident. They are not checked if it has too many
    (`crowded`), or if computing the incident fails. Events that are already stored are not checked.
    """
    for event in (one.event for one in entry.events):
        known = history.counting(event.incident)
        if not _agrees(event) or any(other.id == event.id for other in known):
            continue
        if event.agreed is not None and event.agreed.due_at <= event.received_at:
            detail = f"A date is agreed on in advance: {event.agreed.due_at.isoformat()} has passed."
            return Refused(status=422, title=_TITLE, detail=detail, pointer="/data/agreed/due_at")
        if known and not history.crowded(event.incident) and (void := _void([*known, event], event, rulebook)):
            return Refused(status=422, title=_TITLE, detail=f"{void.text}.", pointer=_VOID[void.kind])
    return None


def _agrees(event: IncidentEvent) -> bool:
    return event.agreed is not None or event.kind is EventKind.DOWNGRADE_AGREED


def _void(events: list[IncidentEvent], event: IncidentEvent, rulebook: Rulebook) -> Remark | None:
    try:
        remarks = fold(events, rulebook).remarks
    except Exception:  # whatever it is, it must not stop an event from being accepted
        _log.exception("rule.failed", incident=event.incident)
        return None
    return next((remark for remark in remarks if remark.event == event.id and remark.kind in _VOID), None)
