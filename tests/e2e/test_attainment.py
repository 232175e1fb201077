"""What share of promises is kept, and who hears when the share promised cannot be met any more (clause E4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.e2e.test_contract_records import WARSAW, create, section
from tests.e2e.world import World, subject_of

OBJECTIVES = [
    {
        "id": "in-time",
        "percent": "90%",
        "title": {"en": "Requests in time"},
        "tell": ["manager"],
        "credits": [{"below": "50%", "credit": "10%"}],
    }
]


async def test_a_missed_promise_exhausts_an_objective_and_a_late_word_recovers_it(world: World) -> None:
    """Its manager hears of each once; the figures are those of the contract alone, before and after."""
    opened = world.next_morning(WARSAW)
    contract, name = world.name("attained"), world.name("share")
    answer = await create(world, contract, section(contract, objectives=OBJECTIVES))
    assert answer.status_code == 201, answer.text
    world.pass_by(minutes=1)
    await world.happens(name, "opened", {"customer": contract, "priority": "P1"})
    await world.applied(name, lambda one: one["contract"]["id"] == contract and one["clocks"])

    async def objective() -> dict[str, Any]:
        answer = await world.get("board", "/v1/attainment", contract=contract, period=f"{opened:%Y-%m}")
        if answer.status_code == 404:
            return {}  # every service reads the contracts by itself: the board has not read this one yet
        assert answer.status_code == 200, answer.text
        (found,) = answer.json()["contracts"][0]["objectives"]
        return {name: found["counts"][name]["count"] for name in ("met", "missed", "open")} | {
            "standing": found["standing"],
            "credit": found["credit_percent"],
        }

    async def stands(**wanted: Any) -> None:
        async def look() -> bool:
            return await objective() == wanted

        await world.until(f"attainment {wanted} of {contract}", look)

    await stands(met=0, missed=0, open=1, standing="nothing_due", credit=None)
    world.pass_by(hours=1)
    (first,) = await world.mailed("mona", "in time")
    assert subject_of(first).startswith("Objective cannot be met")
    assert contract in subject_of(first)
    await stands(met=0, missed=1, open=0, standing="exhausted", credit=10)

    # It was answered in time, and the word of it comes late.
    await world.happens(name, "responded", {"actor": "staff"}, at=world.now - timedelta(minutes=30))
    _, second = await world.mailed("mona", "in time", 2)
    assert subject_of(second).startswith("Objective recovered")
    await world.happens(name, "resolved", {"actor": "staff"})
    await stands(met=1, missed=0, open=0, standing="kept", credit=None)
    await world.fence()
    assert len(world.mails("mona", "in time")) == 2
