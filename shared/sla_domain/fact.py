"""Facts: what slad publishes about a clock or an incident. On the wire `io.slad.<family>.<kind>.v1`.

A fact is a frame (`Fact`: whose it is, its key, its instant) around a body that says what became true. The bodies are a
closed union, `FactBody`: match on it and end with `assert_never`. How a body is written as JSON is known to
`sla_platform.wire.fact_body` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from sla_domain.clock import ClockId, ClockState
from sla_domain.event import IncidentId
from sla_domain.incident import ContractPeriod
from sla_domain.sentence import Sentence


class FactKind(StrEnum):
    """The kind of a fact (what is published about a clock or incident), sent as `io.slad.<kind>.v1`.

    `CLOCK_RETARGETED`: a clock has another target, due instant or priority.
    `CLOCK_AMENDED`: a published verdict or breach is corrected, a clock became exempt, or an ended clock no longer
    exists.
    `PROMISE_MADE`: the first due instants are promised to the customer.
    `PROMISE_MOVED`: a promised due instant changed.
    `PROMISE_NONE`: the incident has no clock, as its plan gives no numbers.
    `CONTRACT_CHANGED`: the incident is under another contract or customer.
    `PRIORITY_CORRECTED`: a priority was corrected, and the customer is notified.
    """

    CLOCK_STARTED = "clock.started"
    CLOCK_PAUSED = "clock.paused"
    CLOCK_RESUMED = "clock.resumed"
    CLOCK_RETARGETED = "clock.retargeted"
    CLOCK_WARNED = "clock.warned"
    CLOCK_BREACHED = "clock.breached"
    CLOCK_MET = "clock.met"
    CLOCK_MISSED = "clock.missed"
    CLOCK_CANCELLED = "clock.cancelled"
    CLOCK_AMENDED = "clock.amended"
    PROMISE_MADE = "promise.made"
    PROMISE_MOVED = "promise.moved"
    PROMISE_NONE = "promise.none"
    CONTRACT_CHANGED = "contract.changed"
    PHASE_CHANGED = "phase.changed"
    PRIORITY_CORRECTED = "priority.corrected"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A published breach that is no longer true.

    `key`: the key of the fact that published the breach.
    `due_at`: the published due instant; None: not known.
    """

    key: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MovedBreach:
    """A published breach that is true at another due instant than published.

    `old_at`: the due instant that was published.
    `new_at`: the due instant that was really passed.
    """

    old_at: datetime
    new_at: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """Body of the fact that a clock started; the first fact of every clock."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_STARTED


@dataclass(frozen=True, slots=True)
class Paused:
    """Body of the fact that a clock is paused.

    `why`: the reason in words.
    `waiting_on`: whom the incident waits on: `customer`, `vendor` or `other`. "" if the clock is paused for another
    reason.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_PAUSED
    why: str = ""
    waiting_on: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Body of the fact that a clock runs again, after a pause or after its end.

    `old_due_at`: the due instant published last; None: there was none.
    `new_due_at`: the due instant from now on; None: there is none.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_RESUMED
    old_due_at: datetime | None = None
    new_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retargeted:
    """Body of the fact that a clock has another target, due instant or priority.

    `priority`: id of the priority now.
    `old_due_at`, `new_due_at`: the due instants before and now; None: no due instant.
    `old_generation`: the number, from 0, of the target before.
    `agreed_by`: who agreed to the due instant; "": nobody.
    `broken_since`: the new due instant, if its breach was published earlier.
    `catalogue`: the catalogue version whose coming into force caused the change; "": an event caused it.
    `old_priority`: id of the priority before, given only if nothing else changed. `old_due_at`, `new_due_at` and
    `old_generation` are None then.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_RETARGETED
    old_due_at: datetime | None = None
    new_due_at: datetime | None = None
    priority: str = ""
    old_priority: str = ""
    old_generation: int | None = None
    agreed_by: str = ""
    broken_since: datetime | None = None
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """Body of the fact that a clock reached a warning threshold before its due instant.

    `threshold`: `warn-75` (percent of the allowed time) or `warn-3600s` (seconds before the due instant).
    `overtaken`: the warning was noticed only after the breach, the clock's end or a change of target. Nobody is
    notified of such a warning.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_WARNED
    threshold: str = ""  # `warn-75`, `warn-3600s`
    overtaken: bool = False


