"""Keeping the list of incidents: its rows are written anew for the incidents that a batch of events concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.history.listed import UNKNOWN, ListedRows, Seen, listed_rows
from sla_board.history.part import ListPart
from sla_board.history.rollup import count_changes
from sla_board.projection.clock import PublishedFact
from sla_board.projection.contract import periods_of
from sla_board.projection.store import envelope_of
from sla_board.shown.share import read_share
from sla_domain.event import IncidentEvent
from sla_platform.envelope import Topic
from sla_platform.errors import StoreBusy
from sla_platform.store.dialect import insert, insert_new
from sla_platform.turn import LoopYielder
from sla_platform.wire import ClockFact, decode_clock_fact, decode_event

_kept = tables.event.c
MOST_EVENTS = 2_000  # of an incident that has moved: more are not read for what each of its contracts may see


async def keep_listed(connection: AsyncConnection, incidents: Collection[str]) -> None:
    """Compute the rows of some incidents in the list of incidents anew, in the caller's transaction.

    The rows are computed from the board's tables. For an unknown incident there is no row. The counts by month are
    updated as well.

    Raises:
        StoreBusy: Another process writes rows of the same incidents. The caller must repeat the transaction.
    """
    if not incidents:
        return
    names = sorted(incidents)
    # The old rows go first: what is read afterwards is not older than what another process has written of them.
    gone = await remove_rows(connection, names)
    rows = await _rows_of(connection, names)
    await _insert(connection, tables.listed, rows.incidents)
    await _insert(connection, tables.listed_clock, rows.clocks)
    # Last, since others wait for these rows until the commit.
    await change_counts(connection, gone, [*rows.incidents, *rows.clocks])


async def forget_listed(connection: AsyncConnection, incidents: Collection[str]) -> dict[str, int]:
    """Delete the rows of some incidents from the list of incidents, in the caller's transaction.

    The result is table name -> number of deleted rows.
    """
    gone = await remove_rows(connection, incidents)
    await change_counts(connection, gone, ())
    clocks = sum("metric" in row for row in gone)
    removed = {tables.listed.name: len(gone) - clocks, tables.listed_clock.name: clocks}
    return {name: rows for name, rows in removed.items() if rows}


async def remove_rows(connection: AsyncConnection, incidents: Collection[str]) -> list[Mapping[str, Any]]:
    """Delete the rows of some incidents from the list of incidents, and return the columns that `change_counts` needs.

    The counts by month are not updated here: pass the result to `change_counts`.
    """
    gone: list[Mapping[str, Any]] = []
    for table in (tables.listed, tables.listed_clock):
        names = ("part", "contract", "customer", "product", "counts_at", "priority", "phase", "verdict")
        metric = [table.c.metric] if table is tables.listed_clock else []
        statement = delete(table).where(table.c.incident.in_(sorted(incidents)))
        found = await connection.execute(statement.returning(*(table.c[name] for name in names), *metric))
        gone.extend(dict(row) for row in found.mappings().all())
    return gone


async def change_counts(
    connection: AsyncConnection, gone: Sequence[Mapping[str, Any]], come: Sequence[Mapping[str, Any]]
) -> None:
    """Update the counts by month of the list of incidents.

    Args:
        gone: Rows that were deleted from the list.
        come: Rows that were added to the list.
    """
    changes = count_changes(gone, come)
    if not changes:
        return
    statement = insert(connection, tables.listed_count)
    number = tables.listed_count.c.number + statement.excluded["number"]
    key = [column.name for column in tables.listed_count.primary_key.columns]
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"number": number}), changes)
    fewer = [{f"of_{name}": change[name] for name in key} for change in changes if change["number"] < 0]
    if fewer:
        mine = (tables.listed_count.c[name] == bindparam(f"of_{name}") for name in key)
        await connection.execute(delete(tables.listed_count).where(tables.listed_count.c.number == 0, *mine), fewer)


async def _insert(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert_new(connection, table).returning(table.c.incident)
    written = len((await connection.execute(statement, rows)).all())
    if written < len(rows):
        raise StoreBusy("another process writes the list's rows of the same incident")


async def _rows_of(connection: AsyncConnection, names: Sequence[str]) -> ListedRows:
    turn = LoopYielder()
    incident, moved, phase = tables.incident, tables.contract, tables.phase
    records = {row.id: row for row in await _all(connection, incident, incident.c.id, names)}
    contracts = {row.incident: row for row in await _all(connection, moved, moved.c.incident, names)}
    phases = {row.incident: row.phase for row in await _all(connection, phase, phase.c.incident, names)}
    clocks: dict[str, list[Any]] = defaultdict(list)
    for row in await _all(connection, tables.clock, tables.clock.c.incident, names):
        clocks[row.incident].append(row)
    alone = [name for name in names if not clocks[name]]
    labels = await _newest_facts(connection, alone)
    first = {name: at for name in names if (at := _some_instant(records.get(name), clocks[name])) is not None}
    first |= await _first_heard(connection, [name for name in names if name not in first])
    found = ListedRows([], [])
    for name in names:
        await turn.yield_if_due()
        record, mine, told = records.get(name), clocks[name], contracts.get(name)
        if record is None and not mine and name not in labels:
            continue
        label, customer = _under(mine, told, labels.get(name))
        seen = Seen(
            incident=name,
            part=ListPart.WHOLE,
            contract=label,
            record=record,
            clocks=mine,
            phase=phases.get(name) or (record.phase if record is not None else UNKNOWN),
            first_at=first[name],
            fact=labels.get(name),
        )
        known = {clock.contract for clock in mine}
        judged = record is None or not label or record.customer == customer
        if told is None and len(known) <= 1 and judged:
            _add(found, listed_rows(seen))
            continue
        if told is not None:
            known |= {str(period.contract) for period in periods_of(told.periods)}
        for share in await _shares(connection, seen, known or {label}):
            _add(found, listed_rows(share))
    return found


def _add(found: ListedRows, more: ListedRows) -> None:
    found.incidents.extend(more.incidents)
    found.clocks.extend(more.clocks)


def _under(clocks: Sequence[Any], told: Any, fact: ClockFact | None) -> tuple[str, str]:
    """Its present contract, and the customer of whom that is."""
    if told is not None:
        return told.contract, told.customer
    if clocks:
        newest = max(clocks, key=lambda clock: (clock.open, clock.cycle, str(clock.id)))
        return newest.contract, newest.customer
    return ("", "") if fact is None else (fact.contract, fact.customer)


async def _shares(connection: AsyncConnection, whole: Seen, contracts: Collection[str]) -> list[Seen]:
    """What each contract may see of an incident that has moved, by the rule of its page, and all of it."""
    incident = whole.incident
    happened, facts = await read_events(connection, incident)
    shares = []
    for contract in sorted(contracts):
        told: tuple[list[Any], list[Any]] = ([], [])
        share = await read_share(connection, incident, contract, whole.record, whole.clocks, happened, facts, told)
        if share is None:
            continue
        record = share.record
        shown = whole.phase if share.until is None or record is None else record.phase
        shares.append(
            Seen(
                incident=incident,
                part=ListPart.SHARE,
                contract=contract,
                record=record,
                clocks=share.clocks,
                phase=shown if record is not None else UNKNOWN,
                first_at=whole.first_at,
                left_at=share.until,
                fact=_newest(share.facts),
            )
        )
    return [replace(whole, part=ListPart.MOVED), *shares]


async def read_events(connection: AsyncConnection, incident: str) -> tuple[list[IncidentEvent], list[PublishedFact]]:
    """Return the events of an incident in order of time, and the facts that slad published about it.

    At most 2,000 events and facts together are read, the newest ones.
    """
    query = select(tables.event).where(_kept.incident == incident).order_by(_kept.position.desc()).limit(MOST_EVENTS)
    envelopes = [envelope_of(row) for row in (await connection.execute(query)).all()]
    happened = [decode_event(one) for one in envelopes if one.topic is Topic.INCIDENTS]
    facts = [PublishedFact(one.id, decode_clock_fact(one)) for one in envelopes if one.topic is Topic.CLOCKS]
    return sorted(happened, key=lambda event: event.order), facts


async def _all(connection: AsyncConnection, table: Table, column: Any, names: Sequence[str]) -> Sequence[Any]:
    return (await connection.execute(select(table).where(column.in_(names)))).all()


async def _newest_facts(connection: AsyncConnection, names: Sequence[str]) -> dict[str, ClockFact]:
    """Of incidents without a clock, such as those that are promised nothing: the newest fact that names a contract."""
    if not names:
        return {}
    query = select(tables.event).where(_kept.incident.in_(names), _kept.topic == Topic.CLOCKS.value)
    told: dict[str, list[PublishedFact]] = defaultdict(list)
    for row in (await connection.execute(query)).all():
        told[row.incident].append(PublishedFact(row.id, decode_clock_fact(envelope_of(row))))
    return {name: fact for name, facts in told.items() if (fact := _newest(facts)) is not None}


def _newest(facts: Sequence[PublishedFact]) -> ClockFact | None:
    """The fact published last of those that name a contract."""
    named = [one for one in facts if one.fact.contract]
    return max(named, key=lambda one: one.noticed).fact if named else None


def _some_instant(record: Any, clocks: Sequence[Any]) -> datetime | None:
    """An instant for an incident that has neither an opening nor an end."""
    if record is not None:
        changed: datetime = record.changed_at
        return changed
    instants = [at for one in clocks for at in (one.started_at, one.due_at, one.stopped_at) if at is not None]
    return min(instants, default=None)


async def _first_heard(connection: AsyncConnection, names: Sequence[str]) -> dict[str, datetime]:
    """The instant of the first event of each incident; incidents without any are left out."""
    if not names:
        return {}
    query = select(_kept.incident, func.min(_kept.at).label("at")).where(_kept.incident.in_(names))
    return {row.incident: row.at for row in (await connection.execute(query.group_by(_kept.incident))).all()}
