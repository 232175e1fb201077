"""The fleet itself: whatever becomes of a test run, none of its processes outlives it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sla_platform.local.process import Process

STARTER = """
import asyncio, sys, time
from pathlib import Path
from tests.e2e.fleet import Fleet, Profile

fleet = Fleet(Path(sys.argv[1]), Profile.EMBEDDED, {"SLAD_CATALOGUE": "examples/catalogue"})
asyncio.run(fleet.start())
print(fleet.members[0].process.pid, flush=True)
time.sleep(60)
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="for another kind of machine: no setpriv")
@pytest.mark.long
def test_a_test_run_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    with starter.stdout:
        slad = Process.of(int(starter.stdout.readline()))
    assert slad.alive()
    starter.kill()
    starter.wait()
    assert slad.wait_gone(10.0)
