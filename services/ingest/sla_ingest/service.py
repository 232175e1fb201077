"""The ingest service, assembled: the routes, the group commit, and the gauge of parked deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from sla_catalogue import AuthenticationKind, Catalogue
from sla_domain.rulebook import Rulebook
from sla_ingest import api
from sla_ingest.answered import AnswerHandler
from sla_ingest.commit import CommitBounds, GroupCommit
from sla_ingest.contract import duty_routes
from sla_ingest.contract import routes as contract_routes
from sla_ingest.contract.deps import ContractDeps
from sla_ingest.contract.duty_watch import DutyWatch
from sla_ingest.contract.owner import ContractOwner
from sla_ingest.contract.room import RecordRoom
from sla_ingest.contract.store import refresh_shelf
from sla_ingest.contract.watch import LedgerWatch
from sla_ingest.contract.work import WorkCounter
from sla_ingest.evidence import InboxEvidence
from sla_ingest.intake import EVENTS, Intake, IntakeRules
from sla_ingest.issuer import IssuerKeys
from sla_ingest.limit import Budget
from sla_ingest.link import TicketLinker
from sla_ingest.link_routes import link_routes
from sla_ingest.metrics import IngestMetrics
from sla_ingest.notice import Notices
from sla_ingest.parked import ParkedDeliveries
from sla_ingest.retention import Deliveries, Histories
from sla_ingest.sender import SeenSenders, SourceTrials, draft_routes
from sla_ingest.sender import add_routes as add_sender_routes
from sla_ingest.tables import inbox
from sla_ingest.tables import quarantine as quarantine_table
from sla_ingest.unproven import BadProofCounter
from sla_platform.bus import EventSource, Quarantine, WakeSignal
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.quarantine import CONSUME
from sla_platform.bus.topics import largest_record
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.http.keys import Authorizer, KeyGate
from sla_platform.retention import Retention, RetentionLoop, RetentionOrder, ServiceSweeps, newest_in
from sla_platform.runtime import Part, Service
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

COUNT_EVERY_SECONDS = 15.0
SENDERS_EVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class IngestService:
    """The parts of the ingest service, as `build` returns them."""

    service: Service
    """The service's loops and health checks, to be run."""
    router: APIRouter
    """The service's HTTP routes."""
    commit: GroupCommit
    """Writes deliveries."""
    parked: ParkedDeliveries
    """Replays deliveries."""
    metrics: IngestMetrics
    forgetting: RetentionLoop
    """Deletes old data."""


