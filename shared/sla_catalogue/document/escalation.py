"""Section `escalations`: who is notified next, and when, if nobody acts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from sla_catalogue.document.field import Document, Names, Span, Texts
from sla_domain.escalation import TellKind


class LevelDocument(Document):
    """One level of an escalation: whom to notify if nobody has acknowledged by then.

    `after`: the time since the round of levels began. `tell`: names of roles, or ids of people. `channels`: used first,
    before each person's own addresses; empty: the addresses alone. `kind`: `page`: ask the people to acknowledge;
    `notice`: only inform them.
    """

    after: Span
    tell: Names
    channels: Names = Field(default_factory=list)
    kind: TellKind = TellKind.PAGE


class PolicyDocument(Document):
    """An escalation policy: its levels, and how often the round of all levels is repeated.

    `repeat`: how many rounds follow the first. `pause`: the time from the last level of a round to the next round.
    `title`: language -> title for people. `clause`: the clause that states it, such as `H5`.
    """

    title: Texts = Field(default_factory=dict)
    levels: list[LevelDocument] = Field(default_factory=list)
    repeat: int = Field(default=0, ge=0, le=100)
    pause: Span = timedelta(minutes=30)
    clause: str = ""
