"""Opsgenie and Jira Service Management Operations: the webhook integration, actions on alerts.

- **Incident**: `alert.alertId`.
- **Time**: `alert.updatedAt` (nanoseconds) for what happened, `alert.createdAt` (milliseconds) for the opening.
- **Staff**: nobody but responders acts on alerts; programs act under a name too, so list those under `bots`.
- **Answer**: acknowledging answers. Notes are for responders alone.
- **Snapshot**: the body has no state of the alert: what it shows (message, tags, priority) mends attributes alone, and
  opens an incident whose creation was missed.
- **Redelivery**: the same body.
- **Waiting**: a snoozed alert, a custom action and a tag mean what `statuses` and `labels` of the source say of them.
- **Unknown**: whether an alert that was missed is still open, and when an escalation policy escalated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_catalogue.source import Source, TicketPhase, fold_case
from sla_domain.event import Actor, EventKind, Snapshot, TimeQuality
from sla_ingest.dialect.document import priority_of, translate_object
from sla_ingest.dialect.label import label_changes, priority_by_label
from sla_ingest.dialect.phase import transition_steps
from sla_ingest.dialect.port import (
    ClaimedTime,
    Delivery,
    DoesNotFit,
    EventDraft,
    Ignored,
    IgnoredBecause,
    Outcome,
    Parked,
    ParkedBecause,
    RemarkNote,
    Translation,
    incident_id,
    number_or_ignore,
)
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    array_at,
    attribute_lookups,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    stated_lookups,
    text_at,
)
from sla_ingest.dialect.speaker import AccountDetails, mail_domain, side_of

_SIMPLE: Mapping[str, EventKind] = {
    "acknowledge": EventKind.RESPONDED,
    "close": EventKind.RESOLVED,
    "escalatenext": EventKind.ESCALATED,
}
_OWNED = frozenset({"takeownership", "assignownership", "assign"})
_DESCRIBED: Mapping[str, tuple[str, str]] = {
    "updatemessage": ("title", "message"),
    "updatedescription": ("description", "description"),
}
_WHOLE = ("alert.details",)  # once details are sent, they are sent with all their keys
_SNOOZED = "snoozed"  # under this word `statuses` of a source says what a snoozed alert means
_SNOOZING = frozenset({"snooze", "snoozeended"})
# Actions that are known and move no clock.
_QUIET = frozenset(
    {
        "unacknowledge", "addteam", "addrecipient", "addresponder", "removerecipient", "removeteam", "addattachment",
        "adddetails", "removedetails", "updatedetails", "escalate", "seen", "addactions",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpsgenieAction:
    """A delivery of Opsgenie with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The whole body."""
    alert: Node
    """The body's field `alert`."""
    at: ClaimedTime
    """When it happened."""
    actor: Actor
    """The side of whoever acted."""

    @property
    def tags(self) -> frozenset[str]:
        """Return the alert's tags."""
        return frozenset(filter(None, map(clean_text, array_at(self.alert, "tags"))))


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a delivery of Opsgenie into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(delivery, lambda payload, id_: _outcome(delivery, source, payload, id_))


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    action = text_at(payload, "action")
    if not action:
        raise DoesNotFit("the delivery names no action", "/action")
    alert = object_at(payload, "alert")
    own = identifier_text(alert.get("alertId"))
    if not own:
        return Parked(ParkedBecause.NO_INCIDENT, clean_text(action, 60))
    at = claimed_time(alert.get("updatedAt"), TimeQuality.EXACT)
    case = OpsgenieAction(source, payload, alert, at, _who(source, alert))
    found = _found(case, fold_case(action), action)
    if isinstance(found, Parked):
        return found
    incident, state = incident_id(source.id, own), _snapshot(case, delivery) if "createdAt" in alert else None
    return number_or_ignore(delivery, source, incident, id_, found, state)


def _found(case: OpsgenieAction, action: str, written: str) -> list[EventDraft] | Ignored | Parked:
    if action == "create":
        return _opened(case)
    if kind := _SIMPLE.get(action):
        return [_draft(case, kind)]
    if action == "delete":
        return [_draft(case, EventKind.CANCELLED, reason="the alert was deleted")]
    if action in _OWNED:
        owner = text_at(case.alert, "owner") or (text_at(case.alert, "username") if action == "takeownership" else "")
        return [_draft(case, EventKind.ASSIGNED, {"assignee": owner})]
    if action == "updatepriority":
        priority, odd = _priority(case)
        return [_draft(case, EventKind.PRIORITY_CHANGED, {"priority": priority}, odd)]
    if action in _DESCRIBED:
        name, key = _DESCRIBED[action]
        return [_draft(case, EventKind.DESCRIBED, {name: clean_text(case.alert.get(key), MAX_DESCRIPTION)})]
    if action in ("addtags", "removetags"):
        return _tagged(case, added=action == "addtags")
    if action == "addnote":
        return Ignored(IgnoredBecause.INTERNAL_COMMENT, "a note is for responders")
    before, after = None, case.source.phase_of(written)
    if action in _SNOOZING:
        snoozed = case.source.phase_of(_SNOOZED)
        before, after = (None, snoozed) if action == "snooze" else (snoozed, TicketPhase.OPEN if snoozed else None)
    if after is not None:
        return [
            EventDraft(kind=step.kind, stamp=case.at, actor=case.actor, waiting_on=step.waiting_on)
            for step in transition_steps(before, after)
        ] or Ignored(IgnoredBecause.NOTHING_RELEVANT, clean_text(written, 60))
    if action in _QUIET or action in _SNOOZING:
        return Ignored(IgnoredBecause.NOTHING_RELEVANT, clean_text(written, 60))
    return Parked(
        ParkedBecause.UNKNOWN_ACTION, f"{clean_text(written, 60)}: statuses of the source may say what it means"
    )


