"""Until when somebody rests, and whether a message may wait until then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla_domain.calendar import Calendar, CalendarSpec, Window, growing_calendar
from sla_domain.contract import Person
from sla_domain.escalation import HoldTerms
from sla_domain.fact import FactKind
from sla_domain.rest import rests_until
from sla_domain.roles import RoleHolding, RoleReason
from sla_domain.rulebook import Rulebook
from sla_domain.tell import Happening
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.deadline import Deadline
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_notifier.hold.decide import HoldAnswer, decide_again, hold_for
from sla_notifier.hold.message import HeldMessage, held_message, held_of
from sla_notifier.text.content import Phrase
from sla_platform.wire import ClockFact

MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)
BOOK = Rulebook.__new__(Rulebook)  # clocks that count by the wall ask it for no calendar


def weekly(days: range, opens: int, closes: int) -> Calendar:
    windows = {day: (Window(opens * 3600, closes * 3600),) for day in days}
    return growing_calendar(CalendarSpec(id="hours", zone="UTC", weekly=windows))


NIGHT = weekly(range(7), 22, 7)
OFFICE = weekly(range(5), 9, 17)


def holding(reason: RoleReason, begins: datetime | None = None, quiet: Calendar | None = None) -> RoleHolding:
    return RoleHolding(Person(id="ann", name="Ann", addresses=(), hours=OFFICE), "lead", reason, begins, quiet)


@pytest.mark.parametrize(
    ("held", "until"),
    [
        (holding(RoleReason.ON_CALL), None),
        (holding(RoleReason.ON_CALL, quiet=NIGHT), MIDNIGHT + 7 * HOUR),
        (holding(RoleReason.EVERYBODY, MIDNIGHT + 9 * HOUR), MIDNIGHT + 9 * HOUR),
        (holding(RoleReason.EVERYBODY, MIDNIGHT + 6 * HOUR, NIGHT), MIDNIGHT + 7 * HOUR),
        (holding(RoleReason.EVERYBODY), None),
        (holding(RoleReason.NAMED), MIDNIGHT + 9 * HOUR),
    ],
    ids=["no quiet hours", "quiet", "off duty", "on duty in quiet hours", "never on duty", "named, not at work"],
)
def test_until_when_somebody_rests(held: RoleHolding, until: datetime | None) -> None:
    assert rests_until(held, MIDNIGHT) == until


def test_nobody_rests_outside_of_quiet_hours() -> None:
    assert rests_until(holding(RoleReason.ON_CALL, quiet=NIGHT), MIDNIGHT + 7 * HOUR) is None


def due(hours: float) -> Deadline:
    return Deadline(metric="resolution", plan="plain", hours="wall", due_at=MIDNIGHT + hours * HOUR)


@pytest.mark.parametrize(
    ("terms", "hours", "waits"),
    [
        (HoldTerms(span=2 * HOUR), 9.0, True),
        (HoldTerms(span=2 * HOUR), 8.99, False),
        (HoldTerms(share=50), 14.0, True),
        (HoldTerms(share=50), 13.9, False),
        (HoldTerms(share=50), 6.0, False),
    ],
)
def test_it_waits_if_enough_is_left_then(terms: HoldTerms, hours: float, waits: bool) -> None:
    found = hold_for(terms, BOOK, "acme", due(hours), MIDNIGHT + 7 * HOUR, MIDNIGHT)
    assert (found is not None) is waits


FACT = ClockFact(
    kind=FactKind.CLOCK_WARNED, incident="desk:1", at=MIDNIGHT, fired_at=MIDNIGHT, due_at=MIDNIGHT + 14 * HOUR
)


def message(kind: MessageKind = MessageKind.HAPPENING, needs: timedelta | None = 7 * HOUR) -> HeldMessage:
    request = NotificationRequest(
        id="f#told", kind=kind, at=MIDNIGHT, contract="acme", content=FACT, audience=(), alert="c",
        due_at=FACT.due_at, happening=Happening.OPENED,
    )  # fmt: skip
    why = (Phrase("role", {"role": {"": "lead", "pl": "szef"}}),)
    return held_message(request, "dlv_1", MIDNIGHT + 7 * HOUR, needs, why)


@pytest.mark.parametrize("kind", [MessageKind.HAPPENING, MessageKind.WARNING])
def test_it_is_the_same_after_the_database(kind: MessageKind) -> None:
    assert held_of(message(kind).columns(MIDNIGHT)) == message(kind)


def answer(
    held: HeldMessage, deadlines: dict[str, Deadline], *, late: bool = False, after: float = 1
) -> tuple[HoldAnswer, UnsentReason | None]:
    found = decide_again(held, HoldTerms(share=50), BOOK, deadlines, late, MIDNIGHT + after * HOUR)
    return found.answer, found.reason


def test_what_was_needed_does_not_shrink_with_the_time_that_is_left() -> None:
    assert answer(message(), {"c": due(14)}) == (HoldAnswer.WAITS, None)
    assert answer(message(), {"c": due(13)}, after=6) == (HoldAnswer.LEAVES, None)


def test_what_comes_first_decides() -> None:
    assert answer(message(), {"c": due(14), "d": due(8)}) == (HoldAnswer.LEAVES, None)
    assert answer(message(), {"c": due(14)}, late=True) == (HoldAnswer.LEAVES, None)
    assert answer(message(), {}) == (HoldAnswer.WAITS, None)
    assert answer(message(), {}, after=7) == (HoldAnswer.LEAVES, None)


def test_a_warning_is_of_its_own_clock_alone() -> None:
    warning = message(MessageKind.WARNING)
    assert answer(warning, {"c": due(14), "d": due(8)}, late=True) == (HoldAnswer.WAITS, None)
    assert answer(warning, {"d": due(8)}) == (HoldAnswer.WAITS, None), "its clock stands still"
    assert answer(warning, {"d": due(8)}, after=15) == (HoldAnswer.NEEDLESS, UnsentReason.OVERTAKEN)


def test_a_policy_that_holds_nothing_any_more_lets_it_go() -> None:
    found = decide_again(message(), None, BOOK, {"c": due(14)}, False, MIDNIGHT + HOUR)
    assert found.answer is HoldAnswer.LEAVES
