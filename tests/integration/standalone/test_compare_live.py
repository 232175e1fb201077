"""`slad compare` asks a running slad for its clocks of the tickets that another engine names."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.integration.standalone.test_evidence import BEGAN, desk


async def test_a_running_slad_is_compared_with_zammad(tmp_path: Path) -> None:
    """One test, for the services take longer to start than to be asked."""
    async with desk(f"sqlite:///{tmp_path}/slad.db", tmp_path) as world:
        await world.event("72003", "opened", 0, customer="Acme", priority="P1", title="Nothing works")
        await world.event("72003", "responded", 10, actor="staff")
        await world.event("72003", "waiting", 20, waiting_on="customer")

        async def told() -> bool:
            return (await world.ask("GET", "/v1/incidents/desk:72003")).json().get("phase") == "waiting"

        await world.until(told)
        kept: dict[str, Any] = {
            "id": 3, "number": "72003", "created_at": BEGAN.isoformat(), "first_response_diff_in_min": 5,
            "first_response_at": (BEGAN + timedelta(minutes=10)).isoformat(), "first_response_escalation_at": None,
            "close_escalation_at": (BEGAN + timedelta(hours=100)).isoformat(), "close_at": None,
        }  # fmt: skip
        export = tmp_path / "tickets.json"

        async def compared(*tickets: dict[str, Any], key: str = "reader") -> Any:
            export.write_text(json.dumps(tickets))
            options = ("--engine", "zammad", "--source", "desk", "--json")
            return await world.call("compare", export, *options, key=key)

        said = await compared(kept)
        assert (said.status, said.json["compared"], said.json["agree"]) == (0, 2, 2), said.out
        missed = kept | {"first_response_diff_in_min": -5}
        (found,) = (await compared(missed)).json["differences"]
        assert (found["kind"], found["metric"], found["why"][0]) == (
            "verdict", "first_response", "ours is met, theirs missed",
        )  # fmt: skip
        assert found["ours"]["paused_seconds"] == 0
        (unknown,) = (await compared(kept, {"number": "9", "close_diff_in_min": 1})).json["differences"]
        assert (unknown["kind"], unknown["ticket"]) == ("no_incident", "9")
        assert {one["kind"] for one in (await compared(kept, key="beta")).json["differences"]} == {"no_incident"}
        assert (await compared(kept, key="old")).status == 2
