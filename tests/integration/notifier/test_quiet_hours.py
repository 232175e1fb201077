"""Warnings and notices wait for the end of the receiver's quiet hours if the deadline allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, breached, clock_of, fact
from tests.real.smtp import Mail, SmtpServer

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.fact import FactKind
from sla_platform.envelope import Envelope

READER = {"Authorization": "Bearer the-readers-key-0001"}
TEN_PM = NINE + timedelta(hours=13)  # 23:00 in Warsaw
SEVEN = NINE + timedelta(hours=21)  # 07:00 in Warsaw
NOON = NINE + timedelta(hours=26)
ROLES = "    roles: [on_call, lead, manager]\n"
QUIET = 'quiet: {mon-sun: "22:00-07:00"}'


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    text = CATALOGUE.read_text()
    for before, after in (
        (
            "    roles: [on_call, lead, manager]\n",
            "    roles: [on_call, lead, manager]\n    tell: [{on: opened, to: lead}]\n",
        ),
        ("    repeat: 1\n    pause: 60m\n", "    repeat: 1\n    pause: 60m\n    hold: {leaves: 2h}\n"),
        ("piotr: {name: Piotr Zieliński,", f"piotr: {{{QUIET}, name: Piotr Zieliński,"),
        ("ben: {name: Ben Berg,", f"ben: {{{QUIET}, name: Ben Berg,"),
    ):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    file = tmp_path / "catalogue.yaml"
    file.write_text(text)
    return load_catalogue(file, environment={"PAGER_URL": "https://p.example", "SPARE_URL": "https://s.example"})


@pytest.fixture
def night(stage: Stage) -> Stage:
    stage.time.go(TEN_PM)
    return stage


def resolution(kind: FactKind, key: str, due_at: datetime | None, incident: str = "github:7", **more: Any) -> Envelope:
    told = {"state": "running", "clock": clock_of(incident, "resolution"), "metric": "resolution", "due_at": due_at}
    return fact(kind, TEN_PM, f"{incident}/{key}", incident=incident, **told | more)


def opened(incident: str = "github:7") -> Envelope:
    return fact(
        FactKind.PROMISE_MADE, TEN_PM, f"{incident}/promise", incident=incident, clock=None, metric="", due_at=None,
        allowed="", turned="opened", details={"due:resolution": NOON.isoformat()},
    )  # fmt: skip


def resolved(incident: str = "github:7") -> Envelope:
    return fact(
        FactKind.CLOCK_MET, TEN_PM + timedelta(hours=1), f"{incident}/met", incident=incident,
        clock=clock_of(incident, "resolution"), metric="resolution", due_at=NOON, state="met", turned="resolved",
    )  # fmt: skip


def to_piotr(server: SmtpServer) -> list[Mail]:
    return [mail for mail in server.accepted.all() if "piotr@acme.example" in mail.recipients]


async def of_piotr(stage: Stage, **equal: Any) -> list[tuple[str, str]]:
    return sorted((row.state, row.reason) for row in await stage.rows(person="piotr", **equal))


async def test_what_can_wait_is_held_and_leaves_when_the_hours_open(night: Stage, smtp_server: SmtpServer) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON), opened())
    [row] = await night.rows(person="piotr")
    assert (row.state, row.reason, row.held_since, row.held_until) == ("held", "quiet_hours", TEN_PM, SEVEN)
    assert [row.state for row in await night.rows(person="anna")] == ["queued"], "who has no quiet hours is told now"
    while await night.send():
        pass
    await night.pass_time(hours=7, minutes=59)
    assert await of_piotr(night) == [("held", "quiet_hours")]
    await night.pass_time(minutes=1)
    [row] = await night.rows(person="piotr")
    assert (row.state, row.reason, row.held_until) == ("queued", "", SEVEN)
    assert row.why == "lead; it waited for the end of your quiet hours"
    while await night.send():
        pass
    assert len(to_piotr(smtp_server)) == 1
    assert [what for what, _ in await night.log() if what.startswith("delivery.")].count("delivery.held") == 1


async def test_with_too_little_time_left_it_is_sent_at_once(night: Stage) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", SEVEN + timedelta(minutes=119)), opened())
    assert await of_piotr(night) == [("queued", "")]


async def test_a_deadline_that_moves_nearer_lets_it_go(night: Stage) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON), opened())
    assert await of_piotr(night) == [("held", "quiet_hours")]
    nearer = SEVEN + timedelta(hours=1)
    await night.pass_time(hours=1)
    await night.hear(resolution(FactKind.CLOCK_RETARGETED, "1/retargeted", nearer))
    assert await of_piotr(night) == [("queued", "")]


async def test_a_deadline_that_is_known_only_later_counts_too(night: Stage) -> None:
    await night.hear(opened())
    assert await of_piotr(night) == [("held", "quiet_hours")], "no clock runs: nothing presses"
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", SEVEN + timedelta(hours=1)))
    assert await of_piotr(night) == [("queued", "")]


async def test_of_a_resolved_incident_nothing_waits(night: Stage) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON), opened())
    await night.hear(resolved())
    assert await of_piotr(night) == [("cancelled", "ended")]
    await night.pass_time(hours=9)
    assert await of_piotr(night) == [("cancelled", "ended")]


async def test_a_breach_is_told_at_once_and_takes_the_warning_with_it(night: Stage) -> None:
    due = SEVEN + timedelta(hours=3)
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", due))
    await night.hear(resolution(FactKind.CLOCK_WARNED, "warn", due, threshold="warn-75"))
    warnings = {"person": "ben", "kind": "warning"}
    assert [row.state for row in await night.rows(**warnings)] == ["held"]
    night.time.go(TEN_PM + timedelta(hours=2))
    at = night.time.now()
    clock = clock_of("github:7", "resolution")
    await night.hear(breached(at, clock=clock, metric="resolution", due_at=at, breached="breached"))
    assert [(row.state, row.reason) for row in await night.rows(**warnings)] == [("cancelled", "overtaken")]
    assert [row.state for row in await night.rows(person="ben", kind="page")] == ["queued"]


async def test_once_a_promise_is_broken_nothing_about_the_incident_waits(night: Stage) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON), opened())
    assert await of_piotr(night) == [("held", "quiet_hours")]
    await night.hear(breached(TEN_PM, due_at=TEN_PM))
    assert await of_piotr(night, kind="happening") == [("queued", "")]


async def test_somebody_takes_care_meanwhile(night: Stage, client: httpx2.AsyncClient) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON), breached(TEN_PM, due_at=TEN_PM))
    await night.hear(resolution(FactKind.CLOCK_WARNED, "warn", NOON, threshold="warn-75"))
    warnings = {"person": "ben", "kind": "warning"}
    assert [row.state for row in await night.rows(**warnings)] == ["held"]
    alert = str(clock_of("github:7"))
    assert (await client.post(f"/v1/alerts/{alert}/ack", headers=READER, json={"by": "anna"})).status_code == 200
    await night.pass_time(seconds=1)
    assert [(row.state, row.reason) for row in await night.rows(**warnings)] == [("cancelled", "acknowledged")]


async def test_a_warning_waits_while_its_clock_stands_still_and_says_the_new_deadline(night: Stage) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON))
    await night.hear(resolution(FactKind.CLOCK_WARNED, "warn", NOON, threshold="warn-75"))
    await night.hear(resolution(FactKind.CLOCK_PAUSED, "paused", None, state="paused"))
    await night.pass_time(hours=9)
    warnings = {"person": "ben", "kind": "warning"}
    assert [row.state for row in await night.rows(**warnings)] == ["held"]
    later = NOON + timedelta(hours=5)
    await night.hear(resolution(FactKind.CLOCK_RESUMED, "resumed", later))
    [row] = await night.rows(**warnings)
    assert row.state == "queued"
    assert f'"due_at":"{later:%Y-%m-%dT%H:%M:%S}' in row.payload


async def test_several_that_waited_are_one_mail(night: Stage, smtp_server: SmtpServer) -> None:
    incidents = [f"github:{number}" for number in (7, 8, 9)]
    for incident in incidents:
        await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON, incident), opened(incident))
    await night.pass_time(hours=8)
    while await night.send():
        pass
    mails = to_piotr(smtp_server)
    assert len(mails) == 1
    body = mails[0].parsed.get_body(("plain",))
    assert body is not None
    assert "it waited for the end of your quiet hours" in body.get_content()
    assert await of_piotr(night) == [("sent", "")] * 4, "the digest and what it carried"


async def test_two_processes_send_what_waited_once(night: Stage, smtp_server: SmtpServer) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON), opened())
    other = night.another()
    night.time.go(SEVEN)
    assert await other.releaser.look() == 1
    assert await night.releaser.look() == 0
    while await other.send():
        pass
    while await night.send():
        pass
    assert len(to_piotr(smtp_server)) == 1


async def test_what_waits_is_shown(night: Stage, client: httpx2.AsyncClient) -> None:
    await night.hear(resolution(FactKind.CLOCK_STARTED, "started", NOON), opened())
    answer = await client.get("/v1/deliveries?state=held", headers=READER)
    [shown] = answer.json()["deliveries"]
    assert (shown["person"], shown["reason"], shown["held_until"]) == ("piotr", "quiet_hours", "2026-03-03T06:00:00Z")
    assert shown["reason_text"] == "it can wait until the quiet hours of the receiver are over"


async def test_without_hold_quiet_hours_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(CATALOGUE.read_text().replace("ben: {name: Ben Berg,", f"ben: {{{QUIET}, name: Ben Berg,"))
    with pytest.raises(Exception, match="unread-key") as told:
        load_catalogue(file, environment={"PAGER_URL": "https://p.example", "SPARE_URL": "https://s.example"})
    assert "no escalation has `hold`" in str(told.value)
