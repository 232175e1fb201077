"""slad's own events as CloudEvents: `io.slad.incident.<kind>.v1` (or `incident.<kind>`, `<kind>`) with their data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from sla_catalogue.source import Lookup, Source
from sla_domain.bounds import ATTRIBUTES, INCIDENT, METRIC, NAME
from sla_domain.event import LINKING, Actor, AgreedTarget, EventKind, IncidentId, Snapshot, TimeQuality, WaitingOn
from sla_domain.phase import Phase
from sla_domain.same_as import MOST as MOST_LINKED
from sla_domain.same_as import SAME_AS, linked_words
from sla_ingest.dialect.instant import BadInstant, parse_instant
from sla_ingest.dialect.port import COLUMNS, ClaimedTime, DoesNotFit, EventDraft, IngestRemark, RemarkNote, incident_id
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    MAX_VALUE,
    attribute_lookups,
    clean_text,
    identifier_text,
    stated_lookups,
)
from sla_ingest.dialect.speaker import SAID, AccountDetails, known_side, mail_domain, unknown_side_remark

MAX_ATTRIBUTES = ATTRIBUTES
MAX_NAME = NAME
_FAMILIES = ("io.slad.incident.", "incident.")
_ALSO_CALLED = {"created": EventKind.OPENED, "paused": EventKind.WAITING, "held": EventKind.WAITING}
_KINDS = {kind.value: kind for kind in EventKind}
_MACHINERY = frozenset(
    {
        "incident", "attributes", "version", "quality", "actor", "actor_name", "waiting_on", "agreed", "merged_into",
        "metrics", "score", "reason", "source", "received_at", "occurred_at", "snapshot", "history",
    }
)  # fmt: skip
_NEEDS = {
    EventKind.WAITING: "waiting_on",
    EventKind.TARGET_AGREED: "agreed",
    EventKind.MERGED: "merged_into",
    EventKind.RENAMED: "known_as",
    EventKind.LINKED: "known_as",
    EventKind.UNLINKED: "known_as",
    EventKind.RATED: "score",
    EventKind.OBSERVED: "snapshot",
}
_SHOWN = frozenset({"at", "created_at", "phase", "waiting_on", "ended_at", "attributes", "version"})
_WORDS = frozenset({EventKind.RESPONDED, EventKind.COMMENTED})
_Member = TypeVar("_Member", Actor, WaitingOn, TimeQuality, Phase)


@lru_cache(maxsize=256)
def kind_of(type_: str) -> EventKind | None:
    """Return the event kind that a CloudEvents `type` names; None for an unknown type or version.

    `io.slad.incident.opened.v1`, `incident.opened` and `opened` name the same kind.
    """
    name = type_
    for family in _FAMILIES:
        if name.startswith(family):
            name = name.removeprefix(family)
            break
    name = name.removesuffix(".v1")
    return _ALSO_CALLED.get(name) or _KINDS.get(name)


def event_draft(kind: EventKind, data: Mapping[str, Any], stamp: ClaimedTime, source: Source) -> EventDraft:
    """Return the draft of an event (without ids) that the `data` of a CloudEvent describes.

    Args:
        kind: The event's kind.
        stamp: The time in the CloudEvent.
        source: The settings of the sender, which translate priority, customer and product, and say who is staff or
            customer.

    Raises:
        DoesNotFit: A field does not fit. The error has the JSON pointer of the first such field.
    """
    needed = _NEEDS.get(kind)
    if needed and data.get(needed) is None:
        raise DoesNotFit(f"an event {kind.value} needs {needed}", f"/data/{needed}")
    other = None
    if kind in LINKING:
        other = _linked(data["known_as"], source, "/data/known_as")
    elif kind is EventKind.RENAMED:
        other = _named(data, "known_as", source)
    if other is not None:
        data = {name: value for name, value in data.items() if name != "known_as"}
    attributes, remarks = _attributes(data, source)
    attributes |= _same_as(data.get("attributes"), source, "/data/attributes") | _same_as(data, source, "/data")
    snapshot, more = _snapshot(data, stamp, source)
    remarks = (*remarks, *more)
    if kind is EventKind.PRIORITY_CHANGED and "priority" not in attributes:
        raise DoesNotFit("an event priority_changed needs priority", "/data/priority")
    kind, actor, odd = _spoken(kind, data, source)
    remarks = (*remarks, *odd)
    version = _whole(data, "version") or 0
    quality = _member(TimeQuality, data, "quality")
    return EventDraft(
        kind=kind,
        stamp=ClaimedTime(at=stamp.at, quality=quality or stamp.quality, version=version),
        actor=actor,
        actor_name=_word(data, "actor_name"),
        attributes=attributes,
        waiting_on=_member(WaitingOn, data, "waiting_on"),
        agreed=_agreed(data),
        merged_into=_named(data, "merged_into", source),
        known_as=other,
        metrics=_metrics(data),
        score=_whole(data, "score"),
        reason=_word(data, "reason"),
        remarks=remarks,
        snapshot=snapshot,
        history=_flag(data, "history"),
    )


def _spoken(
    kind: EventKind, data: Mapping[str, Any], source: Source
) -> tuple[EventKind, Actor, tuple[RemarkNote, ...]]:
    """Who did it: as the sender says, or by the name, which the catalogue may know. A word is then what it is on that
    side. Where only named staff counts, a response of nobody's is none."""
    actor, name = _member(Actor, data, "actor"), _word(data, "actor_name")
    if actor not in (None, Actor.UNKNOWN):
        return kind, actor, ()
    domain = mail_domain(name)
    person = AccountDetails(names=frozenset(filter(None, [name])), shown=name, account=name, domain=domain)
    side = known_side(source, person)
    if side is not None:
        said = SAID.get(side, kind) if kind in _WORDS else kind
        return said, side, ()
    if kind is EventKind.RESPONDED and source.only_staff:
        return EventKind.COMMENTED, Actor.UNKNOWN, (unknown_side_remark(source, person.words),)
    return kind, Actor.UNKNOWN, (unknown_side_remark(source, person.words),) if kind is EventKind.COMMENTED else ()


