"""`escalations` → policies of levels.

A level that notifies nobody, or that comes no later than the one before, is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from sla_catalogue.assembly_context import Context
from sla_catalogue.channel import channel_kinds
from sla_catalogue.document.escalation import AcknowledgementDocument, HoldDocument, LevelDocument, PolicyDocument
from sla_catalogue.problem import Path
from sla_domain.escalation import AckExpiry, EscalationPolicy, HoldTerms, PolicyLevel

_SHORTEST = timedelta(minutes=1)
_ALL = 100  # percent


def build_escalations(context: Context) -> Mapping[str, EscalationPolicy]:
    """Build the escalation policies (whom to notify, in levels) of the section `escalations`, by id.

    Mistakes are added to `context.findings`: a policy without levels, a level that notifies nobody, a level whose delay
    is not longer than that of the level before, an unknown channel, and an acknowledgement that never expires or that
    expires at once.
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
            acknowledgement=None if document.acknowledgement is None else _expiry(document.acknowledgement),
            hold=None if document.hold is None else _hold(document.hold),
            clause=document.clause,
        )
    return MappingProxyType(found)


def _level(document: LevelDocument) -> PolicyLevel:
    return PolicyLevel(
        after=document.after, tell=tuple(document.tell), channels=tuple(document.channels), kind=document.kind
    )


def _expiry(document: AcknowledgementDocument) -> AckExpiry:
    left = tuple(int(each) for each in document.at_left)
    return AckExpiry(after=document.expires, at_next_level=document.at_next_level, left=left, times=document.times)


def _hold(document: HoldDocument) -> HoldTerms:
    leaves = document.leaves
    return HoldTerms(share=leaves) if isinstance(leaves, int) else HoldTerms(span=leaves)


def _check(document: PolicyDocument, path: Path, context: Context) -> None:
    findings = context.findings
    personal = {kind.name for kind in channel_kinds() if kind.personal}
    if not document.levels:
        hint = "levels: [{after: 0m, tell: on_call}]"
        findings.error(path, "no-levels", f"the escalation {path[1]!r} has no levels", hint)
    if document.acknowledgement is not None:
        _check_acknowledgement(document.acknowledgement, (*path, "acknowledgement"), context)
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


def _check_acknowledgement(document: AcknowledgementDocument, path: Path, context: Context) -> None:
    for index, share in enumerate(document.at_left):
        if share != int(share) or not 1 <= share < _ALL:
            message = f"{share}% of the time left is no share at which an acknowledgement can expire"
            context.findings.error((*path, "at_left", index), "share", message, "whole percents from 1% to 99%")
    if document.expires is None and not document.at_next_level and not document.at_left:
        message = "the acknowledgement never expires"
        context.findings.error(path, "never-expires", message, "expires: 2h; or leave `acknowledgement` out")
    elif document.expires is not None and document.expires < _SHORTEST:
        message = "an acknowledgement that expires within a minute lets nobody work"
        context.findings.error((*path, "expires"), "expires-at-once", message, "expires: 2h")
