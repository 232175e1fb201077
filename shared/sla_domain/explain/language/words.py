"""The words of one language: the texts of every explanation, as format strings. A missing word is a type error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_domain.breakdown import Party
from sla_domain.clock import ClockState
from sla_domain.event import TimeQuality, WaitingOn
from sla_domain.explain.explanation import StepKind
from sla_domain.explain.language.plural import PluralForm
from sla_domain.incident import PassedReason, Scope
from sla_domain.rulebook import MatchReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts of explanations in one language, as format strings such as `Due {due}`.

    Each field is named for what its text says. The mappings have a text for each member of an enum.
    """

    language: str
    heading: str  # metric, incident, cycle, state
    contract: str  # contract, reason
    plan: str  # plan, scope
    entitlement: str  # entitlement: the one that applies, of a contract with several
    passed_over: str  # entitlement, reason
    priority: str  # priority
    definition: str  # priority, definition
    target: str  # target, coverage, zone, row
    agreed: str  # by, reason, original
    agreed_without_reason: str  # by, original
    exempt: str  # reason, by
    rows: str
    row_matched: str
    row_failed: str  # attribute, actual, wanted
    row_failed_not: str  # attribute, actual, unwanted
    row_unspecified: str
    time: str
    total: str  # total
    ahead: str
    credited: str  # span
    due: str  # due
    due_undefined: str
    original: str  # due
    sums: str
    """The time consumed, allowed and left. Placeholders: consumed, allowed, remaining."""
    sums_open: str
    """The time consumed alone. Placeholder: consumed."""
    left: str
    no_clock: str  # incident
    remarks: str  # the heading of the incident's remarks
    warned: str  # threshold, at
    breached: str  # at
    withdrawn: str  # at: since when the target is no longer promised
    versions: str  # catalogue, holidays, tzdata, calendar
    quality: str  # quality
    qualities: Mapping[TimeQuality, str]
    unspecified: str
    days: Mapping[PluralForm, str]  # count
    working_days: Mapping[PluralForm, str]  # count
    wall: str  # span
    nothing: str
    """The word "none"."""
    hour: str
    minute: str
    second: str
    weekdays: tuple[str, ...]
    """Short names, Monday first."""
    columns: tuple[str, str, str, str]
    """Heads of the table of steps: when, kind, counted time, sum."""
    states: Mapping[ClockState, str]
    unanswered: str
    """Since when an open clock with a promise to answer is overdue. Placeholder: since."""
    unfulfilled: str
    """Since when any other open clock is overdue. Placeholder: since."""
    broken_paused: str  # state, since
    steps: Mapping[StepKind, str]
    parties: Mapping[WaitingOn, str]
    reasons: Mapping[MatchReason, str]
    scopes: Mapping[Scope, str]
    passed: Mapping[PassedReason, str]  # detail
    whose_time: str  # the heading of a breakdown
    holder: str  # the heads of a breakdown's tables, as the next three
    party: str
    counted_time: str
    wall_time: str
    nobody: str  # no holder was stated
    sides: Mapping[Party, str]
