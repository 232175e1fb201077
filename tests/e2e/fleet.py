"""Real slad processes of either profile: started, watched, killed, started again, and never left behind.

Every process is told to die with the one that started it (Linux, `setpriv`), runs in a session of its own, and is
killed at exit. An instance keeps its name, port and log over its lives, as it would under a supervisor.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import httpx2
from tests.real import preloaded
from tests.real.http import http_client
from tests.real.preloaded import ForkedProcess

from sla_platform.local.ports import free_ports

START_SECONDS = 60.0
STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_SLAD = (sys.executable, "-m", "sla_standalone")
SERVICES = ("ingest", "timer", "notifier", "board")


class Profile(StrEnum):
    """The two ways slad is run."""

    EMBEDDED = "embedded"
    PRODUCTION = "production"


class DidNotStart(AssertionError):
    """A process ended or did not get ready in time; the message holds the end of its log."""


@dataclass(slots=True, eq=False)
class Member:
    """One instance over all its lives."""

    name: str
    command: str
    port: int
    log: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | ForkedProcess | None = field(default=None, repr=False)
    lives: int = 0
    within: tuple[str, ...] = ()
    """A command that starts it under a limit, such as `prlimit --nofile=256`."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """From the main thread only: the process dies with the thread that started it."""
        self.lives += 1
        own = {**self.environment, "SLAD_PORT": str(self.port), "SLAD_INSTANCE": self.name}
        if not self.within and not os.environ.get(preloaded.COLD):
            self.process = preloaded.start([self.command], own, self.log)
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*_dies_with_us(), *self.within, *_SLAD, self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=own,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        # One that has ended is left alone: its number may belong to somebody else by now.
        if self.process is not None and self.running:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.running:
            self.process.send_signal(signal.SIGTERM)

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


class Fleet:
    """All processes of one installation. `environment` holds the SLAD_* settings they share."""

    def __init__(self, folder: Path, profile: Profile, environment: Mapping[str, str], *, instances: int = 2) -> None:
        self.profile = profile
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = _without_slad(os.environ) | {"SLAD_LOG_FORMAT": "json"} | dict(environment)
        names = _names(profile, instances)
        ports = free_ports(len(names))
        self.members = [
            Member(name, name.partition("-")[0], port, folder / f"{name}.log", self._environment)
            for name, port in zip(names, ports, strict=True)
        ]
        if profile is Profile.EMBEDDED:
            self._environment["SLAD_STORE_URL"] = f"sqlite:///{folder / 'slad.db'}"
        self._environment["SLAD_PUBLIC_URL"] = self.url("notifier")
        atexit.register(self.kill)

    # -- addresses

    def of(self, service: str) -> list[Member]:
        """The instances that do a service's work."""
        if self.profile is Profile.EMBEDDED:
            return self.members
        return [member for member in self.members if member.command == service]

    def url(self, service: str) -> str:
        """Of the first instance."""
        return self.of(service)[0].url

    def urls(self, service: str) -> list[str]:
        return [member.url for member in self.of(service)]

    # -- life

    async def start(self) -> None:
        """Bring the schema and the topics up to date, start every instance, and wait until all are ready."""
        if self.profile is Profile.PRODUCTION:
            self.migrate()
        for member in self.members:
            member.start()
        await self.ready()

    def migrate(self) -> None:
        log = self.folder / "migrate.log"
        if status := preloaded.start(["migrate"], self._environment, log).wait(START_SECONDS):
            raise DidNotStart(f"slad migrate: exit status {status}\n{log.read_text()}")

    async def ready(self, timeout: float = START_SECONDS) -> None:  # noqa: ASYNC109 - per fleet, told in the failure
        """Until every instance says so at /readyz."""
        async with http_client(timeout=5.0) as client:
            await asyncio.gather(*(_until_ready(client, member, timeout) for member in self.members))

    async def restart(self, *services: str, hard: bool = False) -> None:
        """Stop these services, or all, with kill -9 when `hard`; then start the same instances on the same data."""
        chosen = [member for service in services or SERVICES for member in self.of(service)]
        for member in dict.fromkeys(chosen) if hard else ():
            member.kill()
        self._stop(list(dict.fromkeys(chosen)))
        self.respawn()
        await self.ready()

    def respawn(self) -> list[Member]:
        """Start again whatever has ended, as a supervisor would; returns those."""
        ended = [member for member in self.members if not member.running]
        for member in ended:
            member.start()
        return ended

    def stop(self) -> None:
        """SIGTERM to all, then a bounded wait. Raises AssertionError if one had to be killed or ended badly."""
        self._stop(self.members)

    def _stop(self, members: Sequence[Member]) -> None:
        running = [member for member in members if member.running]
        for member in running:
            member.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        late = [member for member in running if not _gone(member, deadline)]
        for member in members:
            member.kill()
        assert not late, f"did not stop within {STOP_SECONDS:.0f} s: {[member.name for member in late]}"
        bad = {m.name: m.process.returncode for m in running if m.process is not None and m.process.returncode}
        assert not bad, f"ended with an error after SIGTERM: {bad}\n{self.tails(bad)}"

    def kill(self) -> None:
        for member in self.members:
            member.kill()

    # -- what they said

    def logs(self) -> Iterator[tuple[str, str]]:
        for member in self.members:
            if member.log.exists():
                yield member.name, member.log.read_text(errors="replace")

    def tails(self, names: Sequence[str] | Mapping[str, object] = ()) -> str:
        chosen = [member for member in self.members if not names or member.name in names]
        return "\n".join(f"--- {member.name}\n{member.tail()}" for member in chosen)


def _names(profile: Profile, instances: int) -> list[str]:
    if profile is Profile.EMBEDDED:
        return ["run"]
    return [f"{service}-{number}" for service in SERVICES for number in range(1, instances + 1)]


def _without_slad(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("SLAD_")}


def _dies_with_us() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


async def _until_ready(client: httpx2.AsyncClient, member: Member, timeout: float) -> None:  # noqa: ASYNC109
    deadline = time.monotonic() + timeout
    said = "nothing yet"
    while True:
        if not member.running:
            code = member.process.returncode if member.process else None
            raise DidNotStart(f"{member.name} ended with status {code}\n{member.tail()}")
        with suppress(httpx2.TransportError):
            answer = await client.get(f"{member.url}/readyz")
            if answer.status_code == 200:
                return
            said = answer.text
        if time.monotonic() > deadline:
            raise DidNotStart(f"{member.name} is not ready after {timeout:.0f} s: {said}\n{member.tail()}")
        await asyncio.sleep(_POLL_SECONDS)


def _gone(member: Member, deadline: float) -> bool:
    assert member.process is not None
    try:
        member.process.wait(max(deadline - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        return False
    return True
