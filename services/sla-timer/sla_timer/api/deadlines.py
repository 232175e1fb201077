"""What would be due if an incident were opened: the preview behind `POST /v1/deadlines`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sla_domain.bounds import RANGE, within_reach
from sla_domain.calendar import local_instant
from sla_domain.contract import Contract, ContractId
from sla_domain.preview import preview
from sla_domain.rulebook import MatchReason
from sla_platform.http.keys import KeyAccess
from sla_platform.http.problem import Problem
from sla_platform.inbound import AttributeName, AttributeValue, ContractIn, CustomerIn, LocalOrInstantIn, PriorityIn
from sla_timer.answer import preview_json
from sla_timer.service import TimerService


class DeadlineQuestion(BaseModel):
    """The body of `POST /v1/deadlines`: an incident that might be opened.

    The response says when the incident would be due.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    contract: ContractIn = Field(default="", description="a contract's id; or give a customer")
    """A contract's id. If "", the contract is found by `customer`. Without both, the default contract applies."""
    customer: CustomerIn = ""
    """A customer's name."""
    priority: PriorityIn = ""
    """If "", the priority in `attributes` applies."""
    opened_at: LocalOrInstantIn | None = Field(default=None, description="now when absent")
    """When the incident is opened. If absent, it is opened now. A time without an offset is in the contract's zone."""
    attributes: dict[AttributeName, AttributeValue] = Field(default_factory=dict, max_length=50)
    """Attributes of the incident, as a mapping from name to value. A name is, for example, `product`."""


def beyond_the_calendar(detail: str) -> Problem:
    """Return the HTTP error 422 for a question about years without a compiled calendar.

    Args:
        detail: A sentence that names the instant, shown to the caller.
    """
    return Problem(422, "beyond-the-calendar", "The calendar does not reach so far", detail)


def deadlines(timer: TimerService, question: DeadlineQuestion, access: KeyAccess) -> dict[str, Any]:
    """Return when each metric would be due if an incident were opened.

    The result has the form of `DeadlinesResponse`. Nothing is stored.

    Args:
        question: The incident that might be opened.
        access: What the caller's API key allows.

    Raises:
        Problem: HTTP error 404 if the contract is unknown, or if the key may not see the contract; 422 if the opening,
            or every due instant, is in years for which no calendar is compiled.
    """
    rulebook = timer.rulebooks.current
    now = timer.time_source.now()
    contract, reason = _contract(timer, question, access, now)
    opened = local_instant(question.opened_at or now, contract.zone)
    if not within_reach(opened):
        raise beyond_the_calendar(f"`opened_at` lies {RANGE}.")
    answer = preview(contract, question.priority, question.attributes, opened, rulebook, reason)
    if answer.lines and all(line.out_of_reach for line in answer.lines):
        raise beyond_the_calendar(answer.lines[0].missing)
    return preview_json(answer)


def _contract(
    timer: TimerService, question: DeadlineQuestion, access: KeyAccess, now: datetime
) -> tuple[Contract, MatchReason]:
    rulebook = timer.rulebooks.current
    if question.contract:
        contract = rulebook.contracts.get(ContractId(question.contract))
        reason = MatchReason.CUSTOMER
    else:
        match = rulebook.contract_for(question.customer, question.opened_at or now)
        contract, reason = match.contract, match.reason
    if contract is None or access.contract not in (None, contract.id):
        raise Problem(
            404, "no-such-contract", "No such contract", f"The catalogue has no contract {question.contract!r}."
        )
    return contract, reason
