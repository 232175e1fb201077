"""What other incidents that were merged into this one add to it, as events that its fold can read.

Ingest copies the comments on a merged incident to its survivors (`IncidentEvent.carried_from`), all of them, whenever
they arrive. Which of the copies count is decided here, from the events alone, so the order of arrival does not matter:

* While an incident is merged into this one, directly or through others, a comment on it is a comment on this one.
* A customer's comment that was not answered there by the merge is carried over with it: it is read at the merge, and
  has waited since it was written. The opening is such a comment, unless a bot wrote it. What was answered, resolved or
  closed is not waited for; an end at the very instant of the merge is part of the merge.
* A merged incident that is reopened is on its own again, and keeps its comments from then on.
* A merge into an incident that is merged into the first one reopens the other: one of them is always live.
* An incident of which nothing else is known consists of the comments on the one merged into it, with a remark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sla_domain.event import LINKING, NOTHING, Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.incident import Remark, RemarkKind
from sla_domain.sentence import Sentence

WORDS = frozenset(
    {
        EventKind.CUSTOMER_REPLIED,
        EventKind.RESPONDED,
        EventKind.UPDATED,
        EventKind.WORKAROUND_PROVIDED,
        EventKind.ESCALATED,
    }
)
"""The kinds that are comments of people; they count for the survivor of a merge."""
_ENDINGS = frozenset({EventKind.RESOLVED, EventKind.CLOSED, EventKind.CANCELLED})
COPIED = WORDS | _ENDINGS | {EventKind.OPENED, EventKind.REOPENED, EventKind.MERGED, EventKind.RENAMED}
"""The kinds that decide who waits, under which names, and since when an incident is merged or on its own."""
_ANSWERS = frozenset({EventKind.RESPONDED, EventKind.WORKAROUND_PROVIDED})


def copy_for_survivor(event: IncidentEvent, survivor: IncidentId, id_: EventId) -> IncidentEvent:
    """Return a copy of an event of a merged incident, for the incident that survives the merge.

    The copy's `carried_from` is the merged incident. The copy has no snapshot (state of the whole ticket). Only an
    opening keeps its attributes: they name the reporter.

    Args:
        survivor: Id of the surviving incident.
        id_: Id of the copy.
    """
    opening = event.kind is EventKind.OPENED
    return IncidentEvent(
        id=id_,
        incident=survivor,
        kind=event.kind,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        source=event.source,
        quality=event.quality,
        version=event.version,
        actor=event.actor,
        actor_name=event.actor_name,
        actor_id=event.actor_id,
        attributes=event.attributes if opening else NOTHING,
        merged_into=event.merged_into,
        known_as=event.known_as,
        carried_from=event.incident,
        reason=event.reason,
        history=event.history,
        warnings=event.warnings if event.kind is EventKind.MERGED else (),
    )


def is_foldable(events: Iterable[IncidentEvent]) -> bool:
    """Return whether an incident can be computed from these events, which all belong to it.

    At least one event must be one of these:

    1. An event of the incident itself that does not link or unlink tickets.
    2. A copy of the event by which another incident was merged into this one.

    Other copies from merged incidents (events with `carried_from`) are not enough.
    """
    return any(_founds(event) for event in events)


def own_events(events: Iterable[IncidentEvent]) -> list[IncidentEvent]:
    """Return the incident's own events and those on linked tickets, without copies from merged incidents.

    A copy is an event taken over from an incident that was merged into this one (`carried_from`). If all events are
    copies, the comments and the first opening among them are returned instead.
    """
    known = list(events)
    found = [event for event in known if event.carried_from is None]
    return found or list(resolve_carried(sorted(known, key=lambda event: event.order))[0])


def has_unanswered_comment(events: Iterable[IncidentEvent]) -> bool:
    """Return whether a customer's comment still waits for an answer after these events.

    The opening counts as a comment. A response, a workaround and the end of the incident each answer all earlier
    comments. Openings, responses and workarounds of bots are ignored.

    Args:
        events: The events of one incident, in order.
    """
    waits = _WaitingWords()
    for event in events:
        waits.read(event.incident, event.incident, event)
    return bool(waits.since)


def resolve_carried(
    rows: Sequence[IncidentEvent],
) -> tuple[Sequence[IncidentEvent], tuple[Remark, ...]]:
    """Return the events from which to compute an incident, in order, and remarks on merges.

    All own events are in the result. Of the copies of a merged incident's events, only two sorts are:

    1. Comments written while that incident is merged into this one.
    2. A customer's comment that had no answer yet at the merge. It becomes a customer's reply at the instant of the
       merge.

    If there are only copies, the result has comments and the first opening among them.

    Args:
        rows: All events of the incident in order, with copies from merged incidents (`carried_from`).
    """
    if all(event.carried_from is None for event in rows):
        return rows, ()
    me = rows[0].incident
    names = {
        event.known_as: event.carried_from or me
        for event in rows
        if event.kind is EventKind.RENAMED and event.known_as is not None
    }
    # What was copied under another name of an incident was copied again under its own.
    rows = [_named(event, names) for event in rows if event.carried_from is None or event.carried_from not in names]
    if all(event.carried_from is not None for event in rows):
        return _standing_in(rows)
    group = _MergedGroup(me)
    found: list[IncidentEvent] = []
    for event in rows:
        found += group.read(event)
    return found, tuple(group.remarks)


def _named(event: IncidentEvent, names: Mapping[IncidentId, IncidentId]) -> IncidentEvent:
    into = None if event.merged_into is None else end_of_chain(names.get, event.merged_into)
    return event if into == event.merged_into else replace(event, merged_into=into)


def _founds(event: IncidentEvent) -> bool:
    if event.kind in LINKING:
        return False
    return event.carried_from is None or (event.kind is EventKind.MERGED and event.merged_into == event.incident)


class _WaitingWords:
    """Since when a customer's comment waits for an answer, by the incident on which it does."""

    def __init__(self) -> None:
        self.since: dict[IncidentId, datetime] = {}
        self._ended: dict[IncidentId, tuple[datetime, datetime | None]] = {}
        self._reporters: dict[IncidentId, frozenset[str]] = {}

    def read(self, name: IncidentId, root: IncidentId, event: IncidentEvent) -> None:
        """An event of the incident `name`, which is merged into `root`, or is `root`."""
        kind = event.kind
        if kind is EventKind.OPENED:
            stated = event.attributes
            self._reporters[name] = frozenset({stated.get("reporter_id", ""), stated.get("reporter", "")} - {""})
        if self._customers(name, event):
            self.since.setdefault(root, event.occurred_at)
        elif kind in _ANSWERS and event.actor is not Actor.BOT:
            self.since.pop(root, None)
        elif kind in _ENDINGS and name == root:
            self._ended[name] = (event.occurred_at, self.since.pop(name, None))

    def merge(self, name: IncidentId, root: IncidentId, at: datetime) -> datetime | None:
        """Let what waits on `name` wait on `root` from `at` on; return since when it has waited."""
        ended_at, waited = self._ended.pop(name, (None, None))
        since = self.since.pop(name, waited if ended_at == at else None)
        if since is not None:
            self.since[root] = min(since, self.since.get(root, since))
        return since

    def customers_word(self, name: IncidentId, event: IncidentEvent) -> bool:
        """Return whether the event is a response of an unknown actor with the reporter's name or account."""
        return (
            event.kind is EventKind.RESPONDED
            and event.actor is Actor.UNKNOWN
            and (event.actor_id or event.actor_name) in self._reporters.get(name, ())
        )

    def _customers(self, name: IncidentId, event: IncidentEvent) -> bool:
        match event.kind:
            case EventKind.OPENED | EventKind.CUSTOMER_REPLIED:
                return event.actor is not Actor.BOT
            case EventKind.REOPENED:
                return event.actor is Actor.CUSTOMER
            case _:
                return self.customers_word(name, event)


