"""Every route × every kind of key × tickets that moved between contracts: nobody sees or does what is not theirs.

The routes are those of the app itself: one that is not sorted in (`routes_by_key`) fails the first test.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from tests.integration.standalone.knock import routes_of
from tests.integration.standalone.routes_by_key import (
    ASKED_OF_AN_ALERT,
    EVIDENCE,
    FOR_ALL_CONTRACTS,
    FREEZES,
    LISTS,
    LISTS_CONTRACTS,
    LOGS,
    OF_A_BREACH,
    OF_A_CONTRACT,
    OF_A_DELIVERY,
    OF_A_TICKET,
    OF_AN_ALERT,
    OF_TWO_TICKETS,
    ROUTED,
    STREAMS,
    TELLS_EVENTS,
)
from tests.integration.standalone.tenants import KEYS, Tenants

from sla_catalogue.api_key import KeyId
from sla_domain.contract import ContractId

pytestmark = pytest.mark.timeout(300)  # some four hundred questions: seconds, but not on a machine under load


@dataclass(frozen=True)
class Moved:
    """A ticket: which words each contract's key must find, and who sees it at all. Words of no list are nobody's."""

    id: str
    words: dict[str, set[str]]
    now: str  # under this contract
    every: set[str] = field(default_factory=set)


async def moved_ticket(
    world: Tenants, name: str, *moves: tuple[str, str], waits: bool = True, since: float = 0
) -> Moved:
    """A ticket told in periods of five minutes, `(contract, customer)` each, from the minute `since` on.

    Every period has words of its own.
    """
    id_ = f"desk:{name}"
    words: dict[str, set[str]] = {}
    for number, (contract, customer) in enumerate(moves):
        start, word = since + number * 5, f"{name}-{number}-"
        data = {"title": f"{word}title", "customer": customer, "priority": "P2"}
        if number == 0:
            await world.event(id_, "opened", start, **{k: v for k, v in data.items() if v}, description=f"{word}text")
        else:
            await world.event(id_, "described", start, **data)
        if waits:
            await world.event(id_, "waiting", start + 1, waiting_on="customer", reason=f"{word}wait")
            await world.event(id_, "resumed", start + 2, reason=f"{word}resumed")
        await world.event(id_, "updated", start + 3, actor="staff", actor_name=f"{word}person", reason=f"{word}update")
        mine = {"title", "wait", "resumed", "update", "person"} if waits else {"title", "update", "person"}
        words.setdefault(contract, set()).update(f"{word}{what}" for what in mine)
    return Moved(id_, words, moves[-1][0])


async def _tickets(world: Tenants) -> list[Moved]:
    a, b, house = ("acme", "Acme"), ("beta", "Beta"), ("house", "")
    found = [
        await moved_ticket(world, "stayed", a),
        await moved_ticket(world, "given", a, b),
        await moved_ticket(world, "returned", a, b, a),
        await moved_ticket(world, "twice", b, a, b),
    ]
    corrected = await moved_ticket(world, "corrected", house, b)
    corrected.words["beta"] |= corrected.words["house"]  # it was theirs all along; the house sees its own then
    late = await moved_ticket(world, "late", a)
    # It was never Acme's: the word comes late, and is stamped with the opening.
    await world.event(late.id, "described", 0, customer="Beta", reason="late-words")
    late = Moved(late.id, {"beta": late.words["acme"] | {"late-words"}}, "beta")
    # Told late too, in the middle: from minute 2 on it is Beta's.
    slid = await moved_ticket(world, "slid", a, waits=False)
    await world.event(slid.id, "described", 2, customer="Beta", title="slid-b-title")
    slid = Moved(slid.id, {"acme": {"slid-0-title"}, "beta": {"slid-0-update", "slid-b-title"}}, "beta")
    # A date was agreed before: the move changes no target, and no fact speaks of the clock.
    agreed = await moved_ticket(world, "agreed", a)
    due = (world.began + timedelta(days=365)).isoformat()
    await world.event(
        agreed.id, "target_agreed", 4, agreed={"metric": "resolution", "due_at": due, "agreed_by": "agreed-by"}
    )
    await world.event(agreed.id, "described", 5, customer="Beta", title="agreed-b-title")
    agreed = Moved(agreed.id, {"acme": agreed.words["acme"] | {"agreed-by"}, "beta": {"agreed-b-title"}}, "beta")
    return [*found, corrected, late, slid, agreed]


async def settled(world: Tenants, tickets: list[Moved]) -> None:
    """Every event has been applied and projected, and the timer's word about each move too."""
    for ticket in tickets:
        every = set().union(*ticket.words.values())

        async def told(ticket: Moved = ticket, every: set[str] = every) -> bool:
            board = await world.ask("all", "GET", f"/v1/board/incidents/{ticket.id}")
            timer = await world.ask("all", "GET", f"/v1/incidents/{ticket.id}")
            theirs = await world.ask(ticket.now, "GET", f"/v1/board/incidents/{ticket.id}")
            return (
                all(word in board.text and word in timer.text for word in every)
                and theirs.status_code == 200
                and theirs.json()["until"] is None
            )

        await world.until(told)


