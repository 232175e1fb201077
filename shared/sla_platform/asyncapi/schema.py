"""What may stand on the topics, type by type: the list of all types, and the JSON Schema of each one's data.

The schemas come from the models that write and read the events. A type narrows its model by what it alone promises:
the word in `kind` or `what`, and the fields that are always there. Everything else may be absent, and then has the
default its schema names; unknown fields are allowed, because readers ignore them (docs/events.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from sla_domain.event import EventKind
from sla_domain.fact import FactKind
from sla_domain.objective import ObjectiveNews
from sla_platform.bus.record import WATERMARK_TYPE
from sla_platform.envelope import TYPE_PREFIX, Topic
from sla_platform.wire.clock import ClockFact, fact_type
from sla_platform.wire.contract import ContractChangedData
from sla_platform.wire.delivery import DeliveryFact
from sla_platform.wire.incident import IncidentEventData, event_type
from sla_platform.wire.notice import TYPE as NOTICE_TYPE
from sla_platform.wire.notice import NoticeData
from sla_platform.wire.objective import ObjectiveFact
from sla_platform.wire.report import REPORT_TYPE, ReportFact

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NOTHING: Mapping[str, Schema] = MappingProxyType({})


class _Untitled(GenerateJsonSchema):
    """Without a title for every field that only repeats its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class WatermarkData(BaseModel):
    """The data of a watermark, an event that tells readers how far a partition is complete.

    All events that slad accepted up to the instant `through` come before the watermark in its partition.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)
    through: datetime = Field(description="instant of acceptance, RFC 3339 UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """A type of event on a topic (such as a breach of a target), with the pydantic model of the event's data."""

    name: str
    """The name of the type, such as `io.slad.clock.breached.v1`."""
    topic: Topic
    model: type[BaseModel]
    summary: str
    """A sentence that describes the type."""
    always: Sequence[str] = ()
    """Fields that this type requires in addition to those that the model requires."""
    narrowed: Mapping[str, Schema] = field(default_factory=lambda: _NOTHING)
    """Name of a field -> JSON Schema for the values that this type allows in the field."""