class _MergedGroup:
    """The incidents of which `me` knows, and which of them is merged into which, while their events are read."""

    def __init__(self, me: IncidentId) -> None:
        self.remarks: list[Remark] = []
        self._me = me
        self._into: dict[IncidentId, IncidentId] = {}
        self._waits = _WaitingWords()

    def read(self, event: IncidentEvent) -> list[IncidentEvent]:
        """Return what of an event `me` has to read."""
        name = event.carried_from or self._me
        own = event.carried_from is None
        match event.kind:
            case EventKind.MERGED if event.merged_into is not None and event.merged_into != name:
                return [event, *self._merged(event, name)] if own else self._merged(event, name)
            case EventKind.REOPENED | EventKind.OPENED:
                self._into.pop(name, None)
        root = self._root(name)
        word = self.plain(event, name) if not own and root == self._me and event.kind in WORDS else None
        self._waits.read(name, root, event)
        if own:
            return [event]
        return [word] if word is not None else []

    def _merged(self, event: IncidentEvent, name: IncidentId) -> list[IncidentEvent]:
        target = event.merged_into
        assert target is not None
        found: list[IncidentEvent] = []
        self._into.pop(name, None)
        if self._root(target) == name:  # the target is merged into this one: it is reopened
            back = self._last_before(target, name)
            del self._into[back]
            if back == self._me:
                found.append(_here(event, EventKind.REOPENED, Sentence.MERGED_BACK.value))
        self._into[name] = target
        root = self._root(target)
        since = self._waits.merge(name, root, event.occurred_at)
        if root != self._me:
            return found
        text = Sentence.MERGED_IN.filled(incident=name)
        if since is not None:
            word = _here(event, EventKind.CUSTOMER_REPLIED, text, Actor.CUSTOMER)
            found.append(replace(word, unanswered_since=min(since, event.occurred_at)))
            text = Sentence.MERGED_IN_WAITING.filled(incident=name, since=since.isoformat())
        text += "".join(f"; {warning}" for warning in event.warnings)
        self.remarks.append(Remark(RemarkKind.MERGED_IN, text, event.id))
        return found

    def plain(self, event: IncidentEvent, name: IncidentId) -> IncidentEvent:
        """Return a word as `me` reads it."""
        if self._waits.customers_word(name, event):
            return replace(event, kind=EventKind.CUSTOMER_REPLIED, actor=Actor.CUSTOMER)
        return event

    def _root(self, name: IncidentId) -> IncidentId:
        return end_of_chain(self._into.get, name)

    def _last_before(self, name: IncidentId, end: IncidentId) -> IncidentId:
        while self._into[name] != end:
            name = self._into[name]
        return name


