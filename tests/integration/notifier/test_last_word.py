"""Whoever was paged hears how it ended: after a move, another target, and a breach that was taken back too soon."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.notifier.stage import NINE, Stage, breached, fact, missed
from tests.integration.notifier.test_episodes import Pager

from sla_domain.fact import FactKind
from sla_platform.envelope import Envelope
from sla_platform.wire.fact_body import BROKEN_SINCE

MINUTE = timedelta(minutes=1)
DUE = NINE + 15 * MINUTE
BETA = {"contract": "hooked", "customer": "Hooked", "title": "Their till is on fire", "url": "https://hooked.example/7"}


@pytest.fixture
def pager() -> Pager:
    return Pager()


@pytest.fixture
def staged(stage: Stage, pager: Pager) -> Stage:
    return stage.another(email=pager, webhook=pager)


async def hear(staged: Stage, at: datetime, *said: Envelope) -> None:
    staged.time.go(at)
    await staged.hear(*said)
    await sent(staged)


async def sent(staged: Stage) -> None:
    while await staged.send():
        pass


def words(pager: Pager, person: str) -> list[tuple[str, str]]:
    """What a person was told, in order: kind and outcome."""
    told: list[dict[str, Any]] = [dict(message.payload) for message in pager.heard]
    return [
        (str(one["type"]).removeprefix("slad."), str(one["data"]["outcome"]))
        for one in told
        if one["data"]["recipient"] == person
    ]


async def lead_is_paged_too(staged: Stage) -> None:
    """Broken at the due instant; nobody answers for ten minutes."""
    await hear(staged, DUE, breached())
    await staged.pass_time(minutes=11)
    await sent(staged)


def moved(at: datetime, due_at: datetime = DUE) -> Envelope:
    """The ticket is another contract's now, and its promise was broken before."""
    broken = {"breached": due_at.isoformat(), "details": {BROKEN_SINCE: due_at.isoformat()}}
    return fact(FactKind.CLOCK_RETARGETED, at, "1/target", generation=1, due_at=due_at, **broken, **BETA)


def taken_back(at: datetime, state: str = "met") -> Envelope:
    details = {"takes_back": "0/breach", "takes_back_due": DUE.isoformat(), "new_state": state}
    return fact(FactKind.CLOCK_AMENDED, at, "amended", details=details)


async def test_the_people_of_the_contract_before_a_move_hear_that_it_is_no_longer_theirs(
    staged: Stage, pager: Pager
) -> None:
    await lead_is_paged_too(staged)
    await hear(staged, NINE + 30 * MINUTE, moved(NINE + 30 * MINUTE))
    for person in ("anna", "piotr"):
        assert words(pager, person)[-1] == ("resolved", "cancelled"), person
    assert words(pager, "hook")[:1] == [("page", "")]
    last = next(message for message in reversed(pager.heard) if message.payload["data"]["recipient"] == "anna")
    assert "no longer applies" in last.text
    assert not re.search("Hooked|till|hooked.example", f"{last.subject}{last.text}{last.html}{last.payload}")
    # Its end under the other contract is not theirs.
    count = len(words(pager, "anna"))
    await hear(staged, NINE + 40 * MINUTE, missed(NINE + 40 * MINUTE, generation=1, **BETA))
    assert words(pager, "hook")[-1] == ("resolved", "missed")
    assert len(words(pager, "anna")) == count


async def test_a_link_of_before_a_move_answers_for_nobody_else_and_shows_nothing_of_theirs(
    staged: Stage, pager: Pager, client: httpx2.AsyncClient
) -> None:
    await hear(staged, DUE, breached())
    path = pager.heard[-1].payload["data"]["acknowledge_url"].removeprefix("https://slad.example")
    await hear(staged, NINE + 30 * MINUTE, moved(NINE + 30 * MINUTE))
    for call in (client.get, client.post):
        answer = await call(path)
        assert answer.status_code == 200
        assert "<button" not in answer.text
        assert "was closed at" in answer.text
        assert "Shop is down" in answer.text
        assert not re.search("Hooked|till", answer.text)
    alert = await staged.alert("github:7")
    assert (alert.contract, alert.state) == ("hooked", "open")
    theirs = next(one for one in pager.heard if one.payload["data"]["recipient"] == "hook")
    assert (
        "<button" in (await client.get(theirs.payload["data"]["acknowledge_url"][len("https://slad.example") :])).text
    )


async def test_a_lead_who_was_paged_for_an_earlier_target_hears_the_end_of_the_next(
    staged: Stage, pager: Pager, client: httpx2.AsyncClient
) -> None:
    await lead_is_paged_too(staged)
    before = DUE - 10 * MINUTE
    raised = fact(FactKind.CLOCK_RETARGETED, NINE + 28 * MINUTE, "1/target", generation=1, due_at=before,
                  breached=DUE.isoformat())  # fmt: skip
    await hear(staged, NINE + 28 * MINUTE, raised, breached(before, generation=1, due_at=before))
    assert (await staged.alert("github:7")).episode == 2
    page = next(one for one in reversed(pager.heard) if one.payload["type"] == "slad.page")
    await client.post(page.payload["data"]["acknowledge_url"].removeprefix("https://slad.example"))
    await hear(staged, NINE + 40 * MINUTE, missed(NINE + 40 * MINUTE, generation=1, due_at=before))
    for person in ("anna", "piotr"):
        assert words(pager, person)[-1] == ("resolved", "missed"), person
    assert words(pager, "piotr").count(("resolved", "missed")) == 1


async def test_who_heard_that_it_was_not_broken_hears_that_it_was_after_all(staged: Stage, pager: Pager) -> None:
    await lead_is_paged_too(staged)
    await hear(staged, NINE + 30 * MINUTE, taken_back(NINE + 14 * MINUTE))
    assert words(pager, "piotr")[-1] == ("taken_back", "taken_back")
    # A later correction: the priority was higher, so that it was over before it was answered. It is history by now.
    due_at = NINE + 5 * MINUTE
    amended = fact(FactKind.CLOCK_AMENDED, NINE + 14 * MINUTE, "amended~1", due_at=due_at, breached=due_at.isoformat(),
                   details={"old_state": "met", "new_state": "missed"})  # fmt: skip
    past = breached(due_at, generation=1, due_at=due_at, breached=due_at.isoformat(), history=True)
    await hear(staged, NINE + 32 * MINUTE, amended, past)
    for person in ("anna", "piotr"):
        assert words(pager, person)[-1] == ("resolved", "missed"), person
    # And it may be taken back once more.
    again = {"takes_back": "1/breach", "takes_back_due": due_at.isoformat(), "new_state": "met"}
    await hear(staged, NINE + 34 * MINUTE, fact(FactKind.CLOCK_AMENDED, NINE + 14 * MINUTE, "amended~2", details=again))
    assert words(pager, "piotr")[-1] == ("taken_back", "taken_back")


async def test_a_breach_that_comes_with_its_end_is_told_to_all_who_heard_that_it_was_none(
    staged: Stage, pager: Pager
) -> None:
    await lead_is_paged_too(staged)
    await hear(staged, NINE + 30 * MINUTE, taken_back(NINE + 14 * MINUTE, "cancelled"))
    again = fact(FactKind.CLOCK_BREACHED, DUE, "0/breach~1", threshold="breach")
    await hear(staged, NINE + 32 * MINUTE, again, missed(NINE + 31 * MINUTE))
    for person in ("anna", "piotr"):
        assert words(pager, person)[-1] == ("resolved", "missed"), person
