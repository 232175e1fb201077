"""A source of events as data: how its deliveries prove their origin, and what its words mean to slad.

Ingest's dialects read these tables; nothing of a customer's own vocabulary is written in code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from sla_catalogue.authentication import Authentication, AuthenticationKind, SignedContent, signing_key
from sla_catalogue.mailbox import BadMailbox, ascii_domain
from sla_catalogue.source_map import SourceMap
from sla_domain.event import WaitingOn
from sla_domain.same_as import SAME_AS, names_of_tickets

__all__ = [
    "NOBODY",
    "NO_NAMES",
    "Authentication",
    "AuthenticationKind",
    "Dialect",
    "Lookup",
    "Membership",
    "SignedContent",
    "Source",
    "SourceId",
    "TicketPhase",
    "domain_of",
    "fold_case",
    "look_up",
    "signing_key",
]

SourceId = NewType("SourceId", str)
NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Dialect(StrEnum):
    """The payload formats in which slad accepts the deliveries of a source."""

    CHATWOOT = "chatwoot"
    """The webhooks of Chatwoot."""
    CLOUDEVENTS = "cloudevents"
    """slad's own events."""
    FRESHDESK = "freshdesk"
    """The webhooks of Freshdesk's automations."""
    GITHUB = "github"
    """The webhooks of GitHub."""
    GLPI = "glpi"
    """The webhooks of GLPI, which has its own since version 11."""
    INTERCOM = "intercom"
    """The notifications of Intercom."""
    JIRA = "jira"
    """The webhooks of Jira."""
    MAPPED = "mapped"
    """Any JSON, which the source's map explains."""
    REDMINE = "redmine"
    """The webhooks of Redmine, which has its own since version 7."""
    SERVICENOW = "servicenow"
    """The records that slad's business rule sends from ServiceNow."""
    ZAMMAD = "zammad"
    """The webhooks of Zammad's triggers."""
    ZENDESK = "zendesk"
    """The event webhooks of Zendesk, and its triggers."""
    GITLAB = "gitlab"
    """The webhooks of GitLab: issues, incidents, other work items and notes."""
    LINEAR = "linear"
    """The webhooks of Linear."""
    PAGERDUTY = "pagerduty"
    """The webhook subscriptions of PagerDuty (version 3)."""
    OPSGENIE = "opsgenie"
    """The webhooks of Opsgenie and of Jira Service Management Operations."""
    ALERTMANAGER = "alertmanager"
    """The notifications of Prometheus Alertmanager."""
    GRAFANA = "grafana"
    """The notifications of Grafana alerting."""
    STANDARD_WEBHOOKS = "standard-webhooks"
    """slad's own events in messages of Standard Webhooks."""


class TicketPhase(StrEnum):
    """What a status, label or resolution of a ticketing system means for the incident."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    """The ticket waits on the customer."""
    WAITING_VENDOR = "waiting_vendor"
    """The ticket waits on the vendor."""
    WAITING_OTHER = "waiting_other"
    """The ticket waits on somebody else."""
    WORKAROUND = "workaround"
    """A workaround was provided."""
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def waiting_on(self) -> WaitingOn | None:
        """Return whom a ticket in this phase waits on, or None if it does not wait."""
        return _WAITING.get(self)


_WAITING = {
    TicketPhase.WAITING_CUSTOMER: WaitingOn.CUSTOMER,
    TicketPhase.WAITING_VENDOR: WaitingOn.VENDOR,
    TicketPhase.WAITING_OTHER: WaitingOn.OTHER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Where to find a value in a delivery (a webhook request of a ticketing system). Any field may be empty."""

    field: str = ""
    """A dotted path in the delivery, such as `issue.fields.priority.name`."""
    label: str = ""
    """The prefix of a label of the ticket. The value is the rest of that label."""
    constant: str = ""
    """The value if neither `field` nor `label` gives one."""
    values: Mapping[str, str] = dataclasses.field(default_factory=lambda: NO_NAMES)
    """Value found, in lower case without outer spaces -> value to use."""
    tickets_of: str = ""
    """The source whose tickets the value names. "" for any other value."""

    def translate(self, found: str) -> str:
        """Return the value to use for a value found in a delivery.

        A value that is not in the table `values` is returned unchanged. If the value names tickets of another source
        (`tickets_of`), the name of that source is put before each: `OPS-3` becomes `jira:OPS-3`.
        """
        value = look_up(self.values, found) or found
        return names_of_tickets(value, self.tickets_of) if self.tickets_of else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Rules by which people belong to a side (staff or customers) without being listed one by one.

    Any one of these rules is enough. All names are in lower case, without outer spaces.
    """

    groups: frozenset[str] = frozenset()
    """Groups of the ticketing system."""
    domains: frozenset[str] = frozenset()
    """Domains of mail addresses."""
    associations: frozenset[str] = frozenset()
    """A person's relation to a repository, as GitHub states it, such as `member`."""

    def holds(self, groups: frozenset[str], domain: str, association: str) -> bool:
        """Return whether somebody belongs to the side (staff or customers) by these rules.

        A single matching group, mail domain or GitHub association is enough. All arguments must be in lower case,
        without outer spaces (`fold_case`). "" means none.
        """
        return bool(self.groups & groups) or domain in self.domains or association in self.associations


