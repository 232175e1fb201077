"""`escalations` → policies of levels.

A level that notifies nobody, or that comes no later than the one before, is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sla_catalogue.assembly_context import Context
from sla_catalogue.channel import channel_kinds
from sla_catalogue.document.escalation import LevelDocument, PolicyDocument
from sla_catalogue.problem import Path
from sla_domain.escalation import EscalationPolicy, PolicyLevel


def build_escalations(context: Context) -> Mapping[str, EscalationPolicy]:
    """Build the escalation policies (whom to notify, in levels) of the section `escalations`, by id.

    Policies without levels, levels that notify nobody, levels no later than the level before, and unknown channels are
    reported to `context.findings`.
    """
    found: dict[str, EscalationPolicy] = {}
    for name, document in context.document.escalations.items():
        _check(document, ("escalations", name), context)
        found[name] = EscalationPolicy(
            id=name,
            levels=tuple(map(_level, document.levels)),
            repeat=document.repeat,
            pause=document.pause,
            titles=MappingProxyType(dict(document.title)),
            clause=document.clause,
        )
    return MappingProxyType(found)


def _level(document: LevelDocument) -> PolicyLevel:
    return PolicyLevel(
        after=document.after, tell=tuple(document.tell), channels=tuple(document.channels), kind=document.kind
    )


def _check(document: PolicyDocument, path: Path, context: Context) -> None:
    findings = context.findings
    personal = {kind.name for kind in channel_kinds() if kind.personal}
    if not document.levels:
        hint = "levels: [{after: 0m, tell: on_call}]"
        findings.error(path, "no-levels", f"the escalation {path[1]!r} has no levels", hint)
    for index, level in enumerate(document.levels):
        where = (*path, "levels", index)
        if index and level.after <= document.levels[index - 1].after:
            message = "a level comes no later than the one before it"
            findings.error((*where, "after"), "levels-order", message, "order them by time")
        if not level.tell:
            findings.error(where, "level-silent", "the level tells nobody", "tell: on_call")
        for channel in level.channels:
            if channel not in personal:
                context.has_entry("channels", channel, (*where, "channels"), "channel")
