"""Creating webhooks by the APIs of the ticketing systems that offer it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sla_catalogue import Dialect
from sla_standalone.cli.connect.hook import github, gitlab, linear, pagerduty
from sla_standalone.cli.connect.hook.port import HookApi, HookRefused, MadeHook

__all__ = ["HOOKS", "HookApi", "HookRefused", "MadeHook"]

HOOKS: Mapping[Dialect, HookApi] = MappingProxyType(
    {
        Dialect.GITHUB: github.API,
        Dialect.GITLAB: gitlab.API,
        Dialect.LINEAR: linear.API,
        Dialect.PAGERDUTY: pagerduty.API,
    }
)
"""Dialect -> how its webhooks are made."""
