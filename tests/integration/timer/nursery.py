"""Makes real processes that each run a tick, quickly, so that a test may kill or stop them as it likes.

    python -m tests.integration.timer.nursery URL

One line on standard input, one child by fork, its process id on standard output. Children are reaped at once and die
with the nursery; each has its own connections and its own event loop.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry

from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import SystemTime
from sla_timer.metrics import TimerMetrics
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.loop import TickLoop

ROOT = Path(__file__).parents[3]
LIMIT = 50  # small, so that a kill finds something under way
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Nursery:
    """The parent's side. Use as a context manager; on leaving nobody is left alive."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.children: list[int] = []

    def __enter__(self) -> Nursery:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.timer.nursery", self._url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, text=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        for child in list(self.children):
            self.kill(child)
        self._process.kill()
        self._process.communicate()

    def born(self) -> int:
        """Start one; blocks for as long as a fork takes (and the first time for the imports)."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self.children.append(int(self._process.stdout.readline()))
        return self.children[-1]

    def kill(self, child: int) -> None:
        self.children.remove(child)
        os.kill(child, signal.SIGKILL)

    @staticmethod
    def stop(child: int) -> None:
        os.kill(child, signal.SIGSTOP)

    @staticmethod
    def go_on(child: int) -> None:
        os.kill(child, signal.SIGCONT)


async def _tick(url: str) -> None:
    store = Store(url, pool=2)
    progress = progress_of(store)
    settings = Settings(claim_limit=LIMIT, sweep_seconds=1)
    metrics = TimerMetrics(CollectorRegistry())
    await TickLoop(firing_of(store, progress), progress, SystemTime(), settings, metrics, lambda: None).run()


def _main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)
            asyncio.run(_tick(sys.argv[1]))
        print(child, flush=True)


if __name__ == "__main__":
    _main()
