"""A port that is taken, or a limit on open files that is too low, is told with what to do."""

from __future__ import annotations

import resource
import socket

import pytest

from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_standalone import descriptors
from sla_standalone.serve import serve


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSettings, match=f"cannot listen on 127.0.0.1:{port}: .*SLAD_PORT"):
            await serve(Settings(port=port), [])


async def test_too_few_files_are_told_before_anything_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "raise_limit", lambda: 100)
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(BadSettings, match="may open 100 files"),
    ):
        await serve(Settings(port=taken.getsockname()[1]), [])


def test_the_soft_limit_on_open_files_is_raised_to_what_the_hard_one_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
    try:
        assert descriptors.raise_limit() == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, descriptors.WANTED)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
