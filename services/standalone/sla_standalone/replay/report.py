"""The results of a replay as JSON values: instants as RFC 3339 UTC, ratios from 0 to 1. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sla_domain.rfc3339 import rfc3339
from sla_standalone.replay.count import ConfusionMatrix, Disagreement, Group, VerdictAgreement, VerdictCounts
from sla_standalone.replay.difference import ChangedOutcome, OutcomeChange, changed_outcomes
from sla_standalone.replay.figures import disagreements
from sla_standalone.replay.judge import ClockOutcome, Verdict
from sla_standalone.replay.life import Reject
from sla_standalone.replay.play import Played
from sla_standalone.replay.record import Record


def log_json(played: Played) -> dict[str, Any]:
    """Return what a replayed log contains, as JSON values.

    - `incidents`, `events`: the numbers of incidents and of events.
    - `from`, `until`: when the log begins and ends.
    - `rejected`: the number of lines that could not be read.
    - `rejects`: the first lines that could not be read.
    - `remarks`: maps a status that the mapping file does not list to the number of rows.
    - `incident_remarks`: maps a kind of oddity to the number of incidents.
    """
    return {
        "incidents": played.incidents,
        "events": played.events,
        "from": utc_or_none(played.first),
        "until": utc_or_none(played.until),
        "rejected": played.rejected,
        "rejects": [reject_json(reject) for reject in played.rejects],
        "remarks": dict(sorted(played.remarks.items())),
        "incident_remarks": dict(sorted(played.odd.items())),
    }


def reject_json(reject: Reject) -> dict[str, Any]:
    """Return a line of a log that could not be read, as JSON values.

    `line` is the line's number, `reason` says why it could not be read, and `text` is the beginning of the line.
    """
    return {"line": reject.line, "reason": reject.reason, "text": reject.text}


def outcome_json(outcome: ClockOutcome) -> dict[str, Any]:
    """Return the outcome of one clock as JSON values.

    The keys are the fields of ClockOutcome, without `zone` and `pending`. Instants are texts in UTC.
    """
    return {
        "incident": outcome.incident,
        "metric": outcome.metric,
        "cycle": outcome.cycle,
        "contract": outcome.contract,
        "plan": outcome.plan,
        "priority": outcome.priority,
        "verdict": outcome.verdict.value,
        "started_at": utc_or_none(outcome.started_at),
        "due_at": utc_or_none(outcome.due_at),
        "breached_at": utc_or_none(outcome.breached_at),
        "ended_at": utc_or_none(outcome.ended_at),
        "consumed_seconds": whole_seconds(outcome.consumed_seconds),
        "warned": outcome.warned,
        "quality": outcome.quality,
    }


def verdicts_json(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield the outcome of every clock under the first plan, in the order of the log.

    The items are results of `outcome_json`.
    """
    return (outcome_json(outcome) for record in records for outcome in record.outcomes[0])


