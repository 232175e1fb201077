"""The company's ServiceNow log as CloudEvents: one row per update becomes what changed with it.

Mapping: New and Active are work; Awaiting User Info waits for the customer, Awaiting Vendor for the vendor, any other
Awaiting for others; Resolved and Closed end it; work after Resolved reopens it. Times are the company's local time
(Brazil, by its holidays and names); ties within a minute are ordered by sys_mod_count.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Sao_Paulo")
PRIORITIES = {"1 - Critical": "P1", "2 - High": "P2", "3 - Moderate": "P3", "4 - Low": "P4"}
WAITING = {"Awaiting User Info": "customer", "Awaiting Vendor": "vendor"}
Row = dict[str, str]
Event = dict[str, object]


@dataclass(frozen=True, slots=True)
class Ticket:
    """One incident: its events in the log's own order, and the phase in which the log leaves it."""

    number: str
    events: tuple[Event, ...]
    phase: str


def tickets(path: Path, source: str) -> list[Ticket]:
    """Every incident of the log, in the order in which they first appear."""
    rows: dict[str, list[Row]] = {}
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            rows.setdefault(row["number"], []).append(row)
    return [
        Ticket(number, tuple(_events(number, updates, source)), phase_of(updates[-1]["incident_state"]))
        for number, updates in rows.items()
    ]


def phase_of(state: str) -> str:
    """slad's phase for a ServiceNow state."""
    if state in ("Resolved", "Closed"):
        return state.lower()
    return "waiting" if state.startswith("Awaiting") else "open"


def _events(number: str, rows: list[Row], source: str) -> Iterator[Event]:
    first = rows[0]
    priority = PRIORITIES[first["priority"]]
    data = {"customer": "Acme", "priority": priority, "title": first["u_symptom"], "type": first["category"]}
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
    instant = datetime.strptime(at, "%d-%m-%Y %H:%M").replace(tzinfo=ZONE)
    return {
        "specversion": "1.0",
        "id": f"{number}-{version}-{kind}",
        "source": f"/{source}",
        "type": f"io.slad.incident.{kind}.v1",
        "subject": number,
        "time": instant.isoformat(),
        "data": data | {"version": version},
    }
