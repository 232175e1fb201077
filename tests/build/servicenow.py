"""The company's ServiceNow log as CloudEvents: one row per update becomes what changed with it.

Mapping: New and Active are work; Awaiting User Info waits for the customer, Awaiting Vendor for the vendor, any other
Awaiting for others; Resolved and Closed end it; work after Resolved reopens it. Times are the company's local time
(Brazil, by its holidays and names); ties within a minute are ordered by sys_mod_count.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Sao_Paulo")
PRIORITIES = {"1 - Critical": "P1", "2 - High": "P2", "3 - Moderate": "P3", "4 - Low": "P4"}
WAITING = {"Awaiting User Info": "customer", "Awaiting Vendor": "vendor"}
Row = dict[str, str]
Event = dict[str, object]


@dataclass(frozen=True, slots=True)
class Ticket:
    """One incident: its events in the log's own order, and what the rows themselves say of its end: the phase, the
    priority, when it was resolved for the last time, and for how many seconds it awaited whom."""

    number: str
    events: tuple[Event, ...]
    phase: str
    priority: str
    resolved_at: datetime
    waited: Mapping[str, float]


def tickets(path: Path, source: str, customer: str = "Acme") -> list[Ticket]:
    """Every incident of the log, in the order in which they first appear."""
    rows: dict[str, list[Row]] = {}
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            rows.setdefault(row["number"], []).append(row)
    return [_ticket(number, updates, source, customer) for number, updates in rows.items()]


def _ticket(number: str, rows: list[Row], source: str, customer: str) -> Ticket:
    last = rows[-1]
    return Ticket(
        number,
        tuple(_events(number, rows, source, customer)),
        phase_of(last["incident_state"]),
        PRIORITIES[last["priority"]],
        _resolved_at(rows),
        _waited(rows),
    )


def _resolved_at(rows: list[Row]) -> datetime:
    """The first row of the last unbroken run of Resolved and Closed."""
    at = rows[-1]
    for row in reversed(rows):
        if row["incident_state"] not in ("Resolved", "Closed"):
            break
        at = row
    return _instant(at["sys_updated_at"])


def _waited(rows: list[Row]) -> Mapping[str, float]:
    """From each Awaiting row to the next row, whatever that says."""
    waited = {"customer": 0.0, "vendor": 0.0, "other": 0.0}
    for row, following in pairwise(rows):
        if row["incident_state"].startswith("Awaiting"):
            span = _instant(following["sys_updated_at"]) - _instant(row["sys_updated_at"])
            waited[WAITING.get(row["incident_state"], "other")] += span.total_seconds()
    return waited


def phase_of(state: str) -> str:
    """slad's phase for a ServiceNow state."""
    if state in ("Resolved", "Closed"):
        return state.lower()
    return "waiting" if state.startswith("Awaiting") else "open"


def _events(number: str, rows: list[Row], source: str, customer: str) -> Iterator[Event]:
    first = rows[0]
    priority = PRIORITIES[first["priority"]]
    data = {"customer": customer, "priority": priority, "title": first["u_symptom"], "type": first["category"]}
    yield _event(number, source, "opened", first["opened_at"], 0, data)
    state = "New"
    for row in rows:
        at, version = row["sys_updated_at"], int(row["sys_mod_count"]) + 1
        if PRIORITIES[row["priority"]] != priority:
            priority = PRIORITIES[row["priority"]]
            yield _event(number, source, "priority_changed", at, version, {"priority": priority})
        if row["incident_state"] != state:
            found = _change(state, row["incident_state"])
            state = row["incident_state"]
            if found is not None:
                yield _event(number, source, found[0], at, version, found[1])


def _change(old: str, new: str) -> tuple[str, dict[str, str]] | None:
    """What a change of state means; None for New to Active and back."""
    if new in ("Resolved", "Closed"):
        return new.lower(), {"actor": "staff"}
    if new.startswith("Awaiting"):
        return "waiting", {"waiting_on": WAITING.get(new, "other")}
    if old in ("Resolved", "Closed"):
        return "reopened", {}
    return ("resumed", {}) if old.startswith("Awaiting") else None


def _event(number: str, source: str, kind: str, at: str, version: int, data: dict[str, str]) -> Event:
    return {
        "specversion": "1.0",
        "id": f"{number}-{version}-{kind}",
        "source": f"/{source}",
        "type": f"io.slad.incident.{kind}.v1",
        "subject": number,
        "time": _instant(at).isoformat(),
        "data": data | {"version": version},
    }


def _instant(written: str) -> datetime:
    return datetime.strptime(written, "%d-%m-%Y %H:%M").replace(tzinfo=ZONE)
