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
    """Return the id of the conversation with a person at an address, such as `email:a@b`."""
    return hashlib.sha256(f"{person}\n{address}".encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The state of everything sent to one mailbox: when messages leave alone, and when digests gather them.

    `storm`: the number of digests in the present storm, 0 without one; `thread`: its mails' thread. `digest`: the last
    digest, "" without one; `gathering`: whether it has not left yet. The next one leaves at `next_at` at the earliest.
    `paid_until`: the further ahead, the less of the allowance of single messages is left; None: all of it.
    """

    id: str
    thread: str = ""
    storm: int = 0
    digest: str = ""
    gathering: bool = False
    next_at: datetime | None = None
    paid_until: datetime | None = None
    last_at: datetime

    def at(self, now: datetime, over: int) -> Conversation:
        """Return the conversation as of `now`: a storm ends after CALM without a message.

        `over`: the size of the allowance of single messages. Instants too far ahead, which a wrong clock wrote, are
        ignored.
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
        """Return how many messages may be sent alone now, of an allowance of `over` messages that refills with time."""
        paid = max(self.paid_until or now, now)
        return max(int((now + over * EACH - paid) / EACH), 0)

    def alone(self, count: int, now: datetime) -> Conversation:
        """Return the conversation after `count` messages that are sent alone at `now`."""
        paid = max(self.paid_until or now, now)
        return replace(self, paid_until=paid + count * EACH, last_at=now)

    def pause(self) -> timedelta:
        """Return the time between this digest of the storm and the next; it doubles with each, up to a bound."""
        doubled: int = 2 ** min(max(self.storm - 1, 0), 10)
        return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)

    def stormy(self, now: datetime) -> Conversation:
        """Return the conversation in a storm: unchanged if there is one, else with one that begins at `now`."""
        if self.storm:
            return self
        named = hashlib.sha256(f"{self.id}\n{now.isoformat()}".encode()).hexdigest()[:32]
        return replace(self, thread=named, storm=1, next_at=now + FIRST_PAUSE, last_at=now)

    def leaves_at(self, now: datetime, *, pressing: bool) -> datetime:
        """Return when a digest that begins at `now` leaves; later unless it holds something to act on (`pressing`)."""
        due = max(self.next_at or now, now)
        return due if pressing else max(due, now + PATIENT * self.pause())

    def opened(self, digest: str, leaves_at: datetime, now: datetime) -> Conversation:
        """Return the conversation after the digest with this id has begun; it leaves at `leaves_at`."""
        after = replace(self, storm=self.storm + 1, digest=digest, gathering=True, last_at=now)
        return replace(after, next_at=leaves_at + after.pause())
