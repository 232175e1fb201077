"""What the board reads for a batch does not grow with what it keeps of the incident the batch speaks of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from tests.integration.board.bench import BoardBench, bench
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board import tables
from sla_board.projection import store as projections
from sla_domain.event import EventKind
from sla_platform.envelope import Envelope

BEFORE = 300  # minutes of history


def history(ticket: Ticket) -> list[Any]:
    """An opening and pauses without end."""
    told = [ticket.event(at=NOW - minutes(BEFORE)), ticket.started(NOW - minutes(BEFORE))]
    for minute in range(1, BEFORE - 2, 2):
        at, then = NOW - minutes(BEFORE - minute), NOW - minutes(BEFORE - minute - 1)
        told += [ticket.event(EventKind.WAITING, at), ticket.paused(at)]
        told += [ticket.event(EventKind.RESUMED, then), ticket.resumed(then, left=70)]
    return told


async def shown(board: BoardBench) -> list[dict[str, Any]]:
    async with board.store.reading() as connection:
        return [
            dict(row)
            for table in (tables.incident, tables.clock)
            for row in (await connection.execute(select(table))).mappings().all()
        ]


async def test_only_what_is_new_is_read(board: BoardBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    told = history(Ticket("jira-acme:ACME-1", left=30))
    late = told.pop(200)
    await board.tell(*told[:300])
    decoded: list[str] = []

    def noting(real: Callable[[Envelope], Any]) -> Callable[[Envelope], Any]:
        def decode(envelope: Envelope) -> Any:
            decoded.append(envelope.id)
            return real(envelope)

        return decode

    for name in ("decode_event", "decode_clock_fact"):
        monkeypatch.setattr(projections, name, noting(getattr(projections, name)))
    for start in range(300, len(told), 20):
        await board.tell(*told[start : start + 20])
    await board.tell(late)
    assert decoded == []
    async with bench(f"sqlite:///{tmp_path}/other.db") as afresh:
        await afresh.tell(*told, late)
        assert await shown(board) == await shown(afresh)
