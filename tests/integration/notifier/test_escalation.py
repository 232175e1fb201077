"""Warn, page, escalate, stop: stories on a timeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.notifier.stage import NINE, Stage, breached, fact, missed, resumed, taken_back, warned
from tests.real.smtp import SmtpServer

from sla_domain.contract import ContractId, RoleHolder, Side
from sla_domain.escalation import TellKind
from sla_domain.fact import FactKind
from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.notification import unit_of_work

MINUTE = timedelta(minutes=1)


def mailed(server: SmtpServer) -> list[tuple[str, str]]:
    """To whom, and the first word of what."""
    return [(mail.recipients[0].partition("@")[0], mail.parsed["Subject"].split()[0]) for mail in server.accepted.all()]


async def test_a_breach_climbs_the_levels_until_somebody_acknowledges(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 10 * MINUTE)
    await stage.hear(warned())
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Due")]

    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    assert mailed(smtp_server)[1:] == [("anna", "Breached:")]

    await stage.pass_time(minutes=9, seconds=59)
    assert await stage.send() == 0
    await stage.pass_time(seconds=1)
    await stage.send()
    assert mailed(smtp_server)[2:] == [("piotr", "Breached")], "anna is a lead too, but was paged in this round"

    done = await Acknowledger(stage.context).acknowledge(
        (await stage.alert("github:7")).id, AckBy.person("piotr", "link")
    )
    assert done is not None
    assert done.answer.value == "done"
    await stage.pass_time(hours=5)
    assert await stage.send() == 0
    assert await stage.table("notifier_step") == []
    assert [what for what, _ in await stage.log() if what.startswith("alert.")] == [
        "alert.opened",
        "alert.escalated",
        "alert.acknowledged",
    ]


def held(stage: Stage, **roles: str) -> None:
    """The contract's roles; a person of whom `:in` or `:out` is said has office hours, or all others."""
    acme = stage.catalogue.rulebook.contracts[ContractId("acme")]
    holders = [
        RoleHolder(role=role, person=person, coverage="office" if hours else None, outside=hours == "out")
        for role, people in roles.items()
        for person, _, hours in (each.partition(":") for each in people.split())
    ]
    object.__setattr__(acme, "roles", tuple(holders))


