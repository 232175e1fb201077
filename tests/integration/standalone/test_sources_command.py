"""`slad sources` against a running service."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.integration.standalone.served import served
from tests.real.tables import migrate
from tests.unit.cli.invoke import Said, slad

from sla_platform.settings import Settings
from sla_standalone.compose import ALL

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"


async def test_the_sources_at_the_keyboard(tmp_path: Path) -> None:
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=EXAMPLES, port=0)
    await migrate(settings)
    async with served(settings, ALL) as (port, _):
        url = f"http://127.0.0.1:{port}"

        async def call(*arguments: str) -> Said:
            return await asyncio.to_thread(slad, *arguments)

        def listing(key: str, *more: str) -> tuple[str, ...]:
            return ("sources", "--url", url, "--key", key, *more)

        to = ("--to", f"{url}/v1/webhooks/github-demo", "--secret", "demo-github-secret")
        assert (await call("send", "github-opened", *to)).status == 0
        said = await call(*listing("demo-read-key"))
        assert said.status == 0
        assert "1 accepted" in said.out
        assert "never" in said.out
        listed = (await call(*listing("demo-read-key", "--json"))).json["sources"]
        heard = {one["source"]: one["last_at"] is not None for one in listed}
        assert heard == {"demo": False, "github-demo": True, "jira-demo": False}
        assert (await call(*listing("wrong"))).status == 2
