"""What `slad apply` prints, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sla_catalogue import Catalogue, ScenarioResult
from sla_domain.calendar import load_zone
from sla_domain.contract import ContractId
from sla_standalone.cli.apply.changes import Difference
from sla_standalone.cli.apply.install import Installed
from sla_standalone.cli.apply.moves import ClockMove, ClockSide, Move
from sla_standalone.cli.apply.open_clocks import OpenClocks
from sla_standalone.cli.calendar.holidays import row_json
from sla_standalone.cli.output import note, say
from sla_standalone.replay.report import utc_or_none

_SHOWN = 50
_DAYS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Report:
    """What `slad apply` has found and done, to be printed by `as_json` or `print_report`."""

    target: Path
    """The folder or file to which the catalogue is copied."""
    old: Catalogue | None
    """The catalogue in force. None if not known."""
    new: Catalogue
    """The catalogue to apply."""
    difference: Difference | None
    """What differs between the two catalogues. None if `old` is not known."""
    seen: OpenClocks | None
    """The open clocks of a service. None if no service was asked."""
    done: Installed | None
    """The files copied. None if nothing was copied."""
    failed: tuple[ScenarioResult, ...]
    """The new catalogue's own tests that fail."""
    dry_run: bool
    """Whether nothing was to be copied."""
    placed: bool
    """Whether --to or SLAD_CATALOGUE gave the target. Otherwise `target` is slad's example."""


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as the JSON values that `slad apply --json` prints.

    Among them are `changes` (entries, contracts and holidays that differ), `open` (changes of open clocks), and the
    file names `written` and `removed`. Each of these is None if it is not known or was not done.
    """
    done = report.done
    return {
        "applied": done is not None,
        "dry_run": report.dry_run,
        "target": str(report.target),
        "old": None if report.old is None else report.old.version,
        "new": report.new.version,
        "failed_tests": {result.scenario.name: list(result.failures) for result in report.failed},
        "changes": None if report.difference is None else _difference_json(report.difference),
        "open": None if report.seen is None else open_clocks_json(report.seen),
        "written": None if done is None else list(done.written),
        "removed": None if done is None else list(done.removed),
    }


def _difference_json(difference: Difference) -> dict[str, Any]:
    return {
        "entries": [{"what": edit.what.value, "section": edit.section, "name": edit.name} for edit in difference.edits],
        "contracts": list(difference.contracts),
        "days": [
            {"code": each.code, "added": list(map(row_json, each.added)), "removed": list(map(row_json, each.removed))}
            for each in difference.days
        ],
    }


def open_clocks_json(seen: OpenClocks) -> dict[str, Any]:
    """Return how a new catalogue would change the open clocks of a service, as JSON values.

    The keys are the fields of OpenClocks, and `counts`, which maps a kind of change to the number of clocks.
    """
    counts = Counter(move.turn for move in seen.moves)
    return {
        "catalogue": seen.catalogue,
        "incidents": seen.incidents,
        "clocks": seen.clocks,
        "now": utc_or_none(seen.now),
        "partial": list(seen.partial),
        "counts": {turn.value: counts[turn] for turn in ClockMove},
        "moves": [
            {
                "incident": move.incident, "contract": move.contract, "metric": move.metric, "cycle": move.cycle,
                "turn": move.turn.value, "old": _side_json(move.old), "new": _side_json(move.new),
            }
            for move in seen.moves
        ],
    }  # fmt: skip


def _side_json(side: ClockSide | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"state": side.state, "due_at": utc_or_none(side.due_at), "breached": side.breached}


def print_report(report: Report) -> None:
    """Print the report of `slad apply` for people.

    Changes go to stdout. Failed tests and the conclusion go to stderr.
    """
    if report.difference is not None:
        _tell_difference(report.difference)
    if report.seen is not None:
        print_open_clocks(report.seen, report.new)
    for result in report.failed:
        note("\n     ".join([f"FAIL {result.scenario.name}", *result.failures]))
    note(_conclusion(report))


def _conclusion(report: Report) -> str:
    target, new, done = report.target, report.new.version, report.done
    before = "nothing" if report.old is None else report.old.version
    if report.failed:
        return f"{target}: {new} is not applied, {len(report.failed)} of its own tests fail"
    if done is not None:
        return f"{target}: {before} -> {new}, {len(done.written)} file(s) written, {len(done.removed)} removed"
    if report.dry_run and not report.placed:
        where = "to apply it, say --to DIR or set SLAD_CATALOGUE"
        return f"{new} is sound, and compared with {target}; nothing was written; {where}"
    if report.dry_run:
        return f"{target}: {before} -> {new} would be applied; nothing was written"
    return f"{target}: {new} is sound and in place already (before it: {before})"


def _tell_difference(difference: Difference) -> None:
    for edit in difference.edits:
        say(str(edit))
    for each in difference.days:
        rows = [*(("-", row) for row in each.removed), *(("+", row) for row in each.added)]
        for sign, row in rows[:_DAYS_SHOWN]:
            say(f"{sign} {each.code} {row.date} {row.name}")
        if len(rows) > _DAYS_SHOWN:
            note(f"… and {len(rows) - _DAYS_SHOWN} more days of {each.code}")
    if difference.contracts:
        say(f"promises may change under: {', '.join(difference.contracts)}")
    if difference.empty:
        note("no entry differs (secrets are not compared)")


def print_open_clocks(seen: OpenClocks, book: Catalogue) -> None:
    """Print the changes that a new catalogue would make to open clocks.

    At most 50 changes go to stdout; how many clocks change in each way goes to stderr. Times are in the zones of the
    contracts in the catalogue `book`.
    """
    for move in seen.moves[:_SHOWN]:
        zone = _zone(move, book)
        say(
            f"{move.turn.value:<8} {move.incident} {move.metric} ({move.contract}): "
            f"{_side(move.old, zone)} -> {_side(move.new, zone)}"
        )
    if len(seen.moves) > _SHOWN:
        note(f"… and {len(seen.moves) - _SHOWN} more (--json shows all)")
    counts = Counter(move.turn for move in seen.moves)
    said = ", ".join(f"{turn.value} {counts[turn]}" for turn in ClockMove if counts[turn]) or "none would change"
    note(f"{seen.clocks} open clocks of {seen.incidents} incidents under {seen.catalogue}: {said}")
    if seen.partial:
        note(
            f"not compared: {len(seen.partial)} incidents of which this key is not shown all events (--json names them)"
        )


def _zone(move: Move, book: Catalogue) -> str:
    contract = book.rulebook.contracts.get(ContractId(move.contract))
    return "Etc/UTC" if contract is None else contract.zone


def _side(side: ClockSide | None, zone: str) -> str:
    if side is None:
        return "no clock"
    overdue = ", overdue" if side.breached else ""
    return f"{side.state} due {_local(side.due_at, zone)}{overdue}"


def _local(at: datetime | None, zone: str) -> str:
    return "-" if at is None else f"{at.astimezone(load_zone(zone)):%Y-%m-%d %H:%M %z}"
