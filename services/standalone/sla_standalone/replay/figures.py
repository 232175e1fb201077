"""The figures of a replay, summed up incident by incident, in whichever process each was judged. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sla_standalone.replay.count import Disagreement, Group, VerdictAgreement, VerdictCounts, month_of
from sla_standalone.replay.difference import ChangedOutcome, OutcomeChange, changed_outcomes
from sla_standalone.replay.judge import ClockOutcome
from sla_standalone.replay.record import Record

SHOWN = 20  # of the disagreements and of the changes, the first of the log are kept for people
_MANY = 10 * SHOWN
T = TypeVar("T")


@dataclass(slots=True)
class Figures:
    """The counts of a replay (past incidents of a log judged by a plan), with examples of verdicts that differ.

    Call `add` for each incident, and `close` at the end. Differences from another system's verdicts are in
    `disagreements`, and differences from a second plan in `turned`. `close` keeps the first 20 (SHOWN) of each.
    """

    tallies: dict[Group, VerdictCounts] = field(default_factory=dict)
    """Counts of verdicts under the first plan."""
    agreement: VerdictAgreement = field(default_factory=VerdictAgreement)
    """These verdicts compared with another system's. Empty if the log has no verdicts of another system."""
    disagreements: list[tuple[int, Disagreement]] = field(default_factory=list)
    """Pairs of a line of the log and a metric with different verdicts."""
    changes: Counter[OutcomeChange] = field(default_factory=Counter)
    """Maps a kind of change under a second plan to the number of clocks."""
    turned: list[tuple[int, ChangedOutcome]] = field(default_factory=list)
    """Pairs of a line and a changed clock, without clocks that only got another due instant."""

    def add(self, record: Record) -> None:
        """Count the outcomes of one incident.

        Args:
            record: The incident's outcomes under one plan, or under two plans to compare. An open clock must already
                be judged as of the end of the log: pass the result of `Record.settled`.
        """
        outcomes = record.outcomes[0]
        self._count(outcomes)
        if record.claims:
            disagreeing = self.agreement.add(outcomes, record.incident, record.claims)
            self.disagreements += [(record.line, one) for one in disagreeing]
        if len(record.outcomes) == 2:
            changes = changed_outcomes(*record.outcomes)
            self.changes.update(change.turn for change in changes)
            self.turned += [(record.line, change) for change in changes if change.turn is not OutcomeChange.MOVED]
        if len(self.disagreements) + len(self.turned) > _MANY:
            self.close()

    def merge(self, other: Figures) -> None:
        """Add the figures of `other`, which has counted another part of the log.

        Only the first 20 items (SHOWN) of `disagreements` and of `turned` are kept.
        """
        for group, tally in other.tallies.items():
            self.tallies.setdefault(group, VerdictCounts()).merge(tally)
        self.agreement.merge(other.agreement)
        self.changes.update(other.changes)
        self.disagreements += other.disagreements
        self.turned += other.turned
        self.close()

    def close(self) -> None:
        """Keep only the first 20 items (SHOWN) of `disagreements` and of `turned`, in the order of the log."""
        self.disagreements = _first(self.disagreements)
        self.turned = _first(self.turned)

    @property
    def compares(self) -> bool:
        """Return True if another system's verdicts were in the log, so that they are compared with slad's."""
        return bool(self.agreement.by_priority)

    @property
    def attainment(self) -> dict[Group, VerdictCounts]:
        """Return the counts of verdicts by contract, metric, priority and month, sorted in that order.

        The month of a clock is the one that `month_of` returns.
        """
        return dict(sorted(self.tallies.items()))

    @property
    def totals(self) -> dict[str, VerdictCounts]:
        """Return the counts of verdicts by metric, sorted by metric."""
        found: dict[str, VerdictCounts] = {}
        for group, tally in self.tallies.items():
            found.setdefault(group.metric, VerdictCounts()).merge(tally)
        return dict(sorted(found.items()))

    def _count(self, outcomes: Iterable[ClockOutcome]) -> None:
        for outcome in outcomes:
            group = Group(outcome.contract, outcome.metric, outcome.priority, month_of(outcome))
            tally = self.tallies.get(group)
            if tally is None:
                tally = self.tallies[group] = VerdictCounts()
            tally.add(outcome.verdict)


def _first(found: list[tuple[int, T]]) -> list[tuple[int, T]]:
    found.sort(key=lambda one: one[0])
    return found[:SHOWN]


def disagreements(record: Record) -> list[Disagreement]:
    """Return the metrics of one incident on which another system's verdict is not confirmed by slad.

    slad has another verdict on such a metric, or none.

    The result is [] if the log has no verdicts of another system on the incident.

    Args:
        record: The incident's results.
    """
    claims: Mapping[str, bool] = record.claims
    return VerdictAgreement().add(record.outcomes[0], record.incident, claims) if claims else []
