"""The messages to one mailbox over time: which are sent at once, and which are gathered into digests. Pure.

Normally every message leaves at once, `over` of them in a burst and one a minute after it. More is a storm: its first
message leaves at once, the others are gathered and leave as a digest, after a pause that grows while the storm lasts.
All digests of a storm are one mail thread. After `CALM` without a message the storm is over.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

EACH = timedelta(minutes=1)  # one more message by itself for every such span
CALM = timedelta(minutes=10)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=1)  # of what somebody must act on
PATIENT = 5  # so many times longer waits what only informs


def conversation_id(person: str, address: str) -> str:
    """Return the id of the Conversation of one person at one address.

    The id is always the same for the same arguments.

    Args:
        person: The person's id.
        address: The address with its kind, such as `email:a@b`.
    """
    return hashlib.sha256(f"{person}\n{address}".encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A record of the messages to one person at one address, for deciding about digests.

    A digest is a mail that collects several messages. A storm is a time in which digests are made.
    """

    id: str
    thread: str = ""
    """The mail thread of the storm's digests."""
    storm: int = 0
    """The number of the storm's next digest, from 1. 0 means no storm."""
    digest: str = ""
    """The id of the last digest. "" means no digest."""
    gathering: bool = False
    """Whether the digest `digest` is still to be sent."""
    next_at: datetime | None = None
    """When the next digest may be sent. None without a storm."""
    paid_until: datetime | None = None
    """Each message sent by itself moves this instant on by a minute (EACH), starting at the present. The further it
    lies ahead, the fewer messages may be sent by themselves. None if it was not moved yet."""
    last_at: datetime
    """When the last message came."""

    def advanced_to(self, now: datetime, over: int) -> Conversation:
        """Return this record as it is at `now`, because time alone can end its storm.

        A storm is a time in which messages are gathered into digests (mails that collect several messages). The storm
        has ended if no message came for ten minutes (CALM). The ten minutes start at the last message, or at `next_at`
        if that is later. A storm with an unsent digest does not end. An instant in the record that is too far after
        `now` is reset, because a wrong clock may have written it.

        Args:
            over: How many messages may be sent one by one, not in a digest, after a long silence.
        """
        mine = self
        if self.paid_until is not None and self.paid_until > now + over * EACH:
            mine = replace(mine, paid_until=None)
        if self.next_at is not None and self.next_at > now + PATIENT * LONGEST_PAUSE + LONGEST_PAUSE:
            mine = replace(mine, next_at=now)
        quiet_since = min(max(mine.last_at, mine.next_at or mine.last_at), now)
        if mine.storm and not mine.gathering and (now - quiet_since >= CALM or mine.last_at > now):
            return replace(mine, storm=0, thread="", next_at=None)
        return mine

    def room(self, now: datetime, over: int) -> int:
        """Return how many messages may be sent to the mailbox at `now` one by one, not in a digest.

        The number is from 0 to `over`. Messages beyond this number are gathered into digests (mails that collect
        several messages).

        Args:
            over: The highest number, reached after a long silence. Each message sent by itself lowers the number by
                one. Each minute (EACH) raises it by one.
        """
        paid = max(self.paid_until or now, now)
        return max(int((now + over * EACH - paid) / EACH), 0)

    def with_sent_alone(self, count: int, now: datetime) -> Conversation:
        """Return a copy of this record after `count` more messages were sent by themselves at `now`.

        Sent by itself means not in a digest, a mail that collects several messages. Each such message lowers `room`
        by one.
        """
        paid = max(self.paid_until or now, now)
        return replace(self, paid_until=paid + count * EACH, last_at=now)

    def pause(self) -> timedelta:
        """Return the shortest time between two digests to the mailbox in the same storm.

        A storm is a time in which messages are gathered into digests (mails that collect several messages). Before
        the first digest of the storm the time is 10 seconds (FIRST_PAUSE). Each digest doubles the time, up to a
        minute (LONGEST_PAUSE).
        """
        doubled: int = 2 ** min(max(self.storm - 1, 0), 10)
        return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)

    def with_storm(self, now: datetime) -> Conversation:
        """Return a copy of this record in which a storm begins at `now`; unchanged if a storm is going on already.

        A storm is a time in which messages to the mailbox are gathered into digests (mails that collect several
        messages), because there are too many to send each by itself.
        """
        if self.storm:
            return self
        named = hashlib.sha256(f"{self.id}\n{now.isoformat()}".encode()).hexdigest()[:32]
        return replace(self, thread=named, storm=1, next_at=now + FIRST_PAUSE, last_at=now)

    def leaves_at(self, now: datetime, *, pressing: bool) -> datetime:
        """Return when a digest that is begun at `now` is to be sent to the mailbox.

        A digest is a mail that collects several messages. Another digest may have been sent shortly before, so the new
        one is sent at `next_at`, or at `now` if that is later.

        Args:
            pressing: Whether somebody must act on a message in the digest. If False, the digest is sent five pauses
                (PATIENT times `pause`) after `now` at the earliest.
        """
        due = max(self.next_at or now, now)
        return due if pressing else max(due, now + PATIENT * self.pause())

    def with_new_digest(self, digest: str, leaves_at: datetime, now: datetime) -> Conversation:
        """Return a copy of this record after a new digest was begun at `now`.

        A digest is a mail that collects several messages.

        Args:
            digest: The id of the new digest.
            leaves_at: When the new digest will be sent. The following digest may be sent one `pause` later (`next_at`).
        """
        after = replace(self, storm=self.storm + 1, digest=digest, gathering=True, last_at=now)
        return replace(after, next_at=leaves_at + after.pause())