@dataclass(frozen=True, slots=True)
class Breached:
    """Body of the fact that a clock ran past its due instant."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_BREACHED


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A clock stopped. `consumed`: counted time, None in facts of releases that did not write it."""

    quality: str = ""
    why: str = ""
    consumed: timedelta | None = None
    stopped_while_paused: bool = False
    exempt: str = ""


@dataclass(frozen=True, slots=True)
class Met(_Verdict):
    """Body of the fact that the clock stopped at or before its due instant.

    `quality`: how reliable the times of the incident's events are.
    `why`: the reason of the stop in words.
    `consumed`: counted time; None in facts of older releases.
    `stopped_while_paused`: the clock was paused; a resume may have been forgotten.
    `exempt`: why the clock is left out of attainment (share of targets met); "": not left out.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_MET


@dataclass(frozen=True, slots=True)
class Missed(_Verdict):
    """Body of the fact that the clock stopped after its due instant.

    The breach is published before this fact.
    `quality`: how reliable the times of the incident's events are.
    `why`: the reason of the stop in words.
    `consumed`: counted time; None in facts of older releases.
    `stopped_while_paused`: the clock was paused; a resume may have been forgotten.
    `exempt`: why the clock is left out of attainment (share of targets met); "": not left out.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_MISSED


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Body of the fact that the clock ended without a verdict: neither met nor missed.

    `why`: the reason in words.
    `withdrawn`: the target is no longer promised, although the incident continues.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_CANCELLED
    why: str = ""
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """Body of the fact that a published clock no longer exists after its incident was computed anew.

    For example, a late event leaves a metric with fewer clocks.
    `old_state`: the state published last.
    `why`: the reason in words.
    `takes_back`: published breaches that are no longer true.
    `withdrawn`: the catalogue version of the target cannot be read, so the reason is not known. No breach is taken
    back.
    `catalogue`: the catalogue version whose coming into force caused the change. "" if an event caused the change, or
    if the clock was open.
    """

    old_state: ClockState
    why: str = ""
    withdrawn: bool = False
    takes_back: tuple[TakenBack, ...] = ()
    catalogue: str = ""

    @property
    def kind(self) -> FactKind:
        """Return the kind of the fact: `clock.cancelled` if the clock was open, else `clock.amended`."""
        return FactKind.CLOCK_CANCELLED if self.old_state.open else FactKind.CLOCK_AMENDED


@dataclass(frozen=True, slots=True)
class Amended:
    """Body of the fact that corrects a published verdict (met, missed) or breach of a clock.

    `takes_back`: published breaches that are no longer true.
    `moved`: a published breach that is true at another due instant. A fact with `moved` has no `takes_back`.
    `new_state`: the clock's state now.
    `old_state`, `why`, `old_due_at`, `new_due_at`: given only if the verdict changed; `why` is in words.
    `catalogue`: the catalogue version whose coming into force caused the change; "": a late event caused it.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_AMENDED
    takes_back: tuple[TakenBack, ...] = ()
    old_state: ClockState | None = None
    new_state: ClockState | None = None
    why: str = ""
    old_due_at: datetime | None = None
    new_due_at: datetime | None = None
    moved: MovedBreach | None = None
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class Exempted:
    """Body of the fact that a clock is left out of attainment (the share of targets met).

    The fact is sent as `clock.amended`.
    `exempt`: the reason.
    `exempt_by`: who exempted the clock.
    `catalogue`: the catalogue version whose coming into force caused the change; "": an event caused it.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_AMENDED
    exempt: str
    exempt_by: str = ""
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """Body of the fact that promises the first due instants of an incident.

    `lines`: metric id -> due instant (UTC).
    `zone`: the customer's time zone, in which the instants are shown.
    """

    kind: ClassVar[FactKind] = FactKind.PROMISE_MADE
    lines: Mapping[str, datetime]
    zone: str = ""


