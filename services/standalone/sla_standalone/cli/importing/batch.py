"""Events as CloudEvents in batches of one request, and the result of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sla_domain.event import Actor, IncidentEvent, TimeQuality
from sla_domain.rfc3339 import rfc3339
from sla_platform.wire.incident import event_type


def cloud_event(event: IncidentEvent) -> dict[str, Any]:
    """Return an event as a structured CloudEvent, as `POST /v1/events` accepts it.

    Fields that a table cannot have, such as a score, are left out.
    """
    data: dict[str, Any] = {"attributes": dict(event.attributes)} if event.attributes else {}
    if event.version:
        data["version"] = event.version
    if event.actor is not Actor.UNKNOWN:
        data["actor"] = event.actor.value
    if event.waiting_on is not None:
        data["waiting_on"] = event.waiting_on.value
    if event.reason:
        data["reason"] = event.reason
    if event.quality is not TimeQuality.EXACT:
        data["quality"] = event.quality.value
    if event.history:
        data["history"] = True
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event_type(event.kind),
        "subject": event.incident.removeprefix(f"{event.source}:"),
        "time": rfc3339(event.occurred_at),
        "data": data,
    }


def batches(lives: Iterable[Sequence[IncidentEvent]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the events of many incidents as CloudEvents, in batches of at most `size` events.

    The events of one incident stay in one batch, so that the service never judges an incident by only some of its
    events. If an incident has more than `size` events, its batch is larger.

    Args:
        lives: For each incident, the list of its events.
    """
    held: list[dict[str, Any]] = []
    for life in lives:
        if held and len(held) + len(life) > size:
            yield held
            held = []
        held += map(cloud_event, life)
    if held:
        yield held


@dataclass(frozen=True, slots=True)
class NotImported:
    """An event, or a line of the table, that was not imported, with the reason. It is a line of the rejects file."""

    line: int
    """The line's number in the table. 0 for an event, whose line is not known."""
    incident: str
    """The incident's id. "" if the line names no incident."""
    reason: str
    text: str = ""
    """The line, or the event's type and id."""


@dataclass(slots=True)
class ImportAccount:
    """The counts of one import of incidents into a running service.

    Call `count_answer` for each response of the service to a batch. If a whole batch is refused, call `add_refusal`
    for each of its events.
    """

    incidents: int = 0
    """The number of incidents in the table."""
    events: int = 0
    """The number of events in the table."""
    accepted: int = 0
    """The number of events that were new to the service."""
    duplicate: int = 0
    """The number of events that the service already knew."""
    refusals: list[NotImported] = field(default_factory=list)
    """Events and lines that were not imported."""

    def count_answer(self, batch: list[dict[str, Any]], answer: Mapping[str, Any]) -> None:
        """Count the service's response (JSON of `POST /v1/events`) to one batch of CloudEvents.

        An event with another outcome than `accepted` or `ignored` is added to the refusals, with the service's reason.
        """
        outcomes = answer["outcomes"]
        self.accepted += outcomes["accepted"]
        self.duplicate += outcomes["duplicate"]
        for event, told in zip(batch, answer["deliveries"], strict=True):
            if told["outcome"] not in ("accepted", "ignored"):
                reason = told.get("reason") or {}
                said = ": ".join(str(part) for part in (reason.get("text"), reason.get("detail")) if part)
                self.add_refusal(event, said or told["outcome"])

    def add_refusal(self, event: Mapping[str, Any], reason: str) -> None:
        """Add a CloudEvent that was not imported to the refusals, with the reason."""
        self.refusals.append(NotImported(0, event["subject"], reason, f"{event['type']} {event['id']}"))

    def as_json(self) -> dict[str, Any]:
        """Return the counts as JSON values; `rejected` is the number of events and lines that were not imported."""
        return {
            "incidents": self.incidents, "events": self.events, "accepted": self.accepted,
            "duplicate": self.duplicate, "rejected": len(self.refusals),
        }  # fmt: skip
