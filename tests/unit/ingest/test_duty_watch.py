"""Recorded contracts that promise hours which nobody holds: found, and again when day, rota or record change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from tests.integration.board.bench import HandTime
from tests.unit.catalogue.made import loaded
from tests.unit.catalogue.test_recorded import keep
from tests.unit.catalogue.test_rotas import STARTS, TEXT, with_

from sla_catalogue import Catalogue
from sla_catalogue.api_key import KeyScope
from sla_catalogue.compiler import ContractCompiler
from sla_catalogue.rule import duty
from sla_ingest.contract import duty_routes
from sla_ingest.contract.duty_watch import DutyWatch
from sla_ingest.metrics import IngestMetrics
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.errors import Retryable
from sla_platform.http import problem
from sla_platform.http.keys import KeyAccess

MONDAY = datetime(2026, 9, 28, 8, tzinfo=UTC)
BUT_SATURDAYS = with_('    hours: {mon-fri: "00:00-24:00", sat: "00:00-02:00,06:00-24:00", sun: "00:00-24:00"}\n')


def section(customer: str, **more: Any) -> dict[str, Any]:
    roles = {"on_call": [{"rota": "desk"}]}
    return {"customers": [customer], "plan": "gold", "zone": "Europe/Warsaw", "country": "PL", "roles": roles} | more


class Watched:
    """A watch over a shelf, of a catalogue that can be changed."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder, self.shelf, self.time = folder, RecordShelf(), HandTime(MONDAY)
        self.catalogue: Catalogue = loaded(folder, text)
        self.registry = CollectorRegistry()
        self.watch = DutyWatch(self.shelf, lambda: self.catalogue, self.time, IngestMetrics(self.registry))

    def keep(self, contract: str, *versions: tuple[datetime, dict[str, Any]]) -> None:
        keep(self.shelf, contract, *versions)
        self.shelf.seq += 1  # as a row of the database has it

    async def unheld(self) -> list[str]:
        await self.watch.look(seconds=60)
        found = self.watch.contracts()
        assert self.registry.get_sample_value("slad_ingest_contracts_unheld") == len(found)
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path, BUT_SATURDAYS)


async def test_a_rota_with_empty_hours_is_said_of_each_contract_with_the_hours(watched: Watched) -> None:
    watched.keep("alpha", (MONDAY - timedelta(days=9), section("Alpha")))
    roles = {"on_call": [{"rota": "desk"}, "cy"]}
    watched.keep("beta", (MONDAY - timedelta(days=9), section("Beta", roles=roles)))
    assert await watched.unheld() == ["alpha"], "beta has somebody beside the rota"
    (said,) = watched.watch.unheld("alpha")
    assert (said.code, said.pointer) == ("nobody-on-duty", "/roles")
    assert said.message.startswith("alpha promises 24x7 (always); nobody is on call Sat 02:00–06:00")


