"""The days of a contract, by which periods of its incidents are read."""

from __future__ import annotations

from collections.abc import Callable

from sla_board.history.period import ContractCalendar
from sla_domain.attainment import zones_of
from sla_domain.contract import ContractId
from sla_domain.rulebook import Rulebook


def zone_in(rulebook: Callable[[], Rulebook] | None) -> Callable[[str], str | None]:
    """Return a function that looks up the time zone of a contract.

    The function takes the contract's id, and returns None for an unknown contract.

    Args:
        rulebook: Returns the rulebook in force (plans, contracts, calendars). None if there is none: then every
            contract is unknown.
    """

    def zone_of(contract: str) -> str | None:
        known = None if rulebook is None else rulebook().contracts.get(ContractId(contract))
        return None if known is None else known.zone

    return zone_of


def calendar_in(rulebook: Callable[[], Rulebook] | None) -> Callable[[str], ContractCalendar | None]:
    """Return a function that looks up a contract's time zones and first day, from which its periods follow.

    The function takes the contract's id, and returns None for an unknown contract.

    Args:
        rulebook: Returns the rulebook in force (plans, contracts, calendars). None if there is none: then every
            contract is unknown.
    """

    def calendar_of(contract: str) -> ContractCalendar | None:
        if rulebook is None:
            return None
        book, id_ = rulebook(), ContractId(contract)
        known, zones = book.contracts.get(id_), zones_of(book, id_)
        return None if known is None or zones is None else ContractCalendar(zones, known.valid_from)

    return calendar_of
