"""Who has been told of a notice, by what, and who has answered: the route and its shapes. People by id, no address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier.alert import store as alerts
from sla_notifier.alert.alert import Alert, AlertState
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.state import DeliveryState
from sla_notifier.notice import store
from sla_notifier.notice.record import NoticeTold
from sla_platform.http.keys import READ, Authorizer
from sla_platform.http.problem import not_known

INFORMED = "informed"


class _Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class ToldShape(_Shape):
    """Part of an API response: a person who was notified of a notice of a critical fix, with the last message.

    The person was notified for one contract.
    """

    person: str
    side: str = Field(description="support: told as one of the vendor's own; or customer")
    kind: str = Field(description="fix, advisory or fix_ended: of the last message")
    revision: int = Field(description="the revision that it was about")
    told_at: datetime
    channel: str = ""
    """The kind of channel. Empty if the person has no address."""
    state: str = Field(description="of the delivery: sent once the other side has taken it")
    delivered_at: datetime | None = None
    """When the message was delivered. Null if no message to the person was sent."""


class NoticeContractShape(_Shape):
    """Part of an API response: one contract's acknowledgement of a notice of a critical fix, and the people notified.

    Texts that do not apply are "".
    """

    contract: str
    state: str = Field(description="open: nobody has answered; acknowledged; closed; or informed: nobody was asked")
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    """A person's id, or the name that an API call gave."""
    acknowledged_via: str = ""
    """`link`, `digest` (a mail that collects several messages) or `api`."""
    close_reason: str = ""
    """For example, `withdrawn`."""
    people: list[ToldShape] = []


class NoticeReport(_Shape):
    """API response about a notice of a critical fix: the newest revision, the people notified, the acknowledgements."""

    id: str
    revision: int
    title: str
    severity: str
    """`critical`, `high`, `medium` or `low`."""
    cause: str = ""
    """What the fix prevents (`security`, `data_loss` or `outage`). "" if not named."""
    products: list[dict[str, str]]
    """The affected products, each with its versions."""
    withdrawn: bool = False
    """Whether the notice was withdrawn."""
    reason: str = Field(default="", description="why it was changed or withdrawn")
    published_at: datetime
    changed_at: datetime = Field(description="when the newest revision was taken in")
    contracts: list[NoticeContractShape]
    told: int = Field(description="people, each once")
    delivered: int = Field(description="people to whom a message was delivered")
    outstanding: list[str] = Field(description="contracts of which somebody was asked and nobody has answered")


def add_notices(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    """Add the route `GET /v1/notices/{id_}` to `routes`, which answers who was notified of a notice of a critical fix.

    The response is a NoticeReport.

    Args:
        authorize: Checks the API key of a request.
    """

    @routes.get(
        "/v1/notices/{id_}",
        summary="Read whom a notice was told and who has answered",
        responses={401: {"description": "no key"}, 403: {"description": "not with this key"},
                   404: {"description": "not known here"}},
    )  # fmt: skip
    async def report(request: Request, id_: str) -> NoticeReport:
        """The people told of a notice by contract, with their deliveries and the acknowledgement.

        A key of one contract sees that contract alone.
        """
        access = authorize(request, READ)
        async with context.store.reading() as connection:
            found = await notice_report(connection, id_, access.contract)
        if found is None:
            raise not_known("notice", id_)
        return found


async def notice_report(connection: AsyncConnection, id_: str, contract: str | None) -> NoticeReport | None:
    """Return the report on a notice of a critical fix, for the API.

    The report says who was notified, and which contracts acknowledged the notice. The result is None if the notice is
    unknown, or does not concern `contract`.

    Args:
        id_: The notice's id.
        contract: The only contract to report on. None means all contracts.
    """
    found = await store.find(connection, id_)
    if found is None:
        return None
    notice, changed_at = found
    told = await store.told_with_messages(connection, [id_], contract)
    of_contract = {
        alert.contract: alert
        for alert in await alerts.find_by_notice(connection, id_)
        if contract in (None, alert.contract)
    }
    names = dict.fromkeys((*of_contract, *(each.contract for each, _ in told)))
    if contract is not None and not names:
        return None
    of_name = defaultdict(list)
    for each in told:
        of_name[each[0].contract].append(each)
    shown = [_contract(name, of_contract.get(name), of_name[name]) for name in sorted(names)]
    return NoticeReport(
        id=notice.id,
        revision=notice.revision,
        title=notice.title,
        severity=notice.severity,
        cause=notice.cause,
        products=[each.model_dump() for each in notice.products],
        withdrawn=notice.withdrawn,
        reason=notice.reason,
        published_at=notice.published_at,
        changed_at=changed_at,
        contracts=shown,
        told=len({each.told_as for each, _ in told}),
        delivered=len({each.told_as for each, messages in told if _best(messages) is DeliveryState.SENT}),
        outstanding=[each.contract for each in shown if each.state == AlertState.OPEN.value],
    )


def _contract(name: str, alert: Alert | None, told: Iterable[tuple[NoticeTold, Sequence[Any]]]) -> NoticeContractShape:
    people = [_person(each, messages) for each, messages in told]
    if alert is None:
        return NoticeContractShape(contract=name, state=INFORMED, people=people)
    return NoticeContractShape(
        contract=name,
        state=alert.state.value,
        acknowledged_at=alert.acknowledged_at,
        acknowledged_by=alert.acknowledged_by,
        acknowledged_via=alert.acknowledged_via,
        close_reason=alert.close_reason,
        people=people,
    )


def _person(told: NoticeTold, messages: Sequence[Any]) -> ToldShape:
    sent = next((one for one in messages if one.state == DeliveryState.SENT.value), None)
    shown = sent or (messages[-1] if messages else None)
    return ToldShape(
        person=told.person,
        side="support" if told.staff else "customer",
        kind=told.kind.value,
        revision=told.revision,
        told_at=told.at,
        channel="" if shown is None else shown.channel,
        state=_best(messages).value,
        delivered_at=None if sent is None else sent.finished_at,
    )


def _best(messages: Sequence[Any]) -> DeliveryState:
    """Of the messages by a person's several addresses, the state of the one that arrived, else of the last."""
    states = [DeliveryState(one.state) for one in messages]
    if DeliveryState.SENT in states:
        return DeliveryState.SENT
    return states[-1] if states else DeliveryState.UNDELIVERABLE
