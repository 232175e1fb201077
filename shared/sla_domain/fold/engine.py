"""The fold: all events of one incident, in any order and number of copies → the incident as it stands (DESIGN §2.2).

A pure function of the events and the rulebook: the same end state whatever the order, duplication or delay (I6). It
never fails on what an event says; what is odd becomes a remark. Nobody answers themselves: a response of somebody
unknown who bears the reporter's name is the customer's word. A sender that says "staff" is believed, because a
service desk opens tickets for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sla_domain.event import Actor, EventKind, IncidentEvent
from sla_domain.fold.finish import clock_of
from sla_domain.fold.order import Timeline, timeline
from sla_domain.fold.story import Story
from sla_domain.fold.track import STRUCTURAL, Track
from sla_domain.incident import Exemption, Incident, Remark, RemarkKind
from sla_domain.rulebook import ContractMatch, Rulebook


def fold(events: Iterable[IncidentEvent], rulebook: Rulebook, contract: ContractMatch | None = None) -> Incident:
    """The incident of these events. `contract` overrides the match by customer (previews).

    Raises NoEvents or MixedIncidents, and nothing else.
    """
    line = timeline(events)
    agreed = frozenset(event.agreed.metric for event, _ in line.following if event.agreed is not None)
    story, tracks = laid_out(line.opening, rulebook, contract, line.opened_at, agreed)
    for remark in line.remarks:
        story.remark(remark)
    entitlement = story.entitlement
    for event, at in line.following:
        if event.kind is EventKind.RESPONDED and event.actor is Actor.UNKNOWN and story.is_reporter(event.actor_name):
            event = replace(event, kind=EventKind.CUSTOMER_REPLIED, actor=Actor.CUSTOMER)
        story.read(event, at)
        if story.entitlement is not entitlement:
            entitlement = story.entitlement
            _lay(tracks, story, rulebook, agreed)
        kind = event.kind
        concerns_all = story.rematch or kind in STRUCTURAL
        for track in tracks.values():
            if concerns_all or kind in track.metric.reactions:
                track.read(tracks)
        if kind is EventKind.TARGET_AGREED:
            _remark_agreed(event, story, tracks)
    return _incident(line, story, tracks)


def laid_out(
    opening: IncidentEvent,
    rulebook: Rulebook,
    contract: ContractMatch | None = None,
    at: datetime | None = None,
    agreed: frozenset[str] = frozenset(),
) -> tuple[Story, dict[str, Track]]:
    """The incident just opened, with a track per metric and the clocks that the opening starts.

    `agreed` are metrics for which a date will be agreed: they are tracked even where the plan has no row.
    """
    story = Story(rulebook, opening, at or opening.occurred_at, contract)
    tracks: dict[str, Track] = {}
    _lay(tracks, story, rulebook, agreed)
    for track in tracks.values():
        track.open(opening)
    return story, tracks


def _lay(tracks: dict[str, Track], story: Story, rulebook: Rulebook, agreed: frozenset[str]) -> None:
    """A track for each metric of the plan in force, those first that others wait for."""
    timed = story.entitlement.metrics
    for metric in story.entitlement.plan.reading_order if agreed else timed:
        if agreed and metric not in timed and metric.id not in agreed:
            continue
        track = tracks.get(metric.id)
        if track is None:
            tracks[metric.id] = Track(metric, story, rulebook.calendars)
        else:
            track.metric = metric


def _remark_agreed(event: IncidentEvent, story: Story, tracks: dict[str, Track]) -> None:
    agreed = event.agreed
    metric = agreed.metric if agreed is not None else ""
    track = tracks.get(metric)
    if agreed is None or track is None or track.current is None or track.current.agreed is not agreed:
        text = f"a date was agreed for {metric or 'no metric'}, which has no open clock"
        story.remark(Remark(RemarkKind.AGREED_WITHOUT_CLOCK, text, event.id))


def _incident(line: Timeline, story: Story, tracks: dict[str, Track]) -> Incident:
    incident, until = line.opening.incident, story.at
    clocks = []
    for track in tracks.values():
        exempt = _exemption(story, track.metric.id) if story.exemptions else None
        for tally in track.tallies:
            clock = clock_of(tally, incident, until, exempt)
            if clock is not None:
                clocks.append(clock)
            if tally.trouble is not None:
                story.remark(Remark(RemarkKind.UNREACHABLE_TARGET, f"{track.metric.id}: {tally.trouble}"))
    return Incident(
        id=incident,
        phase=story.phase,
        attributes=story.attributes,
        match=story.entitlement.match,
        plan=story.entitlement.plan.id,
        scope=story.entitlement.scope,
        opened_at=line.opened_at,
        opened_quality=line.opening.quality,
        opened_by=line.opening.actor,
        changed_at=until,
        ended_at=story.ended_at,
        priority=story.priority,
        priorities=story.priorities.history(),
        periods=tuple(story.periods),
        quality=story.quality,
        pending_downgrade=story.priorities.pending,
        corrections=tuple(story.priorities.corrections),
        holders=story.held(),
        waits=tuple(story.waits),
        escalations=tuple(story.escalations),
        ratings=tuple(story.ratings),
        exemptions=tuple(story.exemptions),
        merged_into=story.merged_into,
        remarks=_remarks(story),
        clocks=tuple(clocks),
    )


def _exemption(story: Story, metric: str) -> Exemption | None:
    """The last exemption that speaks of this metric, or of all."""
    return next((e for e in reversed(story.exemptions) if not e.metrics or metric in e.metrics), None)


def _remarks(story: Story) -> tuple[Remark, ...]:
    pending = story.priorities.pending
    if pending is not None:
        text = f"{pending.old} to {pending.new} waits for the customer's agreement"
        story.remark(Remark(RemarkKind.DOWNGRADE_PENDING, text, pending.event))
    return tuple(story.remarks)
