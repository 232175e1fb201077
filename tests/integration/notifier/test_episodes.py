"""One breach is told once, and a page of the next episode comes after the word that ended the one before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.build.rulebook import plan, row, rulebook
from tests.integration.notifier.stage import NINE, Stage, breached, fact, missed, resumed
from tests.real.smtp import SmtpServer
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.fact import FactKind
from sla_notifier.channel.port import Channel, Failure, Outcome, OutgoingMessage, Rejected, Retry, Sent

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


class Pager(Channel):
    """A channel that keeps what it delivers, in order, and does what it is told first."""

    def __init__(self) -> None:
        self.heard: list[OutgoingMessage] = []
        self.outcomes: dict[str, Outcome] = {}  # by the first word of a subject

    async def send(self, message: OutgoingMessage) -> Outcome:
        outcome = self.outcomes.get(message.subject.split()[0], Sent())
        if isinstance(outcome, Sent):
            self.heard.append(message)
        return outcome

    async def close(self) -> None:
        """Nothing to close."""

    @property
    def lines(self) -> list[str]:
        return [message.subject.partition(":")[0].rpartition(" by ")[0] or message.subject.partition(":")[0]
                for message in self.heard]  # fmt: skip


@pytest.fixture
def pager() -> Pager:
    return Pager()


@pytest.fixture
def staged(stage: Stage, pager: Pager) -> Stage:
    return stage.another(email=pager, webhook=pager)


def happened(number: int, kind: EventKind, at: datetime, priority: str = "") -> IncidentEvent:
    attributes: Mapping[str, str] = {"priority": priority} if priority else {}
    if kind is EventKind.OPENED:
        attributes = {**attributes, "customer": "acme", "description": "broken"}
    return IncidentEvent(
        id=EventId(f"e{number}"), incident=IncidentId("github:7"), kind=kind, occurred_at=at, received_at=at,
        source="github", actor=Actor.STAFF, attributes=attributes,
    )  # fmt: skip


BOOK = rulebook(
    plan(
        row("first_response", "15m", "always", priority="P1"),
        row("first_response", "2h", "always", priority="P3"),
        row("first_response", "4h", "always", priority="P4"),
        escalation="on-call",
    )
)


class Chain:
    """The timer's own telling, heard by the notifier."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._timer = TimerInMemory(BOOK)
        self._heard = 0

    async def receive(self, *events: IncidentEvent, at: datetime) -> list[str]:
        self._stage.time.go(at)
        self._timer.receive(events, at)
        return await self._hear()

    async def tick(self, at: datetime) -> list[str]:
        self._stage.time.go(at)
        self._timer.tick(at)
        return await self._hear()

    async def _hear(self) -> list[str]:
        new = self._timer.said[self._heard :]
        self._heard = len(self._timer.said)
        await self._stage.hear(*new)
        await self._stage.send()
        return [envelope.type.removeprefix("io.slad.").removesuffix(".v1") for envelope in new]


async def test_a_late_priority_before_the_one_that_was_broken_tells_nobody_anything(
    staged: Stage, pager: Pager
) -> None:
    chain = Chain(staged)
    await chain.receive(happened(0, EventKind.OPENED, NINE, "P3"), at=NINE)
    await chain.receive(happened(1, EventKind.PRIORITY_CHANGED, NINE + 5 * SECOND, "P1"), at=NINE + 5 * SECOND)
    assert await chain.tick(NINE + 15 * MINUTE) == ["clock.breached"]
    assert pager.lines == ["Breached"]

    said = await chain.receive(happened(2, EventKind.PRIORITY_CHANGED, NINE + SECOND, "P4"), at=NINE + 16 * MINUTE)
    assert said == [], "neither the due instant nor the breach has changed"
    await chain.tick(NINE + 17 * MINUTE)
    assert pager.lines == ["Breached"]
    alert = await staged.alert("github:7")
    assert alert is None  # the stage's own incidents count cycles from 1
    (alert,) = await staged.table("notifier_alert")
    assert (alert.state, alert.episode, alert.due_at) == ("open", 1, NINE + 15 * MINUTE)


async def test_a_priority_that_comes_back_pages_again_and_says_so(staged: Stage, pager: Pager) -> None:
    chain = Chain(staged)
    await chain.receive(happened(0, EventKind.OPENED, NINE, "P1"), at=NINE)
    await chain.tick(NINE + 15 * MINUTE)
    await chain.receive(happened(1, EventKind.PRIORITY_CHANGED, NINE + 20 * MINUTE, "P3"), at=NINE + 20 * MINUTE)
    said = await chain.receive(happened(2, EventKind.PRIORITY_CHANGED, NINE + 30 * MINUTE, "P1"), at=NINE + 30 * MINUTE)
    assert "clock.breached" not in said, "it was told, and stands"
    assert pager.lines == ["Breached", "Closed", "Breached again"]
    page = pager.heard[-1].payload["data"]
    assert (page["again"], page["episode"]) == (True, 2)
    (alert,) = await staged.table("notifier_alert")
    assert (alert.state, alert.episode, alert.due_at) == ("open", 2, NINE + 15 * MINUTE)


