"""Runs the `tests:` of a catalogue: its events through the fold, what follows against what was expected.

Pure: the same catalogue gives the same results on any day. Used by `slad check --tests`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sla_catalogue.assembly.scenario import Expectation, Scenario, ScenarioEvent
from sla_catalogue.catalogue import Catalogue
from sla_domain.calendar import load_zone
from sla_domain.clock import BREACH, Clock
from sla_domain.event import Actor, AgreedTarget, EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.fold import fold
from sla_domain.incident import Incident, RemarkKind
from sla_domain.rulebook import ContractMatch, MatchReason

_INCIDENT = IncidentId("test")


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """The result of one test of the catalogue: the computed incident, and the expectations that failed."""

    scenario: Scenario
    incident: Incident
    failures: tuple[str, ...]
    """What was not as expected, in words, with times in the contract's zone. Empty if the test passed."""

    @property
    def passed(self) -> bool:
        """Return whether everything in the test was as expected."""
        return not self.failures


def run_scenarios(catalogue: Catalogue) -> tuple[ScenarioResult, ...]:
    """Run the tests of a catalogue, and return their results in order."""
    return tuple(_run(scenario, catalogue) for scenario in catalogue.scenarios)


def _run(scenario: Scenario, catalogue: Catalogue) -> ScenarioResult:
    contract = catalogue.rulebook.contracts[scenario.contract]
    incident = fold(
        scenario_events(scenario, _INCIDENT), catalogue.rulebook, ContractMatch(contract, MatchReason.CUSTOMER)
    )
    zone = load_zone(contract.zone)
    failures = [failure for each in scenario.expectations for failure in _failures(each, incident, scenario.now, zone)]
    return ScenarioResult(scenario, incident, (*failures, *_remarks(scenario, incident)))


def _remarks(scenario: Scenario, incident: Incident) -> Iterator[str]:
    found = {remark.kind for remark in incident.remarks}
    if scenario.remarks is not None and scenario.remarks != found:
        wanted, made = (", ".join(sorted(kinds)) or "none" for kinds in (scenario.remarks, found))
        yield f"remarks expected {wanted}, found {made}"


def scenario_events(scenario: Scenario, incident: IncidentId) -> Iterator[IncidentEvent]:
    """Yield the events of a test, in the order written.

    Args:
        incident: The id of the incident.
    """
    yield IncidentEvent(
        id=EventId("opened"),
        incident=incident,
        kind=EventKind.OPENED,
        occurred_at=scenario.opened,
        received_at=scenario.opened,
        source="test",
        actor=Actor.CUSTOMER,
        attributes=scenario.attributes,
    )
    for number, event in enumerate(scenario.events, start=1):
        yield IncidentEvent(
            id=EventId(f"{number:04}"),
            incident=incident,
            kind=event.kind,
            occurred_at=event.at,
            received_at=event.at,
            source="test",
            version=number,
            actor=event.actor,
            actor_name=event.actor.value,
            attributes=event.attributes,
            waiting_on=event.waiting_on,
            agreed=_agreed(event, scenario),
            reason=event.reason,
        )


def _agreed(event: ScenarioEvent, scenario: Scenario) -> AgreedTarget | None:
    if event.agreed is None:
        return None
    agreed = event.agreed
    return AgreedTarget(
        metric=agreed.metric,
        due_at=agreed.due,
        agreed_by=agreed.by,
        reason=event.reason,
        moved_by_pauses=agreed.moved_by_pauses,
    )


def _failures(expected: Expectation, incident: Incident, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    metric, _, cycle = expected.metric.partition("/")
    clocks = [clock for clock in incident.clocks if clock.metric == metric and cycle in ("", str(clock.cycle))]
    if expected.unspecified:
        if clocks or not _left_open(metric, incident):
            yield f"{expected.metric}: a target without a number was expected"
        return
    if not clocks:
        if expected.state != "absent":
            why = (
                "its target has no number" if _left_open(metric, incident) else "no row matched, or nothing started it"
            )
            yield f"{expected.metric}: no clock was started; {why}"
        return
    clock = clocks[-1]
    facts = (
        ("due", expected.due, clock.due_at),
        ("breach", expected.breach, _breach(clock, now)),
    )
    for word, wanted, found in facts:
        if wanted is not None and wanted != found:
            yield f"{expected.metric}: {word} expected {_spell(wanted, zone)}, found {_spell(found, zone)}"
    if expected.unbroken and _breach(clock, now) is not None:
        yield f"{expected.metric}: no breach expected, found {_spell(_breach(clock, now), zone)}"
    if expected.warn is not None and expected.warn != _warnings(clock):
        wanted_warnings = ", ".join(_spell(at, zone) for at in expected.warn) or "none"
        found_warnings = ", ".join(_spell(at, zone) for at in _warnings(clock)) or "none"
        yield f"{expected.metric}: warnings expected {wanted_warnings}, found {found_warnings}"
    yield from _words(expected, clock)


def _left_open(metric: str, incident: Incident) -> bool:
    """Whether the fold remarked that the metric's target has no number (docs/clauses.md)."""
    texts = [remark.text for remark in incident.remarks if remark.kind is RemarkKind.UNSPECIFIED_TARGET]
    return any(f" for {metric} " in text for text in texts)


def _words(expected: Expectation, clock: Clock) -> Iterator[str]:
    if expected.state and expected.state != clock.state.value:
        yield f"{expected.metric}: state expected {expected.state}, found {clock.state.value}"
    if expected.clause is not None and expected.clause != clock.target.clause:
        yield f"{expected.metric}: clause expected {expected.clause}, found {clock.target.clause or 'none'}"


def _breach(clock: Clock, now: datetime) -> datetime | None:
    """The instant of the breach that has happened by `now`."""
    if clock.breached_at is not None:
        return clock.breached_at
    pending = (mark.at for mark in clock.marks if mark.pending and mark.kind == BREACH and mark.at <= now)
    return next(pending, None)


def _warnings(clock: Clock) -> tuple[datetime, ...]:
    """The warnings of the target in force, passed or still ahead."""
    ours = (mark.at for mark in clock.marks if mark.kind != BREACH and mark.generation == clock.generation)
    return tuple(sorted(ours))


def _spell(moment: datetime | None, zone: ZoneInfo) -> str:
    if moment is None:
        return "none"
    local = moment.astimezone(zone).replace(tzinfo=None)
    return local.isoformat(" ", "minutes" if local.second == local.microsecond == 0 else "seconds")
