"""The last pure step before an event is stored: which of its times counts, and which remarks it gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sla_domain.event import Actor, EventKind, IncidentEvent, TimeQuality
from sla_domain.fold import position
from sla_ingest.dialect.port import IngestRemark, RemarkNote, TranslatedEvent

_OF_STRANGERS = frozenset({IngestRemark.SPEAKER_UNKNOWN, IngestRemark.STAFF_ASSUMED})
_NEXT = timedelta(microseconds=1)


def with_accepted_time(one: TranslatedEvent, tolerance: timedelta) -> TranslatedEvent:
    """Return the event with a time that is not in the future, and with its remarks as texts in `warnings`.

    If the event claims to have happened later than `tolerance` after its receipt, it gets the time of the receipt and a
    remark. The attribute `claimed_at` keeps the claimed time. The same limit holds for the times in the event's
    snapshot (state of the ticket), but there is no remark on them.

    Args:
        one: The event as translated.
        tolerance: How far after its receipt an event may claim to have happened.
    """
    event = _with_snapshot_settled(one.event, tolerance)
    one = one if event is one.event else replace(one, event=event)
    if event.occurred_at <= event.received_at + tolerance:
        return _with_warnings(one)
    claimed = event.occurred_at.isoformat()
    event = replace(
        event,
        occurred_at=event.received_at,
        quality=TimeQuality.RECEIPT,
        attributes={**event.attributes, "claimed_at": claimed},
    )
    return _with_warnings(
        replace(one, event=event, remarks=(*one.remarks, RemarkNote(IngestRemark.FUTURE_TIME, claimed)))
    )


def _with_snapshot_settled(event: IncidentEvent, tolerance: timedelta) -> IncidentEvent:
    """The instants of the snapshot as those of the event: one in the future would speak against all that comes before
    then, such as a close whose own time the receipt stands in for."""
    shown, latest = event.snapshot, event.received_at + tolerance
    if shown is None:
        return event

    def by_then(at: datetime) -> datetime:
        return at if at <= latest else event.received_at

    settled_shown = replace(
        shown,
        at=by_then(shown.at),
        created_at=None if shown.created_at is None else by_then(shown.created_at),
        ended_at=None if shown.ended_at is None else by_then(shown.ended_at),
    )
    return event if settled_shown == shown else replace(event, snapshot=settled_shown)


def with_reporter_recognised(one: TranslatedEvent, history: Iterable[IncidentEvent]) -> TranslatedEvent:
    """Return the event with its `actor` set by whether its author is the person who reported the incident.

    - If the author is the reporter, the event becomes a customer's reply. If it was a comment, `actor_id` is the
      account.
    - If somebody else is the reporter, `actor_id` becomes the author's account, and nothing else changes.
    - If no event names a reporter, the actor becomes unknown, with the account as name. An event of kind RESPONDED also
      gets a remark.

    The account is stored because an earlier change of the reporter may still arrive.

    Args:
        one: The event as translated. Without `unless_reporter` (the author's account) it is returned unchanged.
        history: The incident's stored events, some of which name the reporter.
    """
    if not one.unless_reporter:
        return one
    event, account = one.event, one.unless_reporter
    one = replace(one, unless_reporter="")
    reporter = _reporter(event, history)
    if reporter == account:
        remarks = tuple(noted for noted in one.remarks if noted.remark not in _OF_STRANGERS)
        # What was assumed to be staff's answer would not be known for one afterwards: it stays the customer's.
        theirs = account if event.kind is EventKind.COMMENTED else ""
        event = replace(event, kind=EventKind.CUSTOMER_REPLIED, actor=Actor.CUSTOMER, actor_id=theirs)
        return _with_warnings(replace(one, event=event, remarks=remarks))
    if reporter is not None:
        return replace(one, event=replace(event, actor_id=account))
    # The opening may still come: by the account the fold then sees whether it was the reporter who wrote this.
    event = replace(event, actor=Actor.UNKNOWN, actor_name=account)
    noted = (RemarkNote(IngestRemark.REPORTER_UNKNOWN),) if event.kind is EventKind.RESPONDED else ()
    return _with_warnings(replace(one, event=event, remarks=(*one.remarks, *noted)))


def _reporter(event: IncidentEvent, history: Iterable[IncidentEvent]) -> str | None:
    """Whose the incident was when this happened: by the latest word on it, or else by the first that came after."""
    statements = sorted(
        ((position(other), who) for other in history if (who := _names_reporter(other)) is not None),
        key=lambda each: each[0],
    )
    before = [who for at, who in statements if at <= position(event)]
    return before[-1] if before else statements[0][1] if statements else None


def _names_reporter(event: IncidentEvent) -> str | None:
    """Return the reporter that an event states last; "" when it states that there is none."""
    shown = event.snapshot.attributes.get("reporter_id") if event.snapshot is not None else None
    return event.attributes.get("reporter_id") if shown is None else shown


def after_breaches(one: TranslatedEvent, history: Iterable[IncidentEvent], ran_out: datetime | None) -> TranslatedEvent:
    """Return the event, dated a microsecond after the breach `ran_out` if its stated time would undo the breach.

    Only an event with `not_before_told` may be moved. Its exact time is not known: it happened at its stated time or
    later. Such an event keeps its stated time in three cases:

    1. `ran_out` is None.
    2. `ran_out` is before the stated time.
    3. `history` has events after the stated time.

    Args:
        one: The event as translated.
        history: The incident's stored events.
        ran_out: The last breach before the event's receipt. None means no breach.
    """
    if not one.not_before_told:
        return one
    event, settled_one = one.event, replace(one, not_before_told=False)
    since = any(other.occurred_at > event.occurred_at for other in history)
    if since or ran_out is None or ran_out < event.occurred_at:
        return settled_one
    # A clock that stops at its due instant has kept its promise: the first instant after it is meant.
    return replace(settled_one, event=replace(event, occurred_at=ran_out + _NEXT))


def _with_warnings(one: TranslatedEvent) -> TranslatedEvent:
    # The fold itself remarks on a comment of unknown side, for as long as the side is unknown.
    by_fold = {IngestRemark.SPEAKER_UNKNOWN} if one.event.kind is EventKind.COMMENTED else set()
    warnings = tuple(str(noted) for noted in one.remarks if noted.remark not in by_fold)
    return one if warnings == one.event.warnings else replace(one, event=replace(one.event, warnings=warnings))
