"""`tests` → scenarios: events in a contract's zone, and what must follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.scenario import EventDocument, ExpectDocument, ScenarioDocument
from sla_catalogue.problem import Path, did_you_mean
from sla_domain.calendar import load_zone, local_instant
from sla_domain.contract import Contract, ContractId
from sla_domain.event import Actor, EventKind, WaitingOn
from sla_domain.incident import RemarkKind
from sla_domain.tell import OF_INCIDENTS, Happening

NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAgreement:
    """A due date that the parties agree on, in a test of the catalogue (clause B5, docs/clauses.md)."""

    metric: str
    """The metric whose clock is then due at `due`."""
    due: datetime
    """Aware datetime."""
    by: str
    """Who agreed."""
    moved_by_pauses: bool
    """Whether pauses move the date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEvent:
    """One event of the incident in a test of the catalogue. It occurs after the opening."""

    at: datetime
    """Aware datetime."""
    kind: EventKind
    actor: Actor
    waiting_on: WaitingOn | None = None
    """For a pause, whom the incident waits on. None for any other event."""
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Name -> value, for the attributes that the event changes."""
    agreed: ScenarioAgreement | None = None
    """The due date agreed on. None means no such date."""
    reason: str = ""
    """The reason, as in the ticket. "" for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a test of the catalogue expects of the clock of one metric.

    Fields that are None, "" or False are not checked.
    """

    metric: str
    """The metric, such as `resolution` for the last clock, or `resolution/1` for the second one (counted from 0)."""
    due: datetime | None = None
    """The expected due instant."""
    warn: tuple[datetime, ...] | None = None
    """The instants of all warnings."""
    breach: datetime | None = None
    """The expected instant of the breach."""
    unbroken: bool = False
    """Whether no breach may come by the test's `now`."""
    state: str = ""
    """The state, such as `paused`. `absent` means that there is no clock."""
    unspecified: bool = False
    """Whether the plan gives no number, so that there is no clock."""
    clause: str | None = None
    """The clause that the clock's target names."""


