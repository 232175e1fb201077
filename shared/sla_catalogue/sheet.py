"""A contract as one page: everything that it and its plan promise, in one language, for people and programs to read.

Names of the JSON are those of the catalogue's files. Texts that the catalogue lacks in the language are given in
English, else in whichever language there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, TypeVar

from sla_catalogue.calendars import holiday_codes_for
from sla_catalogue.catalogue import Catalogue
from sla_catalogue.holiday.table import MANUAL
from sla_catalogue.week import time_of_day_text, week_words, weekly_text
from sla_domain.allowance import Allowance, AllowanceUnit, BalanceWarning
from sla_domain.attainment import objectives_of
from sla_domain.breach_reason import BreachReasons
from sla_domain.calendar import LocalSpan, Season, load_zone
from sla_domain.calendar.spec import DAYS
from sla_domain.contract import Contract, ContractEntitlement, ContractId, VendorContract
from sla_domain.escalation import EscalationPolicy, PolicyLevel
from sla_domain.explain.language import tag_for, words_for
from sla_domain.explain.language.words import Words
from sla_domain.explain.text import allowed_words, duration_text, text_in
from sla_domain.notice_terms import Cause, NoticeTerms, Severity
from sla_domain.objective import Objective
from sla_domain.plan import (
    AgreedDates,
    Coverage,
    HolidaySource,
    MatchCondition,
    Metric,
    Plan,
    Priority,
    PriorityRules,
    Role,
    Target,
    Texts,
    WarningAt,
    written_name,
)
from sla_domain.report_schedule import ReportSchedule
from sla_domain.rota import Rota, RotaLayer
from sla_domain.terms import PlanTerms
from sla_domain.window import BookableWindow, WindowPrice


def sheet_of(catalogue: Catalogue, contract: ContractId, language: str = "en") -> dict[str, Any]:
    """Return everything that a contract and its plan promise, as a dict ready for JSON.

    The keys are those of the catalogue's files.

    Args:
        contract: Id of the contract.
        language: Tag of the language of texts. Without a text in that language, English is used, else any language.

    Raises:
        KeyError: There is no contract of this id.
    """
    return sheet_under(catalogue, catalogue.rulebook.contracts[contract], language)


def sheet_under(catalogue: Catalogue, contract: Contract, language: str = "en") -> dict[str, Any]:
    """Return everything that a contract and its plan promise, as a dict ready for JSON.

    The keys are those of the catalogue's files.

    Args:
        contract: The contract. It need not be in the catalogue, and may have a single entitlement (`Contract.under`).
        language: Tag of the language of texts. Without a text in that language, English is used, else any language.

    Raises:
        KeyError: The catalogue does not have the contract's plan.
    """
    return _Sheet(catalogue, contract, language).whole()


_Named = TypeVar("_Named", Role, BookableWindow, Allowance)


class _Sheet:
    """The contract with what is needed to put it into words."""

    def __init__(self, catalogue: Catalogue, contract: Contract, language: str) -> None:
        self._catalogue = catalogue
        self._contract = contract
        self._tables = catalogue.holidays
        held = {holder.rota for holder in contract.roles}
        self._rotas = {id_: rota for id_, rota in catalogue.rulebook.rotas.items() if id_ in held}
        self._plan: Plan = catalogue.rulebook.plans[contract.plan]
        self._plans = [catalogue.rulebook.plans[one.plan] for one in contract.bought]
        self._base = catalogue.rulebook.plans.get(contract.base_plan) if contract.base_plan else None
        self._policy = catalogue.escalations.get(self._plan.escalation or "")
        self._language = language
        self._words: Words = words_for(tag_for(language))

    def whole(self) -> dict[str, Any]:
        contract, plan, plans = self._contract, self._plan, self._plans
        return {
            "contract": contract.id,
            "title": contract.title,
            "customers": sorted(contract.customers),
            "plan": self._of_plan(plan),
            "base_plan": None if self._base is None else self._of_plan(self._base),
            "valid": {"from": contract.valid_from, "to": contract.valid_to},
            "zone": contract.zone,
            "country": "-".join(part for part in (contract.country, contract.subdivision) if part),
            "languages": list(contract.languages),
            "products": sorted(contract.products),
            "excluded_products": sorted(contract.excluded_products),
            "entitlements": [self._entitlement(one) for one in contract.entitlements],
            "vendors": None if contract.vendors is None else [_vendor(one) for one in contract.vendors],
            "environment": [
                {"product": one.product, "versions": list(one.versions), "facts": dict(one.facts)}
                for one in contract.environment
            ],
            "registration_domains": sorted(contract.registration_domains),
            "priorities": [self._priority(one) for one in sorted(plan.priorities, key=lambda one: one.rank)],
            "rules": self._rules(plan.rules),
            "agreed_dates": self._agreed_dates(plan.agreed_dates),
            "breach_reasons": self._breach_reasons(plan.breach_reasons),
            "metrics": [self._metric(one) for one in plan.metrics],
            "targets": [self._target(one) for one in self._rows()],
            "leaves_unspecified": sorted(contract.leaves_unspecified),
            "coverages": [self._coverage(one) for one in self._coverages()],
            "holidays_by_hand": list(self._holidays()),
            "channels": sorted(plan.channels),
            "channel_hours": dict(plan.terms.channel_hours),
            "urgent_channels": sorted(plan.urgent_channels),
            "roles": [self._role(one) for one in _first_of_each(each.roles for each in plans)],
            "windows": [self._window(one) for one in _first_of_each(each.windows for each in plans)],
            "allowances": [self._allowance(one) for one in self._allowances()],
            "objectives": [self._objective(one.entitlement, one.objective) for one in objectives_of(contract)],
            "reports": [self._report(one) for one in contract.reports],
            "tell": list(self._tell()),
            "escalation": None if self._policy is None else self._escalation(self._policy),
            "rotas": [self._rota(one) for one in self._rotas.values()],
            "people": [
                {
                    "id": one.id,
                    "name": one.name,
                    "side": one.side.value,
                    "language": one.language,
                    "languages": list(one.languages),
                    "zone": one.zone,
                    "hours": weekly_text(one.week, self._words),
                    "until": one.until,
                    "notices": one.notices,
                }
                for one in contract.people.values()
            ],
            "note": self._said(contract.notes),
        }

    def _entitlement(self, one: ContractEntitlement) -> dict[str, Any]:
        bought = _Sheet(self._catalogue, one.bought, self._language)
        return {
            "id": one.id,
            "plan": self._of_plan(bought._plan),
            "base_plan": None if bought._base is None else self._of_plan(bought._base),
            "products": sorted(one.bought.products),
            "excluded_products": sorted(one.bought.excluded_products),
            "valid": {"from": one.valid_from, "to": one.valid_to},
            "types": sorted(one.types),
            "targets": [bought._target(each) for each in bought._rows()],
        }

    def _terms(self, terms: PlanTerms) -> dict[str, Any]:
        scope = terms.scope
        return {
            "minimum_term": str(terms.minimum_term or ""),
            "all_products": terms.all_products,
            "not_available_for": {
                "products": sorted(terms.unavailable_products),
                "countries": sorted(terms.unavailable_countries),
                "clause": terms.unavailable_clause,
            },
            "scope": None
            if scope is None
            else {
                "per": scope.per,
                "changes_per_term": scope.changes_per_term,
                "notice": str(scope.notice),
                "clause": scope.clause,
            },
            "not_covered": [
                {
                    "type": list(one.types),
                    "advice": self._said(one.advice),
                    "clocks": one.clocks.value,
                    "clause": one.clause,
                }
                for one in terms.not_covered
            ],
        }

    def _window(self, window: BookableWindow) -> dict[str, Any]:
        return {
            "id": window.id,
            "title": self._said(window.titles),
            "notice_seconds": window.notice.total_seconds(),
            "late": window.late.value,
            "surcharge": window.surcharge,
            "per_contract_year": window.per_contract_year,
            "days": [DAYS[day] for day in sorted(window.days)],
            "longest_seconds": None if window.longest is None else window.longest.total_seconds(),
            "priorities": sorted(window.priorities),
            "products": sorted(window.products),
            "excluded_products": sorted(window.excluded_products),
            "languages": list(window.languages),
            "role": window.role,
            "price": None if window.price is None else self._price(window.price),
            "clause": window.clause,
        }

    def _price(self, price: WindowPrice) -> dict[str, Any]:
        units = {one.id: one.unit for one in self._allowances()}
        amount = _amount(price.amount, units[price.allowance], self._words)
        return {"allowance": price.allowance, "amount": amount}

    def _said(self, texts: Texts) -> str:
        return text_in(texts, self._language)[1]

    # -- the parts

    def _of_plan(self, plan: Plan) -> dict[str, Any]:
        return {
            "id": written_name(plan.id),
            "title": self._said(plan.titles),
            "rank": plan.rank,
            "sold": {"from": plan.valid_from, "to": plan.valid_to},
            "languages": list(plan.languages),
            "notices": self._notices(plan.notices),
            "terms": self._terms(plan.terms),
            "note": self._said(plan.notes),
        }

    def _notices(self, terms: NoticeTerms) -> dict[str, Any]:
        return {
            "registration": terms.registration.value,
            "causes": [cause.value for cause in Cause if cause in terms.causes],
            "severities": [severity.value for severity in Severity if severity in terms.severities],
            "clause": terms.clause,
        }

    def _priority(self, priority: Priority) -> dict[str, Any]:
        return {
            "id": priority.id,
            "rank": priority.rank,
            "title": self._said(priority.titles),
            "definition": self._said(priority.definitions),
            "also": sorted(priority.also),
            "clause": priority.clause,
        }

    def _rules(self, rules: PriorityRules) -> dict[str, Any]:
        return {
            "default": rules.default,
            "without_description": rules.without_description,
            "downgrade": rules.downgrade.value,
            "downgrade_pairs": [{"from": old, "to": new} for old, new in sorted(rules.downgrade_pairs)],
            "correction_notice": rules.correction_notice,
            "clause": rules.clause,
        }

    def _agreed_dates(self, agreed: AgreedDates) -> dict[str, Any]:
        every = agreed.priorities is None
        return {
            "priorities": "every" if every else sorted(agreed.priorities or ()),
            "by": agreed.by.value,
            "clause": agreed.clause,
        }

    def _breach_reasons(self, reasons: BreachReasons) -> dict[str, Any]:
        return {
            "codes": [
                {"id": code.id, "title": self._said(code.titles), "needs_text": code.needs_text}
                for code in reasons.codes
            ],
            "required_before_freeze": reasons.required_before_freeze,
        }

    def _metric(self, metric: Metric) -> dict[str, Any]:
        return {"id": metric.id, "title": self._said(metric.titles), "clause": metric.clause}

    def _rows(self) -> Iterator[Target]:
        """In the order in which they are tried."""
        yield from self._contract.targets
        yield from self._plan.targets

    def _target(self, target: Target) -> dict[str, Any]:
        return {
            "metric": target.metric,
            "time": allowed_words(target, self._words),
            "coverage": target.coverage,
            "when": [_condition(one) for one in target.match.conditions],
            "warn": [_warning(one, self._words) for one in target.warnings],
            "satisfied_by": sorted(target.satisfying_priorities),
            "clause": target.clause,
            "line": target.line,
        }

    def _coverages(self) -> Iterator[Coverage]:
        """Those in which a target, a role or a rate counts, and those they are made of; by name."""
        used = {target.coverage for target in self._rows()} | {role.coverage for role in self._plan.roles}
        used |= {one.off_hours.coverage for one in self._allowances() if one.off_hours is not None}
        found: dict[str, Coverage] = {}
        left = [each for name, each in self._plan.coverages.items() if name in used]
        while left:
            coverage = left.pop()
            found[coverage.id] = coverage
            left += coverage.parts
        yield from (found[name] for name in sorted(found))

    def _coverage(self, coverage: Coverage) -> dict[str, Any]:
        return {
            "id": coverage.id,
            "title": self._said(coverage.titles),
            "hours": week_words(coverage, self._words),
            "made_of": {coverage.combination.value: [part.id for part in coverage.parts]} if coverage.parts else {},
            "zone": coverage.zone or self._contract.zone,
            "holidays": _holidays(coverage),
            "seasons": [self._season(one) for one in coverage.seasons],
            "openings": [_span(one) for one in coverage.openings],
            "closings": [_span(one) for one in coverage.closings],
            "clause": coverage.clause,
        }

    def _holidays(self) -> Iterator[dict[str, Any]]:
        """What people added to the holidays that the contract's coverages subtract, and what they took out."""
        codes = {code for each in self._coverages() for code in holiday_codes_for(self._contract, each)}
        for code in sorted(codes & self._tables.keys()):
            table = self._tables[code]
            for row in table.rows:
                if row.source.startswith(MANUAL):
                    closed = "yes" if row.closes_at is None else f"from {time_of_day_text(row.closes_at * 60)}"
                    yield _by_hand(code, row.date, row.name, closed, row.source.removeprefix(MANUAL))
            for day in table.worked:
                yield _by_hand(code, day.date, "", "no", day.reason)

    def _season(self, season: Season) -> dict[str, Any]:
        start, end = (_season_day(day, season.yearly) for day in (season.start, season.end))
        return {"from": start, "to": end, "hours": weekly_text(season.weekly, self._words)}

    def _role(self, role: Role) -> dict[str, Any]:
        return {
            "id": role.id,
            "title": self._said(role.titles),
            "coverage": role.coverage,
            "outside": role.outside,
            "optional": role.optional,
            "sole": role.sole,
            "held_by": self._holders(role.id),
            "clause": role.clause,
        }

    def _allowances(self) -> Iterator[Allowance]:
        """Those of the contract, and the optional ones of its plans that it has not bought."""
        bought = {one.id: one for one in self._contract.allowances}
        promised = _first_of_each(plan.allowances for plan in self._plans)
        yield from (bought.get(one.id, one) for one in promised)

    def _allowance(self, one: Allowance) -> dict[str, Any]:
        rate = one.off_hours
        return {
            "id": one.id,
            "title": self._said(one.titles),
            "unit": one.unit.value,
            "amount": None if one.amount is None else _amount(one.amount, one.unit, self._words),
            "per": one.per.value,
            "expires": one.expires.value,
            "at_most": {period.value: limit for period, limit in one.at_most.items()},
            "off_hours": None if rate is None else {"coverage": rate.coverage, "multiplier": f"{rate.multiplier:f}"},
            "warn": [_threshold(warning, one.unit, self._words) for warning in one.warnings],
            "optional": one.optional,
            "clause": one.clause,
        }

    def _objective(self, entitlement: str, one: Objective) -> dict[str, Any]:
        return {
            "id": one.id,
            "entitlement": entitlement,
            "title": self._said(one.titles),
            "percent": _percent(one.percent),
            "period": one.period.value,
            "of": one.of.value,
            "metrics": sorted(one.metrics),
            "priorities": sorted(one.priorities),
            "at_risk": _percent(one.at_risk),
            "tell": {name: self._holders(name) for name in one.tell},
            "credits": [{"below": _percent(row.below), "credit": _percent(row.credit)} for row in one.credits],
            "clause": one.clause,
        }

    def _report(self, one: ReportSchedule) -> dict[str, Any]:
        return {
            "id": one.id,
            "kind": one.kind.value,
            "period": one.period.value,
            "after": {"working_days": one.working_days, "at": f"{one.at:%H:%M}"},
            "coverage": one.coverage or None,
            "to": {name: self._holders(name) for name in one.tell},
        }

    def _tell(self) -> Iterator[dict[str, Any]]:
        """The rules on who is told of what: of the plans, of the entitlements, and the contract's own."""
        contract = self._contract
        rules = [(str(plan.id), rule) for plan in self._plans for rule in plan.tell]
        rules += [(one.id, rule) for one in contract.entitlements for rule in one.bought.tell]
        for where, rule in (*rules, *((str(contract.id), rule) for rule in contract.tell)):
            yield {
                "of": where,
                "on": rule.on.value,
                "to": {name: self._holders(name) for name in rule.to},
                "kind": rule.kind.value,
                "when": [_condition(one) for one in rule.match.conditions],
                "coverage": rule.coverage,
                "outside": rule.outside,
                "clause": rule.clause,
            }

    def _escalation(self, policy: EscalationPolicy) -> dict[str, Any]:
        return {
            "id": policy.id,
            "title": self._said(policy.titles),
            "levels": [self._level(level) for level in policy.levels],
            "repeat": policy.repeat,
            "pause": duration_text(policy.pause, self._words),
            "clause": policy.clause,
        }

    def _level(self, level: PolicyLevel) -> dict[str, Any]:
        held = {name: self._holders(name) for name in level.tell}
        return {
            "after": duration_text(level.after, self._words),
            "tell": held,
            "channels": list(level.channels),
            "kind": level.kind.value,
        }

    def _rota(self, rota: Rota) -> dict[str, Any]:
        return {
            "id": rota.id,
            "title": self._said(rota.titles),
            "zone": rota.zone,
            "layers": [_layer(one) for one in rota.layers],
            "overrides": [
                {
                    "from": _local(one.start, rota.zone),
                    "until": _local(one.end, rota.zone),
                    "who": one.person,
                    "instead_of": one.instead_of,
                    "by": one.by,
                    "reason": one.reason,
                }
                for one in rota.overrides
            ],
        }

    def _holders(self, name: str) -> list[str]:
        """Of a role; or the person of that name, where an escalation names one."""
        holders = [f"rota {one.rota}" if one.rota else one.person for one in self._contract.roles if one.role == name]
        return holders or ([name] if name in self._contract.people else [])


