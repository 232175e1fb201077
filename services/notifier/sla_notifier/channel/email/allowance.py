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
    """How many connections may be open to a mail server, learnt from the server's replies.

    Call a `note_...` method after each reply; read `limit` and `resume_at`. All times are in seconds of the event
    loop's clock.
    """

    most: int = 16
    limit: int = 4
    """How many connections may be open now, from 1 to `most`."""
    resume_at: float = 0.0
    """Until this instant sending pauses and no connection may be opened."""
    _more_at: float = 0.0
    _patience: float = FIRST_PATIENCE
    _pause: float = 0.0

    def note_sent(self, now: float, *, wanted: bool) -> None:
        """Note that a message was sent at `now`, which ends a pause of sending.

        If other messages wait for a connection, `limit` rises by one, up to `most`. But for some time (5 seconds to 2
        minutes) after the server refused a connection or was busy, `limit` does not rise.

        Args:
            now: The present time, in seconds of the event loop's clock.
            wanted: Whether other messages wait for a connection.
        """
        self.resume_at, self._pause = 0.0, 0.0
        if wanted and self.limit < self.most and now >= self._more_at:
            self.limit += 1

    def note_refused_connection(self, now: float, beside: int) -> None:
        """Lower `limit`, because the mail server refused one more connection at `now`.

        `limit` falls to the number of other open connections, unless it is lower already. If no other connection was
        open, `limit` becomes 1 and sending pauses.

        For some time afterwards, `note_sent` does not raise `limit`. The time is 5 seconds at first, and twice as long
        after each later refusal, up to 2 minutes. A refusal within this time does not lengthen it.

        Args:
            now: The present time, in seconds of the event loop's clock.
            beside: How many other connections to the server were open.
        """
        self._hold(now)
        if beside:
            self.limit = max(min(self.limit, beside), 1)
        else:
            self.limit = 1
            self._rest(now)

    def note_busy(self, now: float) -> None:
        """Halve `limit` and pause sending, because the mail server replied at `now` that it is busy.

        The reply came on a connection that was open already. `limit` stays at least 1. The first pause lasts a quarter
        of a second. Each further pause lasts twice as long, up to 5 seconds, until a message is sent. A call during a
        pause does not lengthen the pause.

        For some time afterwards, `note_sent` does not raise `limit`. The time is 5 seconds at first, and twice as long
        after each later call, up to 2 minutes. A call within this time does not lengthen it.

        Args:
            now: The present time, in seconds of the event loop's clock.
        """
        self._hold(now)
        self.limit = max(self.limit // 2, 1)
        self._rest(now)

    def _hold(self, now: float) -> None:
        if now >= self._more_at:  # several refusals at one time count once
            self._more_at = now + self._patience
            self._patience = min(self._patience * 2, LONGEST_PATIENCE)

    def _rest(self, now: float) -> None:
        if now >= self.resume_at:
            self._pause = min(self._pause * 2 or FIRST_PAUSE, LONGEST_PAUSE)
            self.resume_at = now + self._pause
