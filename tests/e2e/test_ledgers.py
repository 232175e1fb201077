"""Years of ledgers: credits of HPE, and hours and visits of eXpress Premium, over HTTP and with time that passes."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e import hpe_year
from tests.e2e.ledgers import MOSCOW, WARSAW, day, gauge, hpe, ledger, post
from tests.e2e.test_contract_records import change, create
from tests.e2e.world import ADMIN_KEY, World
from tests.unit.cli.invoke import Said, slad


def premium(customer: str, first: date) -> dict[str, Any]:
    return {
        "customers": [customer],
        "plan": "premium",
        "leaves_unspecified": ["resolution"],
        "zone": MOSCOW,
        "country": "RU",
        "valid": {"from": first.isoformat()},
        "roles": {name: ["nobody"] for name in ("manager", "on_call", "dedicated_engineer", "personal_manager")},
    }


async def test_a_year_of_one_hpe_contract(years: World) -> None:
    """H4, H6, H7, H10, H12, H15: credits, two weekends, a product that needs a fix, another family, the year's end."""
    world, contract = years, years.name("flexcare")
    world.next_morning(WARSAW)
    year = hpe_year.Year(world, contract, day(world, WARSAW))
    await hpe_year.signs(year)
    await hpe_year.books_in_time(year)
    await hpe_year.states_its_profile(year)
    await hpe_year.books_late(year)
    await hpe_year.changes_its_family(year)
    await hpe_year.expires(year)


