"""The chapters of a year of one HPE FlexCare contract, told in turn by `test_ledgers`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e.ledgers import WARSAW, balance, hpe, ledger, post
from tests.e2e.test_booked_windows import book, saturday, slug
from tests.e2e.test_contract_records import change, create, due
from tests.e2e.test_profiles import state
from tests.e2e.world import ADMIN_KEY, World, link_in

POLISH = ["sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"]
WINDOW = {"window": "weekend-standby"}
BASE = "hpe-enterprise-standard"
PLAN = f"flexcare+{BASE}"
TAM, CUSTOMER = "nina", "kasia"


@dataclass(frozen=True)
class Year:
    """The contract and what it is about; `family`, `added` and `other` are products of its own."""

    world: World
    contract: str
    first: date

    @property
    def family(self) -> str:
        return f"Bridge {self.contract}"

    @property
    def added(self) -> str:
        return f"Node Manager {self.contract}"

    @property
    def other(self) -> str:
        return f"Router {self.contract}"

    @property
    def notice(self) -> str:
        return f"SEC-{self.contract}"

    def of(self, *products: str, **more: Any) -> dict[str, Any]:
        """The contract's section, for the products of a family."""
        people = {
            TAM: {"name": "Nina", "email": "nina.canary@year.example"},
            CUSTOMER: {"name": "Kasia", "email": "kasia.canary@year.example", "language": "pl"},
        }
        roles = {name: ["nobody"] for name in ("specialist_group", "on_call", "manager")}
        own = {
            "people": people,
            "roles": roles | {"tam": [TAM], "contact": [CUSTOMER]},
            "products": list(products),
            "environment": [{"product": self.family, "versions": ["10.11"]}],
        }
        return hpe(self.contract, self.first, **own | more)

    async def tag(self) -> str:
        seen = await self.world.get("ingest", f"/v1/contracts/{self.contract}", key=ADMIN_KEY)
        return seen.headers["etag"]

    async def opened(self, story: str, product: str, plan: str = PLAN) -> dict[str, Any]:
        """An incident about a product, once it is judged under the plan that is expected."""
        name = self.world.name(story)
        attributes = {"customer": self.contract, "priority": "L1", "product": product}
        await self.world.happens(name, "opened", attributes)
        found = await self.world.applied(
            name, lambda one: (one["contract"]["id"], one["plan"].partition("@")[0]) == (self.contract, plan)
        )
        await self.world.happens(name, "cancelled")
        return found

    def heard(self) -> dict[str, int]:
        """How many mails each has got about the notice."""
        return {person: len(self.world.mails(person, self.notice)) for person in (TAM, CUSTOMER)}


async def signs(year: Year) -> None:
    """H12: one kick-off in the term. H10: credits are bought once, however often told. H15: NASE hears of no fix."""
    world, contract = year.world, year.contract
    signed = await create(world, contract, year.of(year.family))
    assert signed.status_code == 201, signed.text
    kick_off = await post(world, contract, "kick-off", "used", "kick-off", amount=1)
    assert kick_off.status_code == 201, kick_off.text
    twice = await post(world, contract, "kick-off", "used", "another", amount=1)
    assert (twice.status_code, twice.json()["clause"]) == (409, "H12")
    for status in (201, 200):
        bought = await post(world, contract, "credits", "bought", "invoice-1", amount=30, reason="invoice 1")
        assert (bought.status_code, bought.json()["free"]["amount"]) == (status, "30")
    nase = f"{contract}-s-neighbour"  # a package without critical fixes
    runs = [{"product": year.added, "versions": ["9.0"]}]
    neighbour = await create(world, nase, hpe(nase, year.first, plan="hpe-flexcare-nase", environment=runs))
    assert neighbour.status_code == 201, neighbour.text
    body = {
        "id": year.notice,
        "title": f"Remote execution, {year.notice}",
        "text": "Install 9.3.",
        "severity": "critical",
        "cause": "security",
        "products": [{"product": year.added, "versions": "<9.3"}],
    }
    pending = await world.post("/v1/notices", body, key=ADMIN_KEY)
    assert pending.status_code == 202, pending.text
    assert (pending.json()["contracts"], pending.json()["not_entitled"]) == (0, 1)


