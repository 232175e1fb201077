"""Whose turn it is: one contract's herd does not delay another's page, and what cannot be told holds nobody up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.commanded import OPS
from tests.integration.notifier.stage import NINE, Stage, breached, fact, missed, notice

from sla_domain.fact import FactKind
from sla_notifier.intake import handler, scheduler, waiting
from sla_notifier.intake.decide import Incoming
from sla_notifier.notification import enqueue
from sla_platform.envelope import Envelope
from sla_platform.errors import StoreBusy
from sla_platform.wire import ClockFact

HERD = 3 * scheduler.LIMIT
MANY = handler.A_FEW + 5  # enough to wait for their turn


def herd(count: int = HERD) -> list[Envelope]:
    return [breached(incident=f"github:{number}") for number in range(count)]


def others(count: int = MANY) -> list[Envelope]:
    return [breached(incident=f"jira:{number}", contract="hooked") for number in range(count)]


async def test_a_page_does_not_wait_for_another_contracts_herd(stage: Stage) -> None:
    stage.time.go(NINE + timedelta(minutes=15))
    await stage.take_in(*herd())
    await stage.scheduler.once()  # the herd alone
    await stage.take_in(*others())
    await stage.scheduler.once()
    assert len(await stage.rows(contract="hooked", kind="page")) == MANY
    assert len(await stage.table("notifier_waiting")) >= scheduler.LIMIT, "the herd still has something to wait for"
    while await stage.scheduler.once():
        pass
    assert len(await stage.rows(contract="acme", kind="page")) == HERD


async def test_a_few_facts_do_not_wait_at_all(stage: Stage) -> None:
    stage.time.go(NINE + timedelta(minutes=15))
    await stage.take_in(*herd())
    await stage.take_in(*others(handler.A_FEW))
    assert len(await stage.rows(contract="hooked", kind="page")) == handler.A_FEW


async def test_a_fact_waits_while_an_earlier_one_of_its_clock_does(stage: Stage) -> None:
    stage.time.go(NINE + timedelta(minutes=20))
    await stage.take_in(*herd())
    await stage.take_in(missed(NINE + timedelta(minutes=20), incident="github:7"))
    assert await stage.alert("github:7") is None
    while await stage.scheduler.once():
        pass
    assert (await stage.alert("github:7")).state == "closed"


async def test_many_contracts_share_a_batch(stage: Stage) -> None:
    stage.time.go(NINE + timedelta(minutes=15))
    await stage.take_in(*herd(400), breached(incident="jira:1", contract="hooked"), notice(versions="*"))
    await stage.scheduler.once()
    assert {row.contract for row in await stage.rows()} == {"acme", "hooked"}
    assert {row.kind for row in await stage.rows()} >= {"page", "fix"}


async def test_the_facts_of_a_clock_keep_their_order_when_its_contract_changes(stage: Stage) -> None:
    stage.time.go(NINE + timedelta(minutes=20))
    await stage.take_in(
        *herd(), breached(incident="jira:1"), missed(NINE + timedelta(minutes=20), incident="jira:1", contract="house")
    )
    while await stage.scheduler.once():
        pass
    ended = await stage.alert("jira:1")
    assert ended.state == "closed"


@pytest.mark.parametrize("store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_two_processes_never_work_on_the_same_contract_at_once(stage: Stage) -> None:
    other = stage.another()
    stage.time.go(NINE + timedelta(minutes=15))
    await stage.take_in(*herd(MANY))
    async with stage.store.transaction() as connection:
        assert await waiting.locked_queues(connection, ["acme"]) == ["acme"]
        assert await other.scheduler.once() == 0
    assert await other.scheduler.once() == MANY


async def test_what_cannot_be_worked_on_is_set_aside_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = {"github:3"}
    whole = enqueue.rows_of

    def refusing(around: object, notifications: tuple[object, ...]) -> list[object]:
        if any(each.request.content.incident in spoilt for each in notifications):  # type: ignore[attr-defined]
            raise ValueError("a row that cannot be")
        return whole(around, notifications)  # type: ignore[arg-type]

    monkeypatch.setattr("sla_notifier.notification.pipeline.rows_of", refusing)
    stage.time.go(NINE + timedelta(minutes=15))
    await stage.take_in(*herd(6), breached(incident="jira:1", contract="hooked"))
    while await stage.scheduler.once():
        pass
    told = {row.incident for row in await stage.rows()}
    assert told == {f"github:{number}" for number in range(6) if number != 3} | {"jira:1"}
    assert await stage.table("notifier_waiting") == []
    (left,) = await stage.context.quarantine.page("quarantined", 0, 10)
    assert (left.part, left.event, left.key) == ("decide", breached(incident="github:3").id, "acme")
    assert left.error == "ValueError: a row that cannot be"
    # Replayed in vain it stays with the new error; mended, it is worked on.
    assert (await stage.context.quarantine.replay(left.id, OPS)).count == 2
    spoilt.clear()
    assert (await stage.context.quarantine.replay(left.id, OPS)).state == "replayed"
    assert len(await stage.rows(incident="github:3", kind="page")) == 1


@pytest.mark.parametrize("store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_another_process_that_fails_at_the_same_moment_sets_nothing_else_aside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: one has failed at a fact and not said so yet."""
    other, whole, hold = stage.another(), scheduler.apply, waiting.locked_queues
    failed: list[bool] = []

    async def refusing(connection: AsyncConnection, incoming: Sequence[Incoming], *more: Any) -> None:
        if any(said.incident == "github:3" for _, said in incoming if isinstance(said, ClockFact)):
            failed.append(True)
            raise ValueError("cannot be")
        await whole(connection, incoming, *more)

    async def held(connection: AsyncConnection, wanted: Sequence[str]) -> list[str]:
        if len(failed) == 2:  # in the batch and alone
            failed.append(True)
            await other.scheduler.once()
        return await hold(connection, wanted)

    monkeypatch.setattr(scheduler, "LIMIT", 1)
    monkeypatch.setattr(scheduler, "apply", refusing)
    monkeypatch.setattr(waiting, "locked_queues", held)
    stage.time.go(NINE + timedelta(minutes=15))
    await stage.take_in(*herd(MANY))
    while await stage.scheduler.once() or await other.scheduler.once():
        pass
    left = await stage.context.quarantine.page("quarantined", 0, 10)
    assert [row.event for row in left] == [breached(incident="github:3").id]
    assert len(await stage.rows(kind="page")) == MANY - 1