async def _read(world: Tenants, key: str, route: str, path: str) -> tuple[int, str]:
    if route in STREAMS:
        return await world.frame(key, path)
    method = route.partition(" ")[0]
    answer = await world.ask(key, method, path, headers={"accept": "application/json"})
    return answer.status_code, answer.text


@pytest.mark.long
async def test_the_matrix(world: Tenants, subtests: pytest.Subtests) -> None:
    with subtests.test("every route is sorted in, once"):
        assert sorted(route for routes in ROUTED for route in routes) == sorted(
            f"{method} {path}" for path, route in routes_of(world.app) for method in (route.methods or set()) - {"HEAD"}
        )
    tickets = await _tickets(world)
    await settled(world, tickets)
    await _of_tickets(world, tickets, subtests)
    await _of_two_tickets(world, tickets, subtests)
    await _lists(world, tickets, subtests)
    await _incident_lists(world, tickets, subtests)
    await _alerts_and_deliveries(world, subtests)
    await _evidence(world, tickets, subtests)
    await _for_all_contracts(world, subtests)
    await _on_call(world, subtests)
    await _contracts(world, subtests)
    await _attainment(world, subtests)
    await _acts(world, subtests)
    await _registrations(world, subtests)


async def _of_tickets(world: Tenants, tickets: list[Moved], subtests: pytest.Subtests) -> None:
    contract_of = {"acme": "acme", "acme-admin": "acme", "beta": "beta", "house": "house"}
    for ticket in tickets:
        every = set().union(*ticket.words.values())
        for route in sorted(OF_A_TICKET):
            path = route.partition(" ")[2].replace("{incident:path}", ticket.id)
            # Whoever is refused is refused by the key, whatever the ticket: once each is enough.
            for key in KEYS if ticket.id == "desk:given" else ("acme", "beta", "house"):
                with subtests.test("of a ticket", route=route, key=key, ticket=ticket.id):
                    status, text = await _read(world, key, route, path)
                    if key in ("nobody", "old"):
                        assert status == 401
                        continue
                    mine = ticket.words.get(contract_of[key], set()) if key in contract_of else every
                    assert status == (200 if mine else 404), text[:300]
                    assert {word for word in every - mine if word in text} == set()
                    if route in TELLS_EVENTS:
                        assert {word for word in mine if word not in text} == set()


async def _of_two_tickets(world: Tenants, tickets: list[Moved], subtests: pytest.Subtests) -> None:
    """Who may not link is refused by the key; to all others a ticket that is not theirs now is unknown."""
    stayed = next(ticket for ticket in tickets if ticket.id == "desk:stayed")
    for route in sorted(OF_TWO_TICKETS):
        method = route.partition(" ")[0]
        for key in KEYS:
            for ticket in tickets:
                with subtests.test("of two tickets", route=route, key=key, ticket=ticket.id):
                    asked = {"incident": ticket.id, "same_as": stayed.id if key == "beta" else "desk:nobodys"}
                    how = {"json" if method == "POST" else "params": asked}
                    answer = await world.ask(key, method, "/v1/links", **how)
                    refused = {"nobody": 401, "old": 401, "reader": 403, "house": 403}
                    assert answer.status_code == refused.get(key, 404), answer.text
                    unknown = ticket.id if key in ("acme", "acme-admin") and ticket.now != "acme" else ""
                    unknown = ticket.id if key == "beta" and ticket.now != "beta" else unknown
                    assert unknown in answer.text


