"""References that lead nowhere: priorities and customers no contract knows, channels that do not exist, shared keys."""

from __future__ import annotations

from sla_catalogue.api_key import digest_of_key
from sla_catalogue.assembly.person import every_person
from sla_catalogue.channel import channel_kinds
from sla_catalogue.document.source import LookupDocument
from sla_catalogue.problem import Path, did_you_mean
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.normal import normal, normals


def check_edges(subject: CheckedCatalogue) -> None:
    """Check what connects a catalogue to other systems: sources, addresses of people, and API keys.

    Mistakes are added to `subject.findings`. A source that names a priority which no plan has, or a customer whom no
    contract has, gives a warning. An API key that is listed twice gives an error. Addresses are checked by
    `check_address` of their kind of channel.
    """
    _check_sources(subject)
    _check_addresses(subject)
    _check_keys(subject)


def _check_sources(subject: CheckedCatalogue) -> None:
    document = subject.written
    customers = {name for contract in document.contracts.values() for name in contract.customers}
    for name, source in document.sources.items():
        path: Path = ("sources", name)
        for table in ("priorities", "priority_labels"):
            for word, meaning in getattr(source, table).items():
                if not any(built.names.priority(meaning) for built in subject.plans):
                    known = {each for built in subject.plans for each in built.names.priorities}
                    message = f"no plan has a priority called {meaning!r}"
                    hint = did_you_mean(meaning, known)
                    subject.findings.warning((*path, table, word), "unknown-priority", message, hint)
        if source.customer is not None:
            _check_customer(source.customer, (*path, "customer"), customers, subject)


def _check_customer(lookup: LookupDocument, path: Path, customers: set[str], subject: CheckedCatalogue) -> None:
    for name in filter(None, [lookup.constant, *lookup.values.values()]):
        if normal(name) not in normals(customers):
            message = f"no contract has the customer {name!r}: the default contract would apply"
            subject.findings.warning(path, "unknown-customer", message, did_you_mean(name, customers))


def _check_addresses(subject: CheckedCatalogue) -> None:
    for path, person in every_person(subject.written):
        for kind in channel_kinds():
            written = [((*path, kind.name), address) for address in person.of_kind(kind.name)]
            if kind.personal:
                prefix = f"{kind.name}:"
                own = (each.removeprefix(prefix) for each in person.addresses if each.startswith(prefix))
                written += [((*path, "addresses"), address) for address in own]
            for place, address in written:
                if not (subject.context.stored and "${" in address):  # a stored catalogue keeps the reference
                    kind.check_address(address, place, subject.context)


def _check_keys(subject: CheckedCatalogue) -> None:
    seen: dict[str, str] = {}
    for name, key in subject.written.keys.items():
        digest = key.sha256.strip().lower() if key.sha256 else None
        if digest is None and key.key is not None and key.key.available:
            digest = digest_of_key(key.key.reveal())
        if digest is None:
            continue
        if digest in seen:
            message = f"the keys {seen[digest]} and {name} are the same key"
            subject.findings.error(("keys", name), "duplicate-key", message, "one key, one entry")
        seen.setdefault(digest, name)
