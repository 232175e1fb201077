"""Section `escalations`: who is notified next, and when, if nobody acts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from sla_catalogue.document.field import Document, Names, Span, Texts
from sla_domain.escalation import TellKind


class LevelDocument(Document):
    """One level of an escalation: whom to notify if nobody has acknowledged yet.

    `after`: the time since the round of levels began.
    `tell`: names of roles, or ids of people.
    `channels`: used before each person's own addresses; empty: only the addresses are used.
    `kind`: `page`: ask people to acknowledge. `notice`: only inform them.
    """

    after: Span
    tell: Names
    channels: Names = Field(default_factory=list)
    kind: TellKind = TellKind.PAGE


class PolicyDocument(Document):
    """An escalation policy: the levels of people to notify.

    A round notifies every level once.
    `repeat`: how many rounds follow the first.
    `pause`: the time from the last level of a round to the next round.
    `title`: language -> title.
    `clause`: the contract clause, such as `H5`.
    """

    title: Texts = Field(default_factory=dict)
    levels: list[LevelDocument] = Field(default_factory=list)
    repeat: int = Field(default=0, ge=0, le=100)
    pause: Span = timedelta(minutes=30)
    clause: str = ""
