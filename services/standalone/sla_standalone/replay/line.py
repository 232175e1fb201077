"""Events from JSON lines: CloudEvents 1.0 as ingest accepts them, or as slad publishes them on the bus."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from sla_catalogue.source import Dialect, Source, SourceId
from sla_domain.bounds import within_reach
from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId, TimeQuality
from sla_ingest.dialect import DoesNotFit
from sla_ingest.dialect.canonical import event_draft, kind_of
from sla_ingest.dialect.cloudevents import UNDESCRIBED, source_name
from sla_ingest.dialect.instant import BadInstant, OutOfReach, parse_instant
from sla_ingest.dialect.port import ClaimedTime, EventDraft
from sla_ingest.dialect.read import identifier_text
from sla_platform.wire.incident import SOURCE as FROM_SLAD
from sla_standalone.replay.life import IncidentLife, Reject

Numbered = tuple[int, bytes]
# What nearly every line has; the many other shapes of time take the long way.
_USUAL = re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)

_STAMP = ClaimedTime(
    at=None, quality=TimeQuality.EXACT
)  # the translation reads no time: a line's own is read beside it
_SHORT = 200  # bytes of data
_REMEMBERED = 10_000


class BadLine(ValueError):
    """Raised when a line of a log is not an event of an incident. The message says why."""


@dataclass(frozen=True, slots=True)
class VerdictAttribute:
    """The attribute in which the events of a log have another system's verdict on a metric.

    The case of the values does not matter. Unknown values are ignored.
    """

    attribute: str
    """The attribute's name."""
    metric: str = "resolution"
    """The id of the judged metric."""
    met: frozenset[str] = frozenset({"true", "met", "yes", "1"})
    """The attribute's values for a met target, in lower case."""
    missed: frozenset[str] = frozenset({"false", "missed", "breached", "no", "0"})
    """The attribute's values for a missed target, in lower case."""