async def _lists(world: Tenants, tickets: list[Moved], subtests: pytest.Subtests) -> None:
    contract_of = {"acme": "acme", "acme-admin": "acme", "beta": "beta", "house": "house"}
    for route in sorted(LISTS):
        for key in KEYS:
            for query in ("", "?q=title", "?contract=acme", "?contract=beta") if key in contract_of else ("",):
                with subtests.test("list", route=route, key=key, query=query):
                    status, text = await _read(world, key, route, route.partition(" ")[2] + query)
                    if key in ("nobody", "old"):
                        assert status == 401
                        continue
                    assert status == 200
                    if key not in contract_of:
                        continue
                    for ticket in tickets:
                        mine = ticket.words.get(contract_of[key], set())
                        others = set().union(*ticket.words.values()) - mine
                        assert {word for word in others if word in text} == set()
                        if route in ("GET /v1/clocks", "GET /v1/board/clocks", "GET /", "GET /v1/stream"):
                            theirs = ticket.now == contract_of[key] and (query in ("", f"?contract={ticket.now}"))
                            shown = [end for end in ('"', "<", '\\"') if f"{ticket.id}{end}" in text]
                            assert shown or not theirs, ticket.id
                            if ticket.now != contract_of[key]:
                                assert shown == [], ticket.id


async def _incident_lists(world: Tenants, tickets: list[Moved], subtests: pytest.Subtests) -> None:
    """The list shows of each ticket what its page shows to the same key, and finds it by the same words."""
    whole = (await world.ask("all", "GET", "/v1/incidents")).json()
    ids = [one["id"] for one in whole["incidents"]]
    assert sorted(ids) == sorted(ticket.id for ticket in tickets)
    assert {one["left_at"] for one in whole["incidents"]} == {None}
    for key in ("acme", "beta", "house"):
        listed = (await world.ask(key, "GET", "/v1/incidents")).json()
        rows = {one["id"]: one for one in listed["incidents"]}
        with subtests.test("the list of a contract", key=key):
            assert listed["total"] == len(listed["incidents"]) == len(rows)
            chosen = (await world.ask("all", "GET", f"/v1/incidents?contract={key}")).json()
            assert chosen["incidents"] == listed["incidents"], "who may see all of them sees the same of this contract"
            assert (chosen["total"], chosen["verdicts"], chosen["states"]) == (
                listed["total"], listed["verdicts"], listed["states"],
            )  # fmt: skip
        events = (await world.ask(key, "GET", "/v1/incidents.events.jsonl")).text
        for ticket in tickets:
            mine = ticket.words.get(key, set())
            others = set().union(*ticket.words.values()) - mine
            with subtests.test("an incident in the list of a contract", key=key, ticket=ticket.id):
                page = await world.ask(key, "GET", f"/v1/board/incidents/{ticket.id}")
                assert (ticket.id in rows) == (page.status_code == 200) == bool(mine)
                assert {word for word in mine if word not in events} == set()
                for word in others:
                    assert (await world.ask(key, "GET", f"/v1/incidents?q={word}")).json()["total"] == 0, word
                if not mine:
                    continue
                seen, row = page.json(), rows[ticket.id]
                assert (row["title"] or row["id"], row["state"], row["left_at"]) == (
                    seen["title"], seen["phase"], seen["until"],
                )  # fmt: skip
                assert (row["customer"], row["contract"], row["zone"]) == (seen["customer"], key, seen["zone"])
                clocks = (await world.ask(key, "GET", "/v1/incidents?metric=resolution")).json()["incidents"]
                due = [one["clock"]["due_at"] for one in seen["promises"] if one["clock"]["metric"] == "resolution"]
                assert [one["due_at"] for one in clocks if one["id"] == ticket.id] == due


