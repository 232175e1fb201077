"""A snapshot opens, mends and decides; what it does not say, or repeats, changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling, clock_of

from sla_domain.clock import ClockState
from sla_domain.contract_view import contract_view
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, Snapshot, TimeQuality, WaitingOn
from sla_domain.explain.build import events_known_at
from sla_domain.fold import Folding, Unfit, bound, fold, timeline
from sla_domain.forgotten import drop_forgotten
from sla_domain.incident import RemarkKind
from sla_domain.phase import Phase
from sla_domain.plan import DowngradeMode, PriorityRules

RULES = rulebook(
    plan(row("first_response", "1h"), row("resolution", "8h")), contract(id_="house"), contract(), contract(id_="umbra")
)


class Desk(Telling):
    """Tells snapshots too: `contract_view("Mon 10:00", phase=…, priority="P1")`."""

    def shown(self, when: str, phase: Phase | None = None, **fields: Any) -> Snapshot:
        known = {name: fields.pop(name) for name in ("version", "waiting_on") if name in fields}
        instants = {name: self.at(fields.pop(name)) for name in ("created_at", "ended_at") if name in fields}
        return Snapshot(at=self.at(when), phase=phase, attributes=fields, **known, **instants)

    def seen(self, when: str, phase: Phase | None = None, **fields: Any) -> Desk:
        self.happened(EventKind.OBSERVED, when, snapshot=self.shown(when, phase, **fields))
        return self


def reconciled(told: Telling) -> list[str]:
    return [r.text for r in told.fold(RULES).remarks if r.kind is RemarkKind.RECONCILED]


def test_an_observation_that_agrees_changes_nothing_but_when_it_was_last_heard_of() -> None:
    told = Desk().opened("Mon 09:00", "P1").waits("Mon 10:00")
    before = told.fold(RULES)
    told.seen("Mon 11:00", Phase.WAITING, waiting_on=WaitingOn.CUSTOMER, priority="P1", customer="acme")
    after = told.fold(RULES)
    assert (after.phase, after.waits, after.remarks) == (before.phase, before.waits, before.remarks)


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (Phase.RESOLVED, "resolved"),
        (Phase.CLOSED, "closed"),
        (Phase.CANCELLED, "cancelled"),
        (Phase.WAITING, "waiting"),
    ],
)
def test_where_the_ticket_stands_is_read_as_if_the_event_had_come(phase: Phase, said: str) -> None:
    told = Desk().opened("Mon 09:00").responded("Mon 09:30").seen("Mon 12:00", phase)
    assert told.fold(RULES).phase is phase
    undated = "" if phase.live else ", nor does the ticket say since when"
    assert reconciled(told) == [f"the ticket says {said}: no event had said so{undated}"]


def test_the_end_counts_from_when_the_ticket_says_but_not_before_what_is_known() -> None:
    told = Desk().opened("Mon 09:00").updated("Mon 11:00").seen("Mon 15:00", Phase.RESOLVED, ended_at="Mon 12:00")
    assert told.fold(RULES).ended_at == told.at("Mon 12:00")
    early = Desk().opened("Mon 09:00").updated("Mon 11:00").seen("Mon 15:00", Phase.RESOLVED, ended_at="Mon 10:00")
    assert early.fold(RULES).ended_at == told.at("Mon 10:00")
    opener = Desk().opened("Mon 09:00").waits("Mon 11:00").seen("Mon 15:00", Phase.RESOLVED, ended_at="Mon 10:00")
    assert opener.fold(RULES).ended_at == told.at("Mon 11:00")
    ahead = Desk().opened("Mon 09:00").seen("Mon 15:00", Phase.RESOLVED, ended_at="Mon 16:00")
    assert ahead.fold(RULES).ended_at == told.at("Mon 15:00")


def test_a_customer_s_word_on_a_ticket_that_had_ended_waits_for_no_answer() -> None:
    told = Desk().opened("Mon 09:00").responded("Mon 09:10")
    told.replied("Mon 12:00", snapshot=told.shown("Mon 12:00", Phase.CLOSED))
    incident = told.fold(RULES)
    assert incident.phase is Phase.CLOSED
    assert all(not clock.state.open for clock in incident.clocks)


@pytest.mark.parametrize("word", [EventKind.COMMENTED, EventKind.RESPONDED, EventKind.CUSTOMER_REPLIED])
def test_a_word_on_a_ticket_that_is_shown_as_of_later_came_before_its_end(word: EventKind) -> None:
    """A delivery that is sent again hours later shows what has been changed since the word."""
    told = Desk().opened("Mon 09:00")
    told.happened(word, "Mon 12:00", actor=Actor.STAFF, snapshot=told.shown("Mon 18:00", Phase.RESOLVED))
    assert told.fold(RULES).ended_at == told.at("Mon 18:00")
    assert verdicts(told)["resolution"] == ("cancelled", False), "it may have been at 16:59 or at 17:01"
    told.resolved("Mon 17:59")
    assert verdicts(told)["resolution"] == ("missed", True)


def test_a_ticket_that_is_shown_open_behind_its_end_was_reopened() -> None:
    told = Desk().opened("Mon 09:00").seen("Mon 10:00", Phase.OPEN)
    told.resolved("Mon 11:00", snapshot=told.shown("Mon 15:00", Phase.OPEN))
    incident = told.fold(RULES)
    assert incident.phase is Phase.OPEN
    assert [(span.start, span.end) for span in incident.ended_spans] == [(told.at("Mon 11:00"), told.at("Mon 15:00"))]
    assert reconciled(told) == ["the ticket says reopened: no event had said so"]


def test_an_event_that_says_it_itself_is_no_contradiction() -> None:
    told = Desk().opened("Mon 09:00")
    told.resolved("Mon 12:00", snapshot=told.shown("Mon 12:00", Phase.RESOLVED, ended_at="Mon 12:00"))
    told.reopened("Mon 13:00", snapshot=told.shown("Mon 13:00", Phase.OPEN))
    told.waits("Mon 14:00", snapshot=told.shown("Mon 14:00", Phase.WAITING, waiting_on=WaitingOn.CUSTOMER))
    assert reconciled(told) == []


def test_what_is_older_does_not_override_what_is_newer_however_late_it_comes() -> None:
    told = Desk().opened("Mon 09:00").seen("Mon 12:00", Phase.OPEN, priority="P2")
    told.seen("Mon 10:00", Phase.WAITING, priority="P3").late("9 h")
    incident = told.fold(RULES)
    assert (incident.phase, incident.priority) == (Phase.OPEN, "P2")
    assert fold(reversed(told.events), RULES) == incident


def test_of_one_instant_the_version_decides_and_then_the_arrival() -> None:
    told = Desk().opened("Mon 09:00")
    told.seen("Mon 10:00", Phase.WAITING, version=2).seen("Mon 10:00", Phase.OPEN, version=1)
    assert told.fold(RULES).phase is Phase.WAITING
    tied = Telling().opened("Mon 09:00").waits("Mon 10:00").resumed("Mon 10:00").late("1 h")
    tied.waits("Mon 10:00").late("2 h")
    assert tied.fold(RULES).phase is Phase.WAITING
    at_once = Telling().opened("Mon 09:00").waits("Mon 10:00").resolved("Mon 10:00").reopened("Mon 10:00")
    assert at_once.fold(RULES).phase is Phase.WAITING, "what arrives at once is read in the order of a life"


def test_a_snapshot_is_read_when_it_holds_not_when_its_event_happened() -> None:
    told = Desk().opened("Mon 09:00")
    told.responded("Mon 09:30", snapshot=told.shown("Mon 15:00", Phase.RESOLVED, ended_at="Mon 14:00"))
    told.replied("Mon 11:00")
    incident = told.fold(RULES)
    assert incident.ended_at == told.at("Mon 14:00")
    assert clock_of(incident, "first_response").stopped_at == told.at("Mon 09:30")
    assert clock_of(incident, "resolution").consumed == timedelta(hours=5)


def test_a_fold_that_has_read_a_snapshot_starts_anew_for_what_lies_before_it() -> None:
    told = Desk().opened("Mon 09:00")
    told.responded("Mon 09:30", snapshot=told.shown("Mon 15:00", Phase.RESOLVED))
    line = timeline(told.events)
    folding = Folding(line, RULES)
    folding.read_timeline(line.following)
    late = replace(told.events[-1], id=EventId("x"), snapshot=None, occurred_at=told.at("Mon 11:00"))
    assert folding.unfit([late]) is None, "not read yet"
    folding.incident()
    assert folding.unfit([late]) is Unfit.LATE


def test_without_an_opening_the_first_that_tells_of_it_opens() -> None:
    told = Desk().updated("Tue 09:00", customer="acme")
    line = timeline(told.events)
    folding = Folding(line, RULES)
    folding.read_timeline(line.following)
    told.seen("Tue 10:00", Phase.OPEN, created_at="Mon 09:00", priority="P2", customer="acme", title="Down")
    assert folding.unfit(told.events[-1:]) is Unfit.OPENING
    incident = told.fold(RULES)
    assert (incident.opened_at, incident.opened_quality) == (told.at("Mon 09:00"), TimeQuality.OBJECT_UPDATED)
    assert (incident.priority, incident.attributes["title"]) == ("P2", "Down")


def test_a_ticket_created_after_its_first_event_opens_with_it() -> None:
    told = Desk().seen("Mon 10:00", Phase.OPEN, created_at="Mon 12:00")
    assert told.fold(RULES).opened_at == told.at("Mon 10:00")


def test_a_cancelled_ticket_that_is_closed_with_the_date_of_its_cancellation_is_put_away() -> None:
    told = Desk().opened("Mon 09:00").cancelled("Mon 10:00")
    closed = told.shown("Mon 11:00", Phase.CLOSED, ended_at="Mon 10:00")
    assert told.closed("Mon 11:00", snapshot=closed).fold(RULES).phase is Phase.CANCELLED
    assert {verdict for verdict, _ in verdicts(told).values()} == {"cancelled"}
    assert told.seen("Mon 13:00", Phase.CLOSED, ended_at="Mon 12:00").fold(RULES).phase is Phase.CLOSED


def test_a_merge_counts_after_an_end_and_no_end_after_a_merge() -> None:
    ended = Desk().opened("Mon 09:00").cancelled("Mon 10:00")
    merged = ended.happened(EventKind.MERGED, "Mon 10:00", merged_into=IncidentId("INC-2"))
    assert merged.fold(RULES).merged_into == "INC-2"
    assert merged.cancelled("Mon 11:00").fold(RULES).phase is Phase.MERGED


def test_a_merged_incident_stays_merged_whatever_its_ticket_shows() -> None:
    told = Desk().opened("Mon 09:00").happened(EventKind.MERGED, "Mon 10:00", merged_into="INC-2")
    told.seen("Mon 11:00", Phase.OPEN)
    assert told.fold(RULES).phase is Phase.MERGED


def test_events_of_before_the_first_snapshot_are_mended_by_it() -> None:
    told = Desk().opened("Mon 09:00").resolved("Mon 10:00").seen("Mon 11:00", Phase.OPEN)
    incident = told.fold(RULES)
    assert (incident.phase, clock_of(incident, "resolution").state) == (Phase.OPEN, ClockState.RUNNING)


# -- what stands beside the fold


def test_a_forgotten_incident_begins_anew_where_its_ticket_is_seen_open() -> None:
    told = Desk().seen("Tue 09:00", Phase.RESOLVED, created_at="Mon 09:00")
    ended = told.at("Mon 12:00")
    assert drop_forgotten(told.events, ended) == []
    told.seen("Wed 09:00", Phase.OPEN, created_at="Mon 09:00", priority="P2")
    incident = fold(drop_forgotten(told.events, ended), RULES)
    assert (incident.opened_at, incident.priority) == (told.at("Wed 09:00"), "P2"), "what was before is history"


def test_a_flood_of_events_hides_no_snapshot_that_says_otherwise() -> None:
    told = Desk().opened("Mon 09:00", "P1")
    line = timeline(told.events)
    folding = Folding(line, RULES)
    folding.read_timeline(line.following)
    told.seen("Mon 10:00", Phase.OPEN, priority="P1").seen("Mon 11:00", Phase.CLOSED).seen("Mon 12:00", priority="P2")
    dull, closed, changed = told.events[1:]
    folding.read_next([dull])
    assert bound.split_by_limit(folding, 7, [replace(dull, id=EventId("again")), closed, changed], most=5) == (
        [closed, changed], [replace(dull, id=EventId("again"))],
    )  # fmt: skip
    heard, _ = bound.split_by_limit(folding, 100, [closed, changed], most=5)
    assert heard == [closed], "beyond all bounds only an end counts"


def test_what_was_known_at_an_instant_is_not_what_the_ticket_showed_later() -> None:
    told = Desk().opened("Mon 09:00")
    told.responded("Mon 09:30", snapshot=told.shown("Mon 15:00", Phase.RESOLVED))
    assert fold(events_known_at(told.events, told.at("Mon 14:00")), RULES).phase is Phase.OPEN
    assert fold(events_known_at(told.events, told.at("Mon 15:00")), RULES).phase is Phase.RESOLVED


def _seen_by(contract_id: str, events: list[IncidentEvent]) -> list[str]:
    found = contract_view(events, fold(events, RULES).periods, contract_id)
    return [] if found is None else [event.id for event in found.shown(events)]


def test_each_contract_sees_its_own_when_a_snapshot_moved_the_incident() -> None:
    told = Desk().opened("Mon 09:00").updated("Mon 10:00").seen("Mon 11:00", customer="umbra").updated("Mon 12:00")
    assert _seen_by("acme", told.events) == ["e0", "e1"]
    assert _seen_by("umbra", told.events) == ["e2", "e3"]
    # The snapshot holds later than its event, and says otherwise than it.
    told = Desk().opened("Mon 09:00")
    told.updated("Mon 10:00", customer="acme", snapshot=told.shown("Mon 12:00", customer="umbra"))
    told.updated("Mon 11:00").updated("Mon 13:00")
    assert _seen_by("acme", told.events) == ["e0", "e1", "e2"]
    assert _seen_by("umbra", told.events) == ["e3"]


def test_no_contract_reads_in_a_snapshot_what_is_another_s() -> None:
    """A snapshot may hold later than its event, and says how the ticket stood before."""
    told = Desk().opened("Mon 09:00")
    told.updated("Mon 10:00", snapshot=told.shown("Mon 12:00", customer="umbra", title="umbra's"))
    told.happened(EventKind.DESCRIBED, "Mon 13:00")
    stood = replace(told.shown("Mon 13:00", title="umbra's"), before={"title": "acme's", "customer": "acme"})
    told.events[-1] = replace(told.events[-1], snapshot=stood)
    for who in ("acme", "umbra"):
        found = contract_view(told.events, fold(told.events, RULES).periods, who)
        assert found is not None
        assert found.shown(told.events)
        assert all(event.snapshot is None for event in found.shown(told.events))
        assert not found.events_complete, "so that nobody computes from them what is not so"


def test_a_contract_that_has_had_it_all_along_reads_its_snapshots() -> None:
    told = Desk().opened("Mon 09:00").seen("Mon 10:00", Phase.WAITING, title="acme's")
    found = contract_view(told.events, fold(told.events, RULES).periods, "acme")
    assert found is not None
    assert found.events_complete
    assert found.shown(told.events) == told.events
    told.events.append(replace(told.events[-1], id=EventId("x"), carried_from=IncidentId("INC-0"), snapshot=None))
    found = contract_view(told.events, fold(told.events, RULES).periods, "acme")
    assert found is not None
    assert not found.events_complete, "words of a merged ticket count and are not shown"


@pytest.mark.parametrize(("proposed", "pending"), [(False, False), (True, True)])
def test_a_lower_priority_that_the_ticket_had_and_has_no_more_is_withdrawn(proposed: bool, pending: bool) -> None:
    """One that was only proposed never was on the ticket."""
    rows = tuple(row("resolution", time, priority=name) for name, time in (("P1", "2h"), ("P3", "24h")))
    strict = PriorityRules(downgrade=DowngradeMode.BY_AGREEMENT)
    rules = rulebook(plan(*rows, rules=strict), contract())
    kind = EventKind.DOWNGRADE_PROPOSED if proposed else EventKind.PRIORITY_CHANGED
    told = Desk().opened("Mon 09:00", "P1").happened(kind, "Mon 09:30", priority="P3", actor=Actor.STAFF)
    assert told.fold(rules).pending_downgrade is not None
    told.seen("Mon 10:00", Phase.OPEN, priority="P1")
    incident = told.fold(rules)
    assert (incident.pending_downgrade is not None) is pending
    assert (RemarkKind.DOWNGRADE_PENDING in {remark.kind for remark in incident.remarks}) is pending
    assert incident.priority == "P1"


def verdicts(told: Telling) -> dict[str, tuple[str, bool]]:
    clocks = told.fold(RULES).clocks
    return {clock.metric: (clock.state.value, clock.breached_at is not None) for clock in clocks}


@pytest.mark.parametrize("phase", [Phase.RESOLVED, Phase.CLOSED, Phase.CANCELLED])
@pytest.mark.parametrize("word", [EventKind.COMMENTED, EventKind.RESPONDED, EventKind.CUSTOMER_REPLIED])
def test_an_end_that_nobody_dated_breaks_no_promise_that_may_have_been_kept(phase: Phase, word: EventKind) -> None:
    """O1: the resolution was lost, and hours later a thin comment says that the ticket is done."""
    told = Desk().opened("Mon 09:00").responded("Mon 09:30").updated("Mon 18:00")
    told.happened(word, "Mon 20:00", actor=Actor.STAFF, snapshot=told.shown("Mon 20:00", phase))
    incident = told.fold(RULES)
    assert incident.phase is phase
    assert verdicts(told) == {"first_response": ("met", False), "resolution": ("cancelled", False)}
    assert clock_of(incident, "resolution").why == "nobody said when it ended, and that may have been in time"
    assert "resolution: nobody said when it ended, and that may have been in time: no verdict" in reconciled(told)
    assert incident.quality is TimeQuality.OBJECT_UPDATED
    looked = Desk().opened("Mon 09:00").responded("Mon 09:30").seen("Mon 20:00", phase)
    assert verdicts(looked) == verdicts(told)


def test_an_end_that_nobody_dated_is_a_verdict_where_it_is_the_same_whenever_it_was() -> None:
    in_time = Desk().opened("Mon 09:00").responded("Mon 09:30").seen("Mon 16:00", Phase.RESOLVED)
    assert verdicts(in_time)["resolution"] == ("met", False)
    late = Desk().opened("Mon 09:00").responded("Mon 09:30").updated("Mon 18:00")
    late.events[-1] = replace(late.events[-1], snapshot=late.shown("Mon 18:00", Phase.OPEN))
    late.seen("Mon 20:00", Phase.RESOLVED)
    assert verdicts(late)["resolution"] == ("missed", True)
    waited = Desk().opened("Mon 09:00").responded("Mon 09:30").waits("Mon 10:00").seen("Mon 20:00", Phase.RESOLVED)
    assert verdicts(waited)["resolution"] == ("met", False)


@pytest.mark.parametrize(("ended_at", "verdict"), [("Mon 16:59", ("met", False)), ("Mon 17:01", ("missed", True))])
def test_an_end_that_the_ticket_dates_counts_from_then_whatever_was_read_since(
    ended_at: str, verdict: tuple[str, bool]
) -> None:
    told = Desk().opened("Mon 09:00").responded("Mon 09:30").updated("Mon 18:00")
    told.seen("Mon 20:00", Phase.RESOLVED, ended_at=ended_at)
    assert verdicts(told)["resolution"] == verdict
    assert clock_of(told.fold(RULES), "resolution").stopped_at == told.at(ended_at)


def test_the_lost_end_gives_the_verdict_when_it_comes_after_all() -> None:
    told = Desk().opened("Mon 09:00").responded("Mon 09:30").seen("Mon 20:00", Phase.RESOLVED)
    told.resolved("Mon 18:00")
    assert verdicts(told)["resolution"] == ("missed", True)
