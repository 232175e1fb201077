"""What happens to a contract's record: a closed union of changes, each with who made it, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.contract import ContractId, EnvironmentItem
from sla_domain.ledger import LedgerEntry
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True)
class VersionAdded:
    """The change that adds a version of the contract's text.

    `number`: from 1.
    `effective_from`: when the version takes effect, past or future.
    `document`: the contract's section of a catalogue file, as canonical JSON.
    """

    number: int
    effective_from: datetime
    document: str


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """The change that puts version `number` of a contract's text in force.

    It is recorded once the version's `effective_from` has come.
    """

    number: int


@dataclass(frozen=True, slots=True)
class VersionWithdrawn:
    """The change that withdraws version `number` of a contract's text before it takes effect."""

    number: int


@dataclass(frozen=True, slots=True)
class ContractFrozen:
    """The change that makes final what was promised before `through`.

    No version may then take effect earlier. `through`: a past instant; a later change may raise it, never lower it.
    """

    through: datetime


@dataclass(frozen=True, slots=True)
class EntryPosted:
    """The change that writes an entry into the ledger of one of the contract's allowances.

    `allowance`: id of the allowance. Entries are never removed.
    """

    allowance: str
    entry: LedgerEntry


@dataclass(frozen=True, slots=True)
class WindowBooked:
    """The change that books extra hours in which time counts (clauses H10 and I6, docs/clauses.md).

    `reserved`: the ledger entry that reserves the price; None: no price.
    """

    window: BookedWindow
    reserved: EntryPosted | None = None


@dataclass(frozen=True, slots=True)
class WindowCancelled:
    """The change that cancels a booking of extra hours before they begin.

    `booking`: id of the booking.
    `released`: the ledger entry that gives the reserved price back; None: nothing is reserved any more.
    """

    booking: str
    released: EntryPosted | None = None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """The change that states which products and versions the customer runs (clause H7, docs/clauses.md).

    `environment`: all of them; they replace those stated before.
    """

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
    """One change in the history of a contract, with who made it, when and why.

    `contract`: id of the contract.
    `revision`: number of the change in the contract's history, from 1 without gaps.
    `by`: the API key or person that made the change.
    `reason`: in their words.
    """

    contract: ContractId
    revision: int
    at: datetime
    by: str
    reason: str
    change: Change
