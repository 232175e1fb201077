"""Figures from outcomes: attainment by priority and month, agreement with another system's verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sla_domain.calendar import load_zone
from sla_standalone.replay.judge import ClockOutcome, Verdict


@dataclass(slots=True)
class VerdictCounts:
    """The numbers of clocks by verdict (`counts`), and the attainment (`ratio`).

    Call `add` for each clock. The attainment is the share of targets met.
    """

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))

    def add(self, verdict: Verdict) -> None:
        """Count one clock with this verdict."""
        self.counts[verdict] += 1

    def merge(self, other: VerdictCounts) -> None:
        """Add the counts of `other`, which has counted another part of the log."""
        for verdict, count in other.counts.items():
            self.counts[verdict] += count

    @property
    def met(self) -> int:
        """Return how many clocks met their target."""
        return self.counts[Verdict.MET]

    @property
    def missed(self) -> int:
        """Return how many clocks missed their target, or were overdue at the end of the log."""
        return self.counts[Verdict.MISSED] + self.counts[Verdict.OVERDUE]

    @property
    def ratio(self) -> float | None:
        """Return the attainment, the share of targets met: met ÷ (met + missed), from 0 to 1.

        The result is None if no clock was met or missed.
        """
        decided = self.met + self.missed
        return self.met / decided if decided else None


class Group(NamedTuple):
    """The clocks that are counted together in one line of the attainment table.

    They have the same contract, metric, priority and month.
    """

    contract: str
    metric: str
    priority: str
    month: str
    """For example, `2026-11`. See `month_of`."""


def month_of(outcome: ClockOutcome) -> str:
    """Return the month in which a clock is counted, such as `2026-11`, in the time zone of its contract.

    This is the month in which the clock stopped. If the clock has not stopped, it is the month of the breach, or, if
    there is no breach, the month of the start.
    """
    at = outcome.ended_at or outcome.breached_at or outcome.started_at
    local = at.astimezone(load_zone(outcome.zone))
    return f"{local.year:04}-{local.month:02}"


@dataclass(slots=True)
class ConfusionMatrix:
    """The numbers of clocks by slad's verdict and another system's verdict.

    Call `add` for each clock on which the other system has a verdict. In the name of a count, slad's verdict comes
    first: `met_missed` is the number of clocks that are met for slad and missed for the other system.
    """

    met_met: int = 0
    met_missed: int = 0
    missed_met: int = 0
    missed_missed: int = 0
    undecided: int = 0
    """Clocks without a verdict of slad, because they are open, cancelled, exempt or never started."""

    @property
    def compared(self) -> int:
        """Return how many clocks have a verdict from both slad and the other system."""
        return self.met_met + self.met_missed + self.missed_met + self.missed_missed

    @property
    def agree(self) -> int:
        """Return how many clocks have the same verdict from slad and from the other system."""
        return self.met_met + self.missed_missed

    @property
    def ratio(self) -> float | None:
        """Return the share of clocks with equal verdicts among the clocks on which both systems have a verdict.

        The share is from 0 to 1; None when there are no such clocks.
        """
        return self.agree / self.compared if self.compared else None

    def merge(self, other: ConfusionMatrix) -> None:
        """Add the counts of `other`, which has counted another part of the log."""
        self.met_met += other.met_met
        self.met_missed += other.met_missed
        self.missed_met += other.missed_met
        self.missed_missed += other.missed_missed
        self.undecided += other.undecided

    @property
    def disagree(self) -> int:
        """Return the number of clocks on which slad has no verdict, or another verdict than the other system.

        Clocks on which the other system has no verdict are not counted.
        """
        return self.compared - self.agree + self.undecided

    def add(self, ours: bool | None, theirs: bool) -> None:
        """Count the verdicts of slad and the other system on one clock.

        Args:
            ours: Slad's verdict. True means met, None means no verdict.
            theirs: The other system's verdict. True means met.
        """
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
    """A metric of an incident on which slad's verdict is not that of another system, or slad has no verdict."""

    incident: str
    metric: str
    priority: str
    """The priority of slad's clock. "" without a clock."""
    ours: Verdict | None
    """The verdict of slad's clock. None if there is no such clock."""
    theirs: bool
    """The other system's verdict. True means met."""
    outcome: ClockOutcome | None
    """The result of slad's clock. None if there is no such clock."""


@dataclass(slots=True)
class VerdictAgreement:
    """Counts of how often slad's verdicts agree with another system's. Call `add` for each incident."""

    whole: ConfusionMatrix = field(default_factory=ConfusionMatrix)
    """The counts over all incidents."""
    by_priority: dict[str, ConfusionMatrix] = field(default_factory=dict)
    """Maps the priority of slad's clock to its counts. The priority is "" if slad has no clock."""

    def add(self, outcomes: Iterable[ClockOutcome], incident: str, claims: Mapping[str, bool]) -> list[Disagreement]:
        """Compare and count the verdicts of slad and of another system on one incident; return the differences.

        If slad has no verdict on a metric, the metric is counted as undecided, and is one of the differences. If slad
        has several clocks of a metric, only the last is compared, since the other system's verdict is about the end of
        the incident.

        Args:
            outcomes: The results of slad's clocks.
            claims: Maps a metric to the other system's verdict. True means met.
        """
        last: dict[str, ClockOutcome] = {}
        for outcome in outcomes:
            if outcome.metric not in last or last[outcome.metric].cycle < outcome.cycle:
                last[outcome.metric] = outcome
        found = []
        for metric, theirs in claims.items():
            ended = last.get(metric)
            verdict = None if ended is None else ended.verdict
            priority = "" if ended is None else ended.priority
            ours = None if verdict is None else verdict.kept
            self.whole.add(ours, theirs)
            self.by_priority.setdefault(priority, ConfusionMatrix()).add(ours, theirs)
            if ours is not theirs:
                found.append(Disagreement(incident, metric, priority, verdict, theirs, ended))
        return found

    def merge(self, other: VerdictAgreement) -> None:
        """Add the counts of `other`, which has counted another part of the log."""
        self.whole.merge(other.whole)
        for priority, part in other.by_priority.items():
            self.by_priority.setdefault(priority, ConfusionMatrix()).merge(part)
