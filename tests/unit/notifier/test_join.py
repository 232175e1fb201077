"""One notice, one mailbox, one message: it names every contract, and the others are recorded as told together."""

from __future__ import annotations

from typing import Any

from tests.unit.notifier.world import NINE, World, request

from sla_domain.contract import Side
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.join import join
from sla_notifier.notification.notification import Notification, Recipient
from sla_platform.wire import NoticeData
from sla_platform.wire.notice import AffectedProduct

FIX = NoticeData(
    id="fix-1", title="Update shop", text="Now.", products=(AffectedProduct(product="shop"),), published_at=NINE
)
OTHER = FIX.model_copy(update={"id": "fix-2"})
ANNA = Recipient("anna", "en", "email:anna@acme.example")


def about(
    contract: str, kind: MessageKind = MessageKind.CRITICAL_FIX, recipient: Recipient = ANNA, **more: Any
) -> Notification:
    own = {name: more.pop(name) for name in ("state", "reason", "follows") if name in more}
    values = {"id": f"n/{contract}", "contract": contract, "content": FIX, "level": 1} | more
    return Notification(request=request(kind, **values), recipient=recipient, **own)


def joined(*notifications: Notification) -> list[tuple[str, tuple[str, ...]]]:
    """The reason (or state) of each, and the contracts that it names."""
    found = join(World().context(), notifications)
    assert len(found) == len(notifications)
    return [(each.reason.value if each.reason else each.state.value, each.contracts) for each in found]


def test_two_contracts_of_one_person_are_named_in_one_message() -> None:
    assert joined(about("acme"), about("beta")) == [("queued", ("acme", "beta")), ("told_together", ())]


def test_who_was_told_together_is_recorded_with_the_message_that_names_them() -> None:
    _, beta = join(World().context(), (about("acme"), about("beta")))
    assert (beta.state, beta.reason, beta.told_by) == (
        DeliveryState.CANCELLED, UnsentReason.TOLD_TOGETHER, ("n/acme", "anna"),
    )  # fmt: skip


def test_the_message_that_asks_for_most_is_sent_wherever_it_stands() -> None:
    found = joined(about("acme", MessageKind.ADVISORY), about("beta"), about("gamma", MessageKind.ADVISORY))
    assert found == [("told_together", ()), ("queued", ("acme", "beta", "gamma")), ("told_together", ())]


def test_a_contract_for_which_it_has_ended_is_named_only_if_it_has_ended_for_all() -> None:
    ended = MessageKind.NOTICE_ENDED
    assert joined(about("acme", ended), about("beta")) == [("told_together", ()), ("queued", ("beta",))]
    assert joined(about("acme", ended), about("beta", ended))[0] == ("queued", ("acme", "beta"))


def test_other_notices_and_mailboxes_get_messages_of_their_own() -> None:
    piotr = Recipient("piotr", "en", "email:piotr@acme.example")
    found = joined(about("acme"), about("beta", content=OTHER), about("gamma", recipient=piotr))
    assert found == [("queued", ())] * 3


def test_two_people_at_one_address_are_one_mailbox() -> None:
    same = Recipient("a.nowak", "en", ANNA.address)
    _, second = join(World().context(), (about("acme"), about("beta", recipient=same)))
    assert second.told_by == ("n/acme", "anna")


def test_a_page_of_a_higher_level_and_what_is_not_sent_stay_as_they_are() -> None:
    unsent = about("beta", reason=UnsentReason.ENDED, state=DeliveryState.CANCELLED)
    assert joined(about("acme"), about("gamma", level=2), unsent) == [("queued", ()), ("queued", ()), ("ended", ())]


def test_it_waits_for_what_one_of_them_waits_for_and_tells_what_changed_for_one_of_them() -> None:
    main, _ = join(World().context(), (about("acme"), about("beta", follows="dlv_1", before=OTHER)))
    assert (main.follows, main.request.before) == ("dlv_1", OTHER)


def test_who_is_the_vendors_own_in_one_contract_is_written_to_as_such() -> None:
    customer = Recipient("anna", "en", ANNA.address, side=Side.CUSTOMER)
    main, _ = join(World().context(), (about("acme", recipient=customer), about("beta")))
    assert main.recipient is not None
    assert main.recipient.side is Side.SUPPORT
