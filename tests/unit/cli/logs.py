"""A small plan, a table with its mapping, and the same log as events, as files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PLAN = """
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}}
plans:
  plain:
    priorities: [{id: P1}, {id: P2}]
    rules: {default: P2}
    targets:
      - {metric: resolution, coverage: office, by_priority: {P1: 4h, P2: 8h}}
    escalation: none
contracts:
  one: {plan: plain, zone: Europe/Warsaw, default: true}
"""
MAPPING = """
source: desk
incident: number
at: changed
times: {zone: Europe/Warsaw}
attributes: {priority: prio}
states:
  column: state
  values: {New: open, Asked: waiting_customer, Done: resolved}
events: [{event: opened, at: opened}]
verdict: {column: kept, met: "yes", missed: "no"}
"""
TABLE = """number,state,prio,opened,changed,kept
A1,New,P1,2026-03-02T10:00,2026-03-02T10:00,
A1,Done,P1,2026-03-02T10:00,2026-03-02T13:00,yes
A2,New,P2,2026-03-02T10:00,2026-03-02T10:00,
A2,Asked,P2,2026-03-02T10:00,2026-03-02T11:00,
A2,Done,P2,2026-03-02T10:00,2026-03-04T11:00,no
A3,New,P2,2026-03-03T10:00,2026-03-03T10:00,
A3,Done,P2,2026-03-03T10:00,2026-03-04T16:00,no
"""


@dataclass(frozen=True, slots=True)
class Files:
    plan: Path
    mapping: Path
    table: Path
    events: Path


def written(folder: Path) -> Files:
    """A1 is resolved after 3 h; A2 waits for the customer from its second hour on; A3 takes 14 h of office time."""
    files = Files(folder / "plan.yaml", folder / "map.yaml", folder / "log.csv", folder / "log.jsonl")
    files.plan.write_text(PLAN)
    files.mapping.write_text(MAPPING)
    files.table.write_text(TABLE)
    events = [
        event("A1", "opened", "2026-03-02T10:00:00+01:00", priority="P1"),
        event("A1", "resolved", "2026-03-02T13:00:00+01:00", made_sla="TRUE"),
    ]
    files.events.write_text("\n".join(map(json.dumps, events)))
    return files


def event(incident: str, kind: str, at: str, **data: str) -> dict[str, object]:
    return {
        "specversion": "1.0", "id": f"{incident}-{kind}", "source": "/desk", "type": f"io.slad.incident.{kind}.v1",
        "subject": incident, "time": at, "data": data,
    }  # fmt: skip
