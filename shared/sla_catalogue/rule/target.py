"""Rows that never match, priorities without a row, numbers that are missing, warnings beyond their target."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.assembly.plan import BuiltPlan
from sla_catalogue.assembly.target import TargetRow
from sla_catalogue.rule.row import ANY, has_unconditional_row, priorities_of, restrict_to, shadowing_rows, takes_all
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.contract import Contract
from sla_domain.fold.entitlement import added_attributes
from sla_domain.fold.entitlement_choice import scope_of
from sla_domain.normal import normal
from sla_domain.plan import CoverageTime, PlanId, Unspecified, WallTime, written_name

# A plan that promises these at all is expected to promise them for every priority; others may be for a few only.
_EXPECTED_FOR_ALL = ("first_response", "resolution")
_OTHER_PRODUCT = "\0"  # stands for every name that neither a row nor the contract has; no file can contain it


def check_targets(subject: CheckedCatalogue) -> None:
    """Check that targets (allowed times) can work as written, and add mistakes to `subject.findings`.

    Mistakes are a target that is never used because earlier ones match first, a target without a number that a contract
    uses, and a warning due before the clock starts. Missing targets are reported too: if a plan has any target for the
    first response or the resolution, each of its priorities needs one that always applies. A plan that requires a base
    plan (which supplies what the plan lacks) is checked for missing targets only together with the base plan.
    """
    for built in subject.plans:
        _check_rows(built.rows, [p.id for p in built.plan.priorities], subject)
        if not built.plan.requires_base or "+" in built.plan.id:  # a plan that adds to a base plan has gaps by itself
            _check_gaps(built.rows, [p.id for p in built.plan.priorities], str(built.plan.id), subject)
    for contract in subject.bought:
        _check_rows(contract.rows, [p.id for p in contract.built.plan.priorities], subject)
        _check_specified(contract, subject)


def _check_rows(rows: Sequence[TargetRow], priorities: list[str], subject: CheckedCatalogue) -> None:
    for index, row in enumerate(rows):
        takers = shadowing_rows(row, rows[:index], priorities)
        # What a plan inherits it may well replace entirely; only rows of one author shadow each other by mistake.
        if takers and all(taker.path[:2] == row.path[:2] for taker in takers):
            places = " and ".join(dict.fromkeys(str(subject.findings.at(taker.path)) for taker in takers))
            message = f"this {row.target.metric} row never matches: {places} matched before"
            subject.findings.error(row.path, "unreachable-row", message, "move it up, narrow the other, or remove it")
        _check_warnings(row, subject)


def _check_warnings(row: TargetRow, subject: CheckedCatalogue) -> None:
    allowed = row.target.allowed
    if not isinstance(allowed, CoverageTime | WallTime):
        return
    for warning in row.target.warnings:
        if warning.before is not None and warning.before >= allowed.span:
            message = f"the warning comes {warning.before} before the due instant of a target of {allowed.span}"
            subject.findings.error(row.path, "warning-beyond-target", message, "warn later, or in percent")


def _check_gaps(rows: Sequence[TargetRow], priorities: list[str], plan: str, subject: CheckedCatalogue) -> None:
    for metric in _EXPECTED_FOR_ALL:
        ours = [row for row in rows if row.target.metric == metric]
        missing = [name for name in priorities if not has_unconditional_row(ours, name, priorities)]
        if ours and missing:
            message = f"the plan {plan} has no {metric} target for {', '.join(missing)} that holds in every case"
            subject.findings.warning(("plans", written_name(PlanId(plan)), "targets"), "gap", message, "add a last row")


def _check_specified(contract: BuiltContract, subject: CheckedCatalogue) -> None:
    """Report targets without a number that a contract uses and does not supply (docs/clauses.md)."""
    reported: set[tuple[object, ...]] = set()
    for row, priorities in _used_without_number(contract, subject):
        target = row.target
        key = (target.metric, row.path, tuple(priorities))
        if target.metric in contract.document.leaves_unspecified or key in reported:
            continue
        reported.add(key)
        where = subject.findings.at(row.path)
        clause = f" ({target.clause})" if target.clause else ""
        message = (
            f"the contract {contract.contract.id} uses {target.metric} for {', '.join(priorities)}{clause}, "
            f"for which no number is given ({where.file}:{where.line})"
        )
        hint = f"add a row to its `targets`, or `leaves_unspecified: [{target.metric}]`"
        subject.findings.error(contract.path, "unspecified-target", message, hint)


def _used_without_number(contract: BuiltContract, subject: CheckedCatalogue) -> list[tuple[TargetRow, list[str]]]:
    """Rows without a number that some incident of the contract may meet, with the priorities left to them."""
    found: list[tuple[TargetRow, list[str]]] = []
    supplied = [row for row in contract.rows if _has_number(row)]  # these count wherever a row has none
    for built, scopes in _in_use(contract, subject):
        # Beyond the scope of a plan on top of a base plan, the contract's rows are tried only if they name a scope.
        own = contract.rows if built is contract.built else [row for row in contract.rows if _names(row, "scope")]
        rows = [*own, *built.rows]
        if all(_has_number(row) for row in rows):
            continue
        kinds = _kinds(contract.contract, scopes, [*contract.rows, *built.rows])
        names = [priority.id for priority in built.plan.priorities]
        for index, row in enumerate(rows):
            if not _has_number(row):
                before = [*supplied, *rows[:index]]
                left = [
                    name
                    for name in priorities_of(row.target, names)
                    if (name != ANY or not names) and not _taken(row, name, before, names, kinds)
                ]
                if left:
                    found.append((row, left))
    return found


def _has_number(row: TargetRow) -> bool:
    return not isinstance(row.target.allowed, Unspecified)


def _names(row: TargetRow, attribute: str) -> bool:
    return any(condition.attribute == attribute for condition in row.target.match.conditions)


def _in_use(contract: BuiltContract, subject: CheckedCatalogue) -> list[tuple[BuiltPlan, frozenset[str]]]:
    """The plans whose rows apply to incidents of the contract, each with the words of the scopes in which they do.

    Source: clauses H4 and I9 (docs/clauses.md).
    """
    bought = contract.contract
    base = subject.plan(bought.base_plan) if bought.base_plan else None
    inside, beyond = frozenset({"in"}), frozenset({"out", "excluded"})
    if base is None or base is contract.built:
        return [(contract.built, inside | beyond)]
    return [(contract.built, inside), (base, beyond)]


def _kinds(contract: Contract, scopes: Container[str], rows: Iterable[TargetRow]) -> list[Mapping[str, str]]:
    """What slad knows of incidents in these scopes: one for each product between which the rows or the scope tell."""
    products = {
        normal(value)
        for row in rows
        for condition in row.target.match.conditions
        if condition.attribute == "product"
        for value in condition.values
    }
    without = contract.normal_excluded | contract.normal_unavailable
    listed = (without, contract.normal_products - without)
    unnamed = {min(rest) for names in listed if (rest := names - products)}  # the others fit the same rows
    found: list[Mapping[str, str]] = []
    for product in sorted({*products, *unnamed, "", _OTHER_PRODUCT}):
        scope = scope_of(contract, product, has_base=True)
        if scope.word in scopes:
            found.append(added_attributes(contract, scope) | {"product": product})
    return found


def _taken(
    row: TargetRow, priority: str, before: Sequence[TargetRow], names: list[str], kinds: Iterable[Mapping[str, str]]
) -> bool:
    """Whether earlier rows take what `row` would match among incidents of each kind; it may match none of one."""
    same = [other.target for other in before if other.target.metric == row.target.metric]
    return all(
        (within := restrict_to(row.target, known)) is None
        or any(takes_all(other, within, priority, names) for other in same)
        for known in kinds
    )
