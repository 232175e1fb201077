"""GLPI: payload → outcome, and the state that each body shows, in the shapes that GLPI 11 sends."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build.story import instant
from tests.unit.ingest.desk_bodies import glpi
from tests.unit.ingest.made import events, said, source, translated

from sla_catalogue.source import Dialect, TicketPhase
from sla_domain.event import Actor, EventKind, Snapshot, TimeQuality, WaitingOn
from sla_domain.phase import Phase
from sla_ingest.dialect import Accepted, Ignored, IngestRemark

GLPI = source(
    Dialect.GLPI, zone="Europe/Warsaw", priorities={"4": "P2", "very high": "P1"}, staff=frozenset({"cat"}),
    bots=frozenset({"9"}), statuses={"20": TicketPhase.WAITING_VENDOR},
)  # fmt: skip
CAT = {"id": 7, "name": "cat"}
HELD = {"team": [glpi.ASKS, glpi.HOLDS]}


def g(status: int = 1, event: str = "update", **ticket: Any) -> Any:
    return glpi.body(event, "Mon 10:00", status, **ticket)


def f(user: Any, parent: Any = None, **item: Any) -> Any:
    return glpi.followup("Mon 10:00", user, parent, **item)


TASK = {"id": 5, "content": "Look", "is_private": False, "tickets_id": 42, "state": 1}
CASES: dict[str, tuple[Any, str]] = {
    "new": (g(event="new"), "opened"),
    "new as pending": (glpi.body("new", status=4), "opened; waiting other"),
    "changed": (g(2), "nothing_relevant"),
    "a status of the account": (g(20), "nothing_relevant"),
    "a status nobody names": (g(21), "observed"),
    "put into the bin": (g(event="delete"), "cancelled"),
    "the requester's words": (f(glpi.ANN), "customer_replied"),
    "the staff's": (f(CAT), "responded"),
    "of whom it is assigned to": (f(glpi.BOB, glpi.ticket("Mon 10:00", **HELD)), "responded"),
    "of somebody else": (f({"id": 99, "name": "eve"}), "commented"),
    "of a machine": (f({"id": 9, "name": "collector"}), "bot_comment"),
    "of an API that names nobody": ({**f(None), "item": {**f(None)["item"], "user": None}}, "commented"),
    "private": (f(CAT, is_private=True), "internal_comment"),
    "nobody says whether it is private": (f(CAT, is_private=None), "internal_comment"),
    "changed words": (f(CAT) | {"event": "update"}, "comment_changed"),
    "on a change": (f(CAT, itemtype="Change"), "unrelated"),
    "a solution": (glpi.solution("Mon 10:00", CAT), "resolved"),
    "a solution that was refused at once": (
        glpi.solution("Mon 10:00", CAT, glpi.ticket("Mon 10:00", 2)), "nothing_relevant",
    ),
    "a task": ({"item": TASK, "event": "new", "parent_item": glpi.ticket()}, "internal_comment"),
    "a change": ({"item": {k: v for k, v in glpi.ticket().items() if k != "type"}, "event": "new"}, "unrelated"),
    "a computer": ({"item": {"id": 1, "name": "pc"}, "event": "new"}, "unknown_type"),
    "something new": (g(event="sublimated"), "unknown_type"),
    "no id": (g(id=None), "422 /item/id"),
    "no ticket": (f(CAT, items_id=None), "422 /item/items_id"),
    "another body": ({"ticket": {"id": 1}}, "422 /item"),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_glpi(what: str) -> None:
    given, expected = CASES[what]
    assert said(translated(given, GLPI).outcome) == expected


def shown(body: Any) -> Snapshot:
    outcome = translated(body, GLPI).outcome
    (one,) = [outcome.observed.event] if isinstance(outcome, Ignored) and outcome.observed else events(outcome)[-1:]
    assert one.snapshot is not None
    return one.snapshot


STANDS: dict[int, tuple[Phase, WaitingOn | None]] = {
    1: (Phase.OPEN, None),
    2: (Phase.OPEN, None),
    3: (Phase.OPEN, None),
    4: (Phase.WAITING, WaitingOn.OTHER),
    5: (Phase.RESOLVED, None),
    6: (Phase.CLOSED, None),
    10: (Phase.WAITING, WaitingOn.OTHER),
    20: (Phase.WAITING, WaitingOn.VENDOR),
}


@pytest.mark.parametrize("status", STANDS)
def test_the_state_is_that_which_the_ticket_shows(status: int) -> None:
    found = shown(g(status))
    assert (found.phase, found.waiting_on) == STANDS[status]


def test_a_ticket_in_the_bin_is_cancelled() -> None:
    assert shown(g(is_deleted=True)).phase is Phase.CANCELLED


def test_the_update_that_tells_the_end_dates_it_and_a_follow_up_does_not() -> None:
    assert shown(g(5)).ended_at == instant("Mon 10:00")
    assert shown(f(glpi.ANN, glpi.ticket("Mon 10:00", 5))).ended_at is None


def test_whom_a_ticket_belongs_to_and_who_holds_it() -> None:
    found = shown(g(**HELD)).attributes
    assert (found["customer"], found["reporter"], found["reporter_id"]) == ("Acme", "Ann", "8")
    assert (found["assignee"], found["priority"], found["type"]) == ("Bob", "P2", "Incident")
    assert shown(f(CAT)).attributes["customer"] == "Acme"
    assert shown(g(priority=5)).attributes["priority"] == "P1"


def test_what_has_no_time_happened_when_the_delivery_was_queued() -> None:
    stamp = str(int(instant("Mon 10:01").timestamp()))
    for body in (glpi.solution("Mon 10:00", CAT), g(event="delete")):
        (one,) = events(translated(body, GLPI, x_glpi_timestamp=stamp).outcome)
        assert (one.occurred_at, one.quality) == (instant("Mon 10:01"), TimeQuality.EXACT)
        (bare,) = events(translated(body, GLPI).outcome)
        assert bare.occurred_at == instant("Mon 10:00")


def test_times_without_a_zone_are_those_of_the_source() -> None:
    body = g(date_mod="2026-11-16 10:00:00")
    assert shown(body).at == instant("Mon 10:00")  # the stories are told in Warsaw


def test_whoever_holds_the_ticket_is_taken_for_staff_with_a_remark() -> None:
    outcome = translated(f(glpi.BOB, glpi.ticket("Mon 10:00", **HELD)), GLPI).outcome
    assert isinstance(outcome, Accepted)
    (one,) = outcome.events
    assert (one.event.kind, one.event.actor, one.event.actor_name) == (EventKind.RESPONDED, Actor.STAFF, "bob")
    assert [note.remark for note in one.remarks] == [IngestRemark.STAFF_ASSUMED]


def test_a_status_that_no_table_has_is_remarked_and_names_the_setting() -> None:
    outcome = translated(g(21), GLPI).outcome
    assert isinstance(outcome, Accepted)
    assert "Own; say it under sources.desk.statuses" in str(outcome.events[0].remarks[0])
