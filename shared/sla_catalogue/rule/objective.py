"""Objectives that cannot be counted, tell nobody, or give credits in the wrong order (clause E4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.document.objective import CreditDocument, ObjectiveDocument
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.objective import PeriodKind
from sla_domain.plan import Unspecified

_Written = tuple[Path, ObjectiveDocument]


def check_objectives(subject: CheckedCatalogue) -> None:
    """Check that objectives can work as written.

    A finding is added to `subject.findings` for:

    - an objective on clocks that have no target
    - an objective per contract year in a contract without a first day
    - a role to notify that does not exist, or that nobody of the contract holds
    - a table of credits that gives a credit while the objective is met, repeats a percentage, or gives less for a lower
      attainment
    """
    known = subject.known_roles()
    for path, document in _written(subject):
        _check_credits(path, document, subject)
        for name in document.tell:
            if name not in known:
                subject.context.report_unknown(name, known, (*path, "tell"), "role")
    for built in subject.contracts:
        for one in built.bought:
            for path, document in _of_contract(one, built):
                _check_counted(path, document, one, subject)
                _check_held(document, built, known, subject)
                if document.period is PeriodKind.CONTRACT_YEAR and one.contract.valid_from is None:
                    message = f"the contract {built.contract.id} has no first day: nobody can count its years"
                    subject.findings.warning(built.path, "no-start", message, "valid: {from: …}")


def _written(subject: CheckedCatalogue) -> Iterator[_Written]:
    for section, entries in (("plans", subject.written.plans), ("contracts", subject.written.contracts)):
        for id_, entry in entries.items():
            for index, document in enumerate(entry.objectives):
                yield (section, id_, "objectives", index), document


def _of_contract(one: BuiltContract, whole: BuiltContract) -> Iterator[_Written]:
    """The objectives under which a contract stands by one of its plans: the plan's, as the contract changes them."""
    own = {each.id: ((*whole.path, "objectives", i), each) for i, each in enumerate(whole.document.objectives)}
    for path, document in one.built.draft.objectives:
        yield own.pop(document.id, (path, document))
    yield from own.values()


def _check_counted(path: Path, document: ObjectiveDocument, one: BuiltContract, subject: CheckedCatalogue) -> None:
    """An objective that names metrics and priorities to which no target of this plan applies counts nothing."""
    if not document.metrics and not document.priorities:
        return
    names = one.built.names
    wanted = {names.priority(name) for name in document.priorities} - {None}
    rows = [row.target for row in (*one.rows, *one.built.rows)]
    for target in rows:
        if document.metrics and target.metric not in document.metrics:
            continue
        if isinstance(target.allowed, Unspecified):
            continue
        asked = next((c for c in target.match.conditions if c.attribute == "priority"), None)
        if not wanted or asked is None or any(asked.holds({"priority": str(name)}) for name in wanted):
            return
    message = f"no target of {one.contract.plan} applies to what the objective {document.id!r} counts"
    subject.findings.warning(
        path, "objective-counts-nothing", message, "name metrics and priorities that have a target"
    )


def _check_held(document: ObjectiveDocument, built: BuiltContract, known: set[str], subject: CheckedCatalogue) -> None:
    here = {role.role for role in built.contract.roles} | set(built.contract.people)
    if document.tell and known & set(document.tell) and not here & set(document.tell):
        message = f"the objective {document.id} tells {', '.join(document.tell)}, nobody here"
        subject.findings.warning(built.path, "objective-unheld", message, "give the role to somebody")


def _check_credits(path: Path, document: ObjectiveDocument, subject: CheckedCatalogue) -> None:
    where = (*path, "credits")
    for row in document.credits:
        if row.below > document.percent:
            message = f"a credit below {row.below}% would be due while the objective of {document.percent}% is kept"
            subject.findings.error(where, "credit-while-kept", message, f"below: {document.percent}, or less")
    for upper, lower in _neighbours(document.credits):
        if upper.below == lower.below:
            message = f"two rows say what is due below {upper.below}%"
            subject.findings.error(where, "duplicate-credit", message, "keep one")
        elif lower.credit <= upper.credit:
            message = f"below {lower.below}% the credit is {lower.credit}%, no more than below {upper.below}%"
            subject.findings.error(where, "credit-order", message, "the lower the attainment, the more is due")


def _neighbours(rows: Sequence[CreditDocument]) -> Iterator[tuple[CreditDocument, CreditDocument]]:
    return pairwise(sorted(rows, key=lambda row: row.below, reverse=True))
