"""The filter of the list of incidents, as in a URL. A value; what it is built from is checked in `parse`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from sla_board.history.listed import UNKNOWN
from sla_board.history.verdict import ListedVerdict
from sla_domain.incident import Phase
from sla_platform.rfc3339 import rfc3339

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


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """The choices of a viewer of the list of incidents; an empty tuple or text means "any".

    `contracts`, `customers`, `products`, `priorities`: their ids and names, each exactly as stored. `states`: such as
    `closed`. `verdicts`: those to list. `metric`: if given, the list has one row for each clock of this metric, and
    priority and verdict are the clock's. `since`, `until`: only what is dated in `[since, until)`. `period`, `begin`,
    `end`: as written in the URL, from which these two follow; `zone`: in which they were read. `text`: a ticket's name,
    an incident's id, or a part of the title, customer or contract. `only_contract`: the one contract that the viewer's
    key may see, None for all; it never comes from the URL.
    """

    contracts: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    verdicts: tuple[ListedVerdict, ...] = ()
    metric: str = ""
    since: datetime | None = None
    until: datetime | None = None
    period: str = ""
    begin: str = ""
    end: str = ""
    zone: str = "UTC"
    zone_chosen: bool = False
    text: str = ""
    limit: int = ROWS
    only_contract: str | None = None

    @property
    def of_contracts(self) -> tuple[str, ...] | None:
        """Return the contracts whose incidents are listed; None for all contracts.

        It is empty if the viewer's key may see none of those that were chosen.
        """
        if self.only_contract is None:
            return self.contracts or None
        return () if self.contracts and self.only_contract not in self.contracts else (self.only_contract,)

    @property
    def hides_incidents(self) -> bool:
        """Return whether the viewer has chosen anything that may leave incidents out."""
        return bool(replace(self, limit=ROWS).query())

    def query(self, **changed: object) -> str:
        """Return this filter as the query of a URL, such as `contract=acme&verdict=missed`; "" if it chooses nothing.

        `changed`: field -> value that is used in place of this filter's own. `only_contract` is never in the query.
        """
        asked = replace(self, **changed)  # type: ignore[arg-type]  # names of fields, checked by `replace` itself
        pairs = [("contract", name) for name in asked.contracts]
        pairs += [("customer", name) for name in asked.customers]
        pairs += [("product", name) for name in asked.products]
        pairs += [("priority", name) for name in asked.priorities]
        pairs += [("state", name) for name in asked.states]
        pairs += [("verdict", verdict.value) for verdict in asked.verdicts]
        pairs += [("metric", asked.metric), ("period", asked.period), ("from", asked.begin), ("to", asked.end)]
        pairs += [("zone", asked.zone if asked.zone_chosen else ""), ("q", asked.text)]
        pairs.append(("limit", str(asked.limit) if asked.limit != ROWS else ""))
        return urlencode([(name, value) for name, value in pairs if value])

    @property
    def identity(self) -> str:
        """Return a text that is the same for filters that list the same rows, whatever their limit.

        A cursor is valid only for the filter with whose identity it was made.
        """
        bounds = [rfc3339(at, "microseconds") if at is not None else "" for at in (self.since, self.until)]
        return "&".join([self.query(limit=ROWS), *bounds, self.only_contract or ""])
