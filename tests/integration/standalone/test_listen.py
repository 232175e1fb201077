"""A port that is taken, or a limit on open files that is too low, is told with what to do."""

from __future__ import annotations

import gc
import resource
import socket
from pathlib import Path

import pytest

from sla_platform.errors import BadSettings
from sla_platform.local.ports import free_ports
from sla_platform.settings import Settings
from sla_standalone import descriptors
from sla_standalone import serve as serving
from sla_standalone.serve import serve


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSettings, match=f"cannot listen on 127.0.0.1:{port}: .*SLAD_PORT"):
            await serve(Settings(port=port), [])


async def test_what_the_start_has_made_is_not_searched_for_garbage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nearly all of it stays for good, and to look through it took 50 ms, in which nobody was told of anything."""
    frozen: list[int] = []

    async def asked(_failed: object) -> bool:
        frozen.append(gc.get_freeze_count())
        return True

    monkeypatch.setattr(serving, "until_signalled", asked)
    (port,) = free_ports(1)
    assert await serve(Settings(port=port, store_url=f"sqlite:///{tmp_path}/slad.db"), []) == 0
    assert frozen[0] > 10_000
    assert gc.get_freeze_count() == 0


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
