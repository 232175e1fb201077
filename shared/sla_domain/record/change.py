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

    `number`: 1 for the first, then counted up. `effective_from`: the instant from which it applies, past or future.
    `document`: the contract's section of a catalogue file, as canonical JSON.
    """

    number: int
    effective_from: datetime
    document: str


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """The change that puts version `number` of a contract's text in force.

    It is recorded once the instant has come from which that version applies (`effective_from` of its `VersionAdded`).
    """

    number: int


@dataclass(frozen=True, slots=True)
class VersionWithdrawn:
    """The change that withdraws version `number` of a contract's text before it was in force; it never will be."""

    number: int


@dataclass(frozen=True, slots=True)
class ContractFrozen:
    """The change that makes final what was promised before `through`: no version may take effect earlier.

    `through`: an instant in the past; a later change may move it on, but never back.
    """

    through: datetime


@dataclass(frozen=True, slots=True)
class EntryPosted:
    """The change that writes an entry into the ledger of an allowance of the contract; an entry is never removed.

    `allowance`: the id of the allowance.
    """

    allowance: str
    entry: LedgerEntry


@dataclass(frozen=True, slots=True)
class WindowBooked:
    """The change that books extra hours in which time counts, besides the weekly hours (clauses H10 and I6).

    `reserved`: the ledger entry that reserves the price; None if the window has no price.
    """

    window: BookedWindow
    reserved: EntryPosted | None = None


@dataclass(frozen=True, slots=True)
class WindowCancelled:
    """The change that cancels a booking of extra hours before they begin.

    `booking`: its id. `released`: the ledger entry that returns the reserved price; None if nothing was reserved, or it
    is used already.
    """

    booking: str
    released: EntryPosted | None = None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """The change that states anew which products and versions the customer runs (clause H7, docs/clauses.md).

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

    `contract`: its id. `revision`: the number of the change among the contract's changes, from 1 without gaps. `at`:
    when it was recorded. `by`: the API key or person that made it. `reason`: why, in their words. `change`: what
    changes.
    """

    contract: ContractId
    revision: int
    at: datetime
    by: str
    reason: str
    change: Change
