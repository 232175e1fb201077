"""The facts about acts on an incident: priority corrected, escalated, rated, lower priority requested. Each once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from sla_domain.fact import (
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Fact,
    IncidentFactBody,
    PriorityCorrected,
    RatingGiven,
)
from sla_domain.incident import Correction, Escalation, Incident, PendingDowngrade, Rating
from sla_domain.published_mark import digest

OLD = timedelta(days=1)
_Act = Correction | PendingDowngrade | Escalation | Rating

_DOWNGRADE, _SETTLED = "downgrade", "settled/"


def happened_facts(incident: Incident, keys: Collection[str]) -> list[Fact]:
    """Return the unpublished facts (events to publish) about what people did to the incident.

    They are about corrected priorities (clause E8), lower priorities that wait or no longer wait for the customer's
    agreement (E9), escalations by hand (B7, B9) and ratings (B7). Nobody is notified of a fact that is marked as
    history. A fact is marked in these cases:

    - It happened before the incident ended, and slad received its event after that end.
    - It happened more than a day before slad received its event. This does not apply to a lower priority that still
      waits for agreement.
    - It happened more than a day before the incident's newest event, and other facts about the incident as a whole are
      published already.

    Args:
        keys: Keys (unique ids) of the published facts about the incident as a whole, not about its clocks. Empty for a
            new incident.
    """
    facts = []
    for name, body, one in _happened(incident):
        key = f"{name}/{digest(one.event)}"
        if key not in keys:
            old = _is_old(name, one, incident) or (bool(keys) and incident.changed_at - one.at > OLD)
            facts.append(Fact(body=body, incident=incident.id, key=key, at=one.at, history=old))
    return facts + _settled(incident, keys)


def _is_old(name: str, one: _Act, incident: Incident) -> bool:
    """Whether it lay back, or was of an incident that was over, when slad first heard of it."""
    heard, ended = one.known_since, incident.ended_at
    if heard is None:
        return False
    if ended is not None and one.at <= ended <= heard:
        return True
    return name != _DOWNGRADE and heard - one.at > OLD


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


def _happened(incident: Incident) -> Iterator[tuple[str, IncidentFactBody, _Act]]:
    for one in incident.corrections:
        yield "priority", PriorityCorrected(one.old, one.new, one.by, one.reason), one
    waits = incident.pending_downgrade
    if waits is not None:
        yield _DOWNGRADE, DowngradeProposed(waits.old, waits.new, waits.by, waits.reason), waits
    for each in incident.escalations:
        yield "escalation", EscalationMade(each.by, each.actor.value, each.to, each.reason), each
    for rating in incident.ratings:
        yield "rating", RatingGiven(rating.score, rating.by, rating.comment), rating
