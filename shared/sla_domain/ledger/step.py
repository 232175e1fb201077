"""A folded ledger: its lots, the balance, and every step of how it came about, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sla_domain.allowance import BalanceWarning
from sla_domain.ledger.entry import EntryId, EntryKind
from sla_domain.ledger.objection import Objection
from sla_domain.ledger.terms import LedgerTerms
from sla_domain.ledger.work import WorkPart

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Lot:
    """A portion of an allowance that was given at one instant and expires at one instant.

    `kind`: GRANTED (by the contract), BOUGHT or ADJUSTED.
    `start`, `expires`: the lot can be used from `start` to before `expires`. None: the lot never expires.
    `amount`: seconds for hours, else in the allowance's unit.
    `entry`: id of the entry that made the lot; None if GRANTED.
    """

    id: str
    kind: EntryKind
    start: datetime
    expires: datetime | None
    amount: Decimal
    entry: EntryId | None = None

    def valid(self, at: datetime) -> bool:
        """Return whether the lot (portion of the allowance) can be used at `at`: begun and not expired."""
        return self.start <= at and (self.expires is None or at < self.expires)


@dataclass(frozen=True, slots=True)
class LotBalance:
    """What has become of a lot (portion of an allowance).

    `left`: can still be used.
    `reserved`: set aside for later.
    `used`: consumed.
    `expired`: lost.
    The four sum to the lot's amount. They are in seconds if the allowance is in hours, else in its unit.
    """

    lot: Lot
    left: Decimal
    reserved: Decimal
    used: Decimal
    expired: Decimal


@dataclass(frozen=True, slots=True)
class LotShare:
    """How much one lot (portion of the allowance) paid for a change of the balance, or got back.

    `lot`: id of the lot. `amount`: seconds for hours, else in the allowance's unit.
    """

    lot: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStep:
    """One step of a ledger: by how much the balance changed, and why.

    `amount`: the amount with multiplier and surcharge; negative for an adjustment that takes something.
    `raw`: the amount without multiplier and surcharge.
    `change`: by how much the balance changed.
    `balance`: the balance after the step.
    `shares`: the lots (portions) that paid, in order, or that got something back.
    `entry`: id of the entry; None: the step follows from the contract.
    `surcharge` (percent), `who`, `reason`, `reference`: as in the entry.
    `part`: the span of work that was paid; None without work.
    Amounts are seconds for hours, else in the allowance's unit.
    """

    at: datetime
    kind: EntryKind
    amount: Decimal
    change: Decimal
    balance: Decimal
    shares: tuple[LotShare, ...] = ()
    entry: EntryId | None = None
    part: WorkPart | None = None
    raw: Decimal = _NOTHING
    surcharge: int = 0
    who: str = ""
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """The instant at which a warning threshold of an allowance was crossed, and the balance after it.

    `lot`, `expires`: for a warning some days before an expiry, id of the lot (portion) that expires, and when. Else ""
    and None.
    """

    warning: BalanceWarning
    at: datetime
    balance: Decimal
    lot: str = ""
    expires: datetime | None = None

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

    `free`: what can be used.
    `reserved`: what is set aside. Both are seconds for hours, else in the allowance's unit.
    `lots`: portions that have begun, and future ones with something reserved or used.
    `steps`: all changes of the balance, in order.
    `crossings`: the warning thresholds that were crossed.
    `objections`: what is wrong with the entries; empty if `decide` accepted each under these terms.
    """

    terms: LedgerTerms
    at: datetime
    free: Decimal
    reserved: Decimal
    lots: tuple[LotBalance, ...]
    steps: tuple[LedgerStep, ...]
    crossings: tuple[Crossing, ...]
    objections: tuple[Objection, ...]
