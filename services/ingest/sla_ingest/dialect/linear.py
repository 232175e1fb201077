"""Linear: data change webhooks of issues and comments.

- **Incident**: `data.id` of an issue; `data.issueId` of a comment.
- **Time**: the delivery's `createdAt` is the instant of the change, exact; the opening has the issue's `createdAt`.
- **Staff**: whoever writes is a member of the workspace and taken for staff, with a remark; the issue's creator, and
  whoever writes from outside (`externalUser`: a mail, a chat), is the customer. Integrations are bots.
- **States**: `statuses` has a state's name or id; without it the state's type decides, with a remark on a state of the
  team's own: no type tells of waiting.
- **Snapshot**: each delivery of an issue has all of it: state, labels, priority, assignee, times.
- **Redelivery**: `webhookTimestamp` is the attempt's own time, the rest is the same; it is taken out of a signed body.
- **Unknown**: the names of labels that were taken off, and whether a comment is seen by the customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from sla_catalogue.source import Lookup, Source, TicketPhase, fold_case
from sla_domain.event import Actor, EventKind, Snapshot, TimeQuality
from sla_ingest.dialect.document import priority_of, translate_object
from sla_ingest.dialect.label import USUAL_LABELS, label_changes, phase_by_label, priority_by_label
from sla_ingest.dialect.phase import standing_of, transition_steps
from sla_ingest.dialect.port import (
    ClaimedTime,
    Delivery,
    DoesNotFit,
    EventDraft,
    Ignored,
    IgnoredBecause,
    IngestRemark,
    Outcome,
    Parked,
    ParkedBecause,
    RemarkNote,
    Translation,
    fitting_id,
    incident_id,
    number_events,
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
from sla_ingest.dialect.speaker import SAID, SIDED, AccountDetails, Speaker, mail_domain, side_of
from sla_ingest.dialect.ticket import stood_in

_USUAL_PRODUCT = Lookup(field="data.team.name")
_TYPES: Mapping[str, TicketPhase] = {
    "triage": TicketPhase.OPEN,
    "backlog": TicketPhase.OPEN,
    "unstarted": TicketPhase.OPEN,
    "started": TicketPhase.IN_PROGRESS,
    "completed": TicketPhase.RESOLVED,
    "canceled": TicketPhase.CANCELLED,
    "duplicate": TicketPhase.CANCELLED,
}
# The states of a new team, whose names say what their types do.
_USUAL_STATES = frozenset(
    {"triage", "backlog", "todo", "in progress", "in review", "done", "canceled", "cancelled", "duplicate"}
)
_WHOLE = ("data",)  # an issue is sent with all of its keys that have a value
_NO_PRIORITY = "no priority"
# Kinds of data that are known and are neither an issue nor a comment.
_UNRELATED = frozenset(
    {
        "Attachment", "IssueLabel", "Reaction", "Project", "ProjectLabel", "ProjectUpdate", "Document", "Initiative",
        "InitiativeUpdate", "Cycle", "Customer", "CustomerNeed", "CustomerRequest", "User", "IssueRelation",
        "AuditEntry", "Release", "ReleaseNote", "OAuthApp", "OAuthAuthorization", "PermissionChange",
        "AppUserNotification", "AgentSessionEvent",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LinearDelivery:
    """A Linear delivery with its parsed JSON body."""

    delivery: Delivery
    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""

    @property
    def data(self) -> Node:
        """Return the issue or comment that the webhook is about."""
        return object_at(self.payload, "data")

    @property
    def before(self) -> Node:
        """Return the values that the changed fields had before the change."""
        return object_at(self.payload, "updatedFrom")

    @property
    def labels(self) -> frozenset[str]:
        """Return the names of the issue's labels."""
        return frozenset(filter(None, (text_at(one, "name") for one in array_at(self.data, "labels"))))

    @property
    def at(self) -> ClaimedTime:
        """Return when the change was made: the delivery's time, else that of the issue's last change."""
        at = claimed_time(self.payload.get("createdAt"), TimeQuality.EXACT)
        shown = claimed_time(self.data.get("updatedAt"), TimeQuality.OBJECT_UPDATED)
        return at if at.at is not None or shown.at is None else shown

    @property
    def lookups(self) -> Mapping[str, Lookup]:
        """Return the Lookup of each attribute, by the attribute's name.

        A Lookup says where this source's deliveries have the attribute's value, for example at a path in the JSON body.
        By default, `product` is the team, and there is no Lookup for `customer`. The catalogue may say otherwise.
        """
        return attribute_lookups(self.source, None, _USUAL_PRODUCT)


