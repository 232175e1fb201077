"""What a contract is entitled to: several plans with a scope each, terms of plans, and what is not covered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from tests.e2e.test_contract_records import WARSAW, create, due, section
from tests.e2e.world import SOURCE, World

STANDARD, BASIC = "hpe-enterprise-standard", "hpe-enterprise-basic"
HPE_ROLES = {role: ["nobody"] for role in ("nase", "esm", "specialist_group", "on_call", "manager")}


def flexcare(customer: str, **more: Any) -> dict[str, Any]:
    """A FlexCare contract over the round-the-clock base contract; `plan` or `entitlements` are given."""
    values = {
        "customers": [customer],
        "zone": WARSAW,
        "country": "PL",
        "valid": {"from": "2026-01-01"},
        "roles": HPE_ROLES,
        "leaves_unspecified": ["first_response"],
        **more,
    }
    return values if "entitlements" in values else {"base_plan": STANDARD, **values}


def entitlement(id_: str, plan: str, *products: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "plan": plan, "base_plan": STANDARD, "products": list(products), **more}


def advice(told: httpx2.Response) -> dict[str, str]:
    """The remarks in the answer to a delivery: code -> text."""
    return {one["code"]: one["text"] for one in told.json()["promise"]["remarks"]}


def refusals(answer: httpx2.Response) -> set[tuple[str, str]]:
    return {(one["pointer"], one["code"]) for one in answer.json()["errors"]}


async def opened(world: World, contract: str, story: str, **attributes: str) -> tuple[dict[str, Any], httpx2.Response]:
    name = world.name(story)
    told = await world.happens(name, "opened", {"customer": contract, "priority": "P1", **attributes})
    found = await world.applied(name, lambda one: one["contract"]["id"] == contract)
    return found, told


async def explained(world: World, incident: dict[str, Any]) -> dict[str, Any]:
    name = str(incident["id"]).removeprefix(f"{SOURCE}:")
    answer = await world.get("timer", f"/v1/incidents/{SOURCE}:{name}/explain")
    found: dict[str, Any] = answer.json()["clocks"][0]
    return found


async def test_the_first_entitlement_that_covers_an_incident_applies_and_the_others_say_why_not(world: World) -> None:
    """H3, H4: NASE for one family and ESM for one solution; what neither covers follows the base contract."""
    world.next_morning(WARSAW)
    contract = world.name("bought")
    values = flexcare(
        contract,
        entitlements=[
            entitlement("nase", "hpe-flexcare-nase", "Operations Bridge"),
            entitlement("esm", "hpe-flexcare-esm", "Service Manager"),
        ],
    )
    answer = await create(world, contract, values)
    assert answer.status_code == 201, answer.text
    first, _ = await opened(world, contract, "family", product="operations  bridge")
    assert (first["entitlement"], first["plan"]) == ("nase", f"hpe-flexcare-nase+{STANDARD}")
    why = await explained(world, first)
    assert [(one["entitlement"], one["reason"]) for one in why["passed_over"]] == [("esm", "product")]
    second, _ = await opened(world, contract, "solution", product="ＳＥＲＶＩＣＥ Manager", customer=contract.upper())
    assert (second["entitlement"], second["plan"]) == ("esm", f"hpe-flexcare-esm+{STANDARD}")
    why = await explained(world, second)
    assert [one["text"] for one in why["passed_over"]] == ["the product ＳＥＲＶＩＣＥ Manager is out of its scope"]
    assert "Not by entitlement nase" in why["text"]
    neither, told = await opened(world, contract, "neither", product="Data Protector")
    assert neither["plan"] == STANDARD
    assert advice(told)["out_of_scope"].endswith("the base plan's targets apply")


async def test_incidents_of_a_package_go_before_those_of_the_base_contract_alone(world: World) -> None:
    """H16: of two that are due at the same instant, the open clocks list the one of the higher plan first."""
    world.next_morning(WARSAW)
    ordinary, packaged = world.name("ordinary"), world.name("packaged")
    own = [{"metric": "first_response", "coverage": "support-hours", "priority": "L1", "time": "1h"}]
    roles = {"on_call": ["nobody"], "manager": ["nobody"]}
    plain = flexcare(ordinary, plan=STANDARD, base_plan=None, targets=own, roles=roles)
    for contract, values in ((ordinary, plain), (packaged, flexcare(packaged, plan="hpe-flexcare-nase"))):
        answer = await create(world, contract, values)
        assert answer.status_code == 201, answer.text
    first, _ = await opened(world, ordinary, "first")
    second, _ = await opened(world, packaged, "second")
    assert due(first) == due(second)
    listed = (await world.get("timer", "/v1/clocks", limit="1000")).json()["clocks"]
    order = [one["incident"] for one in listed if one["contract"] in (ordinary, packaged)]
    assert order == [second["id"], first["id"]]


async def test_the_scope_moves_to_the_migrated_product_on_its_day(world: World) -> None:
    """H14: one of two products, by date; judged by the day on which the incident was opened."""
    world.next_morning(WARSAW)
    contract, until = world.name("migrated"), world.now.astimezone(ZoneInfo(WARSAW)).date() + timedelta(days=1)
    old = entitlement("old", "hpe-flexcare-nase", "Reporter", valid={"to": until.isoformat()})
    new = entitlement("new", "hpe-flexcare-nase", "Reporter 2", valid={"from": until.isoformat()})
    answer = await create(world, contract, flexcare(contract, entitlements=[old, new]))
    assert answer.status_code == 201, answer.text
    current, _ = await opened(world, contract, "current", product="Reporter")
    early, _ = await opened(world, contract, "early", product="Reporter 2")
    assert (current["entitlement"], early["plan"]) == ("old", STANDARD)
    world.pass_by(days=1)
    moved, _ = await opened(world, contract, "moved", product="Reporter 2")
    late, _ = await opened(world, contract, "late", product="Reporter")
    assert (moved["entitlement"], late["plan"]) == ("new", STANDARD)
    why = await explained(world, moved)
    assert [one["reason"] for one in why["passed_over"]] == ["ended"]
    assert (await world.incident(str(current["id"]).partition(":")[2]))["entitlement"] == "old"


async def test_what_a_plan_asks_of_a_contract_is_refused_with_its_reason_and_place(world: World) -> None:
    """H3, H17, B11: base plan, sale, products and countries, minimum term, all products."""
    name = world.name("asked")
    nase = "hpe-flexcare-nase"
    basic = {"customers": [name], "plan": "bpmonline-basic", "zone": "Europe/Moscow", "roles": {"on_call": ["nobody"]}}
    cases = {
        "no base plan": flexcare(name, plan=nase, base_plan=None),
        "a base plan withdrawn from sale": flexcare(name, plan=nase, base_plan=BASIC),
        "a product for which it is not sold": flexcare(name, plan=nase, products=["idol"]),
        "all products": flexcare(name, plan="hpe-flexcare-agsm", products=["Reporter"]),
        "half a year": basic | {"valid": {"from": "2026-11-01", "to": "2027-05-01"}},
        "a part of the products": basic | {"excluded_products": ["Studio"]},
        "a country": section(name, plan="regional", country="BR"),
        "a part of a country": section(name, plan="regional", country="DE", subdivision="BY"),
        "plan and entitlements": flexcare(name, plan=nase, entitlements=[entitlement("a", nase)]),
        "within an entitlement": flexcare(
            name, entitlements=[entitlement("a", nase), entitlement("b", nase, "eDiscovery")]
        ),
    }
    found = {case: refusals(await create(world, name, values)) for case, values in cases.items()}
    assert found == {
        "no base plan": {("/contract", "base-plan")},
        "a base plan withdrawn from sale": {("/contract", "not-on-sale")},
        "a product for which it is not sold": {("/contract/products", "not-available")},
        "all products": {("/contract/products", "all-products")},
        "half a year": {("/contract/valid", "minimum-term")},
        "a part of the products": {("/contract/excluded_products", "all-products")},
        "a country": {("/contract/country", "not-available")},
        "a part of a country": {("/contract/country", "not-available")},
        "plan and entitlements": {("/contract", "entitlements")},
        "within an entitlement": {("/contract/entitlements/1/products", "not-available")},
    }
    fair = await create(world, name, basic | {"valid": {"from": "2026-11-01", "to": "2027-11-01"}})
    assert fair.status_code == 201, fair.text


async def test_requests_and_channels_beyond_the_plan_are_accepted_and_answered_with_advice(world: World) -> None:
    """B6, B10, I10, I11: flagged and never dropped; the clocks count unless the plan says that none do."""
    world.next_morning(WARSAW)
    contract = world.name("advised")
    answer = await create(world, contract, section(contract, plan="advised", languages=["pl"]))
    assert answer.status_code == 201, answer.text
    install, told = await opened(world, contract, "install", type="INSTALLATION", channel="Portal")
    assert set(advice(told)) == {"request_not_covered"}
    assert advice(told)["request_not_covered"].endswith("(I10): Zapytaj zespół doradców.")
    assert install["clocks"]
    lesson, told = await opened(world, contract, "lesson", type="training")
    assert set(advice(told)) == {"request_not_covered"}
    assert (lesson["clocks"], lesson["phase"]) == ([], "open")
    _, told = await opened(world, contract, "fax", channel="fax")
    assert set(advice(told)) == {"channel_not_entitled"}
    _, told = await opened(world, contract, "call", channel="phone")
    assert advice(told) == {}
    world.pass_by(hours=10)  # the desk is closed
    _, told = await opened(world, contract, "late-call", channel="PHONE")
    assert set(advice(told)) == {"channel_out_of_hours"}
    russian, told = await opened(world, "entitled-basic", "consulting", type="Консультирование", channel="email")
    assert "Бизнес и Премиум" in advice(told)["request_not_covered"]
    assert russian["clocks"]
    _, told = await opened(world, "entitled-basic", "by-phone", channel="phone")
    assert set(advice(told)) == {"channel_not_entitled"}


async def test_a_priority_is_defined_where_it_is_explained_and_on_the_support_plan(world: World) -> None:
    """E12: with its examples, in the language of the plan."""
    world.next_morning("Europe/Moscow", "10:00")
    found, _ = await opened(world, "entitled-express", "defined", priority="P2", description="No calls.")
    meaning, example = "Работоспособность Системы значительно ухудшена", "массово не работает передача сообщений"
    name = str(found["id"]).partition(":")[2]
    told = await world.get("timer", f"/v1/incidents/{SOURCE}:{name}/explain", lang="ru")
    page = await world.get("board", "/contracts/entitled-express", lang="ru")
    for shown in (told.json()["clocks"][0]["words"]["definition"]["text"], page.text):
        words = " ".join(shown.split())
        assert (meaning in words, example in words) == (True, True), words


async def test_whoever_reports_beside_the_one_contact_is_told_who_that_is(world: World) -> None:
    """B8: in the answer and on the incident, which counts all the same; no more once the contact reports it."""
    world.next_morning("Europe/Moscow")
    contract = world.name("spoken-for")
    values = {
        "customers": [contract],
        "plan": "bpmonline-basic",
        "zone": "Europe/Moscow",
        "people": {"olga": {"name": "Ольга Иванова", "email": "olga.canary@client.example"}},
        "roles": {"on_call": ["nobody"], "manager": ["nobody"], "contact": ["olga"]},
    }
    two = await create(world, contract, values | {"roles": values["roles"] | {"contact": ["olga", "page-lead"]}})
    assert refusals(two) == {("/contract/roles/contact", "sole-role")}
    answer = await create(world, contract, values)
    assert answer.status_code == 201, answer.text
    for reporter in ("ОЛЬГА Иванова", "Olga.Canary@client.example", ""):
        _, told = await opened(world, contract, "contact", reporter=reporter)
        assert advice(told) == {}, reporter
    found, told = await opened(world, contract, "another", reporter="Пётр Сидоров")
    assert set(advice(told)) == {"not_the_contact"}
    assert "come through Ольга Иванова alone (B8)" in advice(told)["not_the_contact"]
    assert ([one["kind"] for one in found["remarks"]], bool(found["clocks"])) == (["not_the_contact"], True)
    name = str(found["id"]).partition(":")[2]
    world.pass_by(minutes=1)
    await world.happens(name, "reclassified", {"reporter": "Ольга Иванова", "actor": "staff"})
    await world.applied(name, lambda one: one["remarks"] == [])


async def test_a_product_without_round_the_clock_service_counts_in_the_hours_of_the_plan(world: World) -> None:
    """I9, and I10 and I11 by the shipped plan: severity 1 by night, by telephone, and about an installation."""
    contract = world.name("legacy")
    hours = {"plan-hours": {"hours": {"mon-fri": "09:00-18:00"}, "holidays": "none"}}
    round_the_clock = {"metric": "first_response", "coverage": "critical-incidents", "priority": "S1", "time": "1h"}
    in_hours = {"metric": "first_response", "coverage": "plan-hours", "by_priority": {"S1": "2h", "S2": "4h"}}
    values = {
        "customers": [contract],
        "plan": "infor-xtreme",
        "zone": "Europe/Rome",
        "country": "IT",
        "languages": ["it"],
        "excluded_products": ["Legacy ERP"],
        "roles": {"on_call": ["nobody"], "manager": ["nobody"]},
        "coverages": hours,
        "targets": [round_the_clock | {"when": {"scope": {"not": ["excluded"]}}}, in_hours],
        "leaves_unspecified": ["first_response"],
    }
    answer = await create(world, contract, values)
    assert answer.status_code == 201, answer.text
    at = world.next_morning("Europe/Rome", "20:00")
    current, _ = await opened(world, contract, "current", product="LN")
    excluded, _ = await opened(world, contract, "excluded", product="LEGACY erp")
    assert (due(current), due(excluded)) == (at + timedelta(hours=1), at + timedelta(hours=15))
    _, told = await opened(world, contract, "by-night", channel="Phone", type="Installazione")
    assert set(advice(told)) == {"channel_out_of_hours", "request_not_covered"}
    assert "vanno inoltrate al team Infor Consulting Services" in advice(told)["request_not_covered"]


async def test_a_clock_ends_when_a_request_turns_out_to_be_of_a_kind_without_clocks(world: World) -> None:
    world.next_morning(WARSAW)
    contract = world.name("turned")
    await create(world, contract, section(contract, plan="advised"))
    found, _ = await opened(world, contract, "turns")
    assert all(one["due_at"] for one in found["clocks"])
    name = str(found["id"]).partition(":")[2]
    world.pass_by(minutes=5)
    await world.happens(name, "reclassified", {"type": "training", "actor": "staff"})
    await world.applied(name, lambda one: all(each["due_at"] is None for each in one["clocks"]))
    world.pass_by(minutes=5)
    await world.happens(name, "reclassified", {"type": "incident", "actor": "staff"})
    await world.applied(name, lambda one: all(each["due_at"] for each in one["clocks"]))


async def test_a_wait_on_a_vendor_without_a_contract_of_the_customer_is_remarked(world: World) -> None:
    """H13: the wait counts all the same; the customer's own contract must be valid on the day."""
    world.next_morning(WARSAW)
    contract = world.name("vendors")
    vendors = [{"vendor": "Foundry"}, {"vendor": "Smithy", "valid": {"to": "2026-01-01"}}]
    answer = await create(world, contract, section(contract, vendors=vendors))
    assert answer.status_code == 201, answer.text
    for vendor, listed in (("foundry", True), ("Smithy", False), ("Mill", False), ("", False)):
        found, _ = await opened(world, contract, "waits")
        name = str(found["id"]).partition(":")[2]
        world.pass_by(minutes=1)
        said = {"vendor": vendor} if vendor else {}
        told = await world.happens(name, "waiting", {"waiting_on": "vendor", "actor": "staff", **said})
        assert set(advice(told)) == (set() if listed else {"vendor_not_listed"}), vendor
        await world.applied(name, lambda one: one["phase"] == "waiting")


