"""Whether a contract is valid as written: alone, against the catalogue, and beside the other contracts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from itertools import zip_longest

from sla_catalogue import Catalogue
from sla_catalogue.compiler import ContractProblem, dates_overlap
from sla_catalogue.problem import CatalogueInvalid, FindingLevel
from sla_catalogue.tree import Plain
from sla_domain.contract import Contract
from sla_domain.normal import normal
from sla_domain.plan import PlanId, written_name
from sla_domain.record import ContractRecord, RefusalCode, RefusedChange, check_scope_change
from sla_domain.rfc3339 import rfc3339
from sla_ingest.contract.written import unfit
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.wire.contract import first_day, last_instant

_Span = tuple[datetime, datetime | None]  # from when, and until when; None: without end


def check_contract(
    catalogue: Catalogue,
    shelf: RecordShelf,
    contract: str,
    values: dict[str, Plain],
    version: int,
    since: datetime,
    today: date,
) -> tuple[ContractProblem, ...]:
    """Check the text of a new version of a contract, and return the warnings.

    Args:
        shelf: The contracts that are kept in the database, as records in memory.
        contract: The contract's id.
        values: The text, as under `contracts.<id>` in a catalogue file.
        version: The number of the new version.
        since: When the version takes effect.
        today: The first day for which to find hours in which the contract promises service and nobody is on duty.

    Raises:
        Problem: HTTP error 422 if the text has errors. Its `errors` name the place of each: a wrong key or value, a
            term that the plan does not allow, or a customer that another contract has at the same time.
    """
    found = catalogue.compiler.check(contract, values, version=version, today=today)
    errors = [
        {"pointer": f"/contract{one.pointer}", "detail": _said(one), "code": one.code}
        for one in found
        if one.severity is FindingLevel.ERROR
    ]
    if not errors:
        made = catalogue.compiler.compile(contract, values, version=version).contract
        applies = (max(since, first_day(values) or since), last_instant(values))
        errors += _shared_customers(catalogue, shelf, made, applies)
    if errors:
        raise unfit(errors)
    return tuple(one for one in found if one.severity is not FindingLevel.ERROR)


def gap_before_first_day(
    record: ContractRecord, values: dict[str, Plain], since: datetime
) -> tuple[ContractProblem, ...]:
    """Return a warning if a new version leaves a time in which the contract covers nothing, else ().

    From `since` on, the new version replaces the earlier one. There is a gap if the new version's first valid day is
    later than `since`.

    Args:
        record: Has the earlier versions.
        values: The new version, as under `contracts.<id>` in a catalogue file.
        since: When the version takes effect.
    """
    first = first_day(values)
    replaced = any(one.withdrawn_in is None and one.effective_from < since for one in record.versions)
    if first is None or first <= since or not replaced:
        return ()
    message = f"it replaces the version before from {rfc3339(since)} on, but is valid only from {rfc3339(first)} on"
    hint = "leave out effective_from, or the contract covers nothing in between"
    return (ContractProblem(("valid", "from"), FindingLevel.WARNING, "gap-before-valid", message, hint),)


def check_scope(
    catalogue: Catalogue, record: ContractRecord, values: dict[str, Plain], since: datetime, now: datetime
) -> None:
    """Check that a new version does not change a contract's products too often or too soon.

    The plans of the version say how many changes are allowed in a term of the contract, and how long before it takes
    effect a change must be recorded.

    Args:
        record: Has the earlier versions. Two kinds of versions are ignored: withdrawn versions, and versions that do
            not fit the present catalogue.
        values: The new version, as under `contracts.<id>` in a catalogue file.
        since: When the version takes effect.
        now: When the version is recorded.

    Raises:
        RefusedChange: The version breaks these rules.
    """
    compiler = catalogue.compiler
    after = compiler.compile(record.id, values, version=len(record.versions) + 1).contract
    plans = catalogue.rulebook.plans
    known = {written_name(one.plan): plans.get(PlanId(written_name(one.plan))) for one in after.bought}
    rules = {name: plan.terms.scope for name, plan in known.items() if plan is not None and plan.terms.scope}
    if not rules:
        return
    standing = [one for one in record.versions if one.withdrawn_in is None]
    before = []
    for version in sorted(standing, key=lambda one: (one.effective_from, one.number)):
        with suppress(CatalogueInvalid):
            made = compiler.compile(record.id, json.loads(version.document), version=version.number)
            before.append(made.contract)
    check_scope_change(before, after, rules, since, now)


def check_end_ahead(record: ContractRecord, until: datetime) -> None:
    """Check that no version which is yet to take effect ends the contract before `until`, the end of a booking.

    Raises:
        RefusedChange: Such a version ends the contract earlier.
    """
    for version in reversed(record.pending):
        if version.effective_from >= until:
            continue
        ends = last_instant(json.loads(version.document))
        if ends is not None and ends < until:
            detail = f"version {version.number}, which lies ahead, ends the contract at {rfc3339(ends)}"
            raise RefusedChange(RefusalCode.BOOKING, f"{detail}, before the window ends", "until")
        return


def _said(problem: ContractProblem) -> str:
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message


def _shared_customers(catalogue: Catalogue, shelf: RecordShelf, made: Contract, applies: _Span) -> list[dict[str, str]]:
    """Two contracts in force for one customer at one time: which would apply nobody could say."""
    errors = []
    for name in sorted(made.customers):
        others = [*_of_files(catalogue, name), *_recorded(catalogue, shelf, name, made.id, applies)]
        met = dict.fromkeys(other.id for other in others if dates_overlap(made, other))
        for other in met:
            detail = f"{name} is a customer of {other} at the same time"
            hint = "give the contracts dates that do not meet, or the customer another name"
            errors.append(
                {"pointer": "/contract/customers", "detail": f"{detail} ({hint})", "code": "duplicate-customer"}
            )
    return errors


def _of_files(catalogue: Catalogue, customer: str) -> Iterable[Contract]:
    book = catalogue.rulebook
    return (book.contracts[id_] for id_ in book.contracts_of(customer))


def _recorded(catalogue: Catalogue, shelf: RecordShelf, customer: str, but: str, applies: _Span) -> Iterable[Contract]:
    """The versions of other contracts with this customer that apply within a span, those that lie ahead too."""
    since, until = applies
    for id_ in shelf.contracts_of(customer):
        record = None if id_ == but else shelf.get(id_)
        if record is None:
            continue
        standing = [one for one in record.versions if one.withdrawn_in is None]
        standing.sort(key=lambda one: (one.effective_from, one.number))
        for version, later in zip_longest(standing, standing[1:]):
            replaced = later is not None and later.effective_from <= since
            if replaced or (until is not None and version.effective_from >= until):
                continue
            try:
                other = catalogue.compiler.compile(id_, json.loads(version.document), version=version.number).contract
            except CatalogueInvalid:  # the plans do not allow it any more; that is told where it is used
                continue
            if normal(customer) in other.normal_customers:
                yield other
