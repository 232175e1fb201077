"""Section `sources`: ticketing systems that send events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sla_catalogue.document.field import Document, Names, Secrets, SecretValue


class AuthenticationDocument(Document):
    """How a source's deliveries are authenticated; a key that is left out has the dialect's usual value.

    `kind`: by a signature (`hmac`), a shared secret in a header (`token`), a scheme of HTTP (`basic`, `bearer`), or not
    at all (`none`). `header`: the name of the header with the signature or token; `prefix`: the text before it there.
    `algorithm`, `encoding`: of the signature. `signed`: what it is computed over: the body alone, or the named parts in
    this order, with the sign between them that the name shows (`+`: none). `timestamp_header`: the header with
    `timestamp`; `id` is in the header `webhook-id`. `username`: of HTTP Basic. `secret`, `secrets`: any is accepted.
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
    """Where to find a value in a delivery; written as a text, it is `constant` alone.

    `field`: a dotted path in the delivery, such as `issue.fields.priority.name`. `label`: a prefix; the value is the
    rest of the ticket's label that begins with it. `constant`: the value if neither finds one. `values`: value found ->
    value to use.
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
    """Who belongs to a side (staff or customers); one of these is enough.

    `people`: accounts. `groups`: of the ticketing system. `domains`: of mail addresses. `associations`: with a
    repository, as GitHub states them, such as `MEMBER`.
    """

    people: Names = Field(default_factory=list)
    groups: Names = Field(default_factory=list)
    domains: Names = Field(default_factory=list)
    associations: Names = Field(default_factory=list)


class StaffDocument(PeopleDocument):
    """Who belongs to the staff; written as a text or a list, it is `people` (accounts) alone.

    `only`: nobody else is staff, even if the sender says so.
    """

    only: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"people": value} if isinstance(value, str | list) else value


class SourceDocument(Document):
    """A ticketing system that sends events: its dialect, its authentication, and how its values are translated.

    `dialect`: `cloudevents`, `github` or `jira`. `statuses`, `labels`: the sender's word -> what it means for the
    incident, such as `waiting_customer`. `resolutions`: how work ended, in the sender's word -> `resolved` or
    `cancelled`. `priorities`, `priority_labels`: the sender's priority, a label -> the plan's priority. `customer`,
    `product`, `attributes`: where to find these values in a delivery. `staff`, `customers`, `bots`: which accounts
    belong to whom. `zone`: of times without an offset.
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
