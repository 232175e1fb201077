"""What happens to a contract's record: a closed union of changes, each with who made it, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.ledger import LedgerEntry
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True)
class VersionAdded:
    """The change that adds a version of the contract's text."""

    number: int
    """Number of the version, from 1."""
    effective_from: datetime
    """When the version takes effect. The instant may be past or future."""
    document: str
    """The contract's section of a catalogue file, as canonical JSON."""


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """The change that puts a version of a contract's text in force.

    It is recorded once the version's `effective_from` has come.
    """

    number: int


@dataclass(frozen=True, slots=True)
class VersionWithdrawn:
    """The change that withdraws a version of a contract's text before it takes effect."""

    number: int


@dataclass(frozen=True, slots=True)
class ContractFrozen:
    """The change that makes the contract's promises before `through` final.

    Afterwards, no version of the contract can take effect before `through`.
    """

    through: datetime
    """A past instant. A later change may raise it, never lower it."""


@dataclass(frozen=True, slots=True)
class EntryPosted:
    """The change that writes an entry into the ledger (account) of one of the contract's allowances.

    Single entries are never removed. Older ones are closed together (`LedgersClosed`).
    """

    allowance: str
    """Id of the allowance."""
    entry: LedgerEntry


@dataclass(frozen=True, slots=True)
class LedgersClosed:
    """The change that closes the older ledger entries of a contract, to make room for further entries.

    The entries are removed from the record and replaced by the balances that they left (`openings`). They remain in the
    contract's history.
    """

    through: datetime
    """Entries dated before this instant are closed."""
    openings: tuple[EntryPosted, ...]
    """For each ledger with closed entries, the entry that replaces them."""


@dataclass(frozen=True, slots=True)
class WindowBooked:
    """The change that books extra hours in which time is counted (clauses H10 and I6, docs/clauses.md)."""

    window: BookedWindow
    reserved: EntryPosted | None = None
    """The ledger entry that reserves the price. None if the hours cost nothing."""


@dataclass(frozen=True, slots=True)
class WindowCancelled:
    """The change that cancels a booking of extra hours before they begin."""

    booking: str
    """Id of the booking."""
    released: EntryPosted | None = None
    """The ledger entry that gives the reserved price back. None if nothing is reserved any more."""


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """The change that states which products and versions the customer runs (clause H7, docs/clauses.md)."""

    environment: tuple[EnvironmentItem, ...]
    """All products and versions. They replace those stated before."""


Change = (
    VersionAdded
    | VersionInForce
    | VersionWithdrawn
    | ContractFrozen
    | WindowBooked
    | WindowCancelled
    | EntryPosted
    | LedgersClosed
    | ProfileChanged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """One change in the history of a contract, with who made it, when and why."""

    contract: ContractId
    """Id of the contract."""
    revision: int
    """Number of the change in the contract's history, from 1 without gaps."""
    at: datetime
    by: str
    """The API key or person that made the change."""
    reason: str
    """The reason in the words of that person or key."""
    change: Change
