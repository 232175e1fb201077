"""Standard Webhooks: slad's own events in its envelope."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.ingest.made import events, said, source, translated

from sla_catalogue.source import Dialect
from sla_ingest.dialect.port import Worked

DESK = source(Dialect.STANDARD_WEBHOOKS, priorities={"high": "P2"})


def message(kind: Any = "incident.opened", **data: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": "2026-11-20T10:00:00.5Z", "data": {"incident": "INC-1", **data}}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (message(priority="high", title="Down"), "opened"),
        (message("io.slad.incident.waiting.v1", waiting_on="customer"), "waiting customer"),
        (message("priority_changed", priority="high"), "priority_changed P2"),
        (message("resolved"), "resolved"),
        (message("renamed", known_as="INC-2"), "renamed desk:INC-1 as desk:INC-2"),
        (message("renamed", known_as="INC-1"), "422 /data/known_as"),
        (message("merged", merged_into="INC-1"), "422 /data/merged_into"),
        (message("waiting"), "422 /data/waiting_on"),
        (message("invoice.paid"), "unknown_type"),
        (message(""), "422 /type"),
        (message(7), "422 /type"),
        ({**message(), "data": []}, "422 /data"),
        ({**message(), "data": {}}, "422 /data/incident"),
        ({}, "422 /type"),
    ],
)
def test_what_a_message_means(body: Any, says: str) -> None:
    assert said(translated(body, DESK).outcome) == says


def test_the_body_says_when_and_the_signed_header_which_one_it_is() -> None:
    found = translated(message(), DESK, webhook_id="msg_1", webhook_timestamp="1795165200")
    (event,) = events(found.outcome)
    assert (found.delivery, str(event.occurred_at)) == ("msg_1", "2026-11-20 10:00:00.500000+00:00")
    assert (event.incident, event.quality.value) == ("desk:INC-1", "exact")


def test_a_message_without_a_time_counts_from_its_receipt() -> None:
    (event,) = events(translated({**message(), "timestamp": None}, DESK).outcome)
    assert event.quality.value == "receipt"


def test_work_is_reported_as_in_cloudevents() -> None:
    outcome = translated(message("worked", who="Ann", minutes=30), DESK).outcome
    assert isinstance(outcome, Worked)
    assert (outcome.work.who, (outcome.work.end - outcome.work.start).seconds) == ("Ann", 1800)