NOBODY = Membership()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A ticketing system that sends events, and how to authenticate and translate them.

    Keys of the tables, and accounts, are in lower case.
    """

    id: SourceId
    dialect: Dialect
    authentication: Authentication
    zone: str = "UTC"
    """Time zone of times without an offset."""
    statuses: Mapping[str, TicketPhase] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """The sender's status -> phase of the ticket."""
    labels: Mapping[str, TicketPhase] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """The sender's label -> phase of the ticket."""
    priorities: Mapping[str, str] = dataclasses.field(default_factory=lambda: NO_NAMES)
    """The sender's priority -> the plan's priority."""
    priority_labels: Mapping[str, str] = dataclasses.field(default_factory=lambda: NO_NAMES)
    """The sender's label -> the plan's priority."""
    customer: Lookup | None = None
    """Where to find the customer in a delivery."""
    product: Lookup | None = None
    """Where to find the product in a delivery."""
    attributes: Mapping[str, Lookup] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """Attribute -> where to find its value in a delivery."""
    resolutions: Mapping[str, TicketPhase] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """The sender's word for how work ended -> RESOLVED or CANCELLED."""
    staff: frozenset[str] = frozenset()
    """Accounts of the staff."""
    staff_by: Membership = NOBODY
    """Rules by which other accounts belong to the staff."""
    only_staff: bool = False
    """Whether nobody else is staff, whatever the sender states."""
    customers: frozenset[str] = frozenset()
    """Accounts of customers."""
    customers_by: Membership = NOBODY
    """Rules by which other accounts belong to the customers."""
    bots: frozenset[str] = frozenset()
    """Accounts of bots."""
    map: SourceMap | None = None
    """For the dialect `mapped`, where the parts of an event stand in a delivery. None for others."""

    def phase_of(self, status: str) -> TicketPhase | None:
        """Return the ticket phase that a status of the ticketing system means.

        The result is None for an unknown status. Case and outer spaces do not matter.
        """
        return self.statuses.get(fold_case(status))

    def priority_of(self, value: str) -> str | None:
        """Return the plan's priority for the sender's priority `value`.

        The result is None for an unknown value. Case and outer spaces do not matter.
        """
        return self.priorities.get(fold_case(value))

    def may_name(self, incident: str) -> bool:
        """Return whether an event of this source may name an incident of another source, to link the two.

        A source with `same_as` may name the tickets of the source that `same_as` gives. A source without `same_as` may
        name none, except a source without authentication, which may name any. Events sent with an API key have such a
        source.

        Args:
            incident: Id of the other incident, such as `jira:OPS-3`.
        """
        lookup = self.attributes.get(SAME_AS)
        if lookup is None:
            return self.authentication.kind is AuthenticationKind.NONE
        return lookup.tickets_of == incident.partition(":")[0]

    def ending_of(self, resolution: str) -> TicketPhase | None:
        """Return whether the sender's resolution of a ticket means RESOLVED or CANCELLED.

        The result is None for an unknown word. Case and outer spaces do not matter.
        """
        return self.resolutions.get(fold_case(resolution))

    def is_staff(self, account: str) -> bool:
        """Return whether the source lists the account as staff.

        Case does not matter.
        """
        return fold_case(account) in self.staff

    def is_customer(self, account: str) -> bool:
        """Return whether the source lists the account as a customer's.

        Case does not matter.
        """
        return fold_case(account) in self.customers

    def is_bot(self, account: str) -> bool:
        """Return whether the source lists the account as a bot.

        Case does not matter.
        """
        return fold_case(account) in self.bots


def fold_case(word: str) -> str:
    """Return a word in the form for comparing: in lower case, without outer spaces."""
    return word.strip().casefold()


def domain_of(address: str) -> str:
    """Return the domain of a mail address, in ASCII (IDNA) and lower case.

    A domain without an ASCII form is only lower-cased.

    Args:
        address: A mail address. `@example.com` or a bare domain are allowed too.
    """
    domain = fold_case(address).rpartition("@")[2].rstrip(".")
    try:
        return ascii_domain(domain)
    except BadMailbox:
        return domain


def look_up(table: Mapping[str, str], word: str) -> str | None:
    """Return the value of a word in a table, or None if the word is not in the table.

    Args:
        table: Word -> value. The keys are in lower case, without outer spaces (`fold_case`).
        word: The word in any form.
    """
    return table.get(fold_case(word))
