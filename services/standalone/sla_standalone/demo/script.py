"""The script of the demo as data: incidents, and after how many minutes of demo time which events follow."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ScriptedEvent:
    """An event of a demo incident. It is posted `after` minutes, by the demo's clock, after the incident was opened."""

    after: float
    kind: str
    """For example, `responded`."""
    data: dict[str, str] = field(default_factory=dict)
    """The other fields of the event, such as `actor`."""


@dataclass(frozen=True, slots=True)
class Plot:
    """The script of one demo incident: how the incident is opened, and what happens afterwards."""

    customer: str
    """The customer in the event `opened`."""
    priority: str
    """The priority in the event `opened`."""
    title: str
    """The title in the event `opened`."""
    happenings: tuple[ScriptedEvent, ...] = ()
    """The events that follow."""


STAFF = {"actor": "staff"}

# Nobody responds to this one, so that a warning, a breach and the whole escalation follow within a minute.
UNANSWERED = Plot(
    "Polaris",
    "P1",
    "Card payments are declined",
    (ScriptedEvent(75, "responded", STAFF), ScriptedEvent(100, "resolved", STAFF)),
)

PLOTS = (
    Plot(
        "Polaris",
        "P1",
        "Night batch has stopped",
        (
            ScriptedEvent(1, "responded", STAFF),
            ScriptedEvent(50, "updated", STAFF),
            ScriptedEvent(90, "resolved", STAFF),
        ),
    ),
    Plot(
        "Polaris",
        "P2",
        "Statements show the wrong month",
        (
            ScriptedEvent(30, "responded", STAFF),
            ScriptedEvent(40, "waiting", {"waiting_on": "customer"}),
            ScriptedEvent(95, "resumed"),
            ScriptedEvent(140, "resolved", STAFF),
        ),
    ),
    Plot(
        "Acme", "P1", "Checkout is down", (ScriptedEvent(12, "responded", STAFF), ScriptedEvent(200, "resolved", STAFF))
    ),
    Plot(
        "Acme",
        "P3",
        "Export is slow",
        (ScriptedEvent(5, "priority_changed", {"priority": "P2"}), ScriptedEvent(50, "responded", STAFF)),
    ),
    Plot(
        "Formosa Tea",
        "P2",
        "Labels print twice",
        (ScriptedEvent(20, "responded", STAFF), ScriptedEvent(60, "waiting", {"waiting_on": "vendor"})),
    ),
    Plot(
        "Hudson",
        "P1",
        "Trucks are not tracked",
        (
            ScriptedEvent(3, "responded", STAFF),
            ScriptedEvent(30, "resolved", STAFF),
            ScriptedEvent(45, "reopened"),
            ScriptedEvent(80, "resolved", STAFF),
        ),
    ),
    Plot("Hudson", "P4", "Logo is blurred", (ScriptedEvent(90, "responded", STAFF),)),
)


def plots(seed: int = 1) -> Iterator[Plot]:
    """Yield scripts of demo incidents without end.

    The first is `UNANSWERED`, to which nobody responds in time. Then the scripts in `PLOTS` are repeated for ever: at
    first in their order, later in a random order, which depends on `seed`.
    """
    yield UNANSWERED
    shuffled = random.Random(seed)  # noqa: S311 - a demo needs no secrets
    for round_ in itertools.count():
        order = list(PLOTS)
        if round_:
            shuffled.shuffle(order)
        yield from order
