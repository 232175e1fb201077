"""The filter of the list of incidents, as in a URL. A value; what it is built from is checked in `parse`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from sla_board.history.listed import UNKNOWN
from sla_domain.attainment import PromiseVerdict
from sla_domain.incident import Phase
from sla_domain.objective import CountedUnit
from sla_domain.rfc3339 import rfc3339

ROWS = 50
MOST_ROWS = 500
LIVE = "live"
ENDED = "ended"
STATES = (*(phase.value for phase in Phase), UNKNOWN)
"""The states of incidents in the list: the phases, and `unknown` for an incident without a known event."""
GROUPS = {
    LIVE: tuple(phase.value for phase in Phase if phase.live),
    ENDED: tuple(phase.value for phase in Phase if not phase.live),
}
"""Words that stand for several states: `live` for open and waiting, `ended` for the others."""


class ListDate(StrEnum):
    """Which instant of an incident must lie in a filter's period, such as its opening or its end.

    The list of incidents is sorted by the same instant.
    """

    COUNTED = "counted"
    """The instant that decided the verdict, or the due instant that will decide it."""
    DUE = "due"
    """The next due instant of the open clocks."""
    OPENED = "opened"
    ENDED = "ended"
    PRESENT = "present"
    """Incidents that were open at any time of the period, sorted by when they were opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """A viewer's choices in the list of incidents. An empty tuple or text means "any"."""

    contracts: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    """Such as `closed`."""
    verdicts: tuple[PromiseVerdict, ...] = ()
    metric: str = ""
    """If given, the list has one row for each clock of this metric. Priority and verdict are then those of the
    clock.
    """
    date: ListDate = ListDate.COUNTED
    """The kind of instant that `since` and `until` limit."""
    counted: CountedUnit | None = None
    """If given, the list has a row for each request or clock that the attainment of one contract counts in one period,
    with the verdict, contract, entitlement and priority by which it is counted.
    """
    metrics: tuple[str, ...] = ()
    """Ids of the metrics of counted requests or clocks. Requests are judged by their clocks of these metrics only."""
    entitlements: tuple[str, ...] = ()
    """Ids of the entitlements (plans of the contract) of counted requests or clocks."""
    reasons: tuple[str, ...] = ()
    """Codes of the reasons in force of counted clocks that were missed."""
    since: datetime | None = None
    """Only rows dated at this instant or later."""
    until: datetime | None = None
    """Only rows dated before this instant."""
    period: str = ""
    """The period in the URL, such as `2026-11`. `since` and `until` follow from it."""
    begin: str = ""
    """The parameter `from` in the URL."""
    end: str = ""
    """The parameter `to` in the URL."""
    zone: str = "UTC"
    """The time zone in which `period`, `begin` and `end` were read."""
    zone_chosen: bool = False
    """Whether the URL states the zone."""
    text: str = ""
    """A ticket's name, an incident's id, or a part of the title, customer or contract."""
    limit: int = ROWS
    """The number of rows on a page."""
    only_contract: str | None = None
    """The one contract that the viewer's key may see. None for all. It is never part of the URL."""

    @property
    def of_contracts(self) -> tuple[str, ...] | None:
        """Return the contracts whose incidents are listed. None for all contracts.

        The result is empty if the viewer's key may see none of the chosen contracts.
        """
        if self.only_contract is None:
            return self.contracts or None
        return () if self.contracts and self.only_contract not in self.contracts else (self.only_contract,)

    @property
    def of_clocks(self) -> bool:
        """Return whether each row of the list is a clock."""
        return bool(self.metric) or self.counted is CountedUnit.CLOCKS

    @property
    def hides_incidents(self) -> bool:
        """Return whether the viewer has chosen anything that may leave incidents out of the list.

        `limit`, the number of rows on a page, is ignored.
        """
        return bool(replace(self, limit=ROWS).query())

    def query(self, **changed: object) -> str:
        """Return the filter as the query of a URL, such as `contract=acme&verdict=missed`. "" for an empty filter.

        Args:
            changed: Values to use in place of the filter's own, by name of the field.
        """
        asked = replace(self, **changed)  # type: ignore[arg-type]  # names of fields, checked by `replace` itself
        pairs = [("contract", name) for name in asked.contracts]
        pairs += [("customer", name) for name in asked.customers]
        pairs += [("product", name) for name in asked.products]
        pairs += [("priority", name) for name in asked.priorities]
        pairs += [("state", name) for name in asked.states]
        pairs += [("verdict", verdict.value) for verdict in asked.verdicts]
        pairs += [("counted", "" if asked.counted is None else asked.counted.value)]
        pairs += [("entitlement", name) for name in asked.entitlements]
        pairs += [("reason", name) for name in asked.reasons]
        pairs += [("metric", name) for name in asked.metrics]
        pairs += [("date", "" if asked.date is ListDate.COUNTED else asked.date.value)]
        pairs += [("metric", asked.metric), ("period", asked.period), ("from", asked.begin), ("to", asked.end)]
        pairs += [("zone", asked.zone if asked.zone_chosen else ""), ("q", asked.text)]
        pairs.append(("limit", str(asked.limit) if asked.limit != ROWS else ""))
        return urlencode([(name, value) for name, value in pairs if value])

    @property
    def identity(self) -> str:
        """Return a text that is equal for all filters that list the same rows.

        The limit is not part of the text. A cursor is valid only for filters of the same identity.
        """
        bounds = [rfc3339(at, "microseconds") if at is not None else "" for at in (self.since, self.until)]
        return "&".join([self.query(limit=ROWS), *bounds, self.only_contract or ""])
