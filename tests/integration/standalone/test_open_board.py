"""SLAD_BOARD_OPEN shows the board to whoever reaches it, and nothing that strangers have sent."""

from __future__ import annotations

from pathlib import Path

import httpx2
from tests.real.tables import migrate

from sla_platform.settings import Settings
from sla_standalone.compose import run_process

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"


async def test_parked_deliveries_need_an_admin_key_where_the_board_needs_none(tmp_path: Path) -> None:
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=EXAMPLES, board_open=True)
    await migrate(settings)
    async with run_process(settings, ["ingest", "board"]) as running:
        transport = httpx2.ASGITransport(app=running.app)
        async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:

            async def status(path: str, key: str = "") -> int:
                headers = {"authorization": f"Bearer {key}"} if key else {}
                return (await client.get(path, headers=headers)).status_code

            assert await status("/") == 200
            assert await status("/v1/parked") == 401
            assert await status("/v1/parked/x/body") == 401
            assert await status("/v1/parked", "demo-read-key") == 403
            assert await status("/v1/parked", "demo-admin-key") == 200
