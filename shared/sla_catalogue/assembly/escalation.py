"""`escalations` → policies of levels; a policy that tells nobody, or later levels that come earlier, are mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sla_catalogue.assembly.context import Context
from sla_catalogue.document.escalation import PolicyDocument
from sla_catalogue.escalation import Level, Policy
from sla_catalogue.problem import Path


def build_escalations(context: Context) -> Mapping[str, Policy]:
    found: dict[str, Policy] = {}
    for name, document in context.document.escalations.items():
        _check(document, ("escalations", name), context)
        levels = [
            Level(after=level.after, tell=tuple(level.tell), channels=tuple(level.channels))
            for level in document.levels
        ]
        found[name] = Policy(id=name, levels=tuple(levels), titles=MappingProxyType(dict(document.title)))
    return MappingProxyType(found)


def _check(document: PolicyDocument, path: Path, context: Context) -> None:
    findings = context.findings
    if not document.levels:
        hint = "levels: [{after: 0m, tell: on_call}]"
        findings.error(path, "no-levels", f"the escalation {path[1]!r} has no levels", hint)
    for index, (level, following) in enumerate(zip(document.levels, document.levels[1:], strict=False), start=1):
        if following.after <= level.after:
            where = (*path, "levels", index, "after")
            findings.error(where, "levels-order", "a level comes no later than the one before it", "order them by time")
    for index, level in enumerate(document.levels):
        for channel in level.channels:
            if channel != "email":
                context.known("channels", channel, (*path, "levels", index, "channels"), "channel")
