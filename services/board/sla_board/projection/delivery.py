"""The board's rows of notifications and alerts: a delivery as its newest fact states, an alert as its steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sla_platform.wire import DeliveryFact

# Facts of one instant are ordered as a delivery's states follow each other; an end comes last.
_RANKS = {
    "held": -1,
    "queued": 0,
    "opened": 0,
    "sending": 1,
    "retrying": 2,
    "expired": 2,
    "escalated": 3,
    "passed": 3,
    "acknowledged": 4,
    "snoozed": 4,
    "sent": 5,
    "failed": 5,
    "cancelled": 5,
    "undeliverable": 5,
    "closed": 6,
}


def delivery_rows(facts: Iterable[DeliveryFact]) -> list[dict[str, Any]]:
    """Return one row for the table `board_delivery` for each delivery, sorted by id.

    A delivery is a message to one person. A row has the newest state of the delivery. If two facts have the same
    instant, a final state such as `sent` is newer than `queued` or `retrying`. Facts without a delivery are left out.

    Args:
        facts: Events that slad published about deliveries.
    """
    return _newest(_delivery_row(fact) for fact in facts if fact.delivery)


def _newest(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = kept.get(row["id"])
        if known is None or (row["at"], row["rank"]) >= (known["at"], known["rank"]):
            kept[row["id"]] = row
    return [kept[name] for name in sorted(kept)]


def _delivery_row(fact: DeliveryFact) -> dict[str, Any]:
    state = fact.what.rpartition(".")[2]
    return {
        "id": fact.delivery,
        "incident": fact.incident,
        "notice": fact.notice,
        "alert": fact.alert,
        "contract": fact.contract,
        "recipient": fact.recipient,
        "channel": fact.channel,
        "reason": fact.reason,
        "state": state,
        "rank": _RANKS.get(state, 1),
        "attempts": fact.attempts,
        "possibly_duplicate": fact.possibly_duplicate,
        "at": fact.at,
        "due_at": fact.due_at,
        "error": fact.error,
        "held_until": fact.held_until,
    }


def alert_row(id_: str, fact: DeliveryFact) -> dict[str, Any]:
    """Return the row for the table `board_alert` of one step of an alert, such as `opened`.

    Every step is kept, because a closed alert may open again.

    Args:
        id_: The id of the event that published the step.
    """
    state = fact.what.rpartition(".")[2]
    return {
        "id": id_,
        "alert": fact.alert,
        "incident": fact.incident,
        "notice": fact.notice,
        "contract": fact.contract,
        "what": state,
        "rank": _RANKS.get(state, 1),
        "reason": fact.reason,
        "by": fact.by,
        "at": fact.at,
    }
