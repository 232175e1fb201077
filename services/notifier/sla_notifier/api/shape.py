"""What the API shows: persons by id, never an address, a message's words or a link that answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from sla_platform.inbound import WhoIn


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class StepShape(_Shape):
    """An escalation step that is still to come."""

    round: int
    level: int = Field(description="from 1; 0 begins the next round")
    fire_at: datetime


class AlertShape(_Shape):
    """An alert, as lists show it."""

    id: str
    kind: str = Field(description="clock, or fix for a critical-fix notice")
    state: str = Field(description="open, acknowledged or closed")
    contract: str
    incident: str = ""
    notice: str = ""
    metric: str = ""
    generation: int = 0
    episode: int
    policy: str = Field(description="the escalation policy as it was at the opening")
    round: int
    level: int = Field(description="the highest level told in this round")
    opened_at: datetime
    due_at: datetime = Field(description="the true instant of the breach, or of the publication")
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_via: str = ""
    closed_at: datetime | None = None
    close_reason: str = ""
    urgency: float | None = Field(default=None, description="in lists, while it is not closed: the higher, the sooner")


class AttemptShape(_Shape):
    """One attempt to send a delivery."""

    number: int
    at: datetime
    finished_at: datetime | None
    outcome: str = Field(description="started, sent, retry, rejected or lost")
    failure: str = ""
    detail: str = ""


class DeliveryShape(_Shape):
    """One message to one person by one channel, as the API shows it: without its text and its address."""

    id: str = Field(description="also the Message-ID and the webhook-id")
    kind: str
    person: str
    channel: str
    alert: str = ""
    incident: str = ""
    contract: str = ""
    notice: str = ""
    level: int = 0
    round: int = 0
    why: str = ""
    state: str
    reason: str = Field(default="", description="why it ended other than by being sent")
    reason_text: str = ""
    attempts: int
    next_at: datetime | None = None
    possibly_duplicate: bool = False
    failure: str = ""
    error: str = ""
    carried_by: str = ""
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None = None


class AlertDetail(AlertShape):
    """An alert with its steps and its deliveries."""

    steps: list[StepShape] = []
    deliveries: list[DeliveryShape] = []
    not_shown: list[str] = Field(default=[], description="ids of deliveries that cannot be shown; see the log")


class DeliveryDetail(DeliveryShape):
    """A delivery with its attempts."""

    log: list[AttemptShape] = []


class AlertPage(_Shape):
    """A page of alerts."""

    alerts: list[AlertShape]
    next: str = Field(default="", description="pass as `before` for the next page; empty at the end")
    not_shown: list[str] = Field(default=[], description="ids of alerts that cannot be shown; see the log")


class DeliveryPage(_Shape):
    """A page of deliveries."""

    deliveries: list[DeliveryShape]
    next: str = ""
    not_shown: list[str] = Field(default=[], description="ids of deliveries that cannot be shown; see the log")


class EndpointShape(_Shape):
    """An endpoint (a webhook, or the mail server) that was disabled at some time, or asked for a pause."""

    id: str
    state: str
    reason: str = ""
    changed_at: datetime
    changed_by: str = ""
    rest_until: datetime | None = Field(default=None, description="it asked for patience until then (Retry-After)")


class EndpointPage(_Shape):
    """Every endpoint that was disabled at some time, or asked for a pause."""

    endpoints: list[EndpointShape]


class AckRequest(BaseModel):
    """The body of an acknowledgement by the API.

    `by`: who acknowledges, if a program does it for somebody; the id of the API key is recorded in any case.
    """

    model_config = ConfigDict(extra="forbid")
    by: WhoIn = ""


class AckResponse(_Shape):
    """What an acknowledgement did (`answer`), and the alert as it is now."""

    answer: str = Field(description="done, already or closed")
    alert: AlertShape
