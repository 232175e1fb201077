"""What a run notes of its tests: only those that cannot know what day it is are left out of a run on another day."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = """\
import pytest
from tests import clock_record

def pytest_configure(config):
    clock_record.install(config)

def pytest_collection_modifyitems(config, items):
    clock_record.without_known(config, items)
"""
TESTS = """\
import socket, subprocess, sys
import pytest
from sla_platform.timesource import SystemTime

@pytest.fixture(scope="module")
def day():
    return SystemTime().now().date()

@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()

def test_nothing(): pass
def test_asks(): SystemTime().now()
def test_uses_what_asked(day): pass
def test_uses_it_again(day): pass
def test_starts_a_process(): subprocess.run([sys.executable, "-c", ""], check=True)
def test_connects(server): socket.create_connection(server).close()
def test_nothing_either(tmp_path): pass
"""


def run(folder: Path, **settings: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLAD_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(
        command, cwd=folder, env=environment | {"PYTHONPATH": str(ROOT)} | settings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.long
def test_a_run_on_another_day_leaves_out_what_knows_no_day_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_by_itself.py").write_text("import time\n\ndef test_asks_python():\n    time.time()\n")
    record = tmp_path / "record"
    run(tmp_path, SLAD_CLOCK_RECORD=str(record))
    assert sorted(record.read_text().splitlines()) == [
        "test_some.py::test_nothing",
        "test_some.py::test_nothing_either",
    ]
    again = run(tmp_path, SLAD_CLOCK_KNOWN=str(record))
    assert "6 passed, 2 deselected" in again
    assert "test_nothing" not in again
