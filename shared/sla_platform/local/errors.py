"""Why a local server could not be started."""

from __future__ import annotations

from pathlib import Path

_LOG_TAIL_CHARACTERS = 2_000


class LocalError(Exception):
    """Raised when a local server cannot be used."""


class Unavailable(LocalError):
    """Raised when the machine lacks what a local server needs.

    Args:
        part: The server, such as `PostgreSQL`.
        reason: What is missing, and what to install.
    """

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"{part} is not available: {reason}")
        self.part = part
        self.reason = reason


class StartFailed(LocalError):
    """Raised when a local server did not become ready.

    Args:
        part: The server, such as `PostgreSQL`.
        reason: What went wrong.
        log: The server's log file. The message ends with its last lines.
    """

    def __init__(self, part: str, reason: str, log: Path) -> None:
        super().__init__(f"{part} did not start: {reason}\n--- {log} ---\n{_tail(log)}")
        self.part = part
        self.reason = reason


def _tail(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-_LOG_TAIL_CHARACTERS:]
    except OSError as error:
        return f"(no log: {error})"
