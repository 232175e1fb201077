"""The list of event types is complete and true, and the published document is the one the code would write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from pydantic import ValidationError

from sla_domain.event import EventKind
from sla_domain.fact import FactKind
from sla_notifier.delivery.state import DeliveryState
from sla_platform.asyncapi import document as asyncapi
from sla_platform.asyncapi.schema import EVENT_TYPES, EventType, data_schema
from sla_platform.bus.topics import TopicNames
from sla_platform.envelope import Topic
from sla_platform.wire.clock import fact_type
from sla_platform.wire.incident import event_type

DOCUMENT = Path(__file__).parents[3] / "docs" / "asyncapi.json"
NAMES = [one.name for one in EVENT_TYPES]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    written: dict[str, Any] = json.loads(DOCUMENT.read_bytes())
    return written


def test_the_committed_document_is_up_to_date() -> None:
    assert DOCUMENT.read_bytes() == asyncapi.document_bytes(), (
        "run: .venv/bin/python -m sla_platform.asyncapi.document > docs/asyncapi.json"
    )


def test_every_kind_of_the_domain_has_its_type() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert {event_type(kind) for kind in EventKind} <= set(NAMES)
    assert {fact_type(kind) for kind in FactKind} <= set(NAMES)


def test_every_state_that_the_notifier_tells_has_its_type() -> None:
    # That a message is being sent is nobody else's business, and is never told.
    told = {f"io.slad.delivery.{state.value}.v1" for state in DeliveryState if state is not DeliveryState.SENDING}
    assert {name for name in NAMES if ".delivery." in name} == told


@pytest.mark.parametrize("one", EVENT_TYPES, ids=lambda one: one.name)
def test_each_schema_is_one_for_validators_of_either_draft(one: EventType) -> None:
    schema = data_schema(one)
    Draft202012Validator.check_schema(schema)
    # AsyncAPI's own schema format is built on draft 7.
    Draft7Validator.check_schema({key: value for key, value in schema.items() if key != "$schema"})


def test_a_type_refuses_the_word_of_another() -> None:
    warned = next(one for one in EVENT_TYPES if one.name == "io.slad.clock.warned.v1")
    fact = {
        "kind": "clock.warned", "incident": "desk:1", "at": "2026-11-23T09:00:00Z", "metric": "resolution",
        "clock": "6f59974e-6165-578b-98da-0421a5532200", "threshold": "warn-50",
    }  # fmt: skip
    validator = Draft202012Validator(data_schema(warned))
    assert validator.is_valid(fact)
    assert not validator.is_valid(fact | {"kind": "clock.breached"})


def test_every_channel_is_a_topic_and_carries_its_types(document: dict[str, Any]) -> None:
    prefix = {"prefix": "slad"}
    assert {channel["address"].format_map(prefix) for channel in document["channels"].values()} == set(
        TopicNames("slad").all()
    )
    for topic in Topic:
        carried = set(document["channels"][topic.value]["messages"])
        assert carried == {one.name for one in EVENT_TYPES if one.topic is topic}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(_references(document))
    assert len(references) > 2 * len(NAMES)
    for reference in references:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, f"{reference} leads nowhere"
            place = place[step]


def test_a_data_schema_holds_what_it_refers_to() -> None:
    for one in EVENT_TYPES:
        schema = data_schema(one)
        named = {reference.removeprefix("#/$defs/") for reference in _references(schema)}
        assert named == schema["$defs"].keys(), one.name


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []


@pytest.mark.parametrize("one", EVENT_TYPES, ids=lambda one: one.name)
def test_an_event_that_does_not_fit_is_told_without_what_it_says(one: EventType) -> None:
    """The error goes to the log; what tickets and people say does not."""
    with pytest.raises(ValidationError) as refused:
        one.model.model_validate({name: {"a": ["tomato"]} for name in one.model.model_fields})
    assert "tomato" not in str(refused.value)
    assert refused.value.error_count() > 0
