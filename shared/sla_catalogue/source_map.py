"""A source's map as data: which expression finds what in a delivery, and which event it means."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from sla_catalogue.map_expression import Expression
from sla_domain.event import EventKind, WaitingOn

NO_EXPRESSIONS: Mapping[str, Expression] = MappingProxyType({})


class MapAct(StrEnum):
    """What a rule of a source's map can say about a delivery if the rule names no kind of event."""

    STATUS = "status"
    """The events that follow from a change of the status, by the table `statuses`."""
    IGNORED = "ignored"
    """Nothing that slad needs to know."""


class TimeFormat(StrEnum):
    """The named formats for the times in a source's deliveries. Other formats are given as patterns of `strptime`."""

    ANY = "any"
    """RFC 3339, its usual variants, or a number whose size tells the unit."""
    SECONDS = "seconds"
    """Seconds since 1970."""
    MILLISECONDS = "milliseconds"
    """Milliseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEntry:
    """A rule of a source's map: if its condition (`when`) holds for a delivery, the delivery means a certain event."""

    when: Expression | None
    """The condition. None always holds."""
    means: EventKind | MapAct
    waiting_on: WaitingOn | None = None
    """For a wait, for whom the ticket waits."""
    go_on: bool = False
    """Whether the entries below are tried too. Otherwise the first whose condition holds decides alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap:
    """The map of a source: JMESPath expressions that find the parts of an event in a delivery.

    Such a part is, for example, the ticket's id. A part whose expression is None is never found.
    """

    entries: tuple[MapEntry, ...]
    """The entries of `when`, in order."""
    incident: Expression | None = None
    """The ticket's id at the sender."""
    events: tuple[str, ...] | None = None
    """The names of the fields that lead to the list of events. () means that the body itself is the list, None that the
    body is one event."""
    id: Expression | None = None
    """The id of the delivery, or of the event in a batch. None means a digest of the body."""
    time: Expression | None = None
    """When it happened."""
    created: Expression | None = None
    """When the ticket was created."""
    time_format: str = TimeFormat.ANY.value
    """A TimeFormat, or a pattern of `strptime` with a `%`."""
    version: Expression | None = None
    """The sender's number of the change."""
    actor: Expression | None = None
    """The account or mail address of who did it."""
    actor_name: Expression | None = None
    """The name of who did it."""
    actor_side: Expression | None = None
    """The side of who did it, as the sender says: `staff`, `customer` or `bot`."""
    actor_groups: Expression | None = None
    """The groups of who did it."""
    reporter: Expression | None = None
    """The account of who reported the ticket."""
    customer: Expression | None = None
    product: Expression | None = None
    priority: Expression | None = None
    status: Expression | None = None
    status_before: Expression | None = None
    """The status before the change."""
    resolution: Expression | None = None
    """The word for how work ended."""
    labels: Expression | None = None
    """The ticket's labels: a list of texts or of objects with a name, or a text with commas."""
    title: Expression | None = None
    description: Expression | None = None
    url: Expression | None = None
    """The link to the ticket's page."""
    reason: Expression | None = None
    """Why it happened, in words."""
    score: Expression | None = None
    """The customer's rating."""
    merged_into: Expression | None = None
    """The id of the ticket as which this one goes on."""
    known_as: Expression | None = None
    """Another id of the ticket."""
    metrics: Expression | None = None
    """The metrics that an exemption is for."""
    agreed_metric: Expression | None = None
    """The metric of an agreed due time."""
    agreed_due_at: Expression | None = None
    agreed_by: Expression | None = None
    """Who agreed on the due time."""
    attributes: Mapping[str, Expression] = dataclasses.field(default_factory=lambda: NO_EXPRESSIONS)
    """Attribute -> where its value stands."""
