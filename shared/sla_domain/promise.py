"""What the customer is promised: the due instant of every clock that runs (clause I2).

A paused clock promises nothing until it resumes. The promise is made once, with the first due instants; it moves when
a promised due instant changes (another target, an agreed date, a resume) or when a clock is armed by a reopening or a
downgrade. A clock armed by a reply (next response, cadence) appears in the lines without moving the promise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sla_domain.clock import Clock, ClockId, ClockState
from sla_domain.event import EventKind
from sla_domain.fact import Fact, FactKind
from sla_domain.incident import Incident, RemarkKind
from sla_domain.plan import MetricId
from sla_domain.spoken import fresh
from sla_domain.told import DUE, Told

_NONE = "promise/none"
_REPLIES = frozenset({EventKind.CUSTOMER_REPLIED, EventKind.RESPONDED, EventKind.UPDATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseLine:
    """One metric's due instant, UTC, and the zone in which the customer reads it."""

    metric: MetricId
    due_at: datetime
    zone: str
    clock: ClockId
    cycle: int
    priority: str
    clause: str = ""
    agreed_by: str = ""


def promise(incident: Incident) -> tuple[PromiseLine, ...]:
    """One line per running clock, the earliest due first."""
    zone = incident.contract.zone
    lines = [
        PromiseLine(
            metric=clock.metric,
            due_at=clock.due_at,
            zone=zone,
            clock=clock.id,
            cycle=clock.cycle,
            priority=clock.priority,
            clause=clock.target.clause,
            agreed_by=clock.agreed_by,
        )
        for clock in incident.clocks
        if clock.state is ClockState.RUNNING and clock.due_at is not None
    ]
    return tuple(sorted(lines, key=lambda line: (line.due_at, line.metric)))


def promise_facts(incident: Incident, told: Mapping[ClockId, Told], keys: Collection[str]) -> list[Fact]:
    """`promise.made` with the first lines; `promise.moved` when a promised instant changed. Details hold the lines
    as `due:<metric>`, and `moved` names the metrics that did. `promise.none` where nothing is promised at all."""
    lines = promise(incident)
    if not lines:
        return _no_promise(incident, keys)
    details = {f"{DUE}{line.metric}": line.due_at.isoformat() for line in reversed(lines)}
    details["zone"] = incident.contract.zone
    if "promise" not in keys:
        return [_fact(FactKind.PROMISE_MADE, "promise", incident, details)]
    moved = [clock.metric for clock in incident.clocks if _moved(clock, told.get(clock.id))]
    if not moved:
        return []
    details["moved"] = ",".join(moved)
    return [_fact(FactKind.PROMISE_MOVED, fresh("promise/moved", keys), incident, details)]


def _no_promise(incident: Incident, keys: Collection[str]) -> list[Fact]:
    """`promise.none`, once: no clock will ever speak of a live incident whose plan leaves the number open."""
    if incident.clocks or not incident.phase.live or "promise" in keys or _NONE in keys:
        return []
    reasons = [remark.text for remark in incident.remarks if remark.kind is RemarkKind.UNSPECIFIED_TARGET]
    if not reasons:
        return []
    scope = () if incident.scope.word == "in" else (incident.scope.value,)
    return [_fact(FactKind.PROMISE_NONE, _NONE, incident, {"why": "; ".join((*scope, *reasons))})]


def _moved(clock: Clock, told: Told | None) -> bool:
    if clock.state is not ClockState.RUNNING or clock.due_at is None:
        return False
    if told is None or told.promised_at is None:
        return clock.started_by not in _REPLIES and (told is None or not told.state.open or told.due_at is None)
    return clock.due_at != told.promised_at


def _fact(kind: FactKind, key: str, incident: Incident, details: Mapping[str, str]) -> Fact:
    return Fact(kind=kind, incident=incident.id, key=key, at=incident.changed_at, details=details)
