"""The decision about one incident, pure: from its events and what has been published to rows and facts to write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from sla_domain import published_text
from sla_domain.clock import Clock, ClockId, ClockState
from sla_domain.cycles import with_published_ids
from sla_domain.diff import new_facts
from sla_domain.event import IncidentEvent
from sla_domain.explain import events_known_at
from sla_domain.fact import Fact, caused_by_catalogue
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.normal import normal
from sla_domain.phase_state import phase_fact, turn_of
from sla_domain.published import PublishedState, after_publishing, keys_after, timers
from sla_domain.rulebook import Rulebook
from sla_domain.urgency import urgency
from sla_domain.withdrawn import Before, with_earlier_promises
from sla_platform.envelope import Envelope
from sla_platform.wire import clock_fact, encode_clock_fact
from sla_timer.apply.context import clock_context, incident_context, with_breach
from sla_timer.apply.save import Changes
from sla_timer.apply.turned import turned_context
from sla_timer.rulebooks import PinnedRulebooks, pin_row, version_of


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """One incident as it is stored: its row, its events and the rows of its clocks. `decide` takes it as input."""

    fold: Callable[[Rulebook], Incident]
    """A function that computes the incident under a rulebook."""
    row: Any | None
    """The incident's row of `timer_incident`. None for a new incident."""
    clocks: Sequence[Any]
    """The rows of `timer_clock` of all clocks that are not in `settled`."""
    events: int
    """How many events of the incident are stored, including new events."""
    surplus: int = 0
    """How many further events are stored beyond the limit. They are ignored."""
    settled: Mapping[ClockId, Clock] = field(default_factory=dict)
    """Ended clocks about which everything is published."""
    counting: Sequence[IncidentEvent] = ()
    """The events that `fold` reads. Empty for an incident with 250 events or more."""

    def as_of(self, until: datetime | None, rulebook: Rulebook) -> Incident:
        """Return the incident as computed by `rulebook` from its events up to `until`.

        All events are used instead in three cases:

        - `until` is None.
        - There are no events up to `until`, or only copies from merged incidents.
        - The incident has 250 events or more, which are not in memory (`counting` is empty).
        """
        by_then = self.counting if until is None else events_known_at(self.counting, until)
        return fold(by_then, rulebook) if by_then and len(by_then) < len(self.counting) else self.fold(rulebook)


@dataclass(frozen=True, slots=True)
class DecisionOptions:
    """The options of `decide`: by which catalogue to judge, and whether to write unchanged rows too."""

    moved: bool = False
    """Whether to judge by the present catalogue instead of the version by which the incident was judged before
    (re-planning)."""
    whole: bool = False
    """Whether to write also the rows and timers of unchanged clocks, which restores missing timers."""


