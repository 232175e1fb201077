"""What a contract says about one allowance: all by which its entries are judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from sla_domain.allowance import Allowance
from sla_domain.calendar import Calendar, local_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTerms:
    """What a contract states about one allowance (included amount): all that is needed to compute the ledger."""

    contract: str
    allowance: Allowance
    zone: str
    """IANA name of the contract's zone."""
    first_day: date
    """The contract's first day, from which its years are counted."""
    end_day: date | None = None
    """The first day on which the contract is no longer in force. None means no end."""
    hours: Calendar | None = None
    """The calendar outside which work costs more (`allowance.off_hours`). None means that all work costs the same."""

    @property
    def start(self) -> datetime:
        """Return when the contract's first day begins in its zone, as an aware datetime."""
        return self.midnight(self.first_day)

    @property
    def end(self) -> datetime | None:
        """Return when the contract ends, as an aware datetime, or None if it has no end."""
        return None if self.end_day is None else self.midnight(self.end_day)

    def covers(self, at: datetime) -> bool:
        """Return whether the contract is in force at the instant `at`."""
        end = self.end
        return self.start <= at and (end is None or at < end)

    def midnight(self, day: date) -> datetime:
        """Return the instant at which a day begins in the contract's zone, as an aware datetime."""
        return _midnight(day, self.zone)


@lru_cache(maxsize=4096)
def _midnight(day: date, zone: str) -> datetime:
    return local_instant(datetime.combine(day, time()), zone)
