"""What is agreed against a rule of the plan is refused with the rule, where its sender reads the answer (B5, E9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.integration.ingest.world import BATCH, NOON, SENDER, World

from sla_ingest import tables


def event(id_: str, type_: str, at: int = 0, **data: Any) -> dict[str, Any]:
    time = (NOON + timedelta(minutes=at)).isoformat()
    return {"specversion": "1.0", "id": id_, "source": "desk", "type": type_, "subject": "INC-1", "time": time,
            "data": data}  # fmt: skip


def agreed(due: timedelta, *, by: str = "Ann of Acme", at: int = 10, id_: str = "a", **more: Any) -> dict[str, Any]:
    target = {"metric": "resolution", "due_at": (NOON + due).isoformat(), "agreed_by": by}
    return event(id_, "target_agreed", at, agreed=target, actor="staff", actor_name="Bob", **more)


async def opened(world: World, priority: str) -> None:
    answer = await world.event(event("o", "opened", 0, priority=priority, customer="Strict", description="broken"))
    assert answer.status_code == 202, answer.text
    world.time.at = NOON + timedelta(minutes=30)


DAY = timedelta(days=1)
REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "before the opening": ("P3", agreed(-2152 * DAY), "/data/agreed/due_at", "has passed"),
    "after the opening and before now": ("P3", agreed(timedelta(minutes=20)), "/data/agreed/due_at", "has passed"),
    "now": ("P3", agreed(timedelta(minutes=30)), "/data/agreed/due_at", "has passed"),
    "at a priority that allows none": ("P1", agreed(365 * DAY), "/data/agreed", "for P2, P3 alone, not for P1"),
    "by staff alone": ("P3", agreed(9 * DAY, by="Bob"), "/data/agreed", "staff cannot agree alone"),
    "a downgrade by staff alone": (
        "P1", event("a", "downgrade_agreed", 10, priority="P3", actor="staff", actor_name="Bob"), "/data/agreed_by",
        "staff cannot agree to P3 alone"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_an_agreement_against_a_rule_is_refused_with_the_rule(small: World, case: str) -> None:
    priority, said, pointer, rule = REFUSED[case]
    await opened(small, priority)
    answer = await small.event(said)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert (problem["errors"][0]["pointer"], rule in problem["detail"]) == (pointer, True), problem
    assert len(await small.rows(tables.event)) == 1, "the opening alone"
    assert (await small.event(said)).status_code == 422, "and again"


async def test_an_agreement_within_the_rules_is_answered_with_the_moved_promise(small: World) -> None:
    await opened(small, "P3")
    said = agreed(9 * DAY)
    answer = await small.event(said)
    assert answer.status_code == 202, answer.text
    (line,) = [one for one in answer.json()["promise"]["targets"] if one["metric"] == "resolution"]
    assert (line["agreed_by"], line["due_at_utc"]) == ("Ann of Acme", (NOON + 9 * DAY).isoformat())

    small.time.at = NOON + 10 * DAY
    again = await small.event(said)
    assert (again.status_code, again.headers["slad-duplicate"]) == (202, "true"), "a redelivery is answered as before"


async def test_a_downgrade_that_names_who_of_the_customer_agreed_counts(small: World) -> None:
    await opened(small, "P1")
    said = event("a", "downgrade_agreed", 10, priority="P3", actor="staff", actor_name="Bob", agreed_by="Ann")
    answer = await small.event(said)
    assert (answer.status_code, answer.json()["promise"]["priority"]) == (202, "P3"), answer.text


async def test_in_a_batch_it_is_accepted_without_effect_and_remarked_on(small: World) -> None:
    batch = [event("o", "opened", 0, priority="P1", customer="Strict", description="x"), agreed(365 * DAY)]
    answer = await small.client.post("/v1/events", content=orjson.dumps(batch), headers=BATCH | SENDER)
    assert answer.status_code == 202, answer.text
    promise = answer.json()["deliveries"][1]["promise"]
    assert "agreed_date_refused" in {remark["code"] for remark in promise["remarks"]}
    assert not any("agreed_by" in line for line in promise["targets"])


async def test_of_an_incident_that_is_not_known_yet_nobody_can_say_which_rule_holds(small: World) -> None:
    assert (await small.event(agreed(365 * DAY))).status_code == 202
