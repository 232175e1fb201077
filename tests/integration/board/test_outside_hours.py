"""Counted time decides on the board: outside hours is a state of its own, and the wall stands beside the count."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.build.rulebook import coverage, plan, rulebook
from tests.build.story import instant
from tests.integration.board.bench import HOURS, BoardBench, hours
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_domain.event import EventKind
from sla_domain.hours import WALL

OFFICE = hours("office")


async def asked(board: BoardBench, path: str) -> Any:
    transport = httpx2.ASGITransport(board.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board") as client:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.headers["content-type"] == "application/json" else answer.text


async def at(board: BoardBench, when: str) -> datetime:
    board.time.pass_(instant(when) - board.time.now())
    return board.time.now()


def ticket(opened: str, due: str, **context: Any) -> Ticket:
    made = Ticket(**({"hours": OFFICE, "allowed": "1h", "metric": "first_response"} | context))
    made.due_at = made.context["original_due_at"] = instant(due)
    return made


async def clock(board: BoardBench) -> dict[str, Any]:
    [one] = (await asked(board, "/v1/board/clocks"))["clocks"]
    return dict(one)


async def test_on_a_friday_evening_half_an_hour_is_left_and_stands_still(board: BoardBench) -> None:
    one = ticket("Fri 16:30", "2026-11-23 09:30")
    await board.tell(one.event(at=instant("Fri 16:30")), one.started(instant("Fri 16:30")))
    await at(board, "Fri 16:45")
    found = await clock(board)
    assert (found["condition"], found["bucket"], found["counted_seconds"]) == ("running", "hour", 45 * 60)
    await at(board, "Fri 19:00")
    found = await clock(board)
    assert (found["state"], found["condition"], found["bucket"]) == ("running", "outside", "outside")
    assert (found["counted_seconds"], found["remaining_seconds"]) == (30 * 60, 62.5 * 3600)
    assert (found["outside_hours"], found["opens_at"]) == (True, "2026-11-23T08:00:00Z")
    board_ = await asked(board, "/v1/board/clocks?state=outside&bucket=outside")
    assert [len(board_["clocks"]), board_["buckets"]["outside"]] == [1, 1]
    assert (await asked(board, "/v1/board/clocks?state=running"))["clocks"] == []
    page = await asked(board, "/")
    assert "Outside hours" in page
    assert "until Mon 23 Nov 09:00" in page
    assert 'datetime="2026-11-23T08:30:00.000Z" data-since="2026-11-23T08:00:00.000Z"' in page
    await at(board, "2026-11-23 09:16")
    found = await clock(board)
    assert (found["condition"], found["bucket"], found["counted_seconds"]) == ("running", "soon", 14 * 60)


async def test_the_bands_go_by_counted_time_across_a_close(board: BoardBench) -> None:
    """Ten counted minutes over a night are fewer than fifteen, whatever the wall says."""
    one, two = ticket("Tue 16:30", "Wed 09:05"), ticket("Tue 16:30", "Wed 09:40", incident="jira-acme:ACME-2")
    await board.tell(one.started(instant("Tue 16:30")), two.started(instant("Tue 16:30")))
    await at(board, "Tue 16:55")
    found = await asked(board, "/v1/board/clocks")
    assert {c["due_at"]: (c["bucket"], c["counted_seconds"]) for c in found["clocks"]} == {
        "2026-11-18T08:05:00Z": ("soon", 600), "2026-11-18T08:40:00Z": ("hour", 45 * 60),
    }  # fmt: skip
    assert found["buckets"] == {
        "breached": 0, "soon": 1, "hour": 1, "today": 0, "later": 0, "outside": 0, "paused": 0,
    }  # fmt: skip


async def test_lateness_is_counted_and_the_wall_stands_beside_it(board: BoardBench) -> None:
    one = ticket("Fri 15:00", "Fri 16:00")
    await board.tell(
        one.event(at=instant("Fri 15:00")), one.started(instant("Fri 15:00")), one.breached(instant("Fri 16:00"))
    )
    await at(board, "Sat 12:00")
    found = await clock(board)
    assert (found["condition"], found["bucket"], found["outside_hours"]) == ("breached", "breached", True)
    assert (found["counted_seconds"], found["remaining_seconds"]) == (-3600, -20 * 3600)
    assert "outside hours until Mon 23 Nov 09:00" in await asked(board, "/")
    await board.tell(one.missed(instant("2026-11-23 10:00")))
    await at(board, "2026-11-23 11:00")
    file = await asked(board, "/v1/board/incidents/jira-acme:ACME-1")
    assert file["promises"][0]["clock"]["counted_seconds"] == -2 * 3600
    page = await asked(board, "/incidents/jira-acme:ACME-1")
    assert "\u22122h 00m" in page
    assert "wall \u22122d 18h" in page


async def test_the_timeline_of_a_short_promise_over_a_night_is_not_one_bar(board: BoardBench) -> None:
    one = ticket("Fri 16:50", "2026-11-23 09:05", allowed="15m")
    await board.tell(one.event(at=instant("Fri 16:50")), one.started(instant("Fri 16:50")))
    await board.tell(one.breached(instant("2026-11-23 09:05")))
    await at(board, "2026-11-23 09:20")
    file = await asked(board, "/v1/board/incidents/jira-acme:ACME-1")
    assert [(s["kind"], s["start"], s["end"]) for s in file["promises"][0]["spans"]] == [
        ("running", "2026-11-20T15:50:00Z", "2026-11-20T16:00:00Z"),
        ("outside", "2026-11-20T16:00:00Z", "2026-11-23T08:00:00Z"),
        ("running", "2026-11-23T08:00:00Z", "2026-11-23T08:05:00Z"),
        ("overdue", "2026-11-23T08:05:00Z", None),
    ]
    page = await asked(board, "/incidents/jira-acme:ACME-1")
    assert page.count('class="bar outside"') == 1
    assert "<td>outside hours</td>" in page


async def test_a_paused_clock_shows_what_is_left_of_it(board: BoardBench) -> None:
    one = ticket("Tue 10:00", "Tue 11:00")
    paused = one.paused(instant("Tue 10:20"), left_seconds=40 * 60.0)
    await board.tell(one.event(at=instant("Tue 10:00")), one.started(instant("Tue 10:00")), paused)
    await at(board, "Wed 12:00")
    found = await clock(board)
    assert (found["condition"], found["counted_seconds"], found["outside_hours"]) == ("paused", 2400, False)
    assert "40m 00s" in await asked(board, "/")


@pytest.mark.parametrize("named", ["", "office@gone", WALL])
async def test_hours_that_are_not_known_are_never_claimed(board: BoardBench, named: str) -> None:
    one = ticket("Fri 16:30", "2026-11-23 09:30", hours=named)
    await board.tell(one.event(at=instant("Fri 16:30")), one.started(instant("Fri 16:30")))
    await at(board, "Fri 19:00")
    found = await clock(board)
    assert (found["condition"], found["outside_hours"], found["opens_at"]) == ("running", False, None)
    assert found["counted_seconds"] == (62.5 * 3600 if named == WALL else None)
    assert ("are not known here" in await asked(board, "/")) is (named != WALL)


async def test_a_changed_catalogue_is_heeded_at_once(board: BoardBench) -> None:
    one = ticket("Fri 16:30", "2026-11-23 09:30")
    await board.tell(one.event(EventKind.OPENED, instant("Fri 16:30")), one.started(instant("Fri 16:30")))
    await at(board, "Fri 19:00")
    assert (await clock(board))["condition"] == "outside"
    board.rulebook = rulebook(plan(coverages=(coverage("office", "mon-fri 08:00-17:00"),)))
    assert (await clock(board))["condition"] == "running", "those hours are of another catalogue"
    board.rulebook = HOURS
    assert (await clock(board))["condition"] == "outside"


async def test_a_due_instant_that_has_passed_is_due_now_in_any_hours(board: BoardBench) -> None:
    """The close of a day is a due instant too: until the timer has spoken it is due, not outside hours."""
    one = ticket("Tue 16:00", "Tue 17:00")
    await board.tell(one.started(instant("Tue 16:00")))
    now = await at(board, "Tue 17:00")
    found = await clock(board)
    assert (found["condition"], found["bucket"], found["counted_seconds"]) == ("running", "soon", 0)
    assert now - NOW == timedelta(days=1, hours=4) == minutes(28 * 60)


@pytest.mark.parametrize(("named", "counted"), [(OFFICE, 120), (WALL, (64 * 60 + 2) * 60), ("office@gone", None)])
async def test_how_late_a_promise_was_kept_is_counted_in_its_hours(
    board: BoardBench, named: str, counted: float | None
) -> None:
    """Broken on Friday 16:59, answered on Monday 09:01: two minutes late, though 64 hours went by."""
    one = ticket("Fri 15:59", "Fri 16:59", hours=named)
    answered = instant("2026-11-23 09:01")
    await at(board, "2026-11-23 10:00")
    await board.tell(one.event(at=instant("Fri 15:59")), one.started(instant("Fri 15:59")), one.breached())
    await board.tell(one.event(EventKind.RESPONDED, answered), one.missed(answered))
    [found] = (await asked(board, "/v1/breaches"))["breaches"]
    assert (found["late_counted_seconds"], found["late_wall_seconds"]) == (counted, (64 * 60 + 2) * 60)
    assert (await asked(board, f"/v1/breaches/{one.clock}"))["late_counted_seconds"] == counted
    for page in ("/breaches", f"/incidents/{one.incident}"):
        shown = await asked(board, page)
        if counted == 120:
            assert "2m 00s late" in shown, page
            assert 'title="by the wall clock">wall 2d 16h' in shown, page
        else:
            assert "2d 16h late" in shown, page
            assert ("the hours in which it counts are not known" in shown) is (counted is None), page
