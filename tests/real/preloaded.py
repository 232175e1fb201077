"""Real slad processes that need not import slad first: one process of a test run has done so, and forks.

    python -m tests.real.preloaded

An import costs two seconds of a processor, and a run starts hundreds of processes. What is forked has its own session,
memory, files and signals, and the environment it was given, as if it had been started from a shell. One request a line
on standard input; on standard output a line with the process id for each, and one when a process has ended.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import json
import os
import random
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

COLD = "SLAD_TEST_COLD"  # set: every process is started anew, as `make kill` has it
ROOT = Path(__file__).parents[2]
_MODULES = (
    "aiokafka", "aiosqlite", "alembic.command", "asyncpg", "httptools", "sla_standalone.cli.run",
    "sla_standalone.compose", "sla_standalone.migrate", "sla_standalone.serve", "uvicorn.protocols.http.httptools_impl",
    "uvicorn.lifespan.on", "uvloop",
)  # fmt: skip
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class ForkedProcess:
    """A process that was forked; of `subprocess.Popen` what its users need."""

    def __init__(self, forks: _Forks, pid: int) -> None:
        self._forks = forks
        self.pid = pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._forks.status(self.pid, 0.0)

    def wait(self, timeout: float | None = None) -> int:
        status = self._forks.status(self.pid, timeout)
        if status is None:
            raise subprocess.TimeoutExpired("slad", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def start(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> ForkedProcess:
    """Fork `slad ARGUMENTS`, which appends what it says to `log`. From the main thread only, as for `setpriv`."""
    return _forks().fork(arguments, environment, log)


@cache
def _forks() -> _Forks:
    return _Forks()


class _Forks:
    """The side of the tests."""

    def __init__(self) -> None:
        setpriv = shutil.which("setpriv")
        dies_with_us = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
        self._process = subprocess.Popen(
            [*dies_with_us, sys.executable, "-m", "tests.real.preloaded"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True,
        )  # fmt: skip
        atexit.register(self._process.kill)
        self._changed = threading.Condition()
        self._born: list[int] = []
        self._ended: dict[int, int] = {}
        self._gone = False
        threading.Thread(target=self._listen, name="preloaded", daemon=True).start()

    def fork(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> ForkedProcess:
        asked = {"arguments": list(arguments), "environment": dict(environment), "log": str(log)}
        assert self._process.stdin is not None
        with self._changed:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            self._changed.wait_for(lambda: self._born or self._gone)
            assert self._born, "the process that forks has ended"
            pid = self._born.pop()
            self._ended.pop(pid, None)  # of an earlier one that had this number
            return ForkedProcess(self, pid)

    def status(self, pid: int, patience: float | None) -> int | None:
        with self._changed:
            self._changed.wait_for(lambda: pid in self._ended or self._gone, patience)
            return self._ended.get(pid, -signal.SIGKILL if self._gone else None)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            with self._changed:
                if "born" in said:
                    self._born.append(said["born"])
                else:
                    self._ended[said["ended"]] = said["status"]
                self._changed.notify_all()
        with self._changed:
            self._gone = True
            self._changed.notify_all()


# The process that forks.


def _serve() -> None:
    for name in _MODULES:
        import_module(name)
    from sla_board.page.render import Pages
    from sla_standalone.cli.app import application

    application()  # every command's module
    Pages()  # the board's templates, compiled
    gc.collect()
    gc.freeze()
    woken, wakes = socket.socketpair()
    woken.setblocking(False)
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    chosen = selectors.DefaultSelector()
    chosen.register(0, selectors.EVENT_READ)
    chosen.register(woken, selectors.EVENT_READ)
    asked = b""
    while True:
        for key, _ in chosen.select():
            if key.fileobj is woken:
                woken.recv(4096)
                continue
            read = os.read(0, 65_536)
            if not read:
                return
            asked += read
        *lines, asked = asked.split(b"\n")
        for line in lines:
            ready, begun = os.pipe()
            pid = os.fork()
            if pid == 0:
                _become(json.loads(line), (woken, wakes), begun)
            os.close(begun)
            os.read(ready, 1)  # ends when it has a session of its own, by which it can be killed
            os.close(ready)
            _say(born=pid)
        _tell_ended()


def _tell_ended() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(ended=pid, status=os.waitstatus_to_exitcode(status))


def _say(**said: int) -> None:
    os.write(1, json.dumps(said).encode() + b"\n")


def _become(asked: Mapping[str, object], ours: Sequence[socket.socket], begun: int) -> None:
    """In the child: be `slad` with these arguments, and never return."""
    parent = os.getppid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for each in ours:
        each.close()
    os.setsid()
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.close(begun)
    log = os.open(str(asked["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    time.tzset()
    random.seed()
    sys.argv = ["slad", *asked["arguments"]]  # type: ignore[misc]
    os._exit(_run())


def _run() -> int:
    from sla_standalone.cli import main

    status: object = 0
    try:
        main()
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does: threads end first
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    return status if isinstance(status, int) else 0 if status is None else 1


if __name__ == "__main__":
    _serve()