async def test_options_are_bought_one_by_one_with_any_plan(world: World) -> None:
    """E11, E13: nobody misses an option that was not bought; one that was is served and counted."""
    values = {"zone": "Europe/Moscow", "valid": {"from": "2026-01-01"}}
    plain, fuller, grand = world.name("plain"), world.name("fuller"), world.name("grand")
    roles = {"on_call": ["nobody"], "manager": ["nobody"]}

    async def unheld(contract: str, plan: str, **more: Any) -> set[str]:
        answer = await create(
            world, contract, {**values, "customers": [contract], "plan": plan, "roles": roles, **more}
        )
        assert answer.status_code == 201, answer.text
        return {one["detail"] for one in answer.json()["warnings"] if one["code"] == "role-unheld"}

    assert await unheld(plain, "express-8x5") == set()
    hired = roles | {"dedicated_engineer": ["page-hook"]}
    options = {"administration": "40h", "site-visit": "1"}
    assert await unheld(fuller, "express-8x5", roles=hired, allowances=options) == set()
    assert len(await unheld(grand, "express-premium", leaves_unspecified=["resolution"])) == 2
    unknown = await create(
        world, world.name("none"), {**values, "customers": ["none"], "plan": "express-8x5", "roles": roles,
                                    "allowances": {"concierge": "1"}},
    )  # fmt: skip
    assert refusals(unknown) == {("/contract/allowances/concierge", "unknown-allowance")}
    world.next_morning("Europe/Moscow", "10:00", weekday=1)
    found, _ = await opened(world, fuller, "served")
    name = str(found["id"]).partition(":")[2]
    world.pass_by(hours=2)
    await world.paged("page", name)  # the dedicated engineer, in working hours
