"""Section `sources`: ticketing systems that send events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, Names, Secrets, SecretValue


class AuthenticationDocument(Document):
    """How a source's deliveries are authenticated; absent keys have the dialect's usual value.

    `kind`: by a signature (`hmac`), a secret in a header (`token`), HTTP authentication (`basic`, `bearer`), or not at
    all (`none`).
    `header`: name of the header with the signature or token.
    `prefix`: text before the signature or token in the header.
    `algorithm`, `encoding`: of the signature.
    `signed`: what the signature is computed over: the body, or the named parts joined by `.` or `:` (with `+`, by
    nothing).
    `timestamp_header`: name of the header with the timestamp. The id is in the header `webhook-id`.
    `username`: for HTTP Basic.
    `secret`, `secrets`: each of them is accepted.
    """

    kind: Literal["hmac", "token", "basic", "bearer", "none"] | None = None
    header: str | None = None
    algorithm: Literal["sha256", "sha1", "sha512"] | None = None
    encoding: Literal["hex", "base64"] | None = None
    prefix: str | None = None
    signed: Literal["body", "timestamp+body", "timestamp.body", "timestamp:body", "id.timestamp.body"] | None = None
    timestamp_header: str | None = None
    username: str | None = None
    secret: SecretValue | None = None
    secrets: Secrets = Field(default_factory=list)


class LookupDocument(Document):
    """Where to find a value in a delivery; a plain text means `constant`.

    `field`: a dotted path in the delivery, such as `issue.fields.priority.name`.
    `label`: a prefix; the value is the rest of the ticket's label with this prefix.
    `constant`: the value if neither `field` nor `label` gives one.
    `values`: value found -> value to use.
    """

    field: str | None = None
    label: str | None = None
    constant: str | None = None
    values: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"constant": value} if isinstance(value, str) else value


class PeopleDocument(Document):
    """Who belongs to a side (staff or customers); any of these is enough.

    `people`: accounts.
    `groups`: groups of the ticketing system.
    `domains`: domains of mail addresses.
    `associations`: a person's relation to a repository, as GitHub states it, such as `MEMBER`.
    """

    people: Names = Field(default_factory=list)
    groups: Names = Field(default_factory=list)
    domains: Names = Field(default_factory=list)
    associations: Names = Field(default_factory=list)


class StaffDocument(PeopleDocument):
    """Who belongs to the staff; a plain text or list means `people` (accounts).

    `only`: nobody else is staff, even if the sender says so.
    """

    only: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"people": value} if isinstance(value, str | list) else value


class SourceDocument(Document):
    """A ticketing system that sends events, and how to authenticate and translate them.

    `dialect`: `cloudevents`, `github` or `jira`.
    `zone`: of times without an offset.
    `statuses`, `labels`: the sender's word -> what it means for the incident, such as `waiting_customer`.
    `resolutions`: the sender's word for how work ended -> `resolved` or `cancelled`.
    `priorities`, `priority_labels`: the sender's priority, or a label -> the plan's priority.
    `customer`, `product`, `attributes`: where to find these values in a delivery.
    `staff`, `customers`, `bots`: which accounts belong to whom.
    """

    dialect: str
    authentication: AuthenticationDocument | None = None
    zone: str = "UTC"
    statuses: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)
    priorities: dict[str, str] = Field(default_factory=dict)
    priority_labels: dict[str, str] = Field(default_factory=dict)
    customer: LookupDocument | None = None
    product: LookupDocument | None = None
    attributes: dict[str, LookupDocument] = Field(default_factory=dict)
    resolutions: dict[str, Literal["resolved", "cancelled"]] = Field(default_factory=dict)
    staff: StaffDocument = Field(default_factory=StaffDocument)
    customers: PeopleDocument = Field(default_factory=PeopleDocument)
    bots: Names = Field(default_factory=list)
