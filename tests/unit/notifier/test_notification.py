"""Who hears what, and in how many bytes: the pure stages between an occasion and its rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from sla_notifier.alert.chain import (
    REPEAT,
    EscalationChain,
    EscalationLevel,
    EscalationStep,
    chain_from_json,
    chain_to_json,
    steps_of_round,
)
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.enqueue import LARGEST_PAYLOAD, bounded
from sla_notifier.notification.notification import PagedPerson
from sla_notifier.notification.unit_of_work import closing_recipients, paged_in_rounds

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHAIN = EscalationChain(
    "p",
    (
        EscalationLevel(0 * MINUTE, ("a",)),
        EscalationLevel(10 * MINUTE, ("b",), ("email",)),
        EscalationLevel(30 * MINUTE, ("c",), (), False),
    ),
)


def page(person: str, state: DeliveryState, **more: object) -> DeliveryRow:
    values: dict[str, object] = {
        "id": f"dlv_{person}_{state}", "occasion": "o", "kind": MessageKind.PAGE, "person": person, "channel": "email",
        "address": f"{person}@x", "endpoint": "email", "alert": "c", "episode": 1, "level": 1, "state": state,
        "next_at": NOW, "created_at": NOW, "due_at": NOW,
    }  # fmt: skip
    return DeliveryRow(**values | more)  # type: ignore[arg-type]  # a test's own fields


def test_a_policy_survives_being_kept() -> None:
    repeating = EscalationChain("p", CHAIN.levels, 60 * MINUTE, 2)
    assert chain_from_json(chain_to_json(CHAIN)) == CHAIN
    assert chain_from_json(chain_to_json(repeating)) == repeating


def test_a_round_has_its_later_levels_and_the_next_round_before_it() -> None:
    repeating = EscalationChain("p", CHAIN.levels, 60 * MINUTE, 1)
    assert repeating.at_once() == (1,)
    assert steps_of_round(repeating, "c", 0, NOW) == (
        EscalationStep("c", 0, 2, NOW + 10 * MINUTE),
        EscalationStep("c", 0, 3, NOW + 30 * MINUTE),
        EscalationStep("c", 0, REPEAT, NOW + 90 * MINUTE),
    )
    assert [step.level for step in steps_of_round(repeating, "c", 1, NOW)] == [2, 3], "the last round begins no other"


def test_a_fix_goes_to_the_entitled_first_and_a_single_level_waits() -> None:
    patience = 30 * MINUTE
    assert [level.after for level in CHAIN.for_critical_fix(patience).levels] == [
        0 * MINUTE,
        10 * MINUTE,
        30 * MINUTE,
    ]
    single = EscalationChain("p", (EscalationLevel(0 * MINUTE, ("a",)),)).for_critical_fix(patience)
    assert [(level.after, level.tell) for level in single.levels] == [
        (0 * MINUTE, ()),
        (patience, ("a",)),
    ]


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.UNDELIVERABLE, DeliveryState.CANCELLED])
def test_whom_nothing_reached_may_be_tried_again_at_the_next_level(state: DeliveryState) -> None:
    assert paged_in_rounds([page("anna", state)]) == frozenset()
    assert paged_in_rounds([page("anna", state), page("anna", DeliveryState.SENT)]) == {(("c", 1, 0), "anna")}


def test_whom_a_level_only_informed_may_still_be_paged() -> None:
    assert paged_in_rounds([page("anna", DeliveryState.SENT, kind=MessageKind.INFO)]) == frozenset()


def test_a_closing_word_follows_the_surest_page_of_each_person() -> None:
    told = [
        page("anna", DeliveryState.FAILED),
        page("anna", DeliveryState.SENT, address="second@x"),
        page("ben", DeliveryState.SENDING),
    ]
    assert closing_recipients(told, {"c": UnsentReason.ENDED}) == {
        ("c", 1): (PagedPerson("anna", "email:second@x", ""), PagedPerson("ben", "email:ben@x", "dlv_ben_sending"))
    }


def test_who_cannot_have_heard_of_a_false_breach_hears_nothing_of_its_end() -> None:
    told = [
        page("anna", DeliveryState.QUEUED),
        page("ben", DeliveryState.RETRYING, attempts=1),
        page("eve", DeliveryState.CANCELLED),
    ]
    [people] = closing_recipients(told, {"c": UnsentReason.TAKEN_BACK}).values()
    assert [each.person for each in people] == ["ben"]
    [people] = closing_recipients(told, {"c": UnsentReason.ENDED}).values()
    assert [each.person for each in people] == ["anna", "ben"]


def test_a_body_is_bounded_by_leaving_out_what_is_long_and_saying_so() -> None:
    small = {"type": "slad.fix", "data": {"title": "t", "body": "b", "products": ["p"]}}
    assert orjson.loads(bounded(small)) == small
    long = {"type": "slad.fix", "data": {"title": "t", "body": "系" * 8_000, "products": ["p" * 300] * 200}}
    written = bounded(long)
    assert len(written) <= LARGEST_PAYLOAD
    assert orjson.loads(written)["data"] == {"title": "t", "left_out": ["body", "products"]}
    flood = {
        "type": "slad.digest",
        "data": {"count": 100, "items": [{"line": "系" * 200, "acknowledge_url": "u"}] * 100},
    }
    assert orjson.loads(bounded(flood))["data"] == {"count": 100, "left_out": ["items"]}
