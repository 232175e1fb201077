"""Escalation policies: who is told next, and when, if nobody acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One rung: `after` this long without acknowledgement (wall time), tell these roles or people."""

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()  # empty: the person's own addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    id: str
    levels: tuple[Level, ...]
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
