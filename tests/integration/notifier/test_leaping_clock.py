"""Every clock leaps for six seconds, by an hour, back by one, by four hundred days: nobody hears of it.

The machine's clock decides on SQLite, the database's on PostgreSQL; both leap. A leap that stays is believed in the
end, and things go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import update
from tests.build.leaping import LEAP_SECONDS, LEAPS, LeapingTime
from tests.integration.notifier.stage import NINE, Stage, breached, clock_of
from tests.integration.notifier.test_deliveries import Dying
from tests.real.smtp import SmtpServer
from tests.real.smtp import Stage as Smtp

from sla_catalogue import Catalogue
from sla_notifier import tables
from sla_notifier.link import Claim
from sla_notifier.retention import NotifierSweeps
from sla_notifier.service import ServiceSweeps
from sla_platform.clockguard import CONFIRM_SECONDS
from sla_platform.retention import Retention, RetentionLoop, RetentionOrder, newest_in
from sla_platform.settings import Settings
from sla_platform.store.engine import Store

MINUTE = timedelta(minutes=1)
DUE = NINE + 15 * MINUTE


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> LeapingTime:
    return LeapingTime(NINE, monkeypatch)


@pytest.fixture
async def stage(store: Store, catalogue: Catalogue, settings: Settings, time: LeapingTime) -> AsyncIterator[Stage]:
    made = Stage(store, time, catalogue, settings)  # type: ignore[arg-type]  # its hands are the same
    yield made
    await made.close()


def heard(server: SmtpServer) -> list[str]:
    return [mail.recipients[0].partition("@")[0] for mail in server.accepted.all()]


async def pass_by(stage: Stage, time: LeapingTime, seconds: float, step: float = 2) -> None:
    for _ in range(round(seconds / step)):
        await time.sleep(step)
        while await stage.escalator.tick():
            pass
        await stage.send()


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_no_level_is_paged_no_lease_broken_no_message_given_up(
    stage: Stage, time: LeapingTime, smtp_server: SmtpServer, leap: timedelta
) -> None:
    time.go(DUE)
    await stage.hear(breached())
    await stage.send()
    assert heard(smtp_server) == ["anna"]
    # A second alert: its page is refused once and waits for its next attempt; a third is being sent elsewhere.
    smtp_server.answer(Smtp.DATA, "451 4.7.1 greylisted")
    await stage.hear(breached(incident="github:8", clock=clock_of("github:8")))
    await stage.send()
    dying = Dying(stage.channels["email"])
    busy = stage.another(email=dying)
    await stage.hear(breached(incident="github:9", clock=clock_of("github:9")))
    sending = asyncio.create_task(busy.send())
    await dying.sent.wait()
    before = {row.id: (row.state, row.next_at, row.attempts) for row in await stage.rows(incident="github:9")}
    assert heard(smtp_server) == ["anna", "anna"]

    time.leap(leap)
    await pass_by(stage, time, LEAP_SECONDS)
    time.leap(timedelta())
    await pass_by(stage, time, 10)
    assert sorted(heard(smtp_server)) == ["anna"] * 3, "the refused one on its each_level, and nobody else"
    after = {row.id: (row.state, row.next_at, row.attempts) for row in await stage.rows(incident="github:9")}
    assert after == before, "a lease that has not run out is not broken"
    assert {row.state for row in await stage.rows()} <= {"sent", "sending"}
    sending.cancel()

    time.go(DUE + 10 * MINUTE)
    await pass_by(stage, time, 2)
    assert "piotr" in heard(smtp_server), "the next level, at its own time"


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_a_link_stays_valid_and_an_answer_is_taken_down_with_the_right_instant(
    stage: Stage, time: LeapingTime, client: httpx2.AsyncClient, leap: timedelta
) -> None:
    time.go(DUE)
    await stage.hear(breached())
    token = stage.context.render_config.links.token(Claim(str(clock_of("github:7")), "anna", DUE + timedelta(days=1)))
    time.leap(leap)
    await time.sleep(1)
    assert (await client.get(f"/ack/{token}")).status_code == 200
    assert (await client.post(f"/ack/{token}")).status_code == 200
    assert (await stage.alert("github:7")).acknowledged_at == DUE + timedelta(seconds=1)


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_a_leap_that_stays_is_believed_and_things_go_on(
    stage: Stage, time: LeapingTime, smtp_server: SmtpServer, leap: timedelta
) -> None:
    time.go(DUE)
    await stage.hear(breached())
    await pass_by(stage, time, 2)
    time.leap(leap)
    await pass_by(stage, time, 28, step=7)
    assert heard(smtp_server) == ["anna"]
    await pass_by(stage, time, 14, step=7)
    assert time.held() == {}
    assert time.now() == time.true + leap
    if leap > timedelta():
        await pass_by(stage, time, 2)
        assert "piotr" in heard(smtp_server), "by the new time his ten minutes are over"
    await stage.hear(breached(incident="github:8", clock=clock_of("github:8")))
    await stage.send()
    pages = [row for row in await stage.rows(incident="github:8") if row.kind == "page"]
    assert {row.state for row in pages} == {"sent"}


async def test_years_that_never_were_make_nobody_forgotten(
    stage: Stage, time: LeapingTime, store: Store, smtp_server: SmtpServer
) -> None:
    """Not in the leap, and not when it has been believed: what is on record tells that it cannot be so late."""
    tellings = NotifierSweeps(store)
    sweeps = (tellings.alerts, tellings.deliveries, tellings.taken_in)
    keeping = ServiceSweeps(
        "notifier", RetentionOrder.TOLD, sweeps, stage.context.metrics.removed, newest_in(store, tables.inbox.c.at)
    )
    forgetting = RetentionLoop(Retention(timedelta(days=30)), time, (keeping,))
    time.go(DUE)
    await stage.hear(breached())
    await stage.send()
    async with store.transaction() as connection:
        await connection.execute(update(tables.alert).values(state="closed", closed_at=DUE))
    time.leap(timedelta(days=400))
    for wait in (0, CONFIRM_SECONDS, 2 * 3600):
        await time.sleep(wait)
        assert await forgetting.once(between=0) == {}
    assert time.now() == time.true + timedelta(days=400)
    # Forty days of mail later by the same clock, what is old is old.
    await time.sleep(40 * 86400)
    await stage.hear(breached(incident="github:8", clock=clock_of("github:8")))
    assert (await forgetting.once(between=0))["notifier_alert"] == 1