def _attributes(data: Mapping[str, Any], source: Source) -> tuple[dict[str, str], tuple[RemarkNote, ...]]:
    inner = data.get("attributes")
    if inner is not None and not isinstance(inner, dict):
        raise DoesNotFit("attributes are an object of texts", "/data/attributes")
    named = {**(inner or {}), **{name: value for name, value in data.items() if name not in _MACHINERY}}
    named.pop(SAME_AS, None)
    found, remarks = _read(named, "/data")
    found = _translated(found, data, source)
    for name, longest in COLUMNS.items():
        if len(found.get(name, "")) > longest:
            place = "/data/attributes" if inner and name in inner and name not in data else "/data"
            raise DoesNotFit(f"{name} has at most {longest} characters", f"{place}/{name}")
    return found, remarks


def _read(named: Mapping[str, Any], place: str) -> tuple[dict[str, str], tuple[RemarkNote, ...]]:
    """Return attributes as they are kept; null is the same as absent."""
    if len(named) > MAX_ATTRIBUTES:
        raise DoesNotFit(f"at most {MAX_ATTRIBUTES} attributes", place)
    found: dict[str, str] = {}
    remarks: list[RemarkNote] = []
    for name, value in named.items():
        if value is None:
            continue
        if len(name) > MAX_NAME or isinstance(value, dict | list):
            remarks.append(RemarkNote(IngestRemark.FIELD_IGNORED, clean_text(name, MAX_NAME)))
            continue
        limit = MAX_DESCRIPTION if name == "description" else MAX_VALUE
        if isinstance(value, str) and len(value.strip()) > limit:
            remarks.append(RemarkNote(IngestRemark.SHORTENED, clean_text(name, MAX_NAME)))
        plain = name if name.isprintable() else clean_text(name, MAX_NAME)
        found[plain] = repr(value) if isinstance(value, float) else clean_text(value, limit)
    return found, tuple(remarks)


