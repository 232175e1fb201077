"""What a real run writes is what the published schemas say."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator, FormatChecker
from tests.integration.deploy.conftest import Remains

from sla_platform.asyncapi.schema import EVENT_TYPES, data_schema

TYPES = {one.name: one for one in EVENT_TYPES}


def test_every_event_of_a_run_has_a_published_type_and_fits_it(remains: Remains) -> None:
    for event in remains.events:
        one = TYPES[event["type"]]
        assert event["topic"] == one.topic.value
        validator = Draft202012Validator(data_schema(one), format_checker=FormatChecker())
        errors = [error.message for error in validator.iter_errors(json.loads(event["data"]))]
        assert not errors, f"{event['id']}: {errors}"


def test_the_run_was_worth_looking_at(remains: Remains) -> None:
    told = {event["type"].removeprefix("io.slad.").removesuffix(".v1") for event in remains.events}
    assert told >= {
        "incident.opened", "incident.waiting", "clock.started", "clock.warned", "clock.breached", "clock.missed",
        "clock.paused", "clock.resumed", "clock.retargeted", "clock.met", "clock.cancelled", "promise.made",
        "promise.moved", "notice.published", "delivery.queued", "delivery.sent", "delivery.retrying", "alert.opened",
        "alert.acknowledged", "alert.closed",
    }  # fmt: skip


def test_ids_are_unique_over_all_topics_and_keys_are_what_events_are_about(remains: Remains) -> None:
    ids = [(event["source"], event["id"]) for event in remains.events]
    assert len(ids) == len(set(ids))
    assert all(event["key"] == event["subject"] != "" for event in remains.events)


def test_events_name_people_by_their_id_and_hold_no_address_and_no_secret(remains: Remains) -> None:
    """Addresses, tokens and keys of the run's catalogue begin with `hush`."""
    text = [json.dumps(event, default=str) for event in remains.events]
    assert any("anna" in one for one in text)
    assert [one for one in text if "hush" in one] == []
