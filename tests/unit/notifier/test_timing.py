"""Messages tell counted time first and the wall beside it: warnings, pages, notices, closing messages, payloads."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import pytest
from tests.build.story import Telling, instant
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_catalogue import builtin_catalogue
from sla_domain.fact import FactKind
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.state import MessageKind
from sla_notifier.link import Links
from sla_notifier.link_secret import LinkSecret
from sla_notifier.notification.content import content_of
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Message, Phrase
from sla_notifier.text.render import Texts
from sla_platform.wire import ClockFact, decode_clock_fact

ANNA = Recipient("anna", "en", "email:anna@example.com", (), (Phrase("level", {"level": "1"}),))
DUE = "2026-11-16 10:30"


def msk(text: str) -> datetime:
    return instant(text, "Europe/Moscow")


@cache
def started() -> ClockFact:
    """Opened on a Friday at 18:30 in Moscow: an hour of office time, 10 to 19, is over on Monday at 10:30."""
    timer = TimerInMemory(builtin_catalogue().rulebook)
    told = Telling("desk:1", "Europe/Moscow")
    told.opened("2026-11-13 18:30", "P2", customer="Example eXpress 8x5", description="no calls")
    timer.receive(told.events, msk("2026-11-13 18:30"))
    facts = map(decode_clock_fact, (one for one in timer.said))
    fact = next(f for f in facts if f.kind is FactKind.CLOCK_STARTED and f.metric == "first_response")
    assert fact.due_at == msk(DUE)
    return fact


def around(now: str) -> PipelineContext:
    return PipelineContext(
        now=msk(now),
        catalogue=builtin_catalogue(),
        texts=Texts(),
        links=Links("https://slad.example", LinkSecret(b"x" * 32)),
    )


def message(kind: MessageKind, now: str, at: str | None = None, **changed: Any) -> Message:
    fact = started().model_copy(update={"at": msk(at or DUE), **changed})
    occasion = NotificationRequest(
        id="o", kind=kind, at=fact.at, contract=fact.contract, content=fact, audience=(), alert="c",
        episode=1, level=1, outcome="missed", due_at=msk(DUE),
    )  # fmt: skip
    return Texts().message(content_of(around(now), occasion, ANNA), "en")


def test_a_warning_on_a_weekend_says_that_half_an_hour_is_left() -> None:
    said = message(MessageKind.WARNING, "2026-11-14 20:00")
    assert said.subject.startswith("Due in 30 min of service time: ")
    assert "30 min of service time are left (1 day 14 h by the wall clock)." in said.text
    assert "It is outside service hours now: counted time stands still until Mon, Nov 16, 2026, 10:00 MSK" in said.text
    assert "\nTime left: 30 min of service time (1 day 14 h by the wall clock)\n" in said.text
    data: Any = said.payload["data"]
    assert (data["counted_left_seconds"], data["wall_left_seconds"]) == (1800, 38.5 * 3600)
    assert (data["outside_hours"], data["opens_at"]) == (True, msk("2026-11-16 10:00"))


def test_a_promise_due_at_the_next_opening_is_not_due_in_no_time() -> None:
    """A target in working days falls due at an opening: on the weekend before no service time is left, but two days."""
    said = message(MessageKind.WARNING, "2026-11-14 20:00", due_at=msk("2026-11-16 10:00"))
    assert said.subject.startswith("Due in 1 day 14 h: ")
    assert "1 day 14 h are left by the wall clock. It is outside service hours now" in said.text
    data: Any = said.payload["data"]
    assert (data["counted_left_seconds"], data["wall_left_seconds"]) == (0, 38 * 3600)


def test_within_one_opening_there_is_one_time_to_tell() -> None:
    said = message(MessageKind.WARNING, "2026-11-16 10:10")
    assert said.subject.startswith("Due in 20 min: ")
    assert "20 min are left." in said.text
    for word in ("service time", "wall clock", "outside"):
        assert word not in said.subject + said.text
    assert said.payload["data"]["outside_hours"] is False  # type: ignore[index]


@pytest.mark.parametrize("kind", [MessageKind.PAGE, MessageKind.INFO])
def test_lateness_is_counted_too(kind: MessageKind) -> None:
    said = message(kind, "2026-11-17 11:00")
    assert " by 9 h 30 min of service time: " in said.subject
    assert "9 h 30 min of service time ago (1 day by the wall clock)." in said.text
    assert "\nLate by: 9 h 30 min of service time (1 day by the wall clock)\n" in said.text
    data: Any = said.payload["data"]
    assert (data["counted_late_seconds"], data["wall_late_seconds"]) == (9.5 * 3600, 24.5 * 3600)


def test_a_page_at_night_says_that_the_hours_are_closed() -> None:
    text = message(MessageKind.PAGE, "2026-11-16 23:00").text
    assert "8 h 30 min of service time ago (12 h 30 min by the wall clock)." in text
    assert "counted time stands still until Tue, Nov 17, 2026, 10:00 MSK" in text


def test_a_promise_broken_at_the_close_is_not_late_by_the_night() -> None:
    fact = started().model_copy(update={"at": msk("2026-11-16 19:00"), "due_at": msk("2026-11-16 19:00")})
    occasion = NotificationRequest(
        id="o", kind=MessageKind.PAGE, at=fact.at, contract=fact.contract, content=fact, audience=(), alert="c", level=1
    )
    said = Texts().message(content_of(around("2026-11-16 23:00"), occasion, ANNA), "en")
    assert said.subject.startswith("Breached: ")
    assert "4 h ago by the wall clock; no service time has passed since." in said.text


def test_the_closing_word_counts_as_well() -> None:
    text = message(MessageKind.RESOLVED, "2026-11-17 10:05", at="2026-11-17 10:00").text
    assert "8 h 30 min of service time late (23 h 30 min by the wall clock)." in text


@pytest.mark.parametrize("named", ["", "gone@1234"])
def test_hours_that_are_not_known_are_never_claimed(named: str) -> None:
    said = message(MessageKind.WARNING, "2026-11-14 20:00", hours=named)
    assert "1 day 14 h are left by the wall clock." in said.text
    assert "\nTime left: 1 day 14 h by the wall clock\n" in said.text
    assert "service" not in said.subject + said.text
    assert said.payload["data"]["counted_left_seconds"] is None  # type: ignore[index]


def test_by_the_wall_there_is_one_time_and_no_outside() -> None:
    said = message(MessageKind.WARNING, "2026-11-14 20:00", hours="wall")
    assert "1 day 14 h are left." in said.text
    assert said.payload["data"]["counted_left_seconds"] == 38.5 * 3600  # type: ignore[index]
