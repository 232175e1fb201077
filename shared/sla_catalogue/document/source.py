"""Section `sources`: ticketing systems that send events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sla_catalogue.document.authentication import AuthenticationDocument
from sla_catalogue.document.field import Document, Names
from sla_catalogue.document.source_map import MapDocument


class LookupDocument(Document):
    """Where to find a value in a delivery (a webhook request of a ticketing system).

    A plain text in the file is read as the key `constant`, a fixed value.
    """

    field: str | None = None
    """A dotted path in the delivery, such as `issue.fields.priority.name`."""
    label: str | None = None
    """The prefix of a label of the ticket. The value is the rest of that label."""
    constant: str | None = None
    """The value if neither `field` nor `label` gives one."""
    values: dict[str, str] = Field(default_factory=dict)
    """Value found -> value to use."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"constant": value} if isinstance(value, str) else value


class SameAsDocument(LookupDocument):
    """Where a delivery names tickets of another source that are about the same incident."""

    source: str
    """The source whose tickets they are."""


class PeopleDocument(Document):
    """The rules by which people belong to a side (staff or customers). One rule that applies is enough."""

    people: Names = Field(default_factory=list)
    """Accounts."""
    groups: Names = Field(default_factory=list)
    """Groups of the ticketing system."""
    domains: Names = Field(default_factory=list)
    """Domains of mail addresses."""
    associations: Names = Field(default_factory=list)
    """A person's relation to a repository, as GitHub states it, such as `MEMBER`."""


class StaffDocument(PeopleDocument):
    """Who belongs to the staff. A plain text or list means `people` (accounts)."""

    only: bool = False
    """Whether nobody else is staff, even if the sender says so."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"people": value} if isinstance(value, str | list) else value


class SourceDocument(Document):
    """A ticketing system that sends events, and how to authenticate and translate them."""

    dialect: str
    """The format of the deliveries, such as `cloudevents`, `github`, `jira` or `pagerduty`, or `mapped` for any
    JSON that `map` explains."""
    preset: str | None = None
    """For `mapped`, the name of a map that ships with slad, such as `zabbix`. Keys of the source override its keys."""
    map: MapDocument | None = None
    """For `mapped`, where the parts of an event stand in a delivery."""
    authentication: AuthenticationDocument | None = None
    zone: str = "UTC"
    """Time zone of times without an offset."""
    statuses: dict[str, str] = Field(default_factory=dict)
    """The sender's status -> what it means for the incident, such as `waiting_customer`."""
    labels: dict[str, str] = Field(default_factory=dict)
    """The sender's label -> what it means for the incident, such as `waiting_customer`."""
    priorities: dict[str, str] = Field(default_factory=dict)
    """The sender's priority -> the plan's priority."""
    priority_labels: dict[str, str] = Field(default_factory=dict)
    """The sender's label -> the plan's priority."""
    customer: LookupDocument | None = None
    """Where to find the customer in a delivery."""
    product: LookupDocument | None = None
    """Where to find the product in a delivery."""
    attributes: dict[str, LookupDocument] = Field(default_factory=dict)
    """Attribute -> where to find its value in a delivery."""
    same_as: SameAsDocument | None = None
    """Where to find the tickets of another source that are the same incident."""
    resolutions: dict[str, Literal["resolved", "cancelled"]] = Field(default_factory=dict)
    """The sender's word for how work ended -> `resolved` or `cancelled`."""
    staff: StaffDocument = Field(default_factory=StaffDocument)
    """Who belongs to the staff."""
    customers: PeopleDocument = Field(default_factory=PeopleDocument)
    """Who belongs to the customers."""
    bots: Names = Field(default_factory=list)
    """Accounts of bots."""
