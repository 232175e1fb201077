"""An excerpt of a catalogue judges its contracts as the whole does, and holds nobody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.build.story import Telling

from sla_catalogue import Catalogue, builtin_catalogue, load_catalogue, load_text
from sla_catalogue.excerpt import excerpt_text, without_addresses
from sla_domain.contract import ContractId
from sla_domain.event import EventKind, WaitingOn
from sla_domain.explain import as_dict, explain_clock
from sla_domain.fold import fold
from sla_domain.rulebook import Rulebook

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
STORIES = Path(__file__).parents[2] / "integration" / "standalone" / "tenants.yaml"
CATALOGUES: dict[str, Callable[[], Catalogue]] = {
    "example": lambda: load_catalogue(EXAMPLES, environment={}),
    "tenants": lambda: load_catalogue(STORIES, environment={}),
    "shipped": builtin_catalogue,
}


def judged(book: Rulebook, contract: str, priority: str) -> list[dict[str, Any]]:
    """An incident over Christmas under the contract, whoever the customer is, with the arithmetic of every clock."""
    story = Telling(customer="")
    story.happened(EventKind.OPENED, "2026-12-23 16:30", priority=priority, description="x")
    story.happened(EventKind.WAITING, "2026-12-28 10:00", waiting_on=WaitingOn.CUSTOMER)
    story.happened(EventKind.RESUMED, "2026-12-29 11:00")
    rules = replace(book, default_contract=ContractId(contract), by_customer={})
    incident = fold(story.events, rules)
    until = story.at("2027-01-15 12:00")
    found = [as_dict(explain_clock(clock, incident, rules, until)) for clock in incident.clocks]
    return [one | {"versions": one["versions"] | {"catalogue": ""}} for one in found]


@pytest.mark.parametrize("name", CATALOGUES)
def test_an_excerpt_judges_as_the_whole_does(name: str) -> None:
    whole = CATALOGUES[name]()
    for contract, one in whole.rulebook.contracts.items():
        part = load_text(excerpt_text(whole.text, [contract]))
        assert list(part.rulebook.contracts) == [contract]
        for priority in whole.rulebook.plan_of(one).priorities:
            there = judged(whole.rulebook, contract, priority.id)
            assert judged(part.rulebook, contract, priority.id) == there, (contract, priority.id)


def test_it_holds_nobody_elses() -> None:
    whole = CATALOGUES["tenants"]()
    text = excerpt_text(whole.text, ["acme"])
    assert set(json.loads(text)["catalogue"]) == {
        "contracts", "coverages", "escalations", "people", "plans", "rotas", "settings",
    }  # fmt: skip
    for word in ("beta", "Beta", "house", "example", "nights", "bert", "sha256", "key-of"):
        assert word not in text, word
    assert "Anna Nowak" in text, "who holds a role stays named"


def test_a_contract_of_the_database_brings_what_it_refers_to() -> None:
    """No contract of a file is wanted: the default one is a copy of it, for nobody."""
    whole = CATALOGUES["example"]()
    section = {"plan": "gold", "zone": "Europe/Rome", "country": "IT", "customers": ["Gamma"]}
    part = load_text(excerpt_text(whole.text, [], [section]))
    (default,) = part.rulebook.contracts.values()
    assert (default.id, default.plan, default.customers) == ("nobodys", "gold", frozenset())
    assert part.rulebook.by_customer == {}


def test_people_of_a_contract_keep_their_names_and_hours() -> None:
    section = {
        "plan": "gold",
        "people": {"gina": {"name": "Gina", "email": "g@x.example", "hours": {"mon-fri": "9-17"}}},
    }
    kept = without_addresses(section)
    assert kept["people"] == {"gina": {"name": "Gina", "hours": {"mon-fri": "9-17"}}}
    assert section["people"]["gina"]["email"] == "g@x.example"  # type: ignore[index]
    assert without_addresses({"plan": "gold"}) == {"plan": "gold"}
