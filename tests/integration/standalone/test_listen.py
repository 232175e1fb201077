"""A port that is taken is told with its address and what to do."""

from __future__ import annotations

import socket

import pytest

from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_standalone.serve import serve


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSettings, match=f"cannot listen on 127.0.0.1:{port}: .*SLAD_PORT"):
            await serve(Settings(port=port), [])
