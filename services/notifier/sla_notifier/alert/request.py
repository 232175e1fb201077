"""What people are to be notified of, and who they are in terms of roles. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact, NoticeData


@dataclass(frozen=True, slots=True)
class LevelRecipients:
    """Recipients of an escalation level: who holds these roles or has these ids when the message is addressed.

    `channels`: the channels to use; none: each person's own addresses.
    """

    level: int
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntitledRecipients:
    """Recipients of a critical fix: the contract's people who get such notices (clause H6, docs/clauses.md)."""


@dataclass(frozen=True, slots=True)
class PagedRecipients:
    """Recipients of a closing message: the people who were paged in this episode of the alert."""


Audience = LevelRecipients | EntitledRecipients | PagedRecipients


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRequest:
    """Something to notify people of, before it is known who they are.

    `id` is that of the fact or notice; pages after the first add round and level. `at`: when it became true.
    """

    id: str
    kind: MessageKind
    at: datetime
    contract: str
    content: ClockFact | NoticeData
    audience: tuple[Audience, ...]
    alert: str = ""
    episode: int = 0
    round: int = 0
    level: int = 0
    outcome: str = ""  # of a closing: met, missed, cancelled, taken_back
    due_at: datetime | None = None  # what was promised
    cancel_reason: UnsentReason | None = None  # overtaken by a later event of the same batch

    @property
    def collects(self) -> bool:
        """Return whether the request is for a digest, which belongs to no single incident."""
        return self.kind.collects
