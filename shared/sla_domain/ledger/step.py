"""A folded ledger: its lots, the balance, and every step of how it came about, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sla_domain.allowance import BalanceWarning
from sla_domain.ledger.kind import EntryId, EntryKind
from sla_domain.ledger.objection import Objection
from sla_domain.ledger.opening import LedgerOpening
from sla_domain.ledger.terms import LedgerTerms
from sla_domain.ledger.work import WorkPart

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Lot:
    """A portion of an allowance (included amount) that was given at one instant and expires at one instant."""

    id: str
    kind: EntryKind
    """GRANTED (by the contract), BOUGHT or ADJUSTED."""
    start: datetime
    """The instant from which the lot can be used."""
    expires: datetime | None
    """The instant from which the lot can no longer be used. None if the lot never expires."""
    amount: Decimal
    """Seconds for hours, else in the allowance's unit."""
    entry: EntryId | None = None
    """Id of the entry that created the lot. None if GRANTED."""

    def valid(self, at: datetime) -> bool:
        """Return whether the lot (portion of the allowance) can be used at `at`: begun and not expired."""
        return self.start <= at and (self.expires is None or at < self.expires)


@dataclass(frozen=True, slots=True)
class LotBalance:
    """How much of a lot (portion of an allowance) is left, reserved, used and expired.

    The four amounts sum to the lot's amount. They are in seconds if the allowance is in hours, else in its unit.
    """

    lot: Lot
    left: Decimal
    """What can still be used."""
    reserved: Decimal
    """What is set aside for later."""
    used: Decimal
    """What was consumed."""
    expired: Decimal
    """What was lost."""


@dataclass(frozen=True, slots=True)
class LotShare:
    """How much of a change of the balance one lot (portion of the allowance) paid or received back."""

    lot: str
    """Id of the lot."""
    amount: Decimal
    """Seconds for hours, else in the allowance's unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStep:
    """One change of a ledger's balance: when, by how much and why. An entry with work may cause several.

    Amounts are in seconds if the allowance is in hours, else in its unit.
    """

    at: datetime
    kind: EntryKind
    amount: Decimal
    """The amount with multiplier and surcharge. Negative for an adjustment that takes something."""
    change: Decimal
    """By how much the balance changed."""
    balance: Decimal
    """The balance after the step."""
    shares: tuple[LotShare, ...] = ()
    """The lots (portions) that paid, in order, or that received something back."""
    entry: EntryId | None = None
    """Id of the entry. None if the step follows from the contract."""
    part: WorkPart | None = None
    """The span of work that was paid. None without work."""
    raw: Decimal = _NOTHING
    """The amount without multiplier and surcharge."""
    surcharge: int = 0
    """Surcharge in percent, as in the entry."""
    who: str = ""
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """The instant at which a warning threshold of an allowance was crossed, and the balance after it.

    An allowance is an included amount, such as 120 hours of work a year.
    """

    warning: BalanceWarning
    at: datetime
    balance: Decimal
    lot: str = ""
    """For a warning some days before an expiry, id of the lot (portion) that expires. "" for other warnings."""
    expires: datetime | None = None
    """For a warning some days before an expiry, when the lot expires. None for other warnings."""

    @property
    def key(self) -> str:
        """Return the stable id of the crossing, by which it is published only once.

        The id has the threshold and the instant. For a warning before an expiry, the id also has the lot (portion of
        the allowance).
        """
        return f"{self.warning.key}/{self.at.isoformat()}" + (f"/{self.lot}" if self.lot else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The account of an allowance under one contract as of `at`.

    Amounts are in seconds if the allowance is in hours, else in its unit.
    """

    terms: LedgerTerms
    at: datetime
    free: Decimal
    """What can be used."""
    reserved: Decimal
    """What is set aside."""
    lots: tuple[LotBalance, ...]
    """Portions that have begun, and future ones with something reserved or used."""
    steps: tuple[LedgerStep, ...]
    """All changes of the balance, in order."""
    crossings: tuple[Crossing, ...]
    """The warning thresholds that were crossed."""
    objections: tuple[Objection, ...]
    """What is wrong with the entries. Empty if `decide` accepted each entry under these terms."""
    opening: LedgerOpening | None = None
    """What closed entries have left, which comes first in `steps`. None if no entries are closed."""
