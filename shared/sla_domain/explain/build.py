"""From a folded incident to the explanations of its clocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from sla_domain.calendar import Calendar
from sla_domain.clock import BREACH, Clock, ClockState, Mark
from sla_domain.event import LINKING, IncidentEvent
from sla_domain.explain.explanation import Explanation, RowOutcome, RowTried, Versions
from sla_domain.explain.steps import steps_of
from sla_domain.fold.carried import is_foldable
from sla_domain.fold.entitlement import Entitlement, entitle
from sla_domain.fold.entitlement_choice import passed_over
from sla_domain.incident import Incident
from sla_domain.plan import NO_TEXTS, Coverage, CoverageTime, Metric, Texts, Unspecified, WallTime, WorkingDayTime
from sla_domain.rulebook import ContractMatch, Rulebook


def explain(incident: Incident, rulebook: Rulebook, at: datetime) -> tuple[Explanation, ...]:
    """Explain for each clock of the incident how its due instant and consumed time came about.

    The explanations are in the order of `incident.clocks`.

    Args:
        rulebook: The plans and calendars that the incident was computed with.
        at: The instant as of which to explain.

    Raises:
        CalendarError: The instant lies outside the years of a calendar.
    """
    return tuple(explain_clock(clock, incident, rulebook, at) for clock in incident.clocks)


def events_known_at(events: Iterable[IncidentEvent], at: datetime) -> tuple[IncidentEvent, ...]:
    """Return the events that had happened by `at`, in the given order, to compute the incident as of `at`.

    A snapshot (state of the whole ticket) later than `at` is removed from its event. The result is empty if only copies
    of events from merged incidents remain, because no incident can be computed from copies alone.
    """
    found = tuple(
        event if event.snapshot is None or event.snapshot.at <= at else replace(event, snapshot=None)
        for event in events
        if event.occurred_at <= at or event.kind in LINKING  # tickets that are linked always were the same incident
    )
    return found if is_foldable(found) else ()


def explain_clock(clock: Clock, incident: Incident, rulebook: Rulebook, at: datetime) -> Explanation:
    """Explain how the clock's due instant and consumed time came about, as of `at`.

    Args:
        incident: The clock's incident.
        rulebook: The plans and calendars that the incident was computed with.

    Raises:
        CalendarError: The instant lies outside the years of the clock's calendar.
    """
    contract = rulebook.contracts.get(clock.contract, incident.contract)
    reason = incident.match.reason
    entitlement = entitle(rulebook, ContractMatch(contract, reason), clock.matched, incident.opened_at)
    calendar = calendar_of(clock, incident, rulebook)
    steps = steps_of(clock, calendar, at)
    metric = _metric(clock, entitlement)
    priority = entitlement.plan.priority(clock.priority)
    return Explanation(
        incident=clock.incident,
        clock=clock.id,
        metric=clock.metric,
        cycle=clock.cycle,
        at=at,
        state=clock.state,
        why=clock.why,
        contract=contract.id,
        match_reason=reason,
        plan=clock.plan,
        scope=entitlement.scope,
        entitlement=entitlement.id,
        passed_over=passed_over(contract, clock.matched, incident.opened_at),
        priority=clock.priority,
        target=clock.target,
        coverage=clock.coverage,
        zone=contract.zone if calendar is None else calendar.zone,
        allowed=allowed_span(clock, calendar),
        consumed=sum((step.counted for step in steps if not step.ahead), timedelta()),
        due_at=clock.due_at,
        original_due_at=clock.original_due_at,
        generation=clock.generation,
        counted_from=clock.counted_from or clock.started_at,
        steps=steps,
        rows=_rows(clock, entitlement),
        marks=(*(Mark(BREACH, 0, each.at, False) for each in clock.earned), *clock.marks),
        withdrawn_at=clock.withdrawn_at,
        versions=_versions(rulebook, calendar),
        quality=incident.quality,
        broken_since=_broken_since(clock, at),
        agreed_by=clock.agreed_by,
        agreed_reason=clock.agreed_reason,
        exempt=clock.exempt,
        exempt_by=clock.exempt_by,
        titles=NO_TEXTS if metric is None else metric.titles,
        priority_titles=NO_TEXTS if priority is None else priority.titles,
        definitions=NO_TEXTS if priority is None else priority.definitions,
        coverage_titles=_coverage_titles(clock, rulebook) if calendar is not None else NO_TEXTS,
    )


def calendar_of(clock: Clock, incident: Incident, rulebook: Rulebook) -> Calendar | None:
    """Return the calendar whose open hours the clock counts, or None for wall-clock time.

    The result is also None for an agreed date whose target names no hours.

    Args:
        incident: The clock's incident.
        rulebook: The plans and calendars that the incident was computed with.

    Raises:
        CalendarError: The calendar cannot be made.
    """
    coverage = _coverage(clock, rulebook)
    if coverage is None or isinstance(clock.target.allowed, WallTime):
        return None
    return rulebook.calendars.calendar(rulebook.contracts.get(clock.contract, incident.contract), coverage)


def _broken_since(clock: Clock, at: datetime) -> datetime | None:
    """The due instant in force that an open clock has passed by `at`: time must have run past it, as in the fold."""
    if not clock.state.open:
        return None
    passed = clock.breached_at or (clock.due_at if clock.state is ClockState.RUNNING else None)
    return passed if passed is not None and passed < at else None


def _coverage_titles(clock: Clock, rulebook: Rulebook) -> Texts:
    coverage = _coverage(clock, rulebook)
    return NO_TEXTS if coverage is None else coverage.titles


def _coverage(clock: Clock, rulebook: Rulebook) -> Coverage | None:
    plan = rulebook.plans.get(clock.plan)
    return None if plan is None else plan.coverages.get(clock.coverage)


def allowed_span(clock: Clock, calendar: Calendar | None) -> timedelta | None:
    """Return how much time the clock's target allows, or None if the target states no length of time.

    For a target in working days, the result is the open time in these days. The result is None for an agreed due date,
    for a target without an allowed time (`Unspecified`), and for working days without a calendar.

    Args:
        calendar: The hours that the clock counts. None means wall-clock time.

    Raises:
        CalendarError: The instant lies outside the calendar's years.
    """
    allowed = clock.target.allowed
    if clock.agreed_by:
        return None
    match allowed:
        case CoverageTime(span) | WallTime(span):
            return span
        case WorkingDayTime(days, mode):
            if calendar is None:
                return None
            start = clock.counted_from or clock.started_at
            return calendar.between(start, calendar.add_working_days(start, days, mode))
        case Unspecified():
            return None
        case _:
            assert_never(allowed)


def _metric(clock: Clock, entitlement: Entitlement) -> Metric | None:
    return next((metric for metric in entitlement.plan.metrics if metric.id == clock.metric), None)


def _rows(clock: Clock, entitlement: Entitlement) -> tuple[RowTried, ...]:
    """The rows in the order of trial up to the one in force, with the condition that failed each."""
    tried = []
    for row in entitlement.rows(clock.metric):
        failing = row.match.failing(clock.matched)
        if failing is not None:
            actual = clock.matched.get(failing.attribute, "")
            tried.append(RowTried(row, RowOutcome.FAILED, failing, actual))
            continue
        unspecified = isinstance(row.allowed, Unspecified) and row != clock.target
        tried.append(RowTried(row, RowOutcome.UNSPECIFIED if unspecified else RowOutcome.MATCHED))
        if unspecified:
            tried.append(RowTried(clock.target, RowOutcome.MATCHED))
        break
    return tuple(tried)


def _versions(rulebook: Rulebook, calendar: Calendar | None) -> Versions:
    revision = "" if calendar is None else f"{calendar.identity.id}@{calendar.identity.revision}"
    return Versions(rulebook.version, rulebook.holidays_version, rulebook.tzdata_version, revision)
