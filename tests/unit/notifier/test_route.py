"""From a request to one notification for each person: by role, hours, channels and reachability."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.notifier.world import DUE, MINUTE, NINE, TEXTS, World, breached, request, who

from sla_notifier.alert.request import EntitledRecipients, LevelRecipients, PagedRecipients
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.notification import Notification, PagedPerson
from sla_notifier.notification.route import route


def routed(world: World, *audience: object, contract: str = "acme", **more: object) -> tuple[Notification, ...]:
    asked = request(audience=audience, contract=contract)
    return route(world.context(**more), (Notification(request=asked),))


def test_in_office_hours_anna_is_on_call_and_at_night_ben() -> None:
    level = LevelRecipients(1, ("on_call",))
    assert who(routed(World(NINE), level)) == [("anna", "email:anna@acme.example", "queued")]
    assert who(routed(World(NINE + timedelta(hours=12)), level)) == [("ben", "email:ben@acme.example", "queued")]


def test_who_holds_two_of_the_roles_is_notified_once_and_further_addresses_come_after() -> None:
    (anna, piotr) = routed(World(), LevelRecipients(1, ("on_call",)), LevelRecipients(2, ("lead",)))
    assert who((anna, piotr)) == [
        ("anna", "email:anna@acme.example", "queued"),
        ("piotr", "email:piotr@acme.example", "queued"),
    ]
    assert anna.recipient is not None
    assert anna.recipient.then == ("webhook:pager",)


@pytest.mark.parametrize(
    ("channels", "addresses"),
    [
        ((), ["email:anna@acme.example"]),  # her own order
        (("pager",), ["webhook:pager"]),
        (("pager", "email"), ["webhook:pager", "email:anna@acme.example"]),
        (("gone",), ["email:anna@acme.example"]),  # a channel that leads nowhere
    ],
)
def test_a_level_chooses_the_channels(channels: tuple[str, ...], addresses: list[str]) -> None:
    found = routed(World(), LevelRecipients(1, ("on_call",), channels))
    assert [address for _, address, _ in who(found)] == addresses


def test_a_disabled_endpoint_is_passed_over_and_with_every_one_disabled_somebody_else_is_notified() -> None:
    level = LevelRecipients(1, ("on_call",))
    found = routed(World(), level, disabled=frozenset({"email"}))
    assert who(found) == [("anna", "webhook:pager", "queued")]
    # Anna cannot be reached: that is on record, and Ben is notified although he is off duty.
    found = routed(World(), level, disabled=frozenset({"email", "webhook:pager"}))
    assert ("anna", "", "no_address") in who(found)


@pytest.mark.parametrize("contract", ["hollow", "gone"])
def test_for_a_contract_without_anybody_the_operators_stand_in_and_the_message_says_why(contract: str) -> None:
    (one,) = routed(World(), LevelRecipients(1, ("operators",)), contract=contract)
    assert one.recipient is not None
    assert one.recipient.person == "ops"
    if contract == "hollow":
        assert (
            TEXTS.phrases_in_words(one.recipient.why, "en") == "level 1, operators, because the contract names nobody"
        )


def test_a_closing_message_goes_to_those_who_were_paged_where_they_were_paged() -> None:
    paged = {("a", 1): (PagedPerson("anna", "webhook:pager", "dlv_1"), PagedPerson("left", "email:left@acme.example"))}
    anna, left = routed(World(), PagedRecipients(), paged=paged)
    assert who((anna, left)) == [("anna", "webhook:pager", "queued"), ("left", "email:left@acme.example", "queued")]
    assert (anna.follows, left.follows) == ("dlv_1", "")


def test_a_critical_fix_goes_to_everybody_of_the_contract_who_wants_such_notices() -> None:
    people = {person for person, _, _ in who(routed(World(), EntitledRecipients()))}
    assert people >= {"anna"}
    assert {person for person, _, _ in who(routed(World(), EntitledRecipients(), contract="hollow"))} == {"ops"}


def test_a_request_that_nobody_can_get_is_on_record_as_that() -> None:
    world = World()
    changes = world.hear(breached())
    nobody = [replace(each, audience=()) for each in changes.requests]
    assert route(world.context(), tuple(Notification(request=each) for each in nobody)) == ()
    assert world.alerts[changes.requests[0].alert].due_at == DUE
    assert changes.requests[0].kind is MessageKind.PAGE
    assert [step.fire_at for step in world.steps[:2]] == [DUE + 10 * MINUTE, DUE + 30 * MINUTE]
