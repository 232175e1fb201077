"""Commands read the environment: here it says nothing, unless a test says otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No SLAD_ variable, a folder without a catalogue or a database in it, and no service on this machine."""
    for name in [name for name in os.environ if name.startswith("SLAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sla_standalone.cli.apply.DEFAULT_URL", "http://127.0.0.1:9")  # a service may run here