# -- in words ---------------------------------------------------------------------------------------------


def _season_day(day: date | None, yearly: bool) -> str:
    return "" if day is None else f"{day:%m-%d}" if yearly else day.isoformat()


def _first_of_each(lists: Iterable[Iterable[_Named]]) -> list[_Named]:
    """Of things that several plans have, the first of each id."""
    found: dict[str, _Named] = {}
    for one in chain.from_iterable(lists):
        found.setdefault(one.id, one)
    return list(found.values())


def _vendor(one: VendorContract) -> dict[str, Any]:
    return {"vendor": one.vendor, "valid": {"from": one.valid_from, "to": one.valid_to}}


def _span(span: LocalSpan) -> dict[str, Any]:
    start, end = (at.isoformat(" ", "minutes") for at in (span.start, span.end))
    return {"from": start, "to": end, "reason": span.reason}


def _layer(layer: RotaLayer) -> dict[str, Any]:
    turns = layer.rotation
    if turns is None:
        return {"listed": len(layer.listed), "hours": layer.coverage}
    handover = {"days": turns.days, "at": time_of_day_text(turns.at), "starts": turns.starts}
    return {"people": list(turns.people), "handover": handover, "hours": layer.coverage}


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(load_zone(zone)).isoformat(" ", "minutes")


