"""English."""

from __future__ import annotations

from sla_domain.clock import ClockState
from sla_domain.event import TimeQuality, WaitingOn
from sla_domain.explain.explanation import StepKind
from sla_domain.explain.language.plural import PluralForm
from sla_domain.explain.language.words import Words
from sla_domain.incident import PassedReason, Scope
from sla_domain.rulebook import MatchReason

WORDS = Words(
    language="en",
    heading="{metric} of {incident}, cycle {cycle}: {state}",
    contract="Contract {contract}: {reason}",
    plan="Plan {plan}: {scope}",
    entitlement="Entitlement {entitlement}",
    passed_over="Not by entitlement {entitlement}: {reason}",
    priority="Priority {priority}",
    definition="Meaning of {priority}: {definition}",
    target="Target {target} in {coverage} ({zone}), row {row}",
    agreed="Date agreed by {by}: {reason}; originally {original}",
    agreed_without_reason="Date agreed by {by}; originally {original}",
    exempt="Counts in no attainment: {reason} ({by})",
    rows="Rows tried",
    row_matched="matches",
    row_failed="no: {attribute} is {actual}, the row wants {wanted}",
    row_failed_not="no: {attribute} is {actual}, the row excludes {wanted}",
    row_unspecified="matches but gives no number: the contract supplies it",
    time="Time",
    total="sum {total}",
    ahead="expected",
    credited="moves the date by {span}",
    due="Due {due}",
    due_undefined="No due instant: the clock does not run",
    original="First promised {due}",
    sums="Consumed {consumed} of {allowed}, left {remaining}",
    sums_open="Consumed {consumed}",
    left="Left",
    no_clock="No clock runs on {incident}.",
    remarks="Remarks on the incident:",
    warned="Warning {threshold} at {at}",
    breached="Breach at {at}",
    withdrawn="No longer promised since {at}: the catalogue or the contract in force has no such target",
    versions="Catalogue {catalogue}, holidays {holidays}, time zones {tzdata}, calendar {calendar}",
    quality="Quality of the times: {quality}",
    qualities={quality: quality.value for quality in TimeQuality},
    unspecified="unspecified",
    days={
        PluralForm.ONE: "{count} day",
        PluralForm.OTHER: "{count} days",
    },
    working_days={
        PluralForm.ONE: "{count} working day",
        PluralForm.OTHER: "{count} working days",
    },
    wall="{span} by the wall clock",
    nothing="none",
    hour="h",
    minute="min",
    second="s",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    columns=("When", "What", "Counts", "Sum"),
    states={
        ClockState.RUNNING: "running",
        ClockState.PAUSED: "paused",
        ClockState.MET: "met",
        ClockState.MISSED: "missed",
        ClockState.CANCELLED: "cancelled",
    },
    unanswered="broken since {since}, still unanswered",
    unfulfilled="broken since {since}, still not fulfilled",
    broken_paused="{state}, broken since {since}",
    steps={
        StepKind.COUNTED: "counted",
        StepKind.OUTSIDE_HOURS: "outside hours",
        StepKind.HOLIDAY: "holiday",
        StepKind.CLOSING: "closed",
        StepKind.PAUSED: "paused",
        StepKind.ENDED: "ended until reopened",
        StepKind.BEFORE_RESTART: "before the restart",
        StepKind.EARLIER: "earlier stretches together",
    },
    parties={
        WaitingOn.CUSTOMER: "waiting on the customer",
        WaitingOn.VENDOR: "waiting on the vendor",
        WaitingOn.OTHER: "waiting on others",
    },
    reasons={reason: reason.value for reason in MatchReason},
    scopes={scope: scope.value for scope in Scope},
    passed={
        PassedReason.BEGINS: "it begins on {detail}",
        PassedReason.ENDED: "it ended on {detail}",
        PassedReason.TYPE: "it is not for requests of the type {detail}",
        PassedReason.PRODUCT: "the product {detail} is out of its scope",
        PassedReason.EXCLUDED: "the product {detail} is excluded from it",
        PassedReason.UNAVAILABLE: "its plan is not available for the product {detail}",
        PassedReason.LATER: "{detail} stands before it and covers the incident",
    },
)
