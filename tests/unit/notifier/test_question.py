"""A question whether a lower priority is agreed: asked once, reminded, answered once, expired, or overtaken (E9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.notifier.customer_story import LANGUAGES, customers, facts, told_of, worded
from tests.unit.notifier.world import NINE

from sla_domain.fact import FactKind
from sla_notifier.intake.decide import decide
from sla_notifier.notification.notification import Notification
from sla_notifier.notification.unit_of_work import asked
from sla_notifier.question.question import (
    ANSWER_WITHIN,
    REMIND_AFTER,
    Question,
    QuestionState,
    answer,
    question_fact,
    remind,
    settle,
    settled_question,
)
from sla_platform.wire import ClockFact

PROPOSED = dict(facts())["downgrade_proposed"]


def question() -> Question:
    found = asked(told_of(PROPOSED), NINE)
    assert len({each.id for each in found}) == 1, "one proposal, one question, whoever is asked"
    assert sorted(person for each in found for person in each.people) == sorted(f"c-{each[:2]}" for each in LANGUAGES)
    return found[0]


def english(notifications: tuple[Notification, ...]) -> str:
    (found,) = [
        each.message.text for each in notifications
        if each.message is not None and each.recipient is not None and each.recipient.person == "c-en"
    ]  # fmt: skip
    return found


def test_whoever_of_the_customer_is_told_of_a_proposal_is_asked_by_a_link_of_their_own() -> None:
    text = english(told_of(PROPOSED))
    assert "We propose to lower the priority of “SUP-7 Shop is down” from P1 (Critical) to P3 (Normal)." in text
    assert "Answer:\nhttps://slad.example/answers/" in text
    assert "Please answer by: Mon, Mar 9, 2026, 10:00 CET (09:00 UTC)" in text
    links = {each.message.payload["data"]["answer_url"] for each in told_of(PROPOSED) if each.message is not None}  # type: ignore[index]  # a JSON object
    assert len(links) == len(LANGUAGES)


@pytest.mark.parametrize("name", ["opened", "priority_corrected", "resolved", "warned"])
def test_nothing_else_asks(name: str) -> None:
    found = told_of(dict(facts())[name])
    assert asked(found, NINE) == []
    assert "/answers/" not in english(found)


def test_it_is_reminded_twice_and_expires() -> None:
    first = question()
    assert first.next_at == NINE + REMIND_AFTER[0]
    assert remind(first, NINE + timedelta(hours=23)) == (first, None)
    reminded, one = remind(first, NINE + timedelta(days=1))
    assert one is not None
    assert (reminded.reminders, reminded.next_at) == (1, NINE + REMIND_AFTER[1])
    text = english(worded((one,), NINE + timedelta(days=1)))
    assert "Please answer by: Mon, Mar 9, 2026, 10:00 CET" in text, "a reminder gives no more time"
    assert asked(worded((one,), NINE), NINE) == [], "nor does it ask anew"
    again, two = remind(reminded, NINE + timedelta(days=3))
    assert two is not None
    assert two.id != one.id
    assert (again.reminders, again.next_at) == (2, NINE + ANSWER_WITHIN)
    over, nothing = remind(again, NINE + ANSWER_WITHIN)
    assert nothing is None
    assert (over.state, over.next_at, over.ended_at) == (QuestionState.EXPIRED, None, NINE + ANSWER_WITHIN)


def test_after_an_outage_one_reminder_makes_up_for_two() -> None:
    after, request = remind(question(), NINE + timedelta(days=4))
    assert (after.reminders, after.next_at) == (2, NINE + ANSWER_WITHIN)
    assert request is not None
    assert request.id.endswith("#reminder-2")


def test_the_first_answer_counts_and_none_after_the_end() -> None:
    first = question()
    yes = answer(first, "c-en", True, NINE + timedelta(hours=1))
    assert (yes.state, yes.answered_by, yes.next_at) == (QuestionState.AGREED, "c-en", None)
    assert answer(yes, "c-pl", False, NINE + timedelta(hours=2)) is yes
    assert settle(yes, NINE + timedelta(hours=2)) is yes
    assert answer(first, "c-en", True, NINE + ANSWER_WITHIN) is first
    gone = settle(first, NINE + timedelta(hours=1))
    assert gone.state is QuestionState.GONE
    assert answer(gone, "c-en", True, NINE + timedelta(hours=2)) is gone
    assert remind(gone, NINE + timedelta(days=1)) == (gone, None)
    id_, fact = question_fact(yes, "Ann")
    assert (fact.what, fact.by, fact.priority, fact.incident) == ("question.agreed", "Ann", "P3", "github:7")
    assert id_ == f"question/{first.id}"


def test_a_settled_proposal_ends_its_question_whatever_the_rules_say() -> None:
    id_, fact = PROPOSED
    assert isinstance(fact, ClockFact)
    key = id_.removeprefix(f"{fact.incident}/")
    settled = fact.model_copy(update={"kind": FactKind.DOWNGRADE_SETTLED, "details": {"proposal": key}})
    assert settled_question(settled) == question().id
    assert settled_question(fact) == ""
    assert decide([("github:7/s", settled)], {}, customers(), NINE).settled == [question().id]
