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

    `kind`: GRANTED (by the contract), BOUGHT or ADJUSTED. `start`, `expires`: it can be used from `start` to before
    `expires`; None: it never expires. `amount`: seconds for hours, else in the allowance's unit. `entry`: id of the
    entry that brought it, None if GRANTED.
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
    """What has become of a lot (portion of an allowance): the four amounts sum up to the lot's amount.

    `left`: can still be used. `reserved`: set aside for later. `used`: consumed. `expired`: lost. In seconds if the
    allowance is in hours, else in its unit.
    """

    lot: Lot
    left: Decimal
    reserved: Decimal
    used: Decimal
    expired: Decimal


@dataclass(frozen=True, slots=True)
class LotShare:
    """How much of one change of the balance was paid by one lot (portion of the allowance), or given back to it.

    `lot`: its id. `amount`: seconds for hours, else in the allowance's unit.
    """

    lot: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStep:
    """One step of a ledger: by how much the balance changed, and why.

    `amount`: what the step was about, with multiplier and surcharge; negative for an adjustment that takes something.
    `raw`: the same without multiplier and surcharge. `change`, `balance`: by how much the balance changed, and the
    balance afterwards. `shares`: which lots (portions) paid, in order, or got something back. `entry`: id of the entry,
    None if the step follows from the contract; `surcharge` (percent), `who`, `reason`, `reference`: the entry's.
    `part`: the span of work that was paid, None without work. Amounts are seconds for hours, else in the allowance's
    unit.
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
    """The instant `at` which a warning threshold of an allowance was crossed, and the balance that was left then.

    `lot`, `expires`: for a warning some days before an expiry: the id of the lot (portion) that expires, and when; else
    "" and None.
    """

    warning: BalanceWarning
    at: datetime
    balance: Decimal
    lot: str = ""
    expires: datetime | None = None

    @property
    def key(self) -> str:
        """Return the stable id of the crossing, made of threshold, instant and lot.

        A lot (portion of the allowance) is part of it only for a warning before an expiry. Each crossing is published
        once, and is recognised by this id.
        """
        return f"{self.warning.key}/{self.at.isoformat()}" + (f"/{self.lot}" if self.lot else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The account of an allowance under one contract as of `at`: balance, lots (portions) and all steps in order.

    `free`, `reserved`: what can be used, and what is set aside; seconds for hours, else in the allowance's unit.
    `lots`: those that have begun, and later ones with something reserved or used. `crossings`: the warning thresholds
    that were crossed. `objections`: what is wrong with the entries; empty as long as `decide` accepted each under these
    terms.
    """

    terms: LedgerTerms
    at: datetime
    free: Decimal
    reserved: Decimal
    lots: tuple[LotBalance, ...]
    steps: tuple[LedgerStep, ...]
    crossings: tuple[Crossing, ...]
    objections: tuple[Objection, ...]
