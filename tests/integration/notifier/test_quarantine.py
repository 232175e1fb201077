"""One fact, alert or delivery that cannot be worked on costs itself alone; trouble around them costs nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from tests.commanded import OPS
from tests.integration.notifier.stage import NINE, Stage, breached, notice
from tests.real.smtp import SmtpServer

from sla_notifier import tables
from sla_notifier.api import query
from sla_notifier.channel.port import Channel, Failure, Outcome, OutgoingMessage, Rejected, Retry, Sent
from sla_notifier.intake import handler, scheduler
from sla_notifier.notification import unit_of_work
from sla_platform.errors import Retryable

QUARTER = NINE + timedelta(minutes=15)


async def waiting(stage: Stage) -> list[tuple[str, str]]:
    return [(row.part, row.event) for row in await stage.context.quarantine.page("quarantined", 0, 50)]


def about(number: int, **more: Any) -> Any:
    return breached(incident=f"github:{number}", **more)


async def test_a_poisoned_batch_costs_its_rows_alone(stage: Stage) -> None:
    stage.time.go(QUARTER)
    good = [about(number) for number in range(4)]
    unreadable = type(good[0])(**{name: getattr(good[0], name) for name in good[0].__slots__} | {
        "id": "broken", "data": b'{"kind": "clock.exploded"}'})  # fmt: skip
    await stage.hear(*good[:2], unreadable, notice(published_at="0001-01-01T00:00:00Z"), *good[2:])
    assert {row.incident for row in await stage.rows(kind="page")} == {f"github:{number}" for number in range(4)}
    assert ("consume", "broken") in await waiting(stage)
    (kept,) = [row for row in await stage.context.quarantine.page("", 0, 50) if row.event == "broken"]
    assert (await stage.context.quarantine.find(kept.id)).data == b'{"kind": "clock.exploded"}'


async def test_a_fact_whose_zone_cannot_be_is_worded_or_waits_for_people_alone(stage: Stage) -> None:
    stage.time.go(QUARTER)
    await stage.hear(about(1), about(2, zone="z" * 5000), about(3, zone="America"), about(4))
    told = {row.incident for row in await stage.rows(kind="page")}
    assert {"github:1", "github:4"} <= told
    assert len(told) + len(await waiting(stage)) == 4, "nothing is lost, nothing is tried for ever"


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError(), FileNotFoundError("layout.j2")])
async def test_nothing_is_set_aside_for_trouble_around(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """As when no template could be opened: not a word may be lost."""

    def refuse(*_: object) -> None:
        raise error

    stage.time.go(QUARTER)
    await stage.take_in(*(about(number) for number in range(handler.A_FEW + 5)))  # they wait for their turn
    with monkeypatch.context() as broken:
        broken.setattr(unit_of_work, "address_requests", refuse)
        for _ in range(4):
            with pytest.raises(Retryable):
                await stage.scheduler.once()
            with pytest.raises(Retryable):
                await stage.take_in(about(100))
    assert await waiting(stage) == []
    await stage.hear(about(100))
    assert len(await stage.rows(kind="page")) == handler.A_FEW + 6


async def test_a_bug_at_one_fact_is_tried_three_times_and_set_aside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, whole = 0, scheduler.apply

    async def stumbling(connection: Any, incoming: Any, *more: Any) -> None:
        nonlocal alone
        if any(said.incident == "github:3" for _, said in incoming):
            alone += len(incoming) == 1
            raise AttributeError("a bug")
        await whole(connection, incoming, *more)

    monkeypatch.setattr(scheduler, "apply", stumbling)
    monkeypatch.setattr(handler, "A_FEW", 0)
    stage.time.go(QUARTER)
    await stage.hear(*(about(number) for number in range(6)))
    assert alone == 3
    assert await waiting(stage) == [("decide", about(3).id)]
    assert len(await stage.rows(kind="page")) == 5


async def test_what_the_release_before_has_set_aside_moves_into_the_quarantine(stage: Stage) -> None:
    stage.time.go(QUARTER)
    await stage.take_in(*(about(number) for number in range(handler.A_FEW + 1)))
    async with stage.store.transaction() as connection:
        spoilt = update(tables.waiting).where(tables.waiting.c.id == about(3).id).values(error="ValueError: then")
        await connection.execute(spoilt)
    await stage.scheduler._take_over()
    (kept,) = await stage.context.quarantine.page("quarantined", 0, 10)
    assert (kept.part, kept.event, kept.error) == ("decide", about(3).id, "Permanent: ValueError: then")
    assert (await stage.context.quarantine.replay(kept.id, OPS)).state == "replayed"
    assert [row.incident for row in await stage.rows(kind="page")] == ["github:3"]


async def test_an_alert_that_cannot_be_read_holds_up_no_other_escalation(stage: Stage) -> None:
    stage.time.go(QUARTER)
    await stage.hear(about(1), about(2), about(3))
    async with stage.store.transaction() as connection:
        spoil = text("UPDATE notifier_alert SET policy = '{' || policy WHERE incident = 'github\\:2'")
        await connection.execute(spoil)
    await stage.pass_time(minutes=15)
    second = {row.incident for row in await stage.rows(level=2)}
    assert second == {"github:1", "github:3"}
    ((part, alert),) = await waiting(stage)
    assert part == "escalate"
    async with stage.store.transaction() as connection:
        await connection.execute(
            text("UPDATE notifier_alert SET policy = substr(policy, 2) WHERE id = :id"), {"id": alert}
        )
    (kept,) = await stage.context.quarantine.page("", 0, 10)
    assert (await stage.context.quarantine.replay(kept.id, OPS)).state == "replayed"
    assert {row.incident for row in await stage.rows(level=2)} == {"github:1", "github:2", "github:3"}


async def test_a_delivery_that_cannot_be_read_holds_up_no_other(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(QUARTER)
    await stage.hear(about(1), about(2), about(3))
    async with stage.store.transaction() as connection:
        await connection.execute(
            text("UPDATE notifier_delivery SET \"then\" = '[' || \"then\" WHERE incident = 'github\\:2'")
        )
    await stage.send()
    assert {row.incident for row in await stage.rows(state="sent")} == {"github:1", "github:3"}
    kept = await stage.context.quarantine.page("quarantined", 0, 10)
    assert {row.part for row in kept} == {"send"}
    assert all(row.key == "github:2" for row in kept)
    async with stage.store.reading() as connection:
        for row in kept:
            shown = await query.delivery(connection, row.event, None)
            assert shown is not None
            assert (shown.state, shown.reason) == ("failed", "unfit")
            assert shown.reason_text.startswith("its row cannot be processed and is in quarantine")
    async with stage.store.transaction() as connection:
        await connection.execute(
            text('UPDATE notifier_delivery SET "then" = substr("then", 2) WHERE incident = \'github\\:2\'')
        )
    for row in kept:
        assert (await stage.context.quarantine.replay(row.id, OPS)).state == "replayed"
    await stage.send()
    assert "github:2" in {row.incident for row in await stage.rows(state="sent")}


class Answering(Channel):
    """Answers in turn; an exception is raised."""

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.answers = list(answers)

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        answer = self.answers.pop(0) if self.answers else Sent()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
async def test_a_channel_that_is_hindered_tries_again(stage: Stage, error: Exception) -> None:
    other = stage.another(email=Answering(error))
    stage.time.go(QUARTER)
    await stage.hear(about(1))
    await other.send()
    (row,) = await stage.rows(kind="page")
    assert (row.state, row.failure) == ("retrying", Failure.UNREACHABLE.value)
    stage.time.go(QUARTER + timedelta(minutes=5))
    await other.send()
    assert [row.state for row in await stage.rows(id=row.id)] == ["sent"]


@pytest.mark.parametrize(
    "answer", [Retry(Failure.SMTP_TEMPORARY, "4\0 later\ud800"), Rejected(Failure.CLIENT_ERROR, "no\0\ud800")]
)
async def test_words_of_a_peer_that_no_column_takes_stop_no_sender(stage: Stage, answer: Outcome) -> None:
    other = stage.another(email=Answering(answer))
    stage.time.go(QUARTER)
    await stage.hear(about(1), about(2))
    await other.send()
    states = sorted(row.state for row in await stage.rows(kind="page"))
    assert "sending" not in states
    assert "sent" in states
    assert await waiting(stage) == []
