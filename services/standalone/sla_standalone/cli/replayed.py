"""The result of a replay as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table

from sla_domain.calendar import load_zone
from sla_standalone.cli.output import note, say, table_console
from sla_standalone.replay import ClockOutcome, ConfusionMatrix, Figures, OutcomeChange, Played, ReplayRules
from sla_standalone.replay.figures import SHOWN

_TURNS = {
    OutcomeChange.BROKEN: "were kept and would be missed",
    OutcomeChange.MENDED: "were missed and would be met",
    OutcomeChange.APPEARED: "have a clock only under the other plan",
    OutcomeChange.VANISHED: "have no clock under the other plan",
    OutcomeChange.OTHER: "would end otherwise",
    OutcomeChange.MOVED: "keep their verdict and move their due instant",
}


def show_replay(rules: Sequence[ReplayRules], played: Played, *, each: bool) -> None:
    """Print the results of a replay (`played`) as tables.

    Args:
        rules: The plan by which the log was judged, or two plans.
        each: Whether to print the verdict of every clock too, and every remark on an odd incident.
    """
    figures = played.figures
    if each:
        for record in played.records:
            for outcome in record.outcomes[0]:
                say(line_of(outcome))
            for kind, text in record.remarks:
                say(f"{record.incident} remark {kind}: {text}")
    _attainment(figures)
    if figures.compares:
        _agreement(figures)
    if len(rules) == 2:
        _difference(figures)
    _log(played, rules[0])


def line_of(outcome: ClockOutcome) -> str:
    """Return the verdict of one clock as a line of text, with times in the contract's zone.

    For example `jira:OPS-7 resolution P1 met due 2026-11-12 16:00 ended 2026-11-12 15:20`.
    """
    due = _local(outcome.due_at, outcome.zone)
    ended = _local(outcome.ended_at, outcome.zone)
    cycle = f"/{outcome.cycle + 1}" if outcome.cycle else ""
    quality = "" if outcome.quality == "exact" else f" ({outcome.quality})"
    return (
        f"{outcome.incident} {outcome.metric}{cycle} {outcome.priority or '-'} {outcome.verdict.value} "
        f"due {due} ended {ended}{quality}"
    )


def _attainment(figures: Figures) -> None:
    table = Table("contract", "metric", "priority", "month", "met", "missed", "open", "other", "attainment")
    for column in table.columns[4:]:
        column.justify = "right"
    for group, tally in figures.attainment.items():
        decided = tally.met + tally.missed
        counts = tally.counts.values()
        still_open = sum(count for verdict, count in tally.counts.items() if verdict.value == "open")
        table.add_row(
            group.contract, group.metric, group.priority or "-", group.month, str(tally.met), str(tally.missed),
            str(still_open), str(sum(counts) - decided - still_open), percent(tally.ratio),
        )  # fmt: skip
    table_console().print(table)


def _agreement(figures: Figures) -> None:
    found = figures.agreement
    table = Table(
        "priority", "agree", "both met", "both missed", "only we: met", "only we: missed", "undecided", "share"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for priority, part in (*sorted(found.by_priority.items()), ("all", found.whole)):
        table.add_row(priority or "-", *_cells(part), percent(part.ratio))
    table_console().print(table)
    for _, one in figures.disagreements:
        ours = "no verdict" if one.ours is None else one.ours.value
        say(f"{one.incident} {one.metric} {one.priority}: ours {ours}, theirs {'met' if one.theirs else 'missed'}")
    _more(found.whole.disagree)


def _cells(one: ConfusionMatrix) -> tuple[str, ...]:
    counts = (one.agree, one.met_met, one.missed_missed, one.met_missed, one.missed_met, one.undecided)
    return tuple(map(str, counts))


def _difference(figures: Figures) -> None:
    for turn, words in _TURNS.items():
        say(f"{figures.changes[turn]:>7} {words}")
    for _, change in figures.turned:
        say(f"{change.turn.value} {change.one.incident} {change.one.metric}: {_side(change.old)}, {_side(change.new)}")
    _more(figures.changes.total() - figures.changes[OutcomeChange.MOVED])


def _side(outcome: ClockOutcome | None) -> str:
    if outcome is None:
        return "no clock"
    return f"{outcome.verdict.value} due {_local(outcome.due_at, outcome.zone)}"


def _log(played: Played, one: ReplayRules) -> None:
    for reject in played.rejects[:SHOWN]:
        note(f"line {reject.line}: {reject.reason}")
    for remark, count in played.remarks.most_common(SHOWN):
        note(f"unknown {remark}: {count} row(s)")
    _remarked(played)
    span = f", {played.first:%Y-%m-%d} to {played.until:%Y-%m-%d}" if played.first and played.until else ""
    rejected = f", {played.rejected} line(s) could not be read" if played.rejected else ""
    note(
        f"{played.incidents} incidents, {played.events} events{span}{rejected}; catalogue {one.catalogue.version}; "
        "nothing was written or sent"
    )


def _remarked(played: Played) -> None:
    """How many incidents have which kind of remark, with the first of each kind."""
    for kind, count in played.odd.most_common():
        _, incident, text = played.noted[kind]
        note(f"remark {kind}: {count} incident(s), such as {incident}: {text}")


def _more(count: int) -> None:
    if count > SHOWN:
        note(f"… and {count - SHOWN} more (--json shows all)")


def percent(ratio: float | None) -> str:
    """Return a ratio as a percentage, such as `99.50%`; "-" for None."""
    return "-" if ratio is None else f"{ratio:.2%}"


def _local(at: datetime | None, zone: str) -> str:
    """Return the local time; with its offset where the clock shows it twice, since it would say nothing without."""
    if at is None:
        return "-"
    local = at.astimezone(load_zone(zone))
    twice = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
    return f"{local:%Y-%m-%d %H:%M %z}" if twice else f"{local:%Y-%m-%d %H:%M}"
