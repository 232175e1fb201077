"""What is to be told, and to whom in words of roles. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_notifier.delivery.state import Kind
from sla_notifier.delivery.verdict import Reason
from sla_platform.wire import ClockFact, NoticeData


@dataclass(frozen=True, slots=True)
class Level:
    """Whoever holds these roles (or is one of these people) now."""

    level: int
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entitled:
    """Everybody in the contract who is to hear of critical fixes (clause H6)."""


@dataclass(frozen=True, slots=True)
class Paged:
    """Whoever was paged in this episode of the alert."""


Audience = Level | Entitled | Paged


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """`id`: the fact or notice, with level and round where it is told again; `at`: when it became true."""

    id: str
    kind: Kind
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
    cut_off: Reason | None = None  # overtaken by a later event of the same batch

    @property
    def collects(self) -> bool:
        """A digest belongs to no one incident."""
        return self.kind.collects