def end_of_chain(step: Callable[[IncidentId], IncidentId | None], name: IncidentId) -> IncidentId:
    """Follow a chain of names from `name` on, and return its last name.

    If the names form a ring, some name of the ring is returned.

    Args:
        step: Function that returns the next name after a name, or None for the last name.
    """
    seen = {name}
    while (after := step(name)) is not None and after not in seen:
        seen.add(after)
        name = after
    return name


def _here(event: IncidentEvent, kind: EventKind, reason: str, actor: Actor = Actor.UNKNOWN) -> IncidentEvent:
    return replace(
        event, kind=kind, actor=actor, actor_name="", actor_id="", merged_into=None, attributes=NOTHING, reason=reason
    )


def _standing_in(rows: Sequence[IncidentEvent]) -> tuple[Sequence[IncidentEvent], tuple[Remark, ...]]:
    """Nothing is known of the incident but what was merged into it: its comments count while it is merged."""
    group = _MergedGroup(rows[0].incident)
    out: dict[IncidentId, bool] = {}  # merged before, and on its own again
    found: list[IncidentEvent] = []
    for event in rows:
        name = event.carried_from
        assert name is not None
        if event.kind is EventKind.MERGED:
            out[name] = False
        elif event.kind is EventKind.REOPENED and name in out:
            out[name] = True
        opens = event.kind is EventKind.OPENED and not found
        if (opens or event.kind in WORDS) and not out.get(name, False):
            found.append(group.plain(event, name))
        group.read(event)
    first = rows[0]
    origins = ", ".join(sorted({str(event.carried_from) for event in rows}))
    text = Sentence.STANDS_IN.filled(incidents=origins)
    return found or [first], (Remark(RemarkKind.STANDS_IN, text, first.id),)
