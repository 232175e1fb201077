"""The JSON of a breakdown, and of who held an incident in a pause, as the board keeps them; in exact microseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson

from sla_domain.breakdown import Breakdown, GoingOn, Holder, Party, TimeSums, summed
from sla_domain.incident import HolderSpan
from sla_platform.store.types import from_micros, to_micros

_MICROSECOND = timedelta(microseconds=1)


def parts_text(known: Breakdown) -> str:
    """Return a breakdown (time divided by holder and party) as text for the column `parts` of `board_breakdown`."""
    return orjson.dumps(
        [
            [*_names(part.holder), part.party.value, *(span // _MICROSECOND for span in _spans(part.sums))]
            for part in known.parts
        ]
    ).decode()


def breakdown_of(text: str) -> Breakdown:
    """Parse the text of a column `parts`, and return the breakdown (time divided by holder and party)."""
    parts: list[list[Any]] = orjson.loads(text)
    return summed(
        (
            Holder(assignee, group, line),
            Party(party),
            TimeSums(wall * _MICROSECOND, within * _MICROSECOND, counted * _MICROSECOND),
        )
        for assignee, group, line, party, wall, within, counted in parts
    )


def wall_parts(text: str) -> Iterator[tuple[str, str, str, str, int]]:
    """Yield the parts of a breakdown as plain tuples, from a text of the column `parts`.

    A tuple is (assignee, group, support line, party, microseconds of wall-clock time). The party says who had to act.
    Sums over many incidents use these tuples, because they are cheaper to read than a `Breakdown`.
    """
    for assignee, group, line, party, wall, *_ in orjson.loads(text):
        yield assignee, group, line, party, wall


def going_on_text(on: GoingOn | None) -> str:
    """Return a `GoingOn` as text for the column `going_on` of `board_breakdown`. "" for None.

    A `GoingOn` says who has had the incident since its last event, and which party has had to act.
    """
    return "" if on is None else orjson.dumps([to_micros(on.since), *_names(on.holder), on.party, on.counts]).decode()


def going_on_of(text: str) -> GoingOn | None:
    """Return the `GoingOn` in a text of the column `going_on`, or None for "".

    A `GoingOn` says who has had the incident since its last event, and which party has had to act. There is none once
    the incident or clock has ended.
    """
    if not text:
        return None
    since, assignee, group, line, party, counts = orjson.loads(text)
    return GoingOn(from_micros(since), Holder(assignee, group, line), Party(party), counts)


def held_text(spans: Iterable[HolderSpan]) -> str:
    """Return who had the incident during a pause, as text for the column `held` of `board_pause`."""
    return orjson.dumps(
        [
            [
                span.assignee,
                span.group,
                span.line,
                to_micros(span.start),
                None if span.end is None else to_micros(span.end),
            ]
            for span in spans
        ]
    ).decode()


def held_of(text: str) -> tuple[HolderSpan, ...]:
    """Return who had the incident during a pause, in order, from a text of the column `held`.

    The last span has no end while the pause lasts.
    """
    return tuple(
        HolderSpan(assignee, group, line, from_micros(start), None if end is None else from_micros(end))
        for assignee, group, line, start, end in orjson.loads(text)
    )


def wall_until(span: HolderSpan, at: datetime) -> timedelta:
    """Return the wall-clock length of a span up to the instant `at`, at least 0."""
    return max((at if span.end is None else min(span.end, at)) - span.start, timedelta())


def _names(holder: Holder) -> tuple[str, str, str]:
    return holder.assignee, holder.group, holder.line


def _spans(sums: TimeSums) -> tuple[timedelta, timedelta, timedelta]:
    return sums.wall, sums.within, sums.counted
