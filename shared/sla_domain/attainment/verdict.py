"""Verdicts on clocks, and what follows from them for the whole request.

A clock counts where and when it was decided: met at its stop, missed at the due instant that it passed, in the contract
in whose name it was due then. A request counts once: where and when its first clock was missed, or, when it has ended
with all clocks met, at the last stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla_domain.contract import ContractId
from sla_domain.incident import ContractPeriod


class PromiseVerdict(StrEnum):
    """Whether a promise was kept.

    `MET`, `MISSED`: decided; a clock that runs on past its due instant is missed. `OPEN`: not decided yet. `NONE`: it
    ended undecided, as a cancelled clock does.
    """

    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    NONE = "none"

    @property
    def decided(self) -> bool:
        """Return whether it is MET or MISSED."""
        return self in (PromiseVerdict.MET, PromiseVerdict.MISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedClock:
    """A clock as attainment counts it.

    `at`: when it was decided; None while it is not. `due_at`: when an open clock will be due, None while it is paused.
    `contract`, `entitlement`, `priority`: ids, as of the decision; `entitlement` is "" for a contract with one plan.
    `exempt`: why it counts in no attainment, by the word of `exempt_by`; "" if it counts.
    """

    id: str
    incident: str
    metric: str
    cycle: int
    verdict: PromiseVerdict
    at: datetime | None
    due_at: datetime | None = None
    contract: str = ""
    entitlement: str = ""
    priority: str = ""
    exempt: str = ""
    exempt_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRequest:
    """A request (an incident) as attainment counts it: once, by the clock that decided it.

    `at`: when it was decided; None while it is not. `due_at`: when the first of its open clocks will be due, None if
    that is not known. The other fields are those of the clock that decided it, or will. `exempt`: it would be decided
    by exempt clocks alone, so it counts in no attainment; "" if it counts.
    """

    incident: str
    verdict: PromiseVerdict
    at: datetime | None
    due_at: datetime | None
    metric: str
    contract: str
    entitlement: str
    priority: str
    exempt: str = ""
    exempt_by: str = ""


def contract_then(periods: Sequence[ContractPeriod], at: datetime) -> ContractId | None:
    """Return the contract in whose name a promise was due at `at`; None if no periods are known.

    `periods`: under which contract the incident stood since when, oldest first. The time before the first contract that
    is the customer's own belongs to that one, since the default contract only stood in for it.
    """
    if not periods:
        return None
    own = next((number for number, period in enumerate(periods) if period.named), 0)
    found = periods[own]
    for period in periods[own:]:
        if period.start <= at:
            found = period
    return found.contract


def judge_request(clocks: Sequence[JudgedClock], ended: bool) -> JudgedRequest | None:
    """Return how a request counts, given its clocks; None if they decide nothing, as when all are cancelled.

    `clocks`: all of the request, or those of the metrics that an objective names. `ended`: work on the request has
    ended. As long as it has not, a request whose clocks are all met is open: another clock may start.
    """
    standing = [clock for clock in clocks if clock.verdict is not PromiseVerdict.NONE]
    counting = [clock for clock in standing if not clock.exempt]
    found = _judged(counting, ended)
    if found is not None or not standing or counting:
        return found
    return _judged(standing, ended)


def _judged(clocks: Sequence[JudgedClock], ended: bool) -> JudgedRequest | None:
    missed = [clock for clock in clocks if clock.verdict is PromiseVerdict.MISSED]
    if missed:
        return _by(min(missed, key=_decided), PromiseVerdict.MISSED)
    running = [clock for clock in clocks if clock.verdict is PromiseVerdict.OPEN]
    if running:
        return _by(min(running, key=_due), PromiseVerdict.OPEN)
    met = [clock for clock in clocks if clock.verdict is PromiseVerdict.MET]
    if not met:
        return None
    return _by(max(met, key=_decided), PromiseVerdict.MET if ended else PromiseVerdict.OPEN)


def _decided(clock: JudgedClock) -> tuple[datetime, str, str]:
    assert clock.at is not None
    return clock.at, clock.metric, clock.id


def _due(clock: JudgedClock) -> tuple[bool, float, str, str]:
    """Those that are due first; paused ones, of which nobody knows, last."""
    return clock.due_at is None, clock.due_at.timestamp() if clock.due_at else 0.0, clock.metric, clock.id


def _by(clock: JudgedClock, verdict: PromiseVerdict) -> JudgedRequest:
    return JudgedRequest(
        incident=clock.incident,
        verdict=verdict,
        at=clock.at if verdict.decided else None,
        due_at=clock.due_at if verdict is PromiseVerdict.OPEN and clock.verdict is PromiseVerdict.OPEN else None,
        metric=clock.metric,
        contract=clock.contract,
        entitlement=clock.entitlement,
        priority=clock.priority,
        exempt=clock.exempt,
        exempt_by=clock.exempt_by,
    )
