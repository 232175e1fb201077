"""The decision about one incident, pure: its fold and what has been told in, rows to write and facts to tell out.

What must be told is the difference between what the fold of all its events says now and what has been told before.
The marks still ahead become timer rows. A clock's row that says the same already is not written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from sla_domain.clock import Clock, ClockId, ClockState
from sla_domain.cycles import continued
from sla_domain.event import IncidentEvent
from sla_domain.explain import known_at
from sla_domain.fact import Fact, FactKind
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook
from sla_domain.tell import tell
from sla_domain.told import Told, keys_after, timers, told_after
from sla_domain.turn import phase_fact
from sla_domain.urgency import urgency
from sla_domain.withdrawn import Before, with_earlier
from sla_platform.envelope import Envelope
from sla_platform.wire import clock_fact, encode_clock_fact
from sla_timer.apply.context import clock_context, incident_context, with_breach
from sla_timer.apply.save import Changes
from sla_timer.rulebooks import Pins


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of an incident: its fold, its row (None when new), its clocks' rows, and how many events it has.

    `clocks` may leave out the clocks that are `settled`: ended, told in full, and still folded to that very value.
    """

    fold: Callable[[Rulebook], Incident]
    row: Any | None
    clocks: Sequence[Any]
    events: int
    surplus: int = 0  # further events that do not count
    settled: Mapping[ClockId, Clock] = field(default_factory=dict)
    counting: Sequence[IncidentEvent] = ()  # the events that `fold` folds; empty for an incident with very many

    def as_of(self, until: datetime | None, rulebook: Rulebook) -> Incident:
        """The incident of what had happened by an instant; with very many events as it is."""
        by_then = self.counting if until is None else known_at(self.counting, until)
        return fold(by_then, rulebook) if by_then and len(by_then) < len(self.counting) else self.fold(rulebook)


@dataclass(frozen=True, slots=True)
class Manner:
    """How decisions are written. `json_text`: the dialect keeps JSON as text (SQLite). `moved`: to the catalogue in
    force, by a re-planning. `whole`: also rows that stay as they are, to mend what is missing beside them."""

    json_text: bool
    moved: bool = False
    whole: bool = False


def decide(partition: int, stored: Stored, pins: Pins, now: datetime, manner: Manner) -> Changes:
    """Rows to write and facts to tell."""
    rulebook = pins.current if manner.moved else pins.of(stored.row)
    rows = {ClockId(row.id): row for row in stored.clocks}
    told = {id_: told_of(row) for id_, row in rows.items()}
    folded, judged, ended = _folded(stored, told, pins, rulebook)
    kept = with_earlier(folded, judged, told, _before(stored, told, pins, rulebook), now)
    incident, versions = kept.incident, kept.versions
    for clock in incident.clocks:
        if clock.earned:  # what was told of it follows from another fold than this one
            ended.pop(clock.id, None)
    keys = frozenset(stored.row.told.split()) if stored.row is not None else frozenset()
    facts = tell(incident, told, keys, unread=kept.unread)
    after = told_after(told, facts, incident.clocks)
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
    changes = Changes(settled={incident.id: (rulebook.version, ended)})
    changes.incidents.append(_incident_row(partition, incident, rulebook.version, keys_after(keys, facts), stored))
    for clock in incident.clocks:
        state, context = after[clock.id], contexts[clock.id]
        row = _clock_row(partition, clock, state, context, versions[clock.id], manner.json_text)
        if not manner.whole and _same(row, rows.get(clock.id), context):
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
    gone = {id_: state for id_, state in after.items() if id_ not in contexts}
    changes.gone += [{"gone": id_, "told": state.text} for id_, state in gone.items() if state != told.get(id_)]
    cause = {"catalogue": rulebook.version} if manner.moved else {}
    events = stored.events + stored.surplus
    phase = {"phase": incident.phase.value, "events": events}
    if not facts and (stored.row is None or stored.row.phase != incident.phase.value):
        facts = (phase_fact(incident, events),)
    for fact in facts:
        context = shared
        if fact.clock is not None and fact.clock in contexts:
            context = with_breach(contexts[fact.clock], after[fact.clock])
        elif fact.clock is not None and fact.clock in rows:  # what the clock was is what its last facts said
            context = _context_of(rows[fact.clock]) | shared | {"state": ClockState.CANCELLED.value}
        context = context | phase
        changes.facts.append(_envelope(fact, context, cause, now))
    return changes


