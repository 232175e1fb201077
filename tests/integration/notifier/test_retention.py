"""Who was told of what is over is forgotten by age; open alerts and messages still to be sent never are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.notifier.stage import NINE, Stage, breached, missed, notice, taken_back, warned
from tests.integration.notifier.test_flood import flooded, out
from tests.real.smtp import SmtpServer
from tests.real.smtp import Stage as Smtp

from sla_notifier import retention, tables
from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger
from sla_notifier.retention import NotifierSweeps
from sla_platform.errors import StoreBusy
from sla_platform.retention import Removed, Retention, RetentionLoop, RetentionOrder, ServiceSweeps

YEAR = timedelta(days=401)


async def house(stage: Stage, after: timedelta = YEAR) -> Removed:
    """One round of house-keeping so long after the beginning of the story."""
    stage.time.go(NINE + after)
    over = NotifierSweeps(stage.store)
    sweeps = (over.alerts, over.deliveries, over.taken_in)
    keeping = ServiceSweeps("notifier", RetentionOrder.TOLD, sweeps, stage.context.metrics.removed)
    return await RetentionLoop(Retention(timedelta(days=400)), stage.time, (keeping,)).once(between=0)


async def left(stage: Stage) -> dict[str, int]:
    names = ("alert", "step", "delivery", "attempt", "inbox")
    counts = {name: len(await stage.table(f"notifier_{name}")) for name in names}
    return {name: count for name, count in counts.items() if count}


async def test_an_alert_that_is_over_goes_with_all_that_was_told_of_it(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(warned())
    await stage.hear(breached())
    await stage.send()
    await stage.hear(missed(NINE))
    await stage.send()
    assert await house(stage, timedelta(days=399)) == {}
    removed = await house(stage)
    assert removed == {
        "notifier_alert": 1,
        "notifier_delivery": 3,
        "notifier_attempt": 3,
        "notifier_inbox": 3,
    }
    assert await left(stage) == {}
    counted = stage.registry.get_sample_value("slad_notifier_rows_removed_total", {"table": "notifier_delivery"})
    assert counted == 3


async def test_an_open_alert_stays_with_all_who_were_paged_and_they_hear_of_its_end(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    await stage.hear(breached())
    await stage.send()
    assert await house(stage) == {"notifier_inbox": 1}
    await stage.hear(missed(stage.time.now()))
    await stage.send()
    assert [mail.parsed["Subject"].split()[0] for mail in smtp_server.accepted.all()] == ["Breached:", "Closed:"]
    # ended only now: its year begins
    assert "notifier_alert" not in await house(stage)


async def test_an_acknowledged_alert_of_a_running_clock_stays(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(breached())
    await stage.send()
    await Acknowledger(stage.context).acknowledge((await stage.alert("github:7")).id, AckBy.person("anna", "api"))
    await house(stage)
    assert await left(stage) == {"alert": 1, "delivery": 1, "attempt": 1}


async def test_a_message_that_waits_for_its_server_stays_and_goes_out(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(warned(due_at=NINE + timedelta(days=5_000)))
    assert await house(stage) == {"notifier_inbox": 1}
    assert await left(stage) == {"delivery": 1}
    await stage.send()
    assert len(smtp_server.accepted.all()) == 1


async def test_a_message_that_waits_keeps_its_alert_and_the_one_it_follows(stage: Stage) -> None:
    await stage.hear(breached())
    (page,) = await stage.sender._claim()
    await stage.hear(taken_back(NINE))
    (follower,) = await stage.rows(kind="taken_back")
    assert (follower.follows, (await stage.alert("github:7")).state) == (page.id, "closed")
    await house(stage)
    assert await left(stage) == {"alert": 1, "delivery": 2, "attempt": 1}
    async with stage.store.transaction() as connection:
        d = tables.delivery
        await connection.execute(d.update().where(d.c.id == page.id).values(state="sent", finished_at=NINE))
        await connection.execute(tables.alert.delete())
    assert await house(stage) == {}
    async with stage.store.transaction() as connection:
        await connection.execute(d.update().values(state="sent", finished_at=NINE))
    assert (await house(stage))["notifier_delivery"] == 2


async def test_a_critical_fix_that_was_acknowledged_is_over_and_one_nobody_answered_is_not(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    await stage.hear(notice("fix-1"), notice("fix-2"))
    await stage.send()
    for row in await stage.table("notifier_alert"):
        if row.notice == "fix-1":
            await Acknowledger(stage.context).acknowledge(row.id, AckBy.person("anna", "link"))
    await stage.pass_time(hours=12)
    await stage.send()
    await house(stage)
    assert [row.notice for row in await stage.table("notifier_alert")] == ["fix-2"]
    assert {row.notice for row in await stage.rows()} == {"fix-2"}


async def test_a_digest_goes_after_what_it_carried(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 12)
    await out(stage)
    (digest,) = await stage.rows(kind="digest")
    await house(stage)
    kept = await stage.rows()
    assert digest.id in {row.id for row in kept}, "its alerts are open: their pages name it"
    for number in range(12):
        await stage.hear(missed(stage.time.now(), incident=f"github:{number}"))
    await out(stage, timedelta(minutes=10))
    await house(stage, 2 * YEAR)
    await house(stage, 2 * YEAR)
    assert await left(stage) == {}
    assert len(await stage.table("notifier_conversation")) == 1
    async for removed in NotifierSweeps(stage.store).conversations(stage.time.now() + timedelta(days=1)):
        assert removed == {"notifier_conversation": 1}
    assert await stage.table("notifier_conversation") == []


async def test_what_failed_is_finished_and_what_is_to_be_tried_again_is_not(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    smtp_server.answer(Smtp.RCPT, "550 no")
    await stage.hear(warned())
    await stage.send()
    smtp_server.answer(Smtp.RCPT, "451 later")
    await stage.hear(warned(incident="github:8"))
    await stage.send()
    assert sorted({row.state for row in await stage.rows(channel="email")}) == ["failed", "retrying"]
    await house(stage)
    assert {row.state for row in await stage.rows(channel="email")} == {"retrying"}


async def test_a_house_keeping_that_is_interrupted_in_the_middle_goes_on(
    stage: Stage, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        await stage.hear(warned(incident=f"github:{number}"))
    await stage.send()
    really, calls = retention._remove_deliveries, 0

    async def remove_once(*arguments: object) -> dict[str, int]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoreBusy
        return await really(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(retention, "_remove_deliveries", remove_once)
    with pytest.raises(StoreBusy):
        await house(stage)
    assert await left(stage) == {"delivery": 3, "attempt": 3, "inbox": 5}
    await house(stage)
    assert await left(stage) == {}
