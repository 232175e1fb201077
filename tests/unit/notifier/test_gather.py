"""A flood to one mailbox becomes a conversation: on a timeline of single messages, a storm and a calm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.unit.notifier.world import NINE, World, request

from sla_domain.contract import Side
from sla_domain.tell import Happening
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.conversation import CALM, FIRST_PAUSE, Conversation
from sla_notifier.notification.gather import FLOOD, Gathered, conversation_ids, gather
from sla_notifier.notification.notification import Notification, Recipient

SECOND = timedelta(seconds=1)
ANNA = Recipient("anna", "en", "email:anna@acme.example")
PAGER = Recipient("anna", "en", "webhook:pager")


class Mailbox:
    """Anna's conversation as the database keeps it from one unit of work to the next."""

    def __init__(self) -> None:
        self.world = World(NINE)
        self.conversations: dict[str, Conversation] = {}
        self.digest: DeliveryRow | None = None
        self.count = 0

    def get(self, count: int, kind: MessageKind = MessageKind.PAGE, to: Recipient = ANNA) -> Gathered:
        """So many messages for Anna in one unit of work."""
        numbers = range(self.count, self.count + count)
        self.count += count
        made = tuple(
            Notification(request=request(kind, id=f"r{n}", alert=f"a{n}", at=self.world.now), recipient=to)
            for n in numbers
        )
        gathering = {} if self.digest is None else {self.digest.id: self.digest}
        found = gather(self.world.context(digest_over=5), made, self.conversations, gathering)
        self.conversations |= {each.id: each for each in found.conversations}
        self.digest = found.digests[0] if found.digests else self.digest
        return found

    def leaves(self) -> None:
        """The digest is sent."""
        self.digest = None

    def later(self, span: timedelta) -> None:
        self.world.now += span


def alone(found: Gathered) -> int:
    return sum(not each.carried_by for each in found.notifications)


def test_five_at_once_leave_by_themselves_and_the_sixth_is_a_storm() -> None:
    box = Mailbox()
    assert (alone(box.get(5)), box.digest) == (5, None)
    found = box.get(3)
    assert alone(found) == 0
    (digest,) = found.digests
    assert {each.carried_by for each in found.notifications} == {digest.id}
    assert digest.next_at == NINE + FIRST_PAUSE
    assert digest.why == box.world.context().texts.phrases_in_words(FLOOD, "en") == "many messages at once"


def test_a_storm_out_of_the_blue_sends_its_most_urgent_message_at_once() -> None:
    box = Mailbox()
    found = box.get(40)
    assert alone(found) == 1
    assert len(found.digests) == 1


def test_what_comes_before_the_digest_leaves_joins_it_and_a_page_hurries_it() -> None:
    box = Mailbox()
    box.get(5)
    (slow,) = box.get(4, MessageKind.RESOLVED).digests
    box.later(2 * SECOND)
    (same,) = box.get(1).digests
    assert same.id == slow.id
    assert same.next_at < slow.next_at, "what only informs would have waited longer"
    assert (slow.level, same.level) == (0, 1)


def test_the_next_digest_of_a_storm_follows_the_last_one_and_after_a_calm_there_is_peace() -> None:
    box = Mailbox()
    box.get(5)
    (first,) = box.get(4).digests
    box.leaves()
    box.later(3 * SECOND)
    (second,) = box.get(4).digests
    assert second.follows == first.id
    assert second.occasion.split("/")[1] == first.occasion.split("/")[1], "one thread for the whole storm"
    box.leaves()
    box.later(CALM + timedelta(minutes=10))
    assert alone(box.get(2)) == 2


def test_a_program_gets_every_message_by_itself() -> None:
    box = Mailbox()
    found = box.get(40, to=PAGER)
    assert (alone(found), found.digests, found.conversations) == (40, (), ())
    assert conversation_ids(found.notifications) == frozenset()


def test_a_page_that_must_follow_a_message_on_its_way_waits_for_no_digest() -> None:
    box = Mailbox()
    box.get(5)
    follower = Notification(request=request(id="late"), recipient=ANNA, follows="dlv_elsewhere")
    others = tuple(Notification(request=request(id=f"x{n}"), recipient=ANNA) for n in range(4))
    found = gather(box.world.context(digest_over=5), (follower, *others), box.conversations, {})
    assert [bool(each.carried_by) for each in found.notifications] == [False, True, True, True, True]


def test_a_question_to_the_customer_waits_for_no_digest_in_which_nobody_could_answer_it() -> None:
    box = Mailbox()
    box.get(5)
    jan = replace(ANNA, person="jan", side=Side.CUSTOMER)
    asking = replace(request(MessageKind.HAPPENING, id="asks"), happening=Happening.DOWNGRADE_PROPOSED)
    question = Notification(request=asking, recipient=jan)
    news = tuple(Notification(request=request(id=f"x{n}"), recipient=jan) for n in range(7))
    found = gather(box.world.context(digest_over=5), (*news, question), {}, {})
    assert [each.request.id for each in found.notifications if not each.carried_by] == ["x0", "asks"]
    mine = gather(box.world.context(digest_over=5), (replace(question, recipient=ANNA),), box.conversations, {})
    assert mine.notifications[0].carried_by, "who is not asked reads of it like of anything else"


def test_only_what_is_still_to_be_sent_counts() -> None:
    dead = replace(Notification(request=request(), recipient=ANNA), reason=None)
    assert conversation_ids((dead,)) != frozenset()
    assert delivery_id("r1", "anna", ANNA.address) == delivery_id(dead.request.id, "anna", ANNA.address)
