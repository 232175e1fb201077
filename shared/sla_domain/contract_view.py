"""What a key of one contract sees of an incident: what belonged to that contract then, and nothing of another's.

An incident's life falls into periods, each under one contract (`Incident.periods`). The rules:

* Events, facts and clocks belong to the contract in whose period they lie. A key sees its own.
* When the incident has moved to another contract, the key sees it as of the move: later events are not read.
* Attributes outlive a move: the title set under one contract is, from the move on, that of the next one's incident.
* The default contract applies while no customer's own contract is known. Once one is known, the time before is its
  too: the periods before the first named contract belong to that contract as well as to the default one.
* A period of no length is a correction, and belongs to the one that follows.
* Events of an incident that was merged into this one are read, since clocks follow from them, and never shown: they
  belong to another ticket. The same holds for a linked ticket that names another customer.
* A clock that runs across a move belongs to both. Words of the other contract's people (reasons, names, remarks) are
  left out; instants and states stay, since the due instant follows from them.

The board and the answers of timer and ingest all use this filter, which is computed anew when a late event moves a
period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sla_domain.event import LINKING, EventId, IncidentEvent, IncidentId
from sla_domain.fold.agreement import NOT_SHOWN, customer_agreed
from sla_domain.fold.order import timeline
from sla_domain.incident import ContractPeriod, HolderSpan, Incident
from sla_domain.phase_state import with_author_decided


@dataclass(frozen=True, slots=True)
class ContractShare:
    """Which periods of an incident belong to one contract.

    A period is a span of time in which one contract applied to the incident. The methods return which clocks, facts
    (published events) and alerts an API key of that contract may read.
    """

    contract: str
    """Id of the contract."""
    periods: tuple[ContractPeriod, ...]
    """All periods of the incident."""
    own: tuple[bool, ...]
    """For each of `periods`, whether it belongs to the contract."""

    @property
    def whole(self) -> bool:
        """Return whether every period of the incident belongs to this contract."""
        return all(self.own)

    def has_clock(self, start: datetime | None, end: datetime | None) -> bool:
        """Return whether a clock that ran in `[start, end)` overlaps a period of this contract.

        Args:
            start: When the clock started. None if not known; the clock is then treated as started before all periods.
            end: When the clock ended. None if the clock has not ended.
        """
        for number, period in enumerate(self.periods):
            if not self.own[number]:
                continue
            over = self._end(number)
            begins_before = start is None or over is None or start < over
            ends_after = end is None or period.start < end or number == 0 or start == end == period.start
            if begins_before and ends_after:
                return True
        return False

    def has_fact(self, label: str, at: datetime) -> bool:
        """Return whether an API key of this contract may read a fact (published event) that became true at `at`.

        The key may read the fact if `has_label` returns True and `at` does not lie inside a period of another contract.
        The instants at which such a period starts and ends do not count as inside.

        Args:
            label: Id of the contract under which the fact was published.
        """
        inside = [
            self.own[number] for number, period in enumerate(self.periods)
            if period.start < at and ((over := self._end(number)) is None or at < over)
        ]  # fmt: skip
        return self.has_label(label, at) and all(inside)

    def has_label(self, label: str, at: datetime) -> bool:
        """Return whether an API key of this contract may read an alert or message delivery that was created at `at`.

        The result is True in two cases:

        1. The alert or delivery names this contract.
        2. The alert or delivery names the contract that applied at `at`, and the time at `at` belongs to this contract
           (see `own`). For example, time under the default contract may belong to this contract. Both ends of a period
           count.

        Args:
            label: Id of the contract that the alert or delivery names.
        """
        if label == self.contract:
            return True
        return any(
            own and period.contract == label and period.start <= at and ((over := self._end(n)) is None or at <= over)
            for n, (own, period) in enumerate(zip(self.own, self.periods, strict=True))
        )

    def parts_of(self, spans: Iterable[HolderSpan]) -> tuple[HolderSpan, ...]:
        """Return those parts of `spans` that lie in time that belongs to this contract, in the same order.

        Args:
            spans: Who had the incident (assignee, group and support line), each with a start and an end.
        """
        parts: list[HolderSpan] = []
        for span in spans:
            for number, period in enumerate(self.periods):
                start = span.start if number == 0 else max(span.start, period.start)
                end = min((one for one in (span.end, self._end(number)) if one is not None), default=None)
                if self.own[number] and (end is None or start < end):
                    parts.append(replace(span, start=start, end=end))
        return tuple(parts)

    def _end(self, number: int) -> datetime | None:
        return self.periods[number + 1].start if number + 1 < len(self.periods) else None


@dataclass(frozen=True, slots=True)
class ContractView:
    """What an API key that is limited to one contract may see of an incident."""

    share: ContractShare
    """The periods of the incident that belong to the contract."""
    events: tuple[IncidentEvent, ...]
    """The events from which to compute the incident that the method `of` takes. Events of other contracts' periods are
    included, without what people wrote."""
    own: frozenset[EventId]
    """Ids of the events that may be shown."""
    until: datetime | None
    """When the incident left the contract. None if the incident is still under it."""

    @property
    def everything(self) -> bool:
        """Return whether the API key may see all of the incident: every period and every event.

        Events copied from merged incidents are never shown, but do not make the result False.
        """
        own = all(event.id in self.own or event.carried_from is not None for event in self.events)
        return self.until is None and self.share.whole and own

    @property
    def events_complete(self) -> bool:
        """Return whether the API key may see every event that the incident is computed from.

        Events copied from merged incidents are never shown, so the result is False if the incident has one. If the
        result is True, `shown` returns this view's `events` unchanged.
        """
        return self.everything and all(event.carried_from is None for event in self.events)

    def shown(self, events: Iterable[IncidentEvent]) -> list[IncidentEvent]:
        """Return those of `events` that the API key may see, in their order.

        Events copied from merged incidents are left out. If the key may not see all of the incident, the `snapshot` of
        each event is removed, as this state of the whole ticket may include data of another contract.
        """
        whole = self.everything
        return [
            event if whole or event.snapshot is None else replace(event, snapshot=None)
            for event in events
            if event.id in self.own and event.carried_from is None
        ]

    def of(self, incident: Incident) -> Incident:
        """Return a copy of the incident that has only what belongs to this contract's time.

        Clocks, holders (who had the incident) and remarks (odd facts for people to see) of other times are left out.

        Args:
            incident: The incident, computed from this view's `events`.
        """
        if self.everything:
            return incident
        clocks = (clock for clock in incident.clocks if self.share.has_clock(clock.started_at, clock.stopped_at))
        remarks = (remark for remark in incident.remarks if remark.event in self.own)
        holders = self.share.parts_of(incident.holders)
        return replace(incident, clocks=tuple(clocks), remarks=tuple(remarks), holders=holders)

    def as_of(self, at: datetime) -> datetime:
        """Return `at`, or the instant at which the incident left the contract if that is earlier."""
        return at if self.until is None else min(at, self.until)


def contract_share(periods: Sequence[ContractPeriod], contract: str) -> ContractShare | None:
    """Return which periods of an incident belong to one contract, or None if none does.

    A period belongs to the contract that applied in it. There are two exceptions:

    1. The periods before the first one in which the customer's own contract applied (`named`). In these, the default
       contract applied. They belong to the customer's contract.
    2. A period without length. It belongs to the contract of the next period.

    Args:
        periods: The contracts of the incident, each with the instant from which it applied.
        contract: Id of the contract.
    """
    # A period of no length is a correction: at its instant the contract in force is the next one.
    held: list[ContractPeriod] = []
    for period in reversed(periods):
        held.append(held[-1] if held and held[-1].start == period.start else period)
    held.reverse()
    first = next((number for number, period in enumerate(held) if period.named), len(held))
    inherits = first < len(held) and held[first].contract == contract
    own = tuple(period.contract == contract or (inherits and number < first) for number, period in enumerate(held))
    return ContractShare(contract, tuple(periods), own) if any(own) else None


def contract_view(
    events: Iterable[IncidentEvent], periods: Sequence[ContractPeriod], contract: str, *, complete: bool = True
) -> ContractView | None:
    """Return what an API key of one contract may see of an incident, or None if it may see nothing.

    An event that names another customer than its period is not shown, and neither is any later event.

    Args:
        periods: The incident's contracts, each with the instant from which it applied. They may have been computed
            before the newest events.
        contract: Id of the contract.
        complete: Whether `events` are all events of the incident. If False, the event with which a period began may be
            missing; an event is then assigned to a period by its instant.
    """
    share = contract_share(periods, contract)
    known = list(events)
    line = timeline(known)
    rows, linked = line.rows(), line.linked
    if share is None:
        return None
    counted = rows if linked is None else [(linked.of_the_incident(event), at) for event, at in rows]
    places = _places(counted, periods, complete)
    mine = [place is not None and share.own[place] for place in places]
    hidden = frozenset[IncidentId]() if linked is None else linked.of_others
    if not any(mine):
        return None
    last = max(number for number, own in enumerate(mine) if own)
    read, stated = [], dict[str, str]()
    for (event, _), own in zip(rows[: last + 1], mine, strict=False):
        if event.carried_from is not None:
            continue
        read.append(event if own and event.said_as not in hidden else _without_words(event, stated))
        stated.update(event.attributes)
    read += [event for event in known if event.carried_from is not None and event.occurred_at <= rows[last][1]]
    links = [event for event in known if event.kind in LINKING]
    read += links
    until = rows[last + 1][1] if last + 1 < len(rows) else None
    own_ids = frozenset(
        event.id for (event, _), own in zip(rows, mine, strict=True) if own and event.said_as not in hidden
    ).union(link.id for link in links if link.known_as not in hidden)
    return ContractView(share, tuple(read), own_ids, until)


def _places(
    rows: Sequence[tuple[IncidentEvent, datetime]], periods: Sequence[ContractPeriod], complete: bool
) -> list[int | None]:
    """For each event the number of its period; None from where the periods do not say."""
    read_at = {event.id: at for event, at in rows}
    begins = {p.event: number for number, p in enumerate(periods) if p.start <= read_at.get(p.event, p.start)}
    # Periods begun by events that are not given (too old to be, or not here yet), or by what a ticket's snapshot said
    # after its event. Their instant must do.
    absent = [
        (period.start, number)
        for number, period in enumerate(periods)
        if (period.start > read_at[period.event] if period.event in read_at else not complete)
    ]
    place: int | None = None
    unknown = False
    places: list[int | None] = []
    for event, at in rows:
        place = begins.get(event.id, place)
        while absent and absent[0][0] <= at:
            number = absent.pop(0)[1]
            place = number if place is None else max(place, number)
        customer = event.attributes.get("customer")
        if place is None:
            unknown = True
        elif customer is not None and periods[place].event != event.id:  # its own period is what came of it
            unknown = unknown or customer != periods[place].customer
        places.append(None if unknown else place)
    return places


def _without_words(event: IncidentEvent, stated: Mapping[str, str]) -> IncidentEvent:
    """What the event does to clocks, without what people wrote in it. `stated`: the attributes before it."""
    event = with_author_decided(event, stated)  # as the fold would read it by the names
    agreed, attributes = event.agreed, event.attributes
    if agreed is not None:
        # Whether an agreement counts follows from whose word it is, not from the names.
        counts = customer_agreed(event, agreed.agreed_by)
        agreed = replace(agreed, agreed_by=NOT_SHOWN if counts and agreed.agreed_by else "", reason="")
    if "agreed_by" in attributes:
        counts = customer_agreed(event, attributes["agreed_by"])
        attributes = {**attributes, "agreed_by": NOT_SHOWN if counts and attributes["agreed_by"] else ""}
    return replace(event, actor_name="", actor_id="", attributes=attributes, reason="", warnings=(), agreed=agreed)