def decide(
    partition: int, stored: StoredIncident, pins: PinnedRulebooks, now: datetime, options: DecisionOptions
) -> Changes:
    """Return the rows to write and the facts (events to publish) for one incident.

    Nothing is read from the database or written. A timer whose instant has passed gets `now` in the column `ripe_at`:
    the timer fires once the events of its partition are applied up to `now`.

    Args:
        partition: The number of the incident's partition.
        stored: What is stored about the incident.
        pins: The rulebooks (plans, contracts, calendars) of this transaction.
        now: The present instant, for which urgency is computed.
        options: Which catalogue to use, and whether to write all rows.
    """
    rulebook = pins.newest_for(stored.row) if options.moved else pins.of(stored.row)
    rows = {ClockId(row.id): row for row in stored.clocks}
    told = {id_: published_state_of(row) for id_, row in rows.items()}
    plain = stored.fold(rulebook)
    version = version_of(plain, rulebook)
    folded, judged, ended = _folded(stored, plain, told, pins, version)
    kept = with_earlier_promises(folded, judged, told, _before(stored, told, pins, rulebook, version), now)
    incident, versions = kept.incident, kept.versions
    for clock in incident.clocks:
        if clock.earned:  # what was published about it came from another fold than this one
            ended.pop(clock.id, None)
    keys = published_text.read_keys(stored.row.told) if stored.row is not None else frozenset()
    facts = new_facts(incident, told, keys, unread=kept.unread)
    after = after_publishing(told, facts, incident.clocks)
    shared = incident_context(incident, rulebook.plans[incident.plan])
    contexts = {
        clock.id: clock_context(
            shared,
            incident,
            clock,
            pins.by_version.get(versions[clock.id], rulebook),
            urgency(incident, clock, rulebook, now),
        )
        for clock in incident.clocks
    }
    changes = Changes(settled={incident.id: (version, ended)})
    changes.incidents.append(_incident_row(partition, incident, version, keys_after(keys, facts), stored))
    if (pinned := pin_row(plain, rulebook, version)) is not None:
        changes.pins.append(pinned)
    for clock in incident.clocks:
        state, context = after[clock.id], contexts[clock.id]
        row = _clock_row(partition, clock, state, context, versions[clock.id])
        if not options.whole and _same(row, rows.get(clock.id), context):
            continue
        changes.clocks.append(row)
        changes.timers += [
            {
                "clock_id": clock.id,
                "kind": timer.kind,
                "generation": timer.generation,
                "partition": partition,
                "fire_at": timer.at,
                "ripe_at": now if timer.at <= now else None,
            }
            for timer in timers(clock, state)
        ]
    gone = {id_: state for id_, state in after.items() if id_ not in contexts and state != told.get(id_)}
    changes.gone += [{"gone": id_, "told": published_text.write_state(state)} for id_, state in gone.items()]
    catalogue = version if options.moved else ""
    events = stored.events + stored.surplus
    phase = {"phase": incident.phase.value, "events": events}
    if not facts and (stored.row is None or stored.row.phase != incident.phase.value):
        facts = (phase_fact(incident, events),)
    turned = turn_of(stored.row.phase if stored.row is not None else None, incident.phase)
    for number, fact in enumerate(facts, start=1):
        context = shared
        if fact.clock is not None and fact.clock in contexts:
            context = with_breach(contexts[fact.clock], after[fact.clock])
        elif fact.clock is not None and fact.clock in rows:  # what the clock was is what its last facts said
            context = _context_of(rows[fact.clock]) | shared | {"state": ClockState.CANCELLED.value}
        context = context | phase
        if turned and number == len(facts):
            context |= turned_context(turned, incident, _all_clocks(plain, incident, stored.settled))
        changes.facts.append(_envelope(fact, context, catalogue, now))
    return changes


def _all_clocks(plain: Incident, incident: Incident, settled: Mapping[ClockId, Clock]) -> list[Clock]:
    """The clocks of the incident with those that were left out as settled."""
    there = {clock.id for clock in plain.clocks}
    old = {id_: clock for id_, clock in settled.items() if id_ in there}
    return list((old | {clock.id: clock for clock in incident.clocks}).values())


def _folded(
    stored: StoredIncident,
    plain: Incident,
    told: Mapping[ClockId, PublishedState],
    pins: PinnedRulebooks,
    own: str,
) -> tuple[Incident, dict[ClockId, str], dict[ClockId, Clock]]:
    """The incident as folded under the version `own` (`plain`) with the clocks that may have changed, but every clock
    that had ended under another version as that version saw it; the version of each; and all clocks that have ended, as
    `own` sees them.

    Clocks that are told under the id of another cycle, or are told and no more, cannot be left out the next time: none
    has then ended for good.
    """
    ended = {clock.id: clock for clock in plain.clocks if not clock.state.open}
    if stored.settled:
        plain = replace(plain, clocks=unsettled_clocks_of(plain, stored.settled))
    incident = with_published_ids(plain, told)
    if incident is not plain and [clock.id for clock in incident.clocks] != [clock.id for clock in plain.clocks]:
        ended = {}
    if told.keys() - {clock.id for clock in incident.clocks}:
        ended = {}
    versions = {clock.id: own for clock in incident.clocks}
    frozen = {
        ClockId(row.id): row.catalogue
        for row in stored.clocks
        if row.catalogue != own and not ClockState(row.state).open and row.id in versions
    }
    if not frozen:
        return incident, versions, ended
    earlier = {
        clock.id: clock
        for version in sorted(set(frozen.values()))
        for clock in with_published_ids(_under(stored, pins, version, plain), told).clocks
        if frozen.get(clock.id) == version
    }
    versions |= {id_: frozen[id_] for id_ in earlier}
    clocks = tuple(earlier.get(clock.id, clock) for clock in incident.clocks)
    return replace(incident, clocks=clocks), versions, ended


