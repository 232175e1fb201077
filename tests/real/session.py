"""Servers that one test run shares between its processes, and their end with the run.

Whichever worker needs a server first starts it; the others find its description. The controller
alone, which outlives every worker, stops them. A run that was killed itself is swept by the next.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sla_platform.local import KafkaBroker, LocalError, PostgresServer, Unavailable
from sla_platform.local.cache import locked
from sla_platform.local.process import Process

_OWNER = "owner.pid"


def _prefix() -> str:
    return f"slad-run-{os.getuid()}-"


def open_run() -> Path:
    """A folder for this run, short enough for Unix sockets and passable for an unprivileged server."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=_prefix()))
    folder.chmod(0o711)
    Process.of(os.getpid()).record(folder / _OWNER)
    return folder


def close_run(folder: Path) -> None:
    """Stop what the run started and remove its folder."""
    KafkaBroker(folder / "kafka").kill()
    with suppress(Unavailable):  # then none was started
        PostgresServer(folder / "postgres").discard()
    shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Close runs whose controller died without doing it."""
    for folder in Path(tempfile.gettempdir()).glob(_prefix() + "*"):
        owner = Process.recorded(folder / _OWNER)
        if owner and not owner.alive():
            close_run(folder)


def shared_server(folder: Path, name: str, start: Callable[[], None]) -> None:
    """Start the server unless a process of this run has done so.

    Raises what the first attempt raised, without trying again: Unavailable, or LocalError.
    """
    verdict = folder / f"{name}.json"
    with locked(folder / f"{name}.lock"):
        if not verdict.exists():
            verdict.write_text(json.dumps(_attempt(start)))
    outcome = json.loads(verdict.read_text())
    if "absent" in outcome:
        raise Unavailable(name, outcome["absent"])
    if "failed" in outcome:
        raise LocalError(outcome["failed"])


def _attempt(start: Callable[[], None]) -> dict[str, str]:
    try:
        start()
    except Unavailable as error:
        return {"absent": error.reason}
    except LocalError as error:
        return {"failed": str(error)}
    return {}
