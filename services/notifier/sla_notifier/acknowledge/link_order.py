"""What the form on the page behind an acknowledgement link asks for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl

SPANS = tuple(timedelta(minutes=minutes) for minutes in (30, 60, 120, 240, 480, 960))
"""For how long the page offers to snooze."""


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """What a reader asks for on the page of a link: acknowledge the alert, even if somebody else has done so."""


@dataclass(frozen=True, slots=True)
class AckOrder:
    """What a reader asks for on the page of a link: acknowledge the alert, unless it is acknowledged already."""


@dataclass(frozen=True, slots=True)
class PassOrder:
    """What a reader asks for on the page of a link: pass the alert to another person."""

    to: str
    """The id of the person who gets the alert."""


@dataclass(frozen=True, slots=True)
class SnoozeOrder:
    """What a reader asks for on the page of a link: acknowledge the alert for a time, after which it opens again."""

    span: timedelta
    """How long the acknowledgement lasts."""
    past_deadline: bool = False
    """Whether the reader has confirmed that another clock of the incident is due before that time ends."""


LinkOrder = AckOrder | TakeOrder | PassOrder | SnoozeOrder


def parse_order(body: bytes) -> LinkOrder:
    """Return what the reader of the page of a link asks for, from the body of the form's request.

    The result is an AckOrder (acknowledge) for an empty body, and for a body that cannot be read.
    """
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
    """Return the duration `span` in whole minutes."""
    return int(span / timedelta(minutes=1))
