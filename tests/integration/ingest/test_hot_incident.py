"""What a delivery's answer costs does not grow with what its incident has behind it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest
from tests.integration.ingest.world import FORMOSA, World, opened

from sla_ingest import history, tables
from sla_ingest.pace import MANY, BatchPace


def said(number: int, kind: str, **data: object) -> dict[str, object]:
    return opened(f"e{number:04}", data={}) | {
        "type": f"io.slad.incident.{kind}.v1",
        "id": f"e{number:04}",
        "data": data,
    }


async def test_an_incident_with_very_many_events_is_promised_nothing_in_the_answer(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST", 30)
    monkeypatch.setattr(history, "_AMPLE", 2)
    first = (await small.event(opened())).json()
    assert first["promise"]["targets"]
    await small.batch([said(n, "updated", title=f"t{n}") for n in range(100)])
    read: list[int] = []
    real = history.stored_event
    monkeypatch.setattr(history, "stored_event", lambda **row: (read.append(1), real(**row))[1])
    answer = await small.event(said(200, "priority_changed", priority="P2"))
    assert answer.status_code == 202
    promise = answer.json()["promise"]
    assert promise["targets"] == []
    assert [remark["code"] for remark in promise["remarks"]] == ["many_events"]
    assert len(read) <= 32
    assert await small.count(tables.event) == 102
    other = (await small.event(opened("other", "INC2"))).json()
    assert other["promise"]["targets"]


async def test_answers_of_one_batch_read_on_from_each_other(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    real = history.timeline
    monkeypatch.setattr(history, "timeline", lambda events: (begun.append(1), real(events))[1])
    events = [opened()] + [said(n, "priority_changed", priority=f"P{n % 3 + 1}") for n in range(60)]
    answer = (await small.batch(events)).json()
    assert [one["promise"]["priority"] for one in answer["deliveries"][1:]] == [f"P{n % 3 + 1}" for n in range(60)]
    assert len(begun) == 1


async def test_late_events_under_a_key_of_one_contract_fold_nothing_to_know_whose_they_are(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each comes before all that are known: a fold for each would grow with the square of their number."""
    begun: list[int] = []
    real = history.timeline
    monkeypatch.setattr(history, "timeline", lambda events: (begun.append(1), real(events))[1])
    events = [
        said(n, "updated", customer="Formosa") | {"time": f"2026-02-03T00:{59 - n // 60:02}:{59 - n % 60:02}Z"}
        for n in range(300)
    ]
    answer = (await small.batch(events, FORMOSA)).json()
    assert answer["outcomes"]["accepted"] == 300
    assert begun == []


async def test_incidents_with_many_events_together_are_read_for_their_contract_alone(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One delivery in a batch for each of them, under a key of one contract or for a promise: nobody waits for it."""
    monkeypatch.setattr(history, "_READ_AT_MOST", 100)
    monkeypatch.setattr(history, "MOST", 40)
    monkeypatch.setattr(history, "_AMPLE", 2)
    for incident in range(12):
        events = [said(n, "updated") | {"id": f"{incident}-{n}", "subject": f"I{incident}"} for n in range(30)]
        await small.batch(events, FORMOSA)
    read: list[int] = []
    real = history.stored_event
    monkeypatch.setattr(history, "stored_event", lambda **row: (read.append(1), real(**row))[1])
    noted = [said(n, "updated") | {"id": f"n-{n}", "subject": f"I{n}"} for n in range(12)]
    assert (await small.batch(noted, FORMOSA)).json()["outcomes"]["accepted"] == 12
    assert len(read) <= 12 * 2
    read.clear()
    urgent = [said(n, "priority_changed", priority="P1") | {"id": f"u-{n}", "subject": f"I{n}"} for n in range(12)]
    deliveries = (await small.batch(urgent, FORMOSA)).json()["deliveries"]
    assert len(read) <= 100 + 40 + 12 * 2
    codes = [remark["code"] for one in deliveries for remark in one["promise"]["remarks"]]
    assert "many_events" in codes
    assert sum(bool(one["promise"]["targets"]) for one in deliveries) >= 3


async def test_requests_with_many_events_of_one_incident_take_turns_and_others_do_not(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[float] = []
    turn = BatchPace.turn

    def noted(pace: BatchPace, begun: float) -> AbstractAsyncContextManager[None]:
        taken.append(begun)
        return turn(pace, begun)

    monkeypatch.setattr(BatchPace, "turn", noted)
    await small.batch([opened(f"o{n}", f"INC{n}") for n in range(MANY + 1)])
    await small.batch([opened()] + [said(n, "updated", title=f"t{n}") for n in range(MANY - 1)])
    assert not taken
    answer = await small.batch([said(n, "updated", title=f"t{n}") for n in range(1000, 1001 + MANY)])
    assert answer.status_code == 202
    assert len(taken) == 1