_INCIDENTS: Mapping[EventKind, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        EventKind.OPENED: ("A ticket was opened.", ()),
        EventKind.DESCRIBED: ("Attributes of the incident were stated or changed, nothing else happened.", ()),
        EventKind.RESPONDED: ("The supporting side answered the customer.", ()),
        EventKind.CUSTOMER_REPLIED: ("The customer wrote.", ()),
        EventKind.COMMENTED: (
            "Somebody wrote whose side is unknown: it counts as no answer, and nobody waits for one.",
            (),
        ),
        EventKind.UPDATED: ("The supporting side gave the customer a word on the state of the work.", ()),
        EventKind.ASSIGNED: ("Somebody or a group took the incident.", ()),
        EventKind.PRIORITY_CHANGED: ("The priority in `attributes` is in force from `time` on.", ("attributes",)),
        EventKind.DOWNGRADE_PROPOSED: ("A lower priority was proposed; it is not in force yet.", ()),
        EventKind.DOWNGRADE_AGREED: ("The customer agreed to the lower priority.", ()),
        EventKind.DOWNGRADE_DECLINED: ("The customer declined the lower priority, or it was taken back.", ()),
        EventKind.RECLASSIFIED: ("The kind of the incident changed.", ()),
        EventKind.WAITING: ("Work waits for the one named in `waiting_on`.", ("waiting_on",)),
        EventKind.RESUMED: ("Work goes on.", ()),
        EventKind.WORKAROUND_PROVIDED: ("The customer can work again, the cause remains.", ()),
        EventKind.RESOLVED: ("The incident is solved.", ()),
        EventKind.REOPENED: ("It was not solved after all.", ()),
        EventKind.CLOSED: ("The incident is closed for good.", ()),
        EventKind.CANCELLED: ("The incident should not have been one.", ()),
        EventKind.MERGED: (
            "The incident goes on as `merged_into`. With `known_as` it was that incident all along, "
            "and nothing counts here.",
            ("merged_into",),
        ),
        EventKind.RENAMED: ("The incident is known as `known_as` too: the ticket was moved.", ("known_as",)),
        EventKind.LINKED: (
            "Another system's ticket is the same incident: what is said on `known_as` counts here from now on, or "
            "what is said here counts on `merged_into`.",
            (),
        ),
        EventKind.UNLINKED: ("`known_as` is another incident again, and each has its own events.", ("known_as",)),
        EventKind.ESCALATED: ("Somebody escalated the ticket by hand.", ()),
        EventKind.TARGET_AGREED: ("Both sides agreed on another due instant, in `agreed`.", ("agreed",)),
        EventKind.EXEMPTED: ("Clocks of the incident count in no attainment.", ()),
        EventKind.RATED: ("The customer gave a `score`.", ("score",)),
        EventKind.OBSERVED: ("Nothing happened; `snapshot` says how the ticket stands.", ("snapshot",)),
    }
)
_CLOCK = ("clock", "metric")
_FACTS: Mapping[FactKind, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        FactKind.CLOCK_STARTED: ("A clock runs.", _CLOCK),
        FactKind.CLOCK_PAUSED: ("A clock stands still; it has no due instant meanwhile.", _CLOCK),
        FactKind.CLOCK_RESUMED: ("A clock runs again, with a new due instant.", _CLOCK),
        FactKind.CLOCK_RETARGETED: (
            "Another target is in force, counted by `generation`; or the same one under another priority.",
            _CLOCK,
        ),
        FactKind.CLOCK_WARNED: ("A threshold before the due instant was crossed.", (*_CLOCK, "threshold")),
        FactKind.CLOCK_BREACHED: ("The due instant passed; the clock runs on.", _CLOCK),
        FactKind.CLOCK_MET: ("A clock was stopped at or before its due instant.", _CLOCK),
        FactKind.CLOCK_MISSED: ("A clock was stopped after its due instant.", _CLOCK),
        FactKind.CLOCK_CANCELLED: ("A clock no longer applies.", _CLOCK),
        FactKind.CLOCK_AMENDED: (
            "A late event changed what was published of a clock: `details` names what is taken back.",
            _CLOCK,
        ),
        FactKind.PROMISE_MADE: ("The first due instants of an incident, as `due:<metric>` in `details`.", ("details",)),
        FactKind.PROMISE_MOVED: (
            "A promised due instant changed; `details.moved` names the metrics, `details.because` why, if known.",
            ("details",),
        ),
        FactKind.PROMISE_NONE: (
            "No clock runs for the incident, because its plan leaves the number open: `details.why`.",
            ("details",),
        ),
        FactKind.CONTRACT_CHANGED: (
            "The incident has been under several contracts or customers: `periods` holds all, the newest fact counts.",
            ("periods",),
        ),
        FactKind.PHASE_CHANGED: (
            "The incident is in another `phase`, and no other fact went out with the change.",
            ("phase",),
        ),
        FactKind.PRIORITY_CORRECTED: ("The priority in force is another than the one stated.", ()),
        FactKind.ESCALATION_MADE: ("Somebody escalated the incident by hand; `details.actor` says which side.", ()),
        FactKind.RATING_GIVEN: ("The customer rated the service: `details.score`.", ()),
        FactKind.DOWNGRADE_PROPOSED: ("A lower priority, `details.new`, waits for the customer's agreement.", ()),
        FactKind.DOWNGRADE_SETTLED: ("A lower priority waits for an agreement no more; `priority` is in force.", ()),
    }
)
# The notifier's own enums name the same states; a test holds the two together.
_DELIVERIES: Mapping[str, str] = MappingProxyType(
    {
        "delivery.queued": "A message to one person waits to be sent.",
        "delivery.held": "A message waits for the end of the receiver's quiet hours, since enough time is left then.",
        "delivery.retrying": "An attempt failed; the message will be tried again.",
        "delivery.sent": "The mail server or endpoint accepted the message.",
        "delivery.failed": "The message was refused for good, or its time for attempts is over.",
        "delivery.cancelled": "The message is no longer needed; `reason` says why.",
        "delivery.undeliverable": "There is nobody to tell, or no address to tell them at.",
        "alert.opened": "An escalation has begun.",
        "alert.escalated": "The next level, or the next round, is being notified.",
        "alert.acknowledged": "Somebody acts: nobody else is paged.",
        "alert.passed": "Somebody has passed it to a person (`reason`), who is paged.",
        "alert.snoozed": "Somebody acts, and nobody is paged until the instant in `reason`.",
        "alert.expired": "An acknowledgement has expired. `reason`: idle, next_level, time_left or snoozed.",
        "alert.closed": "Nobody needs to act any more; `reason` says why.",
        "question.agreed": "Somebody of the customer agreed to a lower priority, by the link in a message.",
        "question.declined": "Somebody of the customer declined a lower priority, by the link in a message.",
        "question.expired": "Nobody of the customer answered in time whether a lower priority is agreed.",
    }
)

_CONTRACTS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "version_added": ("A version of a contract was written.", ("number", "effective_from")),
        "version_in_force": ("The instant has come from which a version of a contract applies.", ("number",)),
        "version_withdrawn": ("A version that was not in force yet is not going to be.", ("number",)),
        "frozen": ("What was promised before `through` is final.", ("through",)),
        "window_booked": ("Hours were booked in which time counts.", ("booking",)),
        "profile_changed": ("The customer's environment was stated anew: `record.profile`.", ()),
        "window_cancelled": ("A booked window was cancelled before it began.", ("booking",)),
        "entry_posted": ("An entry was written into a ledger of a contract.", ("entry",)),
        "ledgers_closed": ("Ledger entries before `through` were closed, to make room for others.", ("through",)),
    }
)