def build(
    settings: Settings,
    store: Store,
    wake_signal: WakeSignal,
    time_source: TimeSource,
    registry: CollectorRegistry,
    catalogue: Callable[[], Catalogue],
    *,
    authorize: Authorizer | None = None,
    quarantine: Quarantine | None = None,
    contracts: tuple[RecordShelf, Callable[[], Catalogue]] | None = None,
    answers: EventSource | None = None,
) -> IngestService:
    """Build the ingest service, and return its parts without starting anything.

    Args:
        wake_signal: Woken when rows were appended to ingest's event log.
        registry: Where the metrics are registered.
        catalogue: Returns the catalogue in force.
        authorize: Checks API keys. None means that the keys of the catalogue are used.
        quarantine: Keeps rows of the event log that could not be published. If None, the service makes its own
            quarantine.
        contracts: The records of contracts in memory, and a function that returns the catalogue of the files without
            them. None means that no contracts are recorded.
        answers: Gives the notifier's events, among them what customers answer to its questions. None means that no
            answers are read.
    """
    quarantine = quarantine or Quarantine("ingest", store, quarantine_table, time_source, BusMetrics())

    def rulebook() -> Rulebook:
        return catalogue().rulebook

    metrics = IngestMetrics(registry)
    bounds = CommitBounds(gather_seconds=settings.group_commit_ms / 1_000)
    room = RecordRoom(largest_record(settings))
    count_work = WorkCounter(rulebook, time_source, room)
    refresh = None if contracts is None else partial(refresh_shelf, shelf=contracts[0])
    commit = GroupCommit(store, rulebook, wake_signal, metrics, bounds, count_work, refresh)
    rules = IntakeRules(
        future_tolerance=timedelta(seconds=settings.future_tolerance_seconds), max_depth=settings.max_depth
    )
    issuer_keys = IssuerKeys(lambda: key_addresses(catalogue()))
    budget = Budget(settings.rate_per_minute)
    unproven = BadProofCounter(time_source.now())
    intake = Intake(catalogue, commit, budget, time_source, metrics, rules, issuer_keys, unproven)
    parked = ParkedDeliveries(store, intake, rulebook, wake_signal, time_source, count_work)
    gate = authorize or KeyGate(lambda: catalogue().keys.values(), time_source)
    notices = Notices(store, wake_signal, time_source, settings.max_depth, rulebook, metrics)
    deps = api.IngestDeps(intake, notices, parked, InboxEvidence(store), gate, settings)

    routes = api.router(deps)
    senders = SeenSenders(store, catalogue, time_source, unproven)
    add_sender_routes(routes, senders, gate)
    links = TicketLinker(store, rulebook, wake_signal, time_source)
    routes.include_router(link_routes(links, gate, intake.spend))
    routes.include_router(draft_routes(SourceTrials(catalogue, parked, intake), gate))
    parts: tuple[Part, ...] = ()
    prepare, checks = None, {}
    if contracts is not None:
        shelf, files = contracts
        owner = ContractOwner(store, shelf, files, catalogue, time_source, wake_signal, room, quarantine)
        routes.include_router(
            contract_routes.router(ContractDeps(owner, shelf, store, files, time_source, gate, settings.max_body_bytes))
        )
        prepare, checks = owner.load, {"contracts": owner.reason_not_ready}
        watch = LedgerWatch(shelf, rulebook, time_source, metrics, quarantine)
        duty = DutyWatch(shelf, files, time_source, metrics)
        routes.include_router(duty_routes.router(duty, shelf, gate))
        parts = (Part("contracts", owner.keep_time), Part("ledgers", watch.run), Part("duty", duty.run))

    if answers is not None:
        parts = (*parts, _answers_part(answers, commit, time_source, quarantine))
    newest = newest_in(store, inbox.c.received_at)
    forgetting = RetentionLoop(
        Retention.of(settings),
        time_source,
        (
            ServiceSweeps(
                "ingest",
                RetentionOrder.TOLD,
                (Deliveries(store.giving_way()).done, quarantine.sweep_replayed),
                metrics.removed,
                newest,
            ),
            ServiceSweeps(
                "ingest",
                RetentionOrder.COUNTED,
                (Histories(store.giving_way(), rulebook, quarantine).ended,),
                metrics.removed,
                newest,
            ),
        ),
    )

    async def count_parked() -> None:
        while True:
            metrics.expect((*catalogue().sources, EVENTS))
            metrics.note_parked(await parked.counts(), catalogue().sources, EVENTS)
            await asyncio.sleep(COUNT_EVERY_SECONDS)

    async def note_senders() -> None:
        while True:
            await senders.count()
            await senders.note(metrics)
            await asyncio.sleep(SENDERS_EVERY_SECONDS)

    async def store_answers() -> str | None:
        async with store.reading() as connection:
            await connection.execute(select(inbox.c.id).limit(1))
        return None

    async def queue_moves() -> str | None:
        return f"{commit.pending} deliveries wait for their commit" if commit.full else None

    service = Service(
        "ingest",
        parts=(
            *parts,
            Part("parked", count_parked),
            Part("issuer-keys", issuer_keys.keep_fresh),
            Part("senders", note_senders),
            Part("quarantine", quarantine.run),
            Part("retention", forgetting.run),
        ),
        checks={"store": store_answers, "queue": queue_moves, **checks},
        prepare=prepare,
        close=commit.close,
    )
    return IngestService(service, routes, commit, parked, metrics, forgetting)


def _answers_part(answers: EventSource, commit: GroupCommit, time_source: TimeSource, quarantine: Quarantine) -> Part:
    handler = AnswerHandler(commit, time_source)
    quarantine.register_replay(CONSUME, handler.replay)

    async def follow() -> None:
        await answers.run(handler)

    return Part("answers", follow)


def key_addresses(catalogue: Catalogue) -> frozenset[str]:
    """Return the addresses at which JWT issuers publish their keys, for all sources of a catalogue."""
    found = (source.authentication for source in catalogue.sources.values())
    return frozenset(how.jwks_url for how in found if how.jwks_url and how.kind is AuthenticationKind.JWT)
