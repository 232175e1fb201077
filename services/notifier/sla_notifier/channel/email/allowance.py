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
class ConnectionAllowance:
    """How many connections may be open to a mail server, learnt from its answers by the `note_...` methods.

    `limit`: how many may be open now, from 1 to `most`. `resume_at`: until then sending pauses and no connection may be
    opened. All times are in seconds of the event loop's clock.
    """

    most: int = 16
    limit: int = 4
    resume_at: float = 0.0
    _more_at: float = 0.0
    _patience: float = FIRST_PATIENCE
    _pause: float = 0.0

    def note_sent(self, now: float, *, wanted: bool) -> None:
        """Note that a message was sent at `now`, which ends a pause of sending.

        `now`: seconds of the event loop's clock. `wanted`: whether other messages wait for a connection; if so, `limit`
        is raised by one. It is never raised above `most`, nor for 5 seconds to 2 minutes after the server refused a
        connection or was busy.
        """
        self.resume_at, self._pause = 0.0, 0.0
        if wanted and self.limit < self.most and now >= self._more_at:
            self.limit += 1

    def note_refused_connection(self, now: float, beside: int) -> None:
        """Lower `limit`, since the mail server refused one more connection at `now`.

        `now`: seconds of the event loop's clock. `beside`: how many other connections to the server were open then;
        `limit` becomes this number, if it is lower. If none was open: `limit` becomes 1 and sending pauses. `note_sent`
        does not raise the limit for 5 seconds. A refusal after that time doubles it, up to 2 minutes; a refusal within
        it does not lengthen it.
        """
        self._hold(now)
        if beside:
            self.limit = max(min(self.limit, beside), 1)
        else:
            self.limit = 1
            self._rest(now)

    def note_busy(self, now: float) -> None:
        """Halve `limit` and pause sending, since the mail server answered at `now` that it is busy.

        `now`: seconds of the event loop's clock. The answer came on a connection that was open already. Of `limit` at
        least 1 remains. The first pause lasts a quarter of a second, each further one twice as long, up to 5 seconds;
        the next message that is sent ends this. A call during a pause does not lengthen it. `note_sent` does not raise
        the limit for 5 seconds. A call after that time doubles it, up to 2 minutes.
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
