"""Lost, late and contradicting GitHub deliveries: what the next one shows of the whole issue puts slad right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from tests.build.github import CREATED, DESK, REPORTER, ROBOT, Issue, read
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import clock_of

from sla_catalogue.source import Lookup, TicketPhase
from sla_domain.clock import ClockState
from sla_domain.event import IncidentEvent, TimeQuality, WaitingOn
from sla_domain.fold import Folding, Unfit, fold, timeline
from sla_domain.incident import Incident, PriorityWhy, RemarkKind
from sla_domain.phase import Phase as Standing
from sla_domain.plan import DowngradeMode, PriorityRules

ROWS = tuple(
    row(metric, time, "always", priority=priority)
    for metric, times in {"first_response": ("1h", "2h", "8h"), "resolution": ("8h", "16h", "72h")}.items()
    for priority, time in zip(("P1", "P2", "P3"), times, strict=True)
)
PRIORITIES = ("P1", "P2", "P3")
RULES = rulebook(
    plan(*ROWS, priorities=PRIORITIES), contract(id_="house"), contract(id_="polaris", customers=("Polaris",))
)


def known(*deliveries: bytes) -> list[IncidentEvent]:
    """The events, each delivery received a second after the one before."""
    return [event for n, body in enumerate(deliveries) for event in read(body, CREATED + timedelta(days=30, seconds=n))]


def story(*deliveries: bytes) -> Incident:
    return fold(known(*deliveries), RULES)


def kinds(incident: Incident) -> set[RemarkKind]:
    return {remark.kind for remark in incident.remarks}


def test_a_label_on_an_issue_whose_opening_was_missed_opens_it_as_it_was() -> None:
    issue = Issue(labels=["customer:Polaris"])
    incident = story(issue.later(days=5).labeled("sev1"))
    assert (incident.contract.id, incident.priority) == ("polaris", "P1")
    assert (incident.opened_at, incident.opened_quality) == (CREATED, TimeQuality.OBJECT_UPDATED)
    assert incident.attributes["title"] == "It is down"
    assert incident.attributes["url"].endswith("/issues/7")
    assert clock_of(incident, "resolution").due_at == CREATED + timedelta(hours=8)
    # The label was not there before: until then the plan's default was in force.
    assert [(period.priority, period.start) for period in incident.priorities] == [
        ("P3", CREATED), ("P1", CREATED + timedelta(days=5)),
    ]  # fmt: skip


def test_the_customer_label_itself_may_be_the_first_that_is_heard() -> None:
    incident = story(Issue(labels=["sev1"]).later(days=5).labeled("customer:Polaris"))
    assert (incident.contract.id, incident.priority, incident.opened_at) == ("polaris", "P1", CREATED)
    assert RemarkKind.DEFAULT_CONTRACT not in kinds(incident)


def test_the_same_is_known_whether_the_opening_was_received_or_not() -> None:
    issue = Issue()
    first, then = issue.opened(), issue.later(hours=3).labeled("sev1")
    whole, part = story(first, then), story(then)
    assert [(c.metric, c.due_at, c.started_at) for c in part.clocks] == [
        (c.metric, c.due_at, c.started_at) for c in whole.clocks
    ]
    assert RemarkKind.NO_OPENING in kinds(part)
    assert RemarkKind.NO_OPENING not in kinds(fold(known(then, first), RULES)), "it came after all"


@pytest.mark.parametrize("who", [REPORTER, ROBOT], ids=["customer", "bot"])
def test_thanks_on_a_closed_issue_opens_nothing(who: dict[str, str]) -> None:
    issue = Issue(labels=["customer:Polaris"])
    issue.later(hours=1).closed()
    incident = story(issue.later(days=3).comment(who))
    assert (incident.phase, incident.ended_at) == (Standing.RESOLVED, CREATED + timedelta(hours=1))
    assert [clock for clock in incident.clocks if clock.state.open] == []
    assert clock_of(incident, "resolution").state is ClockState.MET


def test_what_is_reopened_and_never_heard_of_counts_from_there() -> None:
    issue = Issue(labels=["sev1"])
    issue.later(hours=1).closed()
    incident = story(issue.later(days=9).reopened())
    assert (incident.phase, incident.opened_at) == (Standing.OPEN, CREATED)
    resolution = clock_of(incident, "resolution")
    assert resolution.due_at == issue.at + timedelta(hours=8), "nobody can say that it was broken before"


LATER = {
    "label": lambda issue: issue.labeled("bug"),
    "comment": lambda issue: issue.comment(),
    "customer": lambda issue: issue.comment(REPORTER),
    "bot": lambda issue: issue.comment(ROBOT),
    "edited comment": lambda issue: issue.comment(action="edited"),
    "pinned": lambda issue: issue.quiet("pinned"),
    "locked": lambda issue: issue.quiet("locked"),
    "milestoned": lambda issue: issue.quiet("milestoned"),
    "title": lambda issue: issue.retitled("It was down"),
    "assigned": lambda issue: issue.assigned("ann"),
    "typed": lambda issue: issue.quiet("typed"),
}


@pytest.mark.parametrize("what", LATER)
def test_a_lost_close_is_mended_by_the_next_delivery_of_any_kind(what: str) -> None:
    issue = Issue()
    told = [issue.opened(), issue.later(minutes=10).comment()]
    issue.later(hours=1).closed()
    closed_at = issue.at
    told.append(LATER[what](issue.later(days=60)))
    incident = story(*told)
    assert (incident.phase, incident.ended_at) == (Standing.RESOLVED, closed_at)
    assert clock_of(incident, "resolution").state is ClockState.MET
    (remark,) = [remark for remark in incident.remarks if remark.kind is RemarkKind.RECONCILED][:1]
    assert remark.text == "the ticket says resolved: no event had said so"
    assert remark.event == known(*told)[-1].id


def test_a_lost_close_that_comes_late_leaves_no_remark() -> None:
    issue = Issue()
    first, close = issue.opened(), issue.later(hours=1).closed()
    after = issue.later(days=2).comment(ROBOT)
    assert RemarkKind.RECONCILED in kinds(story(first, after))
    assert RemarkKind.RECONCILED not in kinds(story(first, after, close))
    assert story(first, after, close).clocks == replace(story(first, close, after)).clocks


@pytest.mark.parametrize("what", LATER)
def test_a_lost_reopening_is_mended_too(what: str) -> None:
    issue = Issue()
    told = [issue.opened(), issue.later(hours=1).closed()]
    issue.later(hours=1).reopened()
    incident = story(*told, LATER[what](issue.later(hours=1)))
    assert incident.phase is Standing.OPEN
    assert clock_of(incident, "resolution").state is ClockState.RUNNING


def test_reopened_and_closed_within_one_second_ends_met() -> None:
    issue = Issue()
    told = [issue.opened(), issue.later(hours=1).closed(), issue.later(hours=1).reopened(REPORTER), issue.closed()]
    incident = story(*told)
    assert (incident.phase, clock_of(incident, "resolution").state) == (Standing.RESOLVED, ClockState.MET)
    assert RemarkKind.RECONCILED not in kinds(incident)


def test_a_label_off_and_on_within_one_second_ends_paused() -> None:
    issue = Issue()
    told = [issue.opened(), issue.later(hours=1).labeled("waiting")]
    told += [issue.later(hours=1).unlabeled("waiting"), issue.labeled("waiting")]
    incident = story(*told)
    assert (incident.phase, clock_of(incident, "resolution").state) == (Standing.WAITING, ClockState.PAUSED)


def test_a_customer_who_has_answered_is_not_waited_for_because_the_label_is_still_there() -> None:
    issue = Issue()
    told = [issue.opened(), issue.later(hours=1).labeled("waiting"), issue.later(hours=1).comment(REPORTER)]
    assert story(*told, issue.later(hours=1).labeled("bug")).phase is Standing.OPEN
    issue.unlabeled("waiting")
    told.append(issue.later(hours=1).comment(ROBOT))
    issue.labeled("waiting")
    again = story(*told, issue.later(hours=1).comment(ROBOT))
    assert (again.phase, again.waits[-1].on) == (Standing.WAITING, WaitingOn.CUSTOMER)


def test_what_was_lost_of_labels_assignee_and_title_is_mended_and_said() -> None:
    issue = Issue()
    told = [issue.opened()]
    issue.labeled("sev1"), issue.labeled("customer:Polaris"), issue.labeled("product:shop")
    issue.assigned("bob"), issue.retitled("Worse"), issue.labeled("upstream")
    incident = story(*told, issue.later(hours=1).comment(ROBOT))
    stated = incident.attributes
    assert (incident.priority, incident.contract.id, incident.phase) == ("P1", "polaris", Standing.WAITING)
    assert (stated["product"], stated["assignee"], stated["title"]) == ("shop", "bob", "Worse")
    said = " ".join(remark.text for remark in incident.remarks if remark.kind is RemarkKind.RECONCILED)
    assert all(word in said for word in ("priority P1", "customer Polaris", "assignee bob", "waiting"))


def test_the_last_priority_label_taken_off_brings_the_default() -> None:
    issue = Issue(labels=["sev1"])
    told = [issue.opened(), issue.later(hours=1).unlabeled("sev1")]
    incident = story(*told)
    assert (incident.priority, incident.priorities[-1].why) == ("P3", PriorityWhy.TAKEN_AWAY)
    assert RemarkKind.TAKEN_AWAY in kinds(incident)
    assert clock_of(incident, "resolution").due_at == CREATED + timedelta(hours=72)
    again = story(*told, issue.later(hours=1).labeled("sev2"))
    assert again.priority == "P2"
    assert RemarkKind.TAKEN_AWAY not in kinds(again), "it has one again"


def test_customer_product_and_assignee_taken_away_are_none() -> None:
    issue = Issue(labels=["customer:Polaris", "product:shop"], assignee="ann")
    told = [issue.opened(), issue.later(hours=1).unlabeled("customer:Polaris"), issue.unlabeled("product:shop")]
    incident = story(*told, issue.assigned(None))
    assert (incident.attributes["customer"], incident.attributes["product"], incident.attributes["assignee"]) == (
        "", "", "",
    )  # fmt: skip
    assert incident.holders[-1].assignee == ""
    taken = {remark.text for remark in incident.remarks if remark.kind is RemarkKind.TAKEN_AWAY}
    assert taken == {
        f"{name} {was} was taken away: the incident has none"
        for name, was in (("customer", "Polaris"), ("product", "shop"), ("assignee", "ann"))
    }


def test_a_downgrade_that_waits_for_agreement_is_not_withdrawn_by_the_next_snapshot() -> None:
    rules = rulebook(
        plan(*ROWS, priorities=PRIORITIES, rules=PriorityRules(downgrade=DowngradeMode.BY_AGREEMENT)), contract()
    )
    issue = Issue(labels=["sev1"])
    told = [issue.opened(), issue.later(hours=1).labeled("sev2"), issue.unlabeled("sev1")]
    incident = fold(known(*told, issue.later(hours=1).comment(ROBOT)), rules)
    assert incident.priority == "P1"
    assert incident.pending_downgrade is not None


def test_the_snapshot_of_a_late_opening_holds_when_it_was_made() -> None:
    """An issue that was moved here is "opened" with the creation of long ago, and stands as it stands now."""
    issue = Issue(labels=["sev1"])
    issue.later(days=5)
    incident = story(issue.opened(), issue.later(hours=1).closed())
    assert (incident.opened_at, incident.ended_at) == (CREATED, issue.at)
    seen = known(issue.opened())[-1]
    assert seen.snapshot is not None
    assert (seen.occurred_at, seen.snapshot.at) == (CREATED, issue.at)


def test_a_comment_is_read_before_the_close_that_followed_it_within_its_delivery() -> None:
    issue = Issue()
    opened = issue.opened()
    issue.later(minutes=30)
    comment = issue.comment().replace(b'"state":"open"', b'"state":"closed"')
    at = issue.later(hours=2).at
    shown = f"{at:%Y-%m-%dT%H:%M:%SZ}".encode()
    comment = comment.replace(b'"closed_at":null', b'"closed_at":"' + shown + b'"')
    comment = comment.replace(b'"updated_at":"2026-11-16T09:30:00Z"', b'"updated_at":"' + shown + b'"')
    incident = story(opened, comment)
    assert (incident.phase, incident.ended_at) == (Standing.RESOLVED, at)
    response = clock_of(incident, "first_response")
    assert (response.state, response.stopped_at) == (ClockState.MET, CREATED + timedelta(minutes=30))


@pytest.mark.parametrize("action", ["transferred", "deleted"])
def test_an_issue_that_has_gone_stands_nowhere(action: str) -> None:
    issue = Issue()
    for event in read(issue.later(hours=1).quiet(action), issue.at):
        assert event.snapshot is None


def test_a_label_that_means_an_end_does_not_close_what_was_reopened() -> None:
    desk = replace(DESK, labels={"fixed": TicketPhase.RESOLVED, "declined": TicketPhase.CANCELLED})
    issue = Issue()
    told = [issue.opened(), issue.later(hours=1).labeled("fixed"), issue.later(hours=1).closed()]
    told += [issue.later(hours=1).reopened(), issue.later(hours=1).comment(ROBOT)]
    events = [event for n, body in enumerate(told) for event in read(body, issue.at + timedelta(seconds=n), desk)]
    phases = [fold(events[: n + 1], RULES).phase for n in range(len(events))]
    assert phases == [Standing.OPEN, *[Standing.RESOLVED] * 2, *[Standing.OPEN] * 2]


def test_declined_by_a_label_and_then_closed_stays_declined() -> None:
    desk = replace(DESK, labels={"declined": TicketPhase.CANCELLED})
    issue = Issue()
    told = [issue.opened(), issue.later(hours=1).labeled("declined"), issue.later(hours=1).closed()]
    events = [event for n, body in enumerate(told) for event in read(body, issue.at + timedelta(seconds=n), desk)]
    assert fold(events, RULES).phase is Standing.CANCELLED


def test_what_the_body_does_not_state_is_not_taken_away() -> None:
    desk = replace(DESK, customer=Lookup(field="issue.customer.name"))
    issue = Issue(labels=["sev1"], assignee="ann")
    whole = issue.opened().replace(b'"issue":{', b'"issue":{"customer":{"name":"Polaris"},')
    bare = b'{"action":"pinned","issue":{"id":77,"updated_at":"2026-11-16T12:00:00Z"},"repository":{},"sender":{}}'
    events = [*read(whole, issue.at, desk), *read(bare, issue.at + timedelta(hours=4), desk)]
    incident = fold(events, RULES)
    assert (incident.priority, incident.contract.id, incident.phase) == ("P1", "polaris", Standing.OPEN)
    assert incident.attributes["assignee"] == "ann"
    assert kinds(incident) & {RemarkKind.RECONCILED, RemarkKind.TAKEN_AWAY} == set()


def test_a_title_alone_is_no_description() -> None:
    rules = PriorityRules(without_description="P3")
    book = rulebook(plan(*ROWS, priorities=PRIORITIES, rules=rules), contract())
    issue = Issue(labels=["sev1"], body=None)
    told = [issue.opened(), issue.later(hours=1).retitled("Down"), issue.later(hours=1).comment(ROBOT)]
    before = fold(known(*told), book)
    assert (before.priority, kinds(before) >= {RemarkKind.MISSING_DESCRIPTION}) == ("P3", True)
    issue.body = "All of it."
    after = fold(known(*told, issue.later(hours=1).comment(ROBOT)), book)
    assert (after.priority, RemarkKind.MISSING_DESCRIPTION in kinds(after)) == ("P1", False)


Change = tuple[Any, ...]
CHANGES: dict[str, tuple[list[str], list[Change]]] = {
    "another priority": (["sev1"], [("unlabeled", "sev1"), ("labeled", "sev3")]),
    "the other way round": (["sev1"], [("labeled", "sev3"), ("unlabeled", "sev1")]),
    "off and on": (["waiting"], [("unlabeled", "waiting"), ("labeled", "waiting")]),
    "on and off": ([], [("labeled", "sev1"), ("unlabeled", "sev1")]),
    "through three": (
        ["sev2"],
        [("unlabeled", "sev2"), ("labeled", "sev1"), ("unlabeled", "sev1"), ("labeled", "sev3")],
    ),
    "another customer": (["customer:Polaris"], [("unlabeled", "customer:Polaris"), ("labeled", "customer:Umbra")]),
    "closed and reopened": ([], [("closed",), ("reopened",)]),
    "reopened and closed": ([], [("closed",), ("reopened",), ("closed",)]),
    "answered and closed": ([], [("comment",), ("closed",)]),
    "closed by the reporter, who says why": (["sev1"], [("unlabeled", "sev1"), ("comment", REPORTER), ("closed",)]),
    "handed on and off": ([], [("assigned", "ann"), ("assigned", None)]),
    "labelled and closed": (["waiting"], [("unlabeled", "waiting"), ("labeled", "sev1"), ("closed",)]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_of_one_second_are_read_as_they_happened_in_whatever_order_they_arrive(name: str) -> None:
    """O2: `labeled` before `unlabeled` gave the default priority."""
    labels, changes = CHANGES[name]
    issue = Issue(labels=list(labels))
    opened = issue.opened()
    issue.later(hours=1)
    told = [getattr(issue, action)(*args) for action, *args in changes]
    expected = story(opened, *told)
    lasting = (expected.priority, expected.phase, expected.attributes, expected.match.contract.id)
    for order in permutations(told):
        if len(set(map(hash, told))) < len(told):
            continue
        found = story(opened, *order)
        assert (found.priority, found.phase, found.attributes, found.match.contract.id) == lasting
        assert [(c.id, c.state, c.due_at, c.stopped_at) for c in found.clocks] == [
            (c.id, c.state, c.due_at, c.stopped_at) for c in expected.clocks
        ]


MANY: dict[str, list[Change]] = {
    "as a form of an issue does": [
        ("labeled", "sev2"), ("labeled", "waiting"), ("labeled", "product:web"), ("labeled", "customer:Polaris"),
        ("assigned", "ann"), ("retitled", "Down"),
    ],
    "as a bot does that closes": [
        ("closed",), ("unlabeled", "sev1"), ("retitled", "Old"), ("labeled", "stale"), ("assigned", "ann"),
        ("reopened",),
    ],
    "back and forth": [
        ("labeled", "sev2"), ("unlabeled", "sev2"), ("comment", REPORTER), ("retitled", "Down"), ("comment",),
        ("labeled", "waiting"), ("assigned", "ann"), ("closed",),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_many_changes_of_one_second_are_read_as_they_happened(name: str) -> None:
    issue = Issue(labels=["sev1"])
    opened = issue.opened()
    issue.later(hours=1)
    told = [getattr(issue, action)(*args) for action, *args in MANY[name]]
    orders = [told, told[::-1], told[1::2] + told[::2], told[3:] + told[:3]]
    found = [story(opened, *order) for order in orders]
    lasting = found[0].attributes
    assert (lasting["title"], lasting["assignee"]) == (issue.title, issue.assignee or "")
    assert found[0].phase.live is (issue.state == "open")
    for incident in found[1:]:
        assert (incident.priority, incident.phase, incident.attributes) == (
            found[0].priority, found[0].phase, lasting,
        )  # fmt: skip


def test_a_kept_fold_reads_the_changes_of_one_second_anew() -> None:
    issue = Issue(labels=["sev1"])
    opened = issue.opened()
    issue.later(hours=1)
    off, on = issue.unlabeled("sev1"), issue.labeled("sev3")
    first, second, third = known(opened, on, off)
    line = timeline([first])
    for parts in ([second], [third]), ([second, third],):
        folding = Folding(line, RULES)
        reasons = []
        for part in parts:
            reasons.append(folding.unfit(part))
            folding.read_next(part)
        assert reasons[-1] is Unfit.LATE
    assert fold([first, second, third], RULES).priority == "P3"
