"""Endpoints as the sender finds them: disabled for good (410 Gone), or resting because they asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.channel.port import Outcome, Rejected, Retry
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import WAITING
from sla_platform.store.dialect import insert, upsert

_d, _e = tables.delivery, tables.endpoint.c
_WAITING = [state.value for state in WAITING]
LONGEST_FOR_OTHERS = timedelta(minutes=1)  # what one message's Retry-After holds up of the endpoint's others


@dataclass(frozen=True, slots=True)
class FinishedAttempt:
    """One finished attempt to send: the delivery, its outcome, and when the attempt ended (`at`)."""

    row: DeliveryRow
    outcome: Outcome
    at: datetime


async def disabled_endpoints(connection: AsyncConnection) -> frozenset[str]:
    """Return the ids of the disabled endpoints.

    An endpoint is the mail server or one webhook. Nothing is sent to a disabled endpoint until an administrator
    enables it.
    """
    statement = select(tables.endpoint.c.id).where(tables.endpoint.c.state == "disabled")
    return frozenset((await connection.execute(statement)).scalars())


async def disable(connection: AsyncConnection, done: Sequence[FinishedAttempt], now: datetime) -> None:
    """Disable the endpoints to which these attempts were made.

    An endpoint is the mail server or one webhook. Messages that wait for such an endpoint become due at `now`, so that
    they fail at once and go to the person's next address.

    Args:
        done: Attempts whose response was 410 (Gone).
    """
    reasons = {item.row.endpoint: item.outcome for item in done}
    if not reasons:
        return
    rows = [
        {
            "id": endpoint,
            "state": "disabled",
            "reason": outcome.detail if isinstance(outcome, Rejected) else "",
            "changed_at": now,
            "changed_by": "slad",
        }
        for endpoint, outcome in reasons.items()
    ]
    await connection.execute(upsert(connection, tables.endpoint), rows)
    await connection.execute(
        update(_d).where(_d.c.endpoint.in_(list(reasons)), _d.c.state.in_(_WAITING)).values(next_at=now)
    )


async def record_pauses(connection: AsyncConnection, done: Sequence[FinishedAttempt], now: datetime) -> None:
    """Store the pauses that endpoints asked for by the Retry-After header.

    An endpoint is the mail server or one webhook. Nothing is sent to the endpoint until the pause is over. A pause
    starts at `now` and lasts at most one minute (LONGEST_FOR_OTHERS). A stored pause that ends later is kept.

    Args:
        done: Finished attempts to send. Attempts without a Retry-After header are skipped.
    """
    asked = longest_pauses((item.row.endpoint, item.outcome) for item in done)
    if asked:
        statement = insert(connection, tables.endpoint)
        asked_now = statement.excluded.rest_until
        longer = case((_e.rest_until > asked_now, _e.rest_until), else_=asked_now)
        resting = statement.on_conflict_do_update(index_elements=["id"], set_={"rest_until": longer})
        new = {"state": "active", "reason": "", "changed_at": now, "changed_by": "slad"}
        rows = [new | {"id": endpoint, "rest_until": now + asked[endpoint]} for endpoint in sorted(asked)]
        await connection.execute(resting, rows)


def longest_pauses(outcomes: Iterable[tuple[str, Outcome]]) -> dict[str, timedelta]:
    """Return endpoint id -> the longest pause of sending that the endpoint (mail server or webhook) asked for.

    A pause is cut at one minute (LONGEST_FOR_OTHERS). Endpoints that did not ask for a pause are left out.

    Args:
        outcomes: Pairs of endpoint id and outcome of an attempt.
    """
    asked: dict[str, timedelta] = {}
    for endpoint, outcome in outcomes:
        if isinstance(outcome, Retry) and outcome.after is not None:
            asked[endpoint] = max(asked.get(endpoint, timedelta()), min(outcome.after, LONGEST_FOR_OTHERS))
    return asked
