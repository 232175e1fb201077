"""An act, who ordered it, and digests of what it concerns before and after. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from typing import Any, Protocol

import orjson


class ActName(StrEnum):
    """The kinds of acts that the audit log records. The value is the text in the log."""

    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    ALERT_PASSED = "alert.passed"
    """Somebody passed an alert to a person."""
    ALERT_SNOOZED = "alert.snoozed"
    """Somebody acknowledged an alert until an instant."""
    BREACH_EXPLAINED = "breach.explained"
    CATALOGUE_ACTIVATED = "catalogue.activated"
    """A version of the catalogue came into force."""
    CATALOGUE_APPLIED = "catalogue.applied"
    """`slad apply` installed a version of the catalogue."""
    CONTACT_OPTED_IN = "contact.opted_in"
    """A contact of the customer receives messages again."""
    CONTACT_OPTED_OUT = "contact.opted_out"
    """A contact of the customer receives no more messages."""
    CONTRACT_CHANGED = "contract.changed"
    CONTRACT_CREATED = "contract.created"
    CONTRACT_ENDED = "contract.ended"
    CONTRACT_ENTRY_POSTED = "contract.entry_posted"
    """An entry was written into a contract's ledger."""
    CONTRACT_FROZEN = "contract.frozen"
    """What lies before a certain instant can no longer change."""
    CONTRACT_PROFILE_STATED = "contract.profile_stated"
    """Somebody stated what the customer runs."""
    CONTRACT_VERSION_WITHDRAWN = "contract.version_withdrawn"
    CONTRACT_WINDOW_BOOKED = "contract.window_booked"
    """Extra service hours were booked."""
    CONTRACT_WINDOW_CANCELLED = "contract.window_cancelled"
    """Booked extra service hours were cancelled."""
    DELIVERY_RETRIED = "delivery.retried"
    """A message is sent again."""
    ENDPOINT_ENABLED = "endpoint.enabled"
    """A disabled mail address or webhook is used again."""
    INCIDENT_LINKED = "incident.linked"
    """Tickets of two systems were said to be one incident."""
    INCIDENT_UNLINKED = "incident.unlinked"
    KEY_MADE = "key.made"
    KEY_REVOKED = "key.revoked"
    NOTICE_PUBLISHED = "notice.published"
    PARKED_REPLAYED = "parked.replayed"
    """A delivery to ingest that could not be read is tried again."""
    PLAN_LINK_MADE = "plan_link.made"
    """A link to a support plan was made."""
    PLAN_LINK_REVOKED = "plan_link.revoked"
    """A link to a support plan was revoked."""
    QUESTION_ANSWERED = "question.answered"
    """Somebody of the customer answered whether a lower priority is agreed."""
    QUARANTINE_REPLAYED = "quarantine.replayed"
    """A row that could not be processed is tried again."""
    REGISTRATION_CONFIRMED = "registration.confirmed"
    """A registration for notices of critical fixes was confirmed."""
    REGISTRATION_ENDED = "registration.ended"
    REPORT_FROZEN = "report.frozen"
    ROTA_OVERRIDE_ENDED = "rota_override.ended"
    ROTA_OVERRIDE_MADE = "rota_override.made"


class ActorKind(StrEnum):
    """By what means the actor of an act in the audit log was identified, such as an API key."""

    KEY = "key"
    """By an API key."""
    PERSON = "person"
    """By the link in a message to that person."""
    OPERATOR = "operator"
    """By logging in to a machine that can write to the store (command line)."""
    SERVICE = "service"
    """slad itself, for changes that it noticed."""


@dataclass(frozen=True, slots=True)
class AuditActor:
    """Who did an act that the audit log records.

    The log has the actor as text `<kind>:<id>`, such as `key:grafana#12`.
    """

    kind: ActorKind
    """How the actor proved who they are."""
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"


@dataclass(frozen=True, slots=True)
class Command:
    """Who orders an act that the audit log records, and why."""

    actor: AuditActor
    reason: str = ""
    """The reason in the actor's own words. "" if none was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that somebody did to an object of slad, to be recorded in the audit log."""

    name: ActName
    command: Command
    object: str
    """The id of that object."""
    contract: str = ""
    """The contract whose API keys may see the act. "" for none."""
    before: str = ""
    """Hash of the object's state before the act (`state_digest`). "" if the object did not exist."""
    after: str = ""
    """Hash of the object's state after the act (`state_digest`). "" if the object did not exist."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """JSON values for people who read the log, without secrets and addresses."""


class AuditedObject(Protocol):
    """An object whose changes the audit log records (protocol)."""

    @property
    def id(self) -> str:
        """Return the id under which the log names the object."""
        ...

    def audited(self) -> Mapping[str, Any]:
        """Return the object's values from which the audit log's checksum of the object is computed."""
        ...


def change_act(
    name: ActName,
    before: AuditedObject | None,
    after: AuditedObject,
    command: Command,
    *,
    details: Mapping[str, Any],
    contract: str = "",
) -> Act:
    """Return the entry for the audit log that says that an object was made or changed.

    The entry has digests (hashes) of the object's state before and after.

    Args:
        before: The object before the act. None if the act made the object.
        details, contract: The fields of the same names in `Act`.
    """
    return Act(
        name=name,
        command=command,
        object=after.id,
        contract=contract,
        before=state_digest(None if before is None else before.audited()),
        after=state_digest(after.audited()),
        details=details,
    )


def state_digest(state: Mapping[str, Any] | None) -> str:
    """Return the SHA-256, in hexadecimal, of an object's state as canonical JSON.

    The result is "" for None (no such object). Equal states have equal digests, on every database.

    Raises:
        TypeError: JSON cannot hold a value.
    """
    return "" if state is None else hashlib.sha256(canonical_json(state).encode()).hexdigest()


def canonical_json(value: Mapping[str, Any]) -> str:
    """Return a mapping as JSON text that is the same for equal values: with sorted keys and no spaces.

    Instants are written in UTC with microseconds. Dates and enums are written as their text. Sets are written as sorted
    lists.

    Raises:
        TypeError: JSON cannot hold a value.
    """
    options = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    return orjson.dumps({str(name): one for name, one in value.items()}, default=_plain, option=options).decode()


def exact_instant(instant: datetime) -> str:
    """Return an aware instant as ISO 8601 text in UTC, always with six digits of microseconds.

    Equal instants then have the same text, and so the same hash in an audit log.
    """
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return exact_instant(value)
        case date():
            return value.isoformat()
        case Enum():
            return value.value
        case frozenset() | set():
            return sorted(value)
        case Mapping():
            return dict(value)
        case _:
            raise TypeError(f"no JSON value: {type(value).__name__}")
