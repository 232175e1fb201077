"""Outcomes → figures: attainment by priority and month, agreement with somebody else's verdict. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sla_domain.calendar import load_zone
from sla_standalone.replay.judge import Outcome, Verdict


@dataclass(slots=True)
class Tally:
    """How many clocks came to which verdict."""

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))

    def add(self, verdict: Verdict) -> None:
        self.counts[verdict] += 1

    @property
    def met(self) -> int:
        return self.counts[Verdict.MET]

    @property
    def missed(self) -> int:
        """Missed, or overdue at the end of the log."""
        return self.counts[Verdict.MISSED] + self.counts[Verdict.OVERDUE]

    @property
    def ratio(self) -> float | None:
        """met / (met + missed), the attainment; None while nothing has been decided."""
        decided = self.met + self.missed
        return self.met / decided if decided else None


@dataclass(frozen=True, slots=True)
class Group:
    """One line of an attainment table."""

    contract: str
    metric: str
    priority: str
    month: str  # `2026-11`


def attainment(outcomes: Iterable[Outcome]) -> dict[Group, Tally]:
    """By contract, metric, priority and month, in that order.

    The month is that of the verdict in the contract's zone: when the clock stopped, or for one that is overdue when it
    was due; a clock without a verdict counts in the month in which it started.
    """
    found: dict[tuple[str, str, str, str], Tally] = {}
    for outcome in outcomes:
        key = outcome.contract, outcome.metric, outcome.priority, month_of(outcome)
        tally = found.get(key)
        if tally is None:
            tally = found[key] = Tally()
        tally.counts[outcome.verdict] += 1
    return {Group(*key): found[key] for key in sorted(found)}


def month_of(outcome: Outcome) -> str:
    at = outcome.ended_at or outcome.breached_at or outcome.started_at
    local = at.astimezone(load_zone(outcome.zone))
    return f"{local.year:04}-{local.month:02}"


@dataclass(slots=True)
class Confusion:
    """Our verdict against another: the first word is ours."""

    met_met: int = 0
    met_missed: int = 0
    missed_met: int = 0
    missed_missed: int = 0
    undecided: int = 0  # the other has a verdict, our clock has none: open, cancelled, exempt or never started

    @property
    def compared(self) -> int:
        return self.met_met + self.met_missed + self.missed_met + self.missed_missed

    @property
    def agree(self) -> int:
        return self.met_met + self.missed_missed

    @property
    def ratio(self) -> float | None:
        return self.agree / self.compared if self.compared else None

    def add(self, ours: bool | None, theirs: bool) -> None:
        match ours, theirs:
            case True, True:
                self.met_met += 1
            case True, False:
                self.met_missed += 1
            case False, True:
                self.missed_met += 1
            case False, False:
                self.missed_missed += 1
            case _:
                self.undecided += 1


@dataclass(frozen=True, slots=True)
class Disagreement:
    incident: str
    metric: str
    priority: str
    ours: Verdict | None
    theirs: bool
    outcome: Outcome | None


@dataclass(slots=True)
class Agreement:
    """Against a verdict column; `priority` is that of the clock, '' where there is none."""

    whole: Confusion = field(default_factory=Confusion)
    by_priority: dict[str, Confusion] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)


def agreement(outcomes: Iterable[Outcome], claims: Mapping[str, Mapping[str, bool]]) -> Agreement:
    """Compares the last cycle of each claimed metric; the earlier ones were overtaken by it."""
    last: dict[tuple[str, str], Outcome] = {}
    for outcome in outcomes:
        key = outcome.incident, outcome.metric
        if key not in last or last[key].cycle < outcome.cycle:
            last[key] = outcome
    found = Agreement()
    for incident, metric, theirs in _claims(claims):
        ended = last.get((incident, metric))
        verdict = None if ended is None else ended.verdict
        priority = "" if ended is None else ended.priority
        ours = None if verdict is None else verdict.kept
        found.whole.add(ours, theirs)
        found.by_priority.setdefault(priority, Confusion()).add(ours, theirs)
        if ours is not theirs:
            found.disagreements.append(Disagreement(incident, metric, priority, verdict, theirs, ended))
    found.by_priority = dict(sorted(found.by_priority.items()))
    return found


def _claims(claims: Mapping[str, Mapping[str, bool]]) -> Iterator[tuple[str, str, bool]]:
    for incident, metrics in claims.items():
        for metric, theirs in metrics.items():
            yield incident, metric, theirs
