"""How many connections a mail server takes at once, found out by trying. Pure: the clock is an argument, in seconds.

One connection more after each message that went well while others wait. A refused connection shows the limit; any other
"busy" halves it (RFC 5321 §3.8 and §4.5.4.1: a client slows down). Sending pauses only when not even one connection is
of use.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
FIRST_PATIENCE = 5.0  # before one connection more is tried again, after the server turned one away
LONGEST_PATIENCE = 120.0


@dataclass(slots=True)
class Allowance:
    """How many connections a mail server accepts from us, learnt from its answers.

    `limit`: how many to open at once now, never more than `most`. `resume_at`: no connection is given out before it, in
    seconds of the event loop's clock.
    """

    most: int = 16
    limit: int = 4
    resume_at: float = 0.0
    _more_at: float = 0.0
    _patience: float = FIRST_PATIENCE
    _pause: float = 0.0

    def note_sent(self, now: float, *, wanted: bool) -> None:
        """End a pause, since a message was sent at `now`; raise `limit` by one if other messages wait (`wanted`).

        The limit stays if it is `most`, or was lowered a short while ago.
        """
        self.resume_at, self._pause = 0.0, 0.0
        if wanted and self.limit < self.most and now >= self._more_at:
            self.limit += 1

    def note_refused_connection(self, now: float, beside: int) -> None:
        """Lower `limit` to `beside`, the other connections that the server had when it refused one more at `now`.

        If it had none the limit becomes 1, and sending pauses. Raising the limit waits, longer each time.
        """
        self._hold(now)
        if beside:
            self.limit = max(min(self.limit, beside), 1)
        else:
            self.limit = 1
            self._rest(now)

    def note_busy(self, now: float) -> None:
        """Halve `limit`, at least to 1, and pause, since the server was busy at `now` in an open session.

        Pauses double from FIRST_PAUSE to LONGEST_PAUSE until a message is sent; a call during a pause does not lengthen
        it.
        """
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
