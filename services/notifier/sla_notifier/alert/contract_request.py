"""The request to notify people of news of a contract, as rules of the catalogue say. Pure."""

from __future__ import annotations

from datetime import datetime

from sla_domain.bounds import EVENT, fitting_id
from sla_domain.contract import Contract
from sla_domain.rulebook import Rulebook
from sla_domain.tell import OF_CONTRACTS, Happening
from sla_notifier.alert.contract_news import ContractNews
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.alert.tell import contract_recipients
from sla_notifier.delivery.state import MessageKind

_NEWS = OF_CONTRACTS - {Happening.OBJECTIVE_AT_RISK}  # which the board publishes


def tells_of_contract(rulebook: Rulebook, contract: Contract) -> bool:
    """Return whether any rule of a contract or its plans notifies people of booked hours or allowances."""
    bought = (rule for one in contract.entitlements for rule in one.bought.tell)
    of_plans = (rule for one in contract.bought for rule in rulebook.plan_of(one).tell)
    return any(rule.on in _NEWS for rule in (*contract.tell, *bought, *of_plans))


def contract_request(
    news: ContractNews, rulebook: Rulebook, contract: Contract, now: datetime
) -> NotificationRequest | None:
    """Return the request to notify people of news of a contract; None if no rule of the catalogue applies to the news.

    Args:
        news: News of booked hours or of an allowance (included amount).
        now: The present instant, at which the hours of rules are checked.
    """
    bought = ("", *(one.id for one in contract.entitlements))
    audience = contract_recipients(news.happening, rulebook, contract, now, bought)
    if audience is None:
        return None
    return NotificationRequest(
        id=fitting_id(f"contract/{contract.id}/{news.key}", EVENT),
        kind=MessageKind.CONTRACT,
        at=now,
        contract=contract.id,
        content=news,
        audience=(audience,),
        happening=news.happening,
    )
