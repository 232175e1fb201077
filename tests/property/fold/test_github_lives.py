"""Random lives of an issue on GitHub's whole-second clock, some deliveries lost, late or sent twice: the last one that
arrives shows the whole issue, and slad knows it as it stands."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.build.github import CREATED, ROBOT, Issue, read
from tests.build.rulebook import contract, plan, row, rulebook

from sla_domain.event import IncidentEvent
from sla_domain.fold import Folding, fold, timeline
from sla_domain.phase import Phase

RULES = rulebook(
    plan(
        *(
            row("resolution", time, "always", priority=name)
            for name, time in (("P1", "4h"), ("P2", "8h"), ("P3", "40h"))
        ),
        row("first_response", "1h", "always"),
        row("next_response", "1h", "always"),
        priorities=("P1", "P2", "P3"),
    ),
    contract(id_="house"),
    contract(id_="polaris", customers=("Polaris",)),
)
LABELS = ("sev1", "sev2", "waiting", "upstream", "customer:Polaris", "product:shop", "bug")
ACTS = (*LABELS, *LABELS, "close", "close", "decline", "comment", "bot", "pinned", "assign")
# What is done, how many seconds later, whether its delivery is lost, whether it comes late, whether it comes twice.
LIVES = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.sampled_from((0, 0, 1, 1, 3_600, 40_000)),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


def _done(issue: Issue, act: str) -> bytes:
    if act in LABELS:
        return issue.unlabeled(act) if act in issue.labels else issue.labeled(act)
    match act:
        case "close" | "decline":
            if issue.state == "closed":
                return issue.reopened()
            return issue.closed("completed" if act == "close" else "not_planned")
        case "comment":
            return issue.comment()
        case "bot":
            return issue.comment(ROBOT)
        case "assign":
            return issue.assigned(None if issue.assignee else "ann")
        case _:
            return issue.quiet(act)


def _stands(issue: Issue) -> tuple[Phase, str, str, str, str]:
    labels = set(issue.labels)
    phase = Phase.WAITING if labels & {"waiting", "upstream"} else Phase.OPEN
    if issue.state == "closed":
        phase = Phase.RESOLVED if issue.reason == "completed" else Phase.CANCELLED
    priority = "P1" if "sev1" in labels else "P2" if "sev2" in labels else "P3"
    customer = "Polaris" if "customer:Polaris" in labels else ""
    return phase, priority, customer, "shop" if "product:shop" in labels else "", issue.assignee or ""


@settings(max_examples=150, deadline=None)
@given(LIVES, st.booleans(), st.integers(0, 1_000))
@example(
    [("close", 0, False, False, False), ("close", 1, True, False, False), ("decline", 0, True, False, False)], True, 0
)
@example(
    [
        ("sev1", 0, False, False, False), ("sev1", 0, False, False, False), ("sev1", 0, False, False, False),
        ("comment", 0, False, False, False),
    ],
    True,
    0,
)  # fmt: skip
def test_slad_knows_the_issue_as_its_last_delivery_shows_it(
    life: list[tuple[str, int, bool, bool, bool]], opening_is_lost: bool, seed: int
) -> None:
    issue = Issue()
    body = issue.opened()
    sent = [] if opening_is_lost else [(issue.at, body)]
    late, last = [], []
    for act, seconds, lost, slow, twice in life:
        body = _done(issue.later(seconds=seconds), act)
        last = [(issue.at, body)]
        if not lost:
            # Those of one second arrive in their order: nothing else tells it.
            (late if slow and seconds > 1 else sent).extend(last * (2 if twice else 1))
    last = [(issue.later(seconds=2).at, issue.quiet("pinned"))]
    random = Random(seed)
    random.shuffle(late)
    events = _arrived([*sent, *late, *last])
    incident = fold(events, RULES)
    stated = incident.attributes
    assert (
        incident.phase,
        incident.priority,
        stated.get("customer", ""),
        stated.get("product", ""),
        stated.get("assignee", ""),
    ) == _stands(issue)
    assert incident.opened_at == CREATED
    random.shuffle(events)
    assert fold(events, RULES) == incident, "the order of arrival here makes no difference"
    assert _carried_on(events) == incident
    needed = _kept(events)
    assert _stands_as(fold(needed, RULES)) == _stands_as(incident), "looks that tell nothing need not be stored"


def _arrived(sent: list[tuple[object, bytes]]) -> list[IncidentEvent]:
    """Each delivery is received a second after the one before; one that comes twice has its id again."""
    at, found = CREATED + timedelta(days=30), dict[str, IncidentEvent]()
    for _, body in sent:
        at += timedelta(seconds=1)
        for event in read(body, at):
            found.setdefault(event.id, event)
    return list(found.values())


def _carried_on(events: list[IncidentEvent]) -> object:
    """Read one by one as they come, from the first event again only where that is needed."""
    known: list[IncidentEvent] = []
    folding: Folding | None = None
    for event in sorted(events, key=lambda event: event.received_at):
        known.append(event)
        if folding is None or folding.unfit([event]) is not None:
            line = timeline(known)
            folding = Folding(line, RULES)
            folding.read_timeline(line.following)
        else:
            folding.read_next([event])
        assert folding.incident() == fold(known, RULES)
    return folding.incident() if folding is not None else None


def _kept(events: list[IncidentEvent]) -> list[IncidentEvent]:
    """What the door stores of them, as they come: a look at the issue only when it tells something."""
    known: list[IncidentEvent] = []
    for event in sorted(events, key=lambda event: event.received_at):
        if event.kind.value == "observed" and known:
            line = timeline(known)
            folding = Folding(line, RULES)
            folding.read_timeline(line.following)
            if folding.unfit([event]) is None and not folding.snapshot_differs(event):
                continue
        known.append(event)
    return known


def _stands_as(incident: object) -> object:
    names = ("phase", "priority", "ended_at", "match", "opened_at", "attributes")
    return tuple(getattr(incident, name) for name in names)
