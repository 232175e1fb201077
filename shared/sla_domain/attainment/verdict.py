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
    """Whether a promise was kept. A promise is about one clock, or about a request with all its clocks."""

    MET = "met"
    MISSED = "missed"
    """The due instant passed first. A clock that still runs after its due instant is missed as well."""
    OPEN = "open"
    """The promise is not decided yet."""
    EXEMPT = "exempt"
    """A person exempted the promise from the attainment."""
    NONE = "none"
    """Nothing was promised, or the clock ended undecided, for example because it was cancelled."""

    @property
    def decided(self) -> bool:
        """Return whether the verdict is `MET` or `MISSED`."""
        return self in (PromiseVerdict.MET, PromiseVerdict.MISSED)

    def counted(self, exempt: str | bool) -> PromiseVerdict:
        """Return the verdict to use for a promise in figures and lists, taking an exemption into account.

        For an exempt promise, decided or not, the result is `EXEMPT`, except that `NONE` stays `NONE`. For any other
        promise the verdict is returned unchanged.

        Args:
            exempt: Whether a person exempted the promise, or the reason given ("" if not exempt).
        """
        return PromiseVerdict.EXEMPT if exempt and self is not PromiseVerdict.NONE else self


class _Judged:
    """What clocks and requests have in common once they have a verdict."""

    __slots__ = ()
    verdict: PromiseVerdict
    at: datetime | None
    due_at: datetime | None
    exempt: str

    @property
    def counted(self) -> PromiseVerdict:
        """Return the verdict with which figures and lists count the clock or request."""
        return self.verdict.counted(self.exempt)

    @property
    def counts_at(self) -> datetime | None:
        """Return the instant that decides in which period (such as a month) the clock or request is counted.

        It is when it was met or missed. Without such an instant it is the due instant, or None if there is none.
        """
        return self.at if self.verdict.decided else self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedClock(_Judged):
    """A clock with its verdict, as it is counted in the attainment (the share of met promises).

    `contract`, `entitlement` and `priority` are the ids that applied when the clock was decided.
    """

    id: str
    incident: str
    metric: str
    cycle: int
    verdict: PromiseVerdict
    """The verdict as if the clock were not exempt, never `EXEMPT`."""
    at: datetime | None
    """When the clock was decided. None for an undecided clock."""
    due_at: datetime | None = None
    """When an open clock is due. None for a paused clock."""
    contract: str = ""
    entitlement: str = ""
    """"" for a contract with one plan."""
    priority: str = ""
    exempt: str = ""
    """Why a person left the clock out of the attainment. "" if the clock is counted."""
    exempt_by: str = ""
    """Who left the clock out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRequest(_Judged):
    """A request (an incident) with its verdict, as it is counted in the attainment (the share of met promises).

    A request is counted once, although it may have several clocks. One of its clocks decides the verdict. Fields
    without a description have the values of that clock.
    """

    incident: str
    verdict: PromiseVerdict
    """The verdict as if the request were not exempt, never `EXEMPT`."""
    at: datetime | None
    """When the request was decided. None for an undecided request."""
    due_at: datetime | None
    """When the first of its open clocks is due. None if this is unknown."""
    metric: str
    contract: str
    entitlement: str
    priority: str
    exempt: str = ""
    """Why the request is left out of the attainment: exempt clocks alone would decide it. "" if the request is
    counted.
    """
    exempt_by: str = ""


def contract_then(periods: Sequence[ContractPeriod], at: datetime) -> ContractId | None:
    """Return the contract that an incident belonged to at an instant, or None if `periods` is empty.

    The incident may have been under the default contract at first, until its customer was known. For an instant in that
    time, the first contract of the customer's own is returned.

    Args:
        periods: The incident's contracts with the instant from which each applied, oldest first.
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
    """Return the verdict on a request, given its clocks. None if every clock has the verdict `NONE`.

    A request is missed if a clock is missed, open if a clock is open, and met if all clocks are met and work has ended.
    While work goes on, a request with all clocks met is open, as another clock may start. Clocks with the verdict
    `NONE` are ignored, and so are exempt clocks unless all are exempt.

    Args:
        clocks: All clocks of the request, or those of the metrics that an objective names.
        ended: Whether work on the request has ended.
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
