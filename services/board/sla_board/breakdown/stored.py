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
    """Return a breakdown as text for the column `parts` of `board_breakdown`."""
    return orjson.dumps(
        [
            [*_names(part.holder), part.party.value, *(span // _MICROSECOND for span in _spans(part.sums))]
            for part in known.parts
        ]
    ).decode()


def breakdown_of(text: str) -> Breakdown:
    """Return the breakdown in a text of the column `parts`."""
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

    A tuple is (assignee, group, line, party, microseconds of wall-clock time). It is cheaper to read than a
    `Breakdown`, for sums over many incidents.
    """
    for assignee, group, line, party, wall, *_ in orjson.loads(text):
        yield assignee, group, line, party, wall


def going_on_text(on: GoingOn | None) -> str:
    """Return a `GoingOn` as text for the column `going_on` of `board_breakdown`. "" for None.

    A `GoingOn` states the holder and party since an incident's last event.
    """
    return "" if on is None else orjson.dumps([to_micros(on.since), *_names(on.holder), on.party, on.counts]).decode()


def going_on_of(text: str) -> GoingOn | None:
    """Return the `GoingOn` in a text of the column `going_on`, or None for "".

    A `GoingOn` states the holder and party since an incident's last event. It is None once the incident or clock has
    ended.
    """
    if not text:
        return None
    since, assignee, group, line, party, counts = orjson.loads(text)
    return GoingOn(from_micros(since), Holder(assignee, group, line), Party(party), counts)


def held_text(spans: Iterable[HolderSpan]) -> str:
    """Return the holders during a pause as text for the column `held` of `board_pause`."""
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
    """Return the holders during a pause from a text of the column `held`.

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
