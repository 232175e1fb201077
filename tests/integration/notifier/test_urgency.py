"""The most urgent first, wherever messages are sent, gathered, listed or cut: clause I4."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
from sqlalchemy import select
from tests.integration.notifier.stage import NINE, Stage, breached, clock_of, missed, warned
from tests.real.smtp import SmtpServer

from sla_notifier import tables
from sla_notifier.alert import store as alerts
from sla_notifier.delivery.row import row_of
from sla_notifier.delivery.state import DeliveryState
from sla_notifier.notification import unit_of_work
from sla_notifier.notification.conversation import FIRST_PAUSE
from sla_notifier.send.pace import Pace
from sla_notifier.send.sender import Sender

READER = {"Authorization": "Bearer the-readers-key-0001"}


def ticket(name: str, severity: int, due: int = 15, **more: Any) -> dict[str, Any]:
    """`due`: minutes after nine."""
    return {
        "incident": name, "priority": f"P{severity}", "weight": 1 / severity,
        "due_at": NINE + timedelta(minutes=due), **more,
    }  # fmt: skip


def broken(name: str, severity: int, due: int = 15) -> Any:
    at = NINE + timedelta(minutes=due)
    return breached(at=at, **ticket(name, severity, due))


def subjects(smtp_server: SmtpServer) -> list[str]:
    return [str(mail.parsed["Subject"]) for mail in smtp_server.accepted.all()]


async def test_pages_leave_before_what_only_informs_and_the_most_urgent_first(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + timedelta(minutes=30))
    await stage.hear(warned(**ticket("a:warned", 1, 60)))
    await stage.hear(broken("a:p4", 4, 5))
    stage.time.go(NINE + timedelta(minutes=31))
    await stage.hear(broken("a:p2", 2, 20), broken("a:p1", 1, 25))
    sender = Sender(stage.context, stage.channels, Pace(per_server=1, lease_seconds=60.0))
    await sender.once()
    told = subjects(smtp_server)
    assert [next(name for name in ("p1", "p2", "p4", "warned") if f" {name}" in subject) for subject in told] == [
        "p1", "p2", "p4", "warned",
    ]  # fmt: skip


async def test_a_digest_is_in_the_order_of_urgency_not_of_the_due_instants(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + timedelta(minutes=59))
    facts = [broken(f"a:p{1 + number % 4}-{number:02}", 1 + number % 4, 40 - number) for number in range(12)]
    await stage.hear(*facts, warned(**ticket("a:warned", 1, 60)))
    await stage.send()
    stage.time.go(stage.time.now() + FIRST_PAUSE)
    await stage.send()
    [first, digest] = smtp_server.accepted.all()
    assert " p1-08 " in str(first.parsed["Subject"]), "the most urgent goes at once"
    body = digest.parsed.get_body(("plain",))
    assert body is not None
    told = re.findall(r"a:(p\d-\d\d|warned)", body.get_content())
    names = [name for name in dict.fromkeys(told) if name.startswith("p")]
    assert [name[:2] for name in names] == ["p1"] * 2 + ["p2"] * 3 + ["p3"] * 3 + ["p4"] * 3
    assert told[-1] == "warned"
    assert names[:2] == ["p1-04", "p1-00"], "the one broken longest first"


async def test_alerts_are_listed_by_urgency_before_the_list_is_cut(stage: Stage, client: httpx2.AsyncClient) -> None:
    stage.time.go(NINE + timedelta(minutes=30))
    await stage.hear(broken("a:p3", 3), broken("a:p1", 1), broken("a:p4", 4), broken("a:p2", 2), broken("a:over", 1))
    await stage.hear(missed(at=NINE + timedelta(minutes=29), **ticket("a:over", 1)))
    done = await client.post(f"/v1/alerts/{clock_of('a:p1')}/ack", headers=READER)
    assert done.status_code == 200, done.text

    async def page(**query: Any) -> dict[str, Any]:
        answer = await client.get("/v1/alerts", params=query, headers=READER)
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    everything = ["a:p2", "a:p3", "a:p4", "a:p1", "a:over"]
    assert [one["incident"] for one in (await page())["alerts"]] == everything
    assert [one["incident"] for one in (await page(limit=1))["alerts"]] == ["a:p2"]
    assert [one["incident"] for one in (await page(state="open", limit=2))["alerts"]] == ["a:p2", "a:p3"]
    found: list[str] = []
    after = ""
    while True:
        part = await page(limit=2, after=after)
        found += [one["incident"] for one in part["alerts"]]
        stage.time.go(stage.time.now() + timedelta(hours=7))
        if not (after := part["next"]):
            break
    assert found == everything
    odd = ("open_1_1.0__a_b_", "open_1_1.0_x_a_b_c", "closed_1_1e300____x")
    for nonsense in (*odd, "x", "open_x", "closed_1_2", "closed_1_1e300_x", "gone_1_1.0_x", "1772442900000000_x"):
        answer = await client.get("/v1/alerts", params={"before": nonsense}, headers=READER)
        assert answer.status_code == 422, nonsense


async def test_alerts_of_equal_urgency_are_by_due_instant_and_incident(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    stage.time.go(NINE + timedelta(minutes=1))
    await stage.hear(*(broken(name, 2) for name in ("a:c", "a:_a", "a:b", "a:d")))
    stage.time.go(NINE + timedelta(days=3))
    found: list[str] = []
    after = ""
    while True:
        answer = await client.get("/v1/alerts", params={"limit": 1, "after": after}, headers=READER)
        found += [one["incident"] for one in answer.json()["alerts"]]
        if not (after := answer.json()["next"]):
            break
    assert found == sorted(found)
    assert len(found) == 4


async def test_of_many_steps_that_are_due_those_of_the_most_urgent_are_taken(stage: Stage) -> None:
    stage.time.go(NINE + timedelta(minutes=30))
    await stage.hear(broken("a:p4", 4, 5))
    await stage.hear(broken("a:p1", 1, 29), broken("a:p2", 2, 10))
    later = NINE + timedelta(hours=2)
    stage.time.go(later)
    async with stage.store.transaction() as connection:
        assert {row.alert for row in (await connection.execute(select(tables.step))).all()} != set()
        taken, _ = await alerts.take_due(connection, later, 1)
    assert [alert.incident for alert in taken.values()] == ["a:p1"]


async def test_a_closing_word_is_no_brake_for_the_page_behind_it(stage: Stage) -> None:
    """A page that follows a waiting word would wait for everything that goes before that word."""
    stage.time.go(NINE + timedelta(minutes=30))
    await stage.hear(broken("a:p2", 2))
    await stage.send()
    await stage.hear(missed(at=NINE + timedelta(minutes=29), **ticket("a:p2", 2)))
    [word] = await stage.rows(kind="resolved")
    before = word.turn
    await stage.hear(breached(generation=1, at=NINE + timedelta(minutes=28), **ticket("a:p2", 2, 28)))
    page = max(await stage.rows(kind="page"), key=lambda row: row.episode)
    [word] = await stage.rows(kind="resolved")
    assert page.follows == word.id
    assert word.turn == page.turn < before


async def test_two_closing_words_at_once_are_no_brake_either(stage: Stage) -> None:
    """Pages of several people, or of several tickets, are written together."""
    stage.time.go(NINE + timedelta(minutes=30))
    names = ("a:p2", "a:p3")
    for name in names:
        await stage.hear(broken(name, 2))
    while await stage.send():
        pass
    for name in names:
        await stage.hear(missed(at=NINE + timedelta(minutes=29), **ticket(name, 2)))
    words = [word.id for word in await stage.rows(kind="resolved")]
    assert len(words) == 2
    again = [
        replace(row_of(row._asdict()), state=DeliveryState.QUEUED, follows=word, turn=-1.0 - number)
        for number, (row, word) in enumerate(zip(await stage.rows(kind="page"), words, strict=True))
    ]
    async with stage.store.transaction() as connection:
        await unit_of_work._raise_turns(connection, again)
    assert [word.turn for word in await stage.rows(kind="resolved")] == [-1.0, -2.0]
