"""Somebody who orders what a test does by calling a service's own code."""

from __future__ import annotations

from sla_platform.audit.act import Actor, ActorKind, Command

OPS = Command(Actor(ActorKind.KEY, "ops"))