async def _alerts_and_deliveries(world: Tenants, subtests: pytest.Subtests) -> None:
    """A breach under Acme, then the ticket is Beta's."""
    await world.event("desk:paged", "opened", -60, customer="Acme", priority="P1", title="paged-a-title")

    async def paged() -> bool:
        found = await world.ask("all", "GET", "/v1/alerts?incident=desk:paged")
        return bool(found.json()["alerts"])

    await world.until(paged)
    (delivery, *_) = (await world.ask("acme", "GET", "/v1/deliveries?incident=desk:paged")).json()["deliveries"]
    await world.event("desk:paged", "described", -30, customer="Beta", title="paged-b-title")

    async def again() -> bool:
        """Under Beta it is overdue too: the alert about the clock is Beta's now, the page of then stays Acme's."""
        found = await world.ask("beta", "GET", "/v1/alerts?incident=desk:paged")
        return bool(found.json()["alerts"])

    await world.until(again)
    (alert,) = (await world.ask("all", "GET", "/v1/alerts?incident=desk:paged")).json()["alerts"]
    detail = (await world.ask("beta", "GET", f"/v1/alerts/{alert['id']}")).json()
    assert {one["contract"] for one in detail["deliveries"]} == {"beta"}
    assert "anna" not in str(detail)
    for route in sorted(OF_AN_ALERT | OF_A_DELIVERY):
        method, path = route.split(" ")
        path = path.replace("{id_}", alert["id"] if "alerts" in path else delivery["id"])
        for key in ("nobody", "old", "beta", "house", "acme", "acme-admin", "all"):
            with subtests.test("alert or delivery", route=route, key=key):
                asked = ASKED_OF_AN_ALERT.get(path.rpartition("/")[2])
                answer = await world.ask(key, method, path, **({} if asked is None else {"json": asked}))
                owners = ("beta", "all") if "alerts" in path else ("acme", "acme-admin", "all")
                allowed = {200, 409, *(() if asked is None else (422,))} if key in owners else {404}
                if "retry" in path and not key.endswith("admin") and key != "all":
                    allowed = {403}
                assert answer.status_code in ({401} if key in ("nobody", "old") else allowed), answer.text
    await _breaches(world, alert["id"], subtests)


async def _breaches(world: Tenants, clock: str, subtests: pytest.Subtests) -> None:
    """The clock is Beta's now: its breach is explained by Beta, and Acme does not know of it."""

    async def breached() -> bool:
        found = await world.ask("beta", "GET", f"/v1/breaches/{clock}")
        return found.status_code == 200

    await world.until(breached)
    said = {"code": "overlooked", "text": "of-beta-alone"}
    for route in sorted(OF_A_BREACH):
        method, path = route.split(" ")
        for key in KEYS:
            with subtests.test("breach", route=route, key=key):
                answer = await world.ask(key, method, path.replace("{clock}", clock), json=said)
                owner = key in ("beta", "all", "reader")
                allowed = {401} if key in ("nobody", "old") else {200} if owner else {404}
                if method == "PUT" and key == "old":
                    allowed = {401}
                assert answer.status_code in allowed, answer.text
    for key in ("acme", "house", "beta"):
        for path in ("/v1/breaches", "/breaches", "/v1/board/incidents/desk:paged", "/incidents/desk:paged"):
            with subtests.test("said of a breach", key=key, path=path):
                answer = await world.ask(key, "GET", path)
                assert ("of-beta-alone" in answer.text) is (key == "beta"), answer.text[:200]
                if key != "beta":
                    assert "paged-b-title" not in answer.text


