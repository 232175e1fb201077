"""/openapi.json describes every route of the one process, as the routers' own tests cannot tell."""

from __future__ import annotations

from pathlib import Path

import httpx2

from sla_platform.settings import Settings
from sla_standalone.compose import composed
from sla_standalone.migrate import migrate

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"


async def test_the_whole_api_describes_itself(tmp_path: Path) -> None:
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=EXAMPLES)
    await migrate(settings)
    async with composed(settings, ["ingest", "timer", "notifier", "board"]) as running:
        transport = httpx2.ASGITransport(app=running.app)
        async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:
            answer = await client.get("/openapi.json")
    assert answer.status_code == 200, answer.text
    assert {"/v1/events", "/v1/clocks", "/v1/alerts", "/v1/stream"} <= set(answer.json()["paths"])
    assert "text/event-stream" in answer.json()["paths"]["/v1/stream"]["get"]["responses"]["200"]["content"]
