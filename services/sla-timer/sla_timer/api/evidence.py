"""The timer's part of an incident's evidence, line by line: by what it was judged, events, clocks and arithmetic."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from sqlalchemy import select

from sla_catalogue.excerpt import excerpt_text, without_addresses
from sla_domain.calendar import tzdata_version
from sla_domain.errors import FoldError
from sla_domain.event import IncidentEvent
from sla_domain.explain import events_known_at
from sla_domain.explain.language import tag_for
from sla_domain.fold import in_order
from sla_domain.rfc3339 import rfc3339_or_none
from sla_domain.rulebook import Rulebook, base_version
from sla_platform.http.evidence import EvidenceLine
from sla_platform.http.keys import KeyAccess
from sla_platform.turn import LoopYielder
from sla_platform.wire.contract import RecordData, record_data
from sla_timer import tables
from sla_timer.answer import event_json
from sla_timer.api.incident import FoundIncident, all_events, find_incident
from sla_timer.apply.fold_cache import fold_in_slices
from sla_timer.evidence import (
    Basis,
    BasisIncomplete,
    ClockOnRecord,
    FoldKey,
    JudgedFold,
    RefoldedClock,
    calendar_lines,
    clock_line,
    evidence_instant,
    explanation_line,
    incident_line,
    judged_clocks,
    needed_folds,
    rulebooks_of,
)
from sla_timer.rulebooks import JudgedVersion
from sla_timer.service import TimerService

MOST_EXPLAINED = 1_000  # clocks: the latest
_OTHERS = "the incident was under other contracts too, whose terms are not shown to this key"


@dataclass(frozen=True, slots=True)
class EvidenceSource:
    """The data about an incident from which `evidence_lines` makes the timer's part of the incident's evidence."""

    known: FoundIncident
    """The incident, with what the key may see of it."""
    contract: str | None
    """The contract of the caller's key. None for a key of all contracts."""
    own: str
    """The catalogue version by which the incident is judged."""
    as_of: datetime
    """The instant of the explanations."""
    events: Sequence[IncidentEvent]
    """The events that the key may see, in order."""
    published: Sequence[ClockOnRecord]
    """The clocks as slad published them."""
    clocks: Sequence[RefoldedClock]
    """The clocks computed from the events."""
    basis: Basis
    """The texts from which the clocks can be computed again."""
    missing: str
    """Why the clocks cannot be computed again. "" if they can."""


async def read_evidence(timer: TimerService, name: str, access: KeyAccess) -> EvidenceSource:
    """Read the timer's data about an incident that the caller's API key may see.

    Args:
        name: Any id of the incident.

    Raises:
        Problem: 404 if the incident is unknown, or hidden from the key.
    """
    known = await find_incident(timer, name, access)
    whole = known.seen is None or known.seen.events_complete
    read = await all_events(timer, known.row.id) if known.events is None else known.events
    events = list(in_order(read))
    published = await _published(timer, known)
    until = None if known.seen is None else known.seen.until
    as_of = evidence_instant(events, published, until)
    own = known.row.catalogue
    keys = needed_folds(published, own)
    books = await _books(timer, known, keys)
    folds = await _folds(events, keys, books)
    clocks = judged_clocks(published, own, folds)
    basis, missing = Basis(), "" if whole else _OTHERS
    if whole:
        basis = await _basis(timer, access, folds)
        missing = await _missing(timer, basis, events, published, own, clocks)
    if known.seen is not None:
        share = known.seen.share
        clocks = [one for one in clocks if one.clock and share.has_clock(one.clock.started_at, one.clock.stopped_at)]
        events = list(known.seen.shown(events))
    return EvidenceSource(known, access.contract, own, as_of, events, published, clocks, basis, missing)


async def evidence_lines(source: EvidenceSource, language: str) -> AsyncIterator[EvidenceLine]:
    """Yield the timer's part of an incident's evidence (what proves its verdicts): records, each with its file's name.

    Args:
        source: The data, as `read_evidence` returned it.
        language: Language tag of the explanations in words.
    """
    turn = LoopYielder()
    for line in _about(source, language):
        yield line
    for event in source.events:
        yield EvidenceLine("events", event_json(event))
        await turn.yield_if_due()
    for published in sorted(source.published, key=lambda one: one.place):
        yield EvidenceLine("published", published.as_json())
    for judged in source.clocks:
        yield EvidenceLine("clocks", clock_line(judged))
        await turn.yield_if_due()
    for calendar in calendar_lines(source.clocks, source.as_of):
        yield EvidenceLine("calendars", calendar)
    for judged in source.clocks[-MOST_EXPLAINED:]:
        yield EvidenceLine("explanations", explanation_line(judged, source.as_of, language))
        await turn.yield_if_due()


