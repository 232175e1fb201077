"""A catalogue looks up an attribute that the dialect has too: the catalogue's place counts, in every delivery."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.ingest import test_github, test_jira
from tests.unit.ingest.made import events, source, translated

from sla_catalogue.source import Dialect, Lookup

OWN = [
    "title", "description", "url", "reporter", "reporter_id", "assignee", "type", "priority", "status", "key",
    "customer", "product", "region",
]  # fmt: skip
BY_LABEL = Lookup(label="own:", values={"x": "the house's word"})


def opened(payload: Any, dialect: Dialect, name: str, lookup: Lookup) -> dict[str, str]:
    desk = source(dialect, attributes={name: lookup})
    event, *_ = events(translated(payload, desk, x_github_event="issues", x_github_delivery="d-1").outcome)
    assert event.kind.value == "opened"
    return dict(event.attributes)


@pytest.mark.parametrize("name", OWN)
def test_of_an_issue_of_github(name: str) -> None:
    attributes = opened(test_github.payload("opened", labels=("own:x", "bug")), Dialect.GITHUB, name, BY_LABEL)
    assert attributes[name] == "the house's word"


@pytest.mark.parametrize("name", OWN)
def test_of_an_issue_of_jira(name: str) -> None:
    created = test_jira.delivery("jira:issue_created", issue=test_jira.issue(labels=["own:x"]))
    attributes = opened(created, Dialect.JIRA, name, BY_LABEL)
    assert attributes[name] == "the house's word"


def test_what_a_delivery_does_not_carry_leaves_the_dialects_own() -> None:
    payload = test_github.payload("opened")
    attributes = opened(payload, Dialect.GITHUB, "title", Lookup(field="issue.headline"))
    assert attributes["title"] == "It is down"


def test_without_the_label_there_is_none() -> None:
    payload = test_github.payload("opened", issue={"type": {"name": "Bug"}})
    attributes = opened(payload, Dialect.GITHUB, "type", Lookup(label="kind:"))
    assert attributes["type"] == "", "the labels are there and say nothing"


def test_a_transferred_issue_has_its_new_title_from_the_same_place() -> None:
    there = {"id": 99, "title": "It is down", "html_url": "https://x.example/9", "labels": [{"name": "own:x"}]}
    payload = test_github.payload(
        "transferred", changes={"new_issue": there, "new_repository": {"name": "till", "full_name": "acme/till"}}
    )
    desk = source(Dialect.GITHUB, attributes={"title": BY_LABEL, "url": BY_LABEL})
    (event,) = events(translated(payload, desk, x_github_event="issues", x_github_delivery="d-1").outcome)
    assert (event.attributes["title"], event.attributes["url"]) == ("the house's word", "the house's word")