async def test_who_was_never_served_comes_before_who_is_there_again(stage: Stage) -> None:
    names = [f"contract-{number:02}" for number in range(2 * scheduler.MOST_QUEUES + 5)]
    stage.time.go(NINE + timedelta(minutes=15))
    await stage.take_in(*(breached(incident=f"github:{name}", contract=name) for name in names))
    await stage.scheduler.once()
    await stage.scheduler.once()
    again = names[: 2 * scheduler.MOST_QUEUES]
    await stage.take_in(*(breached(incident=f"jira:{name}", contract=name) for name in again))
    await stage.scheduler.once()
    assert {row.contract for row in await stage.table("notifier_alert")} == set(names)


async def test_a_busy_database_sets_nothing_aside(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> None:
        raise StoreBusy("away")

    stage.time.go(NINE + timedelta(minutes=15))
    await stage.take_in(*herd(MANY))
    with monkeypatch.context() as broken:
        broken.setattr("sla_notifier.intake.scheduler.apply", busy)
        with pytest.raises(StoreBusy):
            await stage.scheduler.once()
    assert [row.error for row in await stage.table("notifier_waiting")] == [""] * MANY
    assert await stage.scheduler.once() == MANY


async def test_a_fact_given_twice_waits_once(stage: Stage) -> None:
    started = fact(FactKind.CLOCK_STARTED, NINE, "started")
    await stage.take_in(started, *herd(MANY), *herd(MANY))
    await stage.take_in(*herd(3))
    assert sorted(row.id for row in await stage.table("notifier_waiting")) == sorted(each.id for each in herd(MANY))
