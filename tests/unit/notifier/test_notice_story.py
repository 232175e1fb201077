"""A notice of a critical fix from its first revision to its end: who hears of it, and which alerts it has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.unit.notifier.world import MINUTE, NINE, catalogue

from sla_catalogue import Catalogue
from sla_domain.contract import ContractId
from sla_notifier.alert.alert import Alert, AlertState, fix_alert_id
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.request import EntitledRecipients, ToldRecipients
from sla_notifier.delivery.state import MessageKind
from sla_notifier.intake.notice import decide_gained, decide_notice
from sla_notifier.notice.record import UNKNOWN, NoticeKnown, NoticeTold, ToldState
from sla_platform.wire import NoticeData, notice_event_id

ALERT = fix_alert_id("fix-1", "acme")
ACME = ContractId("acme")


def notice(revision: int = 1, product: str = "shop", **more: Any) -> NoticeData:
    values: dict[str, Any] = {
        "id": "fix-1", "title": "Update the shop", "text": "Now.", "products": [{"product": product}],
        "published_at": NINE, "revision": revision,
    }  # fmt: skip
    return NoticeData.model_validate(values | more)


@dataclass
class Story:
    """What the database would hold of the notice. Time goes on by a minute with each revision."""

    book: Catalogue = field(default_factory=catalogue)
    alerts: dict[str, Alert] = field(default_factory=dict)
    known: NoticeKnown = UNKNOWN
    revisions: int = 0

    def publish(self, said: NoticeData) -> ChangeSet:
        self.revisions += 1
        batch = ChangeSet(self.alerts)
        now = NINE + self.revisions * MINUTE
        decide_notice(batch, notice_event_id(said), said, self.known, self.book, now)
        self.alerts = self.alerts | batch.alerts
        if batch.notices:
            self.known = replace(self.known, content=batch.notices[-1])
        return batch

    def has_read(self, person: str, kind: MessageKind = MessageKind.CRITICAL_FIX) -> None:
        """Somebody of acme has got the newest message."""
        assert self.known.content is not None
        told = NoticeTold(
            notice="fix-1", contract="acme", person=person, occasion="o", told_as=person, kind=kind,
            revision=self.known.content.revision, staff=True, at=NINE,
        )  # fmt: skip
        self.known = replace(self.known, told=(*self.known.told, ToldState(told, arrived=True)))


def told(batch: ChangeSet) -> list[tuple[str, str, str]]:
    """Contract, kind of message, and whether it goes to those who have heard of it before or to who is entitled."""
    kinds = {ToldRecipients: "told", EntitledRecipients: "entitled"}
    return [
        (each.contract, each.kind.value, kinds.get(type(each.audience[0]), "level"))
        for each in batch.requests
        if each.level < 2
    ]


def test_a_contract_that_runs_the_product_is_told_and_has_an_alert() -> None:
    batch = Story().publish(notice())
    assert told(batch) == [("acme", MessageKind.CRITICAL_FIX.value, "entitled")]
    assert (list(batch.alerts), batch.alerts[ALERT].state) == ([ALERT], AlertState.OPEN)
    assert batch.steps[ALERT], "who does not acknowledge is followed by the next level"


def test_a_notice_that_concerns_nobody_is_kept_and_tells_nobody() -> None:
    batch = Story().publish(notice(product="till"))
    assert (batch.requests, batch.alerts, [each.id for each in batch.notices]) == ([], {}, ["fix-1"])


def test_a_notice_of_low_severity_informs_without_an_alert() -> None:
    batch = Story().publish(notice(severity="low"))
    assert (told(batch), batch.alerts) == ([("acme", MessageKind.ADVISORY.value, "entitled")], {})


def test_a_revision_that_is_not_newer_changes_nothing() -> None:
    story = Story()
    story.publish(notice(2))
    for revision in (1, 2):
        batch = story.publish(notice(revision, text="Other words."))
        assert (batch.requests, batch.alerts, batch.notices) == ([], {}, [])


def test_a_revision_in_which_readers_see_no_difference_is_only_kept() -> None:
    story = Story()
    story.publish(notice())
    batch = story.publish(notice(2))
    assert (batch.requests, batch.alerts, [each.revision for each in batch.notices]) == ([], {}, [2])


def test_a_correction_goes_to_who_has_read_it_and_to_who_has_not() -> None:
    story = Story()
    story.publish(notice())
    story.has_read("anna")
    batch = story.publish(notice(2, text="In the evening."))
    kind = MessageKind.CRITICAL_FIX.value
    assert told(batch) == [("acme", kind, "told"), ("acme", kind, "entitled")]
    assert [each.before is not None for each in batch.requests] == [True, False], "what changed is told to the reader"
    assert (batch.alerts[ALERT].episode, batch.alerts[ALERT].state) == (1, AlertState.OPEN)


def test_a_severity_that_rises_opens_the_acknowledged_alert_again() -> None:
    story = Story()
    story.publish(notice(severity="medium"))
    story.alerts[ALERT] = replace(story.alerts[ALERT], state=AlertState.ACKNOWLEDGED)
    calmer = story.publish(notice(2, severity="medium", text="Soon."))
    assert calmer.alerts[ALERT].state is AlertState.ACKNOWLEDGED
    assert told(calmer)[0][1] == MessageKind.ADVISORY.value, "nobody is asked again"
    raised = story.publish(notice(3, severity="critical"))
    assert (raised.alerts[ALERT].state, raised.alerts[ALERT].episode) == (AlertState.OPEN, 2)


def test_a_notice_that_is_withdrawn_ends_for_those_who_have_read_it() -> None:
    story = Story()
    story.publish(notice())
    story.has_read("anna")
    batch = story.publish(notice(2, withdrawn=True))
    assert told(batch) == [("acme", MessageKind.NOTICE_ENDED.value, "told")]
    closed = batch.alerts[ALERT]
    assert (closed.state, closed.close_reason) == (AlertState.CLOSED, "withdrawn")
    assert ALERT in batch.clear_steps


def test_a_notice_that_is_withdrawn_before_anybody_has_read_it_ends_in_silence() -> None:
    story = Story()
    story.publish(notice())
    batch = story.publish(notice(2, withdrawn=True))
    assert (batch.requests, batch.alerts[ALERT].state) == ([], AlertState.CLOSED)


def test_a_revision_that_names_another_product_ends_it_for_who_does_not_run_that() -> None:
    story = Story()
    story.publish(notice())
    story.has_read("anna")
    batch = story.publish(notice(2, product="till"))
    assert told(batch) == [("acme", MessageKind.NOTICE_ENDED.value, "told")]
    assert batch.alerts[ALERT].close_reason == "not_concerned"


def test_who_is_told_of_an_end_is_told_of_a_new_beginning() -> None:
    story = Story()
    story.publish(notice())
    story.publish(notice(2, withdrawn=True))
    batch = story.publish(notice(3))
    assert told(batch) == [("acme", MessageKind.CRITICAL_FIX.value, "entitled")]
    assert (batch.alerts[ALERT].state, batch.alerts[ALERT].episode) == (AlertState.OPEN, 2)


def test_a_contract_whose_customer_runs_it_only_now_is_told_once() -> None:
    story = Story()
    said = notice()
    batch = ChangeSet({})
    assert decide_gained(batch, said, UNKNOWN, [ACME], story.book, NINE) == [ACME]
    assert batch.alerts[ALERT].state is AlertState.OPEN
    again = ChangeSet(batch.alerts)
    assert decide_gained(again, said, UNKNOWN, [ACME], story.book, NINE) == []
    story.publish(said)
    story.has_read("anna")
    assert decide_gained(ChangeSet({}), said, story.known, [ACME], story.book, NINE) == []
    assert decide_gained(ChangeSet({}), notice(product="till"), UNKNOWN, [ACME], story.book, NINE) == []
