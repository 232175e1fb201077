"""Escalation policies as a catalogue writes them: the domain's, with the names and channels of each level kept.

A level tells names; a name is a role, or a person where somebody is called so and no role is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sla_domain import escalation


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueLevel(escalation.Level):
    """`tell` holds roles and people in the order written."""

    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()  # empty: the person's own addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePolicy(escalation.Policy):
    """An escalation policy as written, with its titles and its clause."""

    levels: tuple[CatalogueLevel, ...]
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clause: str = ""