def _about(source: EvidenceSource, language: str) -> Iterable[EvidenceLine]:
    known, incident = source.known, source.known.incident
    seen, surplus = known.seen, known.row.surplus
    shown = incident_line(incident, known.rulebook, source.as_of, surplus, seen)
    yield EvidenceLine(
        "about",
        {
            "slad": version("slad"),
            "incident": known.row.id,
            "contract": source.contract,
            "also_known_as": sorted(known.names),
            "as_of": rfc3339_or_none(source.as_of),
            "language": tag_for(language),
            "catalogue": source.own,
            "contracts": list(dict.fromkeys(one["contract"] for one in shown["periods"])),
            "versions": sorted({base_version(one.version) for one in source.clocks} | {base_version(source.own)}),
            "tzdata": tzdata_version(),
            "until": rfc3339_or_none(None if seen is None else seen.until),
            "events": len(source.events),
            "events_complete": seen is None or seen.events_complete,
            "surplus": surplus,
            "clocks": len(source.clocks),
            "explained": min(len(source.clocks), MOST_EXPLAINED),
            "recomputable": not source.missing,
            "missing": source.missing,
        },
    )
    yield EvidenceLine("incident", shown)
    for name, text in sorted(source.basis.texts.items()):
        yield EvidenceLine("catalogues", {"version": name, "text": text})
    for contract, record in sorted(source.basis.records.items()):
        yield EvidenceLine("contracts", {"contract": contract, "record": json.loads(record)})
    for name, revisions in sorted(source.basis.pins.items()):
        yield EvidenceLine("pins", {"version": name, "revisions": dict(revisions)})


async def _published(timer: TimerService, known: FoundIncident) -> list[ClockOnRecord]:
    """To the key of a contract that the incident has left, only clocks that had ended by then."""
    clock = tables.clock
    async with timer.store.reading() as connection:
        rows = (await connection.execute(select(clock).where(clock.c.incident == known.row.id))).all()
    found = [ClockOnRecord.of_row(row) for row in rows]
    seen = known.seen
    if seen is None or seen.everything:
        return found
    mine = [one for one in found if seen.share.has_clock(one.started_at, one.stopped_at)]
    return [one for one in mine if seen.until is None or (one.stopped_at is not None and one.stopped_at <= seen.until)]


async def _books(timer: TimerService, known: FoundIncident, keys: Sequence[FoldKey]) -> dict[str, Rulebook]:
    row = known.row
    judged = [JudgedVersion(version, frozenset({row.contract}), frozenset({row.customer})) for version, _ in keys]
    async with timer.store.reading() as connection:
        pins = await timer.rulebooks.known(connection, judged)
    return {one.version: pins.by_version.get(one.version, known.rulebook) for one in judged}


async def _folds(
    events: Sequence[IncidentEvent], keys: Sequence[FoldKey], books: Mapping[str, Rulebook]
) -> dict[FoldKey, JudgedFold]:
    found = {}
    for key in keys:
        judging, until = key
        some = events if until is None else events_known_at(events, until) or events
        found[key] = JudgedFold(await fold_in_slices(some, books[judging]), books[judging])
    return found


async def _basis(timer: TimerService, access: KeyAccess, folds: Mapping[FoldKey, JudgedFold]) -> Basis:
    """What each version says of the contracts that the incident was under by it, and of those of its customers."""
    versions = {judging for judging, _ in folds}
    catalogue, pin = tables.catalogue.c, tables.pin.c
    async with timer.store.reading() as connection:
        query = select(catalogue.version, catalogue.content)
        texts = (await connection.execute(query.where(catalogue.version.in_({*map(base_version, versions)})))).all()
        pins = (await connection.execute(select(tables.pin).where(pin.version.in_(versions)))).all()
    wanted = set[str]()
    for fold in folds.values():
        for period in fold.incident.periods:
            wanted |= {str(period.contract), *map(str, fold.rulebook.contracts_of(period.customer))}
    if access.contract is not None:
        wanted = {access.contract}
    records = _records(timer, wanted | {contract for row in pins for contract in json.loads(row.revisions)}, access)
    sections = [version.document for record in records.values() for version in record.versions]
    excerpts = {}
    for row in texts:
        excerpts[row.version] = await asyncio.to_thread(excerpt_text, row.content, wanted, sections)
    return Basis(
        texts=excerpts,
        records={contract: record.model_dump_json(exclude_none=True) for contract, record in records.items()},
        pins={row.version: json.loads(row.revisions) for row in pins},
    )


def _records(timer: TimerService, contracts: Iterable[str], access: KeyAccess) -> dict[str, RecordData]:
    """Without ledgers, which move no clock, and without people's addresses."""
    shelf = timer.rulebooks.shelf
    found = {}
    for contract in sorted(contracts):
        record = None if shelf is None or access.contract not in (None, contract) else shelf.get(contract)
        if record is not None:
            data = record_data(record)
            versions = tuple(
                one.model_copy(update={"document": without_addresses(one.document)}) for one in data.versions
            )
            found[contract] = data.model_copy(update={"versions": versions, "entries": None})
    return found


async def _missing(
    timer: TimerService,
    basis: Basis,
    events: Sequence[IncidentEvent],
    published: Sequence[ClockOnRecord],
    own: str,
    clocks: Sequence[RefoldedClock],
) -> str:
    """Try it: whoever has nothing but these texts must come to the same clocks. Return why not, "" if they do."""
    keys = needed_folds(published, own)
    remake = timer.remake
    if remake is None:
        return "this service keeps no catalogues"
    try:
        versions = [version for version, _ in keys]
        books = await asyncio.to_thread(rulebooks_of, basis, versions, remake.load, remake.overlay_of)
        again = judged_clocks(published, own, await _folds(events, keys, books))
    except BasisIncomplete as error:
        return str(error)
    except FoldError as error:
        return f"the excerpt of the catalogue does not judge it: {error}"
    if [clock_line(one) for one in again] != [clock_line(one) for one in clocks]:
        return "its clocks follow from more of the catalogue than what is given here"
    return ""
