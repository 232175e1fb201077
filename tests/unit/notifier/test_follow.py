"""In which order messages about one alert leave: no page before the closing message of the episode before it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.notifier.world import World, request

from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.follow import follow
from sla_notifier.notification.notification import ClosingMessage, Notification, Recipient

ANNA = Recipient("anna", "en", "email:anna@acme.example")
PIOTR = Recipient("piotr", "en", "email:piotr@acme.example")
STORED = (ClosingMessage("a", 1, "anna", "dlv_1"), ClosingMessage("a", 2, "anna", "dlv_2"))
"""To Anna, of two episodes, not sent yet."""


def message(kind: MessageKind, episode: int, id_: str = "r1", recipient: Recipient | None = ANNA) -> Notification:
    return Notification(request=request(kind, id=id_, episode=episode), recipient=recipient)


def followed(*notifications: Notification, closing: tuple[ClosingMessage, ...] = ()) -> list[str]:
    return [each.follows for each in follow(World().context(closing=closing), notifications)]


@pytest.mark.parametrize("kind", [MessageKind.PAGE, MessageKind.INFO])
def test_a_page_of_a_later_episode_waits_for_the_last_closing_message_before_it(kind: MessageKind) -> None:
    assert followed(message(kind, 3), closing=STORED) == ["dlv_2"]
    assert followed(message(kind, 2), closing=STORED) == ["dlv_1"]
    assert followed(message(kind, 1), closing=STORED) == [""]


def test_it_waits_for_a_closing_message_of_its_own_batch_too() -> None:
    back = message(MessageKind.TAKEN_BACK, 1, "back")
    sent_as = delivery_id("back", "anna", ANNA.address)
    assert followed(back, message(MessageKind.PAGE, 2)) == ["", sent_as]


def test_who_closes_an_episode_again_waits_for_the_word_that_it_corrects() -> None:
    assert followed(message(MessageKind.RESOLVED, 2, "again"), closing=STORED) == ["dlv_2"]
    assert followed(message(MessageKind.RESOLVED, 3, "first"), closing=STORED) == [""]
    assert followed(message(MessageKind.RESOLVED, 1, "own")) == [""], "it does not wait for itself"


def test_other_people_other_alerts_and_other_kinds_wait_for_nothing() -> None:
    of_another = replace(message(MessageKind.PAGE, 3), request=request(episode=3, alert="b"))
    waiting = [
        message(MessageKind.PAGE, 3, recipient=PIOTR), of_another, message(MessageKind.WARNING, 3),
        message(MessageKind.PAGE, 3, recipient=None),
    ]  # fmt: skip
    assert followed(*waiting, closing=STORED) == [""] * 4


def test_what_waits_already_stays_but_an_end_waits_for_the_word_before_it() -> None:
    page = replace(message(MessageKind.PAGE, 3), follows="dlv_0")
    end = replace(message(MessageKind.RESOLVED, 2, "again"), follows="dlv_0")
    assert followed(page, end, closing=STORED) == ["dlv_0", "dlv_2"]


def test_what_is_not_sent_neither_waits_nor_is_waited_for() -> None:
    over = {"state": DeliveryState.CANCELLED, "reason": UnsentReason.ENDED}
    back = replace(message(MessageKind.TAKEN_BACK, 1, "back"), **over)  # type: ignore[arg-type]
    page = replace(message(MessageKind.PAGE, 3), **over)  # type: ignore[arg-type]
    assert followed(back, message(MessageKind.PAGE, 2)) == ["", ""]
    assert followed(page, closing=STORED) == [""]