def amended(at: datetime, key: str, **details: str) -> Any:
    """The clock runs and is due later."""
    due_at = NINE + timedelta(days=1)
    return fact(FactKind.CLOCK_AMENDED, at, key, due_at=due_at, details={"new_state": "running", **details})


BREACH_AT = NINE + 15 * MINUTE
LATER = NINE + 30 * MINUTE


def taking_back(at: datetime, key: str = "amended") -> Any:
    return amended(at, key, takes_back="0/breach", takes_back_due=BREACH_AT.isoformat())


async def test_the_next_page_of_one_batch_comes_after_the_word_that_takes_the_first_back(
    staged: Stage, pager: Pager
) -> None:
    staged.time.go(BREACH_AT)
    await staged.hear(breached())
    await staged.send()
    staged.time.go(LATER)
    again = fact(FactKind.CLOCK_BREACHED, LATER, "0/breach~1", due_at=LATER)
    await staged.hear(taking_back(LATER), again)
    page = next(each for each in await staged.rows(kind="page") if each.episode == 2)
    (word,) = await staged.rows(kind="taken_back")
    assert page.follows == word.id
    await staged.send()
    assert pager.lines == ["Breached", "Taken back", "Breached"]


@pytest.mark.parametrize(
    ("later", "word", "heard"),
    [
        (5, ("cancelled", "reopened"), ["Breached", "Breached"]),
        (60, ("sent", ""), ["Breached", "Taken back", "Breached"]),  # its next attempt was due as well
    ],
)
async def test_a_page_does_not_wait_for_a_word_that_cannot_be_sent(
    staged: Stage, pager: Pager, later: int, word: tuple[str, str], heard: list[str]
) -> None:
    staged.time.go(BREACH_AT)
    await staged.hear(breached())
    await staged.send()
    pager.outcomes["Taken"] = Retry(Failure.TIMEOUT, "no answer")
    staged.time.go(BREACH_AT + MINUTE)
    await staged.hear(taking_back(BREACH_AT + MINUTE))
    await staged.send()
    assert [each.state for each in await staged.rows(kind="taken_back")] == ["retrying"]
    pager.outcomes.clear()
    staged.time.go(BREACH_AT + MINUTE + later * SECOND)
    now = staged.time.now()
    await staged.hear(fact(FactKind.CLOCK_BREACHED, now, "0/breach~1", due_at=now))
    await staged.send()
    assert pager.lines == heard
    assert [(each.state, each.reason) for each in await staged.rows(kind="taken_back")] == [word]
    await staged.pass_time(hours=3)
    await staged.send()
    assert pager.lines[: len(heard)] == heard
    assert pager.lines.count("Taken back") == heard.count("Taken back")


async def test_a_refused_word_holds_no_page_back(staged: Stage, pager: Pager) -> None:
    staged.time.go(BREACH_AT)
    await staged.hear(breached())
    await staged.send()
    pager.outcomes["Taken"] = Rejected(Failure.PROTOCOL, "no")
    await staged.hear(taking_back(LATER), fact(FactKind.CLOCK_BREACHED, LATER, "0/breach~1", due_at=LATER))
    await staged.send()
    assert pager.lines == ["Breached", "Breached"]


async def test_the_same_breach_under_another_key_is_told_once_while_its_alert_is_open(
    staged: Stage, pager: Pager
) -> None:
    staged.time.go(BREACH_AT)
    await staged.hear(breached())
    await staged.hear(fact(FactKind.CLOCK_BREACHED, BREACH_AT, "2/breach", generation=2))
    await staged.send()
    assert pager.lines == ["Breached"]


async def test_a_breach_that_moved_is_taken_back_by_its_new_instant(staged: Stage, pager: Pager) -> None:
    staged.time.go(BREACH_AT)
    await staged.hear(breached())
    await staged.send()
    moved = {"old_breached_at": BREACH_AT.isoformat(), "breached_at": LATER.isoformat()}
    staged.time.go(LATER)
    await staged.hear(amended(LATER, "amended", **moved))
    await staged.send()
    assert (await staged.alert("github:7")).due_at == LATER
    await staged.hear(amended(LATER, "amended~1", takes_back="1/breach", takes_back_due=LATER.isoformat()))
    await staged.send()
    assert pager.lines == ["Breached", "Taken back"]


async def test_taking_another_breach_of_the_clock_back_leaves_the_alert(staged: Stage, pager: Pager) -> None:
    staged.time.go(LATER)
    await staged.hear(breached(LATER, generation=1, due_at=LATER))
    await staged.send()
    await staged.hear(amended(LATER, "amended", takes_back="1/breach", takes_back_due=BREACH_AT.isoformat()))
    await staged.send()
    assert pager.lines == ["Breached"]
    assert (await staged.alert("github:7")).state == "open"


async def test_a_reopened_promise_is_paged_as_broken_again(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(BREACH_AT)
    await stage.hear(breached())
    await stage.send()
    await stage.hear(missed(NINE + 20 * MINUTE))
    stage.time.go(NINE + 45 * MINUTE)
    await stage.hear(resumed(NINE + 45 * MINUTE))
    await stage.send()
    subjects = [" ".join(mail.parsed["Subject"].split()[:2]) for mail in smtp_server.accepted.all()]
    assert subjects == ["Breached: First", "Closed: First", "Breached again"]