def without_attempt(body: bytes) -> bytes:
    """Return a body of Linear without `webhookTimestamp`, so that every attempt to deliver it has the same body.

    A body that is no JSON object is returned unchanged.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(value, dict) or "webhookTimestamp" not in value:
        return body
    return orjson.dumps({name: what for name, what in value.items() if name != "webhookTimestamp"})


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a Linear webhook delivery into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    named = identifier_text(delivery.headers.get("linear-delivery", ""))
    return translate_object(
        delivery, lambda payload, id_: _outcome(delivery, source, payload, id_), lambda _: fitting_id(named)
    )


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    kind, action = text_at(payload, "type"), text_at(payload, "action")
    if not kind or not action:
        raise DoesNotFit("a delivery of Linear names its type and action", "/action" if kind else "/type")
    if kind == "IssueSLA":
        return Ignored(IgnoredBecause.UNRELATED, "Linear's own clock of a promise")
    if kind in _UNRELATED:
        return Ignored(IgnoredBecause.UNRELATED, kind)
    if kind not in ("Issue", "Comment"):
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(kind, 60))
    case = LinearDelivery(delivery, source, payload)
    if kind == "Comment":
        return _commented(case, action, id_)
    own = identifier_text(case.data.get("id"))
    if not own:
        raise DoesNotFit("the issue has no id", "/data/id")
    found = _issue(case, action)
    if isinstance(found, Parked):
        return found
    incident = incident_id(source.id, own)
    shown = None if action == "remove" else _snapshot(case)
    return number_or_ignore(delivery, source, incident, id_, found, shown)


# -- issues -----------------------------------------------------------------------------------------------


def _issue(case: LinearDelivery, action: str) -> list[EventDraft] | Ignored | Parked:
    match action:
        case "create":
            return _opened(case)
        case "update":
            found = _updated(case)
            named = ", ".join(clean_text(name, 40) for name in case.before if name != "updatedAt")
            return found or Ignored(IgnoredBecause.NOTHING_RELEVANT, clean_text(named, 200))
        case "remove":
            return [_draft(case, EventKind.CANCELLED, reason="the issue was deleted")]
        case _:
            return Parked(ParkedBecause.UNKNOWN_ACTION, clean_text(action, 60))


def _opened(case: LinearDelivery) -> list[EventDraft]:
    began = claimed_time(case.data.get("createdAt"), TimeQuality.EXACT)
    at = began if began.at is not None else case.at
    attributes, odd = _attributes(case)
    stated = {name: value for name, value in attributes.items() if value}
    found = [_draft(case, EventKind.OPENED, at=at, attributes=stated, remarks=(*odd, *_by_type(case)))]
    phase = phase_by_label(case.source, case.labels) or _phase_of_state(case)
    for step in transition_steps(TicketPhase.OPEN, phase) if phase not in (None, TicketPhase.IN_PROGRESS) else ():
        found.append(_draft(case, step.kind, waiting_on=step.waiting_on, at=at))
    return found


def _updated(case: LinearDelivery) -> list[EventDraft]:
    changed = case.before
    found: list[EventDraft] = []
    described = {
        name: clean_text(case.data.get(name), longest)
        for name, longest in (("title", 500), ("description", MAX_DESCRIPTION))
        if name in changed
    }
    if described:
        found.append(_draft(case, EventKind.DESCRIBED, attributes=described))
    if "assigneeId" in changed:
        found.append(_draft(case, EventKind.ASSIGNED, attributes={"assignee": text_at(case.data, "assignee", "name")}))
    if "priority" in changed and not priority_by_label(case.source, case.labels):
        priority, odd = _priority(case)
        found.append(_draft(case, EventKind.PRIORITY_CHANGED, attributes={"priority": priority}, remarks=odd))
    if "labelIds" in changed:
        kept = {identifier_text(one) for one in array_at(changed, "labelIds")}
        labels = [one for one in array_at(case.data, "labels") if identifier_text(object_at(one).get("id")) in kept]
        before = frozenset(filter(None, (text_at(one, "name") for one in labels)))
        found += [
            _draft(case, one.step.kind, waiting_on=one.step.waiting_on, attributes=one.attributes)
            for one in label_changes(case.source, before, case.labels, case.lookups)
        ]
    phase = _phase_of_state(case)
    if "stateId" in changed and phase is not None:
        named = {"status": text_at(case.data, "state", "name")}
        steps = [
            _draft(case, one.kind, waiting_on=one.waiting_on, attributes=named)
            for one in transition_steps(_stood(case), phase)
        ]
        odd = _by_type(case)
        if odd:
            first, *rest = steps or [_draft(case, EventKind.OBSERVED, attributes=named)]
            steps = [replace(first, remarks=(*first.remarks, *odd)), *rest]
        found += steps
    return found


def _stood(case: LinearDelivery) -> TicketPhase | None:
    """Where the issue stood: by the id of its state, or by the instant at which it ended, which a reopening takes away.

    Of a live state only the id is told: unless the catalogue has it, it may have been a wait.
    """
    changed = case.before
    known = case.source.phase_of(identifier_text(changed.get("stateId")))
    if known is not None:
        return known
    if changed.get("completedAt"):
        return TicketPhase.RESOLVED
    return TicketPhase.CANCELLED if changed.get("canceledAt") else None


# -- comments ---------------------------------------------------------------------------------------------


def _commented(case: LinearDelivery, action: str, id_: str) -> Outcome:
    own = identifier_text(case.data.get("issueId")) or identifier_text(object_at(case.data, "issue").get("id"))
    if not own:
        return Ignored(IgnoredBecause.UNRELATED, "a comment on something that is no issue")
    if action in ("update", "remove"):
        return Ignored(IgnoredBecause.COMMENT_CHANGED, action)
    if action != "create":
        return Parked(ParkedBecause.UNKNOWN_ACTION, clean_text(action, 60))
    outside, bot = object_at(case.data, "externalUser"), object_at(case.data, "botActor")
    author = outside or object_at(case.data, "user") or object_at(case.payload, "actor")
    who = _side(case, author, customer=bool(outside), bot=bool(bot))
    if who.actor is Actor.BOT:
        return Ignored(IgnoredBecause.BOT_COMMENT, text_at(author, "name") or text_at(bot, "name"))
    account = identifier_text(author.get("id"))
    said = claimed_time(case.data.get("createdAt"), TimeQuality.EXACT)
    # The comment carries a thin issue without its creator: the stored incident decides later.
    sure = who.actor is Actor.CUSTOMER or case.source.is_staff(account) or case.source.is_staff(text_at(author, "name"))
    draft = EventDraft(
        kind=SAID[who.actor], stamp=said if said.at is not None else case.at, actor=who.actor,
        actor_name=text_at(author, "name"), remarks=who.remarks, unless_reporter="" if sure else account,
    )  # fmt: skip
    return number_events(case.delivery, case.source, incident_id(case.source.id, own), id_, [draft])


# -- shared -----------------------------------------------------------------------------------------------


def _draft(case: LinearDelivery, kind: EventKind, *, at: ClaimedTime | None = None, **values: Any) -> EventDraft:
    actor = object_at(case.payload, "actor")
    who = _side(case, actor) if actor else Speaker(Actor.UNKNOWN)
    if kind in SIDED:
        values["remarks"] = (*values.get("remarks", ()), *who.remarks)
    return EventDraft(kind=kind, stamp=at or case.at, actor=who.actor, actor_name=text_at(actor, "name"), **values)


def _side(case: LinearDelivery, person: Node, *, customer: bool = False, bot: bool = False) -> Speaker:
    account, name, mail = identifier_text(person.get("id")), text_at(person, "name"), text_at(person, "email")
    details = AccountDetails(
        names=frozenset(filter(None, [account, mail])),
        shown=name,
        account=account,
        domain=mail_domain(mail),
        bot=bot or text_at(person, "type") not in ("", "user"),
        customer=customer,
        assumed="a member of the workspace",
    )
    creator = identifier_text(case.data.get("creatorId"))
    return side_of(case.source, details, reported=bool(creator) and account == creator)


def _phase_of_state(case: LinearDelivery) -> TicketPhase | None:
    state = object_at(case.data, "state")
    name = text_at(state, "name")
    told = case.source.phase_of(identifier_text(state.get("id"))) or case.source.phase_of(name)
    kind = _TYPES.get(text_at(state, "type"))
    usual = USUAL_LABELS.get(fold_case(name)) if kind is not None and standing_of(kind).live else None
    return told or usual or kind


def _by_type(case: LinearDelivery) -> tuple[RemarkNote, ...]:
    """The remark that a state's type alone decides: a team's own state may be a wait, of which no type tells."""
    state = object_at(case.data, "state")
    name = text_at(state, "name")
    said = case.source.phase_of(identifier_text(state.get("id"))) or case.source.phase_of(name)
    if not name or said or fold_case(name) in _USUAL_STATES or USUAL_LABELS.get(fold_case(name)):
        return ()
    where = f"{name}; say it under sources.{case.source.id}.statuses"
    return (RemarkNote(IngestRemark.STATUS_BY_CATEGORY, where),)


def _priority(case: LinearDelivery) -> tuple[str, tuple[RemarkNote, ...]]:
    by_label = priority_by_label(case.source, case.labels)
    number, word = identifier_text(case.data.get("priority")), text_at(case.data, "priorityLabel")
    if by_label or number == "0" or fold_case(word) == _NO_PRIORITY:
        return by_label, ()
    return (known, ()) if (known := case.source.priority_of(number)) else priority_of(case.source, word or number)


def _attributes(case: LinearDelivery) -> tuple[dict[str, str], tuple[RemarkNote, ...]]:
    data = case.data
    odd: tuple[RemarkNote, ...] = ()
    found: dict[str, str] = {}
    if "title" in data:
        found["title"] = text_at(data, "title")
    if "description" in data:
        found["description"] = clean_text(data.get("description"), MAX_DESCRIPTION)
    team = text_at(data, "team", "key")
    if key := text_at(data, "identifier") or (team and f"{team}-{text_at(data, 'number')}"):
        found["key"] = key
    if url := text_at(data, "url") or text_at(case.payload, "url"):
        found["url"] = url
    if creator := identifier_text(data.get("creatorId")):
        found["reporter_id"] = creator
    if "state" in data:
        found["status"] = text_at(data, "state", "name")
        found["assignee"] = text_at(data, "assignee", "name")
    if "priority" in data:
        found["priority"], odd = _priority(case)
    found |= stated_lookups(case.lookups, case.payload, case.labels if "labels" in data else None, _WHOLE)
    return found, odd


def _snapshot(case: LinearDelivery) -> Snapshot:
    data = case.data
    state = _phase_of_state(case)
    live = state is not None and standing_of(state).live
    phase = (phase_by_label(case.source, case.labels) or state) if live else state
    ended = data.get("completedAt") or data.get("canceledAt")
    attributes, _ = _attributes(case)
    before = dict(stood_in(_stood(case))) if "stateId" in case.before else {}
    if "title" in case.before:
        before["title"] = text_at(case.before, "title")
    return Snapshot(
        at=claimed_time(data.get("updatedAt"), TimeQuality.OBJECT_UPDATED).at
        or case.at.at
        or case.delivery.received_at,
        created_at=claimed_time(data.get("createdAt"), TimeQuality.EXACT).at,
        phase=None if phase is None else standing_of(phase),
        waiting_on=None if phase is None else phase.waiting_on,
        ended_at=claimed_time(ended, TimeQuality.OBJECT_UPDATED).at if state is not None and not live else None,
        attributes=attributes,
        before=before,
    )