class LineReader:
    """Translates JSON lines (CloudEvents) to events, as the ingest service does with received events.

    Args:
        sources: The sources of the catalogue. Lines of any other source must have slad's own field names.
        claimed: The attribute with another system's verdict. None if there is no such attribute.
    """

    def __init__(self, sources: Mapping[SourceId, Source], claimed: VerdictAttribute | None = None) -> None:
        self.claimed = claimed
        self._sources: Callable[[str], Source] = _Sources(sources)
        self._named_before = lru_cache(maxsize=_REMEMBERED)(self._named)
        self._told_before = lru_cache(maxsize=_REMEMBERED)(self._translated)

    def incident_of(self, line: bytes) -> str:
        """Return the id of the line's incident, such as `jira:OPS-7`.

        Raises:
            BadLine: The line names no incident.
        """
        return self._speaks_of(_parsed(line))[0]

    def life(self, incident: str, lines: Sequence[Numbered]) -> IncidentLife:
        """Return the events of one incident, given its lines as pairs (number, line).

        A line that is not an event known to slad is put into `rejects` of the result.
        """
        events: list[IncidentEvent] = []
        rejects: list[Reject] = []
        for number, line in lines:
            try:
                events.append(self.event(line))
            except BadLine as error:
                rejects.append(Reject(number, str(error), line[:500].decode("utf-8", "replace")))
        return IncidentLife(
            incident=IncidentId(incident), events=tuple(events), claims=self._claims(events), rejects=tuple(rejects)
        )

    def event(self, line: bytes) -> IncidentEvent:
        """Return the incident event in one JSON line.

        Raises:
            BadLine: The line is not an event.
        """
        value = _parsed(line)
        incident, source = self._speaks_of(value)
        type_, data = value.get("type", ""), value.get("data") or {}
        kind = kind_of(type_ if isinstance(type_, str) else str(type_))
        if kind is None:
            raise BadLine(f"type {str(value.get('type'))[:100]!r} is none of slad's")
        if not isinstance(data, dict):
            raise BadLine("data is not an object")
        at = _instant(value, "time", data)
        received = _instant(data, "received_at", {}) if "received_at" in data else at
        if at is None or received is None:
            raise BadLine("the event has no time")
        try:
            what = self._told(kind, data, source)
        except DoesNotFit as unfit:
            raise BadLine(f"{unfit.refused.pointer}: {unfit.refused.detail}") from None
        return IncidentEvent(
            id=EventId(str(value.get("id") or "") or f"{incident}/{kind.value}/{at.isoformat()}"),
            incident=IncidentId(incident),
            kind=kind,
            occurred_at=at,
            received_at=received,
            source=source.id,
            quality=what.stamp.quality,
            version=what.stamp.version,
            actor=what.actor,
            actor_name=what.actor_name,
            attributes=what.attributes,
            waiting_on=what.waiting_on,
            agreed=what.agreed,
            merged_into=what.merged_into,
            metrics=what.metrics,
            score=what.score,
            reason=what.reason,
            history=what.history,
        )

    def _told(self, kind: EventKind, data: dict[str, Any], source: Source) -> EventDraft:
        """Return the draft of an event, from a cache where possible: most lines of a log repeat the same few."""
        if "received_at" in data or "occurred_at" in data:
            return event_draft(kind, data, _STAMP, source)
        written = orjson.dumps(data)
        if len(written) > _SHORT:
            return event_draft(kind, data, _STAMP, source)
        return self._told_before(kind, written, source.id)

    def _translated(self, kind: EventKind, written: bytes, source: str) -> EventDraft:
        return event_draft(kind, orjson.loads(written), _STAMP, self._sources(source))

    def _speaks_of(self, value: Mapping[str, Any]) -> tuple[str, Source]:
        """Return the incident, by slad's id, and its source. Raises BadLine."""
        subject, written = value.get("subject"), value.get("source")
        usual = isinstance(subject, str) and isinstance(written, str)
        found = self._named_before(subject, written) if usual else self._named(subject, written)
        if found is None:
            data = value.get("data")
            found = self._named(data.get("incident"), written) if isinstance(data, dict) else None
        if found is None:
            raise BadLine("the event has no subject: it is the id of the incident")
        return found

    def _named(self, subject: object, written: object) -> tuple[str, Source] | None:
        own, sender = identifier_text(subject), identifier_text(written)
        if not own:
            return None
        if sender == FROM_SLAD:
            return own, self._sources(own.partition(":")[0] if ":" in own else "events")
        source = self._sources(_name(sender))
        return f"{source.id}:{own.removeprefix(f'{source.id}:')}", source

    def _claims(self, events: Sequence[IncidentEvent]) -> Mapping[str, bool]:
        claimed = self.claimed
        if claimed is None:
            return {}
        stated = [event for event in events if event.attributes.get(claimed.attribute)]
        if not stated:
            return {}
        word = max(stated, key=lambda event: event.order).attributes[claimed.attribute].casefold()
        return {claimed.metric: word in claimed.met} if word in claimed.met or word in claimed.missed else {}


class _Sources(dict[str, Source]):
    """Sources by name; a source that the catalogue lacks uses slad's own words."""

    def __init__(self, known: Mapping[SourceId, Source]) -> None:
        super().__init__({name: source for name, source in known.items() if source.dialect is Dialect.CLOUDEVENTS})

    def __call__(self, name: str) -> Source:
        return self[name]

    def __missing__(self, name: str) -> Source:
        made = self[name] = Source(
            id=SourceId(name), dialect=Dialect.CLOUDEVENTS, authentication=UNDESCRIBED.authentication
        )
        return made


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine(f"this is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadLine("this is not a CloudEvent: a JSON object is expected")
    return value


@lru_cache(maxsize=1024)
def _name(written: str) -> str:
    return source_name(written) if written else UNDESCRIBED.id


def _instant(value: Mapping[str, Any], name: str, otherwise: Mapping[str, Any]) -> datetime | None:
    written = value.get(name) or otherwise.get("occurred_at") or otherwise.get("received_at")
    try:
        if isinstance(written, str) and _USUAL.fullmatch(written):
            at = datetime.fromisoformat(written)
            if not within_reach(at):
                raise OutOfReach(written)
            return at if at.tzinfo is UTC else at.astimezone(UTC)
        return parse_instant(written)
    except (BadInstant, ValueError) as error:
        raise BadLine(f"{name}: {error}") from None
