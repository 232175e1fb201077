"""The messages to one mailbox over time: which leave by themselves, and which are gathered into digests. Pure.

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
    """Return the id of the Conversation of one person at one address, always the same for the same arguments.

    `person`: the person's id. `address`: with its kind, such as `email:a@b`.
    """
    return hashlib.sha256(f"{person}\n{address}".encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What was sent to one person at one address, as far as it decides which messages are gathered into digests.

    A digest is a mail that collects several messages; a storm is a time in which digests are made. `id`: made from
    person and address. `storm`: the number of the storm's next digest, from 1; 0: no storm. `thread`: the mail thread
    of the storm's digests. `digest`: the id of the last digest, "" for none; `gathering`: whether that digest has still
    to be sent. `next_at`: when the next digest may be sent, None without a storm. `paid_until`: moved on by a minute
    (EACH) for each message sent by itself, from the present at least; the further it lies ahead, the fewer messages may
    be sent by themselves; None: not moved yet. `last_at`: when the last message came.
    """

    id: str
    thread: str = ""
    storm: int = 0
    digest: str = ""
    gathering: bool = False
    next_at: datetime | None = None
    paid_until: datetime | None = None
    last_at: datetime

    def advanced_to(self, now: datetime, over: int) -> Conversation:
        """Return this record as of `now`; if no message has come for ten minutes (CALM), its storm has ended.

        A storm is a time in which messages are gathered into digests (mails that collect several). The ten minutes
        count from the last message, or from `next_at` if that is later. A storm with a digest still to be sent does not
        end. Instants too far ahead, which a wrong clock wrote, are reset. `over`: how many messages may be sent by
        themselves in a burst.
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
        """Return how many messages to the mailbox may be sent by themselves at `now`, from 0 to `over`.

        More messages are gathered into digests (mails that collect several). `over`: the number after a long silence.
        Each message sent by itself lowers the number by one; each minute (EACH) raises it by one.
        """
        paid = max(self.paid_until or now, now)
        return max(int((now + over * EACH - paid) / EACH), 0)

    def with_sent_alone(self, count: int, now: datetime) -> Conversation:
        """Return a copy of this record after `count` more messages were sent by themselves at `now`.

        That is, not in a digest, a mail that collects several messages. Each message sent by itself lowers `room` by
        one.
        """
        paid = max(self.paid_until or now, now)
        return replace(self, paid_until=paid + count * EACH, last_at=now)

    def pause(self) -> timedelta:
        """Return the least time between two digests to the mailbox in the same storm.

        A storm is a time in which messages are gathered into digests (mails that collect several). Before the first
        digest of the storm it is 10 seconds (FIRST_PAUSE). Each digest doubles it, up to a minute (LONGEST_PAUSE).
        """
        doubled: int = 2 ** min(max(self.storm - 1, 0), 10)
        return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)

    def with_storm(self, now: datetime) -> Conversation:
        """Return this record if it has a storm, else a copy whose storm begins at `now`.

        A storm is a time in which messages to the mailbox are gathered into digests (mails that collect several),
        because there are too many to send each by itself.
        """
        if self.storm:
            return self
        named = hashlib.sha256(f"{self.id}\n{now.isoformat()}".encode()).hexdigest()[:32]
        return replace(self, thread=named, storm=1, next_at=now + FIRST_PAUSE, last_at=now)

    def leaves_at(self, now: datetime, *, pressing: bool) -> datetime:
        """Return when a digest that is begun at `now` is to be sent to the mailbox.

        A digest is a mail that collects several messages. It is sent at `next_at`, or at `now` if that is later.
        `pressing`: whether it has messages that somebody must act on. If not, it is sent at the earliest five times
        (PATIENT) the `pause` after `now`.
        """
        due = max(self.next_at or now, now)
        return due if pressing else max(due, now + PATIENT * self.pause())

    def with_new_digest(self, digest: str, leaves_at: datetime, now: datetime) -> Conversation:
        """Return a copy of this record after a new digest was begun at `now`.

        A digest is a mail that collects several messages. `digest`: its id. `leaves_at`: when it will be sent. The
        digest after it may be sent one `pause` later (`next_at`).
        """
        after = replace(self, storm=self.storm + 1, digest=digest, gathering=True, last_at=now)
        return replace(after, next_at=leaves_at + after.pause())
