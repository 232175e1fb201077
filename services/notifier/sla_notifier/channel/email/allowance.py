"""How many connections a mail server bears at once, found out by trying. Pure: the clock is an argument, in seconds.

Additive increase while messages go well and others wait; a server that turns a connection away has said how many it
bears, and anything else that says "busy" halves the number (RFC 5321 §3.8 and §4.5.4.1: a client slows down). Sending
pauses only when not even one connection is of use.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
FIRST_PATIENCE = 5.0  # before one connection more is tried again, after the server turned one away
LONGEST_PATIENCE = 120.0


@dataclass(slots=True)
class Allowance:
    """`limit` connections at once, at most `most`; none begins before `resume_at`."""

    most: int = 16
    limit: int = 4
    resume_at: float = 0.0
    _more_at: float = 0.0
    _patience: float = FIRST_PATIENCE
    _pause: float = 0.0

    def went_well(self, now: float, *, wanted: bool) -> None:
        """A message was taken. `wanted`: others wait for a connection."""
        self.resume_at, self._pause = 0.0, 0.0
        if wanted and self.limit < self.most and now >= self._more_at:
            self.limit += 1

    def turned_away(self, now: float, beside: int) -> None:
        """The server refused one connection more while it bore `beside` others of ours."""
        self._hold(now)
        if beside:
            self.limit = max(min(self.limit, beside), 1)
        else:
            self.limit = 1
            self._rest(now)

    def busy(self, now: float) -> None:
        """The server was busy in a session that it had accepted."""
        self._hold(now)
        self.limit = max(self.limit // 2, 1)
        self._rest(now)

    def _hold(self, now: float) -> None:
        if now >= self._more_at:  # several that are turned away together say it once
            self._more_at = now + self._patience
            self._patience = min(self._patience * 2, LONGEST_PATIENCE)

    def _rest(self, now: float) -> None:
        if now >= self.resume_at:
            self._pause = min(self._pause * 2 or FIRST_PAUSE, LONGEST_PAUSE)
            self.resume_at = now + self._pause
