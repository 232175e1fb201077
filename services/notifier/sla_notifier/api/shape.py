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

    `incident`, `metric`: what it is about; for a critical fix `notice` instead. `generation`: which target of the
    clock, from 0. `episode`: how often it was opened. `round`: of the escalation, from 0. `opened_at`: when it was
    opened last. `acknowledged_by`: a person's id, or the name that an API call gave. `acknowledged_via`: `link`,
    `digest` (a mail that collects several messages) or `api`. `close_reason`: such as `met`. Texts that do not apply
    are "", instants null.
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

    `number`: from 1. `at`: when it began. `finished_at`: null while it is under way, and if the sender died. `failure`:
    the kind of failure, such as `timeout`, and `detail`: in words; "" for none.
    """

    number: int
    at: datetime
    finished_at: datetime | None
    outcome: str = Field(description="started, sent, retry, rejected or lost")
    failure: str = ""
    detail: str = ""


class DeliveryShape(_Shape):
    """A delivery as the API returns it: one message to one person by one channel, without its text and address.

    `kind`: what the message is for, such as `page`. `person`: an id. `channel`: the kind of channel, such as `email`.
    `level`, `round`: of the alert's escalation; 0 for no level. `why`: why this person was chosen. `state`: queued,
    sending, retrying, sent, failed, cancelled or undeliverable. `reason_text`: `reason` as a sentence. `attempts`: how
    many were made. `next_at`: when the next attempt is due, null once the state is final. `possibly_duplicate`: an
    earlier attempt may have arrived. `failure`, `error`: why the last attempt failed, as a code and in words.
    `carried_by`: the id of the digest (a mail that collects several messages) that contains it. `due_at`: when what it
    reports became true. `finished_at`: when the state became final. Texts that do not apply are "".
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

    `next`: pass it as `before` to get the next page; "" on the last.
    """

    deliveries: list[DeliveryShape]
    next: str = ""
    not_shown: list[str] = Field(default=[], description="ids of deliveries that cannot be shown; see the log")


class EndpointShape(_Shape):
    """An endpoint (a webhook, or the mail server) that was disabled at some time, or asked for a pause.

    `id`: `email`, or such as `webhook:pager`. `state`: `active` or `disabled`, since `changed_at`. `reason`: why it was
    disabled, else "". `changed_by`: `slad`, or the id of who enabled it.
    """

    id: str
    state: str
    reason: str = ""
    changed_at: datetime
    changed_by: str = ""
    rest_until: datetime | None = Field(default=None, description="it asked for patience until then (Retry-After)")


class EndpointPage(_Shape):
    """API response: every endpoint that was disabled at some time, or asked for a pause."""

    endpoints: list[EndpointShape]


class AckRequest(BaseModel):
    """Body of a request to acknowledge an alert.

    `by`: the name of who acknowledges, if a program does it for somebody; the id of the API key is stored in any case.
    """

    model_config = ConfigDict(extra="forbid")
    by: WhoIn = ""


class AckResponse(_Shape):
    """API response to an acknowledgement: what it did (`answer`), and the alert as it is now."""

    answer: str = Field(description="done, already or closed")
    alert: AlertShape
