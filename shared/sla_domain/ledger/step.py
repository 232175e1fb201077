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
    """A portion of an allowance that came at once and expires at once.

    `kind`: GRANTED, BOUGHT or ADJUSTED. `expires`: from this instant on it pays for nothing, None: it never expires.
    `entry`: the entry that brought it, None if it is GRANTED.
    """

    id: str
    kind: EntryKind
    start: datetime
    expires: datetime | None
    amount: Decimal
    entry: EntryId | None = None

    def valid(self, at: datetime) -> bool:
        """Return whether the lot can pay for something that takes place at `at`."""
        return self.start <= at and (self.expires is None or at < self.expires)


@dataclass(frozen=True, slots=True)
class LotBalance:
    """What has become of a lot: `left`, `reserved`, `used` and `expired` sum up to its amount."""

    lot: Lot
    left: Decimal
    reserved: Decimal
    used: Decimal
    expired: Decimal


@dataclass(frozen=True, slots=True)
class LotShare:
    """How much of a step one lot paid, or got back."""

    lot: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStep:
    """One step of a ledger: by how much it changed the balance, and why.

    `amount`: what the step was about, with multiplier and surcharge; negative for an adjustment that takes something.
    `raw`: the same without them. `change`: of the balance, which is `balance` after it. `shares`: which lots paid, in
    order, or got something back. `entry`: None for what follows from the contract. `part`: the part of the work that
    was paid.
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
    """A threshold that was crossed at `at`; `balance` is what was left then.

    `expires`: when the lot `lot` expires, if the threshold is some days before that; else None.
    """

    warning: BalanceWarning
    at: datetime
    balance: Decimal
    lot: str = ""
    expires: datetime | None = None

    @property
    def key(self) -> str:
        """Return the stable name of the crossing, by which it is published once: threshold, instant and lot."""
        return f"{self.warning.key}/{self.at.isoformat()}" + (f"/{self.lot}" if self.lot else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger of an allowance as of `at`: what is free and reserved, the lots, and all steps in order.

    `lots`: those that have begun, and later ones of which something is reserved. `objections`: what is wrong with the
    entries; empty as long as each was accepted by `decide` under these terms.
    """

    terms: LedgerTerms
    at: datetime
    free: Decimal
    reserved: Decimal
    lots: tuple[LotBalance, ...]
    steps: tuple[LedgerStep, ...]
    crossings: tuple[Crossing, ...]
    objections: tuple[Objection, ...]
