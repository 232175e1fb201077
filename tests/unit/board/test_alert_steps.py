"""What the board says of an alert, from its steps in any order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations

from sla_board.projection.delivery import alert_row
from sla_board.shown.alert import ShownAlert, alerts_of
from sla_platform.wire import DeliveryFact

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SIX = NOON + timedelta(hours=6)


@dataclass(frozen=True)
class Row:
    """A row of the table `board_alert`."""

    id: str
    alert: str
    what: str
    rank: int
    reason: str
    by: str
    at: datetime


def shown(*steps: tuple[str, str, str]) -> ShownAlert:
    """The alert after these steps, a minute apart, whatever the order of the rows is. A step: (what, by, reason)."""
    rows = []
    for minute, (what, by, reason) in enumerate(steps):
        fact = DeliveryFact(what=f"alert.{what}", alert="a", at=NOON + timedelta(minutes=minute), by=by, reason=reason)
        made = alert_row(f"alert/a/1/{minute}", fact)
        rows.append(Row(**{name: made[name] for name in Row.__dataclass_fields__}))
    found = {alerts_of(order) for order in permutations(rows)}
    assert len(found) == 1
    ((alert,),) = found
    return alert


OPENED = ("opened", "", "")
ACKNOWLEDGED = ("acknowledged", "anna", "link")


def test_an_expired_acknowledgement_is_open_again_and_says_whose_it_was() -> None:
    alert = shown(OPENED, ACKNOWLEDGED, ("expired", "anna", "idle"), ("escalated", "", "level 2"))
    assert (alert.state, alert.acknowledged_by) == ("open", "anna")
    assert alert.word == "the acknowledgement of anna has expired, level 2"
    again = shown(OPENED, ACKNOWLEDGED, ("expired", "anna", "idle"), ("acknowledged", "ben", "api"))
    assert again.word == "acknowledged by ben"


def test_a_passed_alert_says_to_whom_until_somebody_acknowledges() -> None:
    alert = shown(OPENED, ACKNOWLEDGED, ("passed", "anna", "maria"))
    assert (alert.state, alert.passed_by, alert.word) == ("open", "anna", "passed to maria")
    taken = shown(OPENED, ("passed", "anna", "maria"), ("acknowledged", "maria", "link"))
    assert (taken.state, taken.passed_to) == ("acknowledged", "")


def test_a_snooze_has_an_end_and_ends() -> None:
    until = ("snoozed", "anna", SIX.isoformat())
    assert shown(OPENED, until).snoozed_until == SIX
    assert shown(OPENED, until, ("expired", "anna", "snoozed")).snoozed_until is None
    assert shown(OPENED, until, ("acknowledged", "ben", "api")).snoozed_until is None
    assert shown(OPENED, until, ("passed", "anna", "ben")).snoozed_until is None


def test_a_new_breach_begins_anew() -> None:
    alert = shown(OPENED, ("passed", "anna", "maria"), ("closed", "", "met"), OPENED)
    assert alert.word == "not acknowledged"
