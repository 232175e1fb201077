"""Zammad: tickets of `/api/v1/tickets`, as JSON or CSV. Each has up to three targets: first response, update, close.

While a target runs, `…_escalation_at` is its due instant; once it is answered, `…_diff_in_min` says by how much it was
kept (negative: missed), and the due instant is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sla_standalone.compare.clock import TheirClock, TheirVerdict, UnreadableRow
from sla_standalone.compare.document import Record
from sla_standalone.compare.engine.port import ReadOptions, UnreadableValue, ended, instant, number, running, text

METRICS = ("first_response", "update", "resolution")


@dataclass(frozen=True, slots=True)
class _Target:
    label: str
    metric: str
    end: str  # the column with the end; "": the target has none, it runs on from contact to contact


_TARGETS = (
    _Target("first_response", "first_response", "first_response_at"),
    _Target("update", "update", ""),
    _Target("close", "resolution", "close_at"),
)


def read(records: Iterable[tuple[int, Record]], options: ReadOptions) -> Iterator[TheirClock | UnreadableRow]:
    """Yield the clocks of each Zammad ticket; for a ticket that cannot be read, yield an `UnreadableRow`."""
    for row, record in records:
        try:
            yield from list(_clocks(row, record, options))
        except UnreadableValue as error:
            yield UnreadableRow(row, str(error))


def _clocks(row: int, record: Record, options: ReadOptions) -> Iterator[TheirClock]:
    names = tuple(dict.fromkeys(name for name in (text(record, "number"), text(record, "id")) if name))
    if not names:
        raise UnreadableValue("it has neither number nor id")
    for target in _TARGETS:
        due = instant(record, f"{target.label}_escalation_at", options.zone)
        margin = number(record, f"{target.label}_diff_in_min")
        end = instant(record, target.end, options.zone) if target.end else None
        if due is None and margin is None:
            continue  # no such target
        if due is not None and (end is None or not target.end):
            verdict = running(due, options.until)
        elif margin is not None:
            verdict = TheirVerdict.MET if margin >= 0 else TheirVerdict.MISSED
        else:
            assert due is not None
            assert end is not None
            verdict = ended(due, end)
        yield TheirClock(
            row=row,
            names=names,
            metric=options.metrics.get(target.label, target.metric),
            verdict=verdict,
            due_at=due,
            started_at=instant(record, "created_at", options.zone) if target.metric != "update" else None,
            ended_at=end,
            label=_label(target.label, margin),
        )


def _label(label: str, margin: float | None) -> str:
    if margin is None:
        return label
    spare = timedelta(minutes=abs(margin))
    return f"{label}, {'kept with' if margin >= 0 else 'missed by'} {int(spare.total_seconds() // 60)} min"