async def books_in_time(year: Year) -> None:
    """H10: a weekend five weeks ahead. It opens the service hours for the family that was bought."""
    world, contract = year.world, year.contract
    start = saturday(world, 5)
    fair = await book(world, contract, "release", start, **WINDOW)
    assert fair.status_code == 201, fair.text
    assert await balance(world, contract, "credits") == ("20", "10")
    await shows_its_plan(year, start)
    world.move(start + timedelta(hours=10))
    assert due(await year.opened("weekend", year.family)) == start + timedelta(hours=11)
    world.pass_by(days=25)
    served = await ledger(world, contract, "credits", explain="true")
    last = served["steps"][-1]
    assert (last["kind"], last["reference"], datetime.fromisoformat(last["at"])) == ("used", "release", start)
    assert await balance(world, contract, "credits") == ("20", "0")
    back = await post(world, contract, "credits", "released", "release-back", of=last["entry"])
    assert (back.status_code, back.json()["reason"], back.json()["clause"]) == (409, "of_a_window", "H10")


async def shows_its_plan(year: Year, booked: datetime) -> None:
    """H8: deliverables, process and people on a page in the customer's language, the booked weekend among them."""

    async def page() -> str:
        answer = await year.world.get("board", f"/contracts/{year.contract}", key=ADMIN_KEY, lang="pl")
        day = f"{booked.day} {POLISH[booked.month - 1]} {booked.year}"
        return answer.text if answer.status_code == 200 and day in answer.text else ""

    shown = await year.world.until("page with the booked weekend", page)
    people = ("Nina", "Menedżer techniczny klienta", "Kasia")
    promised = ("Kredyty FlexCare", "Wizyta u klienta", "Dyżur weekendowy", "1 godz.", year.family)
    process = ("Eskalacja techniczna", "30 min")
    left = ("Salda", "20 kredytów", "10 kredytów", "Świadczenia", "wykonano", "do wykorzystania: 1 wizyta")
    assert [one for one in (*people, *promised, *process, *left) if one not in shown] == []


async def states_its_profile(year: Year) -> None:
    """H6, H7, H15: a product comes while a fix of it is pending; whoever is entitled hears of it by mail, once."""
    world = year.world
    assert year.heard() == {TAM: 0, CUSTOMER: 0}
    profile = f"product,version\n{year.family},10.11\n{year.added},9.2\n"
    for reason in ("a second product", "told again"):
        stated = await state(world, year.contract, profile, "text/csv", reason=reason)
        assert stated.status_code == 200, stated.text
        (mail,) = await world.mailed(TAM, year.notice)
        await world.mailed(CUSTOMER, year.notice)
    link = link_in(mail)
    done = await world.post(link[link.index("/ack/") :], b"", service="notifier")
    assert done.status_code == 200, done.text
    await world.fence()
    assert year.heard() == {TAM: 1, CUSTOMER: 1}


async def books_late(year: Year) -> None:
    """H10: half as much again at a few days' notice, if confirmed; never below zero, paid back, or moved elsewhere."""
    world, contract = year.world, year.contract
    late = await book(world, contract, "move", saturday(world, 1), **WINDOW)
    assert (late.status_code, slug(late)) == (409, "surcharge-unconfirmed")
    late = await book(world, contract, "move", saturday(world, 1), confirm_surcharge=True, **WINDOW)
    assert late.status_code == 201, late.text
    found = await ledger(world, contract, "credits", explain="true")
    assert (found["free"]["amount"], found["reserved"]["amount"]) == ("5", "15")
    last = found["steps"][-1]
    assert (last["before_rates"]["amount"], last["surcharge"], last["amount"]["amount"]) == ("10", 50, "15")
    assert [one["threshold"] for one in found["warnings"]] == ["left-20-percent"]
    third = await book(world, contract, "third", saturday(world, 6), **WINDOW)
    assert (third.status_code, slug(third)) == (409, "entry-refused")
    assert (third.json()["missing"], third.json()["free"], third.json()["clause"]) == ("5 credits", "5 credits", "H10")
    seen = await world.get("ingest", f"/v1/contracts/{contract}/windows", key=ADMIN_KEY)
    assert [one["id"] for one in seen.json()["booked"]] == ["release", "move"]
    for kind, reason in (("refunded", "not_refundable"), ("transferred", "not_transferable")):
        never = await post(world, contract, "credits", kind, f"never-{kind}", amount=5)
        assert (never.status_code, never.json()["reason"], never.json()["clause"]) == (409, reason, "H10")
    cancelled = await world.post(
        f"/v1/contracts/{contract}/windows/move/cancel", {"reason": "postponed"}, key=ADMIN_KEY
    )
    assert cancelled.status_code == 200, cancelled.text
    assert await balance(world, contract, "credits") == ("20", "0")


