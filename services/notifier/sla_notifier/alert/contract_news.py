"""News of a contract itself: extra hours that are booked or cancelled, allowances that run low (clauses H10, I6, E10).

Pure. News follows from the contract's record as it stands, so that it can be computed at any time, in any process; each
news has a stable key, by which people are told of it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sla_domain import bounds
from sla_domain.allowance import Allowance
from sla_domain.bounds import fitting_id
from sla_domain.contract import Contract
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.ledger import Ledger, current_crossings, ledger_at, period_at
from sla_domain.record import ContractRecord
from sla_domain.rulebook import Rulebook
from sla_domain.tell import Happening
from sla_domain.window import BookedWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowNews:
    """News of a contract: extra hours of service (a window) were booked or cancelled."""

    contract: str
    """Id of the contract."""
    window: BookedWindow
    """The booked hours."""
    cancelled: bool
    """Whether the hours were cancelled. False means booked."""

    @property
    def happening(self) -> Happening:
        """Return the kind of news, WINDOW_BOOKED or WINDOW_CANCELLED, as rules of the catalogue name it."""
        return Happening.WINDOW_CANCELLED if self.cancelled else Happening.WINDOW_BOOKED

    @property
    def key(self) -> str:
        """Return the key of this news, unique in its contract and always the same for the same news."""
        return fitting_id(f"window/{self.window.id}/cancelled", bounds.EVENT) if self.cancelled else self.booked_key

    @property
    def booked_key(self) -> str:
        """Return the key that the news of the booking of this window has; it also works for news of a cancellation."""
        return fitting_id(f"window/{self.window.id}/booked", bounds.EVENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceNews:
    """News of a contract: an allowance (included amount) is low, expires soon or is overdrawn.

    Amounts of hours are in seconds.
    """

    contract: str
    """Id of the contract."""
    happening: Happening
    """ALLOWANCE_LOW, ALLOWANCE_EXPIRING or ALLOWANCE_OVERDRAWN."""
    allowance: Allowance
    occasion: str
    """The threshold and the instant at which it was crossed, or the ledger entry for which the balance was too low."""
    balance: Decimal
    """The amount that can be used now."""
    amount: Decimal
    """The amount that expires, or that was missing. 0 for ALLOWANCE_LOW."""
    expires: datetime | None = None
    """When the amount expires. None unless ALLOWANCE_EXPIRING."""

    @property
    def key(self) -> str:
        """Return the key of this news, unique in its contract and always the same for the same news."""
        return fitting_id(f"{self.happening.value}/{self.allowance.id}/{self.occasion}", bounds.EVENT)


ContractNews = WindowNews | AllowanceNews
"""News of a contract itself, not of an incident."""


def contract_news(
    rulebook: Rulebook, contract: Contract, record: ContractRecord, now: datetime
) -> tuple[ContractNews, ...]:
    """Return the news of a contract at `now`, whether people were notified of them or not.

    - A booked window (extra hours): news until the window ends.
    - A cancelled window: news until the window would have begun.
    - A warning about an allowance: news while the warning applies.
    - An overdrawn allowance: news until the period of the allowance ends.

    Args:
        record: The contract's booked windows and ledger entries. An empty record for a contract without any.

    Raises:
        CalendarError: No calendar can be made of the hours that an allowance names, or `now` lies outside of it.
    """
    return (*_windows(contract, record, now), *_allowances(rulebook, contract, record, now))


def newest_of_each(news: Iterable[ContractNews]) -> tuple[ContractNews, ...]:
    """Return the news, without those that later news in `news` replace.

    If an allowance (included amount) has crossed several thresholds, only the news of the last threshold is kept.
    """
    found: dict[tuple[str, str], ContractNews] = {}
    for each in news:
        if isinstance(each, WindowNews):
            found["window", each.key] = each
        elif each.happening is Happening.ALLOWANCE_LOW:
            found[each.happening.value, each.allowance.id] = each
        else:
            lot = "" if each.expires is None else each.expires.isoformat()
            found[each.happening.value, f"{each.allowance.id}/{lot}"] = each
    return tuple(found.values())


def _windows(contract: Contract, record: ContractRecord, now: datetime) -> Iterator[WindowNews]:
    for entry in record.windows:
        cancelled = entry.cancelled_in is not None
        if now < (entry.window.start if cancelled else entry.window.end):
            yield WindowNews(contract=contract.id, window=entry.window, cancelled=cancelled)


def _allowances(
    rulebook: Rulebook, contract: Contract, record: ContractRecord, now: datetime
) -> Iterator[AllowanceNews]:
    for terms in ledger_terms(rulebook, contract):
        ledger = ledger_at(terms, record.entries_of(terms.allowance.id), now)
        yield from _warnings(contract, ledger)
        since = period_at(terms, terms.allowance.expires, now).start
        for objection in ledger.objections:
            if objection.missing and objection.at >= since:
                yield AllowanceNews(
                    contract=contract.id,
                    happening=Happening.ALLOWANCE_OVERDRAWN,
                    allowance=terms.allowance,
                    occasion=objection.entry,
                    balance=ledger.free,
                    amount=objection.missing,
                )


def _warnings(contract: Contract, ledger: Ledger) -> Iterator[AllowanceNews]:
    left = {each.lot.id: each.left for each in ledger.lots}
    for crossing in current_crossings(ledger):
        expiring = crossing.expires is not None
        yield AllowanceNews(
            contract=contract.id,
            happening=Happening.ALLOWANCE_EXPIRING if expiring else Happening.ALLOWANCE_LOW,
            allowance=ledger.terms.allowance,
            occasion=crossing.key,
            balance=ledger.free,
            amount=left.get(crossing.lot, Decimal(0)) if expiring else Decimal(0),
            expires=crossing.expires,
        )