async def test_a_level_that_has_nobody_else_pages_again_and_says_which_it_is(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    held(stage, on_call="anna", lead="anna", manager="maria")
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    await stage.pass_time(minutes=10)
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:"), ("anna", "Breached")]
    body = smtp_server.accepted.all()[-1].parsed.get_body(("plain",))
    assert body is not None
    assert "Not acknowledged so far: this is level 2 of the escalation." in " ".join(body.get_content().split())
    (again,) = [row for row in await stage.rows() if row.level == 2]
    assert again.why == "level 2, lead; notified again: this level has nobody else"


async def test_several_levels_that_an_outage_made_due_at_once_page_one_person_once(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    acme = stage.catalogue.escalations["on-call"]
    object.__setattr__(acme, "levels", tuple(replace(level, kind=TellKind.PAGE) for level in acme.levels))
    held(stage, on_call="anna", lead="anna", manager="anna")
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    await stage.pass_time(minutes=40)
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:"), ("anna", "Breached")]


@pytest.mark.parametrize("first", [TellKind.PAGE, TellKind.NOTICE])
async def test_levels_that_are_due_together_tell_a_person_once(
    stage: Stage, smtp_server: SmtpServer, first: TellKind
) -> None:
    """At night nobody holds either role, so everybody of both levels is told: once, for a second mail is no news."""
    policy = stage.catalogue.escalations["on-call"]
    now = timedelta()
    levels = (replace(policy.levels[0], kind=first), replace(policy.levels[1], after=now, kind=TellKind.NOTICE))
    object.__setattr__(policy, "levels", levels)
    object.__setattr__(policy, "repeat", 0)
    held(stage, on_call="anna:in ben:in", lead="anna:in piotr:in")
    night = NINE + timedelta(hours=12)
    stage.time.go(night)
    await stage.hear(breached(night, due_at=night))
    await stage.send()
    assert sorted(person for person, _ in mailed(smtp_server)) == ["anna", "ben", "piotr"]
    states = {(row.person, row.level): (row.state, row.reason) for row in await stage.rows()}
    assert states["anna", 2] == ("cancelled", "already_told")


@pytest.mark.parametrize(("hours", "people"), [(0, ["anna"]), (12, ["ben"]), (24 * 5, ["ben"])])
async def test_h5_roles_of_one_level_take_turns(
    stage: Stage, smtp_server: SmtpServer, hours: int, people: list[str]
) -> None:
    held(stage, on_call="anna:in", lead="ben:out", manager="maria")
    policy = stage.catalogue.escalations["on-call"]
    object.__setattr__(policy.levels[0], "tell", ("on_call", "lead"))
    at = NINE + timedelta(hours=hours)
    stage.time.go(at)
    await stage.hear(breached(at, due_at=at))
    await stage.send()
    assert [person for person, _ in mailed(smtp_server)] == people


async def test_reminders_wait_for_the_hours_of_who_is_reminded(stage: Stage, smtp_server: SmtpServer) -> None:
    held(stage, on_call="anna:in", lead="piotr:in", manager="maria:in")
    saturday = NINE + timedelta(days=4, hours=14, minutes=10)  # 00:10 in Warsaw
    stage.time.go(saturday)
    await stage.hear(breached(saturday, due_at=saturday))
    await stage.send()
    for minutes in (10, 20, 60, 60, 600):
        await stage.pass_time(minutes=minutes)
        await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:"), ("piotr", "Breached"), ("maria", "For")], (
        "the news reaches every level in the night, and nobody a second time"
    )
    assert (await stage.alert("github:7")).round == 0
    assert [(row.level, row.fire_at) for row in await stage.table("notifier_step")] == [
        (0, NINE + timedelta(days=7, hours=-1))
    ], "until Monday 09:00 in Warsaw"
    stage.time.go(NINE + timedelta(days=7, hours=-1))
    for _ in range(6):
        await stage.pass_time(minutes=10)
        await stage.send()
    assert mailed(smtp_server)[3:] == [("anna", "Breached"), ("piotr", "Breached"), ("maria", "For")]


async def test_a_round_goes_on_with_who_is_on_duty_and_the_others_are_reminded_in_their_hours(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    held(stage, on_call="anna:in", lead="piotr", manager="maria:in")
    saturday = NINE + timedelta(days=4, hours=14, minutes=10)
    stage.time.go(saturday)
    await stage.hear(breached(saturday, due_at=saturday))
    await stage.send()
    for minutes in (10, 20, 60, 60, 600):
        await stage.pass_time(minutes=minutes)
        await stage.send()
    assert [person for person, _ in mailed(smtp_server)] == ["anna", "piotr", "maria", "piotr"]
    stage.time.go(NINE + timedelta(days=7, hours=-1, minutes=-10))
    await stage.pass_time(minutes=10)
    await stage.send()
    assert sorted(person for person, _ in mailed(smtp_server)[4:]) == ["anna", "maria"]


async def test_an_acknowledgement_ends_a_reminder_that_waits(stage: Stage, smtp_server: SmtpServer) -> None:
    held(stage, on_call="anna:in", lead="anna:in", manager="anna:in")
    saturday = NINE + timedelta(days=4, hours=14, minutes=10)
    stage.time.go(saturday)
    await stage.hear(breached(saturday, due_at=saturday))
    await stage.send()
    await stage.pass_time(minutes=10)
    await Acknowledger(stage.context).acknowledge((await stage.alert("github:7")).id, AckBy.person("anna", "link"))
    await stage.pass_time(days=10)
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:")]
    assert await stage.table("notifier_step") == []


async def test_whom_nothing_reaches_holds_no_place_for_the_others(stage: Stage, smtp_server: SmtpServer) -> None:
    held(stage, on_call="anna ben:out", lead="piotr", manager="maria")
    acme = stage.catalogue.rulebook.contracts[ContractId("acme")]
    people = dict(acme.people) | {"anna": replace(acme.people["anna"], addresses=())}
    object.__setattr__(acme, "people", people)
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    assert mailed(smtp_server) == [("ben", "Breached:")]
    states = {row.person: (row.state, row.reason) for row in await stage.rows()}
    assert states == {"anna": ("undeliverable", "no_address"), "ben": ("sent", "")}


async def test_the_customers_own_people_are_never_paged_and_have_no_link(stage: Stage, smtp_server: SmtpServer) -> None:
    held(stage, on_call="anna", lead="ben", manager="maria")
    acme = stage.catalogue.rulebook.contracts[ContractId("acme")]
    theirs = {name: replace(person, side=Side.CUSTOMER) for name, person in acme.people.items()}
    object.__setattr__(acme, "people", theirs)
    object.__setattr__(stage.catalogue.rulebook.plan_of(acme), "escalation", None)
    stage.time.go(NINE + 10 * MINUTE)
    await stage.hear(warned(escalation=""))
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(escalation=""))
    await stage.send()
    assert sorted(mailed(smtp_server)) == [("ops", "Breached:"), ("ops", "Due")], "the operators hear it in their place"


async def test_a_plan_that_pages_nobody_informs_the_operators_once_without_a_link(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 10 * MINUTE)
    await stage.hear(warned(escalation="none"))
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(escalation="none"))
    await stage.send()
    for _ in range(12):
        await stage.pass_time(minutes=10)
        await stage.send()
    ((person, subject),) = mailed(smtp_server)
    assert person == "ops"
    assert subject == "For"
    body = smtp_server.accepted.all()[0].parsed.get_body(("plain",))
    assert body is not None
    assert "/ack/" not in body.get_content()