def remarked_json(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield each remark on an odd incident as JSON values, in the order of the log.

    The keys are `incident`, `kind` and `text`.
    """
    return (
        {"incident": record.incident, "kind": kind, "text": text} for record in records for kind, text in record.remarks
    )


def totals_json(totals: Mapping[str, VerdictCounts]) -> dict[str, dict[str, Any]]:
    """Return the numbers of clocks by verdict, for each metric, as JSON values.

    `ratio` is the attainment: met ÷ (met + missed + overdue).
    """
    return {metric: tally_json(tally) for metric, tally in totals.items()}


def tally_json(tally: VerdictCounts) -> dict[str, Any]:
    """Return the numbers of clocks by verdict, as JSON values.

    `ratio` is the attainment: met ÷ (met + missed + overdue).
    """
    return {**{verdict.value: tally.counts[verdict] for verdict in Verdict}, "ratio": rounded_ratio(tally.ratio)}


def attainment_json(groups: Mapping[Group, VerdictCounts]) -> list[dict[str, Any]]:
    """Return the attainment by contract, metric, priority and month, as JSON values.

    Each object has the numbers of clocks by verdict, and the share of targets met as `ratio`.

    Args:
        groups: Maps contract, metric, priority and month to the counts.
    """
    return [
        {"contract": group.contract, "metric": group.metric, "priority": group.priority, "month": group.month}
        | tally_json(tally)
        for group, tally in groups.items()
    ]


def agreement_json(found: VerdictAgreement, records: Iterable[Record]) -> dict[str, Any]:
    """Return how often slad's verdicts agree with another system's, as JSON values.

    `disagreements` in the result is an iterator over all verdicts that differ. It reads `records` while it is used.

    Args:
        found: The counts, over all incidents and by priority.
        records: The incidents' results under one plan or two. Only those under the first are compared.
    """
    return {
        **confusion_json(found.whole),
        "by_priority": {priority: confusion_json(one) for priority, one in sorted(found.by_priority.items())},
        "disagreements": (disagreement_json(one) for record in records for one in disagreements(record)),
    }


def disagreement_json(one: Disagreement) -> dict[str, Any]:
    """Return, as JSON values, one metric of an incident on which the verdicts of slad and another system differ.

    `ours` is slad's verdict; null if slad has no clock. `theirs` is the other system's verdict, `met` or `missed`.
    `due_at` and `ended_at` are the due instant and the end of slad's clock.
    """
    return {
        "incident": one.incident,
        "metric": one.metric,
        "priority": one.priority,
        "ours": None if one.ours is None else one.ours.value,
        "theirs": "met" if one.theirs else "missed",
        "due_at": None if one.outcome is None else utc_or_none(one.outcome.due_at),
        "ended_at": None if one.outcome is None else utc_or_none(one.outcome.ended_at),
    }


def confusion_json(found: ConfusionMatrix) -> dict[str, Any]:
    """Return the numbers of clocks by slad's verdict and another system's verdict, as JSON values.

    `compared` is the number of clocks on which both have a verdict. `ratio` is the share of these clocks on which the
    verdicts are equal. In a name in `confusion`, slad's verdict comes first: `met_missed` is met for slad, missed for
    the other system.
    """
    return {
        "compared": found.compared,
        "agree": found.agree,
        "ratio": rounded_ratio(found.ratio),
        "undecided": found.undecided,
        "confusion": {
            "met_met": found.met_met,
            "met_missed": found.met_missed,
            "missed_met": found.missed_met,
            "missed_missed": found.missed_missed,
        },
    }


def difference_json(counts: Counter[OutcomeChange], records: Iterable[Record]) -> dict[str, Any]:
    """Return the clocks that change under a second plan, as JSON values with the keys `counts` and `changes`.

    `changes` is an iterator over all changed clocks. It reads `records` while it is used.

    Args:
        counts: Maps a kind of change to the number of clocks.
        records: The incidents' results under both plans.
    """
    return {
        "counts": {turn.value: counts[turn] for turn in OutcomeChange},
        "changes": (change_json(change) for record in records for change in changed_outcomes(*record.outcomes)),
    }


def change_json(change: ChangedOutcome) -> dict[str, Any]:
    """Return a clock whose outcome differs between two plans, as JSON values.

    `turn` is the kind of change, an OutcomeChange. `cycle` is the number of the clock, from 0, among the incident's
    clocks of the metric. `old` and `new` are the outcomes under the first and second plan; null if the plan has no such
    clock.
    """
    return {
        "turn": change.turn.value,
        "incident": change.one.incident,
        "metric": change.one.metric,
        "cycle": change.one.cycle,
        "old": side_json(change.old),
        "new": side_json(change.new),
    }


def side_json(outcome: ClockOutcome | None) -> dict[str, Any] | None:
    """Return the outcome of a clock under one of two plans, as JSON values.

    The keys are `verdict`, `priority`, `plan` and `due_at`. The result is None if the plan has no such clock.
    """
    if outcome is None:
        return None
    return {
        "verdict": outcome.verdict.value,
        "priority": outcome.priority,
        "plan": outcome.plan,
        "due_at": utc_or_none(outcome.due_at),
    }


def utc_or_none(at: datetime | None) -> str | None:
    """Return an instant as RFC 3339 text in UTC; None if `at` is None."""
    return None if at is None else rfc3339(at.astimezone(UTC))


def rounded_ratio(ratio: float | None) -> float | None:
    """Return a ratio rounded to six decimal places; None if `ratio` is None."""
    return None if ratio is None else round(ratio, 6)


def whole_seconds(seconds: float) -> int | float:
    """Return the number of seconds as an int if it is a whole number, else unchanged."""
    return int(seconds) if seconds == int(seconds) else seconds
