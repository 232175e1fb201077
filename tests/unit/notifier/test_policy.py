"""What should still go out, and what follows from how it went."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sla_notifier.channel.port import Failure, Rejected, Retry, Sent
from sla_notifier.channel.webhook.send import outcome_of_status, requested_pause
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.policy import AlertStatus, UnsentReason, after_attempt, skip_reason
from sla_notifier.delivery.row import DeliveryRow, fallback
from sla_notifier.delivery.state import DeliveryState, MessageKind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PAGE = DeliveryRow(
    id="dlv_1",
    occasion="c/0/breach",
    kind=MessageKind.PAGE,
    person="anna",
    channel="email",
    address="anna@acme.example",
    endpoint="email",
    then=("webhook:pager", "email:second@acme.example"),
    alert="c",
    episode=1,
    level=1,
    state=DeliveryState.QUEUED,
    next_at=NOW,
    created_at=NOW,
    due_at=NOW,
)


@pytest.mark.parametrize(
    ("alert", "reason"),
    [
        (AlertStatus("open", 1, ""), None),
        (AlertStatus("acknowledged", 1, ""), UnsentReason.ACKNOWLEDGED),
        (AlertStatus("closed", 1, "missed"), UnsentReason.ENDED),
        (AlertStatus("closed", 1, "taken_back"), UnsentReason.TAKEN_BACK),
        (AlertStatus("open", 2, ""), UnsentReason.REOPENED),
        (None, None),
    ],
)
def test_a_page_is_told_only_while_its_alert_is_open(alert: AlertStatus | None, reason: UnsentReason | None) -> None:
    stop = skip_reason(PAGE, alert, False, None, NOW)
    assert stop == (None if reason is None else (DeliveryState.CANCELLED, reason))


@pytest.mark.parametrize(
    "kind", [MessageKind.WARNING, MessageKind.RESOLVED, MessageKind.TAKEN_BACK, MessageKind.DIGEST]
)
def test_other_messages_do_not_depend_on_the_alert(kind: MessageKind) -> None:
    assert skip_reason(replace(PAGE, kind=kind), AlertStatus("closed", 1, "met"), False, None, NOW) is None


def test_a_fix_is_told_to_the_entitled_even_when_another_has_answered() -> None:
    answered_already = AlertStatus("acknowledged", 1, "")
    assert skip_reason(replace(PAGE, kind=MessageKind.CRITICAL_FIX), answered_already, False, None, NOW) is None
    second = replace(PAGE, kind=MessageKind.CRITICAL_FIX, level=2)
    assert skip_reason(second, answered_already, False, None, NOW) == (
        DeliveryState.CANCELLED,
        UnsentReason.ACKNOWLEDGED,
    )


def test_nothing_is_taken_back_that_was_not_told() -> None:
    word = replace(PAGE, kind=MessageKind.TAKEN_BACK)
    assert skip_reason(word, None, False, DeliveryState.CANCELLED, NOW) == (
        DeliveryState.CANCELLED,
        UnsentReason.NEVER_TOLD,
    )
    assert skip_reason(word, None, False, DeliveryState.SENT, NOW) is None


def test_a_message_that_kills_its_sender_again_and_again_is_given_up() -> None:
    lost = replace(PAGE, state=DeliveryState.SENDING, attempts=9)
    assert skip_reason(lost, None, False, None, NOW + timedelta(hours=23)) is None
    assert skip_reason(lost, None, False, None, NOW + timedelta(hours=25)) == (
        DeliveryState.FAILED,
        UnsentReason.EXHAUSTED,
    )


def test_what_may_have_arrived_is_marked_on_its_next_attempt() -> None:
    row = replace(PAGE, attempts=1)
    assert not after_attempt(row, Retry(Failure.REFUSED, ""), NOW).possibly_duplicate
    assert after_attempt(row, Retry(Failure.DROPPED, "", maybe_arrived=True), NOW).possibly_duplicate


def test_the_next_address_helps_after_the_third_attempt_and_at_the_end() -> None:
    retry = Retry(Failure.TIMEOUT, "")
    assert [after_attempt(replace(PAGE, attempts=n), retry, NOW).fall_back for n in (1, 2, 3, 4)] == [
        False,
        False,
        True,
        False,
    ]
    late = NOW + timedelta(hours=24)
    ended = after_attempt(replace(PAGE, attempts=12), retry, late)
    assert (ended.state, ended.reason, ended.fall_back) == (DeliveryState.FAILED, UnsentReason.EXHAUSTED, True)
    assert after_attempt(replace(PAGE, attempts=1), Rejected(Failure.GONE, "", disable=True), NOW).disable
    assert after_attempt(replace(PAGE, attempts=1), Sent(), NOW).state is DeliveryState.SENT


def test_a_fallback_is_another_delivery_of_the_same_words() -> None:
    following = fallback(replace(PAGE, attempts=3, state=DeliveryState.FAILED, text="words"), NOW)
    assert following is not None
    assert following.id == delivery_id("c/0/breach", "anna", "webhook:pager")
    assert (following.endpoint, following.then, following.text, following.attempts) == (
        "webhook:pager",
        ("email:second@acme.example",),
        "words",
        0,
    )
    last = fallback(following, NOW)
    assert last is not None
    assert fallback(last, NOW) is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "Sent"), (204, "Sent"), (299, "Sent"), (301, "Retry"), (302, "Retry"), (307, "Retry"), (400, "Rejected"),
        (401, "Retry"), (403, "Retry"), (404, "Retry"), (405, "Rejected"), (408, "Retry"), (409, "Retry"),
        (410, "Rejected"), (413, "Rejected"), (422, "Rejected"), (425, "Retry"), (429, "Retry"), (500, "Retry"),
        (502, "Retry"), (503, "Retry"), (504, "Retry"), (599, "Retry"), (199, "Retry"),
    ],
)  # fmt: skip
def test_statuses(status: int, outcome: str) -> None:
    assert type(outcome_of_status(status, "", NOW)).__name__ == outcome


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120), ("0", 0), (" 7 ", 7), ("Mon, 02 Mar 2026 09:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0),
        ("", None), ("-5", None), ("1.5", None), ("soon", None), ("٣", None), ("9" * 30, None), ("\x00", None),
        ("Mon, 99 Foo 2026 09:02:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after(written: str, seconds: int | None) -> None:
    assert requested_pause(written, NOW) == (None if seconds is None else timedelta(seconds=seconds))


def test_the_id_of_a_delivery_is_fit_for_webhooks_and_mail() -> None:
    one = delivery_id("jira:A.B/0/breach", "anna", "email:a@b")
    assert one.replace("dlv_", "").isalnum()
    assert len({one, delivery_id("jira:A.B/0/breach", "anna", "email:a@c"), delivery_id("x", "anna", "email:a@b")}) == 3
