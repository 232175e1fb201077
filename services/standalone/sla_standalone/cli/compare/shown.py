"""A comparison as tables for people, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from sla_standalone.cli.output import note, say, table_console
from sla_standalone.cli.replayed import percent
from sla_standalone.compare import (
    ClockDifference,
    DifferenceKind,
    EngineComparison,
    OurClock,
    TheirClock,
    UnreadableRow,
)
from sla_standalone.replay.report import rounded_ratio, utc_or_none

SHOWN = 20
_WORDS = {
    DifferenceKind.VERDICT: "clocks that one side met and the other missed",
    DifferenceKind.UNDECIDED: "clocks on which only one side has a verdict",
    DifferenceKind.DUE: "clocks with the same verdict and another due instant",
    DifferenceKind.ONLY_THEY: "clocks that slad does not have",
    DifferenceKind.ONLY_WE: "clocks that they do not have",
    DifferenceKind.NO_INCIDENT: "clocks of tickets that slad does not know",
}


def show_comparison(engine: str, found: EngineComparison, rejects: Sequence[UnreadableRow], *, each: bool) -> None:
    """Print the counts of a comparison, and the differences with their reasons.

    Args:
        engine: Name of the other engine.
        rejects: Rows of the export that could not be read.
        each: Whether to print all differences instead of the first 20.
    """
    table = Table("clocks of both", "agree", "both decided", "same verdict", "share")
    for column in table.columns:
        column.justify = "right"
    share = percent(found.ratio)
    table.add_row(str(found.compared), str(found.agree), str(found.verdicts), str(found.same_verdict), share)
    table_console().print(table)
    for kind, words in _WORDS.items():
        if found.counts[kind]:
            say(f"{found.counts[kind]:>7} {words}")
    shown = found.differences if each else found.differences[:SHOWN]
    for one in shown:
        say(f"{one.ticket} {one.metric}: {'; '.join(one.why)}")
        say(f"    ours {_ours(one.ours)}, {engine} {_theirs(one.theirs)}")
    if len(found.differences) > len(shown):
        note(f"… and {len(found.differences) - len(shown)} more (--each shows all)")
    for reject in rejects[:SHOWN]:
        note(f"row {reject.row}: {reject.reason}")
    if len(rejects) > SHOWN:
        note(f"… and {len(rejects) - SHOWN} more rows that could not be read")


def comparison_json(found: EngineComparison, rejects: Sequence[UnreadableRow]) -> dict[str, Any]:
    """Return a comparison of slad with another engine as JSON values, as `slad compare --json` prints it.

    Args:
        rejects: Rows of the export that could not be read.
    """
    return {
        "compared": found.compared,
        "agree": found.agree,
        "verdicts": found.verdicts,
        "same_verdict": found.same_verdict,
        "ratio": rounded_ratio(found.ratio),
        "counts": {kind.value: found.counts[kind] for kind in DifferenceKind},
        "differences": [_difference_json(one) for one in found.differences],
        "rejects": [{"row": one.row, "reason": one.reason} for one in rejects],
    }


def _difference_json(one: ClockDifference) -> dict[str, Any]:
    ours, theirs = one.ours, one.theirs
    return {
        "kind": one.kind.value,
        "ticket": one.ticket,
        "metric": one.metric,
        "why": list(one.why),
        "ours": None
        if ours is None
        else {
            "incident": ours.incident,
            "cycle": ours.cycle,
            "contract": ours.contract,
            "priority": ours.priority,
            "state": ours.state.value,
            "started_at": utc_or_none(ours.started_at),
            "due_at": utc_or_none(ours.due_at),
            "ended_at": utc_or_none(ours.ended_at),
            "paused_seconds": ours.paused.total_seconds(),
            "hours": ours.hours,
        },
        "theirs": None
        if theirs is None
        else {
            "row": theirs.row,
            "target": theirs.label,
            "verdict": theirs.verdict.value,
            "started_at": utc_or_none(theirs.started_at),
            "due_at": utc_or_none(theirs.due_at),
            "ended_at": utc_or_none(theirs.ended_at),
            "paused_seconds": None if theirs.paused is None else theirs.paused.total_seconds(),
        },
    }


def _ours(clock: OurClock | None) -> str:
    if clock is None:
        return "no clock"
    return f"{clock.state.value} due {utc_or_none(clock.due_at) or '-'} ended {utc_or_none(clock.ended_at) or '-'}"


def _theirs(clock: TheirClock | None) -> str:
    if clock is None:
        return "no clock"
    ended = utc_or_none(clock.ended_at) or "-"
    return f"{clock.verdict.value} due {utc_or_none(clock.due_at) or '-'} ended {ended} (row {clock.row})"