async def _evidence(world: Tenants, tickets: list[Moved], subtests: pytest.Subtests) -> None:
    """After the alerts: of `desk:paged` Acme had a page, then Beta."""
    contract_of = {"acme": "acme", "acme-admin": "acme", "beta": "beta", "house": "house"}
    for route in sorted(EVIDENCE):
        path = route.partition(" ")[2]
        for key in KEYS:
            for ticket in tickets:
                with subtests.test("evidence", route=route, key=key, ticket=ticket.id):
                    answer = await world.ask(key, "GET", path.replace("{incident:path}", ticket.id))
                    assert answer.status_code == (401 if key in ("nobody", "old") else 200)
                    mine = ticket.words.get(contract_of[key], set()) if key in contract_of else None
                    others = set() if mine is None else set().union(*ticket.words.values()) - mine
                    assert {word for word in others if word in answer.text} == set()
    for key, names in (("acme", {"anna"}), ("beta", {"bert"}), ("house", set()), ("all", {"anna", "bert"})):
        with subtests.test("evidence of who was told", key=key):
            answer = await world.ask(key, "GET", "/v1/evidence/notifier/desk:paged")
            assert {name for name in ("anna", "bert") if f'"person":"{name}"' in answer.text} == names


async def _for_all_contracts(world: Tenants, subtests: pytest.Subtests) -> None:
    for route in sorted(FOR_ALL_CONTRACTS):
        method, path = route.split(" ")
        path = path.replace("{id}", "x").replace("{id_}", "x").replace("{contract}", "acme").replace("{number}", "1")
        path = path.replace("{booking}", "x").replace("{allowance}", "training")
        path = path.replace("{person}", "x").replace("{role}", "on_call").replace("{rota}", "desk")
        for key in KEYS:
            with subtests.test("for all contracts", route=route, key=key):
                answer = await world.ask(key, method, path, content=None if method == "GET" else b"{}")
                match key:
                    case "nobody" | "old":
                        assert answer.status_code == 401
                    case "all":
                        assert answer.status_code in (200, 404, 409, 415, 422, 428), answer.text
                    case _:
                        assert answer.status_code == 403, answer.text


async def _on_call(world: Tenants, subtests: pytest.Subtests) -> None:
    """A key sees who is on call in the rotas of its own contract, and their overrides."""
    for rota in ("desk", "nights"):
        span = {"from": world.began.isoformat(), "until": (world.began + timedelta(days=30)).isoformat()}
        asked = {**span, "person": "bert", "reason": f"of-{rota}"}
        assert (await world.ask("all", "POST", f"/v1/oncall/{rota}/overrides", json=asked)).status_code == 201
    for key, seen in (("acme", ["desk"]), ("beta", []), ("house", ["desk", "nights"]), ("all", ["desk", "nights"])):
        with subtests.test("on call", key=key):
            answer = await world.ask(key, "GET", "/v1/oncall")
            assert sorted(one["rota"] for one in answer.json()["rotas"]) == seen
            for rota in ("desk", "nights"):
                allowed = 200 if rota in seen else 404
                paths = (f"/v1/oncall/{rota}.ics", f"/v1/oncall?rota={rota}", f"/v1/oncall/{rota}/overrides")
                for path in paths:
                    shown = await world.ask(key, "GET", path)
                    assert shown.status_code == allowed, (key, path)
                    assert (f"of-{rota}" in shown.text) is (rota in seen), (key, path)
    assert (await world.ask("acme", "GET", "/v1/oncall?contract=beta")).status_code == 404
    assert (await world.ask("acme", "GET", "/v1/oncall?contract=acme")).json()["roles"][0]["person"] == "anna"
    for key in ("nobody", "old"):
        with subtests.test("on call", key=key):
            for path in ("/v1/oncall", "/v1/oncall/desk/overrides"):
                assert (await world.ask(key, "GET", path)).status_code == 401


