"""Alerts as Prometheus Alertmanager and Grafana send them: one body, many alerts, each a part of its own.

- **Incident**: the alert's fingerprint and `startsAt`. One that fires again has a new `startsAt`, so it is another
  incident. Without a fingerprint (old senders) a digest of the labels stands in for it.
- **Time**: `startsAt` opens, `endsAt` resolves; both are the sender's own, to nanoseconds. The year 1 means none.
- **Sides**: a machine reports and a machine resolves: the actor is a bot. Nobody is asked for, nobody answers.
- **Snapshot**: an alert that is told resolved shows when it began, so it opens the incident too if its firing was lost.
- **Redelivery**: a notification is repeated on purpose. A part is kept without its siblings and without what counts
  them, so a repetition is the same delivery, and one with other annotations only describes the incident anew.
- **Unknown**: acknowledging, waiting, comments, and the end of an alert that the sender left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from sla_catalogue.source import Source
from sla_domain.event import Actor, EventKind, Snapshot, TimeQuality
from sla_domain.phase import Phase
from sla_ingest.dialect.batch import gather_parts
from sla_ingest.dialect.document import object_of, priority_of, translate_object
from sla_ingest.dialect.port import (
    Delivery,
    DoesNotFit,
    EventDraft,
    Ignored,
    IgnoredBecause,
    IngestRemark,
    Outcome,
    Parked,
    ParkedBecause,
    RemarkNote,
    Translation,
    incident_id,
    number_events,
)
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    array_at,
    attribute_lookups,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    overlay_lookups,
    text_at,
)

_STEP = timedelta(microseconds=1)
# What of a notification belongs to each of its alerts; the rest counts or sums up the alerts beside it.
_OF_GROUP = ("version", "receiver", "groupKey", "groupLabels", "externalURL", "orgId")
# A notification has all labels and annotations of an alert: one that is missing is none.
_WHOLE = ("alert.labels", "alert.annotations")
_TITLES = ("summary", "title")
_TEXTS = ("description", "message")


def split(delivery: Delivery) -> list[Delivery] | None:
    """Return the alerts of a notification as deliveries of one alert each, in their order.

    Returns None for a body without alerts, which is translated as one delivery. Each delivery's time of receipt is a
    microsecond after that of the delivery before, so that the alerts keep their order. The last delivery has the time
    of receipt of the notification.

    Raises:
        DoesNotFit: The body cannot be read, or the batch is too large.
    """
    value = object_of(delivery)
    alerts = value.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        return None
    group = {name: value[name] for name in _OF_GROUP if name in value}
    left_out = value.get("truncatedAlerts")
    if isinstance(left_out, int) and left_out > 0:
        group["truncatedAlerts"] = True
    parts = _parts(delivery, group, value.get("status"), alerts)
    return gather_parts(delivery, parts, len(alerts))


def _parts(delivery: Delivery, group: Node, status: Any, alerts: Sequence[Any]) -> Iterator[Delivery]:
    for after, one in zip(range(len(alerts) - 1, -1, -1), alerts, strict=True):
        alert = {"status": status, **one} if isinstance(one, dict) else one
        body = orjson.dumps({**group, "alerts": [alert]}, option=orjson.OPT_SORT_KEYS)
        yield replace(delivery, body=body, received_at=delivery.received_at - _STEP * after)


def translate_alert(delivery: Delivery, source: Source, links: tuple[str, ...], *, of_grafana: bool) -> Translation:
    """Translate a delivery of one alert into an event: the alert fires, or it has ended.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        delivery: A delivery that `split` has made.
        source: The settings of the sender.
        links: The names of the alert's fields that may have its URL. The first field that is not empty is used.
        of_grafana: Whether the sender is Grafana; if not, it is Alertmanager. Only Grafana's notifications have an
            `orgId`. A notification of the other system is refused.
    """
    return translate_object(
        delivery, lambda payload, id_: _outcome(delivery, source, _own(payload, of_grafana), id_, links)
    )


def _own(payload: Node, of_grafana: bool) -> Node:
    if "alerts" in payload and ("orgId" in payload) is not of_grafana:
        said = ("Alertmanager", "alertmanager") if of_grafana else ("Grafana", "grafana")
        raise DoesNotFit(f"this is a notification of {said[0]}: its source needs `dialect: {said[1]}`", "/orgId")
    return payload


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str, links: tuple[str, ...]) -> Outcome:
    if "alerts" not in payload:
        raise DoesNotFit("a notification has its alerts here", "/alerts")
    alerts = array_at(payload, "alerts")
    if not alerts:
        if payload["alerts"] != []:
            raise DoesNotFit("alerts are a list", "/alerts")
        return Ignored(IgnoredBecause.UNRELATED, "the notification has no alert")
    alert = object_at({"alert": alerts[0]}, "alert")
    labels = object_at(alert, "labels")
    if not alert:
        raise DoesNotFit("an alert is an object", "/alerts/0")
    if text_at(labels, "alertname") == "TestAlert" and text_at(labels, "instance") == "Grafana":
        return Ignored(IgnoredBecause.PING, "Grafana's own test of the contact point")
    status = text_at(alert, "status").lower()
    if status not in ("firing", "resolved"):
        return Parked(ParkedBecause.UNKNOWN_ACTION, clean_text(status or "an alert without status", 60))
    print_of = identifier_text(alert.get("fingerprint")) or _digest(labels)
    if not print_of:
        return Parked(ParkedBecause.NO_INCIDENT, "the alert has neither fingerprint nor labels")
    began = claimed_time(alert.get("startsAt"), TimeQuality.EXACT)
    own = print_of if began.at is None else f"{print_of}@{began.at.isoformat(timespec='milliseconds')}"
    shown, odd = _attributes(source, payload, alert, labels, links)
    if payload.get("truncatedAlerts"):
        odd = (*odd, RemarkNote(IngestRemark.TRUNCATED))
    incident = incident_id(source.id, own)
    if status == "firing":
        opened = EventDraft(kind=EventKind.OPENED, stamp=began, actor=Actor.BOT, attributes=shown, remarks=odd)
        return number_events(delivery, source, incident, id_, [opened])
    ended = claimed_time(alert.get("endsAt"), TimeQuality.EXACT)
    state = Snapshot(
        at=ended.at or delivery.received_at,
        created_at=began.at,
        phase=Phase.RESOLVED,
        ended_at=ended.at,
        attributes=shown,
    )
    resolved = EventDraft(kind=EventKind.RESOLVED, stamp=ended, actor=Actor.BOT, remarks=odd)
    return number_events(delivery, source, incident, id_, [resolved], state)


def _digest(labels: Node) -> str:
    if not labels:
        return ""
    return hashlib.sha256(orjson.dumps(labels, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _attributes(
    source: Source, payload: Node, alert: Node, labels: Node, links: tuple[str, ...]
) -> tuple[Mapping[str, str], tuple[RemarkNote, ...]]:
    notes = object_at(alert, "annotations")
    name = text_at(labels, "alertname")
    priority, odd = priority_of(source, text_at(labels, "severity") or text_at(labels, "priority"))
    shown = {
        "title": next((said for key in _TITLES if (said := text_at(notes, key))), name),
        "description": next((said for key in _TEXTS if (said := clean_text(notes.get(key), MAX_DESCRIPTION))), ""),
        "url": next((link for field in links if (link := text_at(alert, field))), ""),
        "type": name,
        "priority": priority,
    }
    document = {**payload, "alert": alert}
    words = [f"{label}:{clean_text(value)}" for label, value in labels.items()]
    return overlay_lookups(shown, attribute_lookups(source, None, None), document, words, _WHOLE), odd
