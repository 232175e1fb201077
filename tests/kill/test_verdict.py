"""The judge itself: a faultless drill is upheld, and each kind of fault, put in by hand, is found under its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from uuid import NAMESPACE_URL, uuid5

import pytest
from tests.kill.evidence import Arrival, Evidence, Fact, Shown
from tests.kill.expected import expect
from tests.kill.load import Load, Played, Sent
from tests.kill.script import scripts
from tests.kill.verdict import judge
from tests.oracle.tenth_walker import BREACH, TENTHS, Happening

Spoil = Callable[[Evidence], Evidence]
MOMENT = timedelta(milliseconds=20)


def test_a_faultless_drill_is_upheld() -> None:
    load = a_drill()
    verdict = judge("by hand", load, faultless(load), 10)
    assert verdict.holds, verdict.table()
    assert "0 against" in verdict.table()
    assert sum(row.looked_at for row in verdict.rows) > 1000


def a_drill() -> Load:
    """A load that was accepted at once, event by event."""
    script = scripts(seed=3)
    load = Load(script, list, 100.0)
    zero = load.watch.zero.timestamp()
    for one in islice(script, 120):
        sent = [
            Sent(f"{one.name}-{number}", Happening(100 + step.tenth, step.kind, step.priority), at, at)
            for number, step in enumerate(one.happenings)
            for at in [zero + (100 + step.tenth) / TENTHS]
        ]
        load.played.append(Played(one, sent))
    return load


def faultless(load: Load) -> Evidence:
    """What slad would leave behind if it did everything right."""
    facts, arrivals, shown = [], [], {}
    deliveries: list[dict[str, object]] = []
    for played in load.played:
        expected = expect(played, load.watch)
        for mark in sorted(expected.must, key=lambda mark: mark.tenth):
            clock = str(uuid5(NAMESPACE_URL, f"{played.incident}/{mark.metric}"))
            at = load.watch.instant(mark.tenth)
            id_ = f"{clock}/{mark.generation}/{mark.threshold}"
            facts.append(
                Fact(id_, played.incident, clock, mark.metric, mark.generation, mark.threshold, at, at + MOMENT,
                     overtaken=False, provisional=False)
            )  # fmt: skip
            kind = "page" if mark.threshold == BREACH else "warning"
            verdict = expected.ending.verdicts[mark.metric]
            levels = [1, 2] if kind == "page" and verdict == "running" else [1] if kind == "page" else [0]
            first = Arrival(
                id=f"{id_}/1", kind=kind, person="pager", incident=played.incident, alert=clock, metric=mark.metric,
                generation=mark.generation, threshold=mark.threshold, level=levels[0], outcome="", at=at,
                arrived=at.timestamp() + 0.05, marked=False, signed=True,
            )  # fmt: skip
            arrivals.append(first)
            if len(levels) == 2:
                arrivals.append(replace(first, id=f"{id_}/2", person="lead", level=2, arrived=first.arrived + 4))
            if kind == "page" and verdict == "missed":
                late = first.arrived + 9
                arrivals.append(replace(first, id=f"{id_}/3", kind="resolved", outcome="missed", arrived=late))
        events = frozenset(f"drill/drill#{sent.id}/0" for sent in played.sent)
        shown[played.incident] = Shown(expected.ending.phase, expected.ending.verdicts, events)
    arrivals.sort(key=lambda arrival: arrival.arrived)
    for arrival in arrivals:
        deliveries.append(
            {"id": arrival.id, "alert": arrival.alert, "person": arrival.person, "kind": arrival.kind, "state": "sent",
             "reason": "", "failure": "", "carried_by": "", "incident": arrival.incident,
             "possibly_duplicate": False, "due_at": arrival.at.isoformat()}
        )  # fmt: skip
    return Evidence(facts, arrivals, deliveries, shown)


def an_event_is_lost(evidence: Evidence) -> Evidence:
    name, shown = next((name, one) for name, one in evidence.shown.items() if one)
    return replace(evidence, shown={**evidence.shown, name: replace(shown, events=frozenset(sorted(shown.events)[1:]))})


def an_incident_is_unknown(evidence: Evidence) -> Evidence:
    return replace(evidence, shown={**evidence.shown, next(iter(evidence.shown)): None})


def a_verdict_is_wrong(evidence: Evidence) -> Evidence:
    name, shown = next((name, one) for name, one in evidence.shown.items() if one)
    return replace(
        evidence, shown={**evidence.shown, name: replace(shown, verdicts={**shown.verdicts, "resolution": "running"})}
    )


def a_fact_is_missing(evidence: Evidence) -> Evidence:
    return replace(evidence, facts=evidence.facts[1:])


def a_fact_is_false(evidence: Evidence) -> Evidence:
    wrong = replace(evidence.facts[0], id="wrong", at=evidence.facts[0].at + timedelta(seconds=0.5))
    return replace(evidence, facts=[*evidence.facts, replace(wrong, fired_at=wrong.at)])


def a_fact_is_early(evidence: Evidence) -> Evidence:
    early = replace(evidence.facts[0], fired_at=evidence.facts[0].at - MOMENT)
    return replace(evidence, facts=[early, *evidence.facts[1:]])


def a_pager_never_heard(evidence: Evidence) -> Evidence:
    return replace(evidence, arrivals=[one for one in evidence.arrivals if one is not evidence.arrivals[0]])


def a_pager_heard_nonsense(evidence: Evidence) -> Evidence:
    nonsense = replace(evidence.arrivals[0], id="nonsense", generation=7)
    return replace(evidence, arrivals=[*evidence.arrivals, nonsense])


def the_same_came_again(evidence: Evidence) -> Evidence:
    return replace(evidence, arrivals=[*evidence.arrivals, evidence.arrivals[0]])


def the_same_came_under_two_ids(evidence: Evidence) -> Evidence:
    return replace(evidence, arrivals=[*evidence.arrivals, replace(evidence.arrivals[0], id="another")])


def a_signature_is_wrong(evidence: Evidence) -> Evidence:
    return replace(evidence, arrivals=[replace(evidence.arrivals[0], signed=False), *evidence.arrivals[1:]])


def a_page_came_early(evidence: Evidence) -> Evidence:
    first = evidence.arrivals[0]
    return replace(evidence, arrivals=[replace(first, arrived=first.at.timestamp() - 0.5), *evidence.arrivals[1:]])


def a_page_came_late(evidence: Evidence) -> Evidence:
    first = evidence.arrivals[0]
    return replace(evidence, arrivals=[replace(first, arrived=first.arrived + 11), *evidence.arrivals[1:]])


def the_lead_never_heard(evidence: Evidence) -> Evidence:
    return replace(evidence, arrivals=[one for one in evidence.arrivals if one.level != 2])


def the_end_came_first(evidence: Evidence) -> Evidence:
    return replace(evidence, arrivals=list(reversed(evidence.arrivals)))


def a_message_is_stuck(evidence: Evidence) -> Evidence:
    return replace(evidence, deliveries=[{**evidence.deliveries[0], "state": "sending"}, *evidence.deliveries[1:]])


@pytest.mark.parametrize(
    ("spoil", "found_by"),
    [
        (an_event_is_lost, "I1 every accepted event is applied"),
        (an_incident_is_unknown, "I1 every incident ends"),
        (a_verdict_is_wrong, "I1 every incident ends"),
        (a_fact_is_missing, "I3 facts on the bus"),
        (a_fact_is_false, "I3 facts on the bus"),
        (a_fact_is_early, "I4 nothing is early"),
        (a_pager_never_heard, "I3 every warning and breach reached"),
        (a_pager_heard_nonsense, "I3 no pager heard what is not so"),
        (the_same_came_again, "I2 nothing is told twice"),
        (the_same_came_under_two_ids, "I2 nothing is told twice"),
        (a_signature_is_wrong, "I2 nothing is told twice"),
        (a_page_came_early, "I4 nothing is early"),
        (a_page_came_late, "I4 nothing is later"),
        (the_lead_never_heard, "I3 every warning and breach reached"),
        (the_end_came_first, "I5 nobody hears the end"),
        (a_message_is_stuck, "I7 every message"),
    ],
)
def test_a_fault_is_found(spoil: Spoil, found_by: str) -> None:
    load = a_drill()
    verdict = judge("by hand", load, spoil(faultless(load)), 10)
    assert not verdict.holds
    assert any(row.against for row in verdict.rows if row.name.startswith(found_by)), verdict.table()


@pytest.mark.parametrize("may_have_arrived", [True, False])
def test_the_end_of_a_page_that_never_came_is_right_only_where_it_may_have_been_read(may_have_arrived: bool) -> None:
    """The sender was killed at the page, and the breach taken back before another took it over."""
    load = a_drill()
    evidence = faultless(load)
    page = next(one for one in evidence.arrivals if one.kind == "page")
    closing = replace(page, id=f"{page.id}/end", kind="taken_back", arrived=page.arrived + 5)
    cut_off = {"state": "cancelled", "reason": "taken_back", "possibly_duplicate": may_have_arrived}
    evidence = replace(
        evidence,
        arrivals=[closing if one.id == page.id else one for one in evidence.arrivals],
        deliveries=[one | cut_off if one["id"] == page.id else one for one in evidence.deliveries],
    )
    rows = judge("by hand", load, evidence, 10).rows
    in_order = next(row for row in rows if row.name.startswith("I5"))
    others = [one for one in in_order.against if page.person in one and page.incident in one]
    assert bool(others) is not may_have_arrived


def test_an_incident_that_ingest_kept_waiting_is_judged_with_leave() -> None:
    """A resolution that was accepted after the due instant it would have met: the breach in between was true then."""
    load = a_drill()
    played = next(one for one in load.played if BREACH not in str(expect(one, load.watch).must))
    last = played.sent[-1]
    last.accepted = last.tried + 60
    expected = expect(played, load.watch)
    assert expected.tardy
    assert {mark.threshold for mark in expected.allowed - expected.must} >= {BREACH}


# -- what need not reach a pager


def not_told(load: Load, evidence: Evidence, fact: Fact) -> bool:
    rows = judge("by hand", load, evidence, 10).rows
    told_all = next(row for row in rows if row.name.startswith("I3 every warning and breach reached"))
    return any(
        f"{fact.incident}: {fact.generation}/{fact.threshold} of {fact.metric}" in one for one in told_all.against
    )


def without_pages(evidence: Evidence, fact: Fact) -> Evidence:
    return replace(evidence, arrivals=[one for one in evidence.arrivals if one.alert != fact.clock])


@pytest.mark.parametrize("accepted_late", [True, False])
def test_history_need_not_be_told_only_where_it_was_over_when_it_was_heard_of(accepted_late: bool) -> None:
    load = a_drill()
    evidence = faultless(load)
    incident = next(
        played for played in load.played
        if expect(played, load.watch).ending.verdicts["resolution"] == "missed"
    )  # fmt: skip
    breach = next(
        fact for fact in evidence.facts
        if (fact.incident, fact.metric, fact.threshold) == (incident.incident, "resolution", BREACH)
    )  # fmt: skip
    if accepted_late:
        for one in incident.sent:
            one.accepted = incident.sent[-1].tried + 1
    silent = without_pages(evidence, breach)
    history = replace(breach, history=True)
    silent = replace(silent, facts=[history if fact is breach else fact for fact in silent.facts])
    assert not_told(load, silent, history) is not accepted_late


@pytest.mark.parametrize(
    ("paged", "closed", "more_changes", "right"),
    [
        (True, False, True, True),
        (True, True, True, False),  # its alert had been closed: the people believe that all is well
        (False, False, True, False),  # nobody had been paged
        (True, False, False, False),  # the target is in force
    ],
)
def test_a_target_that_is_gone_need_not_be_paged_only_while_its_alert_is_open(
    paged: bool, closed: bool, more_changes: bool, right: bool
) -> None:
    load = a_drill()
    evidence = faultless(load)
    first = next(fact for fact in evidence.facts if fact.threshold == BREACH and fact.generation == 0)
    page = next(one for one in evidence.arrivals if one.kind == "page" and one.alert == first.clock)
    played = next(one for one in load.played if one.incident == first.incident)
    happened = played.sent[-1].happening
    played.sent += [
        Sent(f"more-{number}", replace(happened, kind="priority", priority="P1"), page.arrived, page.arrived)
        for number in range(5 if more_changes else 0)
    ]
    changes = sum(one.happening.kind == "priority" for one in played.sent)
    second = replace(first, id="second", generation=max(changes - 1, 1) if more_changes else changes + 1,
                     fired_at=first.fired_at + timedelta(seconds=20))  # fmt: skip
    about = [page] if paged else []
    if closed:
        about.append(replace(page, id="closed", kind="resolved", arrived=page.arrived + 5))
    others = [one for one in evidence.arrivals if one.alert != first.clock]
    judged = replace(evidence, facts=[*evidence.facts, second], arrivals=[*others, *about])
    assert not_told(load, judged, second) is not right


@pytest.mark.parametrize("newer_page_came", [True, False])
def test_a_page_that_a_newer_one_replaced_need_not_come_if_the_newer_one_does(newer_page_came: bool) -> None:
    load = a_drill()
    evidence = faultless(load)
    breach = next(fact for fact in evidence.facts if fact.threshold == BREACH)
    page = next(one for one in evidence.arrivals if one.kind == "page" and one.alert == breach.clock)
    silent = without_pages(evidence, breach)
    newer = [replace(page, id="newer", generation=breach.generation + 1)] if newer_page_came else []
    cut_off = {"state": "cancelled", "reason": "reopened"}
    judged = replace(
        silent,
        arrivals=[*silent.arrivals, *newer],
        deliveries=[one | cut_off if one["id"] == page.id else one for one in silent.deliveries],
    )
    assert not_told(load, judged, breach) is not newer_page_came


@pytest.mark.parametrize("after_the_breach", [True, False])
def test_a_warning_may_be_cancelled_only_after_the_due_instant_that_it_announces(after_the_breach: bool) -> None:
    load = a_drill()
    evidence = faultless(load)
    breach = next(fact for fact in evidence.facts if fact.threshold == BREACH)
    warning = next(
        fact for fact in evidence.facts
        if (fact.clock, fact.generation) == (breach.clock, breach.generation) and fact.threshold != BREACH
    )  # fmt: skip
    kind = next(one for one in evidence.arrivals if (one.alert, one.threshold) == (warning.clock, warning.threshold))
    cancelled = {
        "state": "cancelled", "reason": "overtaken",
        "finished_at": (breach.at + (MOMENT if after_the_breach else -MOMENT)).isoformat(),
    }  # fmt: skip
    announced = replace(warning, due_at=breach.at)
    judged = replace(
        evidence,
        facts=[announced if one is warning else one for one in evidence.facts],
        arrivals=[one for one in evidence.arrivals if one.id != kind.id],
        deliveries=[one | cancelled if one["id"] == kind.id else one for one in evidence.deliveries],
    )
    assert not_told(load, judged, announced) is not after_the_breach