_OBJECTIVES: Mapping[ObjectiveNews, str] = MappingProxyType(
    {
        ObjectiveNews.AT_RISK: "So many of the misses allowed are used up that the objective's plan wants it said.",
        ObjectiveNews.EXHAUSTED: "More was missed than an objective allows in its period.",
        ObjectiveNews.RECOVERED: "An objective that was at risk, or exhausted, is neither any more.",
    }
)


def _delivery_type(what: str, summary: str) -> EventType:
    always = {"delivery": ("delivery",), "alert": ("alert",)}.get(what.partition(".")[0], ("incident", "priority"))
    return EventType(
        name=f"{TYPE_PREFIX}{what}.v1",
        topic=Topic.DELIVERIES,
        model=DeliveryFact,
        summary=summary,
        always=always,
        narrowed={"what": {"const": what}},
    )


EVENT_TYPES: tuple[EventType, ...] = (
    *(
        EventType(name=event_type(kind), topic=Topic.INCIDENTS, model=IncidentEventData, summary=summary, always=always)
        for kind, (summary, always) in _INCIDENTS.items()
    ),
    EventType(
        name=WATERMARK_TYPE,
        topic=Topic.INCIDENTS,
        model=WatermarkData,
        summary="Everything accepted up to an instant lies before this record. Not a CloudEvent; readers may skip it.",
    ),
    *(
        EventType(
            name=fact_type(kind),
            topic=Topic.CLOCKS,
            model=ClockFact,
            summary=summary,
            always=always,
            narrowed={"kind": {"const": kind.value}},
        )
        for kind, (summary, always) in _FACTS.items()
    ),
    EventType(
        name=NOTICE_TYPE, topic=Topic.NOTICES, model=NoticeData, summary="A critical fix that customers must hear of."
    ),
    *(_delivery_type(what, summary) for what, summary in _DELIVERIES.items()),
    *(
        EventType(
            name=f"{TYPE_PREFIX}{news.value}.v1",
            topic=Topic.OBJECTIVES,
            model=ObjectiveFact,
            summary=summary,
            narrowed={"kind": {"const": news.value}},
        )
        for news, summary in _OBJECTIVES.items()
    ),
    EventType(
        name=REPORT_TYPE,
        topic=Topic.OBJECTIVES,
        model=ReportFact,
        summary="A report of a contract was frozen, and is to be sent to the roles that its schedule names.",
    ),
    *(
        EventType(
            name=f"{TYPE_PREFIX}contract.{what}.v1",
            topic=Topic.CONTRACTS,
            model=ContractChangedData,
            summary=summary,
            always=always,
            narrowed={"what": {"const": what}},
        )
        for what, (summary, always) in _CONTRACTS.items()
    ),
)
"""Every type, in the order of the topics."""


def models() -> tuple[type[BaseModel], ...]:
    """Return the pydantic models of the event types' data, each model once."""
    return tuple(dict.fromkeys(one.model for one in EVENT_TYPES))


def model_schemas(reference: str) -> dict[str, Schema]:
    """Return the JSON Schemas of the data of all event types, as model name -> schema.

    Models nested in other models are included.

    Args:
        reference: A template for references from one schema to another, such as `#/$defs/{model}`.
    """
    asked: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in models()]
    _, joined = models_json_schema(asked, ref_template=reference, schema_generator=_Untitled)
    found: dict[str, Schema] = joined["$defs"]
    return found


def event_type_schema(one: EventType, reference: str) -> Schema:
    """Return the JSON Schema of the data of one type of event.

    The schema refers to the schema of the type's model and adds two limits: the fields in `one.always` are required,
    and the fields in `one.narrowed` must fit the schemas given there.

    Args:
        reference: A template for references to the schema of a model, such as `#/$defs/{model}`.
    """
    own: Schema = {"$ref": reference.format(model=one.model.__name__)}
    limits: Schema = {}
    if one.narrowed:
        limits["properties"] = dict(one.narrowed)
    if one.always:
        limits["required"] = list(one.always)
    return {"title": one.name, "description": one.summary, "allOf": [own, limits] if limits else [own]}


def data_schema(one: EventType) -> Schema:
    """Return the complete JSON Schema of an event type's data.

    All schemas that it refers to are in its `$defs`.
    """
    reference = "#/$defs/{model}"
    needed = _reachable(one.model.__name__, model_schemas(reference))
    return {"$schema": DIALECT, "$id": f"urn:slad:{one.name}", **event_type_schema(one, reference), "$defs": needed}


def _reachable(name: str, schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found[current] = schemas[current]
            waiting += _references(schemas[current])
    return dict(sorted(found.items()))


def _references(node: Any) -> list[str]:
    """The names of models that a schema refers to."""
    if isinstance(node, dict):
        own = [node["$ref"].rpartition("/")[2]] if "$ref" in node else []
        return own + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []
