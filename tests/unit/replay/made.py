"""A small plan, a small mapping and short lives, for the stories of replay."""

from __future__ import annotations

from sla_standalone.replay import IncidentLife, Mapping, TableReader, parse_mapping

PLAN = """
coverages:
  always: {hours: 24x7}
plans:
  plain:
    priorities: [{id: P1}, {id: P2}]
    rules: {default: P2}
    targets:
      - {metric: first_response, coverage: always, time: 1h}
      - {metric: resolution, coverage: always, by_priority: {P1: 4h, P2: 8h}, warn: [50%]}
    escalation: none
contracts:
  one: {plan: plain, zone: Europe/Warsaw, customers: [One], default: true}
  two:
    plan: plain
    zone: Asia/Taipei
    customers: [Two]
    targets: [{metric: resolution, coverage: always, time: 2h}]
"""

MAPPING = """
source: desk
incident: number
at: changed
version: revision
unknown: ["?", ""]
times: {format: "%d-%m-%Y %H:%M", zone: Europe/Warsaw}
attributes:
  priority: {column: prio, values: {High: P1, Low: P2}}
  assignee: owner
  product: {column: product, constant: shop}
states:
  column: state
  values: {New: open, Work: in_progress, Asked: waiting_customer, Vendor: waiting_vendor, Done: resolved, Over: closed}
events:
  - {event: opened, at: opened}
  - {event: responded, actor: staff, becomes: {state: Work}}
verdict: {column: kept, met: "yes", missed: "no"}
"""

HEADER = ("number", "state", "prio", "owner", "product", "opened", "changed", "revision", "kept", "something else")


def mapping(text: str = MAPPING) -> Mapping:
    return parse_mapping(text, "map.yaml")


def row(
    state: str, changed: str, revision: int = 0, *, prio: str = "Low", owner: str = "?", product: str = "?",
    opened: str = "01-03-2026 10:00", kept: str = "?", number: str = "A1",
) -> tuple[str, ...]:  # fmt: skip
    """One line of the table; `changed` is a time of 1 March 2026 unless it names its day."""
    when = changed if "-" in changed else f"01-03-2026 {changed}"
    return (number, state, prio, owner, product, opened, when, str(revision), kept, "x")


def life(*rows: tuple[str, ...], text: str = MAPPING) -> IncidentLife:
    """The life of incident A1 from its rows."""
    reader = TableReader(mapping(text), HEADER)
    return reader.life("A1", [(number, reader.take(cells)) for number, cells in enumerate(rows, start=2)])


def told(found: IncidentLife) -> list[tuple[str, str]]:
    """What happened and when, in UTC."""
    events = sorted(found.events, key=lambda event: event.order)
    return [(event.kind.value, f"{event.occurred_at:%H:%M}") for event in events]
