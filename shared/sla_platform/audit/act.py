"""An act, who ordered it, and digests of what it concerns before and after. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from typing import Any

import orjson


class ActName(StrEnum):
    """What can be done to slad by somebody; the value stands in the log. docs/operations.md has a line for each."""

    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    CATALOGUE_ACTIVATED = "catalogue.activated"
    CATALOGUE_APPLIED = "catalogue.applied"
    CONTRACT_CHANGED = "contract.changed"
    CONTRACT_CREATED = "contract.created"
    CONTRACT_ENDED = "contract.ended"
    CONTRACT_ENTRY_POSTED = "contract.entry_posted"
    CONTRACT_FROZEN = "contract.frozen"
    CONTRACT_PROFILE_STATED = "contract.profile_stated"
    CONTRACT_VERSION_WITHDRAWN = "contract.version_withdrawn"
    CONTRACT_WINDOW_BOOKED = "contract.window_booked"
    CONTRACT_WINDOW_CANCELLED = "contract.window_cancelled"
    DELIVERY_RETRIED = "delivery.retried"
    ENDPOINT_ENABLED = "endpoint.enabled"
    KEY_MADE = "key.made"
    KEY_REVOKED = "key.revoked"
    NOTICE_PUBLISHED = "notice.published"
    PARKED_REPLAYED = "parked.replayed"
    PLAN_LINK_MADE = "plan_link.made"
    PLAN_LINK_REVOKED = "plan_link.revoked"
    QUARANTINE_REPLAYED = "quarantine.replayed"
    REGISTRATION_CONFIRMED = "registration.confirmed"
    REGISTRATION_ENDED = "registration.ended"
    ROTA_OVERRIDE_ENDED = "rota_override.ended"
    ROTA_OVERRIDE_MADE = "rota_override.made"


class ActorKind(StrEnum):
    """How somebody proved who they are.

    `KEY`: by an API key. `PERSON`: by the link in a message to that person. `OPERATOR`: by being logged in where the
    store can be written (the command line). `SERVICE`: slad itself, for what it found changed.
    """

    KEY = "key"
    PERSON = "person"
    OPERATOR = "operator"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class AuditActor:
    """Who acts: how they proved it, and their id. As text `key:grafana#12`, which is what the log holds."""

    kind: ActorKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"


@dataclass(frozen=True, slots=True)
class Command:
    """Who orders an act, and why; `reason` is in their own words, "" when they gave none."""

    actor: AuditActor
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that somebody did, before it has its place in the log.

    `object`: the id of what it was done to. `contract`: the contract whose keys may see the act, "" for none. `before`,
    `after`: `state_digest` of the object, "" where there was or is none. `details`: JSON values for people who look;
    no secrets and no addresses.
    """

    name: ActName
    command: Command
    object: str
    contract: str = ""
    before: str = ""
    after: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def state_digest(state: Mapping[str, Any] | None) -> str:
    """Return the SHA-256 of an object's state as canonical JSON, in hexadecimal; "" for None, an object that is not.

    Equal states have equal digests, on every database. Raises TypeError for values that JSON cannot hold.
    """
    return "" if state is None else hashlib.sha256(canonical_json(state).encode()).hexdigest()


def canonical_json(value: Mapping[str, Any]) -> str:
    """Return JSON with sorted keys and no spaces; instants in UTC, dates and enums as their text.

    Raises TypeError for values that JSON cannot hold.
    """
    options = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    return orjson.dumps({str(name): one for name, one in value.items()}, default=_plain, option=options).decode()


def instant_text(instant: datetime) -> str:
    """Return an instant as the log's hash takes it: UTC, always with six digits of microseconds."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return instant_text(value)
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
