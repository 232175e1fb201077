"""Pauses between attempts at the same work, which grow."""

from __future__ import annotations

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


class Backoff:
    """The pauses between attempts at the same work, in seconds: call `pause` after a failure, `reset` after a success.

    Each further pause is twice as long, up to `longest`.

    Args:
        first: The first pause.
    """

    def __init__(self, first: float = FIRST_PAUSE_SECONDS, longest: float = LONGEST_PAUSE_SECONDS) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def pause(self) -> float:
        """Return the seconds to wait before the next attempt.

        The next pause is then twice as long, up to `longest`.
        """
        this, self._next = self._next, min(self._next * 2, self._longest)
        return this

    def reset(self) -> None:
        """Start again with the first pause."""
        self._next = self._first
