"""Who is not notified again, and why: one round, several levels, shared addresses."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.notifier.world import DUE, MINUTE, World, breached, missed, request, taken_back, who

from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.notification import ClosingMessage, Notification, PagedPerson, Recipient
from sla_notifier.notification.suppress import AGAIN, suppress

ANNA = Recipient("anna", "en", "email:anna@acme.example")
PIOTR = Recipient("piotr", "en", "email:piotr@acme.example")
SHARED = Recipient("piotr", "en", "email:anna@acme.example")


def page(recipient: Recipient, id_: str = "r1", level: int = 1, kind: MessageKind = MessageKind.PAGE) -> Notification:
    return Notification(request=request(kind, id=id_, level=level), recipient=recipient)


def paged_before(*people: str) -> frozenset[tuple[tuple[str, int, int], str]]:
    return frozenset((("a", 1, 0), person) for person in people)


def test_a_lead_who_was_on_call_and_paged_is_left_out_while_another_lead_is_paged() -> None:
    told = paged_before("anna")
    found = suppress(World().context(paged_in_round=told), (page(ANNA, "r2", 2), page(PIOTR, "r2", 2)))
    assert who(found) == [
        ("anna", "email:anna@acme.example", "already_told"),
        ("piotr", "email:piotr@acme.example", "queued"),
    ]


def test_a_level_that_has_nobody_else_pages_them_again_and_says_so() -> None:
    (again,) = suppress(World().context(paged_in_round=paged_before("anna")), (page(ANNA, "r2", 2),))
    assert again.live
    assert again.recipient is not None
    assert again.recipient.why == (AGAIN,)


def test_levels_that_are_due_together_after_an_outage_page_a_person_once() -> None:
    first, second = suppress(World().context(), (page(ANNA), page(ANNA, "r2", 2)))
    assert first.live
    assert second.reason is UnsentReason.ALREADY_TOLD


def test_two_people_at_one_address_get_one_message() -> None:
    first, second = suppress(World().context(), (page(ANNA), page(SHARED)))
    assert first.live
    assert second.reason is UnsentReason.SAME_ADDRESS


def test_to_be_informed_is_not_to_be_paged() -> None:
    informed, paged = suppress(World().context(), (page(ANNA, "r1", 1, MessageKind.INFO), page(ANNA, "r2", 2)))
    assert (informed.live, paged.live) == (True, True)


def test_a_page_that_its_own_batch_overtook_is_recorded_with_the_reason() -> None:
    overtaken = page(ANNA)
    overtaken = replace(overtaken, request=replace(overtaken.request, cancel_reason=UnsentReason.ENDED))
    assert [each.reason for each in suppress(World().context(), (overtaken,))] == [UnsentReason.ENDED]


def test_a_page_of_a_new_episode_follows_the_closing_message_of_the_last_one() -> None:
    """10:15 breached, 10:20 taken back, 10:30 breached after all: the page waits for the message that took it back."""
    world = World()
    world.hear(breached())
    (alert,) = world.alerts
    back = world.hear(taken_back(DUE + 5 * MINUTE))
    paged = {(alert, 1): (PagedPerson("anna", "email:anna@acme.example"),)}
    assert who(world.addressed(back, paged=paged)) == [("anna", "email:anna@acme.example", "queued")]
    anew = world.hear(breached(DUE + 15 * MINUTE, due_at=DUE + 15 * MINUTE, generation=1))
    closing = (ClosingMessage(alert, 1, "anna", "dlv_back"),)
    (page_again,) = world.addressed(anew, closing=closing)
    assert (world.alerts[alert].episode, page_again.follows) == (2, "dlv_back")


def test_breached_and_over_in_one_batch_is_one_closing_message_to_those_who_would_have_been_paged() -> None:
    """After an outage the breach and its end are read together: nobody is woken for what is over."""
    world = World()
    changes = world.hear(breached(), missed(DUE + 40 * MINUTE))
    assert who(world.addressed(changes)) == [
        ("anna", "email:anna@acme.example", "ended"),
        ("anna", "email:anna@acme.example", "queued"),
    ]
    assert [each.request.kind for each in world.addressed(changes) if each.live] == [MessageKind.RESOLVED]
