"""`sources.<id>.map` → `SourceMap`: every expression compiled, and the entries checked against what they need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from sla_catalogue.document.source import SourceDocument
from sla_catalogue.document.source_map import MapDocument, MapEntryDocument
from sla_catalogue.map_expression import BadExpression, Expression, compile_expression
from sla_catalogue.problem import Findings, Path, did_you_mean
from sla_catalogue.source_map import MapAct, MapEntry, SourceMap, TimeFormat
from sla_domain.event import LINKING, EventKind, WaitingOn
from sla_domain.same_as import SAME_AS

_PLAIN = ("events", "time_format", "attributes", "when")
_STEP = re.compile(r'[A-Za-z_][A-Za-z0-9_]*|"[^"\\]+"')
_PATH = re.compile(rf"(?:{_STEP.pattern})(?:\.(?:{_STEP.pattern}))*")
# What an event of this kind cannot be without.
_NEEDS: Mapping[EventKind | MapAct, tuple[str, ...]] = {
    MapAct.STATUS: ("status",),
    EventKind.PRIORITY_CHANGED: ("priority",),
    EventKind.MERGED: ("merged_into",),
    EventKind.RENAMED: ("known_as",),
    EventKind.RATED: ("score",),
    EventKind.TARGET_AGREED: ("agreed_metric", "agreed_due_at", "agreed_by"),
}
# What only events of one kind read.
_ONLY_FOR: Mapping[str, EventKind] = {
    "merged_into": EventKind.MERGED,
    "known_as": EventKind.RENAMED,
    "score": EventKind.RATED,
    "metrics": EventKind.EXEMPTED,
    "agreed_metric": EventKind.TARGET_AGREED,
    "agreed_due_at": EventKind.TARGET_AGREED,
    "agreed_by": EventKind.TARGET_AGREED,
}


def build_map(document: SourceDocument, path: Path, findings: Findings) -> SourceMap | None:
    """Return the map of a source of the dialect `mapped`; None if the source has no map.

    A map says by JMESPath expressions how to read the JSON deliveries of a source, such as where the ticket's id is.
    Problems are added to `findings`: an expression that cannot be compiled, an unknown kind of event, or a missing
    value that the kind of event needs.

    Args:
        document: The source as written, completed by the preset (ready-made map) that it names.
        path: Path of the source in the catalogue, such as `("sources", "desk")`.
        findings: Receives the problems.
    """
    written = document.map
    if written is None:
        hint = "map: {incident: ticket.id, …}, or preset: zabbix"
        findings.error(path, "no-map", "a source of the dialect mapped has a map", hint)
        return None
    at = (*path, "map")
    if written.incident is None:
        findings.error(
            at, "no-incident", "the map does not say which ticket a delivery concerns", "incident: ticket.id"
        )
    found: dict[str, Any] = {
        name: _compiled(getattr(written, name), (*at, name), findings)
        for name in MapDocument.model_fields
        if name not in _PLAIN
    }
    entries = _entries(written, at, findings)
    _check_needs(written, entries, at, findings)
    if SAME_AS in written.attributes:
        message = "tickets of another source are named under same_as of the source, with that source"
        hint = "same_as: {field: ticket.other, source: jira}"
        findings.error((*at, "attributes", SAME_AS), "misplaced-same-as", message, hint)
    attributes = {
        name: one
        for name, text in written.attributes.items()
        if (one := _compiled(text, (*at, "attributes", name), findings)) is not None
    }
    return SourceMap(
        entries=entries,
        events=_events(written.events, (*at, "events"), findings),
        time_format=_time_format(written.time_format, (*at, "time_format"), findings),
        attributes=MappingProxyType(attributes),
        **found,
    )


def _compiled(text: str | None, path: Path, findings: Findings) -> Expression | None:
    if text is None:
        return None
    try:
        return compile_expression(text)
    except BadExpression as error:
        findings.error(path, "expression", str(error), error.hint)
        return None


def _entries(written: MapDocument, at: Path, findings: Findings) -> tuple[MapEntry, ...]:
    if not written.when:
        return (MapEntry(when=None, means=EventKind.OBSERVED if written.status is None else MapAct.STATUS),)
    found: list[MapEntry] = []
    for number, one in enumerate(written.when):
        path: Path = (*at, "when", number)
        means = _meaning(one, path, findings)
        condition = _compiled(one.when, (*path, "when"), findings)
        if means is None or (one.when is not None and condition is None):
            continue
        waiting = None if one.waiting_on is None else WaitingOn(one.waiting_on)
        if (means is EventKind.WAITING) is not (waiting is not None):
            message = "waiting says for whom" if waiting is None else "waiting_on belongs to the event waiting alone"
            findings.error(path, "waiting-on", message, "event: waiting, waiting_on: customer")
        if one.when is None and not one.go_on and number < len(written.when) - 1:
            message = "this entry always applies: those below it are never tried"
            findings.error(path, "never-tried", message, "put it last, or give it a condition")
        found.append(MapEntry(when=condition, means=means, waiting_on=waiting, go_on=one.go_on))
    return tuple(found)


def _meaning(one: MapEntryDocument, path: Path, findings: Findings) -> EventKind | MapAct | None:
    for kinds in (EventKind, MapAct):
        if one.event in list(kinds) and one.event not in LINKING:
            return kinds(one.event)
    if one.event in LINKING:
        hint = "same_as: {field: ticket.other, source: jira}"
        message = "which tickets are the same incident stands in same_as of the source, and is read from every delivery"
        findings.error((*path, "event"), "links-are-same-as", message, hint)
        return None
    known = [*(kind.value for kind in EventKind if kind not in LINKING), *(act.value for act in MapAct)]
    hint = did_you_mean(one.event, known) or ", ".join(known)
    findings.error((*path, "event"), "unknown-event", f"no event is called {one.event!r}", hint)
    return None


def _check_needs(written: MapDocument, entries: tuple[MapEntry, ...], at: Path, findings: Findings) -> None:
    meant = {entry.means for entry in entries}
    for means in sorted(meant, key=str):
        for name in _NEEDS.get(means, ()):
            if getattr(written, name) is None:
                findings.error(at, "map-lacks", f"the event {means.value} needs {name}", f"{name}: ticket.{name}")
    for name, kind in _ONLY_FOR.items():
        if getattr(written, name) is not None and kind not in meant:
            message = f"{name} would be read by nothing: no entry of when means {kind.value}"
            findings.error((*at, name), "unread-key", message, "leave it out")
    if written.status_before is not None and MapAct.STATUS not in meant:
        message = "status_before would be read by nothing: no entry of when means status"
        findings.error((*at, "status_before"), "unread-key", message, "leave it out")


def _events(text: str | None, path: Path, findings: Findings) -> tuple[str, ...] | None:
    if text is None:
        return None
    if text.strip() == "@":
        return ()
    if not _PATH.fullmatch(text.strip()):
        message = f"events is a path to a list, such as alerts or data.items, and not {text[:80]!r}"
        findings.error(path, "expression", message, "choose among the events under when")
        return None
    return tuple(step.strip('"') for step in _STEP.findall(text))


def _time_format(text: str | None, path: Path, findings: Findings) -> str:
    if text is None or text in list(TimeFormat):
        return text or TimeFormat.ANY.value
    sample = datetime(2026, 2, 3, 16, 5, 6, tzinfo=UTC)
    try:
        read = datetime.strptime(sample.strftime(text), text) if "%" in text else None  # noqa: DTZ007 - it is only tried
    except (ValueError, re.error):
        read = None
    if read is None or (read.year, read.month, read.day, read.hour) != (2026, 2, 3, 16):
        known = ", ".join(TimeFormat)
        message = f"{text!r} gives no date with an hour"
        findings.error(path, "time-format", message, f"one of {known}, or a pattern such as %d.%m.%Y %H:%M")
        return TimeFormat.ANY.value
    return text
