"""How many connections a mail server bears is found out by trying, and remembered."""

from __future__ import annotations

from sla_notifier.channel.email.allowance import FIRST_PATIENCE, FIRST_PAUSE, LONGEST_PAUSE, ConnectionAllowance


def test_more_are_used_while_it_goes_well_and_somebody_waits() -> None:
    allowance = ConnectionAllowance(most=6)
    allowance.note_sent(0.0, wanted=False)
    assert allowance.limit == 4
    for _ in range(10):
        allowance.note_sent(0.0, wanted=True)
    assert allowance.limit == 6


def test_a_server_that_turns_one_away_has_said_how_many_it_bears() -> None:
    allowance = ConnectionAllowance(limit=9)
    for _ in range(5):  # a burst of connections that were all one too many
        allowance.note_refused_connection(10.0, beside=3)
    assert allowance.limit == 3
    assert allowance.resume_at == 0.0, "the three go on at once"
    allowance.note_sent(10.1, wanted=True)
    assert allowance.limit == 3, "it is not asked for a fourth again and again"
    allowance.note_sent(10.0 + FIRST_PATIENCE, wanted=True)
    assert allowance.limit == 4, "but now and then"
    allowance.note_refused_connection(20.0, beside=3)
    allowance.note_sent(20.0 + FIRST_PATIENCE, wanted=True)
    assert allowance.limit == 3, "and less often each time"


def test_without_any_connection_it_pauses_longer_each_time_and_begins_again_at_once() -> None:
    allowance, now, pauses = ConnectionAllowance(), 0.0, []
    for _ in range(8):
        allowance.note_refused_connection(now, beside=0)
        pauses.append(allowance.resume_at - now)
        now = allowance.resume_at
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    allowance.note_sent(now, wanted=True)
    assert allowance.resume_at <= now


def test_a_busy_session_halves_it() -> None:
    allowance = ConnectionAllowance(limit=8)
    allowance.note_busy(0.0)
    assert allowance.limit == 4
    for now in (1.0, 2.0, 3.0, 4.0):
        allowance.note_busy(now)
    assert allowance.limit == 1