def _snapshot(
    data: Mapping[str, Any], stamp: ClaimedTime, source: Source
) -> tuple[Snapshot | None, tuple[RemarkNote, ...]]:
    """Return how the sender's ticket stands, from `snapshot`; it holds for the event's time unless it has `at`."""
    value = data.get("snapshot")
    if value is None:
        return None, ()
    if not isinstance(value, dict):
        raise DoesNotFit(f"snapshot is an object with some of {', '.join(sorted(_SHOWN))}", "/data/snapshot")
    at = _instant(value, "at") or stamp.at
    if at is None:
        raise DoesNotFit("a snapshot says for which instant it holds, where the event has no time", "/data/snapshot/at")
    named = value.get("attributes")
    if named is not None and not isinstance(named, dict):
        raise DoesNotFit("attributes are an object of texts", "/data/snapshot/attributes")
    place = "/data/snapshot/attributes"
    found, remarks = _read({name: value for name, value in (named or {}).items() if name != SAME_AS}, place)
    found |= _same_as(named, source, place)
    for name, lookup in (("customer", source.customer), ("product", source.product), *source.attributes.items()):
        if lookup is not None and found.get(name) and name != SAME_AS:
            found[name] = lookup.translate(found[name])
    if found.get("priority"):
        found["priority"] = source.priority_of(found["priority"]) or found["priority"]
    for name, longest in COLUMNS.items():
        if len(found.get(name, "")) > longest:
            raise DoesNotFit(f"{name} has at most {longest} characters", f"/data/snapshot/attributes/{name}")
    phase = _member(Phase, value, "phase", "/data/snapshot")
    if phase is Phase.MERGED:
        raise DoesNotFit("a merge is an event: send merged with merged_into", "/data/snapshot/phase")
    snapshot = Snapshot(
        at=at,
        created_at=_instant(value, "created_at"),
        phase=phase,
        waiting_on=_member(WaitingOn, value, "waiting_on", "/data/snapshot"),
        ended_at=_instant(value, "ended_at"),
        attributes=found,
        version=_whole(value, "version", "/data/snapshot") or 0,
    )
    unknown = tuple(
        RemarkNote(IngestRemark.FIELD_IGNORED, clean_text(f"snapshot.{name}", MAX_NAME))
        for name in value.keys() - _SHOWN
    )
    return snapshot, (*remarks, *unknown)