async def test_a_year_of_administration_and_visits(years: World) -> None:
    """E10: 120 hours, twice as dear off hours, split at seven in the evening in Moscow; a visit in each quarter."""
    world, contract = years, years.name("premium")
    world.next_morning(MOSCOW, "10:00")
    first = day(world, MOSCOW)
    signed = await create(world, contract, premium(contract, first))
    assert signed.status_code == 201, signed.text
    ticket = world.name("slow")
    await world.happens(ticket, "opened", {"customer": contract, "priority": "P3"})

    # Worked from 17:30:10 to 21:45:05, told by the ticket system: the evening counts twice, to the second.
    start = world.next_morning(MOSCOW, "17:30", weekday=3) + timedelta(seconds=10)
    end = start.astimezone(ZoneInfo(MOSCOW)).replace(hour=21, minute=45, second=5)
    world.move(end)
    work = {"from": start.isoformat(), "to": end.isoformat(), "who": "smirnov"}
    told = (await world.happens(ticket, "worked", work, id_=f"{ticket}-work")).json()
    assert (told["outcome"], told["work"]["contract"], told["work"]["allowance"]) == (
        "accepted", contract, "administration",
    )  # fmt: skip
    repeated = (await world.happens(ticket, "worked", work, id_=f"{ticket}-work")).json()
    assert repeated == told
    seen = await ledger(world, contract, "administration", explain="true")
    parts = [(one["work"]["off_hours"], one["amount"]["amount"]) for one in seen["steps"] if one["work"]]
    assert parts == [(False, "5390"), (True, "19810")]
    assert seen["steps"][-1]["work"]["from"] == f"{end.date()}T16:00:00Z"
    assert seen["free"]["amount"] == str(120 * 3600 - 5390 - 19810)

    # A hundred and twelve hours by hand, then a night: the ledger pays what it has, says what is over, loses nothing.
    world.next_morning(MOSCOW, "12:00")
    by_hand = await post(world, contract, "administration", "used", "migration", amount="112h", reason="migration")
    assert by_hand.status_code == 201, by_hand.text
    assert by_hand.json()["warnings"][0]["threshold"] == "left-20-percent"
    more = await post(world, contract, "administration", "used", "too-much", amount="3h", reason="more")
    assert (more.status_code, more.json()["missing"], more.json()["clause"]) == (409, "2 h", "E10")
    night = (await world.happens(ticket, "worked", {"minutes": 120, "who": "smirnov"})).json()
    assert night["remarks"][0]["code"] == "over_allowance"
    assert night["remarks"][0]["detail"] == "over the allowance by 1 h"
    over = await ledger(world, contract, "administration")
    await world.until("ledger over in the gauge", lambda: gauge(world, "over"))
    assert (over["free"]["amount"], [one["missing"]["text"] for one in over["over"]]) == ("0", ["1 h"])

    # Extended by a letter (E14). Nobody knows whose the next ticket is: kept, and counted once somebody has said it.
    world.pass_by(minutes=1)
    bought = await post(world, contract, "administration", "bought", "letter", amount="20h", reason="extended")
    assert bought.json()["free"]["text"] == "20 h"
    world.pass_by(hours=2)
    stray, hour = world.name("stray"), {"minutes": 60, "who": "smirnov"}
    kept = (await world.happens(stray, "worked", hour)).json()
    assert (kept["outcome"], kept["reason"]["code"]) == ("parked", "no_ledger")
    await world.happens(stray, "opened", {"customer": contract, "priority": "P3"}, at=world.now - timedelta(hours=2))
    replayed = await world.post(f"/v1/parked/{kept['id']}/replay", {}, key=ADMIN_KEY)
    assert (replayed.status_code, replayed.json()["outcome"]) == (202, "accepted")
    assert (await ledger(world, contract, "administration"))["free"]["text"] == "19 h"

    # One visit in each quarter, and one too many.
    for number in range(4):
        visit = await post(world, contract, "site-visit", "used", f"visit-{number}", amount=1)
        assert visit.status_code == 201, visit.text
        if number == 1:
            twice = await post(world, contract, "site-visit", "used", "visit-again", amount=1)
            assert (twice.status_code, twice.json()["reason"], twice.json()["clause"]) == (409, "at_most", "E10")
        today = day(world, MOSCOW)
        month = today.month + 3 - (today.month - 1) % 3
        quarter = date(today.year + month // 13, (month - 1) % 12 + 1, 2)
        world.move(datetime.combine(quarter, datetime.min.time(), ZoneInfo(MOSCOW)) + timedelta(hours=12))

    # With the contract's year the rest is gone, and 120 hours begin anew.
    world.move(datetime.combine(first.replace(year=first.year + 1), datetime.min.time(), ZoneInfo(MOSCOW)))
    fresh = await ledger(world, contract, "administration")
    assert (fresh["free"]["text"], fresh["lots"][0]["kind"]) == ("120 h", "granted")
    changes = await world.get("ingest", f"/v1/contracts/{contract}/changes", key=ADMIN_KEY, after="1")
    assert {one["what"] for one in changes.json()["changes"]} == {"entry_posted"}


async def test_a_contract_of_a_file_has_ledgers_and_what_does_not_fit_is_said_with_its_place(years: World) -> None:
    world, contract = years, "counted"
    world.next_morning(WARSAW)
    tomorrow = (world.now + timedelta(days=1)).isoformat()
    refused = {
        "no such ledger": (await post(world, contract, "hours", "used", "a", amount=1), 409, None),
        "half a visit": (await post(world, contract, "visits", "used", "b", amount="0.5"), 422, "/amount"),
        "nothing": (await post(world, contract, "visits", "used", "c"), 422, "/amount"),
        "tomorrow": (
            await post(world, contract, "visits", "used", "d", amount=1, at=tomorrow),
            422, "/at",
        ),
        "no reason": (await post(world, contract, "visits", "adjusted", "e", amount="-1"), 422, "/reason"),
        "computed": (await post(world, contract, "visits", "expired", "f", amount=1), 422, "/kind"),
        "half a span": (
            await post(world, contract, "visits", "used", "g", **{"from": world.now.isoformat()}), 422, "/until"
        ),
        "no such contract": (await post(world, "nobody-s", "visits", "used", "h", amount=1), 404, None),
    }  # fmt: skip
    for name, (answer, status, place) in refused.items():
        assert answer.status_code == status, (name, answer.text)
        assert place is None or answer.json()["errors"][0]["pointer"] == place, (name, answer.text)
    used = await post(world, contract, "visits", "used", world.name("kick-off"), amount=1, who="ann")
    assert used.status_code == 201, used.text
    all_ = (await world.get("ingest", f"/v1/contracts/{contract}/ledgers", key=ADMIN_KEY)).json()
    assert [(one["allowance"], one["free"]["amount"]) for one in all_["ledgers"]] == [("visits", "1")]


async def test_what_a_ledger_counts_is_no_change_of_the_contract_that_a_writer_has_read(years: World) -> None:
    world, contract = years, years.name("busy")
    world.next_morning(WARSAW)
    values = hpe(contract, day(world, WARSAW))
    tag = (await create(world, contract, values)).headers["etag"]
    written = await post(world, contract, "credits", "bought", "invoice-2", amount=5)
    assert written.status_code == 201, written.text
    known = await world.get("ingest", f"/v1/contracts/{contract}", key=ADMIN_KEY)
    assert known.headers["etag"] == tag
    changed = await change(world, contract, {**values, "title": "Renamed"}, tag)
    assert changed.status_code == 200, changed.text
    assert (await change(world, contract, values, tag)).status_code == 412
    by_revision = f'"{changed.json()["revision"]}"'
    assert (await change(world, contract, values, by_revision)).status_code == 200


async def test_a_ledger_is_read_and_written_on_the_command_line(years: World) -> None:
    world, contract = years, years.name("typed")
    world.next_morning(WARSAW)
    signed = await create(world, contract, hpe(contract, day(world, WARSAW)))
    assert signed.status_code == 201, signed.text

    async def typed(*words: str) -> Said:
        asked = ("ledger", *words, "--url", world.fleet.url("ingest"), "--key", ADMIN_KEY)
        return await asyncio.to_thread(slad, *asked)

    bought = ("add", contract, "credits", "bought", "12.5", "--id", "invoice-1", "--reason", "invoice 1")
    assert (await typed(*bought)).out == "invoice-1: written; 12.5 credits free, 0 credits reserved\n"
    assert "was written already" in (await typed(*bought)).out
    short = await typed("add", contract, "credits", "used", "13")
    assert (short.status, "0.5 credits" in short.err, "H10" in short.err) == (2, True, True)
    wrong = await typed("add", contract, "credits", "used", "many")
    assert (wrong.status, "/amount" in wrong.err) == (2, True)
    assert "12.5 credits" in (await typed("show", contract)).out
    told = await typed("show", contract, "--allowance", "credits", "--explain")
    assert "invoice 1" in told.out
    assert (await typed("show", contract, "--allowance", "credits", "--json")).json["ledgers"][0]["free"]["amount"] == (
        "12.5"
    )
    assert (await typed("show", "nobody-s")).status == 1