async def _contracts(world: Tenants, subtests: pytest.Subtests) -> None:
    """What was stated of Acme and of Beta: a key sees its own contract, and of no other that there is one."""
    for contract in ("acme", "beta"):
        stated = {"products": [{"product": f"product-of-{contract}", "versions": ["1"]}]}
        answer = await world.ask("all", "PUT", f"/v1/contracts/{contract}/profile", json=stated)
        assert answer.status_code == 200, answer.text
    await _freezes(world, subtests)
    for route in sorted(OF_A_CONTRACT | LISTS_CONTRACTS):
        path = route.partition(" ")[2].replace("{contract}", "acme").replace("{number}", "1")
        path = path.replace("{allowance}", "training")
        path += "?contract=acme&period=2026-11" if route == "GET /v1/breakdowns" else ""
        path += "?period=2026-01" if route == "GET /v1/reports/{contract}/diff" else ""
        for key in KEYS:
            with subtests.test("of a contract", route=route, key=key):
                answer = await world.ask(key, "GET", path)
                status = answer.status_code
                if key in ("nobody", "old"):
                    assert status == 401
                elif route in LISTS_CONTRACTS:
                    assert status == 200
                    mine = {"acme-admin": "Acme", "acme": "Acme", "beta": "Beta", "house": "house"}.get(key, "")
                    others = {"Acme", "Beta"} - {mine} if mine else set()
                    assert [word for word in others if word in answer.text] == []
                elif key in ("beta", "house"):
                    assert status == 404
                    assert "product-of-acme" not in answer.text
                elif route == "GET /v1/contracts/{contract}/versions/{number}":
                    assert status == 404, "a version of a file's contract stands in the file"
                elif route.endswith("/plan.pdf") and status == 501:
                    assert answer.json()["type"].endswith("/no-pdf-here"), "a machine without Pango"
                else:
                    assert status == 200, answer.text
                    assert "product-of-beta" not in answer.text


async def _freezes(world: Tenants, subtests: pytest.Subtests) -> None:
    """A month that has ended is frozen; who may not freeze it is refused by the key."""
    said = {"period": "2026-01", "reason": "sent to the customer"}
    made = await world.ask("all", "POST", "/v1/reports/acme/freeze", json=said)
    assert made.status_code == 201, made.text
    for route in sorted(FREEZES):
        path = route.partition(" ")[2].replace("{contract}", "acme")
        for key in KEYS:
            with subtests.test("freezes a report", route=route, key=key):
                status = (await world.ask(key, "POST", path, json=said)).status_code
                allowed = 401 if key in ("nobody", "old") else 200 if key in ("all", "acme-admin") else 403
                assert status == allowed


async def _attainment(world: Tenants, subtests: pytest.Subtests) -> None:
    """Beside another contract's figures, a key does not learn that there is one."""
    for path in ("/v1/attainment", "/attainment"):
        for key in ("acme", "acme-admin", "beta", "house", "reader", "all"):
            with subtests.test("attainment", path=path, key=key):
                answers = {
                    contract: await world.ask(key, "GET", f"{path}?contract={contract}")
                    for contract in ("acme", "beta", "nosuch")
                }
                mine = {key.removesuffix("-admin")} if key not in ("reader", "all") else {"acme", "beta"}
                assert {name for name, answer in answers.items() if answer.status_code == 200} == mine - {"house"}
                assert {answer.status_code for name, answer in answers.items() if name not in mine} == {404}
                refused = answers["nosuch"].text.replace("nosuch", "…")
                assert {answers[name].text.replace(name, "…") for name in {"acme", "beta"} - mine} <= {refused}


async def _acts(world: Tenants, subtests: pytest.Subtests) -> None:
    """Acme's and Beta's keys acknowledged an alert each, and what both run was stated: a key sees its contract's."""
    await world.event("desk:acts", "opened", -60, customer="Acme", priority="P1", title="acts")

    async def acknowledged() -> bool:
        found = (await world.ask("acme", "GET", "/v1/alerts?incident=desk:acts")).json()["alerts"]
        done = [await world.ask("acme", "POST", f"/v1/alerts/{alert['id']}/ack") for alert in found]
        return bool(done)

    await world.until(acknowledged)  # Beta's key has acknowledged an alert above
    for key in KEYS:
        for log in LOGS:
            with subtests.test("acts", key=key, log=log):
                answer = await world.ask(key, "GET", f"/v1/audit/{log}")
                if key in ("nobody", "old"):
                    assert answer.status_code == 401
                elif key == "reader":
                    assert answer.status_code == 403
                else:
                    assert answer.status_code == 200, answer.text
                    seen = {(act["contract"], act["actor"]) for act in answer.json()["acts"]}
                    done = {
                        "notifier": {("acme", "key:acme"), ("beta", "key:beta")},
                        "ingest": {("acme", "key:all"), ("beta", "key:all")},
                        "board": {("acme", "key:all"), ("beta", "key:all")},
                    }.get(log, set())
                    own = key.removesuffix("-admin")
                    assert seen >= {act for act in done if key in ("all", act[0], f"{act[0]}-admin")}
                    assert key == "all" or {contract for contract, _ in seen} <= {own}, "others may act for it, too"