def _instant(value: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return parse_instant(value.get(name))
    except BadInstant as error:
        raise DoesNotFit(str(error), f"/data/snapshot/{name}") from None


def _translated(found: dict[str, str], data: Mapping[str, Any], source: Source) -> dict[str, str]:
    """The sender's words for priority, customer and product in slad's; lookups of the catalogue fill what is absent."""
    missing: dict[str, Lookup] = {}
    for name, lookup in attribute_lookups(source, None, None).items():
        if name not in found:
            missing[name] = lookup
        elif value := lookup.translate(found[name]):
            found[name] = value
    looked_up = stated_lookups(missing, {"data": data})
    # An attribute that is null says nothing, whatever a lookup makes of it.
    found |= {name: value for name, value in looked_up.items() if value or name not in data}
    if "priority" in found:
        found["priority"] = source.priority_of(found["priority"]) or found["priority"]
    return found


def _member(enum: type[_Member], data: Mapping[str, Any], name: str, place: str = "/data") -> _Member | None:
    value = data.get(name)
    if value is None:
        return None
    try:
        return enum(value)
    except ValueError:
        known = ", ".join(member.value for member in enum)
        raise DoesNotFit(f"{name} is one of {known}", f"{place}/{name}") from None


def _whole(data: Mapping[str, Any], name: str, place: str = "/data") -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise DoesNotFit(f"{name} is a whole number from 0 on", f"{place}/{name}")
    return value


def _flag(data: Mapping[str, Any], name: str) -> bool:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise DoesNotFit(f"{name} is true or false", f"/data/{name}")
    return bool(value)


def _word(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise DoesNotFit(f"{name} is a text", f"/data/{name}")
    return clean_text(value)


def _named(data: Mapping[str, Any], name: str, source: Source) -> IncidentId | None:
    """Another incident in the sender's own words, always of the same source; slad's prefix is taken off if it is there.

    So no source can merge into another source's incident, or take its name.
    """
    if data.get(name) is None:
        return None
    own = identifier_text(data[name])
    if not own:
        raise DoesNotFit(f"{name} is the id of an incident", f"/data/{name}")
    return incident_id(source.id, own.removeprefix(f"{source.id}:"), f"/data/{name}")


def _linked(value: Any, source: Source, place: str) -> IncidentId:
    """Return the name of an incident of another source, which the sender must be allowed to name."""
    name = identifier_text(value)
    if not 0 < name.find(":") < len(name) - 1 or len(name) > INCIDENT:
        raise DoesNotFit("another system's ticket is named SOURCE:ID, such as jira:SUP-77", place)
    if not name.startswith(f"{source.id}:") and not source.may_name(name):
        whose = name.partition(":")[0]
        raise DoesNotFit(f"set sources.{source.id}.same_as.source to {whose} to name tickets of {whose}", place)
    return IncidentId(name)


def _same_as(named: Any, source: Source, place: str) -> dict[str, str]:
    """Return the attribute `same_as`, if an object says which tickets are the same incident; nothing else may state it.

    Args:
        named: The object of attributes; anything else says nothing.
        place: Its JSON pointer.
    """
    value = named.get(SAME_AS) if isinstance(named, dict) else None
    if value is None:
        return {}
    place = f"{place}/{SAME_AS}"
    words = linked_words(value) if isinstance(value, str) else value
    if not isinstance(words, list) or len(words) > MOST_LINKED:
        raise DoesNotFit(f"same_as is a list of at most {MOST_LINKED} tickets, such as jira:SUP-77", place)
    return {SAME_AS: ", ".join(_linked(word, source, place) for word in words)}


def _metrics(data: Mapping[str, Any]) -> tuple[str, ...]:
    value = data.get("metrics")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value) or len(value) > 50:
        raise DoesNotFit("metrics is a list of metric names", "/data/metrics")
    if any(len(name) > METRIC for name in value):
        raise DoesNotFit(f"the name of a metric has at most {METRIC} characters", "/data/metrics")
    return tuple(clean_text(name) for name in value)


def _agreed(data: Mapping[str, Any]) -> AgreedTarget | None:
    value = data.get("agreed")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise DoesNotFit("agreed is an object with metric, due_at and agreed_by", "/data/agreed")
    metric, by = clean_text(value.get("metric")), clean_text(value.get("agreed_by"))
    if len(metric) > METRIC:
        raise DoesNotFit(f"the name of a metric has at most {METRIC} characters", "/data/agreed/metric")
    if not metric or not by:
        missing = "metric" if not metric else "agreed_by"
        raise DoesNotFit("an agreed target names its metric and who agreed", f"/data/agreed/{missing}")
    try:
        due = parse_instant(value.get("due_at"))
    except BadInstant as error:
        raise DoesNotFit(str(error), "/data/agreed/due_at") from None
    if due is None:
        raise DoesNotFit("an agreed target has its due instant", "/data/agreed/due_at")
    moved = value.get("moved_by_pauses", False)
    if not isinstance(moved, bool):
        raise DoesNotFit("moved_by_pauses is true or false", "/data/agreed/moved_by_pauses")
    reason = clean_text(value.get("reason"))
    return AgreedTarget(metric=metric, due_at=due, agreed_by=by, reason=reason, moved_by_pauses=moved)
