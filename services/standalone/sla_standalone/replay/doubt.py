"""Local times that came twice or never at a change of offset: the instants are chosen so that events stay in order.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from sla_domain.event import EventKind, IncidentEvent, TimeQuality
from sla_standalone.replay.instant import DoubtfulInstant

_BEFORE: Mapping[EventKind, frozenset[EventKind]] = {
    EventKind.RESOLVED: frozenset({EventKind.RESPONDED, EventKind.WORKAROUND_PROVIDED}),
    EventKind.CLOSED: frozenset({EventKind.RESPONDED, EventKind.WORKAROUND_PROVIDED, EventKind.RESOLVED}),
    EventKind.CANCELLED: frozenset({EventKind.RESPONDED, EventKind.WORKAROUND_PROVIDED}),
}


def rows_in_order(instants: Sequence[datetime], versions: Sequence[int]) -> list[datetime]:
    """Return the instants of an incident's table rows, after choosing one of the two instants of each ambiguous time.

    A local time is ambiguous if it came twice because clocks were set back. Such an item of `instants` is a
    DoubtfulInstant. Its first instant is chosen, unless an earlier row has a later instant. Then its second instant is
    chosen, unless an earlier row has an instant later than that one too; in this case the first is kept.

    `versions` give the order of the rows if all versions differ and none is 0. Otherwise the rows count as sorted,
    unless their unambiguous instants show that they are not: then nothing is chosen.

    Args:
        instants: The instants of the rows. The result has the same order.
        versions: The numbers by which the mapping file sorts the rows, one for each row. 0 means unknown.
    """
    if not any(isinstance(at, DoubtfulInstant) and at.doubt.again is not None for at in instants):
        return list(instants)
    if len(set(versions)) == len(versions) and all(versions):
        order = sorted(range(len(instants)), key=versions.__getitem__)
    else:
        order = list(range(len(instants)))
        sure = [at for at in instants if not isinstance(at, DoubtfulInstant)]
        if any(later < earlier for earlier, later in pairwise(sure)):
            return list(instants)  # as they stand the rows are in no order
    meant = list(instants)
    before: datetime | None = None
    for place in order:
        read = meant[place]
        if isinstance(read, DoubtfulInstant) and before is not None:
            meant[place] = DoubtfulInstant.of(read.doubt.after(before), read.doubt)
        before = meant[place] if before is None else max(before, meant[place])
    return meant


def settle_instants(events: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """Return the events in the given order, with a plain instant in place of each DoubtfulInstant.

    A DoubtfulInstant was read from a local time that came twice or never, because clocks were changed. A time that
    never came becomes the instant at which the clocks were changed. A time that came twice has two possible instants.
    The second is used if `rows_in_order` chose it, or if an event that must come earlier is between the two. Otherwise
    the first is used.

    The opening must come before all other events. Among events without a `version`, the response and the workaround
    must come before the end, and `resolved` before `closed`.

    Each event whose instant is replaced has the quality DOUBTFUL and a warning in the result.
    """
    if not any(isinstance(event.occurred_at, DoubtfulInstant) for event in events):
        return list(events)
    opening = next((event for event in events if event.kind is EventKind.OPENED), None)
    known: list[IncidentEvent] = []
    meant: dict[str, IncidentEvent] = {}
    # What ends an incident is read last: the other events limit where it may lie.
    for event in sorted(events, key=lambda event: (event is not opening, event.kind in _BEFORE)):
        floor = [one.occurred_at for one in known if _precedes(one, event, opening)]
        meant[event.id] = one = _settled(event, floor)
        known.append(one)
    return [meant[event.id] for event in events]


def _precedes(one: IncidentEvent, event: IncidentEvent, opening: IncidentEvent | None) -> bool:
    if opening is not None and one.id == opening.id:
        return True
    # Rows have their own order (`rows_in_order`); columns of one row have that of an incident's life.
    return not event.version and not one.version and one.kind in _BEFORE.get(event.kind, frozenset())


def _settled(event: IncidentEvent, floor: Sequence[datetime]) -> IncidentEvent:
    read = event.occurred_at
    if not isinstance(read, DoubtfulInstant):
        return event
    doubt = read.doubt
    at = doubt.again if doubt.again is not None and read == doubt.again else doubt.at
    if doubt.again is not None and at != doubt.again:
        within = [known for known in floor if known <= doubt.again]
        at = doubt.after(max(within)) if within else at
    return replace(
        event, occurred_at=at, received_at=at, quality=TimeQuality.DOUBTFUL,
        warnings=(*event.warnings, f"{event.kind.value}: {doubt.doubt(at)}"),
    )  # fmt: skip
