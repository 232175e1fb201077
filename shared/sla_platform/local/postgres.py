"""One real PostgreSQL server on a Unix socket, without Docker and without a system service.

It listens on no TCP port: two runs on one machine cannot meet, and no stranger can connect. As root
the server runs as an unprivileged user, who then owns the data directory; where that user may not go
(a checkout under /root) the data lie in the temporary directory instead.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from sla_platform.local.databases import create_database, drop_database
from sla_platform.local.errors import StartFailed
from sla_platform.local.postgres_binaries import PART, Installation, find_installation, outside, reachable
from sla_platform.local.process import Process, SystemAccount, run

_LONGEST_SOCKET_FOLDER = 80  # the kernel's limit is 107 bytes, file name included

DURABLE: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
}
"""Nothing given up for speed: for `make up` and for figures that shall mean something."""

FAST: Mapping[str, str] = {
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}
"""For tests: survives kill -9 of the server (the kernel keeps its writes), not a power cut."""


class PostgresServer:
    """A real PostgreSQL server on this machine, reached by a Unix socket.

    All methods except `create_database` and `drop_database` block: from a coroutine call them through
    `asyncio.to_thread`.

    Args:
        data_dir: The folder with the server's data. If the server's user may not enter it, a folder in the temporary
            directory is used instead.
        installation: The programs to run. None means those that `find_installation` finds.
        settings: Name -> value for postgresql.conf.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        installation: Installation | None = None,
        settings: Mapping[str, str] = DURABLE,
    ) -> None:
        self.installation = installation or find_installation(lz4=settings.get("wal_compression") == "lz4")
        self.data_dir = _placed(data_dir.absolute(), self.installation.account)
        self.log = self.data_dir / "server.log"
        self.socket_dir = _socket_dir(self.data_dir)
        self._cluster = self.data_dir / "cluster"
        self._settings = dict(settings)

    @property
    def version(self) -> str:
        """Return the version of the server programs, such as 18.4."""
        return self.installation.version

    @property
    def pid(self) -> int | None:
        """Return the process id of the postmaster (main process), or None when it does not run."""
        process = self._process()
        return process.pid if process else None

    @property
    def running(self) -> bool:
        """Return whether the process of the postmaster (main process) exists."""
        return self._process() is not None

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL (for asyncpg) of the database with this name on this server."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.socket_dir}"

    def start(self, timeout: float = 30.0) -> PostgresServer:
        """Start the server, and return it when it accepts connections.

        A running server is returned at once.

        Args:
            timeout: Seconds to wait.

        Raises:
            StartFailed: The server is not ready in time. The message ends with the last lines of the server's log.
        """
        if self.running:
            return self
        self._prepare()
        self._forget_dead()
        result = self._pg_ctl("start", "-w", "-t", f"{timeout:.0f}", "-l", str(self.log))
        if result:
            raise StartFailed(PART, result, self.log)
        return self

    def stop(self, mode: str = "fast", timeout: float = 30.0) -> None:
        """Stop the server.

        If it still runs after `timeout` seconds, it is killed.

        Args:
            mode: `smart` waits until the clients have gone. `fast` disconnects them. `immediate` also skips the last
                checkpoint; the next start then recovers from PostgreSQL's write-ahead log.
            timeout: Seconds to wait.
        """
        process = self._process()
        if process is None:
            return
        process.signal(signal.SIGCONT)
        if self._pg_ctl("stop", "-w", "-t", f"{timeout:.0f}", "-m", mode) and process.alive():
            self.kill()

    def kill(self) -> None:
        """Kill the postmaster (main process) by SIGKILL, and wait until its child processes have ended.

        A child that still runs after 10 seconds is killed as well.
        """
        process = self._process()
        if process is None:
            return
        children = process.children()
        process.signal(signal.SIGKILL)
        for one in (process, *children):
            if not one.wait_gone(10.0):
                one.signal(signal.SIGKILL)

    def restart(self, mode: str = "fast") -> PostgresServer:
        """Stop the server, start it again on the same data and socket, and return it.

        The method waits until the server accepts connections.

        Args:
            mode: `smart` waits until the clients have gone. `fast` disconnects them. `immediate` also skips the last
                checkpoint.

        Raises:
            StartFailed: The server is not ready in time.
        """
        self.stop(mode)
        return self.start()

    def discard(self) -> None:
        """Kill the server and delete its data and its socket.

        Use it at the end of a test that had its own server.
        """
        self.kill()
        shutil.rmtree(self.data_dir, ignore_errors=True)
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def pause(self) -> None:
        """Freeze all server processes (SIGSTOP): connections stay open, but get no response."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server continue (SIGCONT)."""
        self._signal_all(signal.SIGCONT)

    async def create_database(self, name: str, template: str = "template1") -> str:
        """Create a database on this server, as a copy of `template`, and return its SQLAlchemy URL.

        Raises:
            asyncpg.DuplicateDatabaseError: The database exists.
            asyncpg.ObjectInUseError: The template is in use.
        """
        return await create_database(self.url(), name, template)

    async def drop_database(self, name: str) -> None:
        """Drop a database and end the connections to it.

        If there is no such database, nothing is done.
        """
        await drop_database(self.url(), name)

    def __enter__(self) -> PostgresServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _process(self) -> Process | None:
        """The postmaster, if the pid of the lock file is one that works in this cluster."""
        process = self._locked_by()
        if process is None or not process.alive():
            return None
        return process if process.works_in(self._cluster) else None

    def _locked_by(self) -> Process | None:
        try:
            return Process.of(int((self._cluster / "postmaster.pid").read_text().split("\n", 1)[0]))
        except (OSError, ValueError):
            return None

    def _forget_dead(self) -> None:
        """Remove the lock files of a postmaster that is dead beyond doubt.

        PostgreSQL does this itself, except where nobody reaps orphans (many containers): the zombie
        still has the pid, and a killed server could never be started again.
        """
        holder = self._locked_by()
        if holder and not holder.alive():
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
            (self.socket_dir / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _signal_all(self, number: signal.Signals) -> None:
        if process := self._process():
            for one in (process, *process.children()):
                one.signal(number)

    def _prepare(self) -> None:
        """initdb at the first start; own settings and socket folder at every start."""
        for folder in (self.data_dir, self.socket_dir):
            folder.mkdir(parents=True, exist_ok=True)
            self._give(folder)
            folder.chmod(0o700)
        if not (self._cluster / "PG_VERSION").exists():
            self._initdb()
        settings = {
            **self._settings,
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        conf = self._cluster / "slad.conf"
        conf.write_text("".join(f"{key} = '{value}'\n" for key, value in settings.items()))
        self._give(conf)

    def _initdb(self) -> None:
        result = self._run(
            "initdb", "-D", str(self._cluster), "-U", "postgres", "--auth=trust",
            "--encoding=UTF8", "--no-locale", "--no-sync",
        )  # fmt: skip
        if result:
            shutil.rmtree(self._cluster, ignore_errors=True)
            raise StartFailed(PART, f"initdb failed: {result}", self.log)
        with (self._cluster / "postgresql.conf").open("a") as conf:
            conf.write("include 'slad.conf'\n")

    def _pg_ctl(self, *arguments: str) -> str:
        return self._run("pg_ctl", "-D", str(self._cluster), "-s", *arguments)

    def _run(self, program: str, *arguments: str) -> str:
        """Return "" when the program succeeded, else its output."""
        result = run(
            [self.installation.program(program), *arguments],
            account=self.installation.account,
            cwd=self.data_dir,
        )
        return "" if result.returncode == 0 else result.stdout.strip() or f"exit code {result.returncode}"

    def _give(self, path: Path) -> None:
        if account := self.installation.account:
            os.chown(path, account.uid, account.gid)


def _placed(data_dir: Path, account: SystemAccount | None) -> Path:
    """The wanted folder, or one in the temporary directory if the server's user cannot get there."""
    parent = data_dir.parent
    parent.mkdir(parents=True, exist_ok=True)
    return data_dir if reachable(parent, account) else outside(data_dir, "postgres")


def _socket_dir(data_dir: Path) -> Path:
    """Inside the data directory unless the kernel would refuse so long a path."""
    inside = data_dir / "socket"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
        return inside
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"slad-socket-{mark}"
