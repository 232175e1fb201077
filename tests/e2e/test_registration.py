"""Notices for whoever registers: confirmed by mail, told of fixes, and out again by a link (clause I5)."""

from __future__ import annotations

import re

import httpx2
from tests.e2e.test_contract_records import WARSAW, create, section
from tests.e2e.test_profiles import notice
from tests.e2e.world import ADMIN_KEY, World
from tests.real.smtp import Mail


def link_to(mail: Mail, what: str) -> str:
    part = mail.parsed.get_body(("plain",))
    assert part is not None
    found = re.search(rf"http://127\.0\.0\.1:\d+(/registrations/{what}/\S+)", part.get_content())
    assert found is not None, part.get_content()
    return found.group(1)


async def press(world: World, path: str) -> httpx2.Response:
    return await world.post(path, b"", service="notifier")


async def test_whoever_registers_hears_of_fixes_until_they_leave(world: World) -> None:
    world.next_morning(WARSAW)
    contract = world.name("registered")
    product = f"Ledger {contract}"
    reader, late, stranger = (f"{name}.canary.{contract}" for name in ("kim", "lee", "sam"))
    values = section(
        contract,
        plan="opt-in",
        environment=[{"product": product, "versions": ["1.0"]}],
        registration_domains=["registered.example"],
        people={"chris": {"name": "Chris", "email": f"chris.canary.{contract}@registered.example"}},
    )
    values["roles"]["contact"] = ["chris"]
    answer = await create(world, contract, values)
    assert answer.status_code == 201, answer.text

    # With the key of staff anybody may be asked, and at the customer's mail domain anybody may ask; a mail is all that
    # is sent, and only the button behind its link registers.
    async def ask(who: str, key: str = "") -> int:
        wish = {"address": who, "products": [product], **({"contract": contract} if key else {})}
        return (await world.post("/v1/registrations", wish, service="notifier", key=key)).status_code

    async def asked() -> bool:
        return await ask(f"{reader}@registered.example", ADMIN_KEY) == 202

    await world.until("contract at the notifier", asked)
    for who in (f"{late}@registered.example", f"{stranger}@elsewhere.example"):
        assert await ask(who) == 202, "everybody gets the same answer"
    await world.until("the question by mail", lambda: world.mails(late, product))
    (question,) = await world.until("the question by mail", lambda: world.mails(reader, product))
    confirm = link_to(question, "confirm")
    assert (await world.get("notifier", confirm, key="")).status_code == 200
    assert (await notice(world, product, "<2")).json()["registration"] == 1
    await world.fence()
    assert len(world.mails(reader, "")) == 1, "a look at the link registers nobody"
    assert (await press(world, confirm)).status_code == 200

    told = (await notice(world, product, "<3")).json()["id"]
    (mail,) = await world.mailed(reader, told)
    assert (await press(world, link_to(mail, "end"))).status_code == 200
    assert (await notice(world, product, "<4")).status_code == 202
    await world.fence()
    assert len(world.mails(reader, "")) == 2, "nobody hears of more after leaving"
    assert len(world.mails(late, "")) == 1, "the question alone"
    assert world.mails("chris", "") == [] == world.mails(stranger, "")