def _opened(case: OpsgenieAction) -> list[EventDraft]:
    began = claimed_time(case.alert.get("createdAt"), TimeQuality.EXACT)
    shown, odd = _attributes(case)
    stated = {name: value for name, value in shown.items() if value}
    opened = EventDraft(
        kind=EventKind.OPENED, stamp=began if began.at is not None else case.at, actor=case.actor,
        actor_name=text_at(case.alert, "username"), attributes=stated, remarks=odd,
    )  # fmt: skip
    steps = label_changes(case.source, frozenset(), case.tags, {})
    return [opened] + [
        EventDraft(kind=one.step.kind, stamp=opened.stamp, actor=case.actor, waiting_on=one.step.waiting_on)
        for one in steps
        if not one.attributes
    ]


def _tagged(case: OpsgenieAction, *, added: bool) -> list[EventDraft] | Ignored:
    named = case.alert.get("addedTags" if added else "removedTags")
    words = named.split(",") if isinstance(named, str) else named if isinstance(named, list) else []
    moved = frozenset(filter(None, map(clean_text, words)))
    before, after = (case.tags - moved, case.tags | moved) if added else (case.tags | moved, case.tags - moved)
    steps = label_changes(case.source, before, after, attribute_lookups(case.source, None, None))
    found = [
        EventDraft(
            kind=one.step.kind, stamp=case.at, actor=case.actor, attributes=one.attributes,
            waiting_on=one.step.waiting_on,
        )
        for one in steps
    ]  # fmt: skip
    return found or Ignored(IgnoredBecause.NOTHING_RELEVANT, "the tags mean nothing to the catalogue")


def _draft(
    case: OpsgenieAction,
    kind: EventKind,
    attributes: Mapping[str, str] | None = None,
    remarks: tuple[RemarkNote, ...] = (),
    reason: str = "",
) -> EventDraft:
    return EventDraft(
        kind=kind, stamp=case.at, actor=case.actor, actor_name=text_at(case.alert, "username"),
        attributes=attributes or {}, remarks=remarks, reason=reason,
    )  # fmt: skip


def _who(source: Source, alert: Node) -> Actor:
    name = text_at(alert, "username")
    if not name:
        return Actor.UNKNOWN
    person = AccountDetails(
        names=frozenset(filter(None, [name, identifier_text(alert.get("userId"))])),
        shown=name,
        account=name,
        domain=mail_domain(name),
        member=True,
    )
    return side_of(source, person, reported=False).actor


def _priority(case: OpsgenieAction) -> tuple[str, tuple[RemarkNote, ...]]:
    by_tag = priority_by_label(case.source, case.tags)
    if by_tag:
        return by_tag, ()
    word = text_at(case.alert, "priority")
    return priority_of(case.source, f"P{word}" if word in ("1", "2", "3", "4", "5") else word)


def _attributes(case: OpsgenieAction) -> tuple[dict[str, str], tuple[RemarkNote, ...]]:
    alert = case.alert
    odd: tuple[RemarkNote, ...] = ()
    found: dict[str, str] = {}
    if "message" in alert:
        found["title"] = text_at(alert, "message")
    if "description" in alert:
        found["description"] = clean_text(alert.get("description"), MAX_DESCRIPTION)
    if key := text_at(alert, "tinyId"):
        found["key"] = key
    if "priority" in alert or ("tags" in alert and case.source.priority_labels):
        found["priority"], odd = _priority(case)
    if "owner" in alert:
        found["assignee"] = text_at(alert, "owner")
    lookups = attribute_lookups(case.source, None, None)
    found |= stated_lookups(lookups, case.payload, case.tags if "tags" in alert else None, _WHOLE)
    return found, odd


def _snapshot(case: OpsgenieAction, delivery: Delivery) -> Snapshot:
    attributes, _ = _attributes(case)
    return Snapshot(
        at=case.at.at or delivery.received_at,
        created_at=claimed_time(case.alert.get("createdAt"), TimeQuality.EXACT).at,
        attributes=attributes,
    )
