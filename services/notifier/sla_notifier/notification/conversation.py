"""One mail address over time: how many messages it gets by themselves, and when a storm becomes a conversation. Pure.

At peace every message leaves at once, `over` of them in a burst and one a minute after it. What comes faster is a
storm: its first message leaves at once, the rest is gathered and leaves as a digest after a pause that grows while it
lasts. Every digest of a storm refers to the same thread. After `CALM` without a message there is peace again.
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
    """The key of the conversation with a person at an address (`email:a@b`)."""
    return hashlib.sha256(f"{person}\n{address}".encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """`storm` counts the digests of the storm, 0 at peace; `digest` is the last one, `gathering` says that it has not
    left yet; the next one leaves at `next_at` at the earliest; `paid_until` is what the messages sent by themselves
    have used up of the span that one a minute gives them."""

    id: str
    thread: str = ""
    storm: int = 0
    digest: str = ""
    gathering: bool = False
    next_at: datetime | None = None
    paid_until: datetime | None = None
    last_at: datetime

    def at(self, now: datetime, over: int) -> Conversation:
        """As it is now: after a calm the storm is over. What lies further ahead than it ever can was written by a clock
        that was wrong, and counts for nothing."""
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
        """How many messages may leave by themselves now."""
        paid = max(self.paid_until or now, now)
        return max(int((now + over * EACH - paid) / EACH), 0)

    def alone(self, count: int, now: datetime) -> Conversation:
        """After `count` messages that leave by themselves."""
        paid = max(self.paid_until or now, now)
        return replace(self, paid_until=paid + count * EACH, last_at=now)

    def pause(self) -> timedelta:
        """From one digest of the storm to the next."""
        doubled: int = 2 ** min(max(self.storm - 1, 0), 10)
        return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)

    def stormy(self, now: datetime) -> Conversation:
        """A storm begins, unless there is one: its name, and when what is gathered may leave."""
        if self.storm:
            return self
        named = hashlib.sha256(f"{self.id}\n{now.isoformat()}".encode()).hexdigest()[:32]
        return replace(self, thread=named, storm=1, next_at=now + FIRST_PAUSE, last_at=now)

    def leaves_at(self, now: datetime, *, pressing: bool) -> datetime:
        """When the digest that gathers from now on leaves: sooner when somebody must act on something in it."""
        due = max(self.next_at or now, now)
        return due if pressing else max(due, now + PATIENT * self.pause())

    def opened(self, digest: str, leaves_at: datetime, now: datetime) -> Conversation:
        """`digest` gathers from now on."""
        after = replace(self, storm=self.storm + 1, digest=digest, gathering=True, last_at=now)
        return replace(after, next_at=leaves_at + after.pause())
