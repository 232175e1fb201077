"""Somebody who orders what a test does by calling a service's own code."""

from __future__ import annotations

from sla_platform.audit.act import ActorKind, AuditActor, Command

OPS = Command(AuditActor(ActorKind.KEY, "ops"))
