"""What the API shows: persons by id, never an address, a message's words or a link that answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from sla_platform.inbound import WhoIn


class _Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class StepShape(_Shape):
    """Part of an API response: a future step of an alert's escalation."""

    round: int
    """The round of the escalation, from 0."""
    level: int = Field(
        description="from 1; 0 begins the next round; -1: the acknowledgement expires and the alert opens again"
    )
    fire_at: datetime
    """When the level is notified, or when the next round begins."""


class AlertShape(_Shape):
    """An alert as the API returns it in a list.

    Texts that do not apply are "", instants that do not apply are null.
    """

    id: str
    kind: str = Field(description="clock, or fix for a critical-fix notice")
    state: str = Field(description="open, acknowledged or closed")
    contract: str
    incident: str = ""
    """The incident of the clock that the alert is about."""
    notice: str = ""
    """The critical fix that the alert is about."""
    metric: str = ""
    """The metric of the clock that the alert is about."""
    generation: int = 0
    """The number of the clock's target, from 0."""
    episode: int
    """How often the alert was opened."""
    policy: str = Field(description="the escalation policy as it was at the opening")
    round: int
    """The round of the escalation, from 0."""
    level: int = Field(description="the highest level told in this round")
    opened_at: datetime
    """When the alert was opened last."""
    due_at: datetime = Field(description="the true instant of the breach, or of the publication")
    acknowledged_at: datetime | None = Field(
        default=None, description="of the last acknowledgement, which has expired if the alert is open"
    )
    acknowledged_by: str = ""
    """A person's id, or the name that an API call gave."""
    acknowledged_via: str = ""
    """`link`, `digest` (a mail that collects several messages) or `api`."""
    expires_at: datetime | None = Field(
        default=None, description="when the acknowledgement expires or a snooze ends; null: never"
    )
    passed_to: str = ""
    """The person to whom the alert was passed; empty if to nobody, or once somebody has acknowledged it."""
    passed_by: str = ""
    expiries: int = Field(default=0, description="how many acknowledgements have expired since it was opened")
    closed_at: datetime | None = None
    close_reason: str = ""
    """For example, `met`."""
    urgency: float | None = Field(default=None, description="in lists, while it is not closed: the higher, the sooner")


class AttemptShape(_Shape):
    """Part of an API response: one attempt to send a delivery."""

    number: int
    """The number of the attempt, from 1."""
    at: datetime
    """When the attempt began."""
    finished_at: datetime | None
    """When the attempt ended. Null while the attempt is under way, and if the sender died."""
    outcome: str = Field(description="started, sent, retry, rejected or lost")
    failure: str = ""
    """The kind of failure, such as `timeout`. "" means no failure."""
    detail: str = ""
    """The failure in words. "" means no failure."""


class DeliveryShape(_Shape):
    """A delivery as the API returns it: one message to one person, without its text and address.

    Texts that do not apply are "".
    """

    id: str = Field(description="also the Message-ID and the webhook-id")
    kind: str
    """What the message is for, such as `page`."""
    person: str
    channel: str
    """The kind of channel, such as `email`."""
    alert: str = ""
    incident: str = ""
    contract: str = ""
    notice: str = ""
    level: int = 0
    """The level of the alert's escalation. 0 means no level."""
    round: int = 0
    """The round of the alert's escalation."""
    why: str = ""
    """Why this person was chosen."""
    state: str
    """Held, queued, sending, retrying, sent, failed, cancelled or undeliverable."""
    reason: str = Field(default="", description="why it ended other than by being sent")
    reason_text: str = ""
    """`reason` as a sentence."""
    attempts: int
    next_at: datetime | None = None
    """When the next attempt is due. Null once the state is final."""
    possibly_duplicate: bool = False
    """Whether an earlier attempt may have arrived."""
    failure: str = ""
    """Why the last attempt failed, as a code."""
    error: str = ""
    """Why the last attempt failed, in words."""
    carried_by: str = ""
    """The id of the digest (a mail that collects several messages) that contains the message."""
    created_at: datetime
    due_at: datetime
    """When the reported event became true."""
    finished_at: datetime | None = None
    """When the state became final."""
    held_since: datetime | None = None
    """When the message began to wait for the end of the receiver's quiet hours. Null if it did not wait."""
    held_until: datetime | None = None
    """The end of those quiet hours; the message may have been sent earlier. Null if it did not wait."""


class AlertDetail(AlertShape):
    """API response: an alert with the future steps of its escalation and the deliveries about it."""

    steps: list[StepShape] = []
    deliveries: list[DeliveryShape] = []
    not_shown: list[str] = Field(default=[], description="ids of deliveries that cannot be shown; see the log")


class DeliveryDetail(DeliveryShape):
    """API response: a delivery with its attempts (`log`), the first one first."""

    log: list[AttemptShape] = []


class AlertPage(_Shape):
    """API response: a page of the list of alerts."""

    alerts: list[AlertShape]
    next: str = Field(default="", description="pass as `before` for the next page; empty at the end")
    not_shown: list[str] = Field(default=[], description="ids of alerts that cannot be shown; see the log")


class DeliveryPage(_Shape):
    """API response: a page of the list of deliveries."""

    deliveries: list[DeliveryShape]
    next: str = ""
    """The value of `before` for the next page. "" on the last page."""
    not_shown: list[str] = Field(default=[], description="ids of deliveries that cannot be shown; see the log")


class EndpointShape(_Shape):
    """Part of an API response: an endpoint (webhook or mail server) that was disabled once, or asked for a pause."""

    id: str
    """The endpoint's id: `email`, or for example `webhook:pager`."""
    state: str
    """`active` or `disabled`."""
    reason: str = ""
    """Why the endpoint was disabled. Otherwise ""."""
    changed_at: datetime
    """The start of the state."""
    changed_by: str = ""
    """`slad`, or the id of the person or key that enabled the endpoint."""
    rest_until: datetime | None = Field(default=None, description="it asked for patience until then (Retry-After)")


class EndpointPage(_Shape):
    """API response: the endpoints that were disabled once or asked for a pause."""

    endpoints: list[EndpointShape]


class AckRequest(BaseModel):
    """Body of a request to acknowledge an alert."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    by: WhoIn = ""
    """The name of the person for whom a program acknowledges. The id of the API key is stored in any case."""


class AckResponse(_Shape):
    """API response to an acknowledgement: what was done (`answer`), and the alert afterwards."""

    answer: str = Field(description="done, already or closed")
    alert: AlertShape
