"""Zammad: payload → outcome, and the state that each body shows, in the shapes that Zammad sends."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build.story import instant
from tests.unit.ingest.desk_bodies import zammad
from tests.unit.ingest.made import events, said, source, translated

from sla_catalogue.source import Dialect, Membership, TicketPhase
from sla_domain.event import Actor, EventKind, Snapshot, WaitingOn
from sla_domain.phase import Phase
from sla_ingest.dialect import Accepted, Ignored, IngestRemark

ZAMMAD = source(
    Dialect.ZAMMAD, priorities={"normal": "P2", "3 high": "P1"}, bots=frozenset({"robot@desk.example"}),
    statuses={"pending close": TicketPhase.WAITING_CUSTOMER, "9": TicketPhase.WAITING_VENDOR},
)  # fmt: skip
ROBOT = zammad.person(12, "Robot", "robot@desk.example", "Agent")


def z(said_: Any = None, **ticket: Any) -> Any:
    return zammad.body("Mon 10:00", said_, **ticket)


def a(sender: str = "Agent", by: Any = zammad.BOB, **values: Any) -> Any:
    return zammad.article("Mon 10:00", sender, by, **values)


CASES: dict[str, tuple[Any, str]] = {
    "opened": (zammad.opened(), "opened"),
    "opened as pending": (zammad.opened(state="pending close"), "opened; waiting customer"),
    "opened by a call that staff wrote down": (
        z(a("Customer", number=104, type="phone", origin_by="ann@acme.example"), article_ids=[104]), "opened",
    ),
    "opened, without the list of articles": (
        z(a("Customer", zammad.ANN), article_ids=None, article_count=1), "opened",
    ),
    "an answer": (z(a()), "responded"),
    "a follow-up": (z(a("Customer", zammad.ANN), state="open"), "customer_replied"),
    "a call that staff wrote down": (z(a("Customer", type="phone", origin_by="ann@acme.example")), "customer_replied"),
    "an agent on their own request": (z(a(), customer=zammad.BOB), "customer_replied"),
    "a call on an agent's request that another wrote down": (
        z(a("Agent", origin_by="eve@desk.example"), customer=zammad.BOB), "responded",
    ),
    "a note": (z(a(internal=True)), "internal_comment"),
    "nobody says whether it is internal": (z(a(internal=None)), "internal_comment"),
    "an automatic reply": (z(a("System")), "bot_comment"),
    "an account of a machine": (z(a(by=ROBOT)), "bot_comment"),
    "nobody says whose": (z(a("Moon")), "commented"),
    "no article": (z(), "nothing_relevant"),
    "an article that is null": (zammad.body() | {"article": None}, "nothing_relevant"),
    "a state of the account": (z(state="Courier"), "nothing_relevant"),
    "no id": (z(id=None), "422 /ticket/id"),
    "no state": (z(state=""), "422 /ticket/state"),
    "a body of another template": ({"ticket": {"id": 1, "state": "open"}}, "422 /ticket"),
    "a template that failed": ({"error": "unexpected token"}, "422 /ticket"),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_zammad(what: str) -> None:
    given, expected = CASES[what]
    assert said(translated(given, ZAMMAD).outcome) == expected


def shown(body: Any) -> Snapshot:
    outcome = translated(body, ZAMMAD).outcome
    (one,) = [outcome.observed.event] if isinstance(outcome, Ignored) and outcome.observed else events(outcome)[-1:]
    assert one.snapshot is not None
    return one.snapshot


STANDS: dict[str, tuple[Phase, WaitingOn | None]] = {
    "new": (Phase.OPEN, None),
    "open": (Phase.OPEN, None),
    "pending reminder": (Phase.WAITING, WaitingOn.OTHER),
    "pending close": (Phase.WAITING, WaitingOn.CUSTOMER),
    "Courier": (Phase.WAITING, WaitingOn.VENDOR),
    "closed": (Phase.RESOLVED, None),
    "merged": (Phase.CANCELLED, None),
    "removed": (Phase.CANCELLED, None),
}


@pytest.mark.parametrize("state", STANDS)
def test_the_state_is_that_which_the_ticket_shows(state: str) -> None:
    found = shown(z(state=state))
    assert (found.phase, found.waiting_on) == STANDS[state]
    assert found.at == instant("Mon 10:00")


def test_the_last_close_is_the_end_else_the_first_else_the_change() -> None:
    first, last = zammad.time("Mon 09:10"), zammad.time("Mon 09:50")
    assert shown(z(state="closed", close_at=first, last_close_at=last)).ended_at == instant("Mon 09:50")
    assert shown(z(state="closed", close_at=first)).ended_at == instant("Mon 09:10")
    assert shown(z(state="closed")).ended_at == instant("Mon 10:00")
    assert shown(z(state="open", close_at=first, last_close_at=last)).ended_at is None


def test_whom_a_ticket_belongs_to_and_who_holds_it() -> None:
    held = shown(z(owner=zammad.BOB, owner_id=5)).attributes
    assert (held["assignee"], held["reporter"], held["reporter_id"]) == ("Bob", "Ann", "ann@acme.example")
    assert (held["customer"], held["product"], held["priority"], held["key"]) == ("Acme", "Shop", "P2", "10081")
    assert shown(z()).attributes["assignee"] == ""


def test_what_was_said_has_its_own_time_beside_that_of_the_ticket() -> None:
    (one,) = events(translated(zammad.body("Mon 10:05", zammad.article("Mon 10:00")), ZAMMAD).outcome)
    assert (one.occurred_at, one.actor, one.actor_name) == (instant("Mon 10:00"), Actor.STAFF, "Bob")
    assert one.snapshot is not None
    assert one.snapshot.at == instant("Mon 10:05")


def test_a_call_that_staff_wrote_down_is_the_customers_by_name() -> None:
    call = a("Customer", type="phone", origin_by="ann@acme.example") | {"from": '"Ann A." <ann@acme.example>'}
    (one,) = events(translated(z(call), ZAMMAD).outcome)
    assert (one.actor, one.actor_name) == (Actor.CUSTOMER, "Ann A.")


def test_roles_are_groups_and_mail_addresses_have_domains() -> None:
    vendor = source(Dialect.ZAMMAD, customers_by=Membership(groups=frozenset({"partner"})))
    partner = zammad.person(9, "Pat", "pat@partner.example", "Agent", "Partner")
    assert said(translated(z(a(by=partner)), vendor).outcome) == "customer_replied"


def test_a_state_that_no_table_has_is_remarked_and_names_the_setting() -> None:
    outcome = translated(z(state="Courier"), source(Dialect.ZAMMAD)).outcome
    assert isinstance(outcome, Accepted)
    (one,) = outcome.events
    assert one.event.kind is EventKind.OBSERVED
    assert [note.remark for note in one.remarks] == [IngestRemark.UNMAPPED_STATUS]
    assert "Courier; say it under sources.desk.statuses" in str(one.remarks[0])


def test_a_retry_of_the_same_body_is_the_same_delivery() -> None:
    assert translated(z(a()), ZAMMAD).delivery == translated(z(a()), ZAMMAD).delivery
    assert translated(z(a()), ZAMMAD).delivery != translated(z(a(), state="open"), ZAMMAD).delivery
