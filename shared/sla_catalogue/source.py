"""A source of events as data: how its deliveries prove their origin, and what its words mean to slad.

Ingest's dialects read these tables; nothing of a customer's own vocabulary is written in code.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from sla_catalogue.mailbox import BadMailbox, ascii_domain
from sla_catalogue.secret import Secret
from sla_domain.event import WaitingOn

SourceId = NewType("SourceId", str)
NO_NAMES: Mapping[str, str] = MappingProxyType({})
_WHSEC = "whsec_"


class Dialect(StrEnum):
    """The payload formats in which slad accepts deliveries of a source.

    `CLOUDEVENTS`: slad's own events. `GITHUB`, `JIRA`: the webhooks of these systems.
    """

    CLOUDEVENTS = "cloudevents"
    GITHUB = "github"
    JIRA = "jira"


class AuthenticationKind(StrEnum):
    """How a source authenticates its deliveries.

    `HMAC`: by a signature. `TOKEN`: by a shared secret in a header. `BASIC` and `BEARER`: by HTTP's schemes in the
    header `Authorization`. `NONE`: not at all, anybody may send.
    """

    HMAC = "hmac"  # a signature over the raw body
    TOKEN = "token"  # noqa: S105 - a shared word in a header
    BASIC = "basic"
    BEARER = "bearer"
    NONE = "none"


class SignedContent(StrEnum):
    """What an HMAC is computed over.

    `BODY`: the raw body. `TIMESTAMP_BODY`: timestamp and body with nothing between. `TIMESTAMP_DOT_BODY`,
    `TIMESTAMP_COLON_BODY`: the same with a dot or a colon between. `ID_TIMESTAMP_BODY`: message id, timestamp and body
    with dots between, as Standard Webhooks have it.
    """

    BODY = "body"
    TIMESTAMP_BODY = "timestamp+body"
    TIMESTAMP_DOT_BODY = "timestamp.body"
    TIMESTAMP_COLON_BODY = "timestamp:body"
    ID_TIMESTAMP_BODY = "id.timestamp.body"  # Standard Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How the deliveries of a source are authenticated.

    `header`: the name of the header with the signature or token; `prefix`: the text before it there. `algorithm`: of an
    HMAC, such as `sha256`; `encoding`: `hex` or `base64`; `signed`: what it is computed over. `timestamp_header`: the
    header with the timestamp that is signed; "" for none. `username`: of HTTP Basic. `secrets`: any of them is
    accepted; to rotate a secret, add the new one before removing the old.
    """

    kind: AuthenticationKind
    header: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    signed: SignedContent = SignedContent.BODY
    timestamp_header: str = ""
    username: str = ""
    secrets: tuple[Secret, ...] = ()

    def covers_header(self, header: str) -> bool:
        """Return whether a delivery's valid authentication also proves the value of a header.

        `header`: its name in lower case. An HMAC proves only the headers that are signed. A token or a password proves
        all, as whoever has it can write any header. Without authentication all count as proven.
        """
        if self.kind is not AuthenticationKind.HMAC:
            return True
        if self.signed is SignedContent.BODY:
            return False
        signed = {self.timestamp_header.lower()}
        if self.signed is SignedContent.ID_TIMESTAMP_BODY:
            signed.add("webhook-id")
        return header in signed


def signing_key(signed: SignedContent, secret: str) -> bytes:
    """Return the bytes with which HMACs (signatures) are made from a secret.

    If `signed` is `ID_TIMESTAMP_BODY` (Standard Webhooks), they are the decoded base64 after `whsec_`. Otherwise, or if
    that is not base64, they are the secret in UTF-8.
    """
    if signed is not SignedContent.ID_TIMESTAMP_BODY:
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_WHSEC), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


class TicketPhase(StrEnum):
    """What a status, label or resolution of a ticketing system means for the incident.

    `WAITING_CUSTOMER`, `WAITING_VENDOR`, `WAITING_OTHER`: on whom the ticket waits. `WORKAROUND`: a workaround was
    given.
    """

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_VENDOR = "waiting_vendor"
    WAITING_OTHER = "waiting_other"
    WORKAROUND = "workaround"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def waiting_on(self) -> WaitingOn | None:
        """Return on whom a ticket in this phase waits; None if it does not wait."""
        return _WAITING.get(self)


