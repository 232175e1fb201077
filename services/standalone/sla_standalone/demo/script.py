"""What happens in the demo, as data: incidents with the minutes (of demo time) at which things happen to them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Happening:
    """`after` in minutes of demo time since the incident was opened; `kind` is a canonical event kind."""

    after: float
    kind: str
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plot:
    """One incident's life, told to the ingest API like a ticketing system would."""

    customer: str
    priority: str
    title: str
    happenings: tuple[Happening, ...] = ()


STAFF = {"actor": "staff"}

# Nobody answers this one: a warning, a breach and the whole escalation can be watched within a minute.
UNANSWERED = Plot("Polaris", "P1", "Card payments are declined", (Happening(75, "responded", STAFF),
                                                                   Happening(100, "resolved", STAFF)))  # fmt: skip

PLOTS = (
    Plot("Polaris", "P1", "Night batch has stopped", (Happening(1, "responded", STAFF), Happening(50, "updated", STAFF),
                                                      Happening(90, "resolved", STAFF))),
    Plot("Polaris", "P2", "Statements show the wrong month", (
        Happening(30, "responded", STAFF), Happening(40, "waiting", {"waiting_on": "customer"}),
        Happening(95, "resumed"), Happening(140, "resolved", STAFF))),
    Plot("Acme", "P1", "Checkout is down", (Happening(12, "responded", STAFF), Happening(200, "resolved", STAFF))),
    Plot("Acme", "P3", "Export is slow", (Happening(5, "priority_changed", {"priority": "P2"}),
                                          Happening(50, "responded", STAFF))),
    Plot("Formosa Tea", "P2", "Labels print twice", (Happening(20, "responded", STAFF),
                                                     Happening(60, "waiting", {"waiting_on": "vendor"}))),
    Plot("Hudson", "P1", "Trucks are not tracked", (Happening(3, "responded", STAFF), Happening(30, "resolved", STAFF),
                                                    Happening(45, "reopened"), Happening(80, "resolved", STAFF))),
    Plot("Hudson", "P4", "Logo is blurred", (Happening(90, "responded", STAFF),)),
)  # fmt: skip


def plots(seed: int = 1) -> Iterator[Plot]:
    """The unanswered one first, then the others in a shuffled order for ever."""
    yield UNANSWERED
    shuffled = random.Random(seed)  # noqa: S311 - a demo needs no secrets
    for round_ in itertools.count():
        order = list(PLOTS)
        if round_:
            shuffled.shuffle(order)
        yield from order
