"""An explanation as plain values for JSON: instants as RFC 3339 UTC, spans in seconds (microseconds as decimals)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sla_domain.explain.explanation import Explanation, ReasonedStep, RowTried
from sla_domain.explain.language import words_for
from sla_domain.explain.text import allowed_words, passed_words

_ENGLISH = words_for("en")


def as_dict(e: Explanation) -> dict[str, Any]:
    """Return the explanation as a dict of JSON values, for programs.

    Instants are RFC 3339 texts in UTC. Spans are numbers of seconds, under keys that end in `_seconds`. Texts are
    English.
    """
    return {
        "incident": e.incident,
        "clock": str(e.clock),
        "metric": e.metric,
        "cycle": e.cycle,
        "at": _at(e.at),
        "state": e.state.value,
        "broken_since": _at(e.broken_since),
        "why": e.why,
        "contract": {"id": e.contract, "reason": e.match_reason.name.lower(), "text": e.match_reason.value},
        "plan": {"id": e.plan, "scope": e.scope.word, "text": e.scope.value},
        "entitlement": e.entitlement,
        "passed_over": [
            {"entitlement": one.entitlement, "reason": one.reason.value, "text": passed_words(one, _ENGLISH)}
            for one in e.passed_over
        ],
        "priority": e.priority,
        "priority_titles": dict(e.priority_titles),
        "priority_definitions": dict(e.definitions),
        "target": {
            "allowed": allowed_words(e.target, _ENGLISH),
            "coverage": e.coverage,
            "coverage_titles": dict(e.coverage_titles),
            "zone": e.zone,
            "clause": e.target.clause,
            "line": e.target.line,
        },
        "allowed_seconds": _seconds(e.allowed),
        "consumed_seconds": _seconds(e.consumed),
        "remaining_seconds": _seconds(e.remaining),
        "due_at": _at(e.due_at),
        "original_due_at": _at(e.original_due_at),
        "generation": e.generation,
        "counted_from": _at(e.counted_from),
        "agreed": {"by": e.agreed_by, "reason": e.agreed_reason} if e.agreed_by else None,
        "exempt": {"by": e.exempt_by, "reason": e.exempt} if e.exempt else None,
        "steps": [_step(step) for step in e.steps],
        "rows": [_row(row) for row in e.rows],
        "withdrawn_at": _at(e.withdrawn_at),
        "marks": [{"key": mark.key, "at": _at(mark.at), "pending": e.expected(mark)} for mark in e.marks],
        "versions": {
            "catalogue": e.versions.catalogue,
            "holidays": e.versions.holidays,
            "tzdata": e.versions.tzdata,
            "calendar": e.versions.calendar,
        },
        "quality": e.quality.value,
    }


def _step(step: ReasonedStep) -> dict[str, Any]:
    return {
        "start": _at(step.start),
        "end": _at(step.end),
        "kind": step.kind.value,
        "reason": step.reason,
        "waiting_on": step.waiting_on.value if step.waiting_on is not None else None,
        "counted_seconds": _seconds(step.counted),
        "total_seconds": _seconds(step.total),
        "credited_seconds": _seconds(step.credited),
        "ahead": step.ahead,
    }


def _row(row: RowTried) -> dict[str, Any]:
    condition = row.condition
    return {
        "clause": row.target.clause,
        "line": row.target.line,
        "allowed": allowed_words(row.target, _ENGLISH),
        "outcome": row.outcome.value,
        "failed": None
        if condition is None
        else {
            "attribute": condition.attribute,
            "actual": row.actual,
            "values": sorted(condition.values),
            "negated": condition.negated,
        },
    }


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _seconds(span: timedelta | None) -> int | float | None:
    if span is None:
        return None
    return span // timedelta(seconds=1) if not span.microseconds else span.total_seconds()
