"""The facts about acts on an incident: priority corrected, escalated, rated, lower priority requested. Each once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sla_domain.event import EventId
from sla_domain.fact import (
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Fact,
    IncidentFactBody,
    PriorityCorrected,
    RatingGiven,
)
from sla_domain.incident import Incident
from sla_domain.published_mark import digest

OLD = timedelta(days=1)
_DOWNGRADE, _SETTLED = "downgrade", "settled/"


def happened_facts(incident: Incident, keys: Collection[str]) -> list[Fact]:
    """Return the unpublished facts about what people did to the incident.

    These are corrections of the priority (clause E8), lower priorities that wait for the customer's agreement or no
    longer wait for it (E9), escalations by hand (B7, B9) and ratings (B7). Facts more than a day older than the
    incident's newest event are marked as history, of which nobody is notified. Corrections, lower priorities that no
    longer wait, and all facts about a new incident are never marked by this rule.

    Args:
        keys: Keys of the published facts about the incident itself. Empty for a new incident.
    """
    facts = []
    for name, event, at, body in _happened(incident):
        key = f"{name}/{digest(event)}"
        if key not in keys:
            old = bool(keys) and name != "priority" and incident.changed_at - at > OLD
            facts.append(Fact(body=body, incident=incident.id, key=key, at=at, history=old))
    return facts + _settled(incident, keys)


def _settled(incident: Incident, keys: Collection[str]) -> list[Fact]:
    """Proposals that were published and wait no more."""
    waits = incident.pending_downgrade
    standing = "" if waits is None else f"{_DOWNGRADE}/{digest(waits.event)}"
    over = sorted(key for key in keys if key.startswith(f"{_DOWNGRADE}/") and key != standing)
    return [
        Fact(body=DowngradeSettled(key), incident=incident.id, key=f"{_SETTLED}{key}", at=incident.changed_at)
        for key in over
        if f"{_SETTLED}{key}" not in keys
    ]


def _happened(incident: Incident) -> Iterator[tuple[str, EventId, datetime, IncidentFactBody]]:
    for one in incident.corrections:
        yield "priority", one.event, one.at, PriorityCorrected(one.old, one.new, one.by, one.reason)
    waits = incident.pending_downgrade
    if waits is not None:
        yield _DOWNGRADE, waits.event, waits.at, DowngradeProposed(waits.old, waits.new, waits.by, waits.reason)
    for each in incident.escalations:
        body = EscalationMade(each.by, each.actor.value, each.to, each.reason)
        yield "escalation", each.event, each.at, body
    for rating in incident.ratings:
        yield "rating", rating.event, rating.at, RatingGiven(rating.score, rating.by, rating.comment)