def _folded(
    stored: Stored, told: Mapping[ClockId, Told], pins: Pins, rulebook: Rulebook
) -> tuple[Incident, dict[ClockId, str], dict[ClockId, Clock]]:
    """The incident under `rulebook` with the clocks that may have changed, but every clock that had ended under
    another version as that version saw it; the version of each; and all clocks that have ended, as `rulebook` sees
    them.

    Clocks that are told under the id of another cycle, or are told and no more, cannot be left out the next time: none
    has then ended for good.
    """
    plain = stored.fold(rulebook)
    ended = {clock.id: clock for clock in plain.clocks if not clock.state.open}
    if stored.settled:
        plain = replace(plain, clocks=changed(plain, stored.settled))
    incident = continued(plain, told)
    if incident is not plain and [clock.id for clock in incident.clocks] != [clock.id for clock in plain.clocks]:
        ended = {}
    if told.keys() - {clock.id for clock in incident.clocks}:
        ended = {}
    versions = {clock.id: rulebook.version for clock in incident.clocks}
    frozen = {
        ClockId(row.id): row.catalogue
        for row in stored.clocks
        if row.catalogue != rulebook.version and not ClockState(row.state).open and row.id in versions
    }
    if not frozen:
        return incident, versions, ended
    earlier = {
        clock.id: clock
        for version in sorted(set(frozen.values()))
        for clock in continued(stored.fold(pins.by_version.get(version, rulebook)), told).clocks
        if frozen.get(clock.id) == version
    }
    versions |= {id_: frozen[id_] for id_ in earlier}
    clocks = tuple(earlier.get(clock.id, clock) for clock in incident.clocks)
    return replace(incident, clocks=clocks), versions, ended


def _before(stored: Stored, told: Mapping[ClockId, Told], pins: Pins, rulebook: Rulebook) -> Before:
    """The incident under other versions than `rulebook`; each is folded once."""
    known: dict[tuple[str, datetime | None], tuple[Incident, Rulebook] | None] = {}

    def under(version: str, until: datetime | None) -> tuple[Incident, Rulebook] | None:
        if (version, until) not in known:
            then = rulebook if version == rulebook.version else pins.by_version.get(version)
            known[version, until] = None if then is None else (continued(stored.as_of(until, then), told), then)
        return known[version, until]

    return under


def changed(incident: Incident, settled: Mapping[ClockId, Clock]) -> tuple[Clock, ...]:
    """The clocks that are not settled."""
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


def told_of(row: Any) -> Told:
    """What a row of timer_clock says has been told."""
    return Told.read(
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


def _envelope(fact: Fact, context: dict[str, Any], cause: dict[str, str], now: datetime) -> Envelope:
    if cause and fact.kind in (FactKind.CLOCK_RETARGETED, FactKind.CLOCK_AMENDED, FactKind.PROMISE_MOVED):
        fact = replace(fact, details={**fact.details, **cause})
    return encode_clock_fact(clock_fact(fact, context, now), fact.key)


def _incident_row(
    partition: int, incident: Incident, version: str, told: Collection[str], stored: Stored
) -> dict[str, Any]:
    return {
        "id": incident.id,
        "partition": partition,
        "catalogue": version,
        "contract": incident.contract.id,
        "plan": incident.plan,
        "customer": incident.attributes.get("customer", ""),
        "priority": incident.priority,
        "phase": incident.phase.value,
        "opened_at": incident.opened_at,
        "changed_at": incident.changed_at,
        "told": " ".join(sorted(told)),
        "events": stored.events,
        "surplus": stored.surplus,
    }


# What of a clock's row is not in its context, or must not differ from it.
_COMPARED = (
    "partition", "catalogue", "contract", "priority", "state", "generation", "started_at", "due_at",
    "original_due_at", "stopped_at", "breached_at", "exempt", "told",
)  # fmt: skip


def _clock_row(
    partition: int, clock: Clock, told: Told, context: dict[str, Any], version: str, json_text: bool
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
        "told": told.text,
        "context": orjson.dumps(context).decode() if json_text else context,
    }
