"""How SQLite finds the next messages to send: by the index of what is to be sent, in the order of turns."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Select, create_engine

from sla_notifier import tables
from sla_notifier.delivery import claim
from sla_notifier.delivery.claim import Lease
from sla_notifier.delivery.state import TO_SEND

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def plan(query: Select[str]) -> list[str]:
    engine = create_engine("sqlite://")
    tables.metadata.create_all(engine)
    compiled = query.params(now=NOW).compile(engine, compile_kwargs={"render_postcompile": True})
    values = [0] * len(compiled.positiontup or ())
    with engine.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(values)).all()]


def test_the_next_messages_of_an_endpoint_are_found_without_reading_all_that_wait() -> None:
    steps = plan(claim._first("webhook:0", 4, NOW, Lease("token", NOW, frozenset({"a"}))))
    assert any("INDEX ix_notifier_delivery_turn (endpoint=?)" in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps), "nothing is sorted"


def test_endpoints_with_something_due_are_found_without_reading_what_was_sent() -> None:
    scanned = [step for step in plan(claim._due_endpoints()) if "notifier_delivery" in step]
    assert scanned
    assert all("INDEX ix_notifier_delivery" in step or "followed" in step for step in scanned)


def test_the_indexes_hold_every_message_that_is_to_be_sent() -> None:
    states = ", ".join(f"'{state.value}'" for state in sorted(TO_SEND))
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        query = f"SELECT count(*) FROM (SELECT value AS state, '' AS carried_by FROM json_each(json_array({states})))"
        assert connection.exec_driver_sql(f"{query} WHERE {tables.TO_SEND.text}").scalar() == len(TO_SEND)