_WAITING = {
    TicketPhase.WAITING_CUSTOMER: WaitingOn.CUSTOMER,
    TicketPhase.WAITING_VENDOR: WaitingOn.VENDOR,
    TicketPhase.WAITING_OTHER: WaitingOn.OTHER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Where to find a value in a delivery; each part may be empty.

    `field`: a dotted path in the delivery, such as `issue.fields.priority.name`. `label`: a prefix; the value is the
    rest of the ticket's label that begins with it. `constant`: the value if neither finds one. `values`: value found,
    in lower case without spaces at its ends -> value to use.
    """

    field: str = ""
    label: str = ""
    constant: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=lambda: NO_NAMES)

    def translate(self, found: str) -> str:
        """Return the value to use for `found`, a value found in a delivery.

        The table `values` says which; a value that is not in it is returned unchanged.
        """
        return look_up(self.values, found) or found


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Rules by which people belong to a side (staff or customers) without being named; one of them is enough.

    `groups`: of the ticketing system. `domains`: of mail addresses. `associations`: with a repository, as GitHub states
    them, such as `member`. All are in lower case, without spaces at their ends.
    """

    groups: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    associations: frozenset[str] = frozenset()

    def holds(self, groups: frozenset[str], domain: str, association: str) -> bool:
        """Return whether these rules count somebody to the side (staff or customers).

        One of the groups, the mail domain or the GitHub association is enough. All must be in lower case, without
        spaces at their ends (`fold_case`); "" stands for none.
        """
        return bool(self.groups & groups) or domain in self.domains or association in self.associations


NOBODY = Membership()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A ticketing system that sends events: its dialect, its authentication, and how its values are translated.

    `statuses`, `labels`: the sender's word -> the phase of the ticket. `priorities`, `priority_labels`: the sender's
    priority, a label -> the plan's priority. `resolutions`: the sender's word for how work ended -> RESOLVED or
    CANCELLED. Keys of these tables are in lower case. `customer`, `product`, `attributes`: where to find these values
    in a delivery. `staff`, `customers`, `bots`: accounts, in lower case; `staff_by`, `customers_by`: rules by which
    others belong to a side. `only_staff`: nobody else is staff, whatever the sender states. `zone`: of times without an
    offset.
    """

    id: SourceId
    dialect: Dialect
    authentication: Authentication
    zone: str = "UTC"  # of times that come without an offset
    statuses: Mapping[str, TicketPhase] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    labels: Mapping[str, TicketPhase] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    priorities: Mapping[str, str] = dataclasses.field(default_factory=lambda: NO_NAMES)
    priority_labels: Mapping[str, str] = dataclasses.field(default_factory=lambda: NO_NAMES)
    customer: Lookup | None = None
    product: Lookup | None = None
    attributes: Mapping[str, Lookup] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    resolutions: Mapping[str, TicketPhase] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    staff: frozenset[str] = frozenset()
    staff_by: Membership = NOBODY
    only_staff: bool = False
    customers: frozenset[str] = frozenset()
    customers_by: Membership = NOBODY
    bots: frozenset[str] = frozenset()

    def phase_of(self, status: str) -> TicketPhase | None:
        """Return the ticket phase that a status of the ticketing system means.

        None if the catalogue does not say. Case, and spaces at the ends, do not matter.
        """
        return self.statuses.get(fold_case(status))

    def priority_of(self, value: str) -> str | None:
        """Return the plan's priority for `value`, the sender's own priority.

        None if the catalogue does not say. Case, and spaces at the ends, do not matter.
        """
        return self.priorities.get(fold_case(value))

    def ending_of(self, resolution: str) -> TicketPhase | None:
        """Return RESOLVED or CANCELLED for `resolution`, the sender's word for how work ended.

        None if the catalogue does not say. Case, and spaces at the ends, do not matter.
        """
        return self.resolutions.get(fold_case(resolution))

    def is_staff(self, account: str) -> bool:
        """Return whether the source's settings list the account as staff, whatever its case."""
        return fold_case(account) in self.staff

    def is_customer(self, account: str) -> bool:
        """Return whether the source's settings list the account as a customer's, whatever its case."""
        return fold_case(account) in self.customers

    def is_bot(self, account: str) -> bool:
        """Return whether the source's settings list the account as a bot, whatever its case."""
        return fold_case(account) in self.bots


def fold_case(word: str) -> str:
    """Return a word in the form for comparing: in lower case, without spaces at its ends."""
    return word.strip().casefold()


def domain_of(address: str) -> str:
    """Return the domain of a mail address, in ASCII (IDNA) and lower case.

    `address`: may also be `@example.com` or a bare domain. A domain without an ASCII form is returned in lower case.
    """
    domain = fold_case(address).rpartition("@")[2].rstrip(".")
    try:
        return ascii_domain(domain)
    except BadMailbox:
        return domain


def look_up(table: Mapping[str, str], word: str) -> str | None:
    """Return the value of a word in a table; None if the word is not in it.

    `table`: its keys are in lower case, without spaces at their ends (`fold_case`). `word`: need not be.
    """
    return table.get(fold_case(word))
