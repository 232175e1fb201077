"""What the form on the page behind an acknowledgement link asks for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl

SPANS = tuple(timedelta(minutes=minutes) for minutes in (30, 60, 120, 240, 480, 960))
"""For how long the page offers to snooze."""


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """Acknowledge, also in place of somebody else."""


@dataclass(frozen=True, slots=True)
class AckOrder:
    """Acknowledge what nobody has acknowledged."""


@dataclass(frozen=True, slots=True)
class PassOrder:
    """Pass the alert to a person."""

    to: str
    """The person's id."""


@dataclass(frozen=True, slots=True)
class SnoozeOrder:
    """Acknowledge the alert for a span."""

    span: timedelta
    past_deadline: bool = False
    """Whether the reader has confirmed that another clock is due before its end."""


LinkOrder = AckOrder | TakeOrder | PassOrder | SnoozeOrder


def parse_order(body: bytes) -> LinkOrder:
    """Return what the body of a form asks for; to acknowledge if the body is empty or makes no sense."""
    try:
        said = dict(parse_qsl(body.decode("ascii"), max_num_fields=10))
    except ValueError:
        return AckOrder()
    match said.get("do"):
        case "take":
            return TakeOrder()
        case "pass" if said.get("to"):
            return PassOrder(said["to"])
        case "snooze":
            span = next((each for each in SPANS if said.get("minutes") == str(minutes_of(each))), None)
            return AckOrder() if span is None else SnoozeOrder(span, past_deadline=said.get("past_deadline") == "yes")
        case _:
            return AckOrder()


def minutes_of(span: timedelta) -> int:
    """Return a span in whole minutes."""
    return int(span / timedelta(minutes=1))
