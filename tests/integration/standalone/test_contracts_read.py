"""Every service reads the recorded contracts before it is ready: none judges, promises or notifies without them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.real.tables import migrate

from sla_platform.http.keys import KeyGate
from sla_platform.settings import Settings
from sla_standalone.process_context import process_context
from sla_standalone.wiring import WIRING

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"


@pytest.mark.parametrize("name", WIRING)
async def test_a_service_is_ready_when_it_has_read_the_contracts(name: str, tmp_path: Path) -> None:
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=EXAMPLES)
    await migrate(settings)
    async with process_context(settings) as base:
        service = WIRING[name](base, KeyGate(tuple, base.time_source)).service
        check, prepare = service.checks["contracts"], service.prepare
        assert prepare is not None
        assert await check() == "the recorded contracts have not been read from the store yet"
        await prepare()
        assert await check() is None
