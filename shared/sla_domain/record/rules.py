"""Which changes of a contract's record are refused, and why; decided before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla_domain.errors import DomainError
from sla_domain.record.change import ContractFrozen, VersionAdded, VersionInForce, VersionWithdrawn
from sla_domain.record.record import ContractRecord, ContractVersion
from sla_domain.rfc3339 import rfc3339


class RefusalCode(StrEnum):
    """Why a change of a contract's record is refused.

    The value is the last part of the `type` in the error that the API returns.
    """

    OVERLAPS = "version-overlaps"
    """Another version takes effect later."""
    FROZEN = "period-frozen"
    """The instant lies in a frozen period. Or the instant of a freeze lies in the future, or before the present freeze.
    """
    UNCHANGED = "nothing-changes"
    """The text equals the newest version's."""
    UNKNOWN_VERSION = "unknown-version"
    IN_FORCE = "version-in-force"
    """A version in force cannot be withdrawn."""
    SCOPE_CHANGES = "scope-changes"
    """An entitlement's products change too often."""
    SCOPE_NOTICE = "scope-notice"
    """An entitlement's products change at too short notice."""
    BOOKING = "booking-refused"
    """The booking breaks a rule that has no code of its own."""
    BOOKED = "booking-exists"
    """Another booking has the id."""
    UNKNOWN_BOOKING = "unknown-booking"
    TOO_LATE = "too-little-notice"
    """The booking's notice is too short."""
    SURCHARGE = "surcharge-unconfirmed"
    """The booking costs a surcharge that the customer did not confirm."""
    NO_LEDGER = "no-ledger"
    """The contract has no such allowance."""
    ENTRY = "entry-refused"
    """The ledger's rules refuse the entry."""
    LEDGER_FULL = "ledger-full"
    """The contract has too many entries, and none of them can be closed."""
    TOO_LARGE = "record-too-large"
    """The contract's record would be larger than an event can be."""


class RefusedChange(DomainError):
    """Raised for a change that the contract's record does not allow.

    `code`: the broken rule.
    `detail`: the message, a sentence for people.
    `place`: the key of the wrong input, "" if no input is wrong.
    """

    def __init__(self, code: RefusalCode, detail: str, place: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.place = place


def prepare_version(
    record: ContractRecord, document: str, effective_from: datetime | None, now: datetime
) -> VersionAdded:
    """Return the change that adds a version of the contract's text.

    Args:
        record: The contract's stored record.
        document: The new text, as canonical JSON.
        effective_from: When the version takes effect. None means `now`.

    Raises:
        RefusedChange: Another version takes effect later (withdraw that one first). Or the instant lies in a frozen
            period, whose promises are final. Or the text equals that of the newest version.
    """
    since = now if effective_from is None else effective_from
    if record.frozen_through is not None and since < record.frozen_through:
        detail = f"what was promised before {instant_text(record.frozen_through)} is frozen; choose a later instant"
        raise RefusedChange(RefusalCode.FROZEN, detail, "effective_from")
    standing = [one for one in record.versions if one.withdrawn_in is None]
    later = next((one for one in standing if one.effective_from > since), None)
    if later is not None:
        raise RefusedChange(RefusalCode.OVERLAPS, _overlap(later), "effective_from")
    newest = record.newest
    if newest is not None and newest.document == document:
        detail = f"version {newest.number}, which applies from {instant_text(newest.effective_from)}, says the same"
        raise RefusedChange(RefusalCode.UNCHANGED, detail)
    return VersionAdded(len(record.versions) + 1, since, document)


def prepare_withdrawal(record: ContractRecord, number: int) -> VersionWithdrawn:
    """Return the change that withdraws the version `number` of a contract.

    Args:
        record: The contract's stored record.

    Raises:
        RefusedChange: There is no such version, or it is in force already.
    """
    found = next((one for one in record.versions if one.number == number and one.withdrawn_in is None), None)
    if found is None:
        raise RefusedChange(RefusalCode.UNKNOWN_VERSION, f"{record.id} has no version {number} to withdraw")
    if found.in_force_in is not None:
        detail = f"version {number} is in force since {instant_text(found.effective_from)}; change the contract instead"
        raise RefusedChange(RefusalCode.IN_FORCE, detail)
    return VersionWithdrawn(number)


def prepare_freeze(record: ContractRecord, through: datetime, now: datetime) -> ContractFrozen:
    """Return the change that makes the contract's promises before `through` final.

    After it, no version of the contract can take effect before that instant.

    Args:
        record: The contract's stored record.

    Raises:
        RefusedChange: `through` is later than `now`, or earlier than the instant up to which promises are final
            already.
    """
    if through > now:
        raise RefusedChange(RefusalCode.FROZEN, "only what lies behind can be frozen", "through")
    if record.frozen_through is not None and through < record.frozen_through:
        detail = f"it is frozen through {instant_text(record.frozen_through)} already, and stays so"
        raise RefusedChange(RefusalCode.FROZEN, detail, "through")
    return ContractFrozen(through)


@dataclass(frozen=True, slots=True)
class NextInForce:
    """The version of a contract's text that takes effect next, and when."""

    at: datetime
    """When the version takes effect."""
    change: VersionInForce
    """The change that puts the version in force."""


def next_in_force(record: ContractRecord) -> NextInForce | None:
    """Return which version of the contract takes effect next, and when, or None if there is none.

    Args:
        record: The contract's stored record.
    """
    pending = record.pending
    return NextInForce(pending[0].effective_from, VersionInForce(pending[0].number)) if pending else None


def _overlap(later: ContractVersion) -> str:
    state = "in force" if later.in_force_in is not None else "written"
    hint = "date the change from then on" if later.in_force_in is not None else "withdraw that one first"
    return f"version {later.number}, {state}, applies from {instant_text(later.effective_from)}, which is later: {hint}"


def instant_text(instant: datetime) -> str:
    """Return an aware UTC instant as RFC 3339 text, such as `2026-11-10T16:30:00Z`."""
    return rfc3339(instant)
