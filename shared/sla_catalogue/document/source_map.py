"""The key `map` of a source: JMESPath expressions that find the parts of an event in any JSON."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document


class MapEntryDocument(Document):
    """A rule of a source's map: if its condition (`when`) holds for a delivery, the delivery means a certain event.

    A plain text means `event`.
    """

    when: str | None = None
    """The condition, an expression. An entry without a condition always applies."""
    event: str
    """The kind of event, such as `resolved`; `status` for what follows from the statuses; or `ignored`."""
    waiting_on: Literal["customer", "vendor", "other"] | None = None
    """For `waiting`, for whom the ticket waits."""
    go_on: bool = False
    """Whether the entries below are tried too."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"event": value} if isinstance(value, str) else value


class MapDocument(Document):
    """The map of a source: JMESPath expressions that find the parts of an event in a delivery.

    Such a part is, for example, the ticket's id.
    """

    events: str | None = None
    """The path to the list of events in a body, such as `alerts`; `@` if the body is the list."""
    id: str | None = None
    """The id of the delivery, or of the event in a batch."""
    incident: str | None = None
    """The ticket's id."""
    time: str | None = None
    """When it happened."""
    created: str | None = None
    """When the ticket was created."""
    time_format: str | None = None
    """How times are written: `any` (RFC 3339 and the like), `seconds` or `milliseconds` since 1970, or a pattern such
    as `%d.%m.%Y %H:%M`."""
    version: str | None = None
    """The sender's number of the change."""
    actor: str | None = None
    """The account or mail address of who did it; `staff` and `customers` of the source tell the side."""
    actor_name: str | None = None
    """The name of who did it."""
    actor_side: str | None = None
    """The side of who did it, if the sender says so: `staff`, `customer` or `bot`."""
    actor_groups: str | None = None
    """The groups of who did it."""
    reporter: str | None = None
    """The account of who reported the ticket; whoever it is is a customer."""
    customer: str | None = None
    """The customer; `customer.values` of the source translates it."""
    product: str | None = None
    """The product; `product.values` of the source translates it."""
    priority: str | None = None
    """The priority; `priorities` of the source translates it."""
    status: str | None = None
    """The status; `statuses` of the source says what it means."""
    status_before: str | None = None
    """The status before the change."""
    resolution: str | None = None
    """The word for how work ended; `resolutions` of the source says what it means."""
    labels: str | None = None
    """The ticket's labels; `labels` and `priority_labels` of the source say what they mean."""
    title: str | None = None
    """The ticket's title."""
    description: str | None = None
    """The ticket's text."""
    url: str | None = None
    """The link to the ticket's page."""
    reason: str | None = None
    """Why it happened, in words."""
    score: str | None = None
    """The customer's rating, for `rated`."""
    merged_into: str | None = None
    """The id of the ticket as which this one goes on, for `merged`."""
    known_as: str | None = None
    """Another id of the ticket, for `renamed`."""
    metrics: str | None = None
    """The metrics that are left out, for `exempted`."""
    agreed_metric: str | None = None
    """The metric of the agreed due time, for `target_agreed`."""
    agreed_due_at: str | None = None
    """The agreed due time, for `target_agreed`."""
    agreed_by: str | None = None
    """Who agreed on it, for `target_agreed`."""
    attributes: dict[str, str] = Field(default_factory=dict)
    """Attribute -> where its value stands."""
    when: list[MapEntryDocument] = Field(default_factory=list)
    """What a delivery means, in order. The first entry whose condition holds decides."""
