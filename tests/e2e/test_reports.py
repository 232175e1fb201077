"""The report on the quality of service and the review, as the customer gets them, on both profiles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e.test_contract_records import WARSAW
from tests.e2e.world import SOURCE, World

CUSTOMER = {"actor": "customer", "actor_name": "Rita Reporter"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def local_day(world: World) -> date:
    return world.now.astimezone(ZoneInfo(WARSAW)).date()


def after_the_quarter(day: date) -> datetime:
    """The tenth of the month after a day's quarter, at noon: two working days have passed, whatever the holidays."""
    months = day.year * 12 + (day.month - 1) // 3 * 3 + 3
    return datetime(months // 12, months % 12 + 1, 10, 12, tzinfo=ZoneInfo(WARSAW))


def sections(report: dict[str, Any], id_: str) -> Iterator[dict[str, Any]]:
    for chapter in report["chapters"]:
        yield from (part for one in chapter["sections"] if one["id"] == id_ for part in one["parts"])


def rows(report: dict[str, Any], table: str) -> list[list[Any]]:
    parts = (part for chapter in report["chapters"] for one in chapter["sections"] for part in one["parts"])
    return [[cell["value"] for cell in row] for part in parts if part.get("id") == table for row in part["rows"]]


def figures(report: dict[str, Any], section: str) -> dict[str, Any]:
    return {item["id"]: item["value"] for part in sections(report, section) for item in part.get("items", ())}


async def report(world: World, period: str, **query: str) -> dict[str, Any]:
    answer = await world.get("board", "/v1/reports/reported", period=period, **query)
    return dict(answer.json()) if answer.status_code == 200 else {}


async def ticket(world: World, story: str, minutes: int) -> str:
    """Reported by the customer, answered so late, and closed by somebody of the support."""
    name = world.name(story)
    about = {"customer": "Reported", "priority": "P1", "reporter": "Rita Reporter"}
    await world.happens(name, "opened", {**about, **CUSTOMER})
    await world.applied(name, lambda one: one["contract"]["id"] == "reported" and one["clocks"])
    world.pass_by(minutes=minutes)
    for kind in ("responded", "resolved", "closed"):
        world.pass_by(seconds=1)
        await world.happens(name, kind, {"actor": "staff", "actor_name": "Stan Support"})
    return name


async def test_a_month_and_its_quarter_are_reported_with_names_voice_and_cases_and_sent_by_themselves(
    world: World,
) -> None:
    """E5, H9, I7: sent and frozen. B7, B12: what the customer said of the service stands in it."""
    world.next_morning(WARSAW)
    first = local_day(world)
    month, quarter = f"{first:%Y-%m}", f"{first.year}-Q{(first.month + 2) // 3}"
    before = figures(await report(world, month), "summary")
    decided_before = before.get("figure.met", 0) + before.get("figure.missed", 0)
    good, late = await ticket(world, "in-time", 20), await ticket(world, "too-late", 90)
    assert local_day(world) == first
    await world.happens(late, "escalated", {**CUSTOMER, "to": "manager", "reason": "we wait since the morning"})
    world.pass_by(minutes=1)
    await world.happens(good, "rated", {**CUSTOMER, "score": 5, "reason": "quick"})

    async def whole() -> dict[str, Any]:
        found = await report(world, month)
        said = len(rows(found, "ratings")) + len(rows(found, "escalations")) if found else 0
        known = {row[0] for row in rows(found, "incidents")} if found else set()
        # Verdicts come by another topic than what happened.
        decided = sum(figures(found, "summary").get(f"figure.{one}", 0) for one in ("met", "missed")) if found else 0
        return found if said >= 2 and {good, late} <= known and decided == decided_before + 2 else {}

    live = await world.until(f"both tickets and what the customer said in the report of {month}", whole)
    assert live["provisional"] is True
    figure = figures(live, "summary")
    assert figure["figure.met"] == before.get("figure.met", 0) + 1
    assert figure["figure.missed"] == before.get("figure.missed", 0) + 1
    by_name = {row[0]: row for row in rows(live, "incidents")}
    assert [by_name[good][place] for place in (7, 8, 10)] == ["Rita Reporter", "Rita Reporter", "Stan Support"]
    assert late in [row[0] for row in rows(live, "breaches")]
    assert [good, 5, "Rita Reporter", "quick"] in [[row[0], *row[2:]] for row in rows(live, "ratings")]
    assert [late, "Rita Reporter", "we wait since the morning"] in [
        [row[0], *row[2:]] for row in rows(live, "escalations")
    ]
    counted = {"contract": "reported", "period": month, "counted": "requests", "verdict": "missed"}
    listed = await world.get("board", "/v1/incidents", **counted)
    assert f"{SOURCE}:{late}" in [one["id"] for one in listed.json()["incidents"]]
    assert listed.json()["total"] == figure["figure.missed"]

    world.move(after_the_quarter(first))
    about = f"{MONTHS[first.month - 1]} {first.year}"
    (mail,) = await world.mailed("cleo", f"Service report: Reported Ltd., {about}")
    html = mail.parsed.get_body(("html",))
    assert html is not None
    assert "Stan Support" in html.get_content()
    await world.mailed("berta", "Raport z jakości usług: Reported Ltd.")
    place = ("1st", "2nd", "3rd", "4th")[(first.month - 1) // 3]
    await world.mailed("cleo", f"Service review: Reported Ltd., {place} quarter {first.year}")
    for period, kind in ((month, "service_report"), (quarter, "review")):
        kept = await report(world, period, revision="1", kind=kind)
        assert (kept["kind"], kept["frozen"]["revision"], kept["provisional"]) == (kind, 1, False)
        assert {good, late} <= {row[0] for row in rows(kept, "incidents")}
        assert rows(kept, "trend")[-1][2:4] >= [1, 1]
    world.pass_by(minutes=timedelta(days=1) / timedelta(minutes=1))
    await world.fence()
    assert len(world.mails("cleo", f"Service report: Reported Ltd., {about}")) == 1