@dataclass(frozen=True, slots=True)
class PromiseMoved:
    """Body of the fact that a promised due instant changed.

    `lines`: metric id -> due instant (UTC), of all running clocks.
    `moved`: the metrics whose due instant changed.
    `zone`: the customer's time zone.
    `catalogue`: the catalogue version whose coming into force caused the change; "": an event caused it.
    """

    kind: ClassVar[FactKind] = FactKind.PROMISE_MOVED
    lines: Mapping[str, datetime]
    zone: str = ""
    moved: tuple[str, ...] = ()
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class PromiseNone:
    """Body of the fact that an incident has no clock, as its plan gives no numbers.

    `why`: which numbers are missing, in words.
    """

    kind: ClassVar[FactKind] = FactKind.PROMISE_NONE
    why: str = ""


@dataclass(frozen=True, slots=True)
class ContractChanged:
    """Body of the fact that the incident is under another contract or customer.

    `periods`: under which contract the incident was, since when; oldest first, at most the newest 200.
    """

    kind: ClassVar[FactKind] = FactKind.CONTRACT_CHANGED
    periods: tuple[ContractPeriod, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """Body of the fact that the incident's phase changed.

    The fact is published only if the event causes no other fact, as every fact carries the phase.
    """

    kind: ClassVar[FactKind] = FactKind.PHASE_CHANGED


@dataclass(frozen=True, slots=True)
class PriorityCorrected:
    """Body of the fact that a priority was corrected by somebody other than the customer.

    The customer is notified. Corrections of a priority that staff had set are not published as this fact.
    `old`, `new`: ids of priorities.
    `by`: who corrected the priority.
    `reason`: in words.
    Source: clause E8 (docs/clauses.md).
    """

    kind: ClassVar[FactKind] = FactKind.PRIORITY_CORRECTED
    old: str = ""
    new: str = ""
    by: str = ""
    reason: str = ""


ClockFactBody = (
    Started | Paused | Resumed | Retargeted | Warned | Breached | Met | Missed | Cancelled | Gone | Amended | Exempted
)
"""What can become true of one clock."""

IncidentFactBody = PromiseMade | PromiseMoved | PromiseNone | ContractChanged | PhaseChanged | PriorityCorrected
"""What can become true of an incident as a whole."""

FactBody = ClockFactBody | IncidentFactBody
"""Every body there is."""

NO_SUCH_CLOCK = Sentence.NO_SUCH_CLOCK.value  # why of a `Gone` that late events have caused
STARTED, BREACHED, PHASE_CHANGED = Started(), Breached(), PhaseChanged()  # bodies without fields, made once


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that became true of a clock or an incident, to be published as one event.

    `key`: unique among the facts of the clock (of the incident, if `clock` is None). The event id is made of the key,
    so a repeated publication is recognised.
    `at`: when the fact became true (UTC). For a breach, `at` is the due instant.
    `metric`, `cycle`, `generation`, `due_at`: those of the clock.
    `history`: the fact was imported, or was already over when slad received the events. Nobody is notified.
    """

    body: FactBody
    incident: IncidentId
    key: str
    at: datetime
    clock: ClockId | None = None
    metric: str = ""
    cycle: int = 0
    generation: int = 0
    due_at: datetime | None = None
    history: bool = False

    @property
    def kind(self) -> FactKind:
        """Return the kind of the fact, such as `clock.paused`.

        The fact is sent as an event of type `io.slad.<kind>.v1`.
        """
        return self.body.kind


def reason_of(body: FactBody) -> str:
    """Return in words why a fact (published event) became true; "" if its body gives no reason."""
    match body:
        case Paused() | Met() | Missed() | Cancelled() | Gone() | Amended() | PromiseNone():
            return body.why
        case _:
            return ""


def caused_by_catalogue(body: FactBody, version: str) -> FactBody:
    """Return the fact's body with the catalogue version that caused the fact.

    `version`: stored in the field `catalogue`. A body without that field is returned unchanged. So is `Gone` for an
    open clock.
    """
    match body:
        case Retargeted() | Amended() | Exempted() | PromiseMoved():
            return replace(body, catalogue=version)
        case Gone() if body.kind is FactKind.CLOCK_AMENDED:
            return replace(body, catalogue=version)
        case _:
            return body
