"""The decision about one incident, pure: all its events and what has been told in, rows to write and facts to tell out.

The incident is folded afresh from all its events; what must be told is the difference between what the fold says now
and what has been told before (DESIGN §2.2). The marks still ahead become timer rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from sla_domain.clock import Clock, ClockId, ClockState
from sla_domain.cycles import continued
from sla_domain.event import IncidentEvent
from sla_domain.fact import Fact, FactKind
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook
from sla_domain.tell import tell
from sla_domain.told import Told, keys_after, timers, told_after
from sla_domain.urgency import urgency
from sla_platform.envelope import Envelope
from sla_platform.wire import clock_fact, encode_clock_fact
from sla_timer.apply.context import clock_context, incident_context, with_breach
from sla_timer.apply.save import Changes
from sla_timer.rulebooks import Pins


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds of an incident: all its events, its row (None when new), and its clocks' rows."""

    events: Sequence[IncidentEvent]
    row: Any | None
    clocks: Sequence[Any]


def decide(partition: int, stored: Stored, pins: Pins, now: datetime, json_text: bool, moved: bool = False) -> Changes:
    """`json_text`: the dialect keeps JSON as text (SQLite). `moved`: to the catalogue in force, by a re-planning."""
    rulebook = pins.current if moved else pins.of(stored.row)
    told = {ClockId(row.id): told_of(row) for row in stored.clocks}
    incident, versions = _folded(stored, told, pins, rulebook)
    keys = frozenset(stored.row.told.split()) if stored.row is not None else frozenset()
    facts = tell(incident, told, keys)
    after = told_after(told, facts, incident.clocks)
    shared = incident_context(incident, rulebook.plans[incident.plan])
    contexts = {
        clock.id: clock_context(shared, clock, urgency(incident, clock, rulebook, now)) for clock in incident.clocks
    }
    changes = Changes()
    changes.incidents.append(
        _incident_row(partition, incident, rulebook.version, " ".join(sorted(keys_after(keys, facts))))
    )
    for clock in incident.clocks:
        state, context = after[clock.id], contexts[clock.id]
        changes.clocks.append(_clock_row(partition, clock, state, context, versions[clock.id], json_text))
        changes.timers += [
            {
                "clock_id": clock.id,
                "kind": timer.kind,
                "generation": timer.generation,
                "partition": partition,
                "fire_at": timer.at,
            }
            for timer in timers(clock, state)
        ]
    gone = {id_: state for id_, state in after.items() if id_ not in contexts}
    changes.gone += [{"gone": id_, "told": state.text} for id_, state in gone.items() if state != told.get(id_)]
    cause = {"catalogue": rulebook.version} if moved else {}
    for fact in facts:
        context = shared
        if fact.clock is not None and fact.clock in contexts:
            context = with_breach(contexts[fact.clock], after[fact.clock])
        changes.facts.append(_envelope(fact, context, cause, now))
    return changes


def _folded(
    stored: Stored, told: Mapping[ClockId, Told], pins: Pins, rulebook: Rulebook
) -> tuple[Incident, dict[ClockId, str]]:
    """The incident under `rulebook`, but every clock that had ended under another version as that version saw it."""
    incident = continued(fold(stored.events, rulebook), told)
    versions = {clock.id: rulebook.version for clock in incident.clocks}
    frozen = {
        ClockId(row.id): row.catalogue
        for row in stored.clocks
        if row.catalogue != rulebook.version and not ClockState(row.state).open and row.id in versions
    }
    if not frozen:
        return incident, versions
    earlier = {
        clock.id: clock
        for version in sorted(set(frozen.values()))
        for clock in continued(fold(stored.events, pins.by_version.get(version, rulebook)), told).clocks
        if frozen.get(clock.id) == version
    }
    versions |= {id_: frozen[id_] for id_ in earlier}
    clocks = tuple(earlier.get(clock.id, clock) for clock in incident.clocks)
    return replace(incident, clocks=clocks), versions


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
    )


def _envelope(fact: Fact, context: dict[str, Any], cause: dict[str, str], now: datetime) -> Envelope:
    if cause and fact.kind in (FactKind.CLOCK_RETARGETED, FactKind.CLOCK_AMENDED, FactKind.PROMISE_MOVED):
        fact = replace(fact, details={**fact.details, **cause})
    return encode_clock_fact(clock_fact(fact, context, now), fact.key)


def _incident_row(partition: int, incident: Incident, version: str, told: str) -> dict[str, Any]:
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
        "told": told,
    }


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
        "exempt": clock.exempt,
        "told": told.text,
        "context": orjson.dumps(context).decode() if json_text else context,
    }