async def _registrations(world: Tenants, subtests: pytest.Subtests) -> None:
    """Somebody of Acme and of Beta asked for notices, each with the key of the contract."""
    for contract in ("acme", "beta"):
        wish = {"address": f"kim@{contract}.example"}
        assert (await world.ask(contract, "POST", "/v1/registrations", json=wish)).status_code == 202
    listed = (await world.ask("all", "GET", "/v1/registrations")).json()["registrations"]
    of = {one["contract"]: one["id"] for one in listed}
    assert sorted(of) == ["acme", "beta"]
    for key in KEYS:
        with subtests.test("registrations", key=key):
            answer = await world.ask(key, "GET", "/v1/registrations")
            ended = await world.ask(key, "DELETE", f"/v1/registrations/{of['beta']}")
            match key:
                case "nobody" | "old":
                    assert (answer.status_code, ended.status_code) == (401, 401)
                case "all":
                    assert (len(answer.json()["registrations"]), ended.status_code) == (2, 204)
                case "acme-admin":
                    assert [one["contract"] for one in answer.json()["registrations"]] == ["acme"]
                    assert ended.status_code == 404
                case _:
                    assert (answer.status_code, ended.status_code) == (403, 403)


async def test_a_key_that_reports_is_told_nothing_of_a_ticket_that_moved_and_acts_on_it_no_more(
    world: Tenants,
) -> None:
    first = await world.event("key-acme:1", "opened", 0, "acme", priority="P2", title="ours")
    assert first["promise"]["contract"] == "acme"
    await world.event("key-acme:1", "described", 5, customer="Beta", title="beta's own title")
    then = await world.event("key-acme:1", "priority_changed", 3, "acme", priority="P1")
    assert then["outcome"] == "accepted"  # it happened while it was theirs
    assert then["promise"]["targets"] == []
    assert [remark["code"] for remark in then["promise"]["remarks"]] == ["other_contract"]
    for data in ({"customer": "Acme"}, {}):
        now = await world.event("key-acme:1", "resolved", 6, "acme", **data)
        assert (now["outcome"], now["reason"]["code"]) == ("parked", "other_contract")
        assert "beta" not in str(now).lower()
    listed = (await world.ask("all", "GET", "/v1/parked")).json()["parked"]
    assert [one["reason"]["detail"] for one in listed] == ["key-acme:1", "key-acme:1"]


async def test_a_key_of_a_contract_finds_it_in_the_list_behind_a_page_of_others(world: Tenants) -> None:
    for id_ in ("first", "second", "zeta"):
        section = {"customers": [id_], "plan": "plain", "zone": "UTC", "roles": {"on_call": ["anna"]}}
        said = {"id": id_, "reason": "signed", "contract": section}
        assert (await world.ask("all", "POST", "/v1/contracts", json=said)).status_code == 201
    holder = world.running.context.catalogue.current
    acme = holder.keys[KeyId("acme")]
    object.__setattr__(holder, "keys", {**holder.keys, acme.id: replace(acme, contract=ContractId("zeta"))})
    for query in ("", "?limit=1", "?limit=2", "?q=zeta&limit=1", "?after=first&limit=1"):
        answer = await world.ask("acme", "GET", f"/v1/contracts{query}")
        found = answer.json()
        assert ([one["id"] for one in found["contracts"]], found["next"]) == (["zeta"], None), query


async def test_deadlines_are_told_of_the_keys_own_contract_alone(world: Tenants) -> None:
    for question in ({"contract": "beta"}, {"customer": "Beta"}, {"contract": "house"}, {}):
        answer = await world.ask("acme", "POST", "/v1/deadlines", json={"priority": "P1"} | question)
        assert answer.status_code == 404, answer.text
    assert (await world.ask("acme", "POST", "/v1/deadlines", json={"contract": "acme"})).status_code == 200
