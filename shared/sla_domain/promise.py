"""What the customer is promised: the due instant of every clock that runs (clause I2, docs/clauses.md).

A paused clock promises nothing until it resumes. The promise is made once, with the first due instants; it moves when a
promised due instant changes (another target, an agreed date, a resume) or when a reopening or a downgrade starts a
clock. A clock started by a reply (next response, cadence) is in the lines and does not move the promise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sla_domain.clock import Clock, ClockId, ClockState
from sla_domain.event import EventKind, WaitingOn
from sla_domain.fact import Fact, IncidentFactBody, MoveCause, PromiseMade, PromiseMoved, PromiseNone
from sla_domain.incident import Incident, RemarkKind
from sla_domain.plan import MetricId
from sla_domain.published import PublishedState
from sla_domain.published_mark import target_name, unused_key

_NONE = "promise/none"
_REPLIES = frozenset({EventKind.CUSTOMER_REPLIED, EventKind.RESPONDED, EventKind.UPDATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseLine:
    """The promised due instant of one clock, in UTC."""

    metric: MetricId
    due_at: datetime
    zone: str
    """The customer's time zone, in which to show the instant."""
    clock: ClockId
    cycle: int
    """Number of the clock, from 0, among the incident's clocks of the metric."""
    priority: str
    """Id of the priority."""
    clause: str = ""
    """The contract clause of the target. "" if none is named."""
    agreed_by: str = ""
    """Who agreed to the due instant. "" if it was not agreed."""


def promise(incident: Incident) -> tuple[PromiseLine, ...]:
    """Return the promised due instants of an incident, earliest first.

    There is a line for each running clock that has a due instant.
    """
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


def promise_facts(incident: Incident, published: Mapping[ClockId, PublishedState], keys: Collection[str]) -> list[Fact]:
    """Return the fact (event to publish) about new or changed promised due instants of an incident.

    The result is a list of one fact, or [] if nothing is new. The fact's body is one of these:

    - `PromiseMade`: the first due instants
    - `PromiseMoved`: a promised due instant changed
    - `PromiseNone`: there are no clocks, as the plan states no allowed times

    Args:
        published: Clock id -> what has been published.
        keys: Keys (unique ids) of the published facts about the incident as a whole, not about its clocks.
    """
    lines = promise(incident)
    if not lines:
        return _no_promise(incident, keys)
    dues = {str(line.metric): line.due_at for line in reversed(lines)}
    zone = incident.contract.zone
    if "promise" not in keys:
        return [_fact(PromiseMade(dues, zone), "promise", incident)]
    moved = [clock for clock in incident.clocks if _moved(clock, published.get(clock.id))]
    if not moved:
        return []
    before = [(clock, published.get(clock.id)) for clock in moved]
    old = {str(clock.metric): told.promised_at for clock, told in before if told is not None and told.promised_at}
    causes = {_cause(clock, told) for clock, told in before}
    body = PromiseMoved(
        dues,
        zone,
        tuple(clock.metric for clock in moved),
        old=old,
        because=next((cause for cause in MoveCause if cause in causes), None),
    )
    return [_fact(body, unused_key("promise/moved", keys), incident)]


def _no_promise(incident: Incident, keys: Collection[str]) -> list[Fact]:
    """Return `PromiseNone`, once, for a live incident without clocks whose plan leaves the number open."""
    if incident.clocks or not incident.phase.live or "promise" in keys or _NONE in keys:
        return []
    reasons = [remark.text for remark in incident.remarks if remark.kind is RemarkKind.UNSPECIFIED_TARGET]
    if not reasons:
        return []
    scope = () if incident.scope.word == "in" else (incident.scope.value,)
    return [_fact(PromiseNone("; ".join((*scope, *reasons))), _NONE, incident)]


def _moved(clock: Clock, published: PublishedState | None) -> bool:
    if clock.state is not ClockState.RUNNING or clock.due_at is None:
        return False
    if published is None or published.promised_at is None:
        return clock.started_by not in _REPLIES and (
            published is None or not published.state.open or published.due_at is None
        )
    return clock.due_at != published.promised_at


def _cause(clock: Clock, published: PublishedState | None) -> MoveCause | None:
    """Why the due instant of a clock is another than was promised; None where neither a date nor an event says it."""
    if published is None:
        return MoveCause.REOPENED if clock.started_by is EventKind.REOPENED else None
    if clock.agreed_by and published.target != target_name(clock.target_event):
        return MoveCause.AGREED
    if published.priority and clock.priority != published.priority:
        return MoveCause.PRIORITY
    if not published.state.open:
        return MoveCause.REOPENED
    waits = [segment.waiting_on for segment in clock.segments if not segment.running]
    if published.target != target_name(clock.target_event) or not waits:
        return None
    return MoveCause.WAITED_FOR_CUSTOMER if waits[-1] is WaitingOn.CUSTOMER else MoveCause.WAITED


def _fact(body: IncidentFactBody, key: str, incident: Incident) -> Fact:
    return Fact(body=body, incident=incident.id, key=key, at=incident.changed_at)
