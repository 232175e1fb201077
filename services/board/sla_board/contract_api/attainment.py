"""The routes of attainment: what share of its promises each contract got, as page and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import StringConstraints

from sla_board.attainment.answer import AttainmentAnswer, attainment_answer
from sla_board.attainment.listed import AttainmentPage, attainment_of, attainment_page
from sla_board.attainment.model import ContractAttainment
from sla_board.contract_api.deps import Language, Name
from sla_board.page.render import Pages
from sla_board.page.security import PAGE_HEADERS
from sla_domain.attainment import parse_period
from sla_domain.errors import BadPeriod
from sla_domain.rulebook import Rulebook
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import Problem, pointer
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

MOST_CONTRACTS = 100
_ROWS = 20
Written = Annotated[
    str,
    StringConstraints(max_length=20),
    Query(description="2026-11, 2026-Q4, or 2026/27 for the contract year begun in 2026; empty: this month"),
]
Limit = Annotated[int, Query(ge=1, le=MOST_CONTRACTS)]
Contracts = Annotated[list[Name], Query(default_factory=list, max_length=MOST_CONTRACTS)]
After = Annotated[Name, Query(description="the `after` of the page before")]


@dataclass(frozen=True, slots=True)
class AttainmentDeps:
    """The dependencies of the HTTP routes of attainment (the share of promises met)."""

    store: Store
    rulebook: Callable[[], Rulebook | None]
    """Returns the rulebook in force (plans, contracts, calendars). None if the board has no catalogue."""
    authorize: Authorizer
    pages: Pages
    """Renders HTML."""
    time_source: TimeSource

    async def of(self, contract: str) -> ContractAttainment | None:
        """Return the attainment of a contract in the present month. None for an unknown contract."""
        async with self.store.reading() as connection:
            return await attainment_of(connection, self.rulebook(), contract, "", self.time_source.now())

    async def found(
        self, request: Request, contracts: list[str], period: str, after: str, limit: int
    ) -> AttainmentPage:
        """Return a page of the attainment of the requested contracts.

        Args:
            contracts: Ids of contracts. Empty for all contracts that the caller may see.
            period: Such as `2026-11`. "" for the present month.
            after: The id after which the page begins.

        Raises:
            Problem: 401 or 403 without a suitable key, 404 for a contract that is unknown or hidden from the caller,
                422 for a period that cannot be read.
        """
        only = self.authorize(request, READ).contract
        wanted = contracts or ([only] if only is not None else [])
        if unseen := [one for one in wanted if only not in (None, one)]:
            raise _no_such_contract(unseen[0])
        now, rulebook = self.time_source.now(), self.rulebook()
        try:
            async with self.store.reading() as connection:
                if not wanted:
                    _check_period(period)
                    return await attainment_page(connection, rulebook, period, now, after, limit)
                made = []
                for id_ in dict.fromkeys(wanted):
                    one = await attainment_of(connection, rulebook, id_, period, now)
                    if one is None:
                        raise _no_such_contract(id_)
                    made.append(one)
                return AttainmentPage(tuple(made), None)
        except BadPeriod as bad:
            raise _bad_period(bad) from None


def add_attainment(routes: APIRouter, deps: AttainmentDeps) -> None:
    """Add the routes of attainment, `/v1/attainment` and the page `/attainment`. They need the scope `read`."""

    @routes.get("/v1/attainment", summary="Read the attainment of contracts in a period")
    async def read_attainment(
        request: Request,
        contract: Contracts,
        period: Written = "",
        after: After = "",
        limit: Limit = _ROWS,
        lang: Language = "en",
    ) -> AttainmentAnswer:
        """Return for each contract what was met, missed, exempt and is open, and how its objectives stand."""
        page = await deps.found(request, contract, period, after, limit)
        return attainment_answer(page.contracts, deps.time_source.now(), page.after, lang)

    @routes.get("/attainment", response_class=HTMLResponse, summary="Show the attainment of contracts")
    async def show_attainment(
        request: Request, contract: Contracts, period: Written = "", after: After = ""
    ) -> Response:
        """Show how the objectives of contracts stand in a period, and what was counted."""
        named = [one for one in contract if one]
        page = await deps.found(request, named, period, after, _ROWS)
        html = deps.pages.attainment(page, named, period, deps.time_source.now())
        return HTMLResponse(html, headers=PAGE_HEADERS)


def _check_period(period: str) -> None:
    """A period that fits no contract at all is refused, not answered with an empty list."""
    if period:
        parse_period(period, date(1970, 1, 1))


def _bad_period(bad: BadPeriod) -> Problem:
    errors = [{"pointer": pointer(("period",)), "detail": str(bad)}]
    return Problem(422, "invalid-input", "The input does not fit", str(bad), errors=errors)


def _no_such_contract(contract: str) -> Problem:
    return Problem(404, "no-such-contract", "No such contract", f"No contract is called {contract}.")