async def changes_its_family(year: Year) -> None:
    """H4: once in the term, with a month's notice; an incident is judged by the day on which it was opened."""
    world, contract = year.world, year.contract
    sooner = (world.now + timedelta(days=10)).isoformat()
    tag = await year.tag()
    refused = await change(world, contract, year.of(year.other), tag, effective_from=sooner)
    assert (refused.status_code, slug(refused)) == (409, "scope-notice")
    assert refused.json()["errors"][0]["pointer"] == "/contract/products"
    assert "30 days" in refused.json()["detail"]
    ahead = world.now + timedelta(days=31)
    for more in ({}, {"title": "Renamed"}):  # the title is not counted
        once = await change(world, contract, year.of(year.other, **more), tag, effective_from=ahead.isoformat())
        assert once.status_code == 200, once.text
        tag = once.headers["etag"]
    later = (world.now + timedelta(days=90)).isoformat()
    twice = await change(world, contract, year.of(year.family), tag, effective_from=later)
    assert (twice.status_code, slug(twice)) == (409, "scope-changes")
    assert "H4" in twice.json()["detail"]
    before = await year.opened("before", year.other, BASE)
    assert "out_of_scope" in {one["kind"] for one in before["remarks"]}
    world.move(ahead + timedelta(hours=1))
    await year.opened("after", year.other)
    await year.opened("given-up", year.family, BASE)
    kept = await world.get("ingest", f"/v1/contracts/{contract}/profile", key=ADMIN_KEY)
    assert [one["product"] for one in kept.json()["products"]] == [year.family, year.added]
    renewal = datetime.combine(year.first.replace(year=year.first.year + 2), datetime.min.time(), ZoneInfo(WARSAW))
    renewed = year.of(year.family, valid={"from": renewal.date().isoformat()})
    anew = await change(world, contract, renewed, "*")
    assert anew.status_code == 200, anew.text
    assert [datetime.fromisoformat(one["effective_from"]) for one in anew.json()["pending"]] == [renewal]


async def expires(year: Year) -> None:
    """H10: credits go with the contract's year, with warnings ahead. H12: the visit of the year comes anew."""
    world, contract = year.world, year.contract
    visit = await post(world, contract, "site-visit", "used", "visit", amount=1)
    assert visit.status_code == 201, visit.text
    end = datetime.combine(year.first.replace(year=year.first.year + 1), datetime.min.time(), ZoneInfo(WARSAW))
    world.move(end - timedelta(days=20))
    near = await ledger(world, contract, "credits")
    assert {one["threshold"] for one in near["warnings"]} == {"expiry-90-days", "expiry-30-days"}
    assert [(one["left"]["amount"], datetime.fromisoformat(one["at"])) for one in near["expires"]] == [("20", end)]
    second = await post(world, contract, "site-visit", "used", "second", amount=1)
    assert (second.status_code, second.json()["clause"]) == (409, "H12")
    world.move(end)
    gone = await ledger(world, contract, "credits", explain="true", language="pl")
    assert (gone["free"]["amount"], gone["lots"][0]["expired"]["amount"]) == ("0", "20")
    assert [one["kind"] for one in gone["steps"]] == ["bought", "reserved", "used", "reserved", "released", "expired"]
    assert "Kredyty FlexCare" in gone["text"]
    empty = await post(world, contract, "credits", "used", "next-year", amount=1)
    assert (empty.status_code, empty.json()["reason"]) == (409, "below_zero")
    assert await balance(world, contract, "site-visit") == ("1", "0")
    assert year.heard() == {TAM: 1, CUSTOMER: 1}
