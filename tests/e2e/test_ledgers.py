"""Years of ledgers: credits of HPE, and hours and visits of eXpress Premium, over HTTP and with time that passes."""

from __future__ import annotations

import asyncio
import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from tests.e2e.test_booked_windows import book, saturday, slug
from tests.e2e.test_contract_records import WARSAW, create
from tests.e2e.world import ADMIN_KEY, World
from tests.unit.cli.invoke import Said, slad

MOSCOW = "Europe/Moscow"
NOBODY = ("nase", "specialist_group", "tam", "manager", "on_call", "dedicated_engineer", "personal_manager")


def hpe(customer: str, first: date) -> dict[str, Any]:
    return {
        "customers": [customer],
        "plan": "flexcare",
        "base_plan": "hpe-enterprise-basic",
        "leaves_unspecified": ["first_response"],
        "zone": WARSAW,
        "country": "PL",
        # The base plans were on sale until 2017; the years count from that first day on.
        "valid": {"from": first.replace(year=2016).isoformat(), "to": first.replace(year=first.year + 2).isoformat()},
        "roles": {name: ["nobody"] for name in NOBODY[:4]},
    }


def premium(customer: str, first: date) -> dict[str, Any]:
    return {
        "customers": [customer],
        "plan": "premium",
        "leaves_unspecified": ["resolution"],
        "zone": MOSCOW,
        "country": "RU",
        "valid": {"from": first.isoformat()},
        "roles": {name: ["nobody"] for name in NOBODY[3:]},
    }


async def ledger(world: World, contract: str, allowance: str, **query: str) -> dict[str, Any]:
    answer = await world.get("ingest", f"/v1/contracts/{contract}/ledgers/{allowance}", key=ADMIN_KEY, **query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def post(world: World, contract: str, allowance: str, kind: str, id_: str, **more: Any) -> httpx2.Response:
    body = {"id": id_, "kind": kind, **more}
    return await world.post(f"/v1/contracts/{contract}/ledgers/{allowance}/entries", body, key=ADMIN_KEY)


async def balance(world: World, contract: str, allowance: str) -> tuple[str, str]:
    found = await ledger(world, contract, allowance)
    return found["free"]["amount"], found["reserved"]["amount"]


async def gauge(world: World, about: str) -> bool:
    text = (await world.get("ingest", "/metrics", key=ADMIN_KEY)).text
    found = re.search(rf'^slad_ingest_ledger_warnings{{about="{about}"}} (\S+)', text, re.MULTILINE)
    return found is not None and float(found.group(1)) >= 1


def day(world: World, zone: str) -> date:
    return world.now.astimezone(ZoneInfo(zone)).date()


async def test_a_year_of_credits_for_standby_weekends(years: World) -> None:
    """H10: bought for a year and gone with it; booked with notice, or half as much again; never paid back or moved."""
    world, contract = years, years.name("flexcare")
    world.next_morning(WARSAW)
    first = day(world, WARSAW)
    signed = await create(world, contract, hpe(contract, first))
    assert signed.status_code == 201, signed.text
    bought = await post(world, contract, "credits", "bought", "invoice-1", amount=30, reason="invoice 1")
    assert bought.status_code == 201, bought.text
    again = await post(world, contract, "credits", "bought", "invoice-1", amount=30, reason="invoice 1")
    assert (again.status_code, again.json()["free"]["amount"]) == (200, "30")

    # A weekend five weeks ahead; another at a few days' notice, half as much again.
    window = {"window": "weekend-standby"}
    fair = await book(world, contract, "release", saturday(world, 5), **window)
    assert fair.status_code == 201, fair.text
    assert await balance(world, contract, "credits") == ("20", "10")
    world.pass_by(days=60)
    done = await post(world, contract, "credits", "used", "release-done", of="window:release:3", reference="release")
    assert done.status_code == 201, done.text
    world.pass_by(minutes=1)
    late = await book(world, contract, "move", saturday(world, 1), **window)
    assert (late.status_code, slug(late)) == (409, "surcharge-unconfirmed")
    late = await book(world, contract, "move", saturday(world, 1), confirm_surcharge=True, **window)
    assert late.status_code == 201, late.text
    found = await ledger(world, contract, "credits", explain="true")
    assert (found["free"]["amount"], found["reserved"]["amount"]) == ("5", "15")
    last = found["steps"][-1]
    assert (last["before_rates"]["amount"], last["surcharge"], last["amount"]["amount"]) == ("10", 50, "15")
    assert [one["threshold"] for one in found["warnings"]] == ["left-20-percent"]

    # A third is more than is left: neither booked nor paid. Money back, and another contract, are never done.
    third = await book(world, contract, "third", saturday(world, 6), **window)
    assert (third.status_code, slug(third)) == (409, "entry-refused")
    assert (third.json()["missing"], third.json()["free"], third.json()["clause"]) == ("5 credits", "5 credits", "H10")
    seen = await world.get("ingest", f"/v1/contracts/{contract}/windows", key=ADMIN_KEY)
    assert [one["id"] for one in seen.json()["booked"]] == ["release", "move"]
    for kind, reason in (("refunded", "not_refundable"), ("transferred", "not_transferable")):
        never = await post(world, contract, "credits", kind, f"never-{kind}", amount=5)
        assert (never.status_code, never.json()["reason"], never.json()["clause"]) == (409, reason, "H10")

    # Cancelled before it begins, its credits are back, and go with the contract's year.
    cancelled = await world.post(
        f"/v1/contracts/{contract}/windows/move/cancel", {"reason": "postponed"}, key=ADMIN_KEY
    )
    assert cancelled.status_code == 200, cancelled.text
    assert await balance(world, contract, "credits") == ("20", "0")
    end = datetime.combine(first.replace(year=first.year + 1), datetime.min.time(), ZoneInfo(WARSAW))
    world.move(end - timedelta(days=20))
    near = await ledger(world, contract, "credits")
    assert {one["threshold"] for one in near["warnings"]} == {"expiry-90-days", "expiry-30-days"}
    assert [(one["left"]["amount"], datetime.fromisoformat(one["at"])) for one in near["expires"]] == [("20", end)]
    world.move(end)
    gone = await ledger(world, contract, "credits", explain="true", language="pl")
    assert (gone["free"]["amount"], gone["lots"][0]["expired"]["amount"]) == ("0", "20")
    assert [one["kind"] for one in gone["steps"]] == ["bought", "reserved", "used", "reserved", "released", "expired"]
    assert "Kredyty FlexCare" in gone["text"]
    empty = await post(world, contract, "credits", "used", "next-year", amount=1)
    assert (empty.status_code, empty.json()["reason"]) == (409, "below_zero")


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