def _holidays(coverage: Coverage) -> str:
    if coverage.holidays is HolidaySource.FIXED:
        return "-".join(part for part in (coverage.country, coverage.subdivision) if part)
    return coverage.holidays.value


def _by_hand(code: str, day: date, name: str, closed: str, reason: str) -> dict[str, Any]:
    return {"code": code, "date": day, "name": name, "closed": closed, "reason": reason}


def _condition(condition: MatchCondition) -> str:
    return f"{condition.attribute} {'is not' if condition.negated else 'is'} {_either(condition.values)}"


def _either(values: Iterable[str]) -> str:
    return " or ".join(sorted(values))


def _amount(amount: Decimal, unit: AllowanceUnit, words: Words) -> str:
    """Hours as a span, everything else as a number."""
    if unit is AllowanceUnit.HOURS:
        return duration_text(timedelta(microseconds=int(amount.scaleb(6))), words)
    return f"{amount.normalize():f}"


def _percent(value: Decimal) -> str:
    """Return a percentage as people write it, such as `99.5%`."""
    return f"{value.normalize():f}%"


def _threshold(warning: BalanceWarning, unit: AllowanceUnit, words: Words) -> str:
    """`20 %` or `10 h` of what there was is left; `−30 d`: so many days before the expiry."""
    if warning.days is not None:
        return f"−{warning.days} d"
    return f"{warning.percent} %" if warning.left is None else _amount(warning.left, unit, words)


def _warning(warning: WarningAt, words: Words) -> str:
    """`75 %` of the allowed time, or `−1 h`: so long before the due instant."""
    return f"{warning.percent} %" if warning.before is None else duration_text(-warning.before, words)
