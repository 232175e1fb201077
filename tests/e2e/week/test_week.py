"""A week of four customers in virtual time: the shipped plans, five languages, nights and a weekend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.week.transcript import transcript
from tests.e2e.week.virtual import VirtualWeek, virtual_week

HERE = Path(__file__).parent
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ZONES = {"baltyk": "Europe/Warsaw", "molino": "Europe/Rome", "sever": "Europe/Moscow", "fjord": "Europe/Moscow"}
RECEIVERS = {
    "nowak@vendor.example": "baltyk", "zespol@vendor.example": "baltyk", "lis@vendor.example": "baltyk",
    "chen@vendor.example": "baltyk", "mazur@baltyk.example": "baltyk",
    "bianchi@vendor.example": "molino", "conti@vendor.example": "molino", "rossi@molino.example": "molino",
    "duty@vendor.example": "sever", "shift@vendor.example": "sever", "petrova@vendor.example": "sever",
    "sokolov@vendor.example": "sever", "orlova@sever.example": "sever",
    "smith@vendor.example": "fjord", "volkova@vendor.example": "fjord", "lund@fjord.example": "fjord",
}  # fmt: skip


class Story:
    """What happens in the week, as events and acts at instants."""

    def __init__(self, week: VirtualWeek) -> None:
        self.week = week
        self.acts: list[tuple[datetime, str]] = []
        self._number = 0

    async def at(self, day: int, hour: str) -> None:
        """Let time pass to an hour (UTC) of a day of the week; Monday is 0."""
        hours, minutes = hour.split(":")
        start = MONDAY.replace(hour=0) + timedelta(days=day, hours=int(hours), minutes=int(minutes))
        await self.week.go(start)

    async def fix(self, notice: str, what: str, **body: Any) -> None:
        """A critical fix is published now."""
        self.acts.append((self.week.now, f"{notice}: {what}"))
        await self.week.post("/v1/notices", {"id": notice, **body})
        await self.week.settle()

    async def event(self, incident: str, kind: str, what: str, *, settle: bool = True, **data: Any) -> None:
        """An event of an incident arrives now."""
        self._number += 1
        body = {
            "specversion": "1.0", "id": f"week-{self._number}", "source": "desk", "subject": incident,
            "type": f"io.slad.incident.{kind}.v1", "time": self.week.now.isoformat(), "data": data,
        }  # fmt: skip
        self.acts.append((self.week.now, f"{incident}: {what}"))
        await self.week.post("/v1/events", body, **{"content-type": "application/cloudevents+json"})
        if settle:
            await self.week.settle()


async def tell(story: Story) -> None:
    """The week. Hours are UTC: Warsaw and Rome are an hour ahead, Moscow three."""
    await story.at(0, "08:10")
    await story.event(
        "BB-1", "opened", "the bank opens an L1", customer="Bank Bałtyk", priority="L1",
        product="Operations Bridge", title="Konsola nie przyjmuje zdarzeń",
    )  # fmt: skip
    await story.at(0, "09:25")
    await story.event("BB-1", "responded", "answered, after the promise", actor="staff", actor_name="chen")
    await story.at(0, "09:30")
    await story.fix(
        "HPSB-7", "a critical fix for what the bank runs", title="Zdalne wykonanie kodu",
        text="Zainstaluj 10.12.", severity="critical", cause="security",
        products=[{"product": "Operations Bridge", "versions": "<10.12"}],
    )  # fmt: skip
    await story.at(0, "10:15")
    await story.event(
        "FJ-0",
        "opened",
        "opened without a description, as P1",
        customer="Fjord",
        priority="P1",
        title="It does not work",
    )
    await story.at(0, "10:20")
    await story.event("FJ-0", "responded", "answered in time", actor="staff")
    await story.at(0, "10:30")
    await story.event(
        "FJ-0", "reclassified", "the priority is corrected", actor="staff", priority="P2",
        reason="Invoices cannot be printed",
    )  # fmt: skip
    await story.at(0, "12:00")
    await story.event("FJ-0", "resolved", "resolved", actor="staff")
    await story.at(1, "22:15")
    await story.event("SE-1", "opened", "a P1 at night", customer="Север", priority="P1", title="Система не отвечает")
    await story.at(1, "22:30")
    await story.event("SE-1", "responded", "answered in time", actor="staff")
    await story.at(1, "23:50")
    await story.event("SE-1", "escalated", "the client asks for the management", actor="customer", reason="Мы стоим")
    await story.at(2, "01:10")
    await story.event("SE-1", "resolved", "resolved, an hour too late", actor="staff")
    await story.at(2, "07:00")
    await story.event("SE-1", "rated", "the client rates the service", actor="customer", score=2)
    await story.at(3, "13:00")
    await story.event(
        "MV-1", "opened", "an S2 at noon", customer="Molino Verde", priority="S2", title="Fatture bloccate"
    )
    await story.at(3, "14:00")
    await story.event("MV-1", "responded", "answered in time", actor="staff")
    await story.at(5, "03:00")
    await story.event(
        "FJ-1", "opened", "a P1 on Saturday", customer="Fjord", priority="P1", title="Nothing prints",
        description="Every printer of the yard is silent.",
    )  # fmt: skip
    await story.at(5, "03:30")
    await story.event("FJ-1", "responded", "answered in time", actor="staff")
    await story.at(5, "04:00")
    await story.event(
        "FJ-1", "downgrade_proposed", "works again for most: may it be a P3?", actor="staff", priority="P3"
    )
    await story.at(5, "07:00")
    await story.event("FJ-1", "resolved", "resolved in time", actor="staff")
    await story.at(6, "12:00")
    for number in range(12):
        await story.event(
            f"SE-{10 + number}", "opened", "one of twelve at once", customer="Север", priority="P1",
            title=f"Узел {number + 1} недоступен", settle=False,
        )  # fmt: skip
    await story.at(6, "13:40")
    for number in range(12):
        await story.event(f"SE-{10 + number}", "resolved", "resolved", actor="staff", settle=False)
    await story.at(7, "06:00")


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_the_week_is_told_as_the_contracts_say(tmp_path: Path) -> None:
    async with virtual_week(tmp_path, HERE / "customers.yaml", MONDAY) as week:
        story = Story(week)
        await tell(story)
        zones = {address: ZONES[contract] for address, contract in RECEIVERS.items()}
        said = transcript(week.told, zones, story.acts)
    print(said)
    assert said == (HERE / "week.txt").read_text(), "compare with tests/e2e/week/week.txt"
