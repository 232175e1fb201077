"""Why a local server could not be had.

LocalError
├── Unavailable   the machine lacks something; install it, or do without this server
└── StartFailed   everything is there, yet the server did not come up; read the tail of its log
"""

from __future__ import annotations

from pathlib import Path

_LOG_TAIL_CHARACTERS = 2_000


class LocalError(Exception):
    """A local server cannot be used."""


class Unavailable(LocalError):
    """The machine lacks what the server needs; `reason` names what to install."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"{part} is not available: {reason}")
        self.part = part
        self.reason = reason


class StartFailed(LocalError):
    """The server did not become ready; the message ends with the tail of its log."""

    def __init__(self, part: str, reason: str, log: Path) -> None:
        super().__init__(f"{part} did not start: {reason}\n--- {log} ---\n{_tail(log)}")
        self.part = part
        self.reason = reason


def _tail(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-_LOG_TAIL_CHARACTERS:]
    except OSError as error:
        return f"(no log: {error})"
