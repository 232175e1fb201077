"""Server processes that outlive the Python that started them, known again by pid and start time.

A pid alone is no identity: it may be taken by another process after a reboot or a crash. The record
file therefore keeps the kernel's start tick too, so that `stop` can never hit a stranger.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.02
_PROC = Path("/proc")
_STATE, _THREADS, _START_TICK = 0, 17, 19  # fields 3, 20 and 22 of /proc/PID/stat


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this machine, running or ended, identified by its pid and its start time."""

    pid: int
    started: int
    """The start in kernel ticks since the boot. 0 if /proc is absent."""

    @classmethod
    def of(cls, pid: int) -> Process:
        """Return the process that now has this pid.

        If there is no such process, or if the system has no /proc, the returned object's `started` is 0.
        """
        fields = _stat(pid)
        return cls(pid, int(fields[_START_TICK]) if fields else 0)

    @classmethod
    def recorded(cls, path: Path) -> Process | None:
        """Return the process that `record` wrote to this file, or None if the file is absent or unreadable."""
        try:
            pid, started = path.read_text().split()
            return cls(int(pid), int(started))
        except (OSError, ValueError):
            return None

    def record(self, path: Path) -> None:
        """Write the pid and start time of the process to the file `path`, which `recorded` reads."""
        path.write_text(f"{self.pid} {self.started}\n")

    def alive(self) -> bool:
        """Return whether the process still runs.

        The result is False for a zombie (ended, but not reaped by its parent). A killed process is still running while
        its last threads are ending, since they may hold its ports.
        """
        self._reap()
        if not _PROC.is_dir():
            return _answers_signal(self.pid)
        fields = _stat(self.pid)
        if not fields or int(fields[_START_TICK]) != self.started:
            return False
        return fields[_STATE] not in {"Z", "X"} or int(fields[_THREADS]) > 1

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process if it still runs."""
        if self.alive():
            os.kill(self.pid, number)

    def wait_gone(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for the process to end, and return whether it has ended."""
        deadline = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def works_in(self, folder: Path) -> bool:
        """Return whether `folder` is the working directory of the process.

        The result is also True if the kernel does not reveal the working directory.
        """
        try:
            return (_PROC / f"{self.pid}/cwd").samefile(folder)
        except OSError:
            return True

    def children(self) -> list[Process]:
        """Return the direct child processes.

        The result is empty if the kernel does not list the children.
        """
        try:
            pids = (_PROC / f"{self.pid}/task/{self.pid}/children").read_text().split()
        except OSError:
            return []
        return [Process.of(int(pid)) for pid in pids]

    def _reap(self) -> None:
        with suppress(ChildProcessError):  # started by another Python: its parent or init reaps it
            os.waitpid(self.pid, os.WNOHANG)


@dataclass(frozen=True, slots=True)
class SystemAccount:
    """A system user under which a server is run.

    Servers such as PostgreSQL refuse to run as root.
    """

    name: str
    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> SystemAccount | None:
        """Return the user under which servers are run if this process runs as root: `postgres`, else `nobody`.

        The result is None if this process does not run as root, or if neither user exists.
        """
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name, entry.pw_uid, entry.pw_gid)
        return None


def spawn(argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> Process:
    """Start a server in its own session (Ctrl-C does not reach it), and return its process.

    The server's output is appended to `log`.

    Args:
        env: The server's environment variables. None means those of this process.
    """
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        pid = os.posix_spawn(
            argv[0],
            list(argv),
            dict(os.environ if env is None else env),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, descriptor, 1),
                (os.POSIX_SPAWN_DUP2, descriptor, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(descriptor)
    return Process.of(pid)


def run(
    argv: Sequence[str | Path],
    *,
    account: SystemAccount | None = None,
    cwd: Path | None = None,
    timeout: float = 120.0,
) -> subprocess.CompletedProcess[str]:
    """Run a command and wait for its end.

    Exit code and output are returned as by `subprocess.run`. The result's `stdout` includes what the command wrote to
    stderr.

    Args:
        account: The user to run as (possible for root only). None means the user of this process.
        cwd: The folder to run in. None means the current folder.

    Raises:
        subprocess.TimeoutExpired: The command still runs after `timeout` seconds.
    """
    environment = dict(os.environ) if account is None else {**os.environ, "HOME": "/", "USER": account.name}
    return subprocess.run(  # noqa: S603  every argv is built by the launchers beside this file
        [str(word) for word in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        cwd=cwd,
        env=environment,
        timeout=timeout,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state letter on; empty if the process is gone."""
    try:
        text = (_PROC / f"{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _answers_signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
