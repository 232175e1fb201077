"""Critical-fix notices, with how many of their notifications were sent and acknowledged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.shown.alert import ShownAlert, alerts_of
from sla_board.shown.not_shown import Attempts, NotShown
from sla_board.shown.word import web_link

_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNotice:
    """A critical-fix notice, which asks the users of some `products` to install a fix."""

    id: str
    title: str
    text: str
    severity: str
    """`critical`, `high`, `medium` or `low`."""
    link: str
    """The link to more information. "" without a link."""
    products: Sequence[Mapping[str, str]]
    """The products, each with its affected versions."""
    published_at: datetime
    published_by: str
    revision: int
    """The number of the revision, from 1."""
    cause: str
    """What the fix prevents, such as `outage`. "" if not named."""
    withdrawn: bool
    """Whether the notice was withdrawn."""
    reason: str
    """Why the notice was changed or withdrawn. "" without a reason."""
    told: Mapping[str, int]
    """Maps the state of a delivery, such as `sent`, to the number of the notice's deliveries in this state."""
    asked: int
    """Number of contracts with people who were asked to acknowledge."""
    acknowledged: int
    """Number of these contracts in which somebody has acknowledged."""


async def read_notices(
    connection: AsyncConnection, only_contract: str | None, attempts: Attempts
) -> list[ShownNotice | NotShown]:
    """Return the newest 100 critical-fix notices, newest first.

    A notice that cannot be shown is replaced by a NotShown.

    Args:
        only_contract: Return only notices sent to this contract, and count only its deliveries and acknowledgements.
            None means all contracts.
    """
    notice, delivery = tables.notice.c, tables.delivery.c
    theirs = select(delivery.notice).where(delivery.contract == only_contract)
    query = select(tables.notice).order_by(notice.published_at.desc(), notice.id).limit(_MOST)
    if only_contract is not None:
        query = query.where(notice.id.in_(theirs))
    notices = (await connection.execute(query)).all()
    counting = select(delivery.notice, delivery.state).where(delivery.notice.in_([row.id for row in notices]))
    if only_contract is not None:
        counting = counting.where(delivery.contract == only_contract)
    told: dict[str, Counter[str]] = {}
    for row in (await connection.execute(counting)).all():
        told.setdefault(row.notice, Counter())[row.state] += 1
    answers = await _answers(connection, [row.id for row in notices], only_contract)

    def shown(row: Any) -> ShownNotice:
        return ShownNotice(
            id=row.id,
            title=row.title,
            text=row.text,
            severity=row.severity,
            link=web_link(row.link),
            products=orjson.loads(row.products),
            published_at=row.published_at,
            published_by=row.published_by,
            revision=row.revision,
            cause=row.cause.replace("_", " "),
            withdrawn=row.withdrawn,
            reason=row.reason,
            told=told.get(row.id, {}),
            asked=len(answers.get(row.id, ())),
            acknowledged=sum(alert.acknowledged_at is not None for alert in answers.get(row.id, ())),
        )

    return [attempts.make("notice", row.id, "", partial(shown, row)) for row in notices]


async def _answers(
    connection: AsyncConnection, notices: Sequence[str], only_contract: str | None
) -> dict[str, tuple[ShownAlert, ...]]:
    """The alerts of each notice: one a contract."""
    alert = tables.alert.c
    query = select(tables.alert).where(alert.notice.in_(notices))
    if only_contract is not None:
        query = query.where(alert.contract == only_contract)
    steps: dict[str, list[Any]] = {}
    for row in (await connection.execute(query)).all():
        steps.setdefault(row.notice, []).append(row)
    return {notice: alerts_of(found) for notice, found in steps.items()}
