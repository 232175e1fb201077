"""The believed readings of the clocks, kept over a restart: a process that starts during a leap must not believe it.

Steady seconds go on from one process to the next until the machine itself is started again. So a small file keeps, for
each clock, an instant that was believed and the steady seconds then; it means nothing after another boot, and without
it (a fresh container, a file system that takes nothing) a process believes the first thing it reads.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
import structlog

from sla_domain.bounds import within_reach
from sla_platform.settings import Settings
from sla_platform.timesource import Bases, GuardedClock, SystemTime

_log = structlog.get_logger(__name__)
_BOOT = Path("/proc/sys/kernel/random/boot_id")
LARGEST = 4_096
_LONGEST_UP = 1e10  # seconds since a machine's boot: three hundred years


class ClockMemory:
    """Stores in a file, for each clock, the last time that the process accepted as true (see `ClockGuard`).

    So the next process on this machine notices a leap of a clock between the two processes. A process calls `recall` at
    its start and `note` while it runs.

    Args:
        path: The file.
        boot: The id of the machine's boot, since the stored times mean nothing after another boot. None means the id
            that Linux reports. "" means that nothing is written or read.
    """

    def __init__(self, path: Path, boot: str | None = None) -> None:
        self._path = path
        self._boot = _this_boot() if boot is None else boot
        self._failed = False

    def recall(self, time_source: SystemTime) -> None:
        """Read the stored clock readings from the file, and let the time source continue from them.

        Nothing is done if the file is absent, unreadable, owned by another user or from another boot of the machine.
        """
        bases = self._kept()
        if bases:
            time_source.resume(bases)

    def note(self, time_source: SystemTime) -> None:
        """Write to the file, for each clock, the last time that the time source has accepted.

        If the file cannot be written, nothing is raised. Only the first such failure is logged.
        """
        if not self._boot:
            return
        kept = {clock.value: [at.isoformat(), steady] for clock, (at, steady) in time_source.bases().items()}
        fresh = ""
        try:
            handle, fresh = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(orjson.dumps({"boot": self._boot, "clocks": kept}))
            os.replace(fresh, self._path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(fresh)
            if not self._failed:
                _log.warning("clock.not_kept", path=str(self._path), error=str(error))
            self._failed = True

    def _kept(self) -> Bases:
        if not self._boot:
            return {}
        try:
            kept = orjson.loads(_own_file(self._path))
            if kept["boot"] != self._boot:
                return {}
            return {GuardedClock(name): _base(at, steady) for name, (at, steady) in kept["clocks"].items()}
        except (OSError, ValueError, OverflowError, KeyError, TypeError, AttributeError):
            return {}  # nothing was kept, or nothing that can be read


def clock_file(settings: Settings, database: str | None) -> Path:
    """Return the path of the file for a `ClockMemory`, which keeps clock readings.

    With SQLite the path is `<database>.clock`. Otherwise the file is in the temporary directory. The file's name then
    holds a hash of user, store URL, bus prefix, instance and port, so that different processes use different files.

    Args:
        database: The path of the SQLite file. None or "" without SQLite.
    """
    if settings.store_url.startswith("sqlite") and database:
        return Path(f"{database}.clock")
    who = f"{os.geteuid()}\n{settings.store_url}\n{settings.bus_prefix}\n{settings.instance}\n{settings.port}"
    return Path(tempfile.gettempdir()) / f"slad-clock-{hashlib.sha256(who.encode()).hexdigest()[:24]}"


def _base(at: str, steady: float) -> tuple[datetime, float]:
    """Return a kept reading. Raises ValueError and OverflowError for one from which no time can go on."""
    believed = datetime.fromisoformat(at).astimezone(UTC)
    if not within_reach(believed) or not 0 <= steady < _LONGEST_UP:
        raise ValueError(f"no clock has shown {at} after {steady} seconds")
    return believed, float(steady)


def _own_file(path: Path) -> bytes:
    """Return what this user wrote. Raises OSError for another user's file, which could turn back our time."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid() or not stat.S_ISREG(found.st_mode):
            raise PermissionError(f"{path} is not ours")
        return file.read(LARGEST)


def _this_boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
