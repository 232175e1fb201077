"""The JSON of fact bodies: the one place that knows the names in `details` and how their values are written.

`details` is a flat object of strings (`docs/events.md`); instants are RFC 3339, and a list is one string with spaces
between. The order of the names is kept too: published records are compared byte for byte (`tests/golden`).

Reading is lenient. A name that an older release did not write, or a value that cannot be read, is a default of the
body, since a fact that has been published cannot be corrected at its reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sla_domain.clock import ClockState
from sla_domain.fact import (
    BREACHED,
    NO_SUCH_CLOCK,
    PHASE_CHANGED,
    STARTED,
    Amended,
    Breached,
    Cancelled,
    ContractChanged,
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Exempted,
    FactBody,
    FactKind,
    Gone,
    Met,
    Missed,
    MoveCause,
    MovedBreach,
    Paused,
    PhaseChanged,
    PriorityCorrected,
    PromiseMade,
    PromiseMoved,
    PromiseNone,
    RatingGiven,
    Resumed,
    Retargeted,
    Started,
    TakenBack,
    Warned,
)

Details = Mapping[str, str]
DUE, OLD_DUE = "due:", "old_due:"  # of a promise: before the name of a metric
TAKES_BACK, TAKES_BACK_DUE = "takes_back", "takes_back_due"  # keys, and due instants in the same order
OLD_BREACHED, BREACHED_AT = "old_breached_at", "breached_at"
BROKEN_SINCE = "broken_since"
WITHDRAWN = "withdrawn"
_YES = "yes"
_FREE_TEXT = frozenset({"why", "agreed_by", "exempt", "exempt_by"})  # what people wrote
_CAUSES = frozenset(cause.value for cause in MoveCause)
_STATES = frozenset(state.value for state in ClockState)


@dataclass(frozen=True, slots=True)
class BreachChange:
    """What a published fact changes about breaches that were published before it.

    A late event may show that a breach was not true (taken back), or happened at another instant (moved). Most facts
    change no breach: both tuples are then empty.
    """

    takes_back: tuple[TakenBack, ...] = ()
    """Published breaches that, as is known now, did not happen."""
    moved: MovedBreach | None = None
    """A published breach that happened at another instant. None if there is none."""


NO_BREACH_CHANGE = BreachChange()


def details_of(body: FactBody) -> dict[str, str]:
    """Return the content of a fact as name -> text, for the field `details` of the published fact.

    Most empty values are left out. Some kinds of facts have no details (started, breached, warned, phase changed,
    contract changed): the result is then empty.
    """
    match body:  # the most frequent first, because the patterns are tried in order
        case Started() | Breached() | Warned() | PhaseChanged() | ContractChanged():
            return {}
        case Met() | Missed():
            return _verdict(body)
        case PromiseMade() | PromiseMoved():
            return _promise(body)
        case Paused():
            return _filled(why=body.why, waiting_on=body.waiting_on)
        case Resumed():
            return _filled(old_due_at=_written(body.old_due_at), new_due_at=_written(body.new_due_at))
        case Retargeted():
            return _retargeted(body)
        case Cancelled():
            return _filled(why=body.why, withdrawn=_YES if body.withdrawn else "")
        case Amended():
            return _amended(body)
        case Exempted():
            return _filled(exempt=body.exempt, exempt_by=body.exempt_by, catalogue=body.catalogue)
        case Gone():
            return _gone(body)
        case PromiseNone():
            return {"why": body.why}
        case PriorityCorrected():
            return {"old": body.old, "new": body.new, "by": body.by, "reason": body.reason}
        case EscalationMade():
            return _filled(by=body.by, actor=body.actor, to=body.to, reason=body.reason)
        case RatingGiven():
            return _filled(score="" if body.score is None else str(body.score), by=body.by, comment=body.comment)
        case DowngradeProposed():
            return _filled(old=body.old, new=body.new, by=body.by, reason=body.reason)
        case DowngradeSettled():
            return _filled(proposal=body.proposal)
        case _:
            assert_never(body)


def body_of(kind: FactKind, details: Details, threshold: str, overtaken: bool) -> FactBody:
    """Return the content of a published fact as an object of the domain, such as `Breached`.

    A detail that is absent or cannot be read gets its default. For a change of contract, the returned
    `ContractChanged` lacks the contracts to which the incident belonged in turn (`periods`), since `details` does not
    hold them.

    Args:
        kind, details: The fields of the fact with these names.
        threshold, overtaken: The fields of the fact with these names, used only for a warning.
    """
    return _READERS[kind](details) if kind is not FactKind.CLOCK_WARNED else Warned(threshold, overtaken)


def breach_change(details: Details) -> BreachChange:
    """Return which published breaches a fact declares untrue (taken back), and which it moves to another instant.

    Args:
        details: The field `details` of a fact of any kind. In older releases more kinds of facts could change breaches.
    """
    if TAKES_BACK not in details and BREACHED_AT not in details:
        return NO_BREACH_CHANGE
    return BreachChange(_taken_back(details), _moved(details))


def without_free_text(details: Details) -> dict[str, str]:
    """Return the details without the texts that people wrote (`why`, `agreed_by`, `exempt`, `exempt_by`).

    Readers at another customer must not see these texts.
    """
    return {name: value for name, value in details.items() if name not in _FREE_TEXT}


# -- writing


def _filled(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _written(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _promise(body: PromiseMade | PromiseMoved) -> dict[str, str]:
    details = {f"{DUE}{metric}": at.isoformat() for metric, at in body.lines.items()}
    details["zone"] = body.zone
    if isinstance(body, PromiseMoved):
        details["moved"] = ",".join(body.moved)
        details |= {f"{OLD_DUE}{metric}": at.isoformat() for metric, at in body.old.items()}
        details |= _filled(because=body.because.value if body.because is not None else "")
        details |= _filled(catalogue=body.catalogue)
    return details


def _retargeted(body: Retargeted) -> dict[str, str]:
    return _filled(
        old_due_at=_written(body.old_due_at),
        new_due_at=_written(body.new_due_at),
        priority=body.priority,
        old_priority=body.old_priority,
        old_generation="" if body.old_generation is None else str(body.old_generation),
        agreed_by=body.agreed_by,
        broken_since=_written(body.broken_since),
        catalogue=body.catalogue,
    )


def _verdict(body: Met | Missed) -> dict[str, str]:
    consumed = "" if body.consumed is None else f"{body.consumed.total_seconds():.6f}".rstrip("0").rstrip(".")
    return _filled(
        quality=body.quality,
        why=body.why,
        consumed_seconds=consumed,
        stopped_while_paused=_YES if body.stopped_while_paused else "",
        exempt=body.exempt,
    )


def _gone(body: Gone) -> dict[str, str]:
    cancelled = ClockState.CANCELLED.value
    state = {"old_state": body.old_state.value, "new_state": cancelled, "why": body.why}
    return (
        state
        | _filled(withdrawn=_YES if body.withdrawn else "")
        | _taking_back(body.takes_back)
        | _filled(catalogue=body.catalogue)
    )


def _amended(body: Amended) -> dict[str, str]:
    new_state = "" if body.new_state is None else body.new_state.value
    verdict = {} if body.old_state is None else _filled(old_state=body.old_state.value, new_state=new_state)
    dates = _filled(why=body.why, old_due_at=_written(body.old_due_at), new_due_at=_written(body.new_due_at))
    moved = {}
    if body.moved is not None:
        moved = {OLD_BREACHED: body.moved.old_at.isoformat(), BREACHED_AT: body.moved.new_at.isoformat()}
    details = _taking_back(body.takes_back) | verdict | dates | moved
    return details | _filled(new_state=new_state, catalogue=body.catalogue)


def _taking_back(taken: Sequence[TakenBack]) -> dict[str, str]:
    if not taken:
        return {}
    details = {TAKES_BACK: " ".join(each.key for each in taken)}
    dues = [each.due_at.isoformat() for each in taken if each.due_at is not None]
    if len(dues) == len(taken):  # of a row of an older release they may not be known
        details |= {TAKES_BACK_DUE: " ".join(dues), OLD_BREACHED: max(dues)}
    return details


# -- reading


def _instant(written: str | None) -> datetime | None:
    if not written:
        return None
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _state(written: str | None) -> ClockState | None:
    return ClockState(written) if written in _STATES else None


def _taken_back(details: Details) -> tuple[TakenBack, ...]:
    keys, dues = details.get(TAKES_BACK, "").split(), details.get(TAKES_BACK_DUE, "").split()
    known: Iterable[datetime | None] = map(_instant, dues) if len(dues) == len(keys) else (None for _ in keys)
    return tuple(TakenBack(key, due) for key, due in zip(keys, known, strict=True))


def _moved(details: Details) -> MovedBreach | None:
    old, new = _instant(details.get(OLD_BREACHED)), _instant(details.get(BREACHED_AT))
    return None if old is None or new is None else MovedBreach(old, new)


def _read_retargeted(details: Details) -> Retargeted:
    ordinal = details.get("old_generation", "")
    return Retargeted(
        old_due_at=_instant(details.get("old_due_at")),
        new_due_at=_instant(details.get("new_due_at")),
        priority=details.get("priority", ""),
        old_priority=details.get("old_priority", ""),
        old_generation=int(ordinal) if ordinal.isdecimal() else None,
        agreed_by=details.get("agreed_by", ""),
        broken_since=_instant(details.get(BROKEN_SINCE)),
        catalogue=details.get("catalogue", ""),
    )


def _consumed(details: Details) -> timedelta | None:
    try:
        return timedelta(seconds=float(details["consumed_seconds"]))
    except (KeyError, ValueError, OverflowError):
        return None


def _read_verdict(kind: type[Met | Missed], details: Details) -> Met | Missed:
    return kind(
        details.get("quality", ""), details.get("why", ""), _consumed(details),
        bool(details.get("stopped_while_paused")), details.get("exempt", ""),
    )  # fmt: skip


def _read_cancelled(details: Details) -> Cancelled | Gone:
    old_state = _state(details.get("old_state"))
    if old_state is not None and old_state.open:
        return _read_gone(details, old_state)
    return Cancelled(details.get("why", ""), bool(details.get(WITHDRAWN)))


def _read_gone(details: Details, old_state: ClockState) -> Gone:
    return Gone(
        old_state, details.get("why", ""), bool(details.get(WITHDRAWN)), _taken_back(details),
        details.get("catalogue", ""),
    )  # fmt: skip


def _read_amended(details: Details) -> Amended | Exempted | Gone:
    old_state, new_state = _state(details.get("old_state")), _state(details.get("new_state"))
    if details.get("exempt") and new_state is None:
        return Exempted(details["exempt"], details.get("exempt_by", ""), details.get("catalogue", ""))
    if old_state is not None and (details.get(WITHDRAWN) or details.get("why") == NO_SUCH_CLOCK):
        return _read_gone(details, old_state)
    return Amended(
        takes_back=_taken_back(details),
        old_state=old_state,
        new_state=new_state,
        why=details.get("why", ""),
        old_due_at=_instant(details.get("old_due_at")),
        new_due_at=_instant(details.get("new_due_at")),
        moved=_moved(details),
        catalogue=details.get("catalogue", ""),
    )


def _lines(details: Details, prefix: str = DUE) -> dict[str, datetime]:
    dues = ((name.removeprefix(prefix), _instant(at)) for name, at in details.items() if name.startswith(prefix))
    return {metric: at for metric, at in dues if at is not None}


def _score(written: str | None) -> int | None:
    try:
        return int(written or "")
    except ValueError:
        return None


def _read_moved(details: Details) -> PromiseMoved:
    moved = tuple(metric for metric in details.get("moved", "").split(",") if metric)
    because = details.get("because", "")
    return PromiseMoved(
        _lines(details), details.get("zone", ""), moved, details.get("catalogue", ""), _lines(details, OLD_DUE),
        MoveCause(because) if because in _CAUSES else None,
    )  # fmt: skip


_READERS: Mapping[FactKind, Callable[[Details], FactBody]] = {
    FactKind.CLOCK_STARTED: lambda _: STARTED,
    FactKind.CLOCK_PAUSED: lambda details: Paused(details.get("why", ""), details.get("waiting_on", "")),
    FactKind.CLOCK_RESUMED: lambda details: Resumed(
        _instant(details.get("old_due_at")), _instant(details.get("new_due_at"))
    ),
    FactKind.CLOCK_RETARGETED: _read_retargeted,
    FactKind.CLOCK_BREACHED: lambda _: BREACHED,
    FactKind.CLOCK_MET: lambda details: _read_verdict(Met, details),
    FactKind.CLOCK_MISSED: lambda details: _read_verdict(Missed, details),
    FactKind.CLOCK_CANCELLED: _read_cancelled,
    FactKind.CLOCK_AMENDED: _read_amended,
    FactKind.PROMISE_MADE: lambda details: PromiseMade(_lines(details), details.get("zone", "")),
    FactKind.PROMISE_MOVED: _read_moved,
    FactKind.PROMISE_NONE: lambda details: PromiseNone(details.get("why", "")),
    FactKind.CONTRACT_CHANGED: lambda _: ContractChanged(),
    FactKind.PHASE_CHANGED: lambda _: PHASE_CHANGED,
    FactKind.PRIORITY_CORRECTED: lambda details: PriorityCorrected(
        details.get("old", ""), details.get("new", ""), details.get("by", ""), details.get("reason", "")
    ),
    FactKind.ESCALATION_MADE: lambda details: EscalationMade(
        details.get("by", ""), details.get("actor", ""), details.get("to", ""), details.get("reason", "")
    ),
    FactKind.RATING_GIVEN: lambda details: RatingGiven(
        _score(details.get("score")), details.get("by", ""), details.get("comment", "")
    ),
    FactKind.DOWNGRADE_PROPOSED: lambda details: DowngradeProposed(
        details.get("old", ""), details.get("new", ""), details.get("by", ""), details.get("reason", "")
    ),
    FactKind.DOWNGRADE_SETTLED: lambda details: DowngradeSettled(details.get("proposal", "")),
}