async def test_a_contract_that_cannot_be_looked_at_delays_no_other(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("alpha", "beta", "gamma"):
        watched.keep(name, (MONDAY - timedelta(days=9), section(name.title())))
    real, raised = ContractCompiler.check_duty, [ValueError("beta cannot be read"), MemoryError()]

    def check_duty(self: ContractCompiler, contract: str, *rest: Any, **named: Any) -> Any:
        if contract == "beta":
            raise raised[0]
        return real(self, contract, *rest, **named)

    with monkeypatch.context() as patch:
        patch.setattr(ContractCompiler, "check_duty", check_duty)
        assert await watched.unheld() == ["alpha", "gamma"]
        raised.pop(0)
        watched.time.pass_(timedelta(days=1))
        with pytest.raises(Retryable):
            await watched.unheld()
    assert await watched.unheld() == ["alpha", "beta", "gamma"], "what only passed is looked at again"


async def test_a_changed_record_rota_or_day_is_looked_at_again(watched: Watched) -> None:
    watched.keep("alpha", (MONDAY, section("Alpha")))
    assert await watched.unheld() == ["alpha"]
    watched.keep("alpha", (MONDAY, section("Alpha")), (MONDAY, section("Alpha", roles={"on_call": ["ann"]})))
    assert await watched.unheld() == []
    watched.keep("beta", (MONDAY, section("Beta")))
    assert await watched.unheld() == ["beta"]
    watched.catalogue = loaded(watched.folder, TEXT)
    assert await watched.unheld() == [], "the rota has no empty hours any more"
    leaves = section("Gamma", people={"eve": {"name": "Eve", "email": "eve@x.example", "until": "2027-12-01"}})
    watched.keep("gamma", (MONDAY, leaves | {"roles": {"on_call": ["eve"]}}))
    assert await watched.unheld() == [], "she is there for the next 366 days"
    watched.time.pass_(timedelta(days=90))
    assert await watched.unheld() == ["gamma"], "the day has moved on, and nothing else"


async def test_contracts_alike_are_computed_once_and_each_look_is_bounded(watched: Watched) -> None:
    for number in range(40):
        watched.keep(f"c{number:02}", (MONDAY, section(f"C{number}")))
    computed: list[object] = []
    kept = duty._Proof._gaps
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duty._Proof, "_gaps", lambda *given: computed.append(given) or kept(*given))
        await watched.watch.look(seconds=0)
        assert watched.watch.checked == 0
        assert len(await watched.unheld()) == 40
        assert len(await watched.unheld()) == 40
    assert (len(computed), watched.watch.checked) == (1, 40)


async def test_a_contract_that_does_not_fit_the_catalogue_stops_no_other(watched: Watched) -> None:
    watched.keep("broken", (MONDAY, section("Broken", plan="gone")))
    watched.keep("later", (MONDAY + timedelta(days=30), section("Later")))
    assert await watched.unheld() == []
    watched.keep("sound", (MONDAY, section("Sound")))
    assert await watched.unheld() == ["sound"]


async def test_the_list_has_pages_and_a_key_of_one_contract_sees_that_one(watched: Watched) -> None:
    for name in ("alpha", "beta", "gamma"):
        watched.keep(name, (MONDAY, section(name)))
    app = FastAPI()
    problem.install(app)

    def gate(request: Request, scope: KeyScope) -> KeyAccess:
        assert scope is KeyScope.READ
        return KeyAccess(scopes=frozenset({scope}), contract=request.headers.get("of") or None)

    app.include_router(duty_routes.router(watched.watch, watched.shelf, gate), prefix="/v1")
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://slad") as client:

        async def get(of: str = "", **query: Any) -> Any:
            answer = await client.get("/v1/unheld-hours", params=query, headers={"of": of})
            assert answer.status_code == 200, answer.text
            return answer.json()

        before = await get()
        assert (before["day"], before["checked"], before["contracts"], before["unheld"]) == (None, 0, 3, [])
        await watched.unheld()
        first = await get(limit=2)
        assert ([one["contract"] for one in first["unheld"]], first["next"]) == (["alpha", "beta"], "beta")
        rest = await get(after="beta")
        assert ([one["contract"] for one in rest["unheld"]], rest["next"]) == (["gamma"], None)
        assert (rest["day"], rest["checked"], rest["contracts"]) == ("2026-09-28", 3, 3)
        own = await get("beta")
        assert ([one["contract"] for one in own["unheld"]], own["checked"], own["contracts"]) == (["beta"], 1, 1)
        assert own["unheld"][0]["pointer"] == "/contract/roles"


def test_the_check_of_a_new_text_says_it_too_from_today_on(watched: Watched) -> None:
    compiler = watched.catalogue.compiler
    today = MONDAY.date()
    assert compiler.check("alpha", section("Alpha"), today=None) == (), "nobody knows whether a rota has begun"
    (said,) = compiler.check("alpha", section("Alpha"), today=today)
    assert (said.code, said.pointer) == ("nobody-on-duty", "/roles")
    begins = loaded(watched.folder, TEXT.replace(STARTS, "    starts: 2026-10-05\n")).compiler
    (said,) = begins.check("alpha", section("Alpha"), today=today)
    assert "nobody is on call until Mon 5 October 09:00" in said.message
