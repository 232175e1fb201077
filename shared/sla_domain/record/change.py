"""What happens to a contract's record: a closed union of changes, each with who made it, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.ledger import LedgerEntry
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True)
class VersionAdded:
    """A further version of the contract's text.

    `number`: 1 for the first, then counted up. `effective_from`: the instant from which it applies, past or future.
    `document`: the contract's section as canonical JSON, with the keys of a catalogue file.
    """

    number: int
    effective_from: datetime
    document: str


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """The instant `effective_from` of the version `number` has come: from now on it is applied."""

    number: int


@dataclass(frozen=True, slots=True)
class VersionWithdrawn:
    """The version `number`, which was not in force yet, is not going to be."""

    number: int


@dataclass(frozen=True, slots=True)
class ContractFrozen:
    """What was promised before `through` is final: no version may take effect before that instant any more."""

    through: datetime


@dataclass(frozen=True, slots=True)
class EntryPosted:
    """An entry was written into the ledger of the contract's allowance `allowance`; it stays for good."""

    allowance: str
    entry: LedgerEntry


@dataclass(frozen=True, slots=True)
class WindowBooked:
    """Hours were booked in which time counts, beside the weekly ones (clauses H10 and I6, docs/clauses.md).

    `reserved`: the entry that sets aside what the window costs; None: it has no price.
    """

    window: BookedWindow
    reserved: EntryPosted | None = None


@dataclass(frozen=True, slots=True)
class WindowCancelled:
    """The booking with the id `booking` is cancelled; it had not begun.

    `released`: the entry that gives back what was set aside for it; None: nothing was, or it is used already.
    """

    booking: str
    released: EntryPosted | None = None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """The profile of the customer's environment is these products from now on (clause H7, docs/clauses.md)."""

    environment: tuple[EnvironmentItem, ...]


Change = (
    VersionAdded
    | VersionInForce
    | VersionWithdrawn
    | ContractFrozen
    | WindowBooked
    | WindowCancelled
    | EntryPosted
    | ProfileChanged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """One entry of a contract's history.

    `contract`: whose. `revision`: its place in that history, from 1 without gaps. `at`: when it was recorded. `by`: the
    key or person who made it. `reason`: why, in their words. `change`: what happened.
    """

    contract: ContractId
    revision: int
    at: datetime
    by: str
    reason: str
    change: Change