def _under(stored: StoredIncident, pins: PinnedRulebooks, version: str, otherwise: Incident) -> Incident:
    book = pins.by_version.get(version)
    return otherwise if book is None else stored.fold(book)


def _before(
    stored: StoredIncident,
    told: Mapping[ClockId, PublishedState],
    pins: PinnedRulebooks,
    rulebook: Rulebook,
    own: str,
) -> Before:
    """The incident under other versions than `rulebook`; each is folded once."""
    known: dict[tuple[str, datetime | None], tuple[Incident, Rulebook] | None] = {}

    def under(version: str, until: datetime | None) -> tuple[Incident, Rulebook] | None:
        if (version, until) not in known:
            then = rulebook if version == own else pins.by_version.get(version)
            known[version, until] = (
                None if then is None else (with_published_ids(stored.as_of(until, then), told), then)
            )
        return known[version, until]

    return under


def unsettled_clocks_of(incident: Incident, settled: Mapping[ClockId, Clock]) -> tuple[Clock, ...]:
    """Return the clocks of an incident that are not in `settled`, in the incident's order.

    A clock is left out only if `settled` has the same object. An equal copy is not enough.

    Args:
        settled: Maps a clock's id to an ended clock about which everything was published.
    """
    return tuple(clock for clock in incident.clocks if settled.get(clock.id) is not clock)


def _same(row: Mapping[str, Any], before: Any | None, context: Mapping[str, Any]) -> bool:
    """Whether this row of timer_clock is stored already, but for the urgency, which only time has changed."""
    if before is None or any(getattr(before, name) != row[name] for name in _COMPARED):
        return False
    return bool(_context_of(before) | {"urgency": context["urgency"]} == context)


def _context_of(row: Any) -> dict[str, Any]:
    """The context of a row of timer_clock; SQLite keeps it as text."""
    known: dict[str, Any] = row.context if isinstance(row.context, dict) else orjson.loads(row.context)
    return known


def published_state_of(row: Any) -> PublishedState:
    """Return what has been published about a clock, read from its row of `timer_clock`."""
    return published_text.read_state(
        row.told,
        state=row.state,
        generation=row.generation,
        due_at=row.due_at,
        breached_at=row.breached_at,
        priority=row.priority,
        metric=row.metric,
        started_at=row.started_at,
        cycle=row.cycle,
        catalogue=row.catalogue,
    )


def _envelope(fact: Fact, context: dict[str, Any], catalogue: str, now: datetime) -> Envelope:
    if catalogue:
        fact = replace(fact, body=caused_by_catalogue(fact.body, catalogue))
    return encode_clock_fact(clock_fact(fact, context, now), fact.key)


def _incident_row(
    partition: int, incident: Incident, version: str, told: Collection[str], stored: StoredIncident
) -> dict[str, Any]:
    return {
        "id": incident.id,
        "partition": partition,
        "catalogue": version,
        "contract": incident.contract.id,
        "plan": incident.plan,
        "customer": incident.attributes.get("customer", ""),
        "customer_key": normal(incident.attributes.get("customer", ""))[:300],
        "priority": incident.priority,
        "phase": incident.phase.value,
        "opened_at": incident.opened_at,
        "changed_at": incident.changed_at,
        "told": published_text.write_keys(told),
        "events": stored.events,
        "surplus": stored.surplus,
    }


# What of a clock's row is not in its context, or must not differ from it.
_COMPARED = (
    "partition", "catalogue", "contract", "priority", "state", "generation", "started_at", "due_at",
    "original_due_at", "stopped_at", "breached_at", "exempt", "told",
)  # fmt: skip


def _clock_row(
    partition: int, clock: Clock, told: PublishedState, context: dict[str, Any], version: str
) -> dict[str, Any]:
    return {
        "id": clock.id,
        "incident": clock.incident,
        "partition": partition,
        "catalogue": version,
        "contract": clock.contract or context["contract"],
        "metric": clock.metric,
        "cycle": clock.cycle,
        "priority": clock.priority,
        "state": clock.state.value,
        "generation": clock.generation,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "original_due_at": clock.original_due_at,
        "stopped_at": clock.stopped_at,
        "breached_at": told.breached_at,
        "urgency": context["urgency"],
        "weight": context["weight"],
        "exempt": clock.exempt,
        "told": published_text.write_state(told),
        "context": context,
    }
