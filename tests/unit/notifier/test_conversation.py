"""When messages to one mailbox leave by themselves, when they are gathered, and when peace is back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sla_notifier.notification.conversation import (
    CALM,
    EACH,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PATIENT,
    Conversation,
    conversation_id,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OVER = 5
QUIET = Conversation(id="c", last_at=NOW)


def test_a_burst_and_one_a_minute_after_it() -> None:
    assert QUIET.room(NOW, OVER) == OVER
    spent = QUIET.with_sent_alone(OVER, NOW)
    assert spent.room(NOW, OVER) == 0
    assert spent.room(NOW + EACH - timedelta(seconds=1), OVER) == 0
    assert spent.room(NOW + EACH, OVER) == 1
    assert spent.room(NOW + 60 * EACH, OVER) == OVER, "no more than a burst is saved up"


def test_pauses_grow_and_have_a_bound() -> None:
    storm, now, pauses = QUIET.with_storm(NOW), NOW, []
    for number in range(6):
        leaves = storm.leaves_at(now, pressing=True)
        pauses.append(leaves - now)
        storm, now = storm.with_new_digest(f"d{number}", leaves, now), leaves
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, LONGEST_PAUSE]
    assert max(pauses) == LONGEST_PAUSE


def test_what_only_informs_waits_longer() -> None:
    storm = QUIET.with_storm(NOW)
    assert storm.leaves_at(NOW, pressing=False) == NOW + PATIENT * FIRST_PAUSE


def test_a_storm_has_one_name_until_it_is_over() -> None:
    storm = QUIET.with_storm(NOW)
    assert storm.with_storm(NOW + LONGEST_PAUSE).thread == storm.thread
    later = storm.next_at
    assert later is not None
    assert storm.advanced_to(later + CALM - timedelta(seconds=1), OVER).storm == 1
    assert storm.advanced_to(later + CALM, OVER).storm == 0
    assert replace(storm, gathering=True).advanced_to(NOW + 9 * CALM, OVER).storm == 1, "its digest has not left yet"
    assert QUIET.with_storm(NOW + 9 * CALM).thread != storm.thread


def test_a_clock_that_was_wrong_for_a_while_holds_nothing_up() -> None:
    ahead = QUIET.with_sent_alone(OVER, NOW + timedelta(days=400)).with_storm(NOW + timedelta(days=400))
    back = ahead.advanced_to(NOW, OVER)
    assert (back.storm, back.room(NOW, OVER)) == (0, OVER)


def test_each_mailbox_of_a_person_is_another_conversation() -> None:
    ids = {conversation_id(who, where) for who in ("anna", "ben") for where in ("email:a@x", "email:b@x")}
    assert len(ids) == 4