async def test_who_was_paged_hears_of_the_end_once(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    await stage.pass_time(minutes=10)
    await stage.send()
    stage.time.go(NINE + 40 * MINUTE)
    await stage.hear(missed(NINE + 40 * MINUTE))
    await stage.send()
    assert sorted(mailed(smtp_server)[2:]) == [("anna", "Closed:"), ("piotr", "Closed:")]
    body = smtp_server.accepted.all()[-1].parsed.get_body(("plain",))
    assert body is not None
    assert "fulfilled at Mon, Mar 2, 2026, 10:40 CET (09:40 UTC), 25 min late." in " ".join(body.get_content().split())
    await stage.pass_time(hours=5)
    assert await stage.send() == 0
    assert (await stage.alert("github:7")).close_reason == "missed"


async def test_unanswered_it_informs_the_last_level_and_begins_again(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    for _ in range(12):
        await stage.pass_time(minutes=10)
        await stage.send()
    assert mailed(smtp_server) == [
        ("anna", "Breached:"),
        ("piotr", "Breached"),
        ("maria", "For"),  # a level of kind notice: informed, not paged
        ("anna", "Breached"),  # the only repetition, an hour after the last level
        ("piotr", "Breached"),
        ("maria", "For"),
    ]


async def test_a_breach_that_is_taken_back_is_told_to_those_who_heard_of_it(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    await stage.hear(taken_back(NINE + 14 * MINUTE))
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:"), ("anna", "Taken")]
    await stage.pass_time(hours=5)
    assert await stage.send() == 0


async def test_a_breach_taken_back_before_anybody_heard_of_it_is_never_told(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.hear(taken_back(NINE + 14 * MINUTE))
    assert await stage.send() == 0
    assert [(row.state, row.reason) for row in await stage.rows()] == [("cancelled", "taken_back")]


# SQLite has one writer: nobody claims in the middle of another's transaction.
@pytest.mark.postgres
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_a_sender_that_comes_while_a_breach_is_taken_back_does_not_tell_it(
    stage: Stage, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: those who must hear of it have been looked up, the page has not been cut off yet."""
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    other, looked_up = stage.another(), unit_of_work._deliveries_of

    async def and_meanwhile(*given: Any) -> list[DeliveryRow]:
        rows = await looked_up(*given)
        assert await other.send() == 0
        return rows

    monkeypatch.setattr(unit_of_work, "_deliveries_of", and_meanwhile)
    await stage.hear(taken_back(NINE + 14 * MINUTE))
    assert await stage.send() == 0
    assert mailed(smtp_server) == []
    assert [(row.state, row.reason) for row in await stage.rows()] == [("cancelled", "taken_back")]


async def test_after_a_late_end_a_taken_back_breach_is_still_corrected(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    await stage.hear(missed(NINE + 20 * MINUTE))
    await stage.send()
    await stage.hear(taken_back(NINE + 12 * MINUTE))
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:"), ("anna", "Closed:"), ("anna", "Taken")]


async def test_a_reopened_broken_promise_pages_again_until_its_next_end(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    await stage.hear(missed(NINE + 20 * MINUTE))
    await stage.send()
    stage.time.go(NINE + 45 * MINUTE)
    await stage.hear(resumed(NINE + 45 * MINUTE))
    await stage.send()
    alert = await stage.alert("github:7")
    assert (alert.state, alert.episode, alert.due_at) == ("open", 2, NINE + 15 * MINUTE)
    await stage.pass_time(minutes=10)
    await stage.send()
    assert mailed(smtp_server) == [
        ("anna", "Breached:"),
        ("anna", "Closed:"),
        ("anna", "Breached"),
        ("piotr", "Breached"),
    ]
    body = smtp_server.accepted.all()[2].parsed.get_body(("plain",))
    assert body is not None
    assert "30 min" in body.get_content(), "it is late since the breach, not since the reopening"
    await stage.hear(fact(FactKind.CLOCK_MISSED, NINE + 60 * MINUTE, "missed/def"))
    await stage.send()
    assert sorted(mailed(smtp_server)[4:]) == [("anna", "Closed:"), ("piotr", "Closed:")]


async def test_a_reopened_promise_whose_breach_is_taken_back_is_over(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(), missed(NINE + 20 * MINUTE))
    stage.time.go(NINE + 45 * MINUTE)
    await stage.hear(resumed(NINE + 45 * MINUTE))
    await stage.send()
    await stage.hear(taken_back(NINE + 46 * MINUTE))
    await stage.send()
    assert mailed(smtp_server)[-1] == ("anna", "Taken")
    assert (await stage.alert("github:7")).close_reason == "taken_back"


async def test_a_broken_promise_whose_end_is_undone_pages_again(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    await stage.hear(missed(NINE + 20 * MINUTE))
    await stage.send()
    undone = {"old_state": "missed", "new_state": "running"}
    stage.time.go(NINE + 45 * MINUTE)
    await stage.hear(fact(FactKind.CLOCK_AMENDED, NINE, "amended", details=undone))
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:"), ("anna", "Closed:"), ("anna", "Breached")]


@pytest.mark.parametrize("due", [timedelta(minutes=15), timedelta(hours=2)])
async def test_a_pause_that_ends_pages_nobody_again(stage: Stage, smtp_server: SmtpServer, due: timedelta) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    stage.time.go(NINE + 45 * MINUTE)
    await stage.hear(resumed(NINE + 45 * MINUTE, due_at=NINE + due))
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:")]


async def test_a_promise_that_was_kept_and_is_reopened_pages_nobody(stage: Stage) -> None:
    stage.time.go(NINE + 45 * MINUTE)
    await stage.hear(resumed(NINE + 45 * MINUTE))
    assert await stage.rows() == []


async def test_a_breach_and_its_end_in_one_batch_are_one_message(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + timedelta(hours=8))  # slad was away
    await stage.hear(warned(overtaken=True), breached(), missed(NINE + 40 * MINUTE))
    await stage.send()
    assert len(mailed(smtp_server)) == 1
    assert mailed(smtp_server)[0][1] == "Closed:"
    states = sorted((row.kind, row.state, row.reason) for row in await stage.rows())
    assert states == [("page", "cancelled", "ended"), ("resolved", "sent", "")]


async def test_a_page_still_queued_at_the_end_gives_way_to_the_closing_message(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.hear(missed(NINE + 16 * MINUTE))
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Closed:")], "the breach is told, by the message that also ends it"


async def test_a_target_of_another_catalogue_ends_the_alert_when_that_came_into_force(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    """Its clock began at nine, which is when the new target counts from: nobody had been paged by then."""
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    edited, later = NINE + 20 * MINUTE, NINE + timedelta(hours=2)
    told = {"due_at": later, "fired_at": edited, "details": {"catalogue": "v2"}}
    await stage.hear(fact(FactKind.CLOCK_RETARGETED, NINE, "0/target", **told))
    await stage.send()
    closed = next(mail for mail in smtp_server.accepted.all() if "Closed" in mail.parsed["subject"])
    part = closed.parsed.get_body(("plain",))
    assert part is not None
    assert "Closed: Mon, Mar 2, 2026, 10:20 CET (09:20 UTC)" in part.get_content().splitlines()


async def test_a_newer_target_that_is_not_due_ends_the_alert_and_its_breach_opens_it_anew(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    later = NINE + timedelta(hours=2)
    await stage.hear(fact(FactKind.CLOCK_RETARGETED, NINE + 20 * MINUTE, "1/target", generation=1, due_at=later))
    await stage.send()
    assert (await stage.alert("github:7")).close_reason == "retargeted"
    stage.time.go(later)
    await stage.hear(breached(later, generation=1, due_at=later))
    await stage.send()
    alert = await stage.alert("github:7")
    assert (alert.state, alert.episode, alert.generation) == ("open", 2, 1)
    assert [first for _, first in mailed(smtp_server)] == ["Breached:", "Closed:", "Breached:"]


async def test_duplicate_facts_change_nothing(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(), breached())
    await stage.hear(breached())
    await stage.send()
    await stage.another().hear(breached())
    assert await stage.send() == 0
    assert mailed(smtp_server) == [("anna", "Breached:")]
    assert len(await stage.table("notifier_alert")) == 1


async def test_an_old_end_that_comes_again_does_not_close_a_newer_alert(stage: Stage) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    cancelled = fact(FactKind.CLOCK_CANCELLED, NINE + 16 * MINUTE, "cancelled/a")
    await stage.hear(breached(), cancelled)
    later = NINE + timedelta(hours=1)
    stage.time.go(later)
    await stage.hear(breached(later, generation=1, due_at=later))
    await stage.hear(cancelled)
    assert (await stage.alert("github:7")).state == "open"


async def test_out_of_hours_the_other_holder_of_the_role_is_paged(stage: Stage, smtp_server: SmtpServer) -> None:
    night = NINE + timedelta(hours=12)
    stage.time.go(night)
    await stage.hear(breached(night, due_at=night))
    await stage.send()
    assert mailed(smtp_server) == [("ben", "Breached:")]


async def test_a_contract_without_people_falls_back_to_the_operators(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hollow"))
    await stage.send()
    assert mailed(smtp_server) == [("ops", "Breached:")]
    assert (await stage.rows())[0].why == "level 1, operators, because the contract names nobody"


async def test_without_operators_the_default_contract_s_own_people_hear_it(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    house = stage.catalogue.rulebook.contracts[stage.catalogue.rulebook.default_contract]
    object.__setattr__(house, "roles", (RoleHolder(role="on_call", person="ops"),))
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hollow"))
    await stage.send()
    assert mailed(smtp_server) == [("ops", "Breached:")]


async def test_without_operators_the_silence_is_a_row_everybody_can_see(stage: Stage) -> None:
    house = stage.catalogue.rulebook.contracts[stage.catalogue.rulebook.default_contract]
    object.__setattr__(house, "roles", ())
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hollow"))
    assert await stage.send() == 0
    row = (await stage.rows())[0]
    assert (row.state, row.reason, row.why) == ("undeliverable", "nobody", "hollow: nobody for on_call")
    assert ("delivery.undeliverable", "nobody") in await stage.log()


async def test_an_overtaken_warning_is_recorded_and_not_told(stage: Stage) -> None:
    stage.time.go(NINE + 20 * MINUTE)
    await stage.hear(warned(overtaken=True))
    assert await stage.rows() == []
    assert [row.id for row in await stage.table("notifier_inbox")] == [warned().id]


async def test_promises_and_corrections_page_nobody_and_cost_no_look_at_the_database(stage: Stage) -> None:
    await stage.hear(
        fact(FactKind.PROMISE_MADE, NINE, "promise", clock=None),
        fact(FactKind.PRIORITY_CORRECTED, NINE, "priority/1", clock=None, details={"old": "P2", "new": "P1"}),
    )
    assert await stage.rows() == []
    assert await stage.table("notifier_inbox") == []


async def test_a_provisional_breach_says_so(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(provisional=True))
    await stage.send()
    body = smtp_server.accepted.all()[0].parsed.get_body(("plain",))
    assert body is not None
    assert "Provisional: some events had not been read yet" in body.get_content()


async def test_the_policy_at_the_opening_holds_whatever_the_catalogue_says_later(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    object.__setattr__(stage.catalogue, "escalations", {})
    await stage.pass_time(minutes=10)
    await stage.send()
    assert mailed(smtp_server)[1:] == [("piotr", "Breached")]


async def test_an_incident_that_is_promised_nothing_is_told_to_the_first_level_by_mail(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    """A target without a number has no clock: nobody would hear of the incident. Nothing is there to acknowledge."""
    stage.time.go(NINE)
    why = {"why": "first_response of P1 is unspecified"}
    nothing = {"clock": None, "metric": "", "due_at": None, "allowed": ""}
    await stage.hear(fact(FactKind.PROMISE_NONE, NINE, "promise/none", turned="opened", details=why, **nothing))
    await stage.send()
    (mail,) = smtp_server.accepted.all()
    body = mail.parsed.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert mail.recipients == ("anna@acme.example",)
    assert "first_response of P1 is unspecified" in text
    assert "/ack" not in text
    await stage.pass_time(hours=5)
    assert await stage.send() == 0, "no level follows"
