"""The contracts under which an incident has stood, from the timer's newest fact `contract.changed` about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from pydantic import TypeAdapter

from sla_board.projection.newest import newest_rows
from sla_domain.incident import ContractPeriod
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import Period

_PERIODS = TypeAdapter(list[Period])


def contract_rows(facts: Iterable[ClockFact]) -> list[dict[str, Any]]:
    """Return one row for the table `board_contract` for each incident, sorted by incident.

    The column `periods` is JSON: each contract that the incident was under, and since when. The columns `contract` and
    `customer` are those of the last period. For each incident the fact published last is used. Facts without such
    periods are left out.

    Args:
        facts: Events that slad published about incidents.
    """
    return newest_rows(
        {
            "incident": fact.incident,
            "contract": fact.periods[-1].contract,
            "customer": fact.periods[-1].customer,
            "periods": orjson.dumps([period.model_dump(mode="json") for period in fact.periods]).decode(),
            "at": fact.fired_at or fact.at,
            "rank": fact.generation,
        }
        for fact in facts
        if fact.periods
    )


def periods_of(written: str) -> tuple[ContractPeriod, ...]:
    """Return the periods in which an incident was under one contract each, oldest first.

    Args:
        written: The periods as JSON, from the column `periods` of the table `board_contract`.
    """
    return tuple(period.value() for period in _PERIODS.validate_json(written))
