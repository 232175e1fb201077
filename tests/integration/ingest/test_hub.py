"""Very many tickets, or very many words, that are merged into one: each merge costs as much as the first."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.ingest.test_names import MINUTE, incidents, published, stated, told_in_one
from tests.integration.ingest.world import NOON, World

from sla_domain.incident import RemarkKind
from sla_ingest.name import joining, kept


async def test_a_hub_of_merges_is_looked_up_as_often_for_the_last_as_for_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M1: each merge searched the names three times, and read all that was copied before."""
    looks, read = [0], kept._rows

    async def counted(connection: Any, names: list[str]) -> Any:
        looks[0] += 1
        return await read(connection, names)

    monkeypatch.setattr(kept, "_rows", counted)
    await told_in_one(world, [stated(number, 0, "opened", f"S{number}") for number in range(41)])
    each = []
    for number in range(1, 41):
        looks[0] = 0
        await told_in_one(world, [stated(100 + number, 10, "merged", f"S{number}", merged_into="S0")])
        each.append(looks[0])
    assert set(each[1:]) == {3}


async def test_of_a_ticket_with_very_many_words_the_latest_are_carried_and_the_survivor_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "MOST_WORDS", 3)
    said = [stated(10 + n, 1 + n, "customer_replied", "B", actor="customer") for n in range(7)]
    await told_in_one(world, [stated(1, 0, "opened", "A"), stated(2, 0, "opened", "B"), *said])
    await told_in_one(world, [stated(50, 30, "merged", "B", merged_into="A")])
    copies = [event for event in await published(world) if event.carried_from == "servicenow:B"]
    assert [
        event.occurred_at for event in sorted(copies, key=lambda event: event.order) if event.kind == "customer_replied"
    ] == [NOON + minute * MINUTE for minute in (5, 6, 7)]
    survivor = (await incidents(world))["servicenow:A"]
    told = [remark.text for remark in survivor.remarks if remark.kind is RemarkKind.MERGED_IN]
    assert [text.partition("; ")[2] for text in told] == ["of its 7 words the latest 3 are known here"]
