"""HTTP: how the time of a contract's incidents divides between parties, for those that ended in a period."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from sla_board.answer import BreakdownPartAnswer, parts_answer
from sla_board.asked import period_in
from sla_board.live import BoardReader
from sla_board.shown.breakdown_sums import BreakdownSum
from sla_domain.contract import ContractId
from sla_domain.rulebook import Rulebook
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import Problem
from sla_platform.inbound import LINE, ContractIn, InstantIn

_DENIED: dict[int | str, dict[str, Any]] = {
    401: {"description": "An API key is needed"},
    404: {"description": "No such contract, or not for this key"},
}


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class BreakdownSumAnswer(_Answer):
    """The time of several incidents, or of several clocks of one metric, summed by holder and party.

    The holder is an assignee with group and support line. The party is the side that had to act, such as the customer.
    """

    count: int
    """How many incidents or clocks are in the sum."""
    parts: tuple[BreakdownPartAnswer, ...]


class BreakdownSumsAnswer(_Answer):
    """The summed time of a contract's incidents and clocks that ended between two instants.

    The time is divided by holder (an assignee with group and support line) and party (who had to act, such as the
    customer).
    """

    contract: str
    start: datetime
    """Only what ended at this instant or later is included."""
    end: datetime
    """Only what ended before this instant is included."""
    incidents: BreakdownSumAnswer
    clocks: Mapping[str, BreakdownSumAnswer]
    """Metric -> sum over the clocks of the metric."""
    behind: int = Field(description="incidents with something new, which are being computed anew")


def breakdown_routes(shown: BoardReader, rulebook: Callable[[], Rulebook], authorize: Authorizer) -> APIRouter:
    """Return the route that sums up the time of a contract's incidents, by holder and by whose turn it was to act.

    The route needs the scope `read`. A key of one contract is limited to that contract.

    Args:
        rulebook: Returns the rulebook in force (plans, contracts, calendars).
    """
    routes = APIRouter(tags=["board"])

    @routes.get("/v1/breakdowns", summary="List whose time it was under a contract, in sum", responses=_DENIED)
    async def breakdowns(
        request: Request,
        contract: Annotated[ContractIn, Query(description="not needed with a key of one contract")] = "",
        period: Annotated[
            str, Query(max_length=20, description="2026-11, 2026-Q4 or 2026, in the contract's zone"), LINE
        ] = "",
        start: Annotated[InstantIn | None, Query(alias="from", description="ended from this instant on")] = None,
        end: Annotated[InstantIn | None, Query(alias="to", description="ended before this instant")] = None,
    ) -> BreakdownSumsAnswer:
        """Sum up the time of what ended in a period, by holder and party: of incidents, and of the clocks by metric."""
        only = authorize(request, READ).contract
        wanted = contract or only or ""
        known = rulebook().contracts.get(ContractId(wanted)) if only in (None, wanted) else None
        if known is None:
            raise Problem(404, "no-such-contract", "No such contract", f"No contract is called {wanted!r}: say which.")
        named = period_in(period, known.zone)
        first, last = (start, end) if named is None else (named.start, named.end)
        if first is None or last is None or (named is not None and (start or end)):
            errors = [{"pointer": "/period", "detail": "give either a period, or from and to"}]
            raise Problem(422, "which-span", "Which span of time?", "Give a period, or from and to.", errors=errors)
        sums, behind = await shown.breakdown_sums(wanted, first, last)
        return BreakdownSumsAnswer(
            contract=wanted,
            start=first,
            end=last,
            incidents=_sum(sums.incidents),
            clocks={metric: _sum(one) for metric, one in sums.clocks.items()},
            behind=behind,
        )

    return routes


def _sum(one: BreakdownSum) -> BreakdownSumAnswer:
    return BreakdownSumAnswer(count=one.count, parts=parts_answer(one.known, counted=True))
