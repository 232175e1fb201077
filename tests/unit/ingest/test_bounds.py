"""A webhook's word that is too long for its column, or a time that no calendar reaches, never costs the event."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.ingest.made import RECEIVED, events, source, translated

from sla_catalogue.source import Dialect, Lookup
from sla_domain import bounds
from sla_ingest.dialect import Accepted, Outcome
from sla_ingest.dialect.port import IngestRemark


def github(**issue: Any) -> Outcome:
    owner = issue.pop("owner", "acme")
    document = {
        "action": "opened",
        "issue": {
            "id": 1,
            "title": "t",
            "user": {"login": "r"},
            "labels": [],
            "created_at": "2026-11-20T11:00:00Z",
            **issue,
        },
        "repository": {"name": "shop", "owner": {"login": owner}},
        "sender": {"login": "r"},
    }
    return translated(document, source(Dialect.GITHUB), x_github_event="issues").outcome


def jira(**fields: Any) -> Outcome:
    document = {
        "webhookEvent": "jira:issue_created",
        "timestamp": 1_763_000_000_000,
        "issue": {"id": "1", "self": "https://x.example/rest/api/2/issue/1", "fields": {"summary": "s", **fields}},
    }
    return translated(document, source(Dialect.JIRA, customer=Lookup(field="issue.fields.company"))).outcome


def remarks(outcome: Outcome) -> list[tuple[IngestRemark, str]]:
    assert isinstance(outcome, Accepted)
    return [(noted.remark, noted.detail) for one in outcome.events for noted in one.remarks]


@pytest.mark.parametrize("sign", ["x", "😀", "\u0301"])
@pytest.mark.parametrize(
    ("send", "name", "longest"),
    [
        (lambda text: github(owner=text), "customer", bounds.CUSTOMER),
        (lambda text: jira(company=text), "customer", bounds.CUSTOMER),
        (lambda text: jira(priority={"name": text}), "priority", bounds.PRIORITY),
    ],
)
def test_a_word_that_is_longer_than_its_column_is_shortened_and_said_so(
    send: Any, name: str, longest: int, sign: str
) -> None:
    fits = send(sign * longest)
    assert events(fits)[0].attributes[name] == sign * longest
    assert remarks(fits) == []
    cut = send(sign * (longest + 1))
    assert events(cut)[0].attributes[name] == sign * (longest - 1) + "…", "so it is no other customer's name"
    assert remarks(cut) == [(IngestRemark.SHORTENED, name)]


@pytest.mark.parametrize("at", ["1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
def test_a_time_out_of_reach_is_replaced_by_the_receipt_with_a_remark(at: str) -> None:
    outcome = github(created_at=at)
    assert events(outcome)[0].occurred_at == RECEIVED
    assert {remark for remark, _ in remarks(outcome)} == {IngestRemark.NO_TIME}
    assert any("out of reach" in detail for _, detail in remarks(outcome))


@pytest.mark.parametrize("id_", ["a\tb", "a\nb", "a\rb", "a\x00b", "a\x85b", "a\u2028b"])
def test_an_id_that_could_not_be_asked_for_is_none(id_: str) -> None:
    assert not isinstance(github(id=id_), Accepted)


def test_the_longest_id_of_an_incident_is_taken_and_a_longer_one_refused() -> None:
    assert isinstance(github(id="9" * bounds.OWN_ID), Accepted)
    assert not isinstance(github(id="9" * (bounds.OWN_ID + 1)), Accepted)
