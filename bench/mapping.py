"""What a map costs: one body of 10 kB translated by the dialect `mapped`, in microseconds of processor.

    python -m bench.mapping [--rounds 20000]

The body is a ticket with a long description and custom fields; the map names all that most maps do. What is measured
goes from bytes to the event: parsing the JSON, every expression, and the event with its state. Parsing alone is shown
beside it.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from time import process_time
from typing import Any

import orjson
from tests.unit.ingest.mapped import mapped

from sla_catalogue.source import Source
from sla_ingest.dialect import DIALECTS, Accepted, Delivery

GOAL = 100.0  # microseconds of processor
WHEN = [
    {"when": "event.type == 'created'", "event": "opened"},
    {"when": "event.type == 'comment' && !event.internal", "event": "commented"},
    {"when": "event.type == 'assigned'", "event": "assigned"},
    {"when": "contains(['status', 'state'], event.type)", "event": "status"},
]


def sender() -> Source:
    paths = {
        "title": "subject",
        "url": "url",
        "status": "status.name",
        "priority": "priority.name",
        "created": "created",
    }
    return mapped(
        statuses={"open": "open", "pending": "waiting_customer"},
        priorities={"high": "P1"},
        staff={"domains": ["desk.example"]},
        map={
            "id": "id",
            "incident": "ticket.id",
            "time": "event.at",
            "actor": "event.by.email",
            "actor_name": "event.by.name",
            "customer": "ticket.organization.name",
            "product": "ticket.fields[?id == `7`].value | [0]",
            "attributes": {"team": "ticket.group.name"},
            "when": WHEN,
            **{name: f"ticket.{path}" for name, path in paths.items()},
        },
    )


def body() -> bytes:
    ticket: dict[str, Any] = {
        "id": 4711, "subject": "VPN down", "url": "https://desk.example/4711", "status": {"name": "Pending"},
        "priority": {"name": "High"}, "organization": {"name": "Acme"}, "group": {"name": "Network"},
        "created": "2026-11-20T08:00:00Z", "description": "It is down again. " * 350,
        "fields": [{"id": number, "value": f"value {number}", "label": "a custom field"} for number in range(40)],
    }  # fmt: skip
    by = {"email": "bob@desk.example", "name": "Bob"}
    event = {"type": "status", "at": "2026-11-20T09:00:00Z", "by": by, "internal": False}
    return orjson.dumps({"id": "0f8fad5b", "event": event, "ticket": ticket})


def microseconds(rounds: int) -> tuple[float, float]:
    """Processor time of one translation, and of parsing alone."""
    by, written = sender(), body()
    delivery = Delivery(body=written, headers={}, received_at=datetime(2026, 11, 20, 9, 0, 1, tzinfo=UTC))
    dialect = DIALECTS[by.dialect]
    assert isinstance(dialect.open(delivery).translate(by).outcome, Accepted)
    times = []
    for act in (lambda: dialect.open(delivery).translate(by), lambda: orjson.loads(written)):
        best = float("inf")
        for _ in range(5):
            begun = process_time()
            for _ in range(rounds // 5):
                act()
            best = min(best, (process_time() - begun) / (rounds // 5) * 1e6)
        times.append(best)
    return times[0], times[1]


def main() -> None:
    parser = argparse.ArgumentParser(description="what a map costs")
    parser.add_argument("--rounds", type=int, default=20_000)
    whole, parsing = microseconds(parser.parse_args().rounds)
    print(f"{len(body())} bytes: {whole:.0f} µs a body, of which parsing {parsing:.0f} µs; the goal is {GOAL:.0f} µs")


if __name__ == "__main__":
    main()
