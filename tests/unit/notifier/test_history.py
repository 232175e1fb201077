"""History opens no alert and is told to nobody; of an alert that is open it may say the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.notifier.test_relevance import CHAIN, CLOCK, NOW, alert, fact

from sla_domain.clock import ClockState
from sla_domain.fact import FactKind
from sla_notifier.alert.alert import AlertState
from sla_notifier.alert.closing import close_alert
from sla_notifier.alert.opening import open_alert, reopen_alert
from sla_notifier.alert.relevance import is_news

LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize("kind", [FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED])
def test_marks_that_are_history_are_no_news(kind: FactKind) -> None:
    assert is_news(None, fact(kind))
    assert not is_news(None, fact(kind, history=True))
    assert not is_news(alert(), fact(kind, history=True))


@pytest.mark.parametrize(("through", "news"), [(NOW, False), (NOW - timedelta(seconds=1), True), (LATER, False)])
def test_an_import_covers_what_came_true_up_to_it(through: object, news: bool) -> None:
    assert is_news(None, fact(FactKind.CLOCK_BREACHED, imported_through=through)) is news


def test_history_may_end_an_alert_that_is_open() -> None:
    met = fact(FactKind.CLOCK_MET, history=True)
    assert is_news(alert(), met)
    closed = close_alert(alert(), met, "id", NOW).alert
    assert closed is not None
    assert closed.state is AlertState.CLOSED


def test_a_reopening_is_news_although_the_breach_was_history() -> None:
    """Nobody was told of the breach; that the broken promise runs again, somebody must hear."""
    again = fact(FactKind.CLOCK_RESUMED, at=LATER, due_at=NOW, breached=NOW.isoformat())
    opened = reopen_alert(None, again, "id", CHAIN, LATER).alert
    assert opened is not None
    assert (opened.id, opened.due_at, opened.episode) == (str(CLOCK), NOW, 1)
    within_the_import = fact(FactKind.CLOCK_RESUMED, at=LATER, due_at=NOW, breached=NOW.isoformat(), history=True)
    assert not is_news(None, within_the_import)


def test_a_clock_that_resumes_before_its_breach_was_told_opens_nothing() -> None:
    """The breach itself is still to be told, by its own fact."""
    again = fact(FactKind.CLOCK_AMENDED, at=LATER, due_at=NOW, details={"new_state": ClockState.RUNNING.value})
    assert reopen_alert(None, again, "id", CHAIN, LATER).alert is None


def test_news_of_an_incident_with_a_past_is_told() -> None:
    told = fact(FactKind.CLOCK_BREACHED, at=LATER, imported_through=NOW)
    assert is_news(None, told)
    assert open_alert(None, told, "id", CHAIN, LATER).alert is not None
