"""What slad does and says under a catalogue, as values to compare: judging, telling, reading deliveries, checking."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from tests.translated import translate

from sla_board.schedule.due import calendar_of_report, due_at
from sla_catalogue import Catalogue, CatalogueInvalid, KeyScope, SourceId, load_catalogue, run_scenarios
from sla_catalogue.sheet import sheet_of
from sla_domain.allowance import AllowanceUnit
from sla_domain.attainment import Tally, ZoneHistory, figure_of, objectives_of, period_at
from sla_domain.booked_duty import booked_people
from sla_domain.breach_reason import BreachRecord, lacking_reasons
from sla_domain.contract import ContractId
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.errors import DomainError
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_domain.explain import as_dict, explain
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.ledger import EntryId, EntryKind, EntryRefused, LedgerEntry, WorkSpan, replay
from sla_domain.notice import open_to_registration, registrable_products
from sla_domain.record import (
    BookingRequest,
    ContractRecord,
    RecordChange,
    RefusedChange,
    apply_change,
    check_scope_change,
    prepare_booking,
)
from sla_domain.roles import level_roster
from sla_domain.rota import shifts_between
from sla_domain.urgency import urgency
from sla_domain.window import BookedWindow
from sla_ingest.auth import RequestFacts, verify
from sla_ingest.challenge import answer_challenge
from sla_ingest.dialect import Accepted, Delivery
from sla_notifier.channel.email.mailserver import from_catalogue
from sla_notifier.intake.notice import concerned
from sla_notifier.notification.directory import chain_of, resolve_level, usable_addresses
from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_platform.wire import NoticeData
from sla_standalone.exposure import reasons_against_exposure

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Some incidents, each as its events: kind, hours after its opening, who, attributes, on whom it waits.
Happening = tuple[str, float, str, Mapping[str, str], WaitingOn | None]


def _story(*steps: Any) -> tuple[Happening, ...]:
    return tuple((*step, *(("staff", {}, None)[len(step) - 2 :])) for step in steps)


PRESS = {"product": "press", "description": "It stands still", "channel": "portal"}
STORIES: Mapping[str, tuple[datetime, Mapping[str, str], tuple[Happening, ...]]] = {
    "open for weeks": (MONDAY, {"customer": "Acme", "priority": "P1", **PRESS}, ()),
    "by another name": (MONDAY, {"customer": "Acme", "priority": "highest", **PRESS}, ()),
    "a question": (MONDAY, {"customer": "Acme", "priority": "P2", "type": "question", **PRESS}, ()),
    "an outage": (MONDAY, {"customer": "Acme", "priority": "P1", "type": "outage", **PRESS}, ()),
    "another product": (MONDAY, {"customer": "Acme", "priority": "P1", "product": "mill", "description": "x"}, ()),
    "not covered": (MONDAY, {"customer": "Acme", "priority": "P1", "product": "lamp", "description": "x"}, ()),
    "of nobody": (MONDAY, {"customer": "Nobody", "priority": "P1", "description": "x"}, ()),
    "without words": (MONDAY, {"customer": "Acme", "priority": "P1", "product": "press"}, ()),
    "without a priority": (MONDAY, {"customer": "Acme", **PRESS}, ()),
    "over a base": (MONDAY, {"customer": "Beta", "priority": "P1", **PRESS}, ()),
    "over a base, out of scope": (MONDAY, {"customer": "Beta", "priority": "P1", "product": "mill"}, ()),
    "at Christmas": (datetime(2026, 12, 23, 15, 0, tzinfo=UTC), {"customer": "Acme", "priority": "P1", **PRESS}, ()),
    "at New Year": (datetime(2026, 12, 31, 9, 0, tzinfo=UTC), {"customer": "Acme", "priority": "P1", **PRESS}, ()),
    "before the horizon": (datetime(2025, 12, 30, 9, 0, tzinfo=UTC), {"customer": "Nobody", "priority": "P1"}, ()),
    "at its end": (datetime(2027, 12, 31, 15, 0, tzinfo=UTC), {"customer": "Nobody", "priority": "P1"}, ()),
    "in both": (MONDAY, {"customer": "Acme", "priority": "P2", **PRESS, "type": "both"}, ()),
    "in either": (MONDAY, {"customer": "Acme", "priority": "P2", **PRESS, "type": "either"}, ()),
    "by the shift": (MONDAY, {"customer": "Acme", "priority": "P2", **PRESS, "type": "shift"}, ()),
    "in winter": (MONDAY, {"customer": "Acme", "priority": "P2", **PRESS, "type": "winter"}, ()),
    "half a holiday in Tallinn": (
        datetime(2026, 12, 31, 8, 0, tzinfo=UTC),
        {"customer": "Acme", "priority": "P2", **PRESS, "type": "local"},
        (),
    ),
    "at closing time": (MONDAY, {"customer": "Acme", "priority": "P2", **PRESS}, _story(("updated", 0.5))),
    "a fourth of July": (datetime(2026, 7, 2, 8, 0, tzinfo=UTC), {"customer": "Nobody", "priority": "P1"}, ()),
    "a whole life": (
        MONDAY,
        {"customer": "Acme", "priority": "P1", **PRESS},
        _story(
            ("responded", 1), ("assigned", 1.2), ("rated", 1.4), ("waiting", 1.5, "staff", {}, WaitingOn.CUSTOMER),
            ("customer_replied", 3, "customer"), ("reclassified", 4, "staff", {"type": "outage"}),
            ("workaround_provided", 5), ("waiting", 6, "staff", {}, WaitingOn.VENDOR), ("resumed", 8),
            ("priority_changed", 9, "staff", {"priority": "P2"}), ("downgrade_agreed", 9.5, "customer"),
            ("resolved", 26), ("reopened", 50, "customer"), ("priority_changed", 51, "customer", {"priority": "P3"}),
        ),
    ),
    "raised": (
        MONDAY,
        {"customer": "Acme", "priority": "P3", **PRESS},
        _story(("responded", 1), ("priority_changed", 3, "staff", {"priority": "P1"}), ("updated", 4)),
    ),
    "lowered": (
        MONDAY,
        {"customer": "Acme", "priority": "P2", **PRESS},
        _story(("responded", 1), ("priority_changed", 3, "staff", {"priority": "P3"}), ("cancelled", 4)),
    ),
    "of a type that is not covered": (MONDAY, {"customer": "Acme", "priority": "P1", **PRESS, "type": "Setup"}, ()),
    "by phone at night": (
        datetime(2026, 11, 16, 22, 0, tzinfo=UTC),
        {"customer": "Acme", "priority": "P1", **PRESS, "channel": "Phone"},
        (),
    ),
    "entitled": (
        MONDAY,
        {"customer": "Gamma", "priority": "P1", **PRESS, "type": "incident"},
        _story(("waiting", 30, "staff", {"vendor": "foundry"}, WaitingOn.VENDOR)),
    ),
    "entitled otherwise": (MONDAY, {"customer": "Gamma", "priority": "P1", **PRESS, "type": "question"}, ()),
    "entitled to nothing": (MONDAY, {"customer": "Gamma", "priority": "P1", **PRESS, "product": "belt"}, ()),
    "corrected": (
        MONDAY,
        {"customer": "Acme", "priority": "P3", **PRESS},
        _story(("reclassified", 1, "customer", {"type": "x"}), ("priority_changed", 2, "staff", {"priority": "P2"})),
    ),
}  # fmt: skip


Observer = Callable[[Catalogue], Any]


def loaded(folder: Path) -> tuple[Catalogue | None, list[Any]]:
    """The catalogue of a folder, if it is sound, and what the check says of it."""
    try:
        catalogue = load_catalogue(folder, environment={})
        problems = catalogue.warnings
    except CatalogueInvalid as invalid:
        catalogue, problems = None, invalid.problems
    return catalogue, [(one.severity.value, one.code, one.message.replace(str(folder), "")) for one in problems]


# What slad does under a catalogue, the cheapest to look at first.
BEHAVIOUR: Mapping[str, Observer] = {
    "which keys may do what": lambda catalogue: _may(catalogue),
    "by which server mail leaves": lambda catalogue: _mail(catalogue),
    "where it may not listen": lambda catalogue: reasons_against_exposure(Settings(host="0.0.0.0"), catalogue),
    "how deliveries are read": lambda catalogue: list(_read(catalogue)),
    "its own tests": lambda catalogue: [
        (one.passed, one.failures, _shape(one.incident)) for one in run_scenarios(catalogue)
    ],
    "who is told": lambda catalogue: _told(catalogue),
    "who is told of what": lambda catalogue: list(_rules(catalogue)),
    "what can be booked": lambda catalogue: list(_booked(catalogue)),
    "which products may change": lambda catalogue: list(_rescoped(catalogue)),
    "how breaches are explained": lambda catalogue: list(_explained(catalogue)),
    "what is left": lambda catalogue: _left(catalogue),
    "what is attained": lambda catalogue: list(_attained(catalogue)),
    "what is reported": lambda catalogue: list(_reported(catalogue)),
    "how incidents are judged": lambda catalogue: [_plain(judged) for judged in _judged(catalogue)],
}
# What people read of it: the sheets, in two languages, and the report of its own tests.
WORDS: Mapping[str, Observer] = {
    "the report of its tests": lambda catalogue: [
        (one.scenario.name, one.scenario.clauses, _reasons(one.incident)) for one in run_scenarios(catalogue)
    ],
    "the sheets": lambda catalogue: [
        sheet_of(catalogue, id_, language) for id_ in catalogue.rulebook.contracts for language in ("en", "de")
    ],
}


def _booked(catalogue: Catalogue) -> Iterator[str]:
    """What comes of some bookings under the contract `acme`, one after the other."""
    contract = catalogue.rulebook.contracts[ContractId("acme")]
    plan, record = catalogue.rulebook.plan_of(contract), ContractRecord(id=contract.id)
    ledgers = ledger_terms(catalogue.rulebook, contract)
    saturday = datetime(2026, 12, 5, tzinfo=UTC)
    for number, (weeks, hours, product, language) in enumerate(
        [
            (0, 10, "press", "en"),
            (1, 47, "press", "en"),
            (2, 30, "press", "en"),
            (3, 4, "lamp", "en"),
            (4, 4, "mill", "de"),
        ]
    ):
        start = saturday + timedelta(weeks=weeks)
        asked = BookingRequest(
            id=f"b{number}", window="standby", start=start, end=start + timedelta(hours=hours), product=product,
            language=language, surcharge_confirmed=True,
        )  # fmt: skip
        try:
            change = prepare_booking(record, contract, plan, asked, MONDAY, ledgers)
        except RefusedChange as refused:
            yield f"{refused.code.value}: {refused}"
            continue
        assert change is not None  # each has an id of its own
        made = RecordChange(
            contract=contract.id, revision=record.revision + 1, at=MONDAY, by="", reason="", change=change
        )
        record = apply_change(record, made)
        yield repr(replace(change.window, priorities=frozenset())) + repr(sorted(change.window.priorities))
        yield repr(change.reserved)


def _explained(catalogue: Catalogue) -> Iterator[Any]:
    """What comes of some reasons under each plan, and whether a period waits for one."""
    for plan in catalogue.rulebook.plans.values():
        rules = plan.breach_reasons
        broken = BreachRecord(
            clock="c", incident="i", contract="acme", plan=plan.id, metric="resolution", breached_at=MONDAY
        )
        yield plan.id, len(lacking_reasons([broken], lambda _, rules=rules: rules))
        yield [rules.refusal(code, text) for code in ("busy", "late", "overlooked", "other") for text in ("", "why")]


def _rescoped(catalogue: Catalogue) -> Iterator[str]:
    """What comes of changes of the products of the contract `acme`, soon and late, once and twice."""
    book = catalogue.rulebook
    acme = book.contracts[ContractId("acme")]
    rules = {str(id_): plan.terms.scope for id_, plan in book.plans.items() if plan.terms.scope is not None}
    other = replace(acme, products=frozenset({"mill"}))
    for versions, days in (((acme,), 8), ((acme,), 40), ((acme, other), 40)):
        after = acme if versions[-1] is other else other
        try:
            check_scope_change(versions, after, rules, MONDAY + days * DAY, MONDAY)
            yield "agreed"
        except RefusedChange as refused:
            yield f"{refused.code.value} {refused.place}: {refused}"


def _weekend(window: str) -> BookedWindow:
    return BookedWindow(id="b", window=window, start=MONDAY, end=MONDAY + DAY)


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


# -- counting allowances ----------------------------------------------------------------------------------


def _left(catalogue: Catalogue) -> list[Any]:
    """The ledgers of half a year in which everything is used in the same way."""
    book, found = catalogue.rulebook, []
    for contract in book.contracts.values():
        for terms in ledger_terms(book, contract):
            seen = replay(terms, _entries(terms.allowance.unit), MONDAY + DAY)
            objections = [one.objection for one in seen.decisions if isinstance(one, EntryRefused)]
            ledger = seen.ledger
            found.append(_plain((contract.id, terms.allowance.id, objections, ledger.lots, ledger.crossings)))
    return found


def _entries(unit: AllowanceUnit) -> Iterator[LedgerEntry]:
    """By turns within and outside hours, thrice a month in some months and four times in one."""
    days = [(2, 2), (2, 3), (2, 4), (5, 2), (5, 3), (5, 4), (8, 2), (8, 3), (8, 4), (8, 5), (9, 1)]
    for number, (month, day) in enumerate(days):
        at = datetime(2026, month, day, 16, tzinfo=UTC)
        hours = unit is AllowanceUnit.HOURS
        yield LedgerEntry(
            id=EntryId(f"e{number}"),
            kind=EntryKind.USED,
            at=at,
            who="ann",
            amount=None if hours else Decimal(1 if number else "0.5"),
            work=WorkSpan(at - (4 + number % 3) * HOUR, at) if hours else None,
        )


# -- attainment -------------------------------------------------------------------------------------------


def _attained(catalogue: Catalogue) -> Iterator[Any]:
    """How each objective stands where the same was met and missed, and who is told of it."""
    book = catalogue.rulebook
    cells = [(metric, priority) for metric in ("first_response", "resolution", "triage") for priority in ("P1", "P2")]
    for contract in book.contracts.values():
        for scoped in objectives_of(contract):
            objective = scoped.objective
            period = period_at(objective.period, MONDAY, ZoneHistory(contract.zone), contract.valid_from)
            told = [one.person.id for one in level_roster(book, contract, objective.tell, MONDAY).on_duty]
            yield contract.id, objective.id, objective.of, period.label, told
            for missed in range(12):
                tally = Tally(met=100) + Tally(missed=sum(missed for cell in cells if objective.counts(*cell)))
                figure = figure_of(objective, tally, Tally(), provisional=True)
                yield str((figure.standing, figure.misses_left, figure.credit))


# -- rules on who is told ---------------------------------------------------------------------------------


def _rules(catalogue: Catalogue) -> Iterator[Any]:
    """Which rules apply to some incidents of each contract, in which hours, and to whom."""
    book = catalogue.rulebook
    for contract in book.contracts.values():
        entitlements = [one.bought.tell for one in contract.entitlements]
        for rule in (*book.plan_of(contract).tell, *(each for own in entitlements for each in own), *contract.tell):
            told = [one.person.id for one in level_roster(book, contract, rule.to, MONDAY).on_duty]
            met = [
                (priority, metric, product)
                for priority in ("P1", "P2")
                for metric in ("triage", "first_response")
                for product in ("press", "belt")
                if rule.match.holds({"priority": priority, "metric": metric, "product": product})
            ]
            yield contract.id, rule.on, rule.kind, told, met, rule.coverage, rule.outside


# -- reports ----------------------------------------------------------------------------------------------


def _reported(catalogue: Catalogue) -> Iterator[Any]:
    """When each report of this period is sent, of which kind, and to whom."""
    book = catalogue.rulebook
    for contract in book.contracts.values():
        zones = ZoneHistory(contract.zone)
        for schedule in contract.reports:
            period = period_at(schedule.period, MONDAY, zones, contract.valid_from)
            calendar = calendar_of_report(book, contract, schedule)
            due = due_at(schedule, period, zones, calendar)
            told = [one.person.id for one in level_roster(book, contract, schedule.tell, MONDAY).on_duty]
            yield contract.id, schedule.id, schedule.kind, period.label, str(due), told


# -- judging ----------------------------------------------------------------------------------------------


def _judged(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    for name, (opened, attributes, steps) in STORIES.items():
        incident = fold(_events(opened, attributes, steps), catalogue.rulebook)
        at = opened + 3 * DAY
        try:
            why = [as_dict(one) | {"versions": None, "rows": None} for one in explain(incident, catalogue.rulebook, at)]
        except DomainError as error:
            why = [{"error": str(error)}]
        for one in why:
            one.get("target", {}).pop("line", None)
        urgent = [urgency(incident, clock, catalogue.rulebook, at) for clock in incident.clocks]
        yield {"story": name, "why": why, "urgency": urgent, **_shape(incident)}


def _events(opened: datetime, attributes: Mapping[str, str], steps: tuple[Happening, ...]) -> Iterator[IncidentEvent]:
    first = IncidentEvent(
        id=EventId("0"), incident=IncidentId("s:1"), kind=EventKind.OPENED, occurred_at=opened, received_at=opened,
        source="s", actor=Actor.CUSTOMER, actor_name="Eve", attributes=attributes,
    )  # fmt: skip
    yield first
    for number, (kind, hours, actor, stated, waiting) in enumerate(steps, start=1):
        at = opened + hours * HOUR
        yield replace(
            first, id=EventId(str(number)), kind=EventKind(kind), occurred_at=at, received_at=at, actor=Actor(actor),
            attributes=stated, waiting_on=waiting,
        )  # fmt: skip


def _shape(incident: Incident) -> dict[str, Any]:
    return {
        "phase": incident.phase, "contract": incident.contract.id, "plan": incident.plan, "priority": incident.priority,
        "priorities": [(one.priority, one.start, one.why) for one in incident.priorities],
        "corrections": [(one.old, one.new) for one in incident.corrections],
        "remarks": sorted(one.kind for one in incident.remarks),
        "clocks": [
            (one.metric, one.cycle, one.state, one.started_at, one.due_at, one.breached_at, one.stopped_at,
             one.consumed, [(mark.key, mark.at) for mark in one.marks])
            for one in incident.clocks
        ],
    }  # fmt: skip


def _reasons(incident: Incident) -> list[Any]:
    return [(one.agreed_by, one.agreed_reason) for one in incident.clocks] + [one.why for one in incident.clocks]


# -- telling ----------------------------------------------------------------------------------------------


def _told(catalogue: Catalogue) -> Any:
    book = catalogue.rulebook
    instants = [MONDAY, MONDAY + 8 * HOUR, MONDAY + 14 * HOUR, MONDAY + 5 * DAY]
    notice = {"id": "n", "title": "t", "text": "x", "severity": "high", "cause": "security"}
    notice |= {"published_at": MONDAY.isoformat()}
    products = [{"product": "press", "versions": "<4.5"}, {"product": "saw", "versions": ""}]
    found = NoticeData.model_validate(notice | {"products": products})
    return _plain({
        "chains": {id_: repr(chain_of(catalogue, None, contract)) for id_, contract in book.contracts.items()},
        "rests": [
            [one.rests_until for one in resolve_level(catalogue, contract, ("shift",), at).people]
            for contract in book.contracts.values() for at in instants
        ],
        "holds": [(id_, repr(policy.hold)) for id_, policy in catalogue.escalations.items()],
        "people": [
            [(one.person.name, one.why, one.person.language, usable_addresses(catalogue, one.person, frozenset()),
              one.rests_until)
             for one in resolve_level(catalogue, contract, ("on_call", "csm", "cy"), at).people]
            for contract in book.contracts.values() for at in instants
        ],
        "on duty": [
            [[one.person.id for one in level_roster(book, contract, (role,), at).on_duty]
             for role in ("csm", "on_call", "desk", "shift")]
            for contract in book.contracts.values() for at in instants
        ],
        "on duty in booked hours": [
            [one.id for one in booked_people(book, contract, _weekend(window.id), at)]
            for contract in book.contracts.values() for bought in contract.bought
            for window in book.plan_of(bought).windows for at in instants
        ],
        "on call": [
            (rota.id, shift.start, shift.end, shift.person)
            for rota in book.rotas.values() for shift in shifts_between(rota, MONDAY - 14 * DAY, MONDAY + 14 * DAY)
        ],
        "promised": [[role.id for role in book.plans[one.plan].roles] for one in book.contracts.values()],
        "notices": [one.id for one in concerned(found, catalogue, MONDAY)],
        "may register": [
            (one.id, sorted(registrable_products(one))) for one in open_to_registration(book, "acme.example", MONDAY)
        ],
        "entitled": [[(one.id, one.notices) for one in each.people.values()] for each in book.contracts.values()],
    })  # fmt: skip


def _mail(catalogue: Catalogue) -> Any:
    smtp = catalogue.settings.smtp
    if smtp is None:
        return None
    try:
        server = from_catalogue(smtp)
    except BadSettings as error:
        return str(error)
    return (repr(server), server.password, smtp.sender)


def _may(catalogue: Catalogue) -> Any:
    presented = ("reader-key-0001", "reader-key-0002", "reader-key-0009", "test")
    keys = [next((key for key in catalogue.keys.values() if key.fits(word)), None) for word in presented]
    days = (date(2026, 1, 1), None)
    return [key and ([key.allows(scope) for scope in KeyScope], key.contract, key.expires in days) for key in keys]


# -- reading deliveries -----------------------------------------------------------------------------------


def _read(catalogue: Catalogue) -> Iterator[Any]:
    for source, body in (("issues", issue) for issue in _issues()):
        yield _translated(catalogue, source, body)
    for body in _tickets():
        yield _translated(catalogue, "desk", body)
    yield from _doubts(catalogue)


def _translated(catalogue: Catalogue, source: str, body: Mapping[str, Any]) -> Any:
    delivery = Delivery(body=json.dumps(body).encode(), headers={}, received_at=MONDAY)
    outcome = translate(delivery, catalogue.sources[SourceId(source)]).outcome
    if not isinstance(outcome, Accepted):
        return repr(outcome)
    return [
        (one.event.kind, one.event.occurred_at, one.event.actor, one.event.waiting_on, repr(one.event.snapshot),
         sorted(one.event.attributes.items()), [str(noted) for noted in one.remarks])
        for one in outcome.events
    ]  # fmt: skip


def _issues() -> Iterator[dict[str, Any]]:
    labels = [{"name": name} for name in ("needs-info", "sev1", "customer:acme")]
    issue = {
        "id": 7, "number": 1, "title": "t", "state": "open", "html_url": "https://github.com/o/shop/issues/1",
        "user": {"login": "eve", "type": "User"}, "created_at": "2026-11-16T07:00:00Z",
        "updated_at": "2026-11-16T07:30:00Z", "labels": labels, "type": {"name": "incident"},
    }  # fmt: skip
    common = {
        "repository": {"name": "shop", "full_name": "o/shop", "owner": {"login": "o"}},
        "sender": {"login": "mona"},
    }
    yield {"action": "opened", "issue": issue, **common}
    yield {"action": "opened", "issue": issue | {"labels": []}, **common}
    closed = {"state": "closed", "state_reason": "not_planned", "closed_at": "2026-11-16T07:30:00Z"}
    yield {"action": "closed", "issue": issue | closed, **common}
    people = {"mona": "NONE", "robot": "NONE", "lisa": "NONE", "cleo": "NONE", "max": "MEMBER", "cora": "CONTRIBUTOR",
              "olga": "OWNER"}  # fmt: skip
    for login, association in people.items():
        comment = {"id": 1, "user": {"login": login, "type": "User"}, "created_at": "2026-11-16T07:20:00Z", "body": "x"}
        yield {"action": "created", "issue": issue, "comment": comment | {"author_association": association}, **common}


def _tickets() -> Iterator[dict[str, Any]]:
    fields = {"summary": "s", "created": "2026-11-16T08:00:00", "updated": "2026-11-16T08:30:00",
              "status": {"name": "Parked", "id": "77"}, "project": {"key": "P"},
              "assignee": {"accountId": "assignee"}}  # fmt: skip
    issue = {"id": "10", "key": "P-1", "self": "https://jira.example/rest/api/2/issue/10", "fields": fields}
    yield {"webhookEvent": "jira:issue_created", "timestamp": 1794816000000, "issue": issue}
    moved = {"id": "5", "items": [{"field": "status", "fieldId": "status", "from": "1", "fromString": "Open",
                                   "to": "77", "toString": "Parked"}]}  # fmt: skip
    yield {"webhookEvent": "jira:issue_updated", "timestamp": 1794817000000, "issue": issue, "changelog": moved}
    undated = {"webhookEvent": "jira:issue_updated", "issue": issue, "changelog": moved}
    yield undated  # when it happened is the local time of the issue
    people: list[dict[str, Any]] = [{"emailAddress": "a@staff.example"}, {"emailAddress": "b@client.example"}]
    people += [{"accountId": "assignee"}]
    people += [{"groups": {"items": [{"name": name}]}} for name in ("agents", "clients")]
    for number, person in enumerate(people):
        author = {"accountId": f"u{number}", "displayName": "Somebody", **person}
        comment = {"id": str(number), "author": author, "created": "2026-11-16T08:20:00.000+0000", "body": "x"}
        yield {"webhookEvent": "comment_created", "timestamp": 1794816000000, "issue": issue, "comment": comment}


def _doubts(catalogue: Catalogue) -> Iterator[Any]:
    """Who is believed: deliveries proven in many ways, to each source."""
    body, stamp = b"{}", str(int(MONDAY.timestamp()))
    proofs: list[dict[str, str]] = []
    for word in ("issues-secret", "other-secret"):
        proofs.append({"x-hub-signature-256": f"sha256={hmac.new(word.encode(), body, 'sha256').hexdigest()}"})
    for word in ("desk-secret", "desk-older"):
        mac = hmac.new(word.encode(), f"{stamp}.".encode() + body, hashlib.sha256).digest()
        proofs.append({"x-sig": f"v1={base64.b64encode(mac).decode()}", "x-time": stamp})
    for word in ("mail-secret", "post-secret"):
        proofs.append({"authorization": "Basic " + base64.b64encode(f"sender:{word}".encode()).decode()})
    signed = hmac.new(b"stamped-secret", f"m1{stamp}".encode() + body, hashlib.sha256).hexdigest()
    proofs.append({"x-key": f"t={stamp},v3={signed}", "x-id": "m1"})
    proofs += [{"authorization": f"Bearer {_token(issuer)}"} for issuer in ("login", "offline", "online")]
    proofs.append({"x-cert": "cn-desk"})
    lines = json.dumps({"sentAt": int(MONDAY.timestamp() * 1000)}).encode()
    facts = RequestFacts(address="192.0.2.7", peer="10.0.0.5")
    issuers = {"https://online.example/keys": [_PRIVATE.as_dict(private=False)]}
    for source in catalogue.sources.values():
        how, now = source.authentication, MONDAY + timedelta(minutes=7 if source.id == "stamped" else 0)
        yield [verify(how, body, headers, now, request=facts, issuers=issuers) is None for headers in proofs]
        mac = hmac.new(b"lines-secret", lines, hashlib.sha256).hexdigest()
        yield verify(how, lines, {"linear-signature": mac}, MONDAY) is None
        yield answer_challenge(how, "POST", "asked")


_PRIVATE = OKPKey.import_key(
    {"kty": "OKP", "crv": "Ed25519", "x": "o6TZ7LjU1zbWi4o8EMlGy9lUlRAZQ4xIV9qMXVd3UmY",
     "d": "Xi8p-oVdQ01VGqfiEn-AxFcHJu82z9girsLMfassLss"}
)  # fmt: skip


def _token(issuer: str) -> str:
    shared = issuer == "login"
    claims = {"iss": f"https://{issuer}.example", "aud": "slad-desk" if shared else "slad", "azp": "desk-client",
              "exp": int(MONDAY.timestamp()) + 600}  # fmt: skip
    key = OctKey.import_key("a-shared-secret-of-tokens-0001") if shared else _PRIVATE
    algorithm = "HS256" if shared else "Ed25519"
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])
