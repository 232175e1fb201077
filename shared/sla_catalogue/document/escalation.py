"""Section `escalations`: who is notified next, and when, if nobody acts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from sla_catalogue.document.field import Document, Names, Percent, Span, Texts, TimeLeft
from sla_domain.escalation import TellKind


class LevelDocument(Document):
    """One level of an escalation: whom to notify if nobody has acknowledged yet."""

    after: Span
    """The time since the round of levels began."""
    tell: Names
    """Names of roles, or ids of people."""
    channels: Names = Field(default_factory=list)
    """Channels that are used before each person's own addresses. Empty means that only the addresses are used."""
    kind: TellKind = TellKind.PAGE
    """`page` to ask people to acknowledge, `notice` to only inform them."""


class AcknowledgementDocument(Document):
    """When the acknowledgement of an alert expires, so that the escalation continues.

    If several conditions are given, the one that is met first ends the acknowledgement.
    """

    expires: Span | None = None
    """The time without work on the ticket after which the acknowledgement expires."""
    at_next_level: bool = False
    """Whether it expires when the next level would have been notified without the acknowledgement."""
    at_left: list[Percent] = Field(default_factory=list)
    """Shares, such as `[50%, 25%]`, of the counted time that is left to the next deadline of the incident when somebody
    acknowledges. The first acknowledgement expires when the first share is left, the second at the second, and so on.
    """
    times: int = Field(default=3, ge=1, le=100)
    """How many acknowledgements of one alert expire at most. A further one does not expire."""


class HoldDocument(Document):
    """The condition on which a message waits for a receiver who has quiet hours or is off duty.

    Such a message is sent when the quiet hours end or the duty begins.
    """

    leaves: TimeLeft
    """The counted time that must then be left until the due instant: a span such as `2h`, or a share such as `50%` of
    the time left when the message is made. If less would be left, the message is sent at once.
    """


class PolicyDocument(Document):
    """An escalation policy: the levels of people who are notified one after another until somebody acknowledges.

    One pass through all levels is a round.
    """

    title: Texts = Field(default_factory=dict)
    """Language -> title."""
    levels: list[LevelDocument] = Field(default_factory=list)
    repeat: int = Field(default=0, ge=0, le=100)
    """How many rounds follow the first."""
    pause: Span = timedelta(minutes=30)
    """The time from the last level of a round to the next round."""
    acknowledgement: AcknowledgementDocument | None = None
    """When an acknowledgement expires. Without it an acknowledgement stands until the promise is kept."""
    hold: HoldDocument | None = None
    """Which warnings and notices wait for the end of a receiver's quiet hours. Absent means none. Messages on breaches
    never wait.
    """
    clause: str = ""
    """The contract clause, such as `H5`."""
