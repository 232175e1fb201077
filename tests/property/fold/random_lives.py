"""Random incidents on whole minutes, as canonical events and as the walker's happenings, and a random simple plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.build.rulebook import ALWAYS, contract, coverage, plan, row, rulebook
from tests.oracle.clock_walker import Happening, Row, SimplePlan
from tests.oracle.minute_walker import MinuteWalker

from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_domain.metrics import BUILT_IN
from sla_domain.plan import PriorityChangeMode
from sla_domain.rulebook import Rulebook

START = datetime(2026, 11, 16, 6, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
DAYS = 8
END = DAYS * 24 * 60
LAST_EVENT = 3 * 24 * 60
METRICS = ("first_response", "next_response", "resolution")
PRIORITIES = ("P1", "P2", "P3", "P4")

_HOURS = {
    "office": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "split": {day: [["08:00", "12:00"], ["13:00", "16:30"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")},
}
_OFFICE = coverage("office", "mon-fri 09:00-17:00")
_SPLIT = coverage("split", "mon-sat 08:00-12:00;mon-sat 13:00-16:30")
_WALKERS = {
    name: MinuteWalker({"tz": "Europe/Warsaw", "weekly": weekly}, START, START + (DAYS + 20) * timedelta(days=1))
    for name, weekly in _HOURS.items()
}

_KINDS = {
    "opened": EventKind.OPENED,
    "responded": EventKind.RESPONDED,
    "replied": EventKind.CUSTOMER_REPLIED,
    "waits": EventKind.WAITING,
    "resumed": EventKind.RESUMED,
    "priority": EventKind.PRIORITY_CHANGED,
    "workaround": EventKind.WORKAROUND_PROVIDED,
    "resolved": EventKind.RESOLVED,
    "reopened": EventKind.REOPENED,
    "closed": EventKind.CLOSED,
    "cancelled": EventKind.CANCELLED,
}


@dataclass(frozen=True)
class Life:
    """One incident in both forms."""

    happenings: tuple[Happening, ...]
    events: tuple[IncidentEvent, ...]


@dataclass(frozen=True)
class Promise:
    """One plan in both forms."""

    simple: SimplePlan
    rulebook: Rulebook
    text: str

    def __repr__(self) -> str:
        return self.text


@st.composite
def promises(draw: st.DrawFn) -> Promise:
    """Rows by metric and priority, some shared, some missing, in different hours."""
    restart = draw(st.booleans())
    rows, simple, said = [], dict[str, dict[str, Row]](), []
    for metric in METRICS:
        simple[metric] = {}
        for names in (("P1",), ("P2", "P3")):
            if draw(st.integers(0, 9)) == 0:
                continue
            minutes = draw(st.sampled_from((0, 40, 60, 100, 120, 240, 480, 960)))
            hours = draw(st.sampled_from(("office", "split", "always", "wall")))
            percents = tuple(draw(st.lists(st.sampled_from((25, 50, 75, 100)), max_size=2, unique=True)))
            befores = tuple(draw(st.lists(st.sampled_from((30, 60, 120)), max_size=1)))
            time = f"wall {minutes}m" if hours == "wall" else f"{minutes}m"
            warn: tuple[int | str, ...] = (*percents, *(f"{before}m" for before in befores))
            rows.append(row(metric, time, "office" if hours == "wall" else hours, priority=names, warn=warn))
            known = Row(minutes, _counts(hours), percents, befores)
            simple[metric] |= dict.fromkeys(names, known)
            said.append(f"{metric} {names} {minutes}m {hours} warn {warn}")
    return Promise(
        SimplePlan(simple, restart),
        _rulebook(rows, restart),
        f"<restart={restart}; {'; '.join(said)}>",
    )


def _rulebook(rows: Sequence[Any], restart: bool) -> Rulebook:
    mode = PriorityChangeMode.RESTART if restart else PriorityChangeMode.RETARGET
    metrics = []
    for metric in BUILT_IN.values():
        if metric.id in METRICS:
            changed = {name: getattr(metric, name) for name in metric.__dataclass_fields__ if name != "reactions"}
            metrics.append(type(metric)(**(changed | {"on_priority_change": mode})))
    return rulebook(plan(*rows, coverages=(_OFFICE, _SPLIT, ALWAYS), metrics=metrics), contract())


def _counts(hours: str) -> Any:
    if hours in ("always", "wall"):
        return lambda minute: True
    walker = _WALKERS[hours]
    return lambda minute: walker.open[minute]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """An opening and up to ten more events, several of which may share a minute."""
    count = draw(st.integers(0, 10))
    minutes = sorted(draw(st.lists(_minute(), min_size=count, max_size=count)))
    happenings = [Happening(draw(_minute(limit=24 * 60)), "opened", "customer", draw(st.sampled_from(PRIORITIES)))]
    for minute in minutes:
        happenings.append(draw(_happening(max(minute, happenings[0].minute))))
    return Life(tuple(happenings), tuple(_event(i, it) for i, it in enumerate(happenings)))


def _minute(limit: int = LAST_EVENT) -> st.SearchStrategy[int]:
    """Any minute, often a round one: ties with openings, closes and due instants are what goes wrong."""
    return st.one_of(st.integers(0, limit // 30).map(lambda half_hours: half_hours * 30), st.integers(0, limit))


@st.composite
def _happening(draw: st.DrawFn, minute: int) -> Happening:
    kind = draw(st.sampled_from([*_KINDS][1:]))
    who, what = "staff", ""
    match kind:
        case "responded":
            who = draw(st.sampled_from(("staff", "staff", "bot")))
        case "replied":
            who = "customer"
        case "reopened":
            who = draw(st.sampled_from(("staff", "customer")))
        case "waits":
            what = draw(st.sampled_from(("customer", "vendor", "other")))
        case "priority":
            what = draw(st.sampled_from(PRIORITIES))
        case _:
            pass
    return Happening(minute, kind, who, what)


def _event(number: int, it: Happening) -> IncidentEvent:
    at = START + it.minute * MINUTE
    attributes = {"customer": "acme", "description": "broken"} if it.kind == "opened" else {}
    if it.kind in ("opened", "priority"):
        attributes["priority"] = it.what
    return IncidentEvent(
        id=EventId(f"e{number}"),
        incident=IncidentId("INC-1"),
        kind=_KINDS[it.kind],
        occurred_at=at,
        received_at=at,
        source="test",
        version=number,
        actor=Actor(it.who),
        attributes=attributes,
        waiting_on=WaitingOn(it.what) if it.kind == "waits" else None,
    )
