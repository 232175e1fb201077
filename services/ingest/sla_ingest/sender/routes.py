"""The routes under `/v1/sources`: the state of the senders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from sla_catalogue.api_key import KeyScope
from sla_ingest.dialect.port import reason_text
from sla_ingest.sender.deliveries import MOST_LISTED, KeptDelivery
from sla_ingest.sender.seen import SeenSender, SeenSenders
from sla_ingest.unproven import BadProofs
from sla_platform.http.keys import Authorizer, for_all_contracts


class SourceSeen(BaseModel):
    """What slad's inbox shows of one source (ticketing system): its last delivery, counts and remarks."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    source: str
    dialect: str
    last_at: datetime | None
    """When its last delivery was received; null if the inbox has none."""
    silent_seconds: float | None
    """The time since the last delivery, in seconds; null if the inbox has none."""
    expected_silence_seconds: float | None
    """How long the source may be silent after its last delivery, in seconds; null if nothing is expected."""
    assumption: str
    """How the expected silence was derived from earlier deliveries, in words."""
    silent: bool
    """Whether the source has been silent for longer than expected."""
    last_day: dict[str, int] | None
    """Outcome -> deliveries of the last 24 hours; null for a key of one contract if too many came to be read."""
    per_hour: float | None
    """The number of deliveries per hour, over the last 24 hours; null if `last_day` is."""
    unproven: dict[str, int] | None
    """Reason -> deliveries of the last 24 hours that were refused because of a bad proof of origin, such as a wrong
    signature, counted since `unproven_since`; null for a key of one contract."""
    unproven_at: datetime | None
    """When the last delivery with a bad proof came; null if none came since `unproven_since`."""
    waiting: int | None
    """The number of deliveries that were not understood and wait for a person; null for a key of one contract."""
    lag_seconds: float | None
    """The median time from an event to its receipt, of the last 100 deliveries; null without events."""
    remarks: dict[str, int]
    """Code of a remark -> how often the last 100 deliveries have it."""


class SourcesSeen(BaseModel):
    """What slad's inbox shows of every source (ticketing system) of the catalogue."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    at: datetime
    """The instant of the answer."""
    unproven_since: datetime
    """Since when deliveries with a bad proof are counted: the process that answers has started then. Of several
    processes each counts its own."""
    contract: str | None
    """The only contract whose deliveries are counted, for a key of one contract. Null if all are counted."""
    sources: list[SourceSeen]
    """The sources, sorted by id."""


class DeliveredEvent(BaseModel):
    """An event of an incident that slad read from a delivery."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    incident: str
    kind: str
    occurred_at: datetime
    remarks: list[str]
    """Remarks on the event, in words, such as an unknown status."""


class DeliverySeen(BaseModel):
    """A delivery that slad received, with its outcome and the resulting events."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    """The delivery's id in slad's inbox, by which it can be replayed if it was not understood."""
    delivery: str
    """The id that the sender gave the delivery."""
    received_at: datetime
    outcome: str
    """accepted, ignored, parked, refused or replayed."""
    reason: str
    """Why the delivery was not accepted, in words; empty for an accepted delivery."""
    detail: str
    bytes: int
    """Size of the body."""
    events: list[DeliveredEvent]
    contract: str | None
    """The contract that applies to the delivery's incident; null if the response to the sender named none."""


class DeliveriesSeen(BaseModel):
    """The last deliveries of a source."""

    source: str
    at: datetime
    deliveries: list[DeliverySeen]


def add_routes(routes: APIRouter, senders: SeenSenders, authorize: Authorizer) -> None:
    """Add the routes that show the state of each source, as read from the inbox, and the last deliveries of a source.

    Args:
        routes: The router of ingest, under `/v1`.
        authorize: Called with a request and the scope it needs; returns what the API key allows, or raises.
    """

    @routes.get("/sources", summary="List the sources, and when each was last heard", tags=["ingest"])
    async def sources(request: Request) -> SourcesSeen:
        """List what the inbox shows of each source of the catalogue.

        For a key of one contract, those that sent for it, by the deliveries whose answer named the contract.
        """
        only = authorize(request, KeyScope.READ).contract
        now = senders.now()
        seen = await senders.all() if only is None else await senders.of_contract(only)
        found = [_shown(one, now) for one in seen]
        return SourcesSeen(at=now, unproven_since=senders.unproven_since, contract=only, sources=found)

    @routes.get(
        "/sources/{source}/deliveries",
        summary="List the last deliveries of a source, and what became of each",
        tags=["ingest"],
        responses={404: {"description": "The catalogue has no such source"}},
    )
    async def deliveries(
        request: Request, source: str, limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20
    ) -> DeliveriesSeen:
        """List the newest first. They may be anybody's tickets, so it needs a key with the scope admin for all."""
        for_all_contracts(authorize(request, KeyScope.ADMIN))
        kept = await senders.deliveries(source, limit)
        return DeliveriesSeen(source=source, at=senders.now(), deliveries=[_delivery(one) for one in kept])


def _delivery(one: KeptDelivery) -> DeliverySeen:
    told = one.answer.get("reason") or {}
    return DeliverySeen(
        id=one.id,
        delivery=one.delivery,
        received_at=one.received_at,
        outcome=one.outcome,
        reason=told.get("text") or reason_text(one.reason),
        detail=one.detail,
        bytes=one.size,
        events=[
            DeliveredEvent(
                incident=event["incident"],
                kind=event["kind"],
                occurred_at=event["occurred_at"],
                remarks=[remark["text"] for remark in event.get("remarks", ())],
            )
            for event in one.answer.get("events", ())
        ],
        contract=(one.answer.get("promise") or {}).get("contract"),
    )


def _shown(one: SeenSender, now: datetime) -> SourceSeen:
    longest = one.expected.longest
    return SourceSeen(
        source=one.source,
        dialect=one.dialect,
        last_at=one.last_at,
        silent_seconds=None if one.last_at is None else max(0.0, (now - one.last_at).total_seconds()),
        expected_silence_seconds=None if longest is None else longest.total_seconds(),
        assumption=one.expected.basis.value,
        silent=one.silent_at(now),
        last_day=None if one.day is None else dict(sorted(one.day.items())),
        per_hour=None if one.day is None else round(one.day.total() / 24, 2),
        unproven=None if one.unproven is None else _reasons(one.unproven),
        unproven_at=None if one.unproven is None else one.unproven.last_at,
        waiting=one.waiting,
        lag_seconds=None if one.lag is None else one.lag.total_seconds(),
        remarks=dict(sorted(one.remarks.items())),
    )


def _reasons(bad: BadProofs) -> dict[str, int]:
    return {why.value: count for why, count in sorted(bad.reasons.items(), key=lambda one: -one[1])}
