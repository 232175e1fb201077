"""What the API shows: persons by id, never an address, a message's words or a link that answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from sla_platform.inbound import WhoIn


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class StepShape(_Shape):
    """Part of an API response: a future step of an alert's escalation.

    `round`: from 0. `fire_at`: when the level is notified, or the next round begins.
    """

    round: int
    level: int = Field(description="from 1; 0 begins the next round")
    fire_at: datetime


class AlertShape(_Shape):
    """An alert as the API returns it in lists.

    Texts that do not apply are "", instants that do not apply null.

    - `incident`, `metric`: the clock that the alert is about. `notice`: the critical fix that the alert is about.
    - `generation`: the number of the clock's target, from 0.
    - `episode`: how often the alert was opened. `opened_at`: when the alert was opened last.
    - `round`: of the escalation, from 0.
    - `acknowledged_by`: a person's id, or the name that an API call gave.
    - `acknowledged_via`: `link`, `digest` (a mail that collects several messages) or `api`.
    - `close_reason`: such as `met`.
    """

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
    """Part of an API response: one attempt to send a delivery.

    `number`: from 1. `at`: when the attempt began. `finished_at`: null while the attempt is under way, and if the
    sender died. `failure`: the kind of failure, such as `timeout`; "" for none. `detail`: the failure in words, ""
    for none.
    """

    number: int
    at: datetime
    finished_at: datetime | None
    outcome: str = Field(description="started, sent, retry, rejected or lost")
    failure: str = ""
    detail: str = ""


class DeliveryShape(_Shape):
    """A delivery as the API returns it: one message to one person, without its text and address.

    Texts that do not apply are "".

    - `kind`: what the message is for, such as `page`. `channel`: the kind of channel, such as `email`.
    - `level`, `round`: of the alert's escalation; 0 for no level.
    - `why`: why this person was chosen.
    - `state`: queued, sending, retrying, sent, failed, cancelled or undeliverable. `finished_at`: when the state
      became final.
    - `reason_text`: `reason` as a sentence.
    - `next_at`: when the next attempt is due, null once the state is final.
    - `possibly_duplicate`: an earlier attempt may have arrived.
    - `failure`, `error`: why the last attempt failed, as a code and in words.
    - `carried_by`: the id of the digest (a mail that collects several messages) that contains the message.
    - `due_at`: when the reported event became true.
    """

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
    """API response: a page of the list of deliveries.

    `next`: pass as `before` to get the next page; "" on the last page.
    """

    deliveries: list[DeliveryShape]
    next: str = ""
    not_shown: list[str] = Field(default=[], description="ids of deliveries that cannot be shown; see the log")


class EndpointShape(_Shape):
    """An endpoint (a webhook, or the mail server) that was once disabled, or asked for a pause.

    `id`: `email`, or such as `webhook:pager`. `state`: `active` or `disabled`. `changed_at`: the start of the state.
    `reason`: why the endpoint was disabled, otherwise "". `changed_by`: `slad`, or the id of who enabled the
    endpoint.
    """

    id: str
    state: str
    reason: str = ""
    changed_at: datetime
    changed_by: str = ""
    rest_until: datetime | None = Field(default=None, description="it asked for patience until then (Retry-After)")


class EndpointPage(_Shape):
    """API response: every endpoint that was once disabled, or asked for a pause."""

    endpoints: list[EndpointShape]


class AckRequest(BaseModel):
    """Body of a request to acknowledge an alert.

    `by`: the name of the person for whom a program acknowledges. The id of the API key is stored in any case.
    """

    model_config = ConfigDict(extra="forbid")
    by: WhoIn = ""


class AckResponse(_Shape):
    """API response to an acknowledgement: what was done (`answer`), and the alert afterwards."""

    answer: str = Field(description="done, already or closed")
    alert: AlertShape
