"""The time zone of a contract, in which periods of its incidents are read."""

from __future__ import annotations

from collections.abc import Callable

from sla_domain.contract import ContractId
from sla_domain.rulebook import Rulebook


def zone_in(rulebook: Callable[[], Rulebook] | None) -> Callable[[str], str | None]:
    """Return a function that returns the time zone of a contract, given its id; None if there is no such contract.

    `rulebook`: returns the rulebook in force (plans, contracts, calendars); None: no contract is known.
    """

    def zone_of(contract: str) -> str | None:
        known = None if rulebook is None else rulebook().contracts.get(ContractId(contract))
        return None if known is None else known.zone

    return zone_of
