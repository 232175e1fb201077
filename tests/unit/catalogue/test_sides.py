"""`staff` and `customers` of a source, `resolutions`, and ids in its tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.unit.catalogue.made import SOUND, codes, loaded

from sla_catalogue.schema import catalogue_schema
from sla_catalogue.source import Membership, Source, SourceId, TicketPhase


def text(body: str, dialect: str = "jira") -> str:
    return f"{SOUND}sources: {{s: {{dialect: {dialect}, authentication: {{secret: x}}, {body}}}}}\n"


def built(tmp_path: Path, body: str, dialect: str = "jira") -> Source:
    return loaded(tmp_path, text(body, dialect)).sources[SourceId("s")]


@pytest.mark.parametrize(
    "written", ["staff: Anna", "staff: [Anna]", "staff: {people: Anna}", "staff: {people: [Anna]}"]
)
def test_staff_may_be_a_list_of_accounts(tmp_path: Path, written: str) -> None:
    source = built(tmp_path, written)
    assert source.is_staff("anna ")
    assert (source.staff_by, source.only_staff) == (Membership(), False)


def test_both_sides_are_read_without_regard_to_case(tmp_path: Path) -> None:
    staff = "staff: {people: [A1], groups: [Agents], domains: ['@Vendor.Example', müller.example], only: true}"
    source = built(tmp_path, f"{staff}, customers: {{people: [C1], groups: [Users], domains: [acme.example]}}")
    assert source.staff == {"a1"}
    assert source.staff_by == Membership(
        groups=frozenset({"agents"}), domains=frozenset({"vendor.example", "xn--mller-kva.example"})
    )
    assert source.only_staff
    assert source.is_customer("c1")
    assert source.customers_by == Membership(groups=frozenset({"users"}), domains=frozenset({"acme.example"}))
    github = built(tmp_path, "staff: {associations: [owner]}, customers: {associations: [NONE]}", "github")
    assert (github.staff_by.associations, github.customers_by.associations) == ({"owner"}, {"none"})


@pytest.mark.parametrize(
    ("dialect", "body", "expected"),
    [
        ("jira", "staff: {only: true}", ["nobody-answers"]),
        ("jira", "staff: {only: true, groups: [g]}", []),
        ("jira", "staff: {associations: [OWNER]}", ["never-told"]),
        ("github", "staff: {groups: [g]}", ["never-told"]),
        ("github", "customers: {domains: [a.example]}", ["never-told"]),
        ("github", "staff: {associations: [OWNR]}", ["unknown-association"]),
        ("cloudevents", "staff: {groups: [g]}", ["never-told"]),
        ("cloudevents", "staff: {domains: [a.example]}", []),
        ("cloudevents", "resolutions: {a: resolved}", ["never-told"]),
        ("jira", "staff: {domains: [anna@vendor.example]}", ["domain"]),
        ("jira", "staff: {domains: ['https://vendor.example']}", ["domain"]),
        ("jira", "staff: {domains: ['vendor..example']}", ["domain"]),
        ("jira", "staff: {domains: ['xn--999999999.example']}", ["domain"]),
        ("jira", "staff: {domains: ['@mail.XN--abc-.example']}", ["domain"]),
        ("cloudevents", f"customers: {{domains: [{'a' * 64}.example]}}", ["domain"]),
        ("cloudevents", f"customers: {{domains: [{'ü' * 60}.example]}}", ["domain"]),
        ("cloudevents", f"customers: {{domains: [{'a.' * 130}example]}}", ["domain"]),
        ("jira", "staff: {domains: [xn--mller-kva.example, xn--53h.example]}", []),
        ("jira", "staff: [anna], customers: {people: [Anna]}", ["both-sides"]),
        ("jira", "staff: {domains: ['@a.example']}, customers: {domains: [A.example]}", ["both-sides"]),
        ("jira", "customers: [anna]", ["shape"]),
        ("jira", "customers: Acme", ["shape"]),
        ("jira", "staff: {persons: [anna]}", ["unknown-key"]),
        ("jira", "resolutions: {done: waiting_customer}", ["unknown-value"]),
        ("jira", "staff: {only: maybe, people: [a]}", ["shape"]),
    ],
)
def test_what_would_never_apply_is_refused(tmp_path: Path, dialect: str, body: str, expected: list[str]) -> None:
    assert codes(tmp_path, text(body, dialect)) == expected


def test_tables_may_hold_ids(tmp_path: Path) -> None:
    tables = "statuses: {10001: resolved, '10002': closed}, priorities: {1: P1}, resolutions: {10001: cancelled}"
    source = built(tmp_path, tables)
    assert (source.phase_of("10001"), source.phase_of("10002")) == (TicketPhase.RESOLVED, TicketPhase.CLOSED)
    assert source.priority_of("1") == "P1"
    assert source.ending_of("10001") is TicketPhase.CANCELLED


@pytest.mark.parametrize("written", ["anna", ["anna"], {"people": ["anna"], "only": True}])
def test_the_published_schema_knows_all_forms(written: object) -> None:
    source = {"dialect": "jira", "staff": written, "customers": {"domains": ["acme.example"]}}
    Draft202012Validator(catalogue_schema()).validate({"sources": {"s": source}})
