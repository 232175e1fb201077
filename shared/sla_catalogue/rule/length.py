"""Ids and names that travel with events must fit the database columns they end in (`sla_domain.bounds`)."""

from __future__ import annotations

from collections.abc import Iterator

from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.document.source import LookupDocument
from sla_catalogue.problem import Path, path_text
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain import bounds

_IDS = {
    "contracts": bounds.CONTRACT,
    "people": bounds.PERSON,
    "metrics": bounds.METRIC,
    "plans": bounds.PLAN,
    "sources": bounds.SOURCE,
    "keys": bounds.KEY,
    "channels": bounds.CHANNEL,
}
_Named = tuple[Path, str, int]  # where, what is written there, and how long it may be


def check_lengths(subject: CheckedCatalogue) -> None:
    """Add an error to `subject.findings` for each id or name that the database cannot hold.

    Such an id or name is too long, or has a control character. Do not call this function for a catalogue rebuilt from
    its stored text, which must stay readable.
    """
    for path, text, longest in _named(subject.written):
        if len(text) > longest:
            message = f"{path_text(path)[:80]}: at most {longest} characters, this has {len(text)}"
            subject.findings.error(path, "too-long", message, "shorten it")
        elif not bounds.writable(text):
            message = f"{path_text(path)[:80]!r} holds a line break or a control character"
            subject.findings.error(path, "control-character", message, "write it on one line, without escapes")
    for built in subject.bought:
        plan = built.contract.plan
        if len(plan) > bounds.PLAN:
            message = f"the plan of this contract is kept as {plan[:40]}…, which has more than {bounds.PLAN} characters"
            subject.findings.error((*built.path, "plan"), "too-long", message, "shorten the ids of plan or contract")


def _named(document: CatalogueDocument) -> Iterator[_Named]:
    for section, longest in _IDS.items():
        for name in getattr(document, section):
            yield (section, name), name, longest
    for name, plan in document.plans.items():
        for number, priority in enumerate(plan.priorities):
            yield ("plans", name, "priorities", number, "id"), priority.id, bounds.PRIORITY
        for number, allowance in enumerate(plan.allowances):
            yield ("plans", name, "allowances", number, "id"), allowance.id, bounds.ALLOWANCE
        for number, objective in enumerate(plan.objectives):
            yield ("plans", name, "objectives", number, "id"), objective.id, bounds.OBJECTIVE
        for number, report in enumerate(plan.reports):
            yield ("plans", name, "reports", number, "id"), report.id, bounds.REPORT
        for metric in plan.metrics:
            yield ("plans", name, "metrics", metric), metric, bounds.METRIC
    for name, contract in document.contracts.items():
        for number, objective in enumerate(contract.objectives):
            yield ("contracts", name, "objectives", number, "id"), objective.id, bounds.OBJECTIVE
        for number, report in enumerate(contract.reports):
            yield ("contracts", name, "reports", number, "id"), report.id, bounds.REPORT
        for number, entitlement in enumerate(contract.entitlements):
            yield ("contracts", name, "entitlements", number, "id"), entitlement.id, bounds.ENTITLEMENT
        for number, customer in enumerate(contract.customers):
            yield ("contracts", name, "customers", number), customer, bounds.CUSTOMER
        for person in contract.people:
            yield ("contracts", name, "people", person), person, bounds.PERSON
    yield from _of_sources(document)


def _of_sources(document: CatalogueDocument) -> Iterator[_Named]:
    """What lookups and tables make of a sender's words."""
    for name, source in document.sources.items():
        path: Path = ("sources", name)
        for table in ("priorities", "priority_labels"):
            for word, meaning in getattr(source, table).items():
                yield (*path, table, word), meaning, bounds.PRIORITY
        if source.customer is not None:
            yield from _found(source.customer, (*path, "customer"), bounds.CUSTOMER)
        for attribute, lookup in source.attributes.items():
            yield (*path, "attributes", attribute), attribute, bounds.NAME
            longest = {"customer": bounds.CUSTOMER, "priority": bounds.PRIORITY}.get(attribute, bounds.VALUE)
            yield from _found(lookup, (*path, "attributes", attribute), longest)


def _found(lookup: LookupDocument, path: Path, longest: int) -> Iterator[_Named]:
    if lookup.constant:
        yield (*path, "constant"), lookup.constant, longest
    for word, value in lookup.values.items():
        yield (*path, "values", word), value, longest
