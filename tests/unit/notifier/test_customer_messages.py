"""What the customer's people read of an incident: the promise in their words, no names and texts of the staff's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.unit.notifier.customer_story import ADVICE, LANGUAGES, customers, facts, told_of, worded
from tests.unit.notifier.world import DUE, NINE, breached, request

from sla_domain.explain import reason_words
from sla_notifier.alert.request import PagedRecipients
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.notification import PagedPerson
from sla_notifier.text.content import Message

FACTS = dict(facts())
_STAFF = re.compile(r"Somebody Secret|\bNora\b|/ack/|/incidents/|escalation policy|must supply", re.I)
_ENGLISH = re.compile(r"\b(the|is|was|are|of|and|by|this|you|promise|due|closed|time|we|our)\b", re.I)


def messages(name: str, **more: Any) -> dict[str, Message]:
    """By language."""
    found = told_of(dict(facts(**more))[name] if more else FACTS[name])
    return {
        each.recipient.language: each.message
        for each in found
        if each.recipient is not None and each.message is not None and each.recipient.person.startswith("c-")
    }


@pytest.mark.parametrize("name", FACTS)
def test_everything_can_be_said_in_each_language_without_names_and_texts_of_the_staff(name: str) -> None:
    said = messages(name)
    assert set(said) == set(LANGUAGES)
    assert len({message.text for message in said.values()}) == len(LANGUAGES)
    for language, message in said.items():
        assert _STAFF.search(message.text + message.html + str(message.payload)) is None
        assert "SUP-7 Shop is down" in message.subject
        assert "SUP-7 Shop is down" in message.text
        if language != "en":
            own = re.sub(r"Shop is down|https?://\S+|one shop of ten|no news|email, portal", "", message.text)
            assert _ENGLISH.findall(own) == [], own


def test_the_answer_to_a_report_has_the_promise_in_the_customers_zone_and_advice() -> None:
    text = messages("opened")["en"].text
    assert text.startswith(
        "We have received your report “SUP-7 Shop is down”. This is what we promise:\n\n"
        "* First response: by Mon, Mar 2, 2026, 10:15 CET (09:15 UTC)\n"
        "* Resolution: by Mon, Mar 2, 2026, 14:00 CET (13:00 UTC)\n"
    )
    assert "Priority: P1 (Critical)" in text
    assert f"Please note: {ADVICE[0]}" in text
    assert reason_words(ADVICE[0], "it") in messages("opened")["it"].text
    assert "received" in messages("unpromised")["en"].text
    assert ADVICE[0] in messages("unpromised")["en"].text


def test_a_moved_promise_says_what_it_was_and_why() -> None:
    said = messages("promise_moved-priority")["en"].text
    assert "have changed: another priority applies. Now these apply:" in said
    assert "* Resolution: by Wed, Mar 4, 2026, 10:00 CET (09:00 UTC); before: Mon, Mar 2, 2026, 14:00 CET" in said
    causes = {name: messages(name)["en"].text.partition("\n")[0] for name in FACTS if name.startswith("promise_moved")}
    assert len(set(causes.values())) == len(causes), "each cause is worded"
    assert causes["promise_moved-"].endswith("have changed. Now these apply:"), "nothing is said that is not known"


def test_a_correction_has_old_new_and_reason() -> None:
    said = messages("priority_corrected")
    assert "was corrected from P1 (Critical) to P3 (Normal)." in said["en"].text
    assert "z P1 (Krytyczny) na P3 (Normal)" in said["pl"].text
    assert "Reason: one shop of ten" in said["en"].text


def test_the_closing_word_says_what_was_kept_and_what_was_not() -> None:
    text = messages("resolved")["en"].text
    assert "“SUP-7 Shop is down” is resolved. This is what became of our promises:" in text
    assert "* First response: met, Mon, Mar 2, 2026, 10:05 CET (09:05 UTC); promised by Mon, Mar 2" in text
    assert "* Resolution: missed, Mon, Mar 2, 2026, 15:00 CET" in text
    assert "* update: met 12, missed 1" in text
    assert "is closed." in messages("closed")["en"].text, "nobody resolved it, so nobody says so"
    bare = messages("resolved", outcomes=[])["en"].text
    assert "promise" not in bare, "an older release does not say what was kept"


def test_the_reason_of_an_escalation_is_shown_to_who_gave_it() -> None:
    assert "no news" in messages("escalated-customer")["en"].text
    assert "no news" not in messages("escalated-staff")["en"].text


@pytest.mark.parametrize("outcome", ["missed", "met", "cancelled", "retargeted", "withdrawn"])
def test_who_heard_of_a_breach_hears_of_its_end_in_the_customers_words(outcome: str) -> None:
    closing = request(MessageKind.RESOLVED, audience=(PagedRecipients(),), outcome=outcome, content=breached()[1])
    people = tuple(PagedPerson(f"c-{each[:2]}", f"email:{each}@customer.example") for each in LANGUAGES)
    found = worded((closing,), NINE, paged={("a", 1): people})
    texts = [each.message.text for each in found if each.message is not None]
    assert len(set(texts)) == len(LANGUAGES)
    assert not [text for text in texts if "paged" in text]
    taken = request(MessageKind.TAKEN_BACK, audience=(PagedRecipients(),), content=breached()[1], due_at=DUE)
    (english, *_) = worded((taken,), NINE, paged={("a", 1): people})
    assert english.message is not None
    assert "It was not: please disregard that message." in english.message.text


@pytest.mark.parametrize(
    "title",
    [
        "購物網站無法使用" * 70,
        "المتجر متوقف عن العمل منذ الصباح " * 15,
        "🔥💥👩‍💻🇹🇼 " * 100,
        "\u202e<b>x</b>\x00\r\nBcc: a@b",
    ],
    ids=["chinese", "rtl", "emoji", "hostile"],
)
def test_any_title_fits_into_one_line_of_a_header(title: str) -> None:
    for name in ("opened", "downgrade_proposed", "resolved"):
        for message in messages(name, title=title).values():
            assert len(message.subject) <= 200
            assert "\n" not in message.subject
            assert "\r" not in message.subject
            assert "<b>" not in message.html


def test_the_subject_says_the_news_and_the_ticket() -> None:
    subjects = {name: messages(name)["en"].subject for name in FACTS}
    assert subjects["opened"] == "Your report is received: SUP-7 Shop is down"
    assert subjects["downgrade_proposed"] == "A lower priority is proposed: SUP-7 Shop is down"
    assert subjects["resolved"] == "Resolved: SUP-7 Shop is down"


def test_a_mailbox_of_staff_that_is_a_customers_too_gets_the_message_once() -> None:
    assert customers().rulebook.contracts  # the catalogue is sound
    found = told_of(FACTS["opened"])
    addresses = [each.recipient.address for each in found if each.recipient is not None and each.live]
    assert len(addresses) == len(set(addresses)) == 1 + len(LANGUAGES)