# What a message can be for that is not told by a rule on what happened (`sla_domain.tell`).
_MESSAGES = ("warning", "page", "notice", "unpromised", "closed", "taken_back", "digest")
_HAPPENINGS = tuple(
    each.value
    for each in Happening
    if each in OF_INCIDENTS and each not in (Happening.WARNED, Happening.BREACHED, Happening.UNPROMISED)
)
TOLD_WORDS = (*_MESSAGES, *_HAPPENINGS)
"""What messages can be for, in tests of the catalogue and in `slad who`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedMessage:
    """A message that a test of the catalogue expects."""

    at: datetime
    """When the message leaves; the minute counts. Aware datetime."""
    to: str
    """The id of the person."""
    what: str
    """What the message is for, one of TOLD_WORDS."""
    by: str | None = None
    """The address with the kind of channel, such as `email:a@b.example`. None if not checked."""
    language: str | None = None
    """Tag of the language. None if not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A test of the catalogue: an incident as events, and what must follow from them.

    `run_scenarios` runs the test (`slad check --tests`).
    """

    name: str
    contract: ContractId
    opened: datetime
    """When the incident is opened."""
    attributes: Mapping[str, str]
    """Name -> value, as stated at the opening."""
    events: tuple[ScenarioEvent, ...]
    """What happens afterwards."""
    now: datetime
    """The instant up to which breaches are checked."""
    expectations: tuple[Expectation, ...]
    clauses: tuple[str, ...] = ()
    """The clauses that are tested."""
    remarks: frozenset[RemarkKind] | None = None
    """The kinds of remarks that the incident must have, and no others. None if not checked."""
    tells: tuple[ExpectedMessage, ...] | None = None
    """The messages that leave up to `now`, and no others. None if not checked. Only `slad check --tests` and `slad
    apply` check them, since the services must run for that."""
    line: str = ""
    """Where the test is written, `file:line`."""


def build_scenarios(contracts: Mapping[ContractId, Contract], context: Context) -> tuple[Scenario, ...]:
    """Build the tests of the section `tests`, in the order written.

    Some parts are left out and reported to `context.findings`: a test of an unknown contract, an event whose kind,
    actor or party to wait on is unknown, and an unknown kind of remark.

    Args:
        contracts: The contracts of the catalogue, by id.
    """
    found: list[Scenario] = []
    for index, document in enumerate(context.document.tests):
        path: Path = ("tests", index)
        contract = contracts.get(ContractId(document.contract))
        if contract is None:
            if document.contract not in context.declared["contracts"]:
                context.report_unknown(
                    document.contract, context.declared["contracts"], (*path, "contract"), "contract"
                )
            continue
        found.append(_scenario(document, contract, path, context))
    return tuple(found)


def _scenario(document: ScenarioDocument, contract: Contract, path: Path, context: Context) -> Scenario:
    def instant(text: str) -> datetime:
        return parse_instant(text, contract.zone)

    attributes = {"description": "as described", **document.attributes}  # a request without one is a case of its own
    if document.priority is not None:
        attributes["priority"] = document.priority
    read = [_event(e, contract.zone, (*path, "events", i), context) for i, e in enumerate(document.events)]
    events = tuple(event for event in read if event is not None)
    opened = instant(document.opened)
    last = max([opened, *(event.at for event in events)])
    where = context.findings.at(path)
    return Scenario(
        name=document.name,
        contract=contract.id,
        opened=opened,
        attributes=MappingProxyType(attributes),
        events=events,
        now=instant(document.now) if document.now else last,
        expectations=tuple(_expectation(name, e, contract.zone) for name, e in document.expect.items()),
        clauses=tuple(document.clauses),
        remarks=_remarks(document.remarks, (*path, "remarks"), context),
        tells=_tells(document, contract, (*path, "tells"), context),
        line=f"{where.file}:{where.line}",
    )


def _tells(
    document: ScenarioDocument, contract: Contract, path: Path, context: Context
) -> tuple[ExpectedMessage, ...] | None:
    if document.tells is None:
        return None
    found = []
    for index, each in enumerate(document.tells):
        if each.what not in TOLD_WORDS:
            context.report_unknown(each.what, TOLD_WORDS, (*path, index, "what"), "message")
        if each.to not in contract.people:
            context.report_unknown(each.to, contract.people, (*path, index, "to"), "person")
        at = parse_instant(each.at, contract.zone)
        found.append(ExpectedMessage(at=at, to=each.to, what=each.what, by=each.by, language=each.language))
    return tuple(found)


def _remarks(names: list[str] | None, path: Path, context: Context) -> frozenset[RemarkKind] | None:
    if names is None:
        return None
    known = [kind.value for kind in RemarkKind]
    for name in names:
        if name not in known:
            context.report_unknown(name, known, path, "remark")
    return frozenset(RemarkKind(name) for name in names if name in known)


def _event(document: EventDocument, zone: str, path: Path, context: Context) -> ScenarioEvent | None:
    kinds = [kind.value for kind in EventKind if kind is not EventKind.OBSERVED]  # it needs a snapshot
    actors = [actor.value for actor in Actor]
    parties = [party.value for party in WaitingOn]
    checks = ((document.event, kinds, "event"), (document.by, actors, "actor"), (document.waiting_on, parties, "party"))
    for name, known, what in checks:
        if name is not None and name not in known:
            hint = did_you_mean(name, known)
            context.findings.error(path, f"unknown-{what}", f"no {what} is called {name!r}", hint)
            return None
    attributes = dict(document.attributes)
    if document.priority is not None:
        attributes["priority"] = document.priority
    return ScenarioEvent(
        at=parse_instant(document.at, zone),
        kind=EventKind(document.event),
        actor=Actor(document.by),
        waiting_on=WaitingOn(document.waiting_on) if document.waiting_on else None,
        attributes=MappingProxyType(attributes),
        agreed=_agreement(document, zone),
        reason=document.reason,
    )


def _agreement(document: EventDocument, zone: str) -> ScenarioAgreement | None:
    agreed = document.agreed
    if agreed is None:
        return None
    due = parse_instant(agreed.due, zone)
    return ScenarioAgreement(metric=agreed.metric, due=due, by=agreed.by, moved_by_pauses=agreed.moved_by_pauses)


def _expectation(metric: str, document: ExpectDocument, zone: str) -> Expectation:
    return Expectation(
        metric=metric,
        due=parse_instant(document.due, zone) if document.due else None,
        warn=None if document.warn is None else tuple(parse_instant(text, zone) for text in document.warn),
        breach=parse_instant(document.breach, zone) if document.breach not in (None, NEVER) else None,
        unbroken=document.breach == NEVER,
        state=document.state or "",
        unspecified=document.unspecified,
        clause=document.clause,
    )


def parse_instant(text: str, zone: str) -> datetime:
    """Return the instant that an ISO 8601 text states, as a datetime in the time zone `zone`.

    A text without an offset is local time of `zone`.

    Raises:
        ValueError: The text has any other form.
    """
    return local_instant(datetime.fromisoformat(text), zone).astimezone(load_zone(zone))
